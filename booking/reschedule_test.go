package booking_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/money"
)

// move moves the first person's visit.
func (w *world) move(from booking.Visit, to booking.SlotID, key string) (booking.Move, error) {
	return w.Reschedule(context.Background(), booking.MoveRequest{
		Appointment: from.Appointment.ID, Slot: to, User: from.Appointment.User, Account: from.Appointment.Account, Key: key,
	})
}

// booked is a visit of the nth person in a clinic, paid.
func (w *world) booked(slot booking.SlotID, n int) booking.Visit {
	w.t.Helper()
	v := w.mustHold(slot, n)
	_, err := w.confirm(v.Appointment.ID)
	must(w.t, err)
	return v
}

func (w *world) status(id booking.AppointmentID) booking.Status {
	w.t.Helper()
	v, err := w.Visit(context.Background(), id)
	must(w.t, err)
	return v.Appointment.Status
}

// later opens a clinic of the same doctor on another day.
func (w *world) later(days int, fee money.Fen, slots, perSlot int) []booking.Slot {
	w.t.Helper()
	_, list := bookingtest.Clinic(w.t, w.Store, w.doctor, today.Add(days), fee, slots, perSlot)
	return list
}

func TestMovingAVisit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fee    money.Fen
		refund money.Fen
	}{{"same fee", 5000, 0}, {"cheaper", 3000, 2000}, {"to a free one", 0, 5000}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, slots := w.clinic(5000, 1, 1)
			old := w.booked(slots[0].ID, 1)
			to := w.later(2, tt.fee, 1, 1)[0]
			var m booking.Move
			for range 2 {
				got, err := w.move(old, to.ID, "move")
				must(t, err)
				if m.From != 0 && got.Visit.Appointment.ID != m.Visit.Appointment.ID {
					t.Error("the same request moved twice")
				}
				m = got
			}
			if m.Visit.Appointment.Status != booking.Booked || w.status(old.Appointment.ID) != booking.Cancelled || m.Difference != -tt.refund {
				t.Errorf("the new one is %s, the old one %s, the difference %s", m.Visit.Appointment.Status, w.status(old.Appointment.ID), m.Difference)
			}
			var told booking.Change
			for _, c := range w.follow.changes {
				if c.Moves != 0 {
					told = c
				}
			}
			if told.Moves != old.Appointment.ID || told.Refund != tt.refund || told.From != "" {
				t.Errorf("the follower was told %+v", told)
			}
			w.mustHold(slots[0].ID, 2)
			check(t, w.db)
		})
	}
}

func TestMovingWithinAHalfDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(5000, 2, 1)
	old := w.booked(slots[0].ID, 1)
	m, err := w.move(old, slots[1].ID, "move")
	must(t, err)
	if m.Visit.Appointment.Seq != 2 || m.Visit.Appointment.Status != booking.Booked {
		t.Errorf("it is %+v", m.Visit.Appointment)
	}
	check(t, w.db)
}

