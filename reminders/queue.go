package reminders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/money"
)

// details are what a notice says beyond what the visit itself tells. They are sealed, because staff's words are among them.
type details struct {
	From    booking.Status `json:"from,omitempty"`
	Reason  booking.Reason `json:"reason,omitempty"`
	Refund  money.Fen      `json:"refund,omitempty"`
	Note    string         `json:"note,omitempty"`
	Why     booking.Code   `json:"why,omitempty"`   // a payment came too late
	First   booking.Date   `json:"first,omitempty"` // of the days that were waited for
	Last    booking.Date   `json:"last,omitempty"`
	With    bots.Platform  `json:"with,omitempty"`    // of the account that was linked
	Address string         `json:"address,omitempty"` // of the e-mail with a code
	Was     *Was           `json:"was,omitempty"`     // before staff changed the clinic

	Clinic booking.ScheduleID      `json:"clinic,omitempty"` // whose places were drawn
	Place  int                     `json:"place,omitempty"`  // in the waitlist
	Offers []booking.AppointmentID `json:"offers,omitempty"` // places that are held instead of a stopped clinic
	Moves  booking.AppointmentID   `json:"moves,omitempty"`  // the visit for which a place was chosen that is gone
}

// entry is a notice that is about to be queued.
type entry struct {
	kind        Kind
	appointment booking.AppointmentID // 0: none
	version     int64                 // of the appointment; of a money notice its number; of a report its broadcast
	schedule    booking.ScheduleID    // 0: none
	broadcast   BroadcastID           // 0: none
	account     bots.AccountID        // 0: that of the appointment
	bulk        bool
	details     *details
	due         time.Time
	copyBy      Channel // "": no copy
}

// Appointment queues what a change of an appointment has to tell, in the transaction of the change. It touches no table but its
// own, and needs no second connection. A change that was made in the chat by the very message that it answers (an appointment
// without a fee or with one to be paid at the hospital, a place given back before it was paid) is told by that answer and by nothing else.
func (s *Store) Appointment(ctx context.Context, tx *sqlx.Tx, c booking.Change) error {
	return s.insert(ctx, tx, s.entriesOf(c))
}

func (s *Store) entriesOf(c booking.Change) []entry {
	a := c.Appointment
	if c.StopGone() {
		return []entry{{
			kind: StopGone, appointment: a.ID, version: int64(a.Version), account: bots.AccountID(a.Account), due: instant(c.At), details: &details{Moves: c.Moves},
		}}
	}
	if c.Stop == booking.StopAnswer || c.Stop == booking.StopHeld && a.Status != booking.Booked {
		return nil
	}
	e := entry{appointment: a.ID, version: int64(a.Version), account: bots.AccountID(a.Account), due: instant(c.At)}
	e.details = &details{From: c.From, Reason: c.Reason, Refund: c.Refund, Note: c.Note}
	if e.kind = offerKind(c); e.kind != "" && a.Status != booking.Booked {
		return []entry{e}
	}
	switch a.Status {
	case booking.Booked:
		return s.bookedEntries(c, e)
	case booking.CheckedIn, booking.Fulfilled:
		return []entry{reviewEntry(c, e)}
	case booking.NoShow:
		e.kind = NoShow
	case booking.Expired:
		e.kind = Expired
	case booking.Cancelled:
		e.kind = Cancelled
		switch {
		case c.Stop == booking.StopSilence:
			e.kind = StopSilent
		case c.Reason == booking.ByClinic:
			e.kind, e.schedule = Stopped, a.Schedule
		}
		if toldInChat(c) {
			return nil
		}
	default:
		return nil
	}
	return []entry{e}
}

func (s *Store) bookedEntries(c booking.Change, e entry) []entry {
	var entries []entry
	if !toldInChat(c) && (c.Reason != booking.AtDesk || c.Appointment.Extra()) {
		card := e
		if card.kind == "" {
			card.kind = Booked
		}
		entries = append(entries, card)
	}
	e.details = nil
	starts := instant(c.Appointment.StartsAt)
	if !starts.After(e.due) {
		return entries
	}
	day := e
	day.kind, day.due = DayBefore, later(e.due, starts.Add(-dayBeforeAtMost))
	zone := s.zone(c.Appointment.Hospital)
	if zone != nil {
		day.due = dayBefore(starts, zone)
	}
	if zone == nil || day.due.After(e.due) {
		entries = append(entries, day)
	}
	if due := starts.Add(-hoursBefore); due.After(e.due) {
		soon := e
		soon.kind, soon.due = HoursBefore, due
		entries = append(entries, soon)
	}
	return entries
}

