package app

import (
	"context"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
)

// ApplicationEnded tells who applied for a place that is drawn and has not won one.
func (f *bookingFollower) ApplicationEnded(ctx context.Context, tx *sqlx.Tx, a booking.Application, place int) error {
	return f.reminders.ApplicationEnded(ctx, tx, a, place)
}
