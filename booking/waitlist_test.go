package booking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// joinFor lets the nth person wait for a half-day.
func (w *world) joinFor(c booking.Schedule, n int) (booking.Waiting, error) {
	w.t.Helper()
	p := bookingtest.Patient(w.t, w.Store, booking.UserID(n), n)
	return w.JoinWaitlist(context.Background(), booking.JoinRequest{
		Wish:    booking.Wish{Department: c.Department, Doctor: c.Doctor, First: c.Date, Last: c.Date, Halves: booking.HalvesOf(c.Period)},
		Patient: p.ID, User: p.User, Account: booking.AccountID(n) + 1000, Key: fmt.Sprintf("join-%d", n),
	})
}

func (w *world) mustJoin(c booking.Schedule, n int) booking.Waiting {
	w.t.Helper()
	wait, err := w.joinFor(c, n)
	must(w.t, err)
	return wait
}

// offerOf is the place that is held for the nth person; 0 when there is none.
func (w *world) offerOf(n int) booking.AppointmentID {
	w.t.Helper()
	waits, err := w.Waits(context.Background(), booking.UserID(n))
	must(w.t, err)
	for _, wait := range waits {
		if wait.Offer != 0 {
			return wait.Offer
		}
	}
	return 0
}

// full is a clinic with one place, which the first person has booked.
func (w *world) full() (booking.Schedule, booking.Slot, booking.Visit) {
	w.t.Helper()
	c, slots := w.clinic(5000, 1, 1)
	v := w.mustHold(slots[0].ID, 1)
	_, err := w.confirm(v.Appointment.ID)
	must(w.t, err)
	return c, slots[0], v
}

func TestAReturnedPlaceGoesDownTheLine(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slot, v := w.full()
	second, third := w.mustJoin(c, 2), w.mustJoin(c, 3)
	if second.Position != 1 || third.Position != 2 {
		t.Errorf("the positions are %d and %d", second.Position, third.Position)
	}
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	offer := w.offerOf(2)
	if offer == 0 || w.offerOf(3) != 0 {
		t.Fatal("the returned place was not offered to the first in line only")
	}
	if _, err := w.hold(slot.ID, 4); !errors.Is(err, booking.ErrSlotFull) {
		t.Errorf("somebody who came by got the place that was offered: %v", err)
	}
	must(t, w.DeclineOffer(ctx, 2, offer, "no"))
	must(t, w.DeclineOffer(ctx, 2, offer, "no again"))
	if w.offerOf(2) != 0 || w.offerOf(3) == 0 {
		t.Fatal("after a no the place was not offered to the next")
	}
	w.clock.add(25 * time.Hour)
	_, err = w.ExpireHolds(ctx)
	must(t, err)
	if waits, err := w.Waits(ctx, 3); err != nil || len(waits) != 0 {
		t.Errorf("who did not answer still waits: %v %v", waits, err)
	}
	check(t, w.db)
}

func TestAcceptingAnOffer(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, v := w.full()
	w.mustJoin(c, 2)
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	offer := w.offerOf(2)
	if _, err := w.AcceptOffer(ctx, 3, offer, "yes"); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("a stranger's yes: %v", err)
	}
	if _, err := w.AcceptOffer(ctx, 1, v.Appointment.ID, "yes"); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("a yes to what is no offer: %v", err)
	}
	for range 2 {
		got, err := w.AcceptOffer(ctx, 2, offer, "yes")
		must(t, err)
		if a := got.Appointment; a.Status != booking.Held || !a.HoldUntil.Equal(w.clock.now().Add(15*time.Minute)) {
			t.Errorf("after the yes it is %s until %s", a.Status, a.HoldUntil)
		}
	}
	if err := w.DeclineOffer(ctx, 2, offer, "no"); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("a no after the yes: %v", err)
	}
	_, err = w.confirm(offer)
	must(t, err)
	trail, err := w.Trail(ctx, offer)
	must(t, err)
	if got := steps(trail); got != ">offered by waitlist, offered>held by patient, held>booked by payment" {
		t.Errorf("the trail is %s", got)
	}
	check(t, w.db)
}

