package booking_test

import (
	"testing"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// A visit is quiet for a child, and in a department that the hospital's rules list by itself or by its group; else it is not.
func TestQuietVisits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 2, 8)
	child := bookingtest.NewPatient(3)
	child.Document, child.Number, child.BirthDate, child.Sex = booking.Passport, "E1234567", today.Add(-365*8), booking.Female
	child.Guardian = booking.Guardian{Name: "张三", Phone: "13800000000"}
	p, err := w.AddPatient(t.Context(), 9, child, "child")
	must(t, err)
	ofChild, err := w.holdFor(slots[0].ID, p, "child")
	must(t, err)
	grown := w.mustHold(slots[0].ID, 5)
	quiet := func(id booking.AppointmentID) bool {
		t.Helper()
		v, err := w.Visit(t.Context(), id)
		must(t, err)
		return v.Quiet
	}
	if !quiet(ofChild.Appointment.ID) || quiet(grown.Appointment.ID) {
		t.Error("only the child's visit is quiet")
	}
	for n, code := range []string{"A1", "A", "A2"} {
		rules := policy()
		rules.Quiet = []string{code}
		if _, err := w.SetPolicy(t.Context(), w.hosp, rules); err != nil {
			t.Fatal(err)
		}
		if got := quiet(grown.Appointment.ID); got != (n < 2) {
			t.Errorf("with %s the visit in A1 is quiet: %v", code, got)
		}
	}
	rules := policy()
	rules.Quiet = []string{"NONE"}
	if _, err := w.SetPolicy(t.Context(), w.hosp, rules); err == nil {
		t.Error("a department that is not there was taken")
	}
}
