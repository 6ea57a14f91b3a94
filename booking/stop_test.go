package booking_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// A stop that is cut short goes on where it was, tells everybody once, and refunds who has paid.
func TestStopSchedule(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 2, 30)
	for i, p := range w.people(50) {
		v, err := w.holdFor(slots[i%2].ID, p, "k")
		must(t, err)
		if i%5 != 0 {
			_, err = w.confirm(v.Appointment.ID)
			must(t, err)
		}
	}
	told := map[booking.AppointmentID]int{}
	w.follow.mu.Lock()
	w.follow.changes = nil
	w.follow.fail = func(c booking.Change) error {
		if len(w.follow.changes) >= 30 {
			return errors.New("the program ends here")
		}
		return nil
	}
	w.follow.mu.Unlock()
	if _, err := w.StopSchedule(ctx, 3, c.ID, "医生出差"); err == nil {
		t.Fatal("the stop was not cut short")
	}
	stopped, err := w.Schedule(ctx, c.ID)
	must(t, err)
	if stopped.Status != booking.Stopped || stopped.Free() != 0 {
		t.Errorf("after the first part the schedule is %+v", stopped)
	}
	w.follow.mu.Lock()
	w.follow.changes, w.follow.fail = w.follow.changes[:29], nil // the others were rolled back
	w.follow.mu.Unlock()
	affected, err := w.StopSchedule(ctx, 3, c.ID, "another note")
	must(t, err)
	if affected != 50 {
		t.Errorf("%d were affected", affected)
	}
	for _, change := range w.follow.changes {
		told[change.Appointment.ID]++
		want := change.Appointment.Fee
		if change.From == booking.Held {
			want = 0
		}
		if change.Refund != want || change.Note != "医生出差" || change.Reason != booking.ByClinic {
			t.Errorf("told %+v", change)
		}
	}
	if len(told) != 50 || len(w.follow.changes) != 50 {
		t.Errorf("%d people were told %d times", len(told), len(w.follow.changes))
	}
	check(t, w.db)
	if days, err := w.Days(ctx, w.doctor); err != nil || len(days) != 0 {
		t.Errorf("a stopped day is offered: %v %v", days, err)
	}
	if list, err := w.Slots(ctx, c.ID); err != nil || len(list) != 0 {
		t.Errorf("slots of a stopped schedule are offered: %v %v", list, err)
	}
}

// A stop that was cut short, whose half-day staff can choose no more, is finished by the job, on several replicas at once.
func TestServeStops(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 1, 60)
	other, otherSlots := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(2), 5000, 1, 1)
	for _, p := range w.people(50) {
		_, err := w.holdFor(slots[0].ID, p, "k")
		must(t, err)
	}
	untouched := w.mustHold(otherSlots[0].ID, 99)
	must(t, w.ServeStops(ctx))
	told := 0
	w.follow.mu.Lock()
	w.follow.fail = func(booking.Change) error {
		if told++; told >= 30 {
			return errors.New("the program ends here")
		}
		return nil
	}
	w.follow.mu.Unlock()
	if _, err := w.StopSchedule(ctx, 3, c.ID, "医生出差"); err == nil {
		t.Fatal("the stop was not cut short")
	}
	w.follow.mu.Lock()
	w.follow.fail = nil
	w.follow.mu.Unlock()
	together(4, func(int) {
		if err := w.ServeStops(ctx); err != nil {
			t.Error(err)
		}
	})
	var left, cancelled int
	must(t, w.db.Get(&left, "SELECT COUNT(id) FROM appointments WHERE schedule_id = ? AND active = 1", c.ID))
	must(t, w.db.Get(&cancelled, "SELECT COUNT(id) FROM appointment_events WHERE to_status = 'cancelled' AND reason = 'clinic' AND note = '医生出差'"))
	if left != 0 || cancelled != 50 {
		t.Errorf("%d are left, %d were cancelled", left, cancelled)
	}
	if v, err := w.Visit(ctx, untouched.Appointment.ID); err != nil || v.Appointment.Status != booking.Held || v.Schedule.ID != other.ID {
		t.Errorf("a clinic that takes place: %+v, %v", v.Appointment, err)
	}
	check(t, w.db)
}

func TestStopScheduleRefuses(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 1, 1)
	if _, err := w.StopSchedule(ctx, 1, 9999, ""); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("no such schedule: %v", err)
	}
	w.clock.set(slots[0].EndsAt.Add(time.Minute))
	if _, err := w.StopSchedule(ctx, 1, c.ID, ""); !errors.Is(err, booking.ErrTooLate) {
		t.Errorf("a clinic that is over: %v", err)
	}
}
