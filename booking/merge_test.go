package booking_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

func (w *world) merge(from, to booking.UserID) {
	w.t.Helper()
	tx, err := w.db.BeginTxx(context.Background(), nil)
	must(w.t, err)
	defer func() { _ = tx.Rollback() }() // after a commit it is nothing
	must(w.t, w.MergeUsersTx(context.Background(), tx, from, to))
	must(w.t, tx.Commit())
}

// patientOf adds the nth person to a user's list, under a key of that user's own, as the conversation makes it.
func (w *world) patientOf(user booking.UserID, n int) booking.Patient {
	w.t.Helper()
	p, err := w.AddPatient(context.Background(), user, bookingtest.NewPatient(n), fmt.Sprintf("%d:%d", user, n))
	must(w.t, err)
	return p
}

// One user becomes another: patients, appointments and waits of both, nobody twice.
func TestMergingUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	c, slots := w.clinic(0, 2, 4)
	mine, hers := w.patientOf(1, 7), w.patientOf(2, 7) // the same document
	child := w.patientOf(2, 8)
	book := func(user booking.UserID, p booking.Patient, slot booking.Slot, key string) booking.Visit {
		t.Helper()
		v, err := w.Hold(ctx, booking.HoldRequest{Slot: slot.ID, Patient: p.ID, User: user, Account: booking.AccountID(user), Key: key})
		must(t, err)
		return v
	}
	hersBooked := book(2, hers, slots[0], "2:1")
	book(2, child, slots[1], "2:2")
	w.merge(2, 1)

	patients, err := w.Patients(ctx, 1)
	must(t, err)
	ids := []booking.PatientID{}
	for _, p := range patients {
		ids = append(ids, p.ID)
	}
	if !slices.Equal(ids, []booking.PatientID{mine.ID, child.ID}) || patients[0].Relation != booking.Self || patients[1].Relation != booking.Relative {
		t.Errorf("the list is %v", patients)
	}
	visits, err := w.Visits(ctx, 1, booking.VisitFilter{})
	must(t, err)
	if len(visits) != 2 || visits[1].Patient.ID != mine.ID || visits[1].Appointment.ID != hersBooked.Appointment.ID {
		t.Errorf("the visits are %v", visits)
	}
	if left, err := w.Visits(ctx, 2, booking.VisitFilter{}); err != nil || len(left) > 0 {
		t.Errorf("the other user still has %v: %v", left, err)
	}
	// the same place a second time is the same visit, and another with this doctor then is refused
	again, err := w.Hold(ctx, booking.HoldRequest{Slot: slots[0].ID, Patient: mine.ID, User: 1, Account: 1, Key: "1:9"})
	if err == nil {
		t.Errorf("the person has two places with one doctor: %v", again)
	}
	if w.takenBy(c) != 2 {
		t.Errorf("%d places are taken", w.takenBy(c))
	}
	_, _, err = w.Cancel(ctx, 1, hersBooked.Appointment.ID, "1:10")
	must(t, err)
	if w.takenBy(c) != 1 {
		t.Errorf("after one was given back %d places are taken", w.takenBy(c))
	}
	w.merge(1, 1) // is nothing
	w.merge(2, 1) // is nothing any more
}

func (w *world) takenBy(c booking.Schedule) int {
	w.t.Helper()
	var n int
	must(w.t, w.db.Get(&n, "SELECT COUNT(id) FROM appointments WHERE schedule_id = ? AND active = 1", c.ID))
	return n
}

// A wish that both users have for one person is waited for once.
func TestMergingWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _, _ := w.full()
	wish := func(user booking.UserID) booking.Waiting {
		t.Helper()
		p := w.patientOf(user, 40)
		made, err := w.JoinWaitlist(t.Context(), booking.JoinRequest{
			Wish:    booking.Wish{Department: c.Department, Doctor: c.Doctor, First: c.Date, Last: c.Date, Halves: booking.HalvesOf(c.Period)},
			Patient: p.ID, User: user, Account: booking.AccountID(user), Key: fmt.Sprint(user, ":wait"),
		})
		must(t, err)
		return made
	}
	mine := wish(41)
	wish(42)
	w.merge(42, 41)
	waits, err := w.Waits(t.Context(), 41)
	must(t, err)
	if len(waits) != 1 || waits[0].ID != mine.ID || waits[0].Position != 1 {
		t.Errorf("the waits are %+v", waits)
	}
}

// What is told to one account is told to the other.
func TestRedirecting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 2)
	v := w.mustHold(slots[0].ID, 3)
	tx, err := w.db.BeginTxx(t.Context(), nil)
	must(t, err)
	must(t, w.RedirectTx(t.Context(), tx, v.Appointment.Account, 99))
	must(t, tx.Commit())
	if after, err := w.Visit(t.Context(), v.Appointment.ID); err != nil || after.Appointment.Account != 99 {
		t.Errorf("the visit is told to account %d: %v", after.Appointment.Account, err)
	}
}

// Every table whose rows belong to a user is moved: a new one has to be added to booking.ownedTables, or to the list here with a reason.
func TestMergingKnowsEveryTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for column, elsewhere := range map[string][]string{
		"user_id": {"chat_accounts", "notice_emails", "notice_refusals", "notice_quiet_hours"}, // the inbox moves it; reminders.MergeUsersTx
	} {
		var tables []string
		must(t, sqlx.SelectContext(t.Context(), w.db, &tables,
			"SELECT table_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = ? ORDER BY table_name", column))
		for _, table := range tables {
			if !slices.Contains(booking.Owned(), table) && !slices.Contains(elsewhere, table) {
				t.Errorf("%s has a %s, and nothing moves its rows when two users become one", table, column)
			}
		}
		if len(tables) < 5 {
			t.Errorf("only %v have a %s: the search is broken", tables, column)
		}
	}
}
