package booking_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

func TestExpireHolds(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 3)
	paid, unpaid := w.mustHold(slots[0].ID, 1), w.mustHold(slots[0].ID, 2)
	_, err := w.confirm(paid.Appointment.ID)
	must(t, err)
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{15 * time.Minute, 0}, {15*time.Minute + 59*time.Second, 0}, {16*time.Minute + time.Second, 1}, {time.Hour, 0}} {
		w.clock.set(morning.Add(c.after))
		if n, err := w.ExpireHolds(ctx); n != c.want || err != nil {
			t.Errorf("after %v: %d expired, %v", c.after, n, err)
		}
	}
	v, err := w.Visit(ctx, unpaid.Appointment.ID)
	must(t, err)
	if v.Appointment.Status != booking.Expired || v.Slot.Taken != 1 {
		t.Errorf("the unpaid one is %+v", v.Appointment)
	}
	if next := w.mustHold(slots[0].ID, 3); next.Appointment.Seq != 2 {
		t.Errorf("the number that came back is 2, sold next was %d", next.Appointment.Seq)
	}
	check(t, w.db)
}

// A hold whose follower fails is left for the next time and does not keep the others from expiring.
func TestExpireHoldsGoesOn(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 3)
	first := w.mustHold(slots[0].ID, 1).Appointment.ID
	w.mustHold(slots[0].ID, 2)
	w.clock.add(time.Hour)
	w.follow.fail = func(c booking.Change) error {
		if c.Appointment.ID == first {
			return errors.New("no")
		}
		return nil
	}
	if n, err := w.ExpireHolds(ctx); n != 1 || err == nil {
		t.Errorf("%d expired, %v", n, err)
	}
	w.follow.fail = nil
	if n, err := w.ExpireHolds(ctx); n != 1 || err != nil {
		t.Errorf("then %d expired, %v", n, err)
	}
	check(t, w.db)
}

// A payment that is heard of after the hold ran out.
func TestConfirmLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before func(w *world, c booking.Schedule, slot booking.Slot, late booking.Visit)
		seq    int
		want   error
	}{
		{"the number is still free", func(*world, booking.Schedule, booking.Slot, booking.Visit) {}, 1, nil},
		{"the number was sold again", func(w *world, _ booking.Schedule, slot booking.Slot, _ booking.Visit) { w.mustHold(slot.ID, 2) }, 2, nil},
		{"all were sold", func(w *world, _ booking.Schedule, slot booking.Slot, _ booking.Visit) {
			w.mustHold(slot.ID, 2)
			w.mustHold(slot.ID, 3)
		}, 0, booking.ErrSlotFull},
		{"the clinic was stopped", func(w *world, c booking.Schedule, _ booking.Slot, _ booking.Visit) {
			_, err := w.StopSchedule(context.Background(), 1, c.ID, "")
			must(w.t, err)
		}, 0, booking.ErrScheduleStopped},
		{"the visit has begun", func(w *world, _ booking.Schedule, slot booking.Slot, _ booking.Visit) { w.clock.set(slot.StartsAt) }, 0, booking.ErrTooLate},
		{"the patient has booked again", func(w *world, _ booking.Schedule, slot booking.Slot, late booking.Visit) {
			_, err := w.holdFor(slot.ID, late.Patient, "again")
			must(w.t, err)
		}, 0, booking.ErrDuplicate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			clinic, slots := w.clinic(5000, 1, 2)
			late := w.mustHold(slots[0].ID, 1)
			w.clock.add(time.Hour)
			_, err := w.ExpireHolds(context.Background())
			must(t, err)
			c.before(w, clinic, slots[0], late)
			got, err := w.confirm(late.Appointment.ID)
			if !errors.Is(err, c.want) || got.Seq != c.seq {
				t.Errorf("number %d, %v; want %d, %v", got.Seq, err, c.seq, c.want)
			}
			check(t, w.db)
		})
	}
}

