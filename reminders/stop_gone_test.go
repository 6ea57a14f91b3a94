package reminders_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
)

// Who has chosen a dearer place instead of a stopped clinic, and loses it, is told so, with what comes next: what can still be chosen, or that the money goes
// back. Whom no message reaches has to be phoned. Who has found another way out meanwhile is told nothing.
func TestAChosenPlaceIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	clinic := w.session("2026-07-06", 1, 10, 5000)
	dearer := w.session("2026-07-08", 1, 10, 7000)
	second := w.colleague("2026-07-06", 10)
	own := w.session("2026-07-13", 1, 10, 9000)
	unpaid, blocked, silent, refunded, alone, moved := w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh"), w.account(bots.Telegram, "en"), w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh"), w.account(bots.WeChat, "zh")
	visits := map[bots.AccountID]booking.AppointmentID{}
	for _, a := range []bots.AccountID{unpaid, blocked, silent, refunded, alone, moved} {
		visits[a] = w.book(a, clinic.ID)
	}
	if _, err := w.bookings.StopSchedule(t.Context(), 1, clinic.ID, "临时停诊"); err != nil {
		t.Fatal(err)
	}
	w.send()
	for _, a := range []bots.AccountID{unpaid, blocked, silent, refunded, moved} {
		w.choose(a, visits[a], dearer.ID)
	}
	w.reschedule(alone, visits[alone], own.ID) // of their own choice
	w.phone.says(func(to bots.Account, _ bots.Notice) error {
		if to.ID == blocked {
			return bots.ErrBlocked
		}
		return nil
	})
	w.clock.forward(17 * time.Minute) // holds end after fifteen, with a minute's grace
	if n, err := w.bookings.ExpireHolds(t.Context()); err != nil || n != 6 {
		t.Fatalf("%d holds ended, %v", n, err)
	}
	if _, err := w.bookings.RefundStopped(t.Context(), booking.UserID(refunded), visits[refunded], "refund"); err != nil {
		t.Fatal(err)
	}
	w.choose(moved, visits[moved], second.ID) // at once: it costs no more
	w.send()
	for account, want := range map[bots.AccountID][]string{
		unpaid: {"您改选的号没有保住：差价没有按时支付", "7月8日 周三", "同级医生 王医生", "全额退款 ¥50", "之前选一个"},
		silent: {"is gone: the difference was not paid in time", "Wed 8 Jul", "Dr Wang", "have your ¥50 back"},
		alone:  {"您改选的号没有保住", "7月13日 周一", "同级医生 王医生"},
	} {
		text := w.phone.last(account)
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("%q is not in:\n%s", words, text)
			}
		}
		k := w.caseOf(visits[account])
		var options []string
		for _, o := range k.Offers {
			options = append(options, fmt.Sprintf("switch %d", o.Visit.Appointment.ID))
		}
		options = append(options, fmt.Sprintf("refund %d", visits[account]), "my")
		if got := w.phone.options(account); len(k.Offers) == 0 || got != strings.Join(options, ",") {
			t.Errorf("the options are %s, want %v", got, options)
		}
		if k.Told != booking.ToldSent {
			t.Errorf("the case says %s", k.Told)
		}
	}
	if text := w.phone.last(silent); strings.Contains(text, "Cardiology") || strings.Contains(text, "张") {
		t.Errorf("told abroad:\n%s", text)
	}
	if k := w.caseOf(visits[blocked]); k.Told != booking.ToldPhone {
		t.Errorf("who has blocked the bot is %s", k.Told)
	}
	for _, a := range []bots.AccountID{refunded, moved} {
		if n := w.phone.counts("stop_gone")[a]; n != 0 {
			t.Errorf("who has found another way out was told %d times", n)
		}
	}
	if got := w.statuses(reminders.MoveExpired); len(got) != 0 {
		t.Errorf("somebody is told that their stopped visit is unchanged: %v", got)
	}
}

// The clinic that was chosen is stopped as well while its difference is being paid, and there is nothing else: the money goes back, and the notice says so.
func TestAChosenClinicIsStoppedAsWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	clinic, dearer := w.session("2026-07-06", 1, 10, 5000), w.session("2026-07-08", 1, 1, 7000)
	account := w.account(bots.WeChat, "zh")
	visit := w.book(account, clinic.ID)
	for _, c := range []booking.Schedule{clinic, dearer} {
		if _, err := w.bookings.StopSchedule(t.Context(), 1, c.ID, "停电"); err != nil {
			t.Fatal(err)
		}
		if c.ID == clinic.ID {
			w.choose(account, visit, dearer.ID)
		}
	}
	if err := w.bookings.ServeStops(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.send()
	if n := w.phone.counts("stop_gone")[account]; n != 1 {
		t.Fatalf("told %d times: %v", n, w.phone.kinds(account))
	}
	var text string
	for _, m := range w.phone.got {
		if m.notice.Kind == "stop_gone" {
			text = m.notice.Text
		}
	}
	for _, words := range []string{"这个门诊也停诊了", "原来已付的挂号费 ¥50 将全额原路退回"} {
		if !strings.Contains(text, words) {
			t.Errorf("%q is not in:\n%s", words, text)
		}
	}
}

// choose takes the place in a clinic that is held instead of a visit.
func (w *world) choose(account bots.AccountID, visit booking.AppointmentID, clinic booking.ScheduleID) {
	w.t.Helper()
	for _, o := range w.caseOf(visit).Offers {
		if o.Visit.Schedule.ID == clinic {
			if _, err := w.bookings.TakeStopOffer(w.t.Context(), booking.UserID(account), booking.AccountID(account), o.Visit.Appointment.ID, fmt.Sprint("choose ", visit, clinic)); err != nil {
				w.t.Fatal(err)
			}
			return
		}
	}
	w.t.Fatalf("nothing is held for visit %d in clinic %d", visit, clinic)
}

// reschedule moves a visit to a clinic of the patient's own choice.
func (w *world) reschedule(account bots.AccountID, visit booking.AppointmentID, clinic booking.ScheduleID) {
	w.t.Helper()
	slots, err := w.bookings.Slots(w.t.Context(), clinic)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.bookings.Reschedule(w.t.Context(), booking.MoveRequest{
		User: booking.UserID(account), Account: booking.AccountID(account), Appointment: visit, Slot: slots[0].ID, Key: fmt.Sprint("move ", visit),
	}); err != nil {
		w.t.Fatal(err)
	}
}

// colleague is a half-day of another doctor of the same title, for the same fee.
func (w *world) colleague(date booking.Date, places int) booking.Schedule {
	w.t.Helper()
	id := w.insert(`INSERT INTO doctors (hospital_id, department_id, code, name_zh, name_en, title, speciality_zh, speciality_en)
		SELECT hospital_id, department_id, 'd2', '王医生', 'Dr Wang', title, '', '' FROM doctors WHERE id = ?`, w.doctor)
	w.insert("UPDATE directory_revisions SET revision = revision + 1")
	c, err := w.bookings.AddSchedule(w.t.Context(), booking.DoctorID(id), date, booking.Session{
		Period: booking.Morning, Kind: booking.Expert, Fee: 5000, Room: "306诊室", StartMinute: 8 * 60, SlotMinutes: 30, Slots: 1, PerSlot: places,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