// instant is a time as the database keeps it: UTC, in whole microseconds.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Refunded queues the notice that money has gone back to the patient, in the transaction that notes the refund. An appointment
// may have several refunds.
func (s *Store) Refunded(ctx context.Context, tx *sqlx.Tx, appointment booking.AppointmentID, amount money.Fen) error {
	return s.moneyNotice(ctx, tx, Refunded, appointment, details{Refund: amount})
}

// PaidTooLate queues the notice that a payment came when the place could not be had any more, for the reason why, and that the
// money goes back.
func (s *Store) PaidTooLate(ctx context.Context, tx *sqlx.Tx, appointment booking.AppointmentID, amount money.Fen, why booking.Code) error {
	return s.moneyNotice(ctx, tx, PaidTooLate, appointment, details{Refund: amount, Why: why})
}

// moneyNotice numbers the notices of its kind instead of taking the appointment's version: the status that an appointment
// has meanwhile does not make them untrue. The caller is called before the charge's row is locked: two at the same time may take
// the same number, of which the second waits for the first and stays without a notice; but then its swap of the charge fails too,
// and all of it is done again.
func (s *Store) moneyNotice(ctx context.Context, tx *sqlx.Tx, kind Kind, appointment booking.AppointmentID, d details) error {
	var last sql.NullInt64
	err := tx.GetContext(ctx, &last, "SELECT MAX(version) FROM notices WHERE appointment_id = ? AND kind = ?", appointment, kind)
	if err != nil {
		return fmt.Errorf("number the %s notice: %w", kind, err)
	}
	return s.insert(ctx, tx, []entry{{
		kind: kind, appointment: appointment, version: last.Int64 + 1, details: &d, due: s.now(),
	}})
}

// insert queues entries in one statement. What is there already stays as it is.
func (s *Store) insert(ctx context.Context, tx bots.Tx, entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	const head = `INSERT INTO notices (kind, appointment_id, version, schedule_id, broadcast_id, account_id, bulk, payload,
		status, due_at, next_attempt_at, created_at, copy_by) VALUES `
	const one = "(?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)"
	now := s.now()
	args := make([]any, 0, 12*len(entries))
	for _, e := range entries {
		payload, err := s.seal(e)
		if err != nil {
			return err
		}
		args = append(args, e.kind, orNull(e.appointment), orNull(e.version), orNull(e.schedule), orNull(e.broadcast), e.account, e.bulk,
			payload, e.due, e.due, now, e.copyBy)
	}
	statement := head + strings.Repeat(one+", ", len(entries)-1) + one + " ON DUPLICATE KEY UPDATE id = id"
	if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("queue notices: %w", err)
	}
	return nil
}

func orNull[ID ~int64](id ID) sql.NullInt64 { return sql.NullInt64{Int64: int64(id), Valid: id != 0} }

func (s *Store) seal(e entry) ([]byte, error) {
	if e.details == nil {
		return nil, nil
	}
	plain, err := json.Marshal(e.details)
	if err != nil {
		return nil, fmt.Errorf("write the details of a notice: %w", err)
	}
	return s.keys.Seal(plain, payloadAt(e.kind, e.appointment, e.version, e.broadcast))
}

func (s *Store) open(n notice) (details, error) {
	var d details
	if n.Payload == nil {
		return d, nil
	}
	plain, err := s.keys.Open(n.Payload, payloadAt(n.Kind, n.Appointment, n.Version, n.Broadcast))
	if err != nil {
		return d, fmt.Errorf("notice %d: %w", n.ID, err)
	}
	return d, errors.Join(json.Unmarshal(plain, &d))
}

// payloadAt names the place by what is unique of a notice before it has an id.
func payloadAt(k Kind, a booking.AppointmentID, version int64, b BroadcastID) string {
	return fmt.Sprintf("notices.payload:%s/%d/%d/%d", k, a, version, b)
}
