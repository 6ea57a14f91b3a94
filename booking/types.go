package booking

import (
	"sync"
	"time"

	"guahao/internal/money"
)

// IDs of the domain. Each is the primary key of its table.
type (
	HospitalID    int64
	DepartmentID  int64
	DoctorID      int64
	ScheduleID    int64
	SlotID        int64
	PatientID     int64
	AppointmentID int64
	UserID        int64 // the person who books, possibly for somebody else; equals bots.UserID
	AccountID     int64 // the chat account that a booking came from; opaque here, equals bots.AccountID
	StaffID       int64
)

// Text is a name or a description in the languages that we speak.
type Text struct {
	ZH string `db:"zh"`
	EN string `db:"en"`
}

// In gives the text in "zh" or "en", and the other one where that is missing.
func (t Text) In(lang string) string {
	if (lang == "en" && t.EN != "") || t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

// Hospital is a place with departments (FHIR Organization).
type Hospital struct {
	ID      HospitalID
	Code    string
	Name    Text
	Short   Text // what people call it
	Level   Text // 三级甲等 …
	Address Text
	Phone   string
	// Emergency says where the emergency department is and whom it takes; it is empty where there is none.
	Emergency Text
	Zone      string  // IANA name of its time zone
	Lat, Lng  float64 // degrees of WGS-84; 0, 0: not known
	Aliases   []string
	Version   int // raised by each change of staff
}

// Location gives the hospital's time zone.
func (h Hospital) Location() *time.Location {
	if known, ok := zones.Load(h.Zone); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return time.UTC
	}
	zones.Store(h.Zone, zone)
	return zone
}

// zones remembers the time zones by their names, for each card asks for one many times, and the library reads a file each time.
var zones sync.Map

// Department is one of two levels: a top-level department that groups, or one below it that has doctors.
type Department struct {
	ID       DepartmentID
	Hospital HospitalID
	Parent   DepartmentID // 0 at the top level
	Code     string
	Name     Text
	Floor    Text // where to go: 门诊楼3层A区
	Leaf     bool // has doctors
	Aliases  []string
	Version  int  // raised by each change of staff
	Removed  bool // taken out of the directory: past visits still name it
}

// Title is a doctor's professional rank.
type Title string

// The titles, highest first.
const (
	Chief          Title = "chief"           // 主任医师
	AssociateChief Title = "associate_chief" // 副主任医师
	Attending      Title = "attending"       // 主治医师
	Resident       Title = "resident"        // 住院医师
)

// Doctor sees patients in one department (FHIR Practitioner with PractitionerRole).
type Doctor struct {
	ID         DoctorID
	Hospital   HospitalID
	Department DepartmentID
	Code       string
	Name       Text
	Title      Title
	Speciality Text
	Version    int  // raised by each change of staff
	Removed    bool // taken out of the directory: past visits still name them
}

// Period is a half of the day.
type Period string

// The periods.
const (
	Morning   Period = "morning"
	Afternoon Period = "afternoon"
	Evening   Period = "evening"
)

// ClinicKind is what sort of clinic a schedule is.
type ClinicKind string

// The kinds of clinics.
const (
	General ClinicKind = "general" // 普通门诊
	Expert  ClinicKind = "expert"  // 专家门诊
	Special ClinicKind = "special" // 特需门诊
)

// ScheduleStatus says whether a schedule takes patients.
type ScheduleStatus string

// The statuses of a schedule.
const (
	Open    ScheduleStatus = "open"
	Stopped ScheduleStatus = "stopped" // 停诊
)

// Schedule is a doctor's half-day (FHIR Schedule).
type Schedule struct {
	ID         ScheduleID
	Hospital   HospitalID
	Department DepartmentID
	Doctor     DoctorID
	Date       Date // in the hospital's zone
	Period     Period
	Kind       ClinicKind
	Fee        money.Fen
	Room       string
	Status     ScheduleStatus
	Allocation Allocation
	Capacity   int
	Taken      int
}

// Free is how many places can be booked; 0 when the schedule is stopped, and while its places are drawn.
func (s Schedule) Free() int {
	if s.Status != Open || s.Allocation.ByLot() {
		return 0
	}
	return max(0, s.Capacity-s.Taken)
}

// Takes tells whether there is something to have: a place that can be booked, or a draw to take part in.
func (s Schedule) Takes() bool { return s.Free() > 0 || (s.Status == Open && s.Allocation.ByLot()) }

// Slot is a stretch of minutes within a schedule (FHIR Slot), [StartsAt, EndsAt) in UTC.
type Slot struct {
	ID       SlotID
	Schedule ScheduleID
	StartsAt time.Time
	EndsAt   time.Time
	FirstSeq int // the slot's numbers are FirstSeq to FirstSeq+Capacity-1
	Capacity int
	Taken    int
}

// Free is how many places are left in the slot.
func (s Slot) Free() int { return max(0, s.Capacity-s.Taken) }

