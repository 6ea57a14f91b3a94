package reminders_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
	"guahao/reminders/email"
	"guahao/reminders/sms"
)

// outfit is a program with all channels, each of which refuses what it is told to.
type outfit struct {
	*world
	mu      sync.Mutex
	refuses map[string]error // by the name of the way
	went    []string         // the ways that took a message, in order
	texts   map[string]string
	mails   []email.Message
}

func (o *outfit) take(way, text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.refuses[way]; err != nil {
		return err
	}
	o.went = append(o.went, way)
	o.texts[way] = text
	return nil
}

// took gives the ways that took a message since it was asked last.
func (o *outfit) took() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	went := o.went
	o.went = nil
	return went
}

// refuse says which ways take nothing from now on.
func (o *outfit) refuse(err error, ways ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuses = map[string]error{}
	for _, way := range ways {
		o.refuses[way] = err
	}
}

// channel is one of its ways.
type channel struct {
	o    *outfit
	name string
}

func (c channel) Send(_ context.Context, _ bots.Account, n bots.Notice) error {
	return c.o.take(c.name, n.Text)
}

// withTemplates is a chat that has templates.
type withTemplates struct{ channel }

func (c withTemplates) SendInChat(ctx context.Context, to bots.Account, n bots.Notice) error {
	return c.Send(ctx, to, n)
}

func (c withTemplates) SendTemplate(_ context.Context, _ bots.Account, n bots.Notice) error {
	return c.o.take("template", n.Text)
}

type texting struct{ o *outfit }

func (t texting) Send(_ context.Context, m sms.Message) (string, error) {
	return "", t.o.take("sms", m.To+" "+m.Kind+" "+m.Values["patient"])
}

func (t texting) Knows(kind string) bool { return kind != "offer" }

type mailing struct{ o *outfit }

func (m mailing) Send(_ context.Context, mail email.Message) error {
	if err := m.o.take("email", mail.To+" "+mail.Subject+"\n"+mail.Text); err != nil {
		return err
	}
	m.o.mu.Lock()
	defer m.o.mu.Unlock()
	m.o.mails = append(m.o.mails, mail)
	return nil
}

func newOutfit(t *testing.T) *outfit {
	t.Helper()
	o := &outfit{world: newWorld(t, "Asia/Shanghai"), texts: map[string]string{}}
	o.store = reminders.New(reminders.Config{
		DB: o.db, Keys: o.keys, Bookings: o.bookings, Accounts: o.accounts, Now: o.clock.now, Log: slog.New(slog.DiscardHandler),
		Senders: map[bots.Platform]bots.Sender{bots.WeChat: withTemplates{channel{o, "wechat"}}, bots.Telegram: channel{o, "telegram"}},
		SMS:     texting{o}, Mail: mailing{o},
		Calendar: func(context.Context, bots.Account, booking.AppointmentID) ([]byte, error) {
			return []byte("BEGIN:VCALENDAR"), nil
		},
	})
	return o
}

// ask asks for a code and sends it.
func (o *outfit) ask(user bots.UserID, address string) error {
	o.t.Helper()
	err := o.store.AskEmail(o.t.Context(), bots.Account{ID: o.anybody(), User: user, Lang: "zh"}, address)
	o.send()
	return err
}

// anybody is a chat account.
func (o *outfit) anybody() (id bots.AccountID) {
	o.t.Helper()
	if err := o.db.Get(&id, "SELECT COALESCE(MIN(id), 0) FROM chat_accounts"); err != nil {
		o.t.Fatal(err)
	}
	if id == 0 {
		return o.account(bots.WeChat, "zh")
	}
	return id
}

// mailAddress gives a person a confirmed address.
func (o *outfit) mailAddress(user bots.UserID, address string) {
	o.t.Helper()
	if err := o.ask(user, address); err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.store.ConfirmEmail(o.t.Context(), user, o.code()); err != nil {
		o.t.Fatal(err)
	}
	o.took()
	o.mails = nil
}

// code is the one in the last e-mail.
func (o *outfit) code() string {
	o.t.Helper()
	_, after, _ := strings.Cut(o.mails[len(o.mails)-1].Subject, "：")
	if len(after) != 6 {
		o.t.Fatalf("no code in %+v", o.mails[len(o.mails)-1])
	}
	return after
}

// linked is a person with an account on each platform.
func (o *outfit) linked() (wechat, telegram bots.AccountID) {
	o.t.Helper()
	wechat, telegram = o.account(bots.WeChat, "zh"), o.account(bots.Telegram, "zh")
	o.insert("UPDATE chat_accounts SET user_id = ? WHERE id = ?", wechat, telegram)
	return wechat, telegram
}

