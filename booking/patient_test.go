package booking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/vault/vaulttest"
)

func TestPatients(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	n := booking.NewPatient{Name: "张小三", Document: booking.ResidentID, Number: "11010519491231002x", Phone: "+86 13812341234", Relation: booking.Parent,
		BirthDate: "2000-01-01", Sex: booking.Male} // the number knows better
	p, err := w.AddPatient(ctx, 1, n, "k1")
	must(t, err)
	want := booking.Patient{ID: p.ID, User: 1, Name: "张小三", Document: booking.ResidentID, Number: "11010519491231002X", Phone: "13812341234",
		BirthDate: "1949-12-31", Sex: booking.Female, Relation: booking.Parent}
	if p != want {
		t.Errorf("%v is not what was added", p)
	}
	again, err := w.AddPatient(ctx, 1, n, "k1")
	if err != nil || again != p {
		t.Errorf("the same key gave %v, %v", again, err)
	}
	if _, err := w.AddPatient(ctx, 1, n, "k2"); !errors.Is(err, booking.ErrDuplicatePatient) {
		t.Errorf("the same document again: %v", err)
	}
	if _, err := w.AddPatient(ctx, 1, bookingtest.NewPatient(3), "k1"); !errors.Is(err, booking.ErrConflict) {
		t.Errorf("the same key for somebody else: %v", err)
	}
	if _, err := w.AddPatient(ctx, 2, n, "k1"); err != nil {
		t.Errorf("another user, the same document: %v", err)
	}
	passport := booking.NewPatient{Name: "Anna Smith", Document: booking.Passport, Number: "X1234567", Phone: "+14155550123", BirthDate: "1990-02-03", Sex: booking.Female}
	anna, err := w.AddPatient(ctx, 1, passport, "k3")
	must(t, err)
	if anna.BirthDate != "1990-02-03" || anna.Sex != booking.Female || anna.Relation != booking.Relative {
		t.Errorf("added %v", anna)
	}
	list, err := w.Patients(ctx, 1)
	must(t, err)
	if diff := cmp.Diff([]booking.PatientID{p.ID, anna.ID}, []booking.PatientID{list[0].ID, list[1].ID}); diff != "" || len(list) != 2 {
		t.Error(diff)
	}
	if _, err := w.Patient(ctx, 3, p.ID); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("another user's patient: %v", err)
	}
	bookingtest.Patient(t, w.Store, 1, 10)
	if _, err := w.AddPatient(ctx, 1, bookingtest.NewPatient(11), "k4"); !errors.Is(err, booking.ErrTooManyPatients) {
		t.Errorf("a fourth: %v", err)
	}
}

func TestAddPatientRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		name   string
		change func(*booking.NewPatient)
		want   error
	}{
		{"a bad name", func(n *booking.NewPatient) { n.Name = "😀😀" }, booking.ErrBadName},
		{"a bad number", func(n *booking.NewPatient) { n.Number = "1" }, booking.ErrBadDocument},
		{"not born yet", func(n *booking.NewPatient) {
			n.Number = "11010520991231002X"
			n.Number = withCheckDigit("11010520991231002")
		}, booking.ErrBadDocument},
		{"180 years old", func(n *booking.NewPatient) { n.Number = withCheckDigit("11010518600101002") }, booking.ErrBadDocument},
		{"a bad phone", func(n *booking.NewPatient) { n.Phone = "110" }, booking.ErrBadPhone},
		{"a birth date in the future", func(n *booking.NewPatient) {
			n.Document, n.Number, n.BirthDate = booking.Passport, "E12345678", today.Add(1)
		}, booking.ErrBadDocument},
	} {
		n := bookingtest.NewPatient(1)
		c.change(&n)
		if _, err := w.AddPatient(context.Background(), 1, n, "k"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func withCheckDigit(digits string) string {
	for _, last := range "0123456789X" {
		if _, err := booking.ParseDocument(booking.ResidentID, digits+string(last)); err == nil {
			return digits + string(last)
		}
	}
	return ""
}

func TestRemovePatient(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 3)
	v := w.mustHold(slots[0].ID, 1)
	id := v.Patient.ID
	if err := w.RemovePatient(ctx, 1, id); !errors.Is(err, booking.ErrPatientBusy) {
		t.Errorf("with a visit to come: %v", err)
	}
	must(t, w.GiveBack(ctx, 1, v.Appointment.ID, "g"))
	if err := w.RemovePatient(ctx, 2, id); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("by another: %v", err)
	}
	must(t, w.RemovePatient(ctx, 1, id))
	must(t, w.RemovePatient(ctx, 1, id))
	if _, err := w.holdFor(slots[0].ID, v.Patient, "k"); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("held for who was removed: %v", err)
	}
	if list, err := w.Patients(ctx, 1); err != nil || len(list) != 0 {
		t.Errorf("still listed: %d, %v", len(list), err)
	}
	if old, err := w.Visit(ctx, v.Appointment.ID); err != nil || old.Patient.Name != v.Patient.Name {
		t.Errorf("the old visit has lost its patient: %v", err)
	}
	if _, err := w.AddPatient(ctx, 1, bookingtest.NewPatient(1), "back"); err != nil {
		t.Errorf("added again: %v", err)
	}
	never := bookingtest.Patient(t, w.Store, 1, 2)
	must(t, w.RemovePatient(ctx, 1, never.ID))
	var rows int
	must(t, w.db.Get(&rows, "SELECT COUNT(id) FROM patients WHERE id = ?", never.ID))
	if rows != 0 {
		t.Error("who never had an appointment is still stored")
	}
}

// Nothing that a patient has told can be read in any column of any table, and what was moved to another row cannot be
// opened. The first part is worth something since the search finds a text that is there.
func TestEncryptedAtRest(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 3)
	v := w.mustHold(slots[0].ID, 1)
	other := bookingtest.Patient(t, w.Store, 2, 2)
	_, err := w.StopSchedule(ctx, 1, v.Schedule.ID, "停诊说明")
	must(t, err)
	for secret, there := range map[string]bool{
		v.Patient.Name: false, v.Patient.Number: false, v.Patient.Number[6:14]: false, v.Patient.Phone: false, string(v.Patient.BirthDate): false, "停诊说明": true,
	} {
		if found := w.columnsWith(secret); (len(found) > 0) != there {
			t.Errorf("%q was found in %v", secret, found)
		}
	}
	_, err = w.db.Exec("UPDATE patients a JOIN patients b ON b.id = ? SET a.name = b.name WHERE a.id = ?", other.ID, v.Patient.ID)
	must(t, err)
	if _, err := w.Patient(ctx, 1, v.Patient.ID); err == nil {
		t.Error("a name that was moved to another row could be opened")
	}
	stranger := booking.New(w.db, vaulttest.Keys(t), w.clock.now, nil)
	if _, err := stranger.Patient(ctx, 2, other.ID); err == nil {
		t.Error("other keys could open a patient")
	}
}

// columnsWith searches every column of the database for a text.
func (w *world) columnsWith(text string) []string {
	w.t.Helper()
	var columns []struct{ Tab, Col string }
	must(w.t, w.db.Select(&columns, "SELECT table_name AS tab, column_name AS col FROM information_schema.columns WHERE table_schema = DATABASE()"))
	if len(columns) < 50 {
		w.t.Fatalf("only %d columns to search", len(columns))
	}
	var found []string
	for _, c := range columns {
		var n int
		must(w.t, w.db.Get(&n, fmt.Sprintf("SELECT COUNT(1) FROM `%s` WHERE LOCATE(?, CAST(`%s` AS CHAR CHARACTER SET utf8mb4)) > 0 OR LOCATE(CAST(? AS BINARY), CAST(`%s` AS BINARY)) > 0",
			c.Tab, c.Col, c.Col), text, text))
		if n > 0 {
			found = append(found, strings.Join([]string{c.Tab, c.Col}, "."))
		}
	}
	return found
}