func TestALateAnswer(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, v := w.full()
	w.mustJoin(c, 2)
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	offer := w.offerOf(2)
	w.clock.add(24*time.Hour + 2*time.Minute)
	_, err = w.ExpireHolds(ctx)
	must(t, err)
	if _, err := w.AcceptOffer(ctx, 2, offer, "yes"); !errors.Is(err, booking.ErrOfferOver) {
		t.Errorf("a late yes: %v", err)
	}
	must(t, w.DeclineOffer(ctx, 2, offer, "no"))
	check(t, w.db)
}

// Who may not have the place, here because of a visit in the same half-day elsewhere, is passed over and goes on waiting.
func TestWhoMayNotHaveItIsPassedOver(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, v := w.full()
	w.mustJoin(c, 2)
	w.mustJoin(c, 3)
	strict := policy()
	strict.Limits = booking.Limits{PerDay: 1}
	_, err := w.SetPolicy(ctx, w.hosp, strict)
	must(t, err)
	other := w.other("李二")
	_, slots := bookingtest.Clinic(t, w.Store, other, today.Add(1), 0, 1, 1)
	w.mustHold(slots[0].ID, 2)
	_, _, err = w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	if w.offerOf(2) != 0 || w.offerOf(3) == 0 {
		t.Error("the place was offered to somebody who may not have it")
	}
	if waits, err := w.Waits(ctx, 2); err != nil || len(waits) != 1 {
		t.Errorf("who was passed over waits no more: %v %v", waits, err)
	}
	check(t, w.db)
}

func (w *world) other(name string) booking.DoctorID {
	w.t.Helper()
	return bookingtest.Called(w.t, w.Store, name).Doctor
}

// waitFollower remembers whose wait has ended.
type waitFollower struct {
	follower
	ended []booking.WaitID
}

func (f *waitFollower) WaitEnded(_ context.Context, _ *sqlx.Tx, w booking.Waiting) error {
	f.ended = append(f.ended, w.ID)
	return nil
}

func TestAWaitEndsTheEveningBefore(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	f := &waitFollower{}
	w.Store = booking.New(w.db, w.keys, w.clock.now, f)
	c, _, v := w.full()
	wait := w.mustJoin(c, 2)
	w.clock.set(time.Date(2026, 3, 2, 20, 0, 0, 0, shanghai))
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	if w.offerOf(2) != 0 {
		t.Error("a place was offered after the evening had come")
	}
	_, err = w.ServeWaitlist(ctx)
	must(t, err)
	if diff := cmp.Diff([]booking.WaitID{wait.ID}, f.ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	check(t, w.db)
}

// A hospital says itself for how long it asks, and when waiting ends. Who waits already keeps the evening that was told.
func TestTheWaitlistByTheRulesOfTheHospital(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, v := w.full()
	early := w.mustJoin(c, 2)
	w.rules(func(p *booking.Policy) { p.Waitlist = booking.WaitlistRule{OfferPercent: 50, LeaveAt: "18:30"} })
	late := w.mustJoin(c, 3)
	at := func(hour, minute int) time.Time { return time.Date(2026, 3, 2, hour, minute, 0, 0, shanghai) }
	if !early.LeavesAt.Equal(at(20, 0)) || !late.LeavesAt.Equal(at(18, 30)) {
		t.Errorf("the waits end at %v and %v", early.LeavesAt, late.LeavesAt)
	}
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	offer := w.read(w.offerOf(2))
	left := offer.StartsAt.Sub(w.clock.now()) // the small hospital closes when the visit starts
	if got := offer.HoldUntil.Sub(w.clock.now()); got != left/2 {
		t.Errorf("an offer stands for %v of %v", got, left)
	}
	w.clock.set(at(18, 30))
	_, err = w.JoinWaitlist(ctx, booking.JoinRequest{
		Wish:    booking.Wish{Department: c.Department, Doctor: c.Doctor, First: c.Date, Last: c.Date, Halves: booking.Evenings},
		Patient: bookingtest.Patient(t, w.Store, 4, 4).ID, User: 4, Key: "join",
	})
	var refusal *booking.Error
	if !errors.As(err, &refusal) || refusal.Code != booking.CodeTooLate || refusal.Rule != "waitlist.leave_at" || !strings.Contains(refusal.Message.ZH, "18:30") {
		t.Errorf("who comes at half past six is told %v", err)
	}
}

// A place that came back while somebody was joining, or that was added, is offered when the waitlist is next served.
func TestFreePlacesAreServed(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slot, _ := w.full()
	w.mustJoin(c, 2)
	w.mustJoin(c, 3)
	_, err := w.db.Exec("UPDATE slots SET capacity = 2 WHERE id = ?", slot.ID)
	must(t, err)
	_, err = w.db.Exec("UPDATE schedules SET capacity = 2 WHERE id = ?", c.ID)
	must(t, err)
	replicas := []*booking.Store{w.Store, booking.New(w.db, w.keys, w.clock.now, nil)}
	var offered atomic.Int32
	together(4, func(i int) {
		n, err := replicas[i%2].ServeWaitlist(ctx)
		if err != nil {
			t.Errorf("serve: %v", err)
		}
		offered.Add(int32(n))
	})
	if n := offered.Load(); n != 1 || w.offerOf(2) == 0 || w.offerOf(3) != 0 {
		t.Errorf("%d places were offered", n)
	}
	check(t, w.db)
}

func TestAStoppedClinicOffersNothing(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, v := w.full()
	w.mustJoin(c, 2)
	w.mustJoin(c, 3)
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	if w.offerOf(2) == 0 {
		t.Fatal("nothing was offered")
	}
	_, err = w.StopSchedule(ctx, 1, c.ID, "")
	must(t, err)
	_, err = w.ServeWaitlist(ctx)
	must(t, err)
	if w.offerOf(2) != 0 || w.offerOf(3) != 0 {
		t.Error("a place of a stopped clinic is offered")
	}
	check(t, w.db)
}

func TestLeavingTheWaitlist(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, v := w.full()
	first := w.mustJoin(c, 2)
	w.mustJoin(c, 3)
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	if err := w.LeaveWaitlist(ctx, 3, first.ID, "leave"); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("leaving for somebody else: %v", err)
	}
	must(t, w.LeaveWaitlist(ctx, 2, first.ID, "leave"))
	must(t, w.LeaveWaitlist(ctx, 2, first.ID, "leave again"))
	if w.offerOf(3) == 0 {
		t.Error("the place of who left was not offered to the next")
	}
	check(t, w.db)
}

