package reminders

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/audit"
	"guahao/internal/vault"
	"guahao/reminders/email"
	"guahao/reminders/sms"
)

// Bookings is what reminders ask the domain.
type Bookings interface {
	Visit(ctx context.Context, id booking.AppointmentID) (booking.Visit, error)
	// Turn tells where the patient of a visit stands in the day's queue.
	Turn(ctx context.Context, id booking.AppointmentID) (booking.Turn, error)
	Audience(ctx context.Context, filter booking.AudienceFilter, after booking.AppointmentID, limit int) ([]booking.AudienceMember, error)
	CountAudience(ctx context.Context, filter booking.AudienceFilter) (int, error)
	// Alternatives, Schedule and Doctor tell what can be booked instead of a place that is gone.
	Alternatives(ctx context.Context, wanted booking.SlotID, n int) ([]booking.Slot, error)
	Schedule(ctx context.Context, id booking.ScheduleID) (booking.Schedule, error)
	Doctor(ctx context.Context, id booking.DoctorID) (booking.Doctor, error)
	// StopCaseOf tells what can be chosen instead of a visit whose clinic is stopped.
	StopCaseOf(ctx context.Context, id booking.AppointmentID) (booking.StopCase, error)
	// Hospitals have zones.
	Hospitals(ctx context.Context) ([]booking.Hospital, error)
	// HoldsEnding and ReviewOf say whom to remind of what.
	HoldsEnding(ctx context.Context, after, until, made time.Time, limit int) ([]booking.Appointment, error)
	ReviewOf(ctx context.Context, user booking.UserID, id booking.AppointmentID) (*booking.Review, error)
}

// Accounts is what reminders ask about chat accounts.
type Accounts interface {
	Account(ctx context.Context, id bots.AccountID) (bots.Account, error)
	AccountsOf(ctx context.Context, user bots.UserID) ([]bots.Account, error)
	AccountsIn(ctx context.Context, ids []bots.AccountID) ([]bots.Account, error)
	SetBlocked(ctx context.Context, id bots.AccountID, blocked bool) error
	Followers(ctx context.Context, after bots.AccountID, limit int) ([]bots.AccountID, error)
}

// Config is what a Store works with.
type Config struct {
	DB        *sqlx.DB
	Keys      *vault.Keys
	Bookings  Bookings // *booking.Store
	Accounts  Accounts // *bots.Store
	Senders   map[bots.Platform]bots.Sender
	SMS       sms.Gateway               // nil: off
	Receipts  bool                      // the provider reports what became of a short message ([Store.NoteReceipts])
	Mail      email.Sender              // nil: off
	Calendar  Calendar                  // of a visit, for an e-mail; nil: none
	Pace      map[bots.Platform]float64 // messages a second that a platform takes, for estimates; 0 or absent: as many as it answers
	Now       func() time.Time
	Log       *slog.Logger
	Observe   func(p bots.Platform, k Kind, end Status) // of every notice that reached an end; p is "" if none was asked; nil: nobody
	Audit     audit.Recorder                            // of what staff send; nil: none
	Stops     Stops                                     // hears who was told that a clinic is stopped; nil: nobody
	PublicURL string                                    // where a tap on a template message leads; "": nowhere
}

// Store is the outbox and its sender. It may be used from several goroutines, and several Stores (replicas) may share the
// database.
type Store struct {
	db          *sqlx.DB
	keys        *vault.Keys
	bookings    Bookings
	accounts    Accounts
	senders     map[bots.Platform]bots.Sender
	rates       map[bots.Platform]float64
	sms         sms.Gateway
	receipts    bool
	mail        email.Sender
	calendar    Calendar
	now         func() time.Time
	log         *slog.Logger
	observe     func(bots.Platform, Kind, Status)
	audit       audit.Recorder
	stops       Stops
	publicURL   string
	words       words
	first       sync.Mutex    // held by the lane that sends what is urgent
	turn        chan struct{} // held by the one Send of this process that is at work
	take        string        // the conditional UPDATE that claims a row; tests take its condition away
	free        string        // the condition under which a page of recipients is claimed; tests take it away
	holds       sync.Mutex    // held by the RemindHolds at work
	heldUntil   time.Time     // up to which ends holds were looked at
	noTurnUntil time.Time     // until when notices are claimed without a turn
	zones       atomic.Pointer[map[booking.HospitalID]*time.Location]
	check       bool // look at the visit again before sending; tests turn it off
}

// New makes a store on a migrated database. It starts nothing.
func New(c Config) *Store {
	s := &Store{
		db: c.DB, keys: c.Keys, bookings: c.Bookings, accounts: c.Accounts, senders: c.Senders, rates: c.Pace, sms: c.SMS, receipts: c.Receipts, mail: c.Mail, calendar: c.Calendar,
		now: func() time.Time { return instant(c.Now()) }, log: c.Log, observe: c.Observe, audit: c.Audit, stops: c.Stops, publicURL: c.PublicURL,
		words: loadWords(), turn: make(chan struct{}, 1), take: takeStatement, free: "AND status = 'queued'", check: true,
	}
	if s.observe == nil {
		s.observe = func(bots.Platform, Kind, Status) {}
	}
	return s
}

// Kind is what a notice is about.
type Kind string

// The kinds of notices.
const (
	Booked       Kind = "booked"        // paid for and certain
	Cancelled    Kind = "cancelled"     // by the patient or by staff
	Stopped      Kind = "stopped"       // the clinic was stopped
	Expired      Kind = "expired"       // not paid in time
	DayBefore    Kind = "reminder_day"  // at 18:00 of the day before the visit
	HoursBefore  Kind = "reminder_soon" // two hours before the visit
	PaidTooLate  Kind = "paid_late"     // paid after the place was gone: the money goes back
	Refunded     Kind = "refunded"      // the money went back
	Broadcast    Kind = "broadcast"     // of staff, to many
	StaffReport  Kind = "report"        // what became of a broadcast, for the member of staff
	StopReport   Kind = "stop_report"   // what became of the notices of a stopped clinic, for the same
	reminderKind      = "reminder"      // what both reminders are for a message template
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{Booked, Cancelled, Stopped, Expired, DayBefore, HoursBefore, PaidTooLate, Refunded, Broadcast, StaffReport, StopReport, Linked, QueueSoon, QueueCalled,
		Extra, Offer, OfferOver, OfferWithdrawn, WaitOver, Moved, MoveExpired, HoldExpiring, Changed, ReviewRequest, NoShow, EmailCode, StopOffer, StopSilent, StopGone}
}

// notice is the kind as senders see it.
func (k Kind) notice() string {
	switch k {
	case DayBefore, HoursBefore:
		return reminderKind
	case Moved:
		return string(Booked)
	case Extra, DrawWon:
		return string(Offer)
	case DrawLost, DrawBarred, DrawVoid:
		return string(WaitOver)
	}
	return string(k)
}

// Status is where a notice stands.
type Status string

// The statuses; all but the first two are final.
const (
	Queued      Status = "queued"
	Claimed     Status = "claimed"     // by a sender, until its lease ends
	Sent        Status = "sent"        // the platform has taken it
	Blocked     Status = "blocked"     // the person has blocked the bot
	Unreachable Status = "unreachable" // the platform allows no message to this person now, or is off
	Failed      Status = "failed"      // given up after many attempts
	Obsolete    Status = "obsolete"    // no longer true when it was due
	Declined    Status = "declined"    // of a broadcast: the person wants none
	Withdrawn   Status = "withdrawn"   // of a broadcast that was cancelled
)
