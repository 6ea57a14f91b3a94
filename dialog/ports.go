package dialog

import (
	"context"
	"errors"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/money"
	"guahao/payments"
)

// Booking is what the conversation needs of the domain; *booking.Store satisfies it. Refusals are *booking.Error.
type Booking interface {
	Hospitals(ctx context.Context) ([]booking.Hospital, error)
	Hospital(ctx context.Context, id booking.HospitalID) (booking.Hospital, error)
	Departments(ctx context.Context, hospital booking.HospitalID, parent booking.DepartmentID) ([]booking.Department, error)
	Department(ctx context.Context, id booking.DepartmentID) (booking.Department, error)
	Doctors(ctx context.Context, department booking.DepartmentID) ([]booking.DoctorSummary, error)
	Doctor(ctx context.Context, id booking.DoctorID) (booking.Doctor, error)
	Days(ctx context.Context, doctor booking.DoctorID) ([]booking.Day, error)
	Schedule(ctx context.Context, id booking.ScheduleID) (booking.Schedule, error)
	Slots(ctx context.Context, schedule booking.ScheduleID) ([]booking.Slot, error)
	Slot(ctx context.Context, id booking.SlotID) (booking.Slot, error)
	Directory(ctx context.Context) (booking.Directory, error)
	Clinics(ctx context.Context, department booking.DepartmentID) ([]booking.Schedule, error)
	Alternatives(ctx context.Context, slot booking.SlotID, n int) ([]booking.Slot, error)
	Policy(ctx context.Context, hospital booking.HospitalID) (booking.Policy, error)

	Patients(ctx context.Context, user booking.UserID) ([]booking.Patient, error)
	Patient(ctx context.Context, user booking.UserID, id booking.PatientID) (booking.Patient, error)
	AddPatient(ctx context.Context, user booking.UserID, patient booking.NewPatient, key string) (booking.Patient, error)
	EditPatient(ctx context.Context, user booking.UserID, id booking.PatientID, edit booking.PatientEdit) error
	PreferPatient(ctx context.Context, user booking.UserID, id booking.PatientID) error
	RemovePatient(ctx context.Context, user booking.UserID, id booking.PatientID) error

	// CheckHold tells by the same rules whether Hold would succeed now.
	CheckHold(ctx context.Context, request booking.HoldRequest) error
	Hold(ctx context.Context, request booking.HoldRequest) (booking.Visit, error)
	Visit(ctx context.Context, id booking.AppointmentID) (booking.Visit, error)
	Visits(ctx context.Context, user booking.UserID, filter booking.VisitFilter) ([]booking.Visit, error)
	GiveBack(ctx context.Context, user booking.UserID, id booking.AppointmentID, key string) error
	// PayAtDesk makes a held place certain, and leaves its fee to the hospital's cashier.
	PayAtDesk(ctx context.Context, user booking.UserID, id booking.AppointmentID) error
	RefundPreview(ctx context.Context, user booking.UserID, id booking.AppointmentID) (money.Fen, time.Time, error)
	Cancel(ctx context.Context, user booking.UserID, id booking.AppointmentID, key string) (booking.Visit, money.Fen, error)

	// CheckInSelf says that the patient is at the hospital; MayCheckIn tells whether it would succeed now.
	CheckInSelf(ctx context.Context, user booking.UserID, id booking.AppointmentID) (booking.Visit, error)
	MayCheckIn(ctx context.Context, user booking.UserID, id booking.AppointmentID) error

	Moves
	Waitlist
	Draws
	Stops
	Records
	Reviews
	Advice
	Outlook
	Starts
	Personal
	Queue
}

// Clinics is what staff do to the schedules; *booking.Store satisfies it.
type Clinics interface {
	// Schedules lists a doctor's half-days from a day on, stopped ones and full ones included.
	Schedules(ctx context.Context, doctor booking.DoctorID, from booking.Date) ([]booking.Schedule, error)
	// StopSchedule stops one, offers its patients other places or their money, and tells how many they are.
	StopSchedule(ctx context.Context, staff booking.StaffID, schedule booking.ScheduleID, note string) (int, error)
	// Stops lists the stopped half-days within a reach, StopReport tells how far one is, and CasesOf whom it concerns.
	Stops(ctx context.Context, reach booking.Reach, since time.Time, offset, limit int) ([]booking.StopReport, int, error)
	StopReport(ctx context.Context, id booking.ScheduleID) (booking.StopReport, error)
	CasesOf(ctx context.Context, id booking.ScheduleID, offset, limit int) ([]booking.StopCase, error)
}