// What was given back is not brought back by a late payment.
func TestConfirmAfterGiveBack(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 2)
	v := w.mustHold(slots[0].ID, 1)
	must(t, w.GiveBack(ctx, 1, v.Appointment.ID, "g"))
	must(t, w.GiveBack(ctx, 1, v.Appointment.ID, "g"))
	if _, err := w.confirm(v.Appointment.ID); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("confirmed: %v", err)
	}
	stopped := w.mustHold(slots[0].ID, 2)
	_, err := w.StopSchedule(ctx, 1, stopped.Appointment.Schedule, "")
	must(t, err)
	if _, err := w.confirm(stopped.Appointment.ID); !errors.Is(err, booking.ErrScheduleStopped) {
		t.Errorf("confirmed after the clinic was stopped: %v", err)
	}
	if err := w.GiveBack(ctx, 2, v.Appointment.ID, "x"); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("somebody else gave it back: %v", err)
	}
	check(t, w.db)
}

// A free clinic is booked at once; a follower that fails undoes all of it.
func TestHoldFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 2)
	w.follow.fail = func(booking.Change) error { return errors.New("no") }
	p := bookingtest.Patient(t, w.Store, 1, 1)
	if _, err := w.holdFor(slots[0].ID, p, "k"); err == nil {
		t.Error("held although the follower failed")
	}
	check(t, w.db)
	w.follow.fail = nil
	v, err := w.holdFor(slots[0].ID, p, "k")
	must(t, err)
	if v.Appointment.Status != booking.Booked || v.Appointment.Seq != 1 || v.Slot.Taken != 1 {
		t.Errorf("held %+v", v.Appointment)
	}
	refund, until, err := w.RefundPreview(context.Background(), 1, v.Appointment.ID)
	must(t, err)
	if refund != 0 || !until.Equal(v.CancelUntil) || !until.Equal(slots[0].StartsAt.Add(-time.Hour)) {
		t.Errorf("preview: %v until %v", refund, until)
	}
	w.clock.set(until.Add(time.Second))
	if _, _, err := w.Cancel(context.Background(), 1, v.Appointment.ID, "c"); !errors.Is(err, booking.ErrTooLate) {
		t.Errorf("cancelled too late: %v", err)
	}
}

func TestHoldRefuses(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 1, 1)
	p := bookingtest.Patient(t, w.Store, 1, 1)
	try := func(r booking.HoldRequest) error {
		if r.Slot == 0 {
			r.Slot = slots[0].ID
		}
		preview := w.CheckHold(ctx, r)
		_, err := w.Hold(ctx, r)
		if fmt.Sprint(preview) != fmt.Sprint(err) {
			t.Errorf("the preview said %v, the hold %v", preview, err)
		}
		return err
	}
	for _, x := range []struct {
		name    string
		request booking.HoldRequest
		want    error
	}{
		{"no such slot", booking.HoldRequest{Slot: 99999, Patient: p.ID, User: 1, Key: "a"}, booking.ErrNotFound},
		{"no such patient", booking.HoldRequest{Patient: 99999, User: 1, Key: "b"}, booking.ErrNotFound},
		{"another's patient", booking.HoldRequest{Patient: p.ID, User: 2, Key: "c"}, booking.ErrNotYours},
	} {
		if err := try(x.request); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
	w.clock.set(slots[0].StartsAt)
	if err := try(booking.HoldRequest{Patient: p.ID, User: 1, Key: "d"}); !errors.Is(err, booking.ErrTooLate) {
		t.Errorf("past: %v", err)
	}
	w.clock.set(morning.AddDate(0, 0, -20))
	if err := try(booking.HoldRequest{Patient: p.ID, User: 1, Key: "e"}); !errors.Is(err, booking.ErrTooEarly) {
		t.Errorf("not released: %v", err)
	}
	w.clock.set(morning)
	first := w.mustHold(slots[0].ID, 5)
	if err := try(booking.HoldRequest{Patient: p.ID, User: 1, Key: "f"}); !errors.Is(err, booking.ErrSlotFull) {
		t.Errorf("full: %v", err)
	}
	if again := w.mustHold(slots[0].ID, 5); again.Appointment.ID != first.Appointment.ID {
		t.Error("the same key of a full slot did not give the same appointment")
	}
	_, err := w.StopSchedule(ctx, 1, c.ID, "note")
	must(t, err)
	if err := try(booking.HoldRequest{Patient: p.ID, User: 1, Key: "g"}); !errors.Is(err, booking.ErrScheduleStopped) {
		t.Errorf("stopped: %v", err)
	}
}
