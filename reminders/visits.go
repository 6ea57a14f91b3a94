package reminders

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
)

const (
	// reviewAfter is when a patient is asked how a visit was, from its beginning on: most are at home by then.
	reviewAfter = 4 * time.Hour
	// reviewAtMost is after which nobody is asked any more.
	reviewAtMost = 3 * 24 * time.Hour
	// holdWarning is how long before the end of a hold its person is reminded to pay.
	holdWarning = 5 * time.Minute
	// holdAge is how old a hold must be by then: nobody is hurried who has just begun.
	holdAge = 3 * time.Minute
	// holdBatch is how many holds are read at once.
	holdBatch = 500
)

// reviewEntry asks how the visit was, once, however often its status changes.
func reviewEntry(c booking.Change, e entry) entry {
	e.kind, e.version, e.details = ReviewRequest, 1, nil
	e.due = later(e.due, instant(c.Appointment.StartsAt).Add(reviewAfter))
	return e
}

// Was is what a visit was before staff changed its clinic. What has stayed as it was is empty.
type Was struct {
	Room, Doctor booking.Text
	StartsAt     time.Time
}

// ScheduleChanged queues the notice that something about a visit has changed and that it stays booked, in the transaction of the
// change. change is a number of the change that no other has of the same appointment; note is what staff have to say to patients.
func (s *Store) ScheduleChanged(ctx context.Context, tx *sqlx.Tx, a booking.Appointment, change int64, was Was, note string) error {
	return s.insert(ctx, tx, []entry{{
		kind: Changed, appointment: a.ID, version: change, account: bots.AccountID(a.Account), details: &details{Was: &was, Note: note}, due: s.now(),
	}})
}

// wasLines say it; the room is a place, which does not leave the country.
func (s *Store) wasLines(to bots.Account, was *Was, v booking.Visit) []string {
	if was == nil {
		return nil
	}
	var lines []string
	if doctor := was.Doctor.In(to.Lang); doctor != "" {
		lines = append(lines, doctor)
	}
	if !was.StartsAt.IsZero() {
		from := was.StartsAt.In(v.Hospital.Location())
		lines = append(lines, date(to.Lang, from)+from.Format(" 15:04"))
	}
	if room := was.Room.In(to.Lang); room != "" && to.Platform != bots.Telegram {
		lines = append(lines, room)
	}
	return lines
}

// RemindHolds queues a notice for each hold that is about to run out unpaid; a job calls it every few seconds. A row for each hold in
// the transaction that makes it would be written in the middle of every rush, and be obsolete for most. Which hold was looked at is
// remembered by its end, so that a tick reads what the one before has not; the unique key makes more than that harmless.
func (s *Store) RemindHolds(ctx context.Context) error {
	s.holds.Lock()
	defer s.holds.Unlock()
	now := s.now()
	until := now.Add(holdWarning)
	after := later(s.heldUntil, now)
	for {
		holds, err := s.bookings.HoldsEnding(ctx, after, until, now.Add(-holdAge), holdBatch)
		if err != nil {
			return err
		}
		entries := make([]entry, 0, len(holds))
		for _, a := range holds {
			entries = append(entries, entry{
				kind: HoldExpiring, appointment: a.ID, version: int64(a.Version), account: bots.AccountID(a.Account), due: now,
			})
			after = later(after, a.HoldUntil)
		}
		if err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error { return s.insert(ctx, tx, entries) }); err != nil {
			return fmt.Errorf("remind of holds: %w", err)
		}
		if len(holds) < holdBatch {
			break
		}
	}
	s.heldUntil = until
	return nil
}

// answered tells whether the person has done already what a notice would ask of them: a visit has its review, or a stop its choice.
func (s *Store) answered(ctx context.Context, n notice, v booking.Visit) (bool, error) {
	switch n.Kind {
	case StopGone:
		return s.chosenSince(ctx, n)
	case ReviewRequest:
	default:
		return false, nil
	}
	review, err := s.bookings.ReviewOf(ctx, v.Appointment.User, v.Appointment.ID)
	return review != nil, err
}