// A dearer place is held until the difference is paid. Until then, and if it is not, the old one is the patient's.
func TestMovingToADearerPlace(t *testing.T) {
	t.Parallel()
	t.Run("paid", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, slots := w.clinic(5000, 1, 1)
		old := w.booked(slots[0].ID, 1)
		to := w.later(2, 8000, 2, 1)
		m, err := w.move(old, to[0].ID, "move")
		must(t, err)
		if m.Visit.Appointment.Status != booking.Held || m.Difference != 3000 || w.status(old.Appointment.ID) != booking.Booked {
			t.Fatalf("the new one is %s for %s, the old one %s", m.Visit.Appointment.Status, m.Difference, w.status(old.Appointment.ID))
		}
		last := w.follow.changes[len(w.follow.changes)-1]
		if last.Due != 3000 || last.Moves != old.Appointment.ID {
			t.Errorf("the follower was told %+v", last)
		}
		if _, err := w.move(old, to[1].ID, "again"); !errors.Is(err, booking.ErrMovePending) {
			t.Errorf("a second move before the first is paid: %v", err)
		}
		for range 2 {
			_, err = w.confirm(m.Visit.Appointment.ID)
			must(t, err)
		}
		if w.status(m.Visit.Appointment.ID) != booking.Booked || w.status(old.Appointment.ID) != booking.Cancelled {
			t.Errorf("after the payment the new one is %s, the old one %s", w.status(m.Visit.Appointment.ID), w.status(old.Appointment.ID))
		}
		check(t, w.db)
	})
	t.Run("paid late", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, slots := w.clinic(5000, 1, 1)
		old := w.booked(slots[0].ID, 1)
		m, err := w.move(old, w.later(2, 8000, 1, 1)[0].ID, "move")
		must(t, err)
		w.expireAll()
		if w.status(m.Visit.Appointment.ID) != booking.Expired || w.status(old.Appointment.ID) != booking.Booked {
			t.Fatalf("unpaid, the new one is %s, the old one %s", w.status(m.Visit.Appointment.ID), w.status(old.Appointment.ID))
		}
		_, err = w.confirm(m.Visit.Appointment.ID)
		must(t, err)
		if w.status(m.Visit.Appointment.ID) != booking.Booked || w.status(old.Appointment.ID) != booking.Cancelled {
			t.Errorf("paid late, the new one is %s, the old one %s", w.status(m.Visit.Appointment.ID), w.status(old.Appointment.ID))
		}
		check(t, w.db)
	})
	t.Run("paid when the old one is gone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, slots := w.clinic(5000, 1, 1)
		old := w.booked(slots[0].ID, 1)
		m, err := w.move(old, w.later(2, 8000, 1, 1)[0].ID, "move")
		must(t, err)
		_, _, err = w.Cancel(context.Background(), 1, old.Appointment.ID, "cancel")
		must(t, err)
		if got := w.status(m.Visit.Appointment.ID); got != booking.Cancelled {
			t.Errorf("the place to which it was to be moved is %s", got)
		}
		if _, err := w.confirm(m.Visit.Appointment.ID); !errors.Is(err, booking.ErrWrongStatus) {
			t.Errorf("the difference bought a visit: %v", err)
		}
		check(t, w.db)
	})
}

// expireAll lets all holds run out.
func (w *world) expireAll() {
	w.t.Helper()
	w.clock.add(17 * time.Minute)
	_, err := w.ExpireHolds(context.Background())
	must(w.t, err)
}

func TestMovesThatAreRefused(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 1)
	old := w.booked(slots[0].ID, 1)
	full := w.later(2, 5000, 1, 1)[0]
	w.booked(full.ID, 2)
	held := w.mustHold(w.later(3, 5000, 1, 1)[0].ID, 3)
	free := w.later(4, 5000, 1, 1)[0]
	before := len(w.follow.changes)
	for name, tt := range map[string]struct {
		r    booking.MoveRequest
		want error
	}{
		"full":               {booking.MoveRequest{Appointment: old.Appointment.ID, Slot: full.ID, User: 1}, booking.ErrSlotFull},
		"where it is":        {booking.MoveRequest{Appointment: old.Appointment.ID, Slot: slots[0].ID, User: 1}, booking.ErrSamePlace},
		"somebody else's":    {booking.MoveRequest{Appointment: old.Appointment.ID, Slot: free.ID, User: 2}, booking.ErrNotYours},
		"not paid":           {booking.MoveRequest{Appointment: held.Appointment.ID, Slot: free.ID, User: 3}, booking.ErrWrongStatus},
		"no such slot":       {booking.MoveRequest{Appointment: old.Appointment.ID, Slot: 999, User: 1}, booking.ErrNotFound},
		"no such visit":      {booking.MoveRequest{Appointment: 999, Slot: free.ID, User: 1}, booking.ErrNotFound},
		"a key used to hold": {booking.MoveRequest{Appointment: old.Appointment.ID, Slot: free.ID, User: 1, Key: "hold-1"}, booking.ErrConflict},
	} {
		if tt.r.Key == "" {
			tt.r.Key = name
		}
		if _, err := w.Reschedule(ctx, tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clock.set(old.Appointment.StartsAt.Add(-59 * time.Minute))
	if _, err := w.move(old, free.ID, "late"); !errors.Is(err, booking.ErrTooLate) {
		t.Errorf("after the deadline: %v", err)
	}
	if n := len(w.follow.changes); n != before {
		t.Errorf("%d changes were made by what was refused", n-before)
	}
	check(t, w.db)
}

func TestAMoveOffersTheOldPlace(t *testing.T) {
	t.Parallel()
	for _, fee := range []money.Fen{5000, 8000} {
		t.Run(fee.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c, _, old := w.full()
			w.mustJoin(c, 2)
			m, err := w.move(old, w.later(2, fee, 1, 1)[0].ID, "move")
			must(t, err)
			if m.Difference > 0 {
				if w.offerOf(2) != 0 {
					t.Error("the old place was offered before it was free")
				}
				_, err := w.confirm(m.Visit.Appointment.ID)
				must(t, err)
			}
			if w.offerOf(2) == 0 {
				t.Error("the old place was not offered")
			}
			check(t, w.db)
		})
	}
}

