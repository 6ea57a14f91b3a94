package reminders_test

import (
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/bots/telegram"
	"guahao/bots/telegram/telegramtest"
	"guahao/reminders"
)

// telegramWorld is a world whose Telegram is the strict simulator.
func telegramWorld(t *testing.T) (*world, *telegramtest.Server) {
	t.Helper()
	const token = "7000001:test-token"
	w := newWorld(t, "Asia/Shanghai")
	sim := telegramtest.New(telegramtest.Options{Token: token, Now: w.clock.now})
	t.Cleanup(sim.Close)
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	bot, err := telegram.New(telegram.Config{
		Token: token, API: api.URL, Client: api.Client(), Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
	}, w.accounts)
	if err != nil {
		t.Fatal(err)
	}
	w.store = reminders.New(reminders.Config{
		DB: w.db, Keys: w.keys, Bookings: w.bookings, Accounts: w.accounts, Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
		Senders: map[bots.Platform]bots.Sender{bots.Telegram: bot}, PublicURL: "https://hospital.example/",
	})
	return w, sim
}

// person is somebody who has started the bot: before that it may not write.
func (w *world) person(sim *telegramtest.Server, lang string) (bots.AccountID, *telegramtest.User) {
	w.t.Helper()
	id := w.account(bots.Telegram, lang)
	account, err := w.accounts.Account(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	chat, err := strconv.ParseInt(account.ExternalID, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	user := sim.User(chat, lang)
	user.Say("/start")
	return id, user
}

// shows checks how the bot's messages to a person begin.
func shows(t *testing.T, user *telegramtest.User, wants ...string) {
	t.Helper()
	var got []string
	for _, m := range user.Messages() {
		if m.From == "bot" {
			got = append(got, m.Text)
		}
	}
	if len(got) != len(wants) {
		t.Errorf("%d messages, want %d: %q", len(got), len(wants), got)
		return
	}
	for i, want := range wants {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("message %d is %q, want %q…", i, got[i], want)
		}
	}
}

// The outbox, the adapter and a Telegram that is strict: a card, a reminder, a 429, somebody who blocks the bot, a broadcast.
func TestThroughTelegram(t *testing.T) {
	t.Parallel()
	w, sim := telegramWorld(t)
	ann, annPhone := w.person(sim, "zh")
	bob, bobPhone := w.person(sim, "en")
	staff, staffPhone := w.person(sim, "zh")
	schedule := w.session("2026-07-06", 1, 5, 5000)
	w.book(ann, schedule.ID)
	w.book(bob, schedule.ID)

	sim.Faults.Fail("sendMessage", 429, 1, 1)
	for w.send(); w.statuses(reminders.Booked)[reminders.Sent] < 2; w.send() {
		select { // the adapter keeps Telegram's pace by the real clock, the outbox by ours
		case <-t.Context().Done():
		case <-time.After(100 * time.Millisecond):
			w.clock.forward(2 * time.Second)
		}
	}
	bobPhone.Block()
	w.clock.set(at(t, "Asia/Shanghai", "2026-07-05 18:00"))
	w.send()
	draft := reminders.Draft{Staff: 1, Account: staff, Filter: booking.AudienceFilter{Schedule: schedule.ID}, Text: "请从南门进院。"}
	if _, err := w.store.StartBroadcast(t.Context(), draft, "k"); err != nil {
		t.Fatal(err)
	}
	w.send()

	shows(t, annPhone, "✅ 预约成功", "⏰ 就诊提醒：您预约的就诊在明天", "📢 医院通知\n\n请从南门进院。")
	shows(t, bobPhone, "✅ Your appointment is booked")
	shows(t, staffPhone, "📊 群发完成，共 2 人：已送达 1，已屏蔽 1")
	if buttons := annPhone.Messages()[1].Buttons; len(buttons) != 1 || buttons[0][0].Data != "c:my" {
		t.Errorf("the card's buttons are %+v", buttons)
	}
	if account, err := w.accounts.Account(t.Context(), bob); err != nil || !account.Blocked {
		t.Errorf("bob is not marked as blocked: %v", err)
	}
	if violations := sim.Violations(); len(violations) > 0 {
		t.Errorf("Telegram complains: %q", violations)
	}
}
