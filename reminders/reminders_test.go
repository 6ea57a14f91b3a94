package reminders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/money"
	"guahao/internal/mysql"
	"guahao/reminders"
)

// at is an instant on a zone's clocks.
func at(t *testing.T, zone, text string) time.Time {
	t.Helper()
	where, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	instant, err := time.ParseInLocation("2006-01-02 15:04", text, where)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func TestRemindersComeAtTheirTimeInTheHospitalsZone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, zone string
		visit      booking.Date // at 08:00
		day, soon  string       // on the zone's clocks
	}{
		{"Shanghai", "Asia/Shanghai", "2026-07-06", "2026-07-05 18:00", "2026-07-06 06:00"},
		{"a half-hour zone", "Asia/Kolkata", "2026-07-06", "2026-07-05 18:00", "2026-07-06 06:00"},
		{"the first zone of the day", "Pacific/Kiritimati", "2026-07-06", "2026-07-05 18:00", "2026-07-06 06:00"},
		{"the last zone of the day", "Pacific/Niue", "2026-07-06", "2026-07-05 18:00", "2026-07-06 06:00"},
		{"the end of a month", "Asia/Shanghai", "2026-08-01", "2026-07-31 18:00", "2026-08-01 06:00"},
		{"clocks put forward in the night", "Africa/Cairo", "2026-04-24", "2026-04-23 18:00", "2026-04-24 06:00"},
		{"clocks put back in the night", "Europe/Berlin", "2026-10-25", "2026-10-24 18:00", "2026-10-25 06:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.zone)
			w.clock.set(at(t, tt.zone, tt.day).Add(-72 * time.Hour))
			account := w.account(bots.WeChat, "zh")
			w.book(account, w.session(tt.visit, 1, 1, 5000).ID)
			for _, step := range []struct {
				until time.Time
				want  []string
			}{
				{w.clock.now(), []string{"booked"}},
				{at(t, tt.zone, tt.day).Add(-12 * time.Hour), []string{"booked"}}, // the row is claimed early and put back
				{at(t, tt.zone, tt.day).Add(-time.Microsecond), []string{"booked"}},
				{at(t, tt.zone, tt.day), []string{"booked", "reminder"}},
				{at(t, tt.zone, tt.soon).Add(-time.Microsecond), []string{"booked", "reminder"}},
				{at(t, tt.zone, tt.soon), []string{"booked", "reminder", "reminder"}},
				{at(t, tt.zone, tt.soon).Add(time.Hour), []string{"booked", "reminder", "reminder"}},
			} {
				w.clock.set(step.until)
				w.send()
				if diff := cmp.Diff(step.want, w.phone.kinds(account)); diff != "" {
					t.Errorf("by %s (-want +got):\n%s", step.until, diff)
				}
			}
		})
	}
}

