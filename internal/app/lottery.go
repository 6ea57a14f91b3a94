package app

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
)

// ApplicationEnded tells who applied for a place that is drawn and has not won one.
func (f *bookingFollower) ApplicationEnded(ctx context.Context, tx *sqlx.Tx, a booking.Application, place int) error {
	return f.reminders.ApplicationEnded(ctx, tx, a, place)
}

// drawPage is where anybody can check a draw. It shows the holder of the link which application is theirs.
func (a *App) drawPage(p booking.Application) string {
	return fmt.Sprintf("%s/lottery/%d?slip=%s", a.cfg.PublicURL, p.Schedule, p.Slip().Short())
}
