package reminders_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mysql"
	"guahao/reminders"
)

func TestWhenQuietHoursEnd(t *testing.T) {
	t.Parallel()
	night, noon := reminders.Quiet{From: 22 * 60, To: 7 * 60}, reminders.Quiet{From: 12 * 60, To: 14*60 + 30}
	for _, tt := range []struct {
		name  string
		quiet reminders.Quiet
		now   string
		want  string // "": not quiet
	}{
		{"before the night", night, "2026-07-01 21:59", ""},
		{"its beginning", night, "2026-07-01 22:00", "2026-07-02 07:00"},
		{"after midnight", night, "2026-07-02 00:00", "2026-07-02 07:00"},
		{"its last minute", night, "2026-07-02 06:59", "2026-07-02 07:00"},
		{"its end", night, "2026-07-02 07:00", ""},
		{"the end of a month", night, "2026-07-31 23:00", "2026-08-01 07:00"},
		{"within a day", noon, "2026-07-01 13:00", "2026-07-01 14:30"},
		{"after it", noon, "2026-07-01 14:30", ""},
		{"never", reminders.Quiet{}, "2026-07-01 00:00", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := at(t, "Asia/Shanghai", tt.now)
			want := time.Time{}
			if tt.want != "" {
				want = at(t, "Asia/Shanghai", tt.want)
			}
			if got := tt.quiet.Until(now, now.Location()); !got.Equal(want) {
				t.Errorf("until %s, want %s", got, want)
			}
		})
	}
}

// Quiet hours hold what can wait, until they end; what is urgent comes at night, too, and the reminder of the day before comes rather at a bad
// hour than too late.
func TestQuietHoursAreKept(t *testing.T) {
	t.Parallel()
	const zone = "Asia/Shanghai"
	w := newWorld(t, zone)
	person, other := w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh")
	clinic := w.session("2026-07-06", 2, 1, 5000)
	id := w.book(person, clinic.ID)
	w.book(other, clinic.ID)
	w.send()
	keep := func(q reminders.Quiet) {
		t.Helper()
		if err := w.store.KeepQuiet(t.Context(), bots.UserID(person), q); err != nil {
			t.Fatal(err)
		}
	}
	keep(reminders.Quiet{From: 21 * 60, To: 8 * 60})
	w.clock.set(at(t, zone, "2026-07-03 02:00"))
	err := mysql.InTx(t.Context(), w.db, func(tx *sqlx.Tx) error { return w.store.Refunded(t.Context(), tx, id, 100) })
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		until string
		want  int
	}{{"2026-07-03 02:00", 0}, {"2026-07-03 07:59", 0}, {"2026-07-03 08:00", 1}} {
		w.clock.set(at(t, zone, step.until))
		w.send()
		if got := w.phone.counts("refunded")[person]; got != step.want {
			t.Errorf("by %s told %d times, want %d", step.until, got, step.want)
		}
	}
	keep(reminders.Quiet{From: 12 * 60, To: 11 * 60}) // to an hour that is too late for the reminder
	w.clock.set(at(t, zone, "2026-07-05 18:00"))
	w.send()
	if diff := cmp.Diff(map[bots.AccountID]int{person: 1, other: 1}, w.phone.counts("reminder")); diff != "" {
		t.Errorf("on the day before (-want +got):\n%s", diff)
	}
	w.clock.set(at(t, zone, "2026-07-06 03:00"))
	if _, err := w.bookings.StopSchedule(t.Context(), 1, clinic.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.send()
	if got := w.phone.counts("stopped")[person]; got != 1 {
		t.Errorf("at night told %d times that the clinic is stopped", got)
	}
}

