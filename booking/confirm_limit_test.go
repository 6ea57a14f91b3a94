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

// A hold runs out, the patient books elsewhere up to the limit, and then the payment of the first is heard of: it goes back,
// since nobody may have more than the limit, by whatever way.
func TestLatePaymentBeyondTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := bookingtest.Patient(t, w.Store, 1, 1)
	var doctors []booking.DoctorID
	must(t, w.db.Select(&doctors, "SELECT id FROM doctors WHERE department_id = ? ORDER BY id", w.dept))
	var visits []booking.Visit
	for i, doctor := range doctors { // three; two in one department and day are allowed
		_, slots := bookingtest.Clinic(t, w.Store, doctor, today.Add(1), 5000, 1, 1)
		v, err := w.holdFor(slots[0].ID, p, fmt.Sprintf("hold-%d", i))
		must(t, err)
		visits = append(visits, v)
		if i == 0 {
			w.clock.add(20 * time.Minute)
			_, err := w.ExpireHolds(context.Background())
			must(t, err)
		}
	}
	if _, err := w.confirm(visits[0].Appointment.ID); !errors.Is(err, booking.ErrLimit) {
		t.Errorf("a third one was booked: %v", err)
	}
	must(t, w.GiveBack(context.Background(), p.User, visits[1].Appointment.ID, "back"))
	if a, err := w.confirm(visits[0].Appointment.ID); err != nil || a.Status != booking.Booked {
		t.Errorf("within the limit it is not booked again: %+v, %v", a, err)
	}
	check(t, w.db)
}