func TestNoReminderForWhatWasPastWhenBooked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, now string
		want      []string
	}{
		{"a minute before six", "2026-07-05 17:59", []string{"booked", "reminder", "reminder"}},
		{"at six", "2026-07-05 18:00", []string{"booked", "reminder"}},
		{"the same morning, early", "2026-07-06 05:59", []string{"booked", "reminder"}},
		{"less than two hours before", "2026-07-06 06:00", []string{"booked"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const zone = "Asia/Shanghai"
			w := newWorld(t, zone)
			w.clock.set(at(t, zone, tt.now))
			account := w.account(bots.WeChat, "zh")
			w.book(account, w.session("2026-07-06", 1, 1, 5000).ID)
			for end := at(t, zone, "2026-07-06 09:00"); w.clock.now().Before(end); w.clock.forward(time.Minute) {
				w.send()
			}
			if diff := cmp.Diff(tt.want, w.phone.kinds(account)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// After a long outage nobody is reminded of a visit that has begun, or twice of one that is about to.
func TestLateRemindersAreDropped(t *testing.T) {
	t.Parallel()
	const zone = "Asia/Shanghai"
	w := newWorld(t, zone)
	account := w.account(bots.WeChat, "zh")
	w.book(account, w.session("2026-07-06", 1, 1, 5000).ID)
	w.send()
	w.clock.set(at(t, zone, "2026-07-06 07:00"))
	w.send()
	if diff := cmp.Diff([]string{"booked", "reminder"}, w.phone.kinds(account)); diff != "" {
		t.Errorf("an hour before the visit (-want +got):\n%s", diff)
	}
	if text := w.phone.last(account); !strings.Contains(text, "两小时") {
		t.Errorf("got %q", text)
	}
	other := w.account(bots.WeChat, "zh")
	w.book(other, w.session("2026-07-08", 1, 1, 5000).ID)
	w.send()
	w.clock.set(at(t, zone, "2026-07-08 08:00"))
	w.send()
	if diff := cmp.Diff([]string{"booked"}, w.phone.kinds(other)); diff != "" {
		t.Errorf("when the visit has begun (-want +got):\n%s", diff)
	}
}

func TestWhatEachChangeTells(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	schedule := w.session("2026-07-06", 4, 1, 5000)

	cancelled := w.account(bots.WeChat, "zh")
	w.cancel(cancelled, w.book(cancelled, schedule.ID))
	expired := w.account(bots.Telegram, "en")
	w.hold(expired, schedule.ID)
	back := w.account(bots.WeChat, "zh")
	if err := w.bookings.GiveBack(t.Context(), booking.UserID(back), w.hold(back, schedule.ID), "back"); err != nil {
		t.Fatal(err)
	}
	stopped := w.account(bots.WeChat, "zh")
	w.book(stopped, schedule.ID)
	free := w.account(bots.WeChat, "zh")
	w.hold(free, w.session("2026-07-07", 1, 1, 0).ID)

	w.send()
	w.clock.forward(30 * time.Minute)
	if _, err := w.bookings.ExpireHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.bookings.StopSchedule(t.Context(), 1, schedule.ID, "林医生临时出诊急救"); err != nil {
		t.Fatal(err)
	}
	w.send()
	for _, tt := range []struct {
		name    string
		account bots.AccountID
		kinds   []string
		says    string
	}{
		{"cancelled before the card was out", cancelled, []string{"cancelled"}, "原路退回 ¥50"},
		{"not paid in time", expired, []string{"expired"}, "not paid in time"},
		{"given back", back, []string{}, ""},
		{"stopped", stopped, []string{"booked", "stopped"}, "医院说明：林医生临时出诊急救"},
		{"free of charge: the chat itself has shown the card", free, []string{}, ""},
	} {
		if diff := cmp.Diff(tt.kinds, w.phone.kinds(tt.account)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if text := w.phone.last(tt.account); !strings.Contains(text, tt.says) {
			t.Errorf("%s: got %q", tt.name, text)
		}
	}
	var payloads int
	if err := w.db.Get(&payloads, "SELECT COUNT(id) FROM notices WHERE ended_at IS NOT NULL AND payload IS NOT NULL"); err != nil || payloads != 0 {
		t.Errorf("%d notices kept their details, %v", payloads, err)
	}
}

func TestMoneyNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	account := w.account(bots.Telegram, "zh")
	id := w.hold(account, w.session("2026-07-06", 1, 1, 5000).ID)
	err := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error {
		if err := w.store.PaidTooLate(t.Context(), tx, id, 5000, booking.CodeSlotFull); err != nil {
			return err
		}
		if err := w.store.Refunded(t.Context(), tx, id, 2000); err != nil {
			return err
		}
		return w.store.Refunded(t.Context(), tx, id, 3000)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.send()
	counts := map[string]int{}
	for _, kind := range w.phone.kinds(account) {
		counts[kind]++
	}
	if diff := cmp.Diff(map[string]int{"paid_late": 1, "refunded": 2}, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A cancelled visit is never reminded: not if it is cancelled after the reminder was queued, nor after it was claimed.
func TestCancelledVisitIsNotReminded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		check bool
		want  []string
	}{
		{"with the check", true, []string{"booked", "cancelled"}},
		{"negative control: without it", false, []string{"booked", "cancelled", "reminder"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "Asia/Shanghai")
			if !tt.check {
				w.store.DoNotCheck()
			}
			account := w.account(bots.WeChat, "zh")
			id := w.book(account, w.session("2026-07-06", 1, 1, 5000).ID)
			w.send()
			w.clock.set(at(t, "Asia/Shanghai", "2026-07-05 16:00"))
			w.send()
			found, err := w.store.Due(t.Context())
			if err != nil || len(found) != 0 {
				t.Fatalf("due too early: %v, %v", found, err)
			}
			w.cancel(account, id)
			w.clock.set(at(t, "Asia/Shanghai", "2026-07-05 18:00"))
			w.send()
			if diff := cmp.Diff(tt.want, w.phone.kinds(account)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.check && w.statuses(reminders.DayBefore)[reminders.Obsolete] != 1 {
				t.Errorf("the reminder ended as %v", w.statuses(reminders.DayBefore))
			}
		})
	}
}

func TestCancelledBetweenClaimAndSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	account := w.account(bots.WeChat, "zh")
	id := w.book(account, w.session("2026-07-06", 1, 1, 5000).ID)
	found, err := w.store.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	claimed, err := w.store.Claim(t.Context(), found)
	if err != nil || len(claimed) == 0 {
		t.Fatalf("claimed %v, %v", claimed, err)
	}
	w.cancel(account, id)
	if err := w.store.Deliver(t.Context(), claimed); err != nil {
		t.Fatal(err)
	}
	if kinds := w.phone.kinds(account); len(kinds) != 0 {
		t.Errorf("got %v", kinds)
	}
}

// What staff add (加号), nobody has asked for in the chat: it is told, to be paid where it is paid online, as booked where it is paid at the
// hospital or free.
func TestWhatStaffAddIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fee    money.Fen
		atDesk bool
		want   reminders.Kind
	}{{5000, false, reminders.Extra}, {5000, true, reminders.Booked}, {0, false, reminders.Booked}} {
		w := newWorld(t, "Asia/Shanghai")
		account := w.account(bots.WeChat, "zh")
		clinic := w.session("2026-07-06", 1, 1, tt.fee)
		id := w.extra(account, clinic)
		if tt.atDesk {
			err := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error {
				_, err := w.bookings.ConfirmTx(t.Context(), tx, id, booking.AtDesk)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		w.send()
		if told := w.statuses(tt.want); told[reminders.Sent] != 1 {
			t.Errorf("for %s yuan, at the desk %t: %s is %v", tt.fee, tt.atDesk, tt.want, told)
		}
		if text := w.phone.last(account); !strings.Contains(text, "加1") {
			t.Errorf("it says:\n%s", text)
		}
	}
}

// Where the fee is paid at the hospital, the chat itself has said that it is booked, and only the reminders are queued.
func TestAFeeAtTheDeskIsNotToldAsPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	account := w.account(bots.WeChat, "zh")
	id := w.hold(account, w.session("2026-07-06", 1, 1, 5000).ID)
	err := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error {
		_, err := w.bookings.ConfirmTx(t.Context(), tx, id, booking.AtDesk)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.statuses(reminders.Booked)) != 0 || len(w.statuses(reminders.DayBefore)) != 1 || len(w.statuses(reminders.HoursBefore)) != 1 {
		t.Errorf("the notices are %v, %v, %v", w.statuses(reminders.Booked), w.statuses(reminders.DayBefore), w.statuses(reminders.HoursBefore))
	}
	w.cancel(account, id)
	w.send()
	if text := w.phone.last(account); strings.Contains(text, "退") || !strings.Contains(text, "已取消") {
		t.Errorf("the cancellation says:\n%s", text)
	}
}

// What is queued belongs to the transaction, needs no connection but its own, and is queued once.
func TestQueueBelongsToTheTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	account := w.account(bots.WeChat, "zh")
	id := w.book(account, w.session("2026-07-06", 1, 1, 5000).ID)
	visit, err := w.bookings.Visit(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	w.db.MustExec("DELETE FROM notices")
	change := booking.Change{Appointment: visit.Appointment, From: booking.Held, Reason: booking.ByPayment, At: w.clock.now()}
	w.db.SetMaxOpenConns(1)
	undone := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error {
		if err := w.store.Appointment(t.Context(), tx, change); err != nil {
			t.Error(err)
		}
		return booking.ErrConflict
	})
	if left := w.statuses(reminders.Booked); undone == nil || len(left) != 0 {
		t.Errorf("a change that was undone left %v", left)
	}
	err = mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error {
		for range 2 {
			if err := w.store.Appointment(t.Context(), tx, change); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.db.SetMaxOpenConns(10)
	w.send()
	if diff := cmp.Diff([]string{"booked"}, w.phone.kinds(account)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
