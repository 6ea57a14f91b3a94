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
	"guahao/internal/money"
)

// Whatever is done in whatever order, moves and the waitlist included: no appointment ends in a state that the table does not know or by a
// step that it does not have, after each step every place is free or in one hand, nobody has more than the limits allow, and every
// refusal is one that can be told.
func TestAnySequence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules(func(p *booking.Policy) {
		p.NoShows, p.ExtraPerHalf = booking.NoShowRule{Count: 2, Days: 90, SuspendDays: []int{30}}, 2
		p.Returns = booking.ReturnRule{Enter: booking.Cooling, Minutes: 10}
		p.Slowdown = booking.SlowdownRule{Cancels: 3, Days: 30, WaitMinutes: 30}
	})
	people := w.people(5)
	offers, moves := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		run := newSequence(t, w)
		rt.Repeat(map[string]func(*rapid.T){
			"hold": func(rt *rapid.T) {
				run.n++
				p := rapid.SampledFrom(people).Draw(rt, "person")
				v, err := w.holdFor(rapid.SampledFrom(run.slots).Draw(rt, "slot").ID, p, fmt.Sprint("k", run.n))
				run.made(rt, v, err)
			},
			"book": func(rt *rapid.T) {
				run.n++
				p := rapid.SampledFrom(people).Draw(rt, "person")
				v, err := w.holdFor(rapid.SampledFrom(run.slots).Draw(rt, "slot").ID, p, fmt.Sprint("k", run.n))
				run.made(rt, v, err)
				if err == nil {
					_, err = w.confirm(v.Appointment.ID)
					run.fine(rt, err)
				}
			},
			"overbook": func(rt *rapid.T) {
				run.n++
				p := rapid.SampledFrom(people).Draw(rt, "person")
				v, err := w.Overbook(run.ctx, booking.ExtraRequest{Staff: 9, Schedule: run.clinics[0].ID, Patient: p.ID, Key: fmt.Sprint("k", run.n)})
				run.made(rt, v, err)
			},
			"pay": func(rt *rapid.T) {
				run.onA(rt, booking.Held, func(a booking.Appointment) error { _, err := w.confirm(a.ID); return err })
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
			"move": func(rt *rapid.T) {
				run.n++
				to := rapid.SampledFrom(run.slots).Draw(rt, "to").ID
				run.onA(rt, booking.Booked, func(a booking.Appointment) error {
					_, err := w.Reschedule(run.ctx, booking.MoveRequest{Appointment: a.ID, Slot: to, User: a.User, Account: a.Account, Key: fmt.Sprint("k", run.n)})
					return err
				})
			},
			"join": func(rt *rapid.T) {
				run.n++
				p, c := rapid.SampledFrom(people).Draw(rt, "person"), rapid.SampledFrom(run.clinics).Draw(rt, "clinic")
				_, err := w.JoinWaitlist(run.ctx, booking.JoinRequest{
					Wish:    booking.Wish{Department: c.Department, First: c.Date, Last: c.Date, Halves: booking.Evenings},
					Patient: p.ID, User: p.User, Account: 1, Key: fmt.Sprint("k", run.n),
				})
				run.fine(rt, err)
			},
			"accept": func(rt *rapid.T) {
				run.onA(rt, booking.Offered, func(a booking.Appointment) error { _, err := w.AcceptOffer(run.ctx, a.User, a.ID, "yes"); return err })
			},
			"decline": func(rt *rapid.T) {
				run.onA(rt, booking.Offered, func(a booking.Appointment) error { return w.DeclineOffer(run.ctx, a.User, a.ID, "no") })
			},
			"leave": func(rt *rapid.T) {
				p := rapid.SampledFrom(people).Draw(rt, "person")
				waits, err := w.Waits(run.ctx, p.User)
				run.fine(rt, err)
				for _, wait := range waits {
					run.fine(rt, w.LeaveWaitlist(run.ctx, p.User, wait.ID, "leave"))
				}
			},
			"wait": func(rt *rapid.T) {
				w.clock.add(time.Duration(rapid.SampledFrom([]int{1, 9, 20, 600, 1100}).Draw(rt, "minutes")) * time.Minute)
				_, err := w.ExpireHolds(run.ctx)
				run.fine(rt, err)
				_, err = w.MarkNoShows(run.ctx)
				run.fine(rt, err)
				_, err = w.ServeWaitlist(run.ctx)
				run.fine(rt, err)
				run.fine(rt, w.ServeStops(run.ctx))
			},
			"stop": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "rarely") == 0 {
					_, err := w.StopSchedule(run.ctx, 9, run.clinics[0].ID, "")
					run.fine(rt, err)
				}
			},
			"take instead": func(rt *rapid.T) {
				run.onA(rt, booking.Offered, func(a booking.Appointment) error {
					_, err := w.TakeStopOffer(run.ctx, a.User, 1, a.ID, fmt.Sprint("take ", a.ID))
					return err
				})
			},
			"money instead": func(rt *rapid.T) {
				run.onA(rt, booking.Booked, func(a booking.Appointment) error {
					_, err := w.RefundStopped(run.ctx, a.User, a.ID, "money")
					return err
				})
			},
			"": run.conserved,
		})
		run.verdict(rt)
		offers, moves = offers+count(t, w, "SELECT COUNT(id) FROM waitlist_offers"), moves+count(t, w, "SELECT COUNT(appointment_id) FROM appointment_moves")
	})
	if offers == 0 || moves == 0 {
		t.Errorf("nothing was tried: %d offers, %d moves", offers, moves)
	}
	t.Logf("%d offers, %d moves", offers, moves)
}

