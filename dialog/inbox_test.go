package dialog_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog"
)

// inboxes are two replicas of the program's inbox before the conversation, which share the world's database.
func (w *world) inboxes() [2]*bots.Inbox {
	var two [2]*bots.Inbox
	for n := range two {
		two[n] = bots.NewInbox(bots.InboxConfig{DB: w.db, Store: bots.NewStore(w.db, w.keys, w.now), Steps: w.dialog, Now: w.now, Log: slog.New(slog.DiscardHandler),
			Beside: booking.RevisionExpression, With: booking.Glance})
	}
	return two
}

// caller is somebody whose updates go through the inbox.
type caller struct {
	w    *world
	on   bots.Platform
	from string
	sent int
	last bots.Reply
}

// update gives what the person does a key of its own.
func (c *caller) update(u bots.Update) bots.Update {
	c.sent++
	u.Platform, u.From, u.At, u.Lang = c.on, c.from, c.w.now(), "zh"
	u.Key = fmt.Sprintf("%s-%d", c.from, c.sent)
	return u
}

func (c *caller) does(in *bots.Inbox, u bots.Update) bots.Outcome {
	c.w.t.Helper()
	out, err := in.Handle(context.Background(), c.update(u))
	c.w.check(err)
	c.last = out.Reply
	return out
}

func (c *caller) says(in *bots.Inbox, text string) bots.Outcome {
	return c.does(in, bots.Update{Kind: bots.Text, Text: text})
}

// image is all that updates can change, but for the inbox itself.
func (w *world) image() map[string]string {
	w.t.Helper()
	image := map[string]string{}
	for name, query := range map[string]string{
		"sessions":     "SELECT COALESCE(SUM(rev), 0) FROM chat_sessions",
		"states":       "SELECT COALESCE(SUM(CRC32(CONCAT(account_id, state, COALESCE(deadline_at, 0), COALESCE(HEX(data), 0)))), 0) FROM chat_sessions",
		"patients":     "SELECT COALESCE(SUM(CRC32(CONCAT(id, COALESCE(active, 0)))), 0) FROM patients",
		"appointments": "SELECT COALESCE(SUM(CRC32(CONCAT(id, status, version))), 0) FROM appointments",
		"taken":        "SELECT COALESCE(SUM(taken), 0) FROM slots",
		"events":       "SELECT COUNT(id) FROM appointment_events",
		"charges":      "SELECT COUNT(id) FROM charges",
		"waits":        "SELECT COUNT(id) FROM waitlist_entries",
	} {
		var value string
		w.check(w.db.Get(&value, query))
		image[name] = value
	}
	return image
}

// conserved holds the counts of places against the appointments that have them: none is lost, none is there twice.
func (w *world) conserved(t fataler) {
	t.Helper()
	var wrong int
	w.check(w.db.Get(&wrong, `SELECT COUNT(s.id) FROM slots s LEFT JOIN
		(SELECT slot_id, COUNT(id) AS held, COUNT(DISTINCT seq) AS numbers FROM appointments WHERE active = 1 GROUP BY slot_id) a ON a.slot_id = s.id
		WHERE s.taken <> COALESCE(a.held, 0) OR COALESCE(a.held, 0) <> COALESCE(a.numbers, 0) OR s.taken > s.capacity`))
	if wrong > 0 {
		t.Fatalf("%d slots do not count what is taken of them", wrong)
	}
}

// What is delivered again, to whichever replica, is answered with the same words and changes nothing.
func TestARepeatedUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.inboxes()
	names := 0
	rapid.Check(t, func(rt *rapid.T) {
		names++
		c := &caller{w: w, on: rapid.SampledFrom([]bots.Platform{bots.WeChat, bots.Telegram}).Draw(rt, "platform"), from: fmt.Sprint("caller", names)}
		// p is the same person as the random conversations draw from
		p := &person{w: w, account: bots.Account{ID: bots.AccountID(names), Platform: c.on}}
		for range rapid.IntRange(1, 14).Draw(rt, "length") {
			u := anything(rt, p)
			first := c.does(in[0], u)
			before := w.image()
			u = c.update(u)
			u.Key = fmt.Sprintf("%s-%d", c.from, c.sent-1)
			c.sent--
			for range rapid.IntRange(1, 2).Draw(rt, "again") {
				again, err := in[rapid.IntRange(0, 1).Draw(rt, "replica")].Handle(context.Background(), u)
				if err != nil || !again.Repeated {
					rt.Fatalf("a repetition of %+v came to %+v, %v", u, again, err)
				}
				if diff := cmp.Diff(first.Reply, again.Reply); diff != "" {
					rt.Fatalf("a repetition is answered otherwise (-first +again):\n%s", diff)
				}
			}
			if diff := cmp.Diff(before, w.image()); diff != "" {
				rt.Fatalf("a repetition of %+v changed something (-before +after):\n%s", u, diff)
			}
			p.last = first.Reply
			err := w.db.QueryRow("SELECT s.rev, s.state FROM chat_sessions s JOIN chat_accounts a ON a.id = s.account_id WHERE a.external_id = ?", c.from).
				Scan(&p.session.Rev, &p.session.State)
			if errors.Is(err, sql.ErrNoRows) { // who has deleted the account begins anew
				p.session, err = bots.Session{}, nil
			}
			w.check(err)
		}
		w.conserved(rt)
	})
	// the control: under a key of its own the same update is another one
	c := &caller{w: w, on: bots.Telegram, from: "control"}
	c.says(in[0], "挂号")
	before := w.image()
	c.says(in[0], "挂号")
	if cmp.Equal(before, w.image()) {
		t.Error("an update under another key changed nothing: the image sees too little")
	}
}

