package booking_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mysql"
)

func confirm(db *sqlx.DB, s *booking.Store, id booking.AppointmentID) (a booking.Appointment, err error) {
	err = mysql.InTx(context.Background(), db, func(tx *sqlx.Tx) error {
		a, err = s.ConfirmTx(context.Background(), tx, id, booking.ByPayment)
		return err
	})
	return a, err
}

// A patient's way from the hold to the cancellation, as the rows and the follower see it.
func TestHoldConfirmCancel(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 2, 3)
	p := bookingtest.Patient(t, w.Store, 7, 1)

	v, err := w.holdFor(slots[1].ID, p, "k1")
	must(t, err)
	a := v.Appointment
	if a.Status != booking.Held || a.Seq != 4 || a.Fee != 5000 || a.Version != 1 || v.Patient.Name != p.Name || v.Doctor.Name.ZH != "曾一" {
		t.Errorf("held %+v", a)
	}
	if want := w.clock.now().Add(15 * 60e9); !a.HoldUntil.Equal(want) {
		t.Errorf("held until %v, want %v", a.HoldUntil, want)
	}
	again, err := w.holdFor(slots[1].ID, p, "k1")
	must(t, err)
	if again.Appointment.ID != a.ID || again.Slot.Taken != 1 || again.Schedule.Taken != 1 {
		t.Errorf("the same key gave %+v", again.Appointment)
	}
	if _, err := w.holdFor(slots[0].ID, p, "k1"); !errors.Is(err, booking.ErrConflict) {
		t.Errorf("the same key for another slot: %v", err)
	}
	if _, err := w.holdFor(slots[0].ID, p, "k2"); !errors.Is(err, booking.ErrDuplicate) {
		t.Errorf("the same half-day again: %v", err)
	}
	booked, err := w.confirm(a.ID)
	must(t, err)
	if booked.Status != booking.Booked || booked.Version != 2 {
		t.Errorf("booked %+v", booked)
	}
	if _, err := w.confirm(a.ID); err != nil {
		t.Errorf("confirm twice: %v", err)
	}
	cancelled, refund, err := w.Cancel(ctx, 7, a.ID, "c1")
	must(t, err)
	if refund != 5000 || cancelled.Appointment.Status != booking.Cancelled || cancelled.Slot.Taken != 0 {
		t.Errorf("cancelled %+v, refund %v", cancelled.Appointment, refund)
	}
	if _, refund, err := w.Cancel(ctx, 7, a.ID, "c1"); err != nil || refund != 5000 {
		t.Errorf("the same key again: %v %v", refund, err)
	}
	if _, _, err := w.Cancel(ctx, 7, a.ID, "c2"); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("cancel twice: %v", err)
	}
	trail, err := w.Trail(ctx, a.ID)
	must(t, err)
	const want = ">held by patient, held>booked by payment, booked>cancelled by patient"
	if got := steps(trail); got != want {
		t.Errorf("the trail is %s", got)
	}
	if got := steps(w.follow.changes); got != want {
		t.Errorf("the follower saw %s", got)
	}
}
