package booking_test

import (
	"errors"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

func TestEditingAPatient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := bookingtest.Patient(t, w.Store, 1, 1)
	must(t, w.EditPatient(t.Context(), 1, p.ID, booking.PatientEdit{Phone: "139 1234 5678"}))
	must(t, w.EditPatient(t.Context(), 1, p.ID, booking.PatientEdit{Relation: booking.Parent}))
	got, err := w.Patient(t.Context(), 1, p.ID)
	must(t, err)
	if got.Phone != "13912345678" || got.Relation != booking.Parent || got.Name != p.Name || got.Number != p.Number {
		t.Errorf("the patient is %s %s", got.Phone, got.Relation)
	}
	for name, check := range map[string]struct {
		user booking.UserID
		id   booking.PatientID
		edit booking.PatientEdit
		want error
	}{
		"another's":       {2, p.ID, booking.PatientEdit{Relation: booking.Self}, booking.ErrNotYours},
		"nobody":          {1, 999, booking.PatientEdit{Relation: booking.Self}, booking.ErrNotFound},
		"no phone number": {1, p.ID, booking.PatientEdit{Phone: "12345"}, booking.ErrBadPhone},
		"no relation":     {1, p.ID, booking.PatientEdit{Relation: "cat"}, booking.ErrNotFound},
	} {
		if err := w.EditPatient(t.Context(), check.user, check.id, check.edit); !errors.Is(err, check.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheDefaultPatient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defaults := func() (list []booking.PatientID) {
		people, err := w.Patients(t.Context(), 1)
		must(t, err)
		for _, p := range people {
			if p.Default {
				list = append(list, p.ID)
			}
		}
		return list
	}
	first, second := bookingtest.Patient(t, w.Store, 1, 1), bookingtest.Patient(t, w.Store, 1, 2)
	if got := defaults(); len(got) != 0 {
		t.Errorf("nobody was preferred, and the default is %v", got)
	}
	for _, p := range []booking.Patient{second, first, second} {
		w.clock.add(time.Second)
		must(t, w.PreferPatient(t.Context(), 1, p.ID))
		if got := defaults(); len(got) != 1 || got[0] != p.ID {
			t.Errorf("the default is %v, want %d", got, p.ID)
		}
	}
	must(t, w.RemovePatient(t.Context(), 1, second.ID))
	if got := defaults(); len(got) != 1 || got[0] != first.ID {
		t.Errorf("when the default is removed, it is %v", got)
	}
	if err := w.PreferPatient(t.Context(), 1, second.ID); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("preferring who is removed: %v", err)
	}
	if err := w.PreferPatient(t.Context(), 2, first.ID); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("preferring another's: %v", err)
	}
}
