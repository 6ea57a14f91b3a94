package booking_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// secrets are what is personal about the nth person.
func secrets(n int) []string {
	p := bookingtest.NewPatient(n)
	return []string{p.Name, p.Number, p.Phone, fmt.Sprintf("我是%s，那天住院了", p.Name)}
}

// found looks into every column of every table for any of the words: as they are, and in whatever opens with the program's keys at the place that a row
// of that table has.
func (w *world) found(words []string) []string {
	w.t.Helper()
	var tables []string
	must(w.t, w.db.Select(&tables, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"))
	var list []string
	for _, table := range tables {
		rows, err := w.db.Queryx("SELECT * FROM " + table)
		must(w.t, err)
		for rows.Next() {
			row := map[string]any{}
			must(w.t, rows.MapScan(row))
			for column, value := range row {
				stored, ok := value.([]byte)
				if !ok {
					continue
				}
				texts := [][]byte{stored}
				if uid, ok := row["uid"].([]byte); ok {
					if plain, err := w.keys.Open(stored, table+"."+column+":"+hex.EncodeToString(uid)); err == nil {
						texts = append(texts, plain)
					}
				}
				for _, word := range words {
					if bytes.Contains(bytes.Join(texts, []byte("|")), []byte(word)) {
						list = append(list, table+"."+column)
					}
				}
			}
		}
		must(w.t, rows.Err())
	}
	return list
}

// After a user is forgotten, nothing in the database says who it was, and nothing else has changed. Before, the same search finds each of the secrets: so it
// would find one that is left.
func TestForgettingLeavesNoName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(5000, 2, 6)
	visit := w.seen(slots[0], 1)
	must(t, second(w.Review(t.Context(), 1, visit.Appointment.ID, 4, secrets(1)[3])))
	removed := bookingtest.Patient(t, w.Store, 1, 11)
	must(t, w.RemovePatient(t.Context(), 1, removed.ID))
	unseen := bookingtest.Patient(t, w.Store, 1, 12)
	other := w.seen(slots[0], 2)
	held, err := w.holdFor(slots[1].ID, unseen, "held")
	must(t, err)

	for _, secret := range secrets(1) {
		if len(w.found([]string{secret})) == 0 {
			t.Fatalf("the search does not find %q, which is there", secret)
		}
	}
	for range 2 { // a step that is run again
		must(t, w.ForgetUser(t.Context(), 1, "forget"))
	}
	words := append(append(secrets(1), secrets(11)...), secrets(12)...)
	if left := w.found(words); len(left) > 0 {
		t.Errorf("personal data is left in %s", strings.Join(left, ", "))
	}
	if left := w.found(secrets(2)[:3]); len(left) != 3 {
		t.Errorf("of the other user is left: %v", left)
	}
	if people, err := w.Patients(t.Context(), 1); err != nil || len(people) != 0 {
		t.Errorf("%d patients are listed, %v", len(people), err)
	}
	kept, err := w.Visit(t.Context(), visit.Appointment.ID)
	if err != nil || kept.Appointment.Status != booking.Fulfilled || kept.Patient.Name != "" || kept.Patient.Number != "" {
		t.Errorf("the visit that is kept is %+v, %v", kept.Appointment, err)
	}
	if back, err := w.Visit(t.Context(), held.Appointment.ID); err != nil || back.Appointment.Status != booking.Cancelled || back.Slot.Taken != 0 {
		t.Errorf("the place that was held is %+v, %v", back.Appointment, err)
	}
	if rating, err := w.RatingOf(t.Context(), w.doctor); err != nil || rating.Count != 1 {
		t.Errorf("the rating is %+v, %v", rating, err)
	}
	if name, err := w.Visit(t.Context(), other.Appointment.ID); err != nil || name.Patient.Name == "" {
		t.Errorf("the other user's visit is of %q, %v", name.Patient.Name, err)
	}
	var classes []string
	must(t, w.db.Select(&classes, "SELECT class FROM queue_entries WHERE appointment_id = ? UNION SELECT class FROM queue_events WHERE appointment_id = ?", visit.Appointment.ID, visit.Appointment.ID))
	if len(classes) != 1 || classes[0] != "" {
		t.Errorf("why the user was called before others is left: %q", classes)
	}
	bookingtest.Patient(t, w.Store, 7, 1) // the same person begins afresh
}

func second(_ booking.Review, err error) error { return err }

// Who has a visit to come is not forgotten by mistake, and a line is left.
func TestForgettingWithWhatIsToCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, slots := w.clinic(0, 1, 1)
	v := w.booked(slots[0].ID, 1)
	waiting := bookingtest.Patient(t, w.Store, 2, 2)
	_, err := w.JoinWaitlist(t.Context(), booking.JoinRequest{
		Wish: booking.Wish{Department: w.dept, Doctor: w.doctor, First: c.Date, Last: c.Date}, Patient: waiting.ID, User: 2, Account: 2, Key: "wait",
	})
	must(t, err)
	if err := w.ForgetUser(t.Context(), 1, "a"); !errors.Is(err, booking.ErrVisitsToCome) {
		t.Errorf("with a visit to come: %v", err)
	}
	if people, err := w.Patients(t.Context(), 1); err != nil || len(people) != 1 {
		t.Errorf("of a refused deletion is left: %d patients, %v", len(people), err)
	}
	must(t, w.ForgetUser(t.Context(), 2, "b"))
	if waits, err := w.Waits(t.Context(), 2); err != nil || len(waits) != 0 {
		t.Errorf("%d waits, %v", len(waits), err)
	}
	_, _, err = w.Cancel(t.Context(), 1, v.Appointment.ID, "c")
	must(t, err)
	must(t, w.ForgetUser(t.Context(), 1, "d"))
}

// Forgetting is no way around a suspension: a person with missed visits is still known by the digest, and by nothing else.
func TestForgettingKeepsMissedVisits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 2)
	missed, came := w.booked(slots[0].ID, 1), w.booked(slots[0].ID, 2)
	_, err := w.db.Exec("UPDATE appointments SET status = 'no_show' WHERE id = ?", missed.Appointment.ID)
	must(t, err)
	_, err = w.db.Exec("UPDATE appointments SET status = 'fulfilled' WHERE id = ?", came.Appointment.ID)
	must(t, err)
	w.clock.set(slots[0].EndsAt)
	digest := func(user booking.UserID) (d []byte) {
		must(t, w.db.Get(&d, "SELECT number_digest FROM patients WHERE user_id = ?", user))
		return d
	}
	before := [][]byte{digest(1), digest(2)}
	for user := range booking.UserID(2) {
		must(t, w.ForgetUser(t.Context(), user+1, "forget"))
	}
	if !bytes.Equal(digest(1), before[0]) || bytes.Equal(digest(2), before[1]) {
		t.Error("the digest of who missed a visit is kept, and no other")
	}
	if left := w.found(append(secrets(1), secrets(2)...)); len(left) > 0 {
		t.Errorf("personal data is left in %s", strings.Join(left, ", "))
	}
}

func TestStoredAboutAUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 2)
	v := w.seen(slots[0], 1)
	w.seen(slots[0], 2)
	must(t, second(w.Review(t.Context(), 1, v.Appointment.ID, 4, "好")))
	about, err := w.StoredAbout(context.Background(), 1)
	must(t, err)
	if len(about.Patients) != 1 || len(about.Visits) != 1 || len(about.Reviews) != 1 || about.Reviews[0].Comment != "好" || len(about.Waits) != 0 || len(about.Appeals) != 0 {
		t.Errorf("%d patients, %d visits, %+v", len(about.Patients), len(about.Visits), about.Reviews)
	}
}