// sequence is one run over two clinics, of which the second is dearer.
type sequence struct {
	ctx     context.Context
	t       *testing.T
	w       *world
	clinics []booking.Schedule
	slots   []booking.Slot
	n       int
}

// newSequence starts with nothing but the people.
func newSequence(t *testing.T, w *world) *sequence {
	w.clock.set(morning)
	for _, table := range []string{"appointments", "appointment_events", "appointment_moves", "waitlist_entries", "waitlist_offers", "place_returns", "stop_cases", "stop_offers", "slots", "schedules"} {
		_, err := w.db.Exec("DELETE FROM " + table)
		must(t, err)
	}
	run := &sequence{ctx: context.Background(), t: t, w: w}
	for days, fee := range []money.Fen{5000, 8000} {
		c, slots := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(days+1), fee, 2-days, 1)
		run.clinics, run.slots = append(run.clinics, c), append(run.slots, slots...)
	}
	return run
}

func (s *sequence) made(rt *rapid.T, v booking.Visit, err error) {
	s.fine(rt, err)
	if err == nil && v.Appointment.ID == 0 {
		rt.Fatal("neither a place nor a refusal")
	}
}

// ids are those of all appointments: offers and moves make some, too.
func (s *sequence) ids() (list []booking.AppointmentID) {
	must(s.t, s.w.db.Select(&list, "SELECT id FROM appointments ORDER BY id"))
	return list
}

// conserved looks whether each of the places is free or in one hand: none came from nowhere, and none is gone.
func (s *sequence) conserved(rt *rapid.T) {
	var lost []string
	must(s.t, s.w.db.Select(&lost, `SELECT CONCAT('slot ', s.id, ' has ', s.capacity, ', counts ', s.taken, ', of which ', COUNT(a.id), ' are in a hand') FROM slots s
		JOIN schedules c ON c.id = s.schedule_id LEFT JOIN appointments a ON a.slot_id = s.id AND a.status NOT IN ('expired', 'cancelled')
		GROUP BY s.id, s.first_seq, s.capacity, s.taken HAVING COUNT(a.id) <> s.taken OR s.taken > s.capacity OR (s.first_seq < 1000001 AND s.capacity <> 1)
		UNION ALL SELECT CONCAT('schedule ', c.id, ' counts ', c.taken, ' of ', c.capacity) FROM schedules c JOIN slots s ON s.schedule_id = c.id
		GROUP BY c.id, c.taken, c.capacity HAVING SUM(s.taken) <> c.taken OR SUM(s.capacity) <> c.capacity`))
	if len(lost) > 0 {
		rt.Fatalf("after a step: %s", strings.Join(lost, "; "))
	}
}

// on does something to one of the appointments, if there is any.
func (s *sequence) on(rt *rapid.T, do func(booking.Appointment) error) { s.onOne(rt, s.ids(), do) }

// onA does it to one of a status, or, where there is none, to any: that is to be refused.
func (s *sequence) onA(rt *rapid.T, status booking.Status, do func(booking.Appointment) error) {
	var ids []booking.AppointmentID
	must(s.t, s.w.db.Select(&ids, "SELECT id FROM appointments WHERE status = ? ORDER BY id", status))
	if len(ids) == 0 {
		ids = s.ids()
	}
	s.onOne(rt, ids, do)
}

func (s *sequence) onOne(rt *rapid.T, ids []booking.AppointmentID, do func(booking.Appointment) error) {
	if len(ids) > 0 {
		at := rapid.IntRange(0, len(ids)-1).Draw(rt, "appointment")
		s.fine(rt, do(s.w.read(ids[at])))
	}
}

func (s *sequence) fine(rt *rapid.T, err error) {
	var refusal *booking.Error
	if err != nil && (!errors.As(err, &refusal) || refusal.Message.ZH == "" || refusal.Message.EN == "") {
		rt.Fatalf("not a refusal: %v", err)
	}
}

func (s *sequence) verdict(rt *rapid.T) {
	s.fine(rt, s.w.ServeStops(s.ctx))
	if found := s.w.wrongs(); len(found) > 0 {
		rt.Fatalf("troubles:\n%s", strings.Join(found, "\n"))
	}
	for _, id := range s.ids() {
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