// twoAccounts gives one person an account on each platform, and a patient.
func (w *world) twoAccounts(in *bots.Inbox, n int) [2]*caller {
	w.t.Helper()
	two := [2]*caller{{w: w, on: bots.WeChat, from: fmt.Sprint("w", n)}, {w: w, on: bots.Telegram, from: fmt.Sprint("t", n)}}
	var user bots.UserID
	for i, c := range two {
		account := c.says(in, "你好").Account
		if i == 0 {
			user = account.User
		}
		_, err := w.db.Exec("UPDATE chat_accounts SET user_id = ? WHERE id = ?", user, account.ID)
		w.check(err)
	}
	_, err := w.bookings.AddPatient(context.Background(), booking.UserID(user), booking.NewPatient{
		Name: "王大山", Document: booking.ResidentID, Number: residentID(n), Phone: "13912345678", Relation: booking.Self,
	}, fmt.Sprint("two", n))
	w.check(err)
	return two
}

// visitsOf counts what holds a place of the person's.
func (w *world) visitsOf(c *caller) (n int) {
	w.t.Helper()
	w.check(w.db.Get(&n, `SELECT COUNT(p.id) FROM appointments p JOIN chat_accounts a ON a.user_id = p.user_id WHERE a.external_id = ? AND p.active = 1`, c.from))
	return n
}

// booksThursday is the way to one and the same half-day.
var booksThursday = []string{"李思敏", "周四", "1", "1", "确认预约"}

// giveBack returns what a person holds, so that the next one finds the same.
func (w *world) giveBack(c *caller) {
	w.t.Helper()
	var held []struct {
		ID   booking.AppointmentID
		User booking.UserID
	}
	w.check(w.db.Select(&held, `SELECT p.id, p.user_id AS user FROM appointments p JOIN chat_accounts a ON a.user_id = p.user_id WHERE a.external_id = ? AND p.active = 1`, c.from))
	for _, h := range held {
		w.check(w.bookings.GiveBack(context.Background(), h.User, h.ID, fmt.Sprint("back", h.ID)))
	}
	if n := w.visitsOf(c); n != 0 {
		w.t.Fatalf("%d places are still held after they were given back", n)
	}
}

// A person who confirms on both platforms at the same moment, on two replicas, is booked once.
func TestTwoPlatformsConfirmAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.inboxes()
	for n := 1; n <= 12; n++ {
		two := w.twoAccounts(in[0], n)
		for _, c := range two {
			for _, line := range booksThursday[:len(booksThursday)-1] {
				c.says(in[0], line)
			}
		}
		var group sync.WaitGroup
		for i, c := range two {
			group.Go(func() { c.says(in[i], "确认预约") })
		}
		group.Wait()
		if got := w.visitsOf(two[0]); got != 1 {
			t.Fatalf("%d visits hold a place:\n%s\n\n%s", got, two[0].last.Text, two[1].last.Text)
		}
		w.giveBack(two[0])
	}
	w.conserved(t)
	// the control: two people with the same words book twice
	first, second := w.twoAccounts(in[0], 50)[0], w.twoAccounts(in[0], 51)[0]
	for _, line := range booksThursday {
		first.says(in[0], line)
		second.says(in[0], line)
	}
	if w.visitsOf(first)+w.visitsOf(second) != 2 {
		t.Errorf("two people have %d and %d visits", w.visitsOf(first), w.visitsOf(second))
	}
	// and whoever does not pay loses the place, which is there again
	w.forward(2 * time.Hour)
	_, err := w.bookings.ExpireHolds(t.Context())
	w.check(err)
	w.conserved(t)
	if w.visitsOf(first)+w.visitsOf(second) != 0 {
		t.Error("what was not paid is still held")
	}
}

// Every state answers everything that people send, and can be left, even when it is come upon with nothing chosen.
func TestEveryStateAnswersEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	platforms := []bots.Platform{bots.WeChat, bots.Telegram}
	for state := range dialog.Edges() {
		for n, platform := range platforms {
			p := w.person(platform, "zh")
			p.session = bots.Session{Rev: 1, State: state, Data: json.RawMessage(`{"v":1}`)}
			for i, line := range lines {
				if i%len(platforms) == n { // each line on one platform: what a line means is no platform's
					checkReply(t, p.twin().says(line))
				}
			}
			for _, kind := range bots.Kinds() {
				switch kind {
				case bots.Timeout, bots.Unfollow, bots.Answer, bots.Release: // nobody is told of these, or by others
					continue
				}
				checkReply(t, p.twin().must(bots.Update{Kind: kind, Text: "1", Command: "menu"}))
			}
			for _, name := range commandNames {
				checkReply(t, p.twin().commands(name))
			}
			left := p.twin()
			left.says("主菜单")
			if left.session.State != "menu" {
				t.Errorf("主菜单 leads from %s to %s", state, left.session.State)
			}
		}
	}
}