// Payments finds the charge of an appointment; *payments.Store satisfies it.
type Payments interface {
	ByRef(ctx context.Context, ref string) (payments.Charge, error)
	// On tells whether fees can be paid here; else they are paid at the hospital.
	On() bool
}

// Member is a member of staff who is bound to a chat account.
type Member struct {
	ID        booking.StaffID
	Name      string
	Where     booking.Reach // where they are anything at all
	Broadcast booking.Reach // where they may write to patients
	Stop      booking.Reach // where they may stop clinics
	Call      booking.Reach // where they may call patients
	Today     booking.Reach // where they may see how the day stands
	Forecast  booking.Reach // where they may see how many patients are foreseen
}

// Staff knows who works here. Bind returns [ErrBadCode] or [ErrTooManyTries] for what the person did wrong.
type Staff interface {
	ByAccount(ctx context.Context, account bots.AccountID) (Member, bool, error)
	Bind(ctx context.Context, code string, account bots.AccountID) (Member, error)
}

// What may be wrong with a code that a member of staff sends.
var (
	ErrBadCode      = errors.New("the code is unknown, used up or too old")
	ErrTooManyTries = errors.New("too many wrong codes")
)

// Broadcast is a message of the staff to many patients. The zero values of Hospital, Department, Doctor, Date, Kind,
// Platform and Lang mean any. Everyone means all followers, with an appointment or without.
type Broadcast struct {
	Staff      booking.StaffID
	Account    bots.AccountID // of the member of staff, who gets the report
	Everyone   bool
	Hospital   booking.HospitalID
	Department booking.DepartmentID
	Doctor     booking.DoctorID
	Date       booking.Date
	Kind       booking.ClinicKind
	Platform   bots.Platform // only who uses this one
	Lang       string        // only who uses the bot in this language
	Text       string
	TextEN     string    // for who uses the bot in English; "" means the same text
	Begin      time.Time // not before; zero: at once
	AtNight    bool      // goes out in the quiet hours, too
}

// Estimate is whom a broadcast reaches, and how long that takes.
type Estimate struct {
	Recipients int
	Refused    int // of the audience, who want no broadcasts
	Minutes    int
	Begins     time.Time // later than now where it has to wait for the end of the quiet hours
}

// Sent is a broadcast that was started, and what became of it so far.
type Sent struct {
	ID           int64
	Everyone     bool
	Hospital     booking.HospitalID   // 0: any
	Department   booking.DepartmentID // 0: any
	Text         string
	State        string // scheduled, sending, quiet, paused, cancelling, cancelled, done
	Total        int    // recipients found so far
	Expected     int    // when it was written
	Sent         int
	Missed       int // blocked, unreachable, failed
	Declined     int // said that they want none
	Paused, Over bool
	Begins       time.Time // of one that was scheduled; zero: it went out at once
}

// Broadcasts sends messages to many.
type Broadcasts interface {
	// Check refuses a text that would not arrive as it is meant.
	Check(b Broadcast) error
	// Estimate tells whom a broadcast reaches just now.
	Estimate(ctx context.Context, b Broadcast) (Estimate, error)
	// Preview gives the message exactly as patients will read it.
	Preview(ctx context.Context, b Broadcast, lang string) (string, error)
	// Start queues it: once for each key. The report comes to the member of staff as a notice.
	Start(ctx context.Context, b Broadcast, key string) error
	// Recent lists the latest broadcasts of those within a reach, Sent gives one of them.
	Recent(ctx context.Context, reach booking.Reach, n int) ([]Sent, error)
	Sent(ctx context.Context, reach booking.Reach, id int64) (Sent, error)
	// Steer pauses, resumes or withdraws one, by those words.
	Steer(ctx context.Context, by booking.StaffID, id int64, do string) error
	// Refuse notes whether a person wants no broadcasts, Refuses tells.
	Refuse(ctx context.Context, user bots.UserID, refuse bool) error
	Refuses(ctx context.Context, user bots.UserID) (bool, error)
	// ReportStop lets the member of staff know when all patients of a stopped clinic were told. The title says which.
	ReportStop(ctx context.Context, staff booking.StaffID, to bots.AccountID, schedule booking.ScheduleID, title, key string) error
}
