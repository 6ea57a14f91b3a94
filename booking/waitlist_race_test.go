package booking_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mysql"
)

// round lets a place be returned while eight people ask two replicas for it and one has been waiting for it. It tells whether
// a walk-up booking took it, and whether it was offered.
func (w *world) round(giveBack func(booking.AppointmentID) error) (walkedUp int32, offered bool) {
	w.t.Helper()
	c, slot, v := w.full()
	w.mustJoin(c, 2)
	people := w.people(10)[2:]
	replicas := []*booking.Store{w.Store, booking.New(w.db, w.keys, w.clock.now, nil)}
	var got atomic.Int32
	together(len(people)+1, func(i int) {
		if i == len(people) {
			if err := giveBack(v.Appointment.ID); err != nil {
				w.t.Errorf("give back: %v", err)
			}
			return
		}
		for range 20 { // as somebody who taps again and again
			_, err := replicas[i%2].Hold(context.Background(), booking.HoldRequest{Slot: slot.ID, Patient: people[i].ID, User: people[i].User, Key: "k"})
			if err == nil {
				got.Add(1)
				return
			}
			if !errors.Is(err, booking.ErrSlotFull) {
				w.t.Errorf("hold: %v", err)
				return
			}
		}
	})
	_, err := w.ServeWaitlist(context.Background())
	must(w.t, err)
	check(w.t, w.db)
	return got.Load(), w.offerOf(2) != 0
}

// A place is returned while many ask for it: it goes to who waited, and to nobody else.
func TestAnOfferAndAWalkUpNeverBothTakeThePlace(t *testing.T) {
	t.Parallel()
	for range 4 {
		w := newWorld(t)
		walkedUp, offered := w.round(func(id booking.AppointmentID) error {
			_, _, err := w.Cancel(context.Background(), 1, id, "cancel")
			return err
		})
		if walkedUp != 0 || !offered {
			t.Fatalf("%d people walked up and took the place, offered: %t", walkedUp, offered)
		}
	}
}

// The same with the place returned in one transaction and offered in another: people who walk up get in between, which shows
// that the test above would see it.
func TestWithoutTheTransactionAWalkUpGetsInBetween(t *testing.T) {
	t.Parallel()
	for range 20 {
		w := newWorld(t)
		walkedUp, _ := w.round(func(id booking.AppointmentID) error { return w.ReturnWithoutOffer(context.Background(), id) })
		if walkedUp > 0 {
			return
		}
	}
	t.Error("nobody got in between: the race is not one")
}

// Two replicas end the silence of the same offer, and one says yes, at the same moment: one of both happens.
func TestAYesAndTheDeadline(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, _, v := w.full()
	w.mustJoin(c, 2)
	w.mustJoin(c, 3)
	_, _, err := w.Cancel(ctx, 1, v.Appointment.ID, "cancel")
	must(t, err)
	offer := w.offerOf(2)
	w.clock.add(3 * time.Hour)
	replicas := []*booking.Store{w.Store, booking.New(w.db, w.keys, w.clock.now, nil)}
	var accepted atomic.Bool
	together(6, func(i int) {
		if i%3 != 0 {
			if _, err := replicas[i%2].ExpireHolds(ctx); err != nil {
				t.Errorf("expire: %v", err)
			}
			return
		}
		_, err := replicas[i%2].AcceptOffer(ctx, 2, offer, "yes")
		switch {
		case err == nil:
			accepted.Store(true)
		case !errors.Is(err, booking.ErrOfferOver):
			t.Errorf("accept: %v", err)
		}
	})
	if held := w.status(offer) == booking.Held; held != accepted.Load() || held == (w.offerOf(3) != 0) {
		t.Errorf("the yes was taken: %t, the place is %s, and offered to the next: %t", accepted.Load(), w.status(offer), w.offerOf(3) != 0)
	}
	check(t, w.db)
}

// behind lets a place be free that four people wait for, the last of whom any doctor suits, and gives their wait. Only the others are at
// the head of the line, which is locked first.
func (w *world) behind() (booking.Slot, booking.Waiting) {
	w.t.Helper()
	ctx := context.Background()
	c, slot, v := w.full()
	for n := 2; n < 5; n++ {
		w.mustJoin(c, n)
	}
	p := bookingtest.Patient(w.t, w.Store, 5, 5)
	last, err := w.JoinWaitlist(ctx, booking.JoinRequest{Patient: p.ID, User: p.User, Key: "join-5", Wish: booking.Wish{
		Department: c.Department, First: c.Date, Last: c.Date, Halves: booking.HalvesOf(c.Period)}})
	must(w.t, err)
	must(w.t, w.ReturnWithoutOffer(ctx, v.Appointment.ID))
	return slot, last
}

// leaveHead takes everybody before the last out of the line.
func (w *world) leaveHead() {
	w.t.Helper()
	for n := 2; n < 5; n++ {
		waits, err := w.Waits(context.Background(), booking.UserID(n))
		must(w.t, err)
		must(w.t, w.LeaveWaitlist(context.Background(), booking.UserID(n), waits[0].ID, "leave"))
	}
}

// While one looks at the line, another replica offers somebody in it the half-day, who says no and waits on: they are not asked again.
func TestANoThatComesBetweenTheLineAndItsPlace(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	slot, last := w.behind()
	offered, err := w.OfferAfter(ctx, slot, func() {
		w.leaveHead()
		if n, err := w.ServeWaitlist(ctx); err != nil || n != 1 {
			t.Errorf("%d places were offered: %v", n, err)
		}
		must(t, w.DeclineOffer(ctx, last.User, w.offerOf(5), "no"))
	})
	if err != nil || offered {
		t.Errorf("the half-day was offered twice: %t, %v", offered, err)
	}
	if waits, err := w.Waits(ctx, last.User); err != nil || len(waits) != 1 || waits[0].Status != booking.StillWaiting {
		t.Errorf("after the no they wait for %v, %v", waits, err)
	}
	if found := w.wrongs(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

// While one looks at the line, the account of somebody in it is linked to another: the offer is that user's, who can answer it.
func TestALinkThatComesBetweenTheLineAndItsPlace(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	slot, last := w.behind()
	_, err := w.OfferAfter(ctx, slot, func() {
		w.leaveHead()
		must(t, mysql.InTx(ctx, w.db, func(tx *sqlx.Tx) error { return w.MergeUsersTx(ctx, tx, last.User, 6) }))
	})
	must(t, err)
	_, err = w.ServeWaitlist(ctx)
	must(t, err)
	waits, err := w.Waits(ctx, 6)
	must(t, err)
	if len(waits) != 1 || waits[0].Offer == 0 {
		t.Fatalf("they wait for %v", waits)
	}
	_, err = w.AcceptOffer(ctx, 6, waits[0].Offer, "yes")
	must(t, err)
	check(t, w.db)
}
