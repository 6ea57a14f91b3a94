package booking_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// A returned place is not sold before its cooling time is over, to nobody of a crowd, and then once.
func TestCooling(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(func(p *booking.Policy) { p.Returns = booking.ReturnRule{Enter: booking.Cooling, Minutes: 20} })
	c, slots := w.clinic(0, 1, 2)
	v := w.mustHold(slots[0].ID, 1)
	w.mustHold(slots[0].ID, 2)
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "c")
	must(t, err)
	people := w.people(18)[2:]
	rush := func() int {
		var sold atomic.Int32
		together(len(people), func(i int) {
			_, err := w.holdFor(slots[0].ID, people[i], "rush")
			switch {
			case err == nil:
				sold.Add(1)
			case !errors.Is(err, booking.ErrSlotFull):
				t.Errorf("person %d: %v", i, err)
			}
		})
		return int(sold.Load())
	}
	if n := rush(); n != 0 {
		t.Errorf("%d were sold while the place was cooling", n)
	}
	_, err = w.holdFor(slots[0].ID, people[0], "why")
	var refusal *booking.Error
	if !errors.As(err, &refusal) || refusal.Rule != "returns" || !strings.Contains(refusal.Message.ZH, "09:20") {
		t.Errorf("the refusal is %v", err)
	}
	w.free(c.ID, 0)
	w.clock.add(20 * time.Minute)
	w.free(c.ID, 1)
	if n := rush(); n != 1 {
		t.Errorf("%d were sold after the cooling time", n)
	}
	check(t, w.db)
}

// free compares what the menus show of a clinic.
func (w *world) free(id booking.ScheduleID, want int) {
	w.t.Helper()
	ctx := context.Background()
	slots, err := w.Slots(ctx, id)
	must(w.t, err)
	free := 0
	for _, s := range slots {
		free += s.Free()
	}
	days, err := w.Days(ctx, w.doctor)
	must(w.t, err)
	shown := 0
	for _, d := range days {
		shown += d.Free
	}
	if free != want || shown != want {
		w.t.Errorf("slots show %d free places, days %d, want %d", free, shown, want)
	}
}

// While a place is cooling the others are sold, and not under its number.
func TestCoolingLeavesOthers(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(func(p *booking.Policy) { p.Returns = booking.ReturnRule{Enter: booking.Cooling, Minutes: 20} })
	_, slots := w.clinic(0, 1, 3)
	first := w.mustHold(slots[0].ID, 1)
	w.mustHold(slots[0].ID, 2)
	_, _, err := w.Cancel(ctx, 1, first.Appointment.ID, "c")
	must(t, err)
	if v := w.mustHold(slots[0].ID, 3); v.Appointment.Seq != 3 {
		t.Errorf("sold as number %d", v.Appointment.Seq)
	}
	if _, err := w.hold(slots[0].ID, 4); !errors.Is(err, booking.ErrSlotFull) {
		t.Errorf("the cooling place: %v", err)
	}
	check(t, w.db)
}

// At the tail, a returned number is sold after those that nobody has had.
func TestTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		enter booking.ReturnEntry
		want  []int
	}{{booking.AtOnce, []int{1, 3, 4}}, {booking.AtTail, []int{3, 4, 1}}} {
		t.Run(string(c.enter), func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t), context.Background()
			w.rules(func(p *booking.Policy) { p.Returns.Enter = c.enter })
			_, slots := w.clinic(0, 1, 4)
			first := w.mustHold(slots[0].ID, 1)
			w.mustHold(slots[0].ID, 2)
			_, _, err := w.Cancel(ctx, 1, first.Appointment.ID, "c")
			must(t, err)
			for i, want := range c.want {
				if v := w.mustHold(slots[0].ID, 10+i); v.Appointment.Seq != want {
					t.Errorf("sold as number %d, want %d", v.Appointment.Seq, want)
				}
			}
			if _, err := w.hold(slots[0].ID, 20); !errors.Is(err, booking.ErrSlotFull) {
				t.Errorf("beyond the last: %v", err)
			}
			check(t, w.db)
		})
	}
}

// Added places are counted apart: as many as the rule says, with numbers of their own, and none of the ordinary places is touched.
func TestOverbook(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 1, 1)
	w.mustHold(slots[0].ID, 1)
	people := w.people(9)[1:]
	extra := func(i int, key string) (booking.Visit, error) {
		return w.Overbook(ctx, booking.ExtraRequest{Staff: 9, Schedule: c.ID, Patient: people[i].ID, Account: 5, Key: key})
	}
	if _, err := extra(0, "none"); !errors.Is(err, booking.ErrLimit) {
		t.Errorf("without a rule: %v", err)
	}
	w.rules(func(p *booking.Policy) { p.ExtraPerHalf = 3 })
	var added atomic.Int32
	together(len(people), func(i int) {
		_, err := extra(i, "k")
		switch {
		case err == nil:
			added.Add(1)
		case !errors.Is(err, booking.ErrLimit):
			t.Errorf("person %d: %v", i, err)
		}
	})
	n, err := w.Extras(ctx, c.ID)
	must(t, err)
	if added.Load() != 3 || n != 3 {
		t.Errorf("%d were added, %d are counted", added.Load(), n)
	}
	check(t, w.db)
	w.free(c.ID, 0)
	var ids []booking.AppointmentID
	must(t, w.db.Select(&ids, "SELECT id FROM appointments WHERE seq > 1 ORDER BY seq"))
	v, err := w.Visit(ctx, ids[1])
	must(t, err)
	a := v.Appointment
	if !a.Extra() || a.Number() != (booking.Text{ZH: "加2", EN: "extra 2"}) || a.Status != booking.Held || !a.StartsAt.Equal(slots[0].EndsAt) {
		t.Errorf("added %+v", a)
	}
	stranger := bookingtest.Patient(t, w.Store, 98, 98)
	foreign := booking.HoldRequest{Slot: a.Slot, Patient: stranger.ID, User: stranger.User, Key: "foreign"}
	if err := w.CheckHold(ctx, foreign); !errors.Is(err, booking.ErrSlotFull) {
		t.Errorf("the preview of a patient's hold in the added slot says %v", err)
	}
	if _, err := w.Hold(ctx, foreign); !errors.Is(err, booking.ErrSlotFull) {
		t.Errorf("a patient's hold in the added slot: %v", err)
	}
	must(t, w.GiveBack(ctx, a.User, a.ID, "g"))
	w.free(c.ID, 0)
	check(t, w.db)
	late := bookingtest.Patient(t, w.Store, 99, 99)
	again, err := w.Overbook(ctx, booking.ExtraRequest{Staff: 9, Schedule: c.ID, Patient: late.ID, Key: "late"})
	must(t, err)
	if again.Appointment.Seq != a.Seq {
		t.Errorf("the number that came back is %d, the next added one has %d", a.Seq, again.Appointment.Seq)
	}
	repeated, err := w.Overbook(ctx, booking.ExtraRequest{Staff: 9, Schedule: c.ID, Patient: late.ID, Key: "late"})
	if err != nil || repeated.Appointment.ID != again.Appointment.ID {
		t.Errorf("the same key again: %v", err)
	}
	if _, err := w.Overbook(ctx, booking.ExtraRequest{Staff: 9, Schedule: c.ID, Patient: late.ID, Key: "twice"}); !errors.Is(err, booking.ErrDuplicate) {
		t.Errorf("the same person again: %v", err)
	}
	if n, err := w.StopSchedule(ctx, 9, c.ID, ""); err != nil || n != 4 {
		t.Errorf("stopping cancelled %d, %v", n, err)
	}
	check(t, w.db)
}
