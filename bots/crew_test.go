package bots_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mysql"
)

// Updates of many people that come at the same moment share a transaction; whoever of them fails, panics, is a stranger, repeats or takes another's key
// does so alone.
func TestOneBadStepDoesNotFailItsNeighbours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.steps.hold = make(chan struct{})
	in, other := w.replica(t), w.replica(t)
	for n := range 20 {
		mustHandle(t, in, says(fmt.Sprint("p", n), fmt.Sprint("first", n), "hello"))
	}
	var group sync.WaitGroup
	handle := func(in *bots.Inbox, u bots.Update, want func(bots.Outcome, error) bool) {
		group.Go(func() {
			if out, err := in.Handle(t.Context(), u); !want(out, err) {
				t.Errorf("%s of %s came to %+v, %v", u.Text, u.From, out.Reply, err)
			}
		})
	}
	second := func(out bots.Outcome, err error) bool { return err == nil && out.Reply.Text == "2" && !out.Repeated }
	either := func(out bots.Outcome, err error) bool {
		return err == nil && (out.Reply.Text == "2" || out.Reply.Text == "3")
	}
	sorry := func(out bots.Outcome, err error) bool {
		return err == nil && strings.Contains(out.Reply.Text, "reference")
	}
	for n := range 2 { // so many crews are on their way, and stay there: the others set out together
		handle(in, says(fmt.Sprint("p", n), fmt.Sprint("held", n), "hold"), second)
	}
	eventually(t, "two steps run", func() bool { return w.steps.Running() == 2 })
	for n := 2; n < 20; n++ {
		u := says(fmt.Sprint("p", n), fmt.Sprint("next", n), "hold")
		want := second
		switch n {
		case 3: // who writes to another replica, too, at this moment
			want = either
		case 5:
			u.Text, want = "panic at once", sorry
		case 9:
			u.Text, want = "fail", sorry
		case 13:
			u.Key = "first13"
			want = func(out bots.Outcome, err error) bool { return err == nil && out.Repeated && out.Reply.Text == "1" }
		case 17:
			u.Key = "first1" // somebody else's
			want = func(_ bots.Outcome, err error) bool { return err != nil }
		}
		handle(in, u, want)
	}
	handle(in, says("stranger", "new", "hello"), func(out bots.Outcome, err error) bool { return err == nil && out.Reply.Text == "1" })
	handle(other, says("p3", "elsewhere", "hello"), either)
	eventually(t, "all others have come as far", func() bool { return w.steps.Running() >= 15 })
	close(w.steps.hold)
	group.Wait()
	var revs int
	if err := w.db.Get(&revs, "SELECT SUM(rev) FROM chat_sessions"); err != nil || revs != 20+16+1+1 {
		t.Errorf("the sessions' revisions add up to %d, %v", revs, err)
	}
}

// culprit marks the context of an update that something beside the step panics with.
type culprit struct{}

// What panics beside the step of one costs the others of a crew nothing, and leaves the person's row free.
func TestAPanicBesideAStepIsThatPersonsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.steps.hold = make(chan struct{})
	in := bots.NewInbox(bots.InboxConfig{
		DB: w.db, Store: w.store(), Steps: w.steps, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		With: func(ctx context.Context, _ int64) context.Context {
			if ctx.Value(culprit{}) != nil {
				panic("what stands beside the session")
			}
			return ctx
		},
	})
	for n := range 7 {
		mustHandle(t, in, says(fmt.Sprint("p", n), fmt.Sprint("first", n), "hello"))
	}
	var group sync.WaitGroup
	handle := func(ctx context.Context, n int, text, want string) {
		group.Go(func() {
			if out, err := in.Handle(ctx, says(fmt.Sprint("p", n), fmt.Sprint("second", n), text)); err != nil || !strings.Contains(out.Reply.Text, want) {
				t.Errorf("the update of p%d came to %+v, %v", n, out.Reply, err)
			}
		})
	}
	for n := range 2 { // so many crews are on their way
		handle(t.Context(), n, "hold", "2")
	}
	eventually(t, "two steps run", func() bool { return w.steps.Running() == 2 })
	handle(context.WithValue(t.Context(), culprit{}, true), 2, "hold", "reference")
	for n := 3; n < 7; n++ {
		handle(t.Context(), n, "hold", "2")
	}
	eventually(t, "the others' steps run", func() bool { return w.steps.Running() == 6 })
	close(w.steps.hold)
	group.Wait()
	if out := mustHandle(t, in, says("p2", "third", "hello")); out.Reply.Text != "2" {
		t.Errorf("after it, p2 got %+v", out.Reply)
	}
}

// clumsy belongings panic when they shall be moved.
type clumsy struct{ moves }