// Sex of a patient, as FHIR's administrative gender.
type Sex string

// The sexes that documents state.
const (
	Male       Sex = "male"
	Female     Sex = "female"
	UnknownSex Sex = "unknown"
)

// Relation of a patient to the user who books.
type Relation string

// The relations.
const (
	Self     Relation = "self"
	Spouse   Relation = "spouse"
	Child    Relation = "child"
	Parent   Relation = "parent"
	Relative Relation = "other"
)

// DocumentKind is a kind of identity document.
type DocumentKind string

// The kinds of documents.
const (
	ResidentID    DocumentKind = "resident_id"     // 居民身份证, GB 11643
	Passport      DocumentKind = "passport"        // 护照
	HKMacauPermit DocumentKind = "hk_macau_permit" // 港澳居民来往内地通行证
	TaiwanPermit  DocumentKind = "taiwan_permit"   // 台湾居民来往大陆通行证
)

// Patient is a person to be treated (就诊人). Name, number and phone are encrypted in the database.
type Patient struct {
	ID        PatientID
	User      UserID
	Name      string
	Document  DocumentKind
	Number    string // the document's number, normalised
	Phone     string
	BirthDate Date // derived from a resident ID, else as told; may be ""
	Sex       Sex
	Relation  Relation
	Guardian  Guardian // of who was under age when added; read with the patient alone, not with visits
	Default   bool     // the first to choose; set where a user's patients are listed

	PreferredAt time.Time // when the user made this one the default; zero: never
}

// Status of an appointment.
type Status string

// The statuses; see the table of transitions.
const (
	Offered   Status = "offered"    // taken for somebody of the waitlist, who answers until HoldUntil
	Held      Status = "held"       // taken, waiting for payment until HoldUntil
	Booked    Status = "booked"     // certain
	CheckedIn Status = "checked_in" // 已签到
	Fulfilled Status = "fulfilled"  // seen by the doctor
	Expired   Status = "expired"    // not paid in time
	Cancelled Status = "cancelled"  // by the patient or by the hospital
	NoShow    Status = "no_show"    // 爽约
)

// Appointment takes one number in a slot (FHIR Appointment).
type Appointment struct {
	ID         AppointmentID
	Hospital   HospitalID
	Department DepartmentID
	Schedule   ScheduleID
	Slot       SlotID
	Doctor     DoctorID
	Patient    PatientID
	User       UserID
	Account    AccountID
	Date       Date
	Period     Period
	Seq        int // 序号: the number within the schedule, counted over its slots in order
	Status     Status
	Version    int // raised by each change of status
	Fee        money.Fen
	Policy     int // version of the hospital's policy under which it was made
	HoldUntil  time.Time
	StartsAt   time.Time // of the slot
	CreatedAt  time.Time
}

// Visit is an appointment with everything that a card, a reminder or a bill says about it.
type Visit struct {
	Appointment Appointment
	Hospital    Hospital
	Department  Department
	Doctor      Doctor
	Schedule    Schedule
	Slot        Slot
	Patient     Patient
	CancelUntil time.Time // until when the patient may cancel
	// Quiet: a notice names neither the department nor the patient. So it is for children, and for the departments that the hospital's rules list.
	Quiet bool
	Paid  bool // there is a fee and it was paid, online or to the cashier; else it is paid at the hospital, or not yet
	Cash  bool // it was paid to the cashier, who hands out what goes back
}

// Reason says why an appointment changed.
type Reason string

// The reasons.
const (
	ByPatient   Reason = "patient"    // cancelled or given back by the patient
	ByPayment   Reason = "payment"    // paid, or free of charge
	AtDesk      Reason = "desk"       // the fee is paid at the hospital: there is no online payment, or the patient chose so
	ByCashier   Reason = "cashier"    // the fee was taken at the hospital; no change of status
	ByDeadline  Reason = "deadline"   // the hold ran out
	ByClinic    Reason = "clinic"     // the clinic was stopped
	ByStaff     Reason = "staff"      // by a member of staff
	ByAttending Reason = "attendance" // checked in, seen, or not come
	ByWaitlist  Reason = "waitlist"   // a returned place was offered to who waits for it
	ByDraw      Reason = "lottery"    // drawn by lot
	ByMove      Reason = "move"       // rescheduled: the new appointment took the place of the old one
)

// Change is one step of an appointment's trail, as followers see it.
type Change struct {
	Appointment Appointment // after the change
	From        Status      // "" when it is new
	Reason      Reason
	Refund      money.Fen     // for a cancellation: what the policy gives back of what was paid
	Note        string        // for a stopped clinic: what staff wrote for the patients
	Moves       AppointmentID // for one that was made to take the place of another: the old one
	Due         money.Fen     // of such a one, while it is held: what is to be paid, the difference of the fees
	Told        bool          // the answer to the patient's own message tells of it
	Stop        StopPart      // what it has to do with the offers of a stopped clinic
	At          time.Time
}
