package reminders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
	"guahao/reminders"
)

// remind runs the job of the holds, on whichever replica.
func (w *world) remind(store *reminders.Store) {
	w.t.Helper()
	if err := store.RemindHolds(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// Who has not paid is reminded once, five minutes before the place is released, by whichever replica looks; and not who has paid meanwhile,
// who pays nothing, or who has just begun.
func TestUnpaidHoldsAreRemindedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	clinic, free := w.session("2026-07-06", 10, 1, 5000), w.session("2026-07-07", 1, 1, 0)
	waits, pays := w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh")
	w.hold(waits, clinic.ID)
	paid := w.hold(pays, clinic.ID)
	nothing := w.account(bots.WeChat, "zh")
	w.hold(nothing, free.ID)
	other := w.replica()
	for range 4 { // to 4 minutes 10 before the end, 15 minutes after the hold
		w.clock.forward(10 * time.Minute / 4)
		w.remind(w.store)
		w.remind(other)
	}
	w.clock.forward(50 * time.Second)
	w.remind(w.store)
	w.remind(other)
	w.remind(w.store)
	if got := w.statuses(reminders.HoldExpiring); got[reminders.Queued] != 2 {
		t.Fatalf("queued are %v, want both that are to be paid", got)
	}
	err := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error {
		_, err := w.bookings.ConfirmTx(t.Context(), tx, paid, booking.ByPayment)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.send()
	if diff := cmp.Diff(map[bots.AccountID]int{waits: 1}, w.phone.counts("hold_expiring")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := w.phone.last(waits); !strings.Contains(text, "7月1日 周三 09:15") {
		t.Errorf("the end is not in %q", text)
	}
	young := w.account(bots.WeChat, "zh")
	w.hold(young, clinic.ID)
	w.insert("UPDATE appointments SET hold_until = ? WHERE account_id = ?", w.clock.now().UTC().Add(4*time.Minute), young)
	w.clock.forward(time.Minute)
	w.remind(w.replica())
	w.send()
	if got := w.phone.counts("hold_expiring")[young]; got != 0 {
		t.Errorf("who has just begun was hurried %d times", got)
	}
}

// More holds end at one instant than are read at once: nobody is left out.
func TestManyHoldsEndTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	clinic := w.session("2026-07-06", 7, 1, 5000)
	for range 7 {
		w.hold(w.account(bots.WeChat, "zh"), clinic.ID)
	}
	until := w.clock.now().Add(time.Hour)
	held, err := w.bookings.HoldsEnding(t.Context(), w.clock.now(), until, until, 3)
	if err != nil || len(held) != 7 {
		t.Errorf("%d of 7 that end at the same instant, %v", len(held), err)
	}
	w.insert("UPDATE appointments SET hold_until = hold_until + INTERVAL id SECOND")
	seen, after := map[booking.AppointmentID]bool{}, w.clock.now()
	for range 10 {
		held, err := w.bookings.HoldsEnding(t.Context(), after, until, until, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range held {
			seen[a.ID], after = true, a.HoldUntil
		}
	}
	if len(seen) != 7 {
		t.Errorf("page by page %d of 7 were found", len(seen))
	}
}

// Staff change the room of a clinic: whoever is booked is told once for each change, and not who has cancelled.
func TestChangedClinics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	clinic := w.session("2026-07-06", 2, 1, 5000)
	stays, leaves := w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh")
	ids := []booking.AppointmentID{w.book(stays, clinic.ID), w.book(leaves, clinic.ID)}
	change := func(number int64) {
		t.Helper()
		err := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error {
			for _, id := range ids {
				v, err := w.bookings.Visit(t.Context(), id)
				if err != nil {
					return err
				}
				was := reminders.Was{Room: booking.Text{ZH: "412诊室"}}
				if err := w.store.ScheduleChanged(t.Context(), tx, v.Appointment, number, was, "空调检修"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change(1)
	change(1)
	w.cancel(leaves, ids[1])
	w.send()
	if diff := cmp.Diff(map[bots.AccountID]int{stays: 1}, w.phone.counts("changed")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := w.phone.last(stays); !strings.Contains(text, "412诊室") || !strings.Contains(text, "305诊室") || !strings.Contains(text, "空调检修") {
		t.Errorf("got %q", text)
	}
	change(2)
	w.send()
	if got := w.phone.counts("changed")[stays]; got != 2 {
		t.Errorf("after a second change told %d times", got)
	}
}

// Who was there is asked once how it was, four hours after the beginning, unless they have said so already; who was not is told so.
func TestAfterTheVisit(t *testing.T) {
	t.Parallel()
	const zone = "Asia/Shanghai"
	w := newWorld(t, zone)
	rules, err := w.bookings.Policy(t.Context(), w.hospital)
	if err != nil {
		t.Fatal(err)
	}
	rules.CheckIn = booking.CheckInRule{Self: true}
	rules.NoShows = booking.NoShowRule{Count: 3, Days: 90, SuspendDays: []int{30}}
	if _, err := w.bookings.SetPolicy(t.Context(), w.hospital, rules); err != nil {
		t.Fatal(err)
	}
	clinic := w.session("2026-07-06", 3, 1, 5000)
	came, said, missed := w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh")
	ids := map[bots.AccountID]booking.AppointmentID{}
	for _, a := range []bots.AccountID{came, said, missed} {
		ids[a] = w.book(a, clinic.ID)
	}
	w.clock.set(at(t, zone, "2026-07-06 08:00"))
	w.send()
	for _, a := range []bots.AccountID{came, said} {
		if _, err := w.bookings.CheckInSelf(t.Context(), booking.UserID(a), ids[a]); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.set(at(t, zone, "2026-07-06 11:59"))
	w.send()
	if got := w.phone.counts("review_request"); len(got) != 0 {
		t.Errorf("asked before their time: %v", got)
	}
	if _, err := w.bookings.Review(t.Context(), booking.UserID(said), ids[said], 5, ""); err != nil {
		t.Fatal(err)
	}
	w.clock.set(at(t, zone, "2026-07-06 18:30"))
	if _, err := w.bookings.MarkNoShows(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.send()
	if diff := cmp.Diff(map[bots.AccountID]int{came: 1}, w.phone.counts("review_request")); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[bots.AccountID]int{missed: 1}, w.phone.counts("no_show")); diff != "" {
		t.Errorf("told that they did not come (-want +got):\n%s", diff)
	}
}