func (*clumsy) MergeUsers(context.Context, bots.Tx, bots.UserID, bots.UserID) error {
	panic("what they have")
}

// A panic while accounts are linked leaves neither of them locked, nor half linked.
func TestAPanicWhileLinkingLeavesNothingLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := bots.NewInbox(bots.InboxConfig{
		DB: w.db, Store: w.store(), Steps: linking{}, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil)), Belongings: &clumsy{},
	})
	one, other := mustHandle(t, in, says("7", "1", "hello")).Account, says("oAnn", "1", "hello")
	other.Platform = bots.WeChat
	with := mustHandle(t, in, other).Account
	if out := mustHandle(t, in, says("7", "2", fmt.Sprint("link ", with.ID))); !strings.Contains(out.Reply.Text, "reference") {
		t.Errorf("the link came to %+v", out.Reply)
	}
	if user := userOf(t, w, one.ID); user != one.User {
		t.Errorf("the account is of user %d now, it was of %d", user, one.User)
	}
	for _, u := range []bots.Update{says("7", "3", "hello"), {Platform: bots.WeChat, Key: "3", From: "oAnn", Kind: bots.Text, Text: "hello"}} {
		if out := mustHandle(t, in, u); out.Reply.Text != "ok" {
			t.Errorf("after it, %s got %+v", u.From, out.Reply)
		}
	}
}

// Rows that cannot be read leave nothing locked.
func TestAFusedTransactionThatCannotBeReadIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := mustHandle(t, w.replica(t), says("7", "1", "hello")).Account
	const lock = "SELECT id FROM chat_accounts WHERE id = ? FOR UPDATE NOWAIT"
	func() {
		defer func() { _ = recover() }()
		_, err := mysql.Begin(t.Context(), w.db, func(*sqlx.Rows) error { panic("what was read") }, lock, account.ID)
		t.Errorf("it began: %v", err)
	}()
	var id bots.AccountID
	if err := w.db.Get(&id, lock, account.ID); err != nil {
		t.Errorf("the account is still locked: %v", err)
	}
}

// held is a conversation that tells of each step, stops at "hold" until it may go on, and forgets whoever asks for it.
type held struct {
	forgetful
	steps chan string // the texts
	goOn  chan struct{}
}

func (h *held) Step(ctx context.Context, turn bots.Turn) (bots.Result, error) {
	h.steps <- turn.Update.Text
	if turn.Update.Text == "hold" {
		<-h.goOn
	}
	return h.forgetful.Step(ctx, turn)
}

// Who is forgotten waits for the person's other accounts, and nobody of the crew does.
func TestForgettingKeepsNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	steps := &held{steps: make(chan string, 100), goOn: make(chan struct{})}
	in := bots.NewInbox(bots.InboxConfig{DB: w.db, Store: w.store(), Steps: steps, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	for _, from := range []string{"1", "2", "3"} {
		mustHandle(t, in, says(from, "first"+from, "hello"))
	}
	gone := mustHandle(t, in, says("7", "first7", "hello")).Account
	other := mustHandle(t, in, bots.Update{Platform: bots.WeChat, Key: "1", From: "oAnn", Kind: bots.Text, Text: "hello"}).Account
	if _, err := w.db.Exec("UPDATE chat_accounts SET user_id = ? WHERE id = ?", gone.User, other.ID); err != nil {
		t.Fatal(err)
	}
	tx := w.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec("SELECT id FROM chat_accounts WHERE id = ? FOR UPDATE", other.ID) // as whoever handles an update of it
	for len(steps.steps) > 0 {
		<-steps.steps
	}
	var all, third sync.WaitGroup
	handle := func(group *sync.WaitGroup, from, text string) {
		group.Go(func() {
			if out, err := in.Handle(t.Context(), says(from, "last"+from, text)); err != nil || out.Reply.Text != "ok" {
				t.Errorf("%s of %s came to %+v, %v", text, from, out.Reply, err)
			}
		})
	}
	for _, from := range []string{"1", "2"} { // so many crews are on their way
		handle(&all, from, "hold")
		<-steps.steps
	}
	handle(&third, "3", "and I")
	handle(&all, "7", "forget me")
	for range 2 {
		<-steps.steps
	}
	close(steps.goOn)
	third.Wait()
	if _, err := w.store().Find(t.Context(), bots.Telegram, "7"); err != nil {
		t.Errorf("who asked to be forgotten did not wait for their other account: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if _, err := w.store().Find(t.Context(), bots.Telegram, "7"); err == nil {
		t.Error("who asked to be forgotten is still known")
	}
	for len(steps.steps) > 0 {
		if text := <-steps.steps; text == "and I" {
			t.Error("the step of another was run again")
		}
	}
}
