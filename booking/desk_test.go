package booking_test

import (
	"context"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/money"
	"guahao/internal/mysql"
)

// A fee that is paid at the hospital is never given back by us: not when the patient cancels, nor when the clinic is stopped.
func TestOnlyAFeeThatWasPaidIsRefunded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reason booking.Reason
		want   money.Fen
	}{
		{booking.AtDesk, 0},
		{booking.ByPayment, 5000},
	} {
		t.Run(string(tt.reason), func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t), context.Background()
			c, slots := w.clinic(5000, 1, 2)
			var visits []booking.Visit
			for n := 1; n <= 2; n++ {
				v := w.mustHold(slots[0].ID, n)
				if v.Paid {
					t.Errorf("a held visit is paid")
				}
				must(t, mysql.InTx(ctx, w.db, func(tx *sqlx.Tx) error {
					_, err := w.ConfirmTx(ctx, tx, v.Appointment.ID, tt.reason)
					return err
				}))
				v, err := w.Visit(ctx, v.Appointment.ID)
				must(t, err)
				if v.Appointment.Status != booking.Booked || v.Paid != (tt.want > 0) {
					t.Errorf("the visit is %s, paid: %v", v.Appointment.Status, v.Paid)
				}
				visits = append(visits, v)
			}
			preview, _, err := w.RefundPreview(ctx, visits[0].Appointment.User, visits[0].Appointment.ID)
			must(t, err)
			_, refund, err := w.Cancel(ctx, visits[0].Appointment.User, visits[0].Appointment.ID, "c")
			must(t, err)
			if preview != tt.want || refund != tt.want {
				t.Errorf("cancelling gives %s back, promised were %s; want %s", refund, preview, tt.want)
			}
			_, err = w.StopSchedule(ctx, 1, c.ID, "")
			must(t, err)
			trail, err := w.Trail(ctx, visits[1].Appointment.ID)
			must(t, err)
			if got := trail[len(trail)-1]; got.Reason != booking.ByClinic || got.Refund != tt.want {
				t.Errorf("the stop gives %s back, want %s", got.Refund, tt.want)
			}
		})
	}
}
