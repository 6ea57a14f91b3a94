package booking

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

// What the tests of this package see of its inside.

// Owned are the tables whose rows belong to a user.
func Owned() []string { return append([]string{"patients"}, ownedTables...) }

func LowestFree(slot Slot, taken []int) (int, bool) { return lowestFree(slot, taken) }

func (p Session) SlotsOn(date Date, zone *time.Location) []Slot { return p.slotsOn(date, zone) }

// ReturnWithoutOffer gives a booked place back as if there were no waitlist.
func (s *Store) ReturnWithoutOffer(ctx context.Context, id AppointmentID) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		a, err := appointment(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := lockPlace(ctx, tx, a.Schedule, a.Slot); err != nil {
			return err
		}
		_, _, err = s.releaseLocked(ctx, tx, Change{Appointment: a, Reason: ByPatient, At: s.clock()}, "")
		return err
	})
}

// DecideOnly notes that an application has won, and gives it no place: as if the two were not one transaction, and the program died between them.
func (s *Store) DecideOnly(ctx context.Context, a Application) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.decided(ctx, tx, a, Won) })
}

// Draw takes the draw of a half-day as far as its order, and gives no place yet.
func (s *Store) Draw(ctx context.Context, schedule ScheduleID) error {
	l, err := s.Lottery(ctx, schedule)
	if err != nil {
		return err
	}
	if err := s.inTx(ctx, func(tx *sqlx.Tx) error { return s.closeLottery(ctx, tx, l.ID) }); err != nil {
		return err
	}
	return s.draw(ctx, l)
}

// ApplicationsFor lists those for a half-day, whoever has made them.
func (s *Store) ApplicationsFor(ctx context.Context, schedule ScheduleID) ([]Application, error) {
	return s.applications(ctx, "l.schedule_id = ?", schedule)
}

// OfferAfter offers a free place to the line as it was before meanwhile was done: to its head nothing may be offered in that.
func (s *Store) OfferAfter(ctx context.Context, slot Slot, meanwhile func()) (offered bool, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		l, err := s.lineFor(ctx, tx, slot.Schedule)
		if err != nil {
			return err
		}
		meanwhile()
		offered, err = s.offerFree(ctx, tx, l, slot)
		return err
	})
	return offered, err
}

// LeaveOutCaseGuard lets cases be opened without looking whether they still are new.
func (s *Store) LeaveOutCaseGuard() { s.stillCase = " AND ? <> ''" }

// OpenCaseTwice opens the case of an appointment two times, as two replicas do that have both read it as new.
func (s *Store) OpenCaseTwice(ctx context.Context, id AppointmentID) error {
	list, err := s.cases(ctx, "k.appointment_id = ?", id)
	if err != nil {
		return err
	}
	return errors.Join(s.openCase(ctx, list[0]), s.openCase(ctx, list[0]))
}

// MarkStopped stops a half-day and goes no further: what a crash leaves.
func (s *Store) MarkStopped(ctx context.Context, by StaffID, id ScheduleID) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.markStopped(ctx, tx, by, id, "") })
}