func TestTheWaysToAPerson(t *testing.T) {
	t.Parallel()
	o := newOutfit(t)
	wechat, telegram := o.linked()
	o.mailAddress(bots.UserID(wechat), "zhang@example.com")
	visit, err := o.bookings.Visit(t.Context(), o.book(wechat, o.session("2026-07-06", 2, 1, 5000).ID))
	if err != nil {
		t.Fatal(err)
	}
	ways := func(to bots.AccountID, k reminders.Kind, v booking.Visit) (names []string) {
		t.Helper()
		account, err := o.accounts.Account(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		list, err := o.store.Ways(t.Context(), account, k, v)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list {
			names = append(names, w.Name())
		}
		return names
	}
	for _, tt := range []struct {
		name  string
		to    bots.AccountID
		kind  reminders.Kind
		visit booking.Visit
		want  []string
	}{
		{"all of them", wechat, reminders.Stopped, visit, []string{"wechat", "telegram", "template", "sms", "email"}},
		{"their own chat first", telegram, reminders.Stopped, visit, []string{"telegram", "wechat", "template", "sms", "email"}},
		{"not worth an SMS", wechat, reminders.Refunded, visit, []string{"wechat", "telegram", "template", "email"}},
		{"no approved text for an SMS", wechat, reminders.Offer, visit, []string{"wechat", "telegram", "template", "email"}},
		{"no visit, no telephone", wechat, reminders.WaitOver, booking.Visit{}, []string{"wechat", "telegram", "template", "email"}},
		{"a broadcast is for a chat", telegram, reminders.Broadcast, booking.Visit{}, []string{"telegram"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ways(tt.to, tt.kind, tt.visit)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if err := o.accounts.SetBlocked(t.Context(), wechat, true); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"telegram", "sms", "email"}, ways(wechat, reminders.Stopped, visit)); diff != "" {
		t.Errorf("with WeChat blocked (-want +got):\n%s", diff)
	}
}

// A notice that one way does not take goes the next one, at once, and it is noted which way it went.
func TestANoticeTakesTheNextWay(t *testing.T) {
	t.Parallel()
	o := newOutfit(t)
	wechat, _ := o.linked()
	o.mailAddress(bots.UserID(wechat), "zhang@example.com")
	for i, want := range []string{"wechat", "telegram", "template", "sms", "email"} {
		refused := []string{"wechat", "telegram", "template", "sms", "email"}[:i]
		o.refuse(bots.ErrUnreachable, refused...)
		clinic := o.session(booking.Date("2026-07-06").Add(i), 1, 1, 5000)
		o.book(wechat, clinic.ID)
		o.clock.forward(time.Second)
		o.insert("UPDATE notices SET status = 'obsolete' WHERE kind <> 'stopped'")
		if _, err := o.bookings.StopSchedule(t.Context(), 1, clinic.ID, "医生外出"); err != nil {
			t.Fatal(err)
		}
		o.send()
		got := o.took()
		if len(got) == 0 || got[0] != want {
			t.Errorf("with %v refusing it went by %v", refused, got)
		}
		var by string
		if err := o.db.Get(&by, "SELECT told_by FROM notices WHERE kind = 'stopped' AND copy_by = '' ORDER BY id DESC LIMIT 1"); err != nil || by != want {
			t.Errorf("noted as told by %q, %v; want %q", by, err, want)
		}
		o.insert("UPDATE notices SET status = 'obsolete' WHERE status = 'queued'")
	}
	if text := o.texts["sms"]; !strings.HasPrefix(text, "13800138000 stopped") || strings.Contains(text, "张小三") {
		t.Errorf("the SMS is %q", text)
	}
	if text := o.texts["email"]; !strings.HasPrefix(text, "zhang@example.com 停诊通知") || strings.Contains(text, "张小三") {
		t.Errorf("the e-mail is %q", text)
	}
}

// What is urgent goes another way when a platform fails twice or asks for more than a minute; the rest waits for its own way.
func TestOnlyTheUrgentTakesAnotherWayThanItsOwn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		urgent bool
		tries  int // sendings after which it went by Telegram; 0: it waits for WeChat
	}{
		{"urgent, the platform fails", errors.New("502"), true, 2},
		{"urgent, asked to wait for an hour", &bots.RetryError{After: time.Hour, All: true}, true, 1},
		{"urgent, asked to wait for a moment", &bots.RetryError{After: time.Second}, true, 0},
		{"not urgent, the platform fails", errors.New("502"), false, 0},
		{"not urgent, asked to wait for an hour", &bots.RetryError{After: time.Hour}, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOutfit(t)
			wechat, _ := o.linked()
			clinic := o.session("2026-07-06", 1, 1, 5000)
			o.book(wechat, clinic.ID)
			if tt.urgent {
				o.insert("UPDATE notices SET status = 'obsolete'")
				if _, err := o.bookings.StopSchedule(t.Context(), 1, clinic.ID, ""); err != nil {
					t.Fatal(err)
				}
			}
			o.refuse(tt.err, "wechat")
			tries := 0
			for i := 1; i <= 3 && tries == 0; i++ {
				o.send()
				if len(o.took()) > 0 {
					tries = i
				}
				o.clock.forward(40 * time.Second)
			}
			if tries != tt.tries {
				t.Errorf("it went another way at try %d, want %d", tries, tt.tries)
			}
		})
	}
}

// Who has an address gets a copy there, once, with the calendar; who is reached by nothing else gets the one e-mail.
func TestCopiesByEmail(t *testing.T) {
	t.Parallel()
	o := newOutfit(t)
	wechat, without := o.account(bots.WeChat, "zh"), o.account(bots.WeChat, "zh")
	o.mailAddress(bots.UserID(wechat), "zhang@example.com")
	clinic := o.session("2026-07-06", 3, 1, 5000)
	o.book(wechat, clinic.ID)
	o.book(without, clinic.ID)
	for range 3 {
		o.send()
	}
	if diff := cmp.Diff([]string{"wechat", "wechat", "email"}, o.took()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(o.mails) != 1 || len(o.mails[0].Files) != 1 || o.mails[0].Files[0].Name != "visit.ics" || o.mails[0].Subject != "预约成功" {
		t.Errorf("the e-mails are %+v", o.mails)
	}
	if got := o.statuses(reminders.Booked); got[reminders.Sent] != 3 {
		t.Errorf("ended as %v", got)
	}
	o.refuse(bots.ErrUnreachable, "wechat", "template")
	o.book(wechat, o.session("2026-07-07", 1, 1, 5000).ID)
	for range 3 {
		o.send()
	}
	if diff := cmp.Diff([]string{"email"}, o.took()); diff != "" {
		t.Errorf("with the chat closed (-want +got):\n%s", diff)
	}
}