// Twenty people change places with each other at once, on two replicas: everybody ends with one visit.
func TestManyMovesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 20
	_, slots := w.clinic(5000, 1, n)
	from := make([]booking.Visit, n)
	for i := range n {
		from[i] = w.booked(slots[0].ID, i+1)
	}
	to := w.later(2, 5000, 1, n/2)
	replicas := []*booking.Store{w.Store, booking.New(w.db, w.keys, w.clock.now, nil)}
	var moved atomic.Int32
	together(2*n, func(i int) { // each asks twice
		v := from[i%n]
		_, err := replicas[i%2].Reschedule(context.Background(), booking.MoveRequest{
			Appointment: v.Appointment.ID, Slot: to[0].ID, User: v.Appointment.User, Key: fmt.Sprint("move:", i%n),
		})
		switch {
		case err == nil:
			moved.Add(1)
		case !errors.Is(err, booking.ErrSlotFull):
			t.Errorf("move %d: %v", i, err)
		}
	})
	var live int
	must(t, w.db.Get(&live, "SELECT COUNT(id) FROM appointments WHERE active = 1 AND status = 'booked'"))
	if live != n || moved.Load() != n {
		t.Errorf("%d of %d visits are left, %d answers say that one was moved", live, n, moved.Load())
	}
	check(t, w.db)
}

// The difference is paid at the moment in which the old visit is cancelled: either it is moved, or it is cancelled and the payment
// refused, so that it goes back. Never are there two visits, and never none for money that was kept.
func TestTheDifferenceIsPaidWhileTheOldVisitIsCancelled(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 12)
	to := w.later(2, 8000, 1, 12)[0]
	replica := booking.New(w.db, w.keys, w.clock.now, nil)
	for n := 1; n <= 12; n++ {
		old := w.booked(slots[0].ID, n)
		m, err := w.move(old, to.ID, fmt.Sprint("move:", n))
		must(t, err)
		var paid, cancelled error
		together(2, func(i int) {
			if i == 0 {
				_, paid = confirm(w.db, replica, m.Visit.Appointment.ID)
			} else {
				_, _, cancelled = w.Cancel(ctx, old.Appointment.User, old.Appointment.ID, "cancel")
			}
		})
		kept := w.status(m.Visit.Appointment.ID) == booking.Booked
		switch {
		case paid == nil && errors.Is(cancelled, booking.ErrWrongStatus) && kept:
		case errors.Is(paid, booking.ErrWrongStatus) && cancelled == nil && !kept:
		default:
			t.Errorf("round %d: paid: %v, cancelled: %v, the new visit is booked: %t", n, paid, cancelled, kept)
		}
		if w.status(old.Appointment.ID) != booking.Cancelled {
			t.Errorf("round %d: the old visit is %s", n, w.status(old.Appointment.ID))
		}
	}
	check(t, w.db)
}
