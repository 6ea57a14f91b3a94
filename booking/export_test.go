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
