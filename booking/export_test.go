package booking

import (
	"context"
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