// Whoever lost a place because the clinic was stopped comes before those who came earlier.
func TestPriority(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	other := w.other("李二")
	stopped, slots := bookingtest.Clinic(t, w.Store, other, today.Add(2), 5000, 1, 1)
	lost := w.mustHold(slots[0].ID, 3)
	_, err := w.confirm(lost.Appointment.ID)
	must(t, err)
	_, err = w.StopSchedule(ctx, 1, stopped.ID, "")
	must(t, err)
	c, _, v := w.full()
	w.mustJoin(c, 2)
	if wait := w.mustJoin(c, 3); wait.Priority != 1 || wait.Position != 1 {
		t.Errorf("who lost a place stands at %d with priority %d", wait.Position, wait.Priority)
	}
	_, _, err = w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	if w.offerOf(3) == 0 {
		t.Error("who lost a place was not asked first")
	}
	check(t, w.db)
}

func TestBadWishes(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, _ := w.full()
	bookingtest.Clinic(t, w.Store, w.doctor, today.Add(3), 5000, 1, 1)
	p := bookingtest.Patient(t, w.Store, 2, 2)
	good := booking.Wish{Department: c.Department, Doctor: c.Doctor, First: c.Date, Last: c.Date, Halves: booking.Evenings}
	with := func(change func(*booking.JoinRequest)) booking.JoinRequest {
		r := booking.JoinRequest{Wish: good, Patient: p.ID, User: 2, Account: 1, Key: "join"}
		change(&r)
		return r
	}
	for name, tt := range map[string]struct {
		request booking.JoinRequest
		want    error
	}{
		"backwards":               {with(func(r *booking.JoinRequest) { r.First = today.Add(2) }), booking.ErrBadRange},
		"no date":                 {with(func(r *booking.JoinRequest) { r.First = "tomorrow" }), booking.ErrBadRange},
		"no such half":            {with(func(r *booking.JoinRequest) { r.Halves = 8 }), booking.ErrBadRange},
		"past":                    {with(func(r *booking.JoinRequest) { r.First, r.Last = today.Add(-2), today.Add(-1) }), booking.ErrTooLate},
		"today":                   {with(func(r *booking.JoinRequest) { r.First, r.Last = today, today }), booking.ErrTooLate},
		"not released":            {with(func(r *booking.JoinRequest) { r.Last = today.Add(9) }), booking.ErrTooEarly},
		"no clinic":               {with(func(r *booking.JoinRequest) { r.Halves = booking.Mornings }), booking.ErrNoClinic},
		"no such title":           {with(func(r *booking.JoinRequest) { r.Doctor, r.Title = 0, booking.Resident }), booking.ErrNoClinic},
		"places are left":         {with(func(r *booking.JoinRequest) { r.Last = today.Add(3) }), booking.ErrPlacesLeft},
		"no such doctor":          {with(func(r *booking.JoinRequest) { r.Doctor = 999 }), booking.ErrNotFound},
		"a doctor of elsewhere":   {with(func(r *booking.JoinRequest) { r.Doctor = w.other("赵四") }), booking.ErrNotFound},
		"no such department":      {with(func(r *booking.JoinRequest) { r.Doctor, r.Department = 0, 999 }), booking.ErrNotFound},
		"somebody else's patient": {with(func(r *booking.JoinRequest) { r.User = 3 }), booking.ErrNotYours},
		"no such patient":         {with(func(r *booking.JoinRequest) { r.Patient = 999 }), booking.ErrNotFound},
	} {
		if _, err := w.JoinWaitlist(ctx, tt.request); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var written int
	must(t, w.db.Get(&written, "SELECT COUNT(id) FROM waitlist_entries"))
	if written != 0 {
		t.Errorf("%d refused wishes were written", written)
	}
	first, err := w.JoinWaitlist(ctx, with(func(*booking.JoinRequest) {}))
	must(t, err)
	if again, err := w.JoinWaitlist(ctx, with(func(*booking.JoinRequest) {})); err != nil || again.ID != first.ID {
		t.Errorf("the same request made %d and then %d: %v", first.ID, again.ID, err)
	}
	if _, err := w.JoinWaitlist(ctx, with(func(r *booking.JoinRequest) { r.Key = "another" })); !errors.Is(err, booking.ErrWaiting) {
		t.Errorf("the same wish again: %v", err)
	}
	if _, err := w.JoinWaitlist(ctx, with(func(r *booking.JoinRequest) { r.Halves = booking.AnyHalf })); !errors.Is(err, booking.ErrConflict) {
		t.Errorf("the key for another wish: %v", err)
	}
}

func TestOfferUntil(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, shanghai)
		must(t, err)
		return when
	}
	for _, tt := range []struct{ now, closes, want string }{
		{"2026-03-02 09:00", "2026-03-02 17:00", "2026-03-02 11:00"}, // a quarter of the time left
		{"2026-03-02 09:00", "2026-03-20 09:00", "2026-03-03 09:00"}, // at most a day
		{"2026-03-02 09:00", "2026-03-02 09:30", "2026-03-02 09:15"}, // at least 15 minutes
		{"2026-03-02 22:55", "2026-03-03 08:00", "2026-03-03 06:10"}, // of which 5 are before the night, and 10 after it
		{"2026-03-02 03:00", "2026-03-02 08:00", "2026-03-02 06:15"},
		{"2026-03-02 09:00", "2026-03-02 09:10", ""},
	} {
		until, ok := policy().OfferUntil(at(tt.now), at(tt.closes), shanghai)
		if got := until.In(shanghai).Format("2006-01-02 15:04"); ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("at %s for %s: until %s %t, want %q", tt.now, tt.closes, got, ok, tt.want)
		}
	}
}

// Whenever an offer is made, there is a quarter of an hour by day to answer it, it ends before the place does, and nobody keeps a
// place from others for more than a day and a night.
func TestOffersAreFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := policy()
		p.Waitlist.OfferPercent = rapid.IntRange(0, 100).Draw(rt, "percent")
		now := morning.Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(rt, "now")) * time.Minute)
		closes := now.Add(time.Duration(rapid.IntRange(1, 14*24*60).Draw(rt, "left")) * time.Minute)
		until, ok := p.OfferUntil(now, closes, shanghai)
		if !ok {
			return
		}
		byDay := 0
		for at := now; at.Before(until); at = at.Add(time.Minute) {
			if h := at.In(shanghai).Hour(); h >= 6 && h < 23 {
				byDay++
			}
		}
		if byDay < 15 || until.After(closes) || until.Sub(now) > 24*time.Hour {
			rt.Fatalf("from %s to %s of %s: %d minutes by day", now, until, closes, byDay)
		}
	})
}
