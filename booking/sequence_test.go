package booking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// Whatever is done in whatever order: no appointment ends in a state that the table does not know or by a step that it does not have, the
// counts agree with the appointments, nobody has more than the limits allow, and every refusal is one that can be told.
func TestAnySequence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules(func(p *booking.Policy) {
		p.NoShows, p.ExtraPerHalf = booking.NoShowRule{Count: 2, Days: 90, SuspendDays: []int{30}}, 2
		p.Returns = booking.ReturnRule{Enter: booking.Cooling, Minutes: 10}
		p.Slowdown = booking.SlowdownRule{Cancels: 3, Days: 30, WaitMinutes: 30}
	})
	people := w.people(5)
	rapid.Check(t, func(rt *rapid.T) {
		run := newSequence(t, w)
		rt.Repeat(map[string]func(*rapid.T){
			"hold": func(rt *rapid.T) {
				run.n++
				p := rapid.SampledFrom(people).Draw(rt, "person")
				v, err := w.holdFor(rapid.SampledFrom(run.slots).Draw(rt, "slot").ID, p, fmt.Sprint("k", run.n))
				run.made(rt, v, err)
			},
			"overbook": func(rt *rapid.T) {
				run.n++
				p := rapid.SampledFrom(people).Draw(rt, "person")
				v, err := w.Overbook(run.ctx, booking.ExtraRequest{Staff: 9, Schedule: run.clinic.ID, Patient: p.ID, Key: fmt.Sprint("k", run.n)})
				run.made(rt, v, err)
			},
			"pay": func(rt *rapid.T) {
				run.on(rt, func(a booking.Appointment) error { _, err := w.confirm(a.ID); return err })
			},
			"give back": func(rt *rapid.T) {
				run.on(rt, func(a booking.Appointment) error { return w.GiveBack(run.ctx, a.User, a.ID, "g") })
			},
			"cancel": func(rt *rapid.T) {
				run.on(rt, func(a booking.Appointment) error { _, _, err := w.Cancel(run.ctx, a.User, a.ID, "c"); return err })
			},
			"check in": func(rt *rapid.T) {
				run.on(rt, func(a booking.Appointment) error { _, err := w.CheckIn(run.ctx, 9, a.ID); return err })
			},
			"fulfil": func(rt *rapid.T) {
				run.on(rt, func(a booking.Appointment) error { _, err := w.Fulfil(run.ctx, 9, a.ID); return err })
			},
			"undo": func(rt *rapid.T) {
				run.on(rt, func(a booking.Appointment) error { _, err := w.UndoNoShow(run.ctx, 9, a.ID, ""); return err })
			},
			"wait": func(rt *rapid.T) {
				w.clock.add(time.Duration(rapid.SampledFrom([]int{1, 9, 20, 600, 1100}).Draw(rt, "minutes")) * time.Minute)
				_, err := w.ExpireHolds(run.ctx)
				run.fine(rt, err)
				_, err = w.MarkNoShows(run.ctx)
				run.fine(rt, err)
			},
			"stop": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "rarely") == 0 {
					_, err := w.StopSchedule(run.ctx, 9, run.clinic.ID, "")
					run.fine(rt, err)
				}
			},
		})
		run.verdict(rt)
	})
}

// sequence is one run over one clinic.
type sequence struct {
	ctx    context.Context
	t      *testing.T
	w      *world
	clinic booking.Schedule
	slots  []booking.Slot
	ids    []booking.AppointmentID
	n      int
}

// newSequence starts with nothing but the people.
func newSequence(t *testing.T, w *world) *sequence {
	w.clock.set(morning)
	for _, table := range []string{"appointments", "appointment_events", "place_returns", "slots", "schedules"} {
		_, err := w.db.Exec("DELETE FROM " + table)
		must(t, err)
	}
	run := &sequence{ctx: context.Background(), t: t, w: w}
	run.clinic, run.slots = bookingtest.Clinic(t, w.Store, w.doctor, today.Add(1), 5000, 2, 1)
	return run
}

func (s *sequence) made(rt *rapid.T, v booking.Visit, err error) {
	s.fine(rt, err)
	if err == nil {
		s.ids = append(s.ids, v.Appointment.ID)
	}
}

// on does something to one of the appointments, if there is any.
func (s *sequence) on(rt *rapid.T, do func(booking.Appointment) error) {
	if len(s.ids) > 0 {
		s.fine(rt, do(s.w.read(rapid.SampledFrom(s.ids).Draw(rt, "appointment"))))
	}
}

func (s *sequence) fine(rt *rapid.T, err error) {
	var refusal *booking.Error
	if err != nil && (!errors.As(err, &refusal) || refusal.Message.ZH == "" || refusal.Message.EN == "") {
		rt.Fatalf("not a refusal: %v", err)
	}
}

func (s *sequence) verdict(rt *rapid.T) {
	if found := troubles(s.t, s.w.db); len(found) > 0 {
		rt.Fatalf("troubles:\n%s", strings.Join(found, "\n"))
	}
	for _, id := range s.ids {
		trail, err := s.w.Trail(s.ctx, id)
		must(s.t, err)
		for _, c := range trail {
			if !booking.Allowed(c.From, c.Appointment.Status, c.Reason) {
				rt.Fatalf("appointment %d went from %q to %s by %s", id, c.From, c.Appointment.Status, c.Reason)
			}
		}
	}
}

