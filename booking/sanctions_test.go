package booking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// missVisit lets the nth person miss a free visit on a day, and marks it.
func (w *world) missVisit(n int, date booking.Date) booking.Appointment {
	w.t.Helper()
	_, slots := bookingtest.Clinic(w.t, w.Store, w.doctor, date, 0, 1, 3)
	p := bookingtest.Patient(w.t, w.Store, booking.UserID(n), n)
	v, err := w.holdFor(slots[0].ID, p, "miss-"+string(date))
	must(w.t, err)
	w.clock.set(slots[0].EndsAt.Add(time.Minute))
	if marked, err := w.MarkNoShows(context.Background()); err != nil || marked != 1 {
		w.t.Fatalf("marked %d, %v", marked, err)
	}
	return w.read(v.Appointment.ID)
}

func (w *world) read(id booking.AppointmentID) booking.Appointment {
	w.t.Helper()
	v, err := w.Visit(context.Background(), id)
	must(w.t, err)
	return v.Appointment
}

func suspending(p *booking.Policy) { p.NoShows = threeIn90 }

// Three missed visits suspend a person, in all lists; the person sees it, appeals, and staff forgive it.
func TestSuspension(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(suspending)
	for i := range 3 {
		if a := w.missVisit(1, today.Add(i)); a.Status != booking.NoShow {
			t.Fatalf("the visit is %s", a.Status)
		}
	}
	_, slots := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(4), 0, 1, 9)
	p := bookingtest.Patient(t, w.Store, 1, 1)
	elsewhere := bookingtest.Patient(t, w.Store, 2, 1) // the same document in another user's list
	for _, list := range []booking.Patient{p, elsewhere} {
		_, err := w.holdFor(slots[0].ID, list, "again")
		var refusal *booking.Error
		if !errors.As(err, &refusal) || refusal.Code != booking.CodeSuspended || !strings.Contains(refusal.Message.EN, "2026-04-03") || !strings.Contains(refusal.Message.ZH, "申诉") {
			t.Fatalf("user %d: %v", list.User, err)
		}
		if err := w.CheckHold(ctx, booking.HoldRequest{Slot: slots[0].ID, Patient: list.ID, User: list.User}); !errors.Is(err, booking.ErrSuspended) {
			t.Errorf("the preview says %v", err)
		}
	}
	records, err := w.Records(ctx, 1, p.ID)
	must(t, err)
	if len(records) != 1 || len(records[0].Missed) != 3 || !records[0].Standing.Suspended(w.clock.now()) || records[0].Appeal != nil {
		t.Fatalf("the record is %+v", records)
	}
	word := booking.NewAppeal{User: 1, Account: 7, Patient: p.ID, Hospital: w.hosp, Text: "住院了，来不了", Key: "a1"}
	appeal, err := w.Appeal(ctx, word)
	must(t, err)
	if again, err := w.Appeal(ctx, word); err != nil || again.ID != appeal.ID {
		t.Errorf("the same key again: %+v, %v", again, err)
	}
	word.Key = "a2"
	if _, err := w.Appeal(ctx, word); !errors.Is(err, booking.ErrConflict) {
		t.Errorf("a second appeal: %v", err)
	}
	open, err := w.Appeals(ctx, w.hosp)
	must(t, err)
	if len(open) != 1 || open[0].Text != word.Text || open[0].Patient != p.ID {
		t.Fatalf("open are %+v", open)
	}
	_, err = w.DecideAppeal(ctx, 9, appeal.ID, true, "有住院证明")
	must(t, err)
	if _, err := w.DecideAppeal(ctx, 9, appeal.ID, false, ""); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("decided again: %v", err)
	}
	records, err = w.Records(ctx, 1, p.ID)
	must(t, err)
	if r := records[0]; r.Standing.Count != 0 || r.Appeal.Verdict != booking.AppealGranted || r.Appeal.Note != "有住院证明" {
		t.Errorf("after the decision: %+v %+v", r.Standing, r.Appeal)
	}
	if _, err := w.holdFor(slots[0].ID, elsewhere, "again"); err != nil {
		t.Errorf("forgiven, and refused: %v", err)
	}
	if _, err := w.Appeal(ctx, word); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("an appeal against nothing: %v", err)
	}
}

