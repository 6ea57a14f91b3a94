package booking_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"guahao/booking"
)

// child is somebody born on a day, with a guardian.
func child(born booking.Date) booking.NewPatient {
	return booking.NewPatient{Name: "陈小宝", Document: booking.Passport, Number: "E12345678", Phone: "13912345678", BirthDate: born, Sex: booking.Male,
		Relation: booking.Child, Guardian: booking.Guardian{Name: " 陈大文", Phone: "+86 13987654321"}}
}

func TestMinorsNeedAGuardian(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eighteen := booking.DateOf(today.In(time.UTC).AddDate(-18, 0, 0), time.UTC)
	for n, c := range []struct {
		name   string
		change func(*booking.NewPatient)
		want   error
		stored booking.Guardian
	}{
		{name: "with a guardian", stored: booking.Guardian{Name: "陈大文", Phone: "13987654321"}},
		{name: "without", change: func(n *booking.NewPatient) { n.Guardian = booking.Guardian{} }, want: booking.ErrNeedsGuardian},
		{name: "without a name", change: func(n *booking.NewPatient) { n.Guardian.Name = "" }, want: booking.ErrNeedsGuardian},
		{name: "without a phone", change: func(n *booking.NewPatient) { n.Guardian.Phone = "" }, want: booking.ErrNeedsGuardian},
		{name: "a bad name", change: func(n *booking.NewPatient) { n.Guardian.Name = "1" }, want: booking.ErrBadName},
		{name: "a bad phone", change: func(n *booking.NewPatient) { n.Guardian.Phone = "110" }, want: booking.ErrBadPhone},
		{name: "18 tomorrow", change: func(n *booking.NewPatient) { n.BirthDate, n.Guardian = eighteen.Add(1), booking.Guardian{} }, want: booking.ErrNeedsGuardian},
		{name: "18 today", change: func(n *booking.NewPatient) { n.BirthDate, n.Guardian = eighteen, booking.Guardian{} }},
		{name: "an adult with one", change: func(n *booking.NewPatient) { n.BirthDate = eighteen }},
		{name: "a child that is known by the ID number", change: func(n *booking.NewPatient) {
			n.Document, n.Number, n.BirthDate, n.Guardian = booking.ResidentID, "110105201501011239", "1980-01-01", booking.Guardian{}
		}, want: booking.ErrNeedsGuardian},
	} {
		who := child(today.Add(-365 * 8))
		if c.change != nil {
			c.change(&who)
		}
		user := booking.UserID(n + 1)
		p, err := w.AddPatient(t.Context(), user, who, "k")
		if !errors.Is(err, c.want) || c.want == nil && p.Guardian != c.stored {
			t.Errorf("%s: guardian %v, %v", c.name, p.Guardian, err)
		}
		if people, err := w.Patients(t.Context(), user); err != nil || len(people) != 0 != (c.want == nil) {
			t.Errorf("%s: %d patients are stored, %v", c.name, len(people), err)
		}
	}
}

// A guardian is stored as other personal data is: encrypted at its own place, masked wherever it is printed, and gone when the user is forgotten.
func TestGuardiansArePersonal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(5000, 1, 1)
	p, err := w.AddPatient(t.Context(), 1, child(today.Add(-365*8)), "child")
	must(t, err)
	words := []string{"陈大文", "13987654321"}
	for _, printed := range []string{fmt.Sprint(p.Guardian), fmt.Sprintf("%+v %#v", p.Guardian, p)} {
		if strings.Contains(printed, words[0]) || strings.Contains(printed, words[1]) {
			t.Errorf("printed is %s", printed)
		}
	}
	var raw []byte
	must(t, w.db.Get(&raw, "SELECT CONCAT(guardian_name, guardian_phone) FROM patients WHERE id = ?", p.ID))
	if strings.Contains(string(raw), words[0]) || strings.Contains(string(raw), words[1]) {
		t.Error("the guardian is not encrypted")
	}
	if found := w.found(words); len(found) != 2 {
		t.Fatalf("the search finds the guardian in %v", found)
	}
	_, err = w.holdFor(slots[0].ID, p, "held") // so that the row stays
	must(t, err)
	must(t, w.ForgetUser(t.Context(), 1, "forget"))
	if left := w.found(words); len(left) > 0 {
		t.Errorf("of the guardian is left: %v", left)
	}
}

// Who was added before guardians were asked for can be booked for as before.
func TestMinorsFromBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 1)
	p, err := w.AddPatient(t.Context(), 9, child(today.Add(-365*8)), "child")
	must(t, err)
	_, err = w.db.Exec("UPDATE patients SET guardian_name = NULL, guardian_phone = NULL WHERE id = ?", p.ID)
	must(t, err)
	old, err := w.Patient(t.Context(), 9, p.ID)
	if err != nil || old.Guardian != (booking.Guardian{}) || old.Name != p.Name {
		t.Errorf("the patient from before is %v, %v", old, err)
	}
	if _, err := w.holdFor(slots[0].ID, old, "held"); err != nil {
		t.Errorf("the patient from before: %v", err)
	}
}

func TestChangingAGuardian(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	minor, err := w.AddPatient(t.Context(), 1, child(today.Add(-365*8)), "minor")
	must(t, err)
	grown := child(today.Add(-365 * 30))
	grown.Number = "E87654321"
	adult, err := w.AddPatient(t.Context(), 1, grown, "adult")
	must(t, err)
	for _, c := range []struct {
		name   string
		user   booking.UserID
		of     booking.PatientID
		to     booking.Guardian
		want   error
		stored booking.Guardian
	}{
		{"another's child", 2, minor.ID, booking.Guardian{Name: "李小芳", Phone: "13800000000"}, booking.ErrNotYours, minor.Guardian},
		{"no phone number", 1, minor.ID, booking.Guardian{Name: "李小芳", Phone: "110"}, booking.ErrBadPhone, minor.Guardian},
		{"no name", 1, minor.ID, booking.Guardian{Phone: "13800000000"}, booking.ErrNeedsGuardian, minor.Guardian},
		{"another guardian", 1, minor.ID, booking.Guardian{Name: " 李小芳", Phone: "138 0000 0000"}, nil, booking.Guardian{Name: "李小芳", Phone: "13800000000"}},
		{"of an adult", 1, adult.ID, booking.Guardian{Name: "李小芳", Phone: "13800000000"}, nil, booking.Guardian{}},
	} {
		if err := w.EditPatient(t.Context(), c.user, c.of, booking.PatientEdit{Guardian: c.to}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got, err := w.Patient(t.Context(), 1, c.of); err != nil || got.Guardian != c.stored {
			t.Errorf("%s: the guardian is %v, %v", c.name, got.Guardian, err)
		}
	}
}
