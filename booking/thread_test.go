package booking_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"guahao/booking"
)

func (w *world) thread(v booking.Visit) booking.Thread {
	w.t.Helper()
	t, err := w.Thread(context.Background(), v.Appointment.User, v.Appointment.ID)
	must(w.t, err)
	return t
}

// A visit that is moved, and moved again, stays one thread, from whichever of its appointments it is looked at.
func TestAThreadFollowsAVisitThroughItsMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(5000, 1, 1)
	first := w.booked(slots[0].ID, 1)
	begun := w.thread(first)
	if begun.First != first.Appointment.ID || begun.Now.Appointment.ID != first.Appointment.ID || begun.Revision != first.Appointment.Version+1 {
		t.Fatalf("before any move the thread is %+v of version %d", begun, first.Appointment.Version)
	}
	second, err := w.move(first, w.later(2, 5000, 1, 1)[0].ID, "a")
	must(t, err)
	moved := w.thread(first)
	if same := w.thread(second.Visit); same.First != moved.First || same.Revision != moved.Revision || moved.First != first.Appointment.ID || moved.Now.Appointment.ID != second.Visit.Appointment.ID || moved.Revision <= begun.Revision {
		t.Fatalf("after a move the thread is %+v", moved)
	}
	dearer, err := w.move(second.Visit, w.later(3, 8000, 1, 1)[0].ID, "b")
	must(t, err)
	if waiting := w.thread(first); waiting.Now.Appointment.ID != second.Visit.Appointment.ID {
		t.Errorf("before the difference is paid the thread is at %d", waiting.Now.Appointment.ID)
	}
	if held := w.thread(dearer.Visit); held.First != first.Appointment.ID {
		t.Errorf("the place that is held belongs to the thread %d", held.First)
	}
	_, err = w.confirm(dearer.Visit.Appointment.ID)
	must(t, err)
	paid := w.thread(first)
	if paid.Now.Appointment.ID != dearer.Visit.Appointment.ID || paid.Revision <= moved.Revision {
		t.Errorf("after the payment the thread is %+v", paid)
	}
	_, _, err = w.Cancel(t.Context(), 1, dearer.Visit.Appointment.ID, "c")
	must(t, err)
	if over := w.thread(first); over.Now.Appointment.Status != booking.Cancelled || over.Revision <= paid.Revision {
		t.Errorf("after the cancellation the thread is %+v", over)
	}
	if _, err := w.Thread(t.Context(), 2, first.Appointment.ID); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("somebody else's thread: %v", err)
	}
	if _, err := w.Thread(t.Context(), 1, 1<<40); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("a thread that there is not: %v", err)
	}
}

// A slip's code checks its patient in by the same rules as the desk does; nobody can make one.
func TestCheckingInByTheCodeOfASlip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 2)
	v, other := w.booked(slots[0].ID, 1), w.booked(slots[0].ID, 2)
	code := w.CheckInCode(v.Appointment.ID)
	if strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || code == w.CheckInCode(other.Appointment.ID) {
		t.Fatalf("the code is %q", code)
	}
	if _, err := w.CheckInByCode(t.Context(), 0, code); !errors.Is(err, booking.ErrTooEarly) {
		t.Errorf("a day early: %v", err)
	}
	w.clock.set(v.Slot.StartsAt)
	digits := []byte(code)
	digits[len(digits)-1] ^= 1
	for _, forged := range []string{"", "GH1", string(digits), code[:len(code)-2], code + "A", "HTTPS://EXAMPLE.ORG", "GH1" + strings.Repeat("A", 29)} {
		if _, err := w.CheckInByCode(t.Context(), 0, forged); !errors.Is(err, booking.ErrBadCode) {
			t.Errorf("the code %q: %v", forged, err)
		}
	}
	for range 2 { // a scanner reads twice
		got, err := w.CheckInByCode(t.Context(), 3, " "+strings.ToLower(code)+"\n")
		if err != nil || got.Appointment.ID != v.Appointment.ID || got.Appointment.Status != booking.CheckedIn {
			t.Errorf("checked in: %v %v", got, err)
		}
	}
	_, err := w.Fulfil(t.Context(), 3, v.Appointment.ID)
	must(t, err)
	if _, err := w.CheckInByCode(t.Context(), 3, code); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("a slip of a visit that is over: %v", err)
	}
}