// A no-show that was wrong is taken back, and then does not count; so is a suspension that staff lift.
func TestUndoAndLift(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(suspending)
	var last booking.Appointment
	for i := range 3 {
		last = w.missVisit(1, today.Add(i))
	}
	_, slots := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(4), 0, 1, 9)
	p := bookingtest.Patient(t, w.Store, 1, 1)
	v, err := w.UndoNoShow(ctx, 9, last.ID, "窗口已就诊")
	must(t, err)
	if v.Appointment.Status != booking.Fulfilled {
		t.Errorf("undone it is %s", v.Appointment.Status)
	}
	if _, err := w.UndoNoShow(ctx, 9, last.ID, ""); err != nil {
		t.Errorf("undone again: %v", err)
	}
	if n, err := w.MarkNoShows(ctx); n != 0 || err != nil {
		t.Errorf("marked again: %d, %v", n, err)
	}
	trail, err := w.Trail(ctx, last.ID)
	must(t, err)
	if got := steps(trail); got != ">booked by payment, booked>no_show by attendance, no_show>fulfilled by staff" {
		t.Errorf("the trail is %s", got)
	}
	if trail[2].Note != "#9 窗口已就诊" {
		t.Errorf("the note is %q", trail[2].Note)
	}
	held, err := w.holdFor(slots[0].ID, p, "after")
	must(t, err)
	_, _, err = w.Cancel(ctx, 1, held.Appointment.ID, "c")
	must(t, err)
	w.missVisit(1, today.Add(3))
	if _, err := w.holdFor(slots[0].ID, p, "after 2"); !errors.Is(err, booking.ErrSuspended) {
		t.Errorf("three again: %v", err)
	}
	must(t, w.Lift(ctx, 9, w.hosp, p.ID, "院方原因"))
	if _, err := w.holdFor(slots[0].ID, p, "after 3"); err != nil {
		t.Errorf("lifted, and refused: %v", err)
	}
	check(t, w.db)
}

// Who is marked: booked ones of a half-day that is over and was not stopped, in hospitals with a rule, once.
func TestMarkNoShows(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(func(p *booking.Policy) { suspending(p); p.NoShows.GraceMinutes = 30 })
	_, slots := w.clinic(0, 2, 9)
	c, other := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(2), 0, 1, 9)
	booked, here, seen := w.mustHold(slots[0].ID, 1), w.mustHold(slots[0].ID, 2), w.mustHold(slots[1].ID, 3)
	stopped := w.mustHold(other[0].ID, 4)
	gone := w.mustHold(slots[1].ID, 5)
	_, _, err := w.Cancel(ctx, 5, gone.Appointment.ID, "c")
	must(t, err)
	if _, err := w.CheckIn(ctx, 0, here.Appointment.ID); !errors.Is(err, booking.ErrTooEarly) {
		t.Errorf("checked in the day before: %v", err)
	}
	w.clock.set(slots[0].StartsAt)
	for _, v := range []booking.Visit{here, seen} {
		_, err := w.CheckIn(ctx, 0, v.Appointment.ID)
		must(t, err)
	}
	_, err = w.Fulfil(ctx, 9, seen.Appointment.ID)
	must(t, err)
	if _, err := w.Fulfil(ctx, 9, booked.Appointment.ID); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("seen without being there: %v", err)
	}
	_, err = w.StopSchedule(ctx, 9, c.ID, "")
	must(t, err)
	w.clock.set(slots[1].EndsAt.Add(29 * time.Minute))
	if n, err := w.MarkNoShows(ctx); n != 0 || err != nil {
		t.Errorf("marked within the grace: %d, %v", n, err)
	}
	w.clock.add(time.Minute)
	var marked atomic.Int32
	together(4, func(int) {
		n, err := w.MarkNoShows(ctx)
		if err != nil {
			t.Error(err)
		}
		marked.Add(int32(n))
	})
	w.clock.set(other[0].EndsAt.Add(time.Hour))
	n, err := w.MarkNoShows(ctx)
	must(t, err)
	if int(marked.Load())+n != 1 {
		t.Errorf("%d were marked", int(marked.Load())+n)
	}
	if list, err := w.Missed(ctx, w.hosp, morning, 9); err != nil || len(list) != 1 || list[0].Appointment.ID != booked.Appointment.ID {
		t.Errorf("listed as missed: %+v, %v", list, err)
	}
	for _, c := range []struct {
		v    booking.Visit
		want booking.Status
	}{{booked, booking.NoShow}, {here, booking.CheckedIn}, {seen, booking.Fulfilled}, {stopped, booking.Booked}, {gone, booking.Cancelled}} {
		if got := w.read(c.v.Appointment.ID).Status; got != c.want {
			t.Errorf("appointment %d is %s, want %s", c.v.Appointment.ID, got, c.want)
		}
	}
	check(t, w.db)
}

