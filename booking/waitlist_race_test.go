package booking_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"guahao/booking"
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