// A person is not told what they have switched off; others are. What changes an appointment cannot be switched off.
func TestSwitchedOffKinds(t *testing.T) {
	t.Parallel()
	const zone = "Asia/Shanghai"
	w := newWorld(t, zone)
	person, other := w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh")
	clinic := w.session("2026-07-06", 2, 1, 5000)
	w.book(person, clinic.ID)
	w.book(other, clinic.ID)
	for _, k := range []reminders.Kind{reminders.Booked, reminders.DayBefore} {
		if err := w.store.Switch(t.Context(), bots.UserID(person), k, false); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []reminders.Kind{reminders.Stopped, reminders.Changed, reminders.Cancelled, reminders.Offer, reminders.Refunded, "nothing"} {
		if err := w.store.Switch(t.Context(), bots.UserID(person), k, false); !errors.Is(err, reminders.ErrNotRefusable) {
			t.Errorf("%s was switched off: %v", k, err)
		}
	}
	w.send()
	if err := w.store.Switch(t.Context(), bots.UserID(person), reminders.Booked, true); err != nil {
		t.Fatal(err)
	}
	w.clock.set(at(t, zone, "2026-07-05 18:00"))
	w.send()
	w.clock.set(at(t, zone, "2026-07-06 06:30"))
	w.send()
	if diff := cmp.Diff([]string{"reminder"}, w.phone.kinds(person)); diff != "" {
		t.Errorf("who wants less (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"booked", "reminder", "reminder"}, w.phone.kinds(other)); diff != "" {
		t.Errorf("who has said nothing (-want +got):\n%s", diff)
	}
	wishes, err := w.store.Wishes(t.Context(), bots.UserID(person))
	if err != nil || !wishes.Refuses(reminders.DayBefore) || wishes.Refuses(reminders.Booked) {
		t.Errorf("the wishes are %+v, %v", wishes, err)
	}
}

// Codes prove an address; wrong, old, used and too many ones do not. Another person's code is none.
func TestAddressesAreProved(t *testing.T) {
	t.Parallel()
	o := newOutfit(t)
	ctx := t.Context()
	const user, other = 41, 42
	is := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	for _, bad := range []string{"", "zhang", "zhang@", "@example.com", "zhang@example", "a b@example.com", "Zhang <zhang@example.com>", "zhang@[127.0.0.1]", "zhang@example.com\r\nBcc: x@example.com", "张@example.com"} {
		is(bad, o.ask(user, bad), reminders.ErrAddress)
	}
	_, err := o.store.ConfirmEmail(ctx, user, "123456")
	is("a code that nobody sent", err, reminders.ErrEmailCode)
	is("an address", o.ask(user, " Zhang@Example.com "), nil)
	code := o.code()
	_, err = o.store.ConfirmEmail(ctx, other, code)
	is("another person's code", err, reminders.ErrEmailCode)
	if address, err := o.store.Email(ctx, user); address != "" || err != nil {
		t.Errorf("before the code came back the address is %q, %v", address, err)
	}
	o.clock.forward(reminders.EmailCodeLife)
	_, err = o.store.ConfirmEmail(ctx, user, code)
	is("an old code", err, reminders.ErrEmailCode)
	is("the address again", o.ask(user, "Zhang@Example.com"), nil)
	if address, err := o.store.ConfirmEmail(ctx, user, o.code()); err != nil || address != "Zhang@example.com" {
		t.Errorf("confirmed %q, %v", address, err)
	}
	_, err = o.store.ConfirmEmail(ctx, user, o.code())
	is("a used code", err, reminders.ErrEmailCode)
	o.refuse(errors.New("421"), "email")
	is("a server that is away", o.ask(user, "li@example.com"), nil)
	o.refuse(nil)
	sent := len(o.mails)
	o.clock.forward(reminders.EmailCodeLife)
	o.send()
	if len(o.mails) != sent {
		t.Error("a code that is too old was sent")
	}
	is("one more", o.ask(user, "li@example.com"), nil)
	is("too many", o.ask(user, "li@example.com"), reminders.ErrEmailMany)
	if address, err := o.store.Email(ctx, user); address != "Zhang@example.com" || err != nil {
		t.Errorf("the address is %q, %v", address, err)
	}
	for range 10 {
		if _, err := o.store.ConfirmEmail(ctx, user, "000000"); err == nil {
			t.Error("a wrong code is taken")
		}
	}
	_, err = o.store.ConfirmEmail(ctx, user, o.code())
	is("too many tries", err, reminders.ErrEmailMany)
	is("out", o.store.DropEmail(ctx, user), nil)
	if address, err := o.store.Email(ctx, user); address != "" || err != nil {
		t.Errorf("taken out, the address is %q, %v", address, err)
	}
	var row []byte
	if err := o.db.Get(&row, "SELECT COALESCE(wanted, '') FROM notice_emails WHERE user_id = ?", user); err != nil || len(row) != 0 {
		t.Errorf("an address is left: %x, %v", row, err)
	}
}

// What two accounts of one person have said becomes one; what is forgotten is gone.
func TestWishesMoveAndAreForgotten(t *testing.T) {
	t.Parallel()
	o := newOutfit(t)
	ctx := t.Context()
	const from, to = 41, 42
	o.mailAddress(from, "zhang@example.com")
	for _, err := range []error{
		o.store.Switch(ctx, from, reminders.Booked, false), o.store.Switch(ctx, to, reminders.Booked, false), o.store.Switch(ctx, from, reminders.DayBefore, false),
		o.store.KeepQuiet(ctx, from, reminders.Quiet{From: 1, To: 2}), o.store.KeepQuiet(ctx, to, reminders.Quiet{From: 3, To: 4}),
		mysql.InTx(ctx, o.db, func(tx *sqlx.Tx) error { return o.store.MergeUsersTx(ctx, tx, from, to) }),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wishes, err := o.store.Wishes(ctx, to)
	if err != nil || !wishes.Refuses(reminders.Booked) || !wishes.Refuses(reminders.DayBefore) || wishes.Quiet.From != 3 {
		t.Errorf("the wishes are %+v, %v", wishes, err)
	}
	if address, err := o.store.Email(ctx, to); address != "zhang@example.com" || err != nil {
		t.Errorf("the address is %q, %v", address, err)
	}
	if err := o.store.Forget(ctx, to); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"notice_emails", "notice_refusals", "notice_quiet_hours"} {
		var rows int
		if err := o.db.Get(&rows, "SELECT COUNT(user_id) FROM "+table); err != nil || rows != 0 {
			t.Errorf("%s has %d rows, %v", table, rows, err)
		}
	}
}

// A person who can refuse is asked by nobody else: unknown users have the night.
func TestNobodysWishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	wishes, err := w.store.Wishes(t.Context(), 4711)
	if err != nil || len(wishes.Refused) != 0 || wishes.Quiet != (reminders.Quiet{From: 22 * 60, To: 7 * 60}) {
		t.Errorf("%+v, %v", wishes, err)
	}
	for _, bad := range []reminders.Quiet{{From: -1}, {To: 24 * 60}, {From: 24 * 60}} {
		if err := w.store.KeepQuiet(t.Context(), 4711, bad); err == nil {
			t.Errorf("%+v was kept", bad)
		}
	}
}
