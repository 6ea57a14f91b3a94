package bookingtest

import (
	"context"
	"slices"
	"testing"

	"guahao/booking"
)

// Place is a hospital, a department of it or a doctor there. What it is not is 0.
type Place struct {
	Hospital   booking.HospitalID
	Department booking.DepartmentID
	Doctor     booking.DoctorID
}

// Called finds the doctor, the department or the hospital that has exactly this name or alias.
func Called(t testing.TB, s *booking.Store, name string) Place {
	t.Helper()
	all, err := s.Directory(context.Background())
	if err != nil {
		t.Fatalf("read the directory: %v", err)
	}
	called := func(n booking.Text, aliases []string) bool {
		return n.ZH == name || n.EN == name || slices.Contains(aliases, name)
	}
	for _, d := range all.Doctors {
		if called(d.Name, nil) {
			return Place{Hospital: d.Hospital, Department: d.Department, Doctor: d.ID}
		}
	}
	for _, d := range all.Departments {
		if called(d.Name, d.Aliases) {
			return Place{Hospital: d.Hospital, Department: d.ID}
		}
	}
	for _, h := range all.Hospitals {
		if called(h.Name, h.Aliases) || called(h.Short, nil) {
			return Place{Hospital: h.ID}
		}
	}
	t.Fatalf("nobody and nothing is called %s", name)
	return Place{}
}
