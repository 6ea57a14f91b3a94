package bench

import (
	"context"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
)

// Median is the median of a contestant's turns.
func Median(rates ...float64) float64 { return (&event{rates: rates}).median() }

// Seat is what somebody was told that they have.
type Seat = seat

// Lost counts the seats that are not in the database.
func Lost(ctx context.Context, db *sqlx.DB, told ...Seat) (int, error) {
	return lost(ctx, &program{database: &database{DB: db}}, told)
}

// BookingRules are those of the booking bench's hospital.
func BookingRules(p booking.Policy) booking.Policy { return bookingRules(p) }
