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

// The outbox, the adapter and a Telegram that is strict: a card, a reminder, a 429, somebody who blocks the bot, a broadcast.
func TestThroughTelegram(t *testing.T) {
	t.Parallel()
	const token = "7000001:test-token"
	w := newWorld(t, "Asia/Shanghai")
	sim := telegramtest.New(telegramtest.Options{Token: token, Now: w.clock.now})
	t.Cleanup(sim.Close)
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	bot, err := telegram.New(telegram.Config{Token: token, API: api.URL, Client: api.Client(), Now: w.clock.now, Log: slog.New(slog.DiscardHandler)}, w.accounts)
	if err != nil {
		t.Fatal(err)
	}
	w.store = reminders.New(reminders.Config{
		DB: w.db, Keys: w.keys, Bookings: w.bookings, Accounts: w.accounts, Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
		Senders: map[bots.Platform]bots.Sender{bots.Telegram: bot}, PublicURL: "https://hospital.example/",
	})
	person := func(lang string) (bots.AccountID, *telegramtest.User) {
		id := w.account(bots.Telegram, lang)
		account, err := w.accounts.Account(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		chat, err := strconv.ParseInt(account.ExternalID, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		user := sim.User(chat, lang)
		user.Say("/start") // before that the bot may not write
		return id, user
	}
	ann, annPhone := person("zh")
	bob, bobPhone := person("en")
	staff, staffPhone := person("zh")
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

	for _, tt := range []struct {
		name  string
		user  *telegramtest.User
		wants []string
	}{
		{"ann", annPhone, []string{"✅ 预约成功", "⏰ 就诊提醒：您预约的就诊在明天", "📢 医院通知\n\n请从南门进院。"}},
		{"bob", bobPhone, []string{"✅ Your appointment is booked"}},
		{"staff", staffPhone, []string{"📊 群发完成，共 2 人：已送达 1，已屏蔽 1"}},
	} {
		var got []telegramtest.Message
		for _, m := range tt.user.Messages() {
			if m.From == "bot" {
				got = append(got, m)
			}
		}
		if len(got) != len(tt.wants) {
			t.Errorf("%s has %d messages, want %d: %+v", tt.name, len(got), len(tt.wants), got)
			continue
		}
		for i, want := range tt.wants {
			if !strings.HasPrefix(got[i].Text, want) {
				t.Errorf("%s: message %d is %q, want %q…", tt.name, i, got[i].Text, want)
			}
		}
	}
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
