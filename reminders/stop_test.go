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

// Who may choose is told what, once, with a button for each way; who cannot be told has to be phoned. Nobody is reminded of what does not take place.
func TestTheOffersOfAStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	schedule := w.session("2026-07-06", 1, 10, 5000)
	w.session("2026-07-08", 1, 10, 3000)
	zh, en, blocks := w.account(bots.WeChat, "zh"), w.account(bots.Telegram, "en"), w.account(bots.WeChat, "zh")
	visits := map[bots.AccountID]booking.AppointmentID{}
	for _, a := range []bots.AccountID{zh, en, blocks} {
		visits[a] = w.book(a, schedule.ID)
	}
	w.send()
	w.phone.says(func(to bots.Account, _ bots.Notice) error {
		if to.ID == blocks {
			return bots.ErrBlocked
		}
		return nil
	})
	if n, err := w.bookings.StopSchedule(t.Context(), 1, schedule.ID, "临时停诊"); err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	for range 2 {
		w.send()
	}
	for account, want := range map[bots.AccountID][]string{
		zh: {"停诊通知", "临时停诊", "心内科", "同一位医生，7月8日 周三 08:00–08:30，退差价 ¥20", "全额退款 ¥50", "不计入爽约"},
		en: {"has been cancelled", "the same doctor, Wed 8 Jul 08:00–08:30, ¥20 goes back", "have your ¥50 back", "never counts"},
	} {
		text := w.phone.last(account)
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("%q is not in:\n%s", words, text)
			}
		}
		if n := w.phone.counts("stop_offer")[account]; n != 1 {
			t.Errorf("told %d times", n)
		}
		k := w.caseOf(visits[account])
		options := w.phone.options(account)
		if want := fmt.Sprintf("switch %d,refund %d,my", k.Offers[0].Visit.Appointment.ID, visits[account]); options != want {
			t.Errorf("the options are %s, want %s", options, want)
		}
		if k.Told != booking.ToldSent || k.Channel == "" {
			t.Errorf("the case says %+v", k)
		}
	}
	if text := w.phone.last(en); strings.Contains(text, "Cardiology") || strings.Contains(text, "张") {
		t.Errorf("told abroad:\n%s", text)
	}
	if k := w.caseOf(visits[blocks]); k.Told != booking.ToldPhone {
		t.Errorf("who has blocked the bot is %+v", k)
	}
	for range 8 * 4 { // to the other day
		w.clock.forward(6 * time.Hour)
		if err := w.bookings.ServeStops(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.send()
	}
	if n := w.phone.counts("reminder")[zh]; n != 0 {
		t.Errorf("reminded %d times of a visit that did not take place", n)
	}
	if got := w.statuses(reminders.HoursBefore); got[reminders.Sent] != 0 {
		t.Errorf("the reminders are %v", got)
	}
}

func (w *world) caseOf(id booking.AppointmentID) booking.StopCase {
	w.t.Helper()
	k, err := w.bookings.StopCaseOf(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// options are the commands of the last message to an account.
func (p *phone) options(to bots.AccountID) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var commands []string
	for _, m := range p.got {
		if m.to.ID == to {
			commands = nil
			for _, o := range m.notice.Options {
				commands = append(commands, o.Command)
			}
		}
	}
	return strings.Join(commands, ",")
}