// Hospitals without the rule mark nobody.
func TestMarkNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 9)
	w.mustHold(slots[0].ID, 1)
	w.clock.set(slots[0].EndsAt.Add(24 * time.Hour))
	if n, err := w.MarkNoShows(context.Background()); n != 0 || err != nil {
		t.Errorf("marked %d, %v", n, err)
	}
}

// Who cancels too often waits; those who were cancelled by the hospital do not.
func TestSlowdown(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(func(p *booking.Policy) {
		p.Slowdown = booking.SlowdownRule{Cancels: 2, Unpaid: 2, Days: 30, WaitMinutes: 60}
	})
	_, slots := w.clinic(0, 1, 9)
	for i := range 2 {
		v, err := w.holdFor(slots[0].ID, bookingtest.Patient(t, w.Store, 1, 1), fmt.Sprint("k", i))
		must(t, err)
		_, _, err = w.Cancel(ctx, 1, v.Appointment.ID, fmt.Sprint("c", i))
		must(t, err)
	}
	another := bookingtest.Patient(t, w.Store, 1, 2) // of the same user
	_, err := w.holdFor(slots[0].ID, another, "k")
	var refusal *booking.Error
	if !errors.As(err, &refusal) || refusal.Code != booking.CodeSlowedDown || !strings.Contains(refusal.Message.EN, "2026-03-02 10:00") {
		t.Errorf("after two cancellations: %v", err)
	}
	if _, err := w.hold(slots[0].ID, 3); err != nil {
		t.Errorf("another user: %v", err)
	}
	w.clock.add(time.Hour)
	if _, err := w.holdFor(slots[0].ID, another, "k"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	// Holds that run out count apart, and one that was paid in the end does not count.
	_, paid := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(2), 5000, 1, 9)
	for i := range 2 {
		v, err := w.holdFor(paid[0].ID, bookingtest.Patient(t, w.Store, 4, 4), fmt.Sprint("u", i))
		must(t, err)
		w.clock.add(20 * time.Minute)
		if n, err := w.ExpireHolds(ctx); n != 1 || err != nil {
			t.Fatalf("expired %d, %v", n, err)
		}
		if i == 1 {
			_, err := w.confirm(v.Appointment.ID)
			must(t, err)
		}
	}
	if _, err := w.holdFor(slots[0].ID, bookingtest.Patient(t, w.Store, 4, 5), "u"); err != nil {
		t.Errorf("one unpaid of two: %v", err)
	}
	check(t, w.db)
}

// Limits hold however many requests of one person come at once, over several clinics and lists.
func TestLimitsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules(func(p *booking.Policy) { p.Limits = booking.Limits{PerWeek: 3, PerMonth: 5} })
	var slots []booking.SlotID
	for day := range 4 { // Tuesday to Friday of one week
		_, list := bookingtest.Clinic(t, w.Store, w.doctor, today.Add(day+1), 0, 1, 9)
		slots = append(slots, list[0].ID)
	}
	lists := []booking.Patient{bookingtest.Patient(t, w.Store, 1, 1), bookingtest.Patient(t, w.Store, 2, 1)}
	var sold atomic.Int32
	together(16, func(i int) {
		_, err := w.holdFor(slots[i%4], lists[i/4%2], fmt.Sprint("k", i))
		switch {
		case err == nil:
			sold.Add(1)
		case !errors.Is(err, booking.ErrLimit) && !errors.Is(err, booking.ErrDuplicate):
			t.Errorf("request %d: %v", i, err)
		}
	})
	if sold.Load() != 3 {
		t.Errorf("%d were sold", sold.Load())
	}
	check(t, w.db)
}