// A cancellation and a payment that meet end in exactly one of two ways: booked and kept, or cancelled and what was paid
// refunded. The money is followed as the product does it: a refused confirmation gives it back.
func TestCancelAndPaymentMeet(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 40)
	people := w.people(40)
	ends := map[string]int{}
	for i, p := range people {
		v, err := w.holdFor(slots[0].ID, p, "k")
		must(t, err)
		a := v.Appointment
		var paid, cancelled, given error
		together(2, func(who int) {
			switch {
			case who == 0:
				_, paid = w.confirm(a.ID)
			case i%2 == 0:
				_, _, cancelled = w.Cancel(ctx, a.User, a.ID, "c")
			default:
				given = w.GiveBack(ctx, a.User, a.ID, "g")
			}
		})
		for _, err := range []error{paid, cancelled, given} {
			if err != nil && !booking.IsRefusal(err) {
				t.Fatalf("not a refusal: %v", err)
			}
		}
		refund := 0
		trail, err := w.Trail(ctx, a.ID)
		must(t, err)
		for _, c := range trail {
			refund += int(c.Refund)
		}
		switch status := w.read(a.ID).Status; {
		case status == booking.Booked && paid == nil && refund == 0 && (cancelled != nil || given != nil):
			ends["booked and paid"]++
		case status == booking.Cancelled && paid == nil && refund == 5000:
			ends["cancelled after the payment, refunded"]++
		case status == booking.Cancelled && paid != nil && refund == 0:
			ends["cancelled before the payment, which is returned"]++
		default:
			t.Errorf("%s, payment %v, cancellation %v, refund %d", status, paid, cancelled, refund)
		}
	}
	t.Log(ends)
	check(t, w.db)
}

// What must not be booked writes nothing: no appointment, no event, no count.
func TestBadHoldsWriteNothing(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(func(p *booking.Policy) { p.NoShows = booking.NoShowRule{Count: 1, Days: 90, SuspendDays: []int{30}} })
	missed := w.missVisit(1, today.Add(1))
	suspended := bookingtest.Patient(t, w.Store, 1, 1)
	_, slots := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(3), 0, 1, 9)
	closed, closedSlots := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(4), 0, 1, 9)
	_, err := w.StopSchedule(ctx, 9, closed.ID, "")
	must(t, err)
	far, err := w.AddSchedule(ctx, w.doctor, today.Add(30), booking.Session{Period: booking.Evening, Kind: booking.General, StartMinute: 1080, SlotMinutes: 15, Slots: 1, PerSlot: 1})
	must(t, err)
	var farSlot booking.SlotID
	must(t, w.db.Get(&farSlot, "SELECT id FROM slots WHERE schedule_id = ?", far.ID))
	p := bookingtest.Patient(t, w.Store, 2, 2)
	state := func() string {
		var s string
		must(t, w.db.Get(&s, `SELECT CONCAT((SELECT COUNT(id) FROM appointments), ' ', (SELECT COUNT(id) FROM appointment_events), ' ',
			(SELECT SUM(taken) FROM slots), ' ', (SELECT SUM(taken) FROM schedules))`))
		return s
	}
	before := state()
	for _, c := range []struct {
		name    string
		request booking.HoldRequest
		want    error
	}{
		{"past", booking.HoldRequest{Slot: missed.Slot, Patient: p.ID, User: 2}, booking.ErrTooLate},
		{"stopped", booking.HoldRequest{Slot: closedSlots[0].ID, Patient: p.ID, User: 2}, booking.ErrScheduleStopped},
		{"not released", booking.HoldRequest{Slot: farSlot, Patient: p.ID, User: 2}, booking.ErrTooEarly},
		{"a slot that is not there", booking.HoldRequest{Slot: 999999, Patient: p.ID, User: 2}, booking.ErrNotFound},
		{"suspended", booking.HoldRequest{Slot: slots[0].ID, Patient: suspended.ID, User: 1}, booking.ErrSuspended},
		{"another user's patient", booking.HoldRequest{Slot: slots[0].ID, Patient: p.ID, User: 1}, booking.ErrNotYours},
		{"a patient who is not there", booking.HoldRequest{Slot: slots[0].ID, Patient: 999999, User: 2}, booking.ErrNotFound},
	} {
		c.request.Key = c.name
		if _, err := w.Hold(ctx, c.request); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err := w.CheckHold(ctx, c.request); !errors.Is(err, c.want) {
			t.Errorf("%s: the preview says %v, want %v", c.name, err, c.want)
		}
	}
	if after := state(); after != before {
		t.Errorf("before %s, after %s", before, after)
	}
	w.rules(func(p *booking.Policy) { p.Close = booking.Deadline{Days: 5, At: "06:00"} })
	if _, err := w.Hold(ctx, booking.HoldRequest{Slot: slots[0].ID, Patient: p.ID, User: 2, Key: "closed"}); !errors.Is(err, booking.ErrTooLate) {
		t.Errorf("closed: %v", err)
	}
}
