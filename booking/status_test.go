package booking_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
)

var update = flag.Bool("update", false, "write the generated documents anew")

func TestStatesDocument(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "appointment-states.md")
	if *update {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(booking.StatesDocument()), 0o644))
	}
	got, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(booking.StatesDocument(), string(got)); diff != "" {
		t.Errorf("%s is out of date: run go test ./booking -run StatesDocument -update\n%s", path, diff)
	}
}

// The table's promises, beyond its rows: what holds for every path through it.
func TestTransitions(t *testing.T) {
	t.Parallel()
	reached := map[booking.Status]bool{}
	for _, step := range booking.Transitions() {
		reached[step.To] = true
		for _, by := range step.By {
			if !booking.Allowed(step.From, step.To, by) {
				t.Errorf("%s>%s by %s is in the table and not allowed", step.From, step.To, by)
			}
		}
		if !step.From.Active() && step.From != "" && step.To.Active() && step.From != booking.Expired {
			t.Errorf("%s>%s takes a number that was given away", step.From, step.To)
		}
	}
	for _, s := range booking.Statuses() {
		if !reached[s] {
			t.Errorf("nothing leads to %s", s)
		}
		if booking.Allowed(s, s, booking.ByStaff) {
			t.Errorf("%s changes to itself", s)
		}
	}
	for _, forbidden := range [][2]booking.Status{
		{booking.Cancelled, booking.Booked}, {booking.Cancelled, booking.Held}, {booking.Booked, booking.Held},
		{booking.Booked, booking.Expired}, {booking.Fulfilled, booking.Cancelled}, {booking.NoShow, booking.Booked},
	} {
		for _, by := range []booking.Reason{booking.ByPatient, booking.ByPayment, booking.AtDesk, booking.ByDeadline, booking.ByClinic, booking.ByStaff, booking.ByAttending} {
			if booking.Allowed(forbidden[0], forbidden[1], by) {
				t.Errorf("%s>%s is allowed by %s", forbidden[0], forbidden[1], by)
			}
		}
	}
}
