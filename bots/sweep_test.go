package bots_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
)

func TestTimeoutHappensOnceOverTwoReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replicas := []*bots.Inbox{w.replica(t), w.replica(t)}
	mustHandle(t, replicas[0], says("7", "1", "wait 10"))
	sweepBoth(t, replicas)
	if n := len(w.steps.Steps()); n != 1 {
		t.Fatalf("a timeout before its time: %v", w.steps.Steps())
	}
	w.clock.Move(11 * time.Minute)
	sweepBoth(t, replicas)
	sweepBoth(t, replicas)
	if got := w.steps.Steps(); len(got) != 2 || !strings.Contains(got[1], ":timeout:") {
		t.Errorf("the steps were %v", got)
	}
	// only what works from any message is offered
	if diff := cmp.Diff([]string{"7 timeout: timeout [menu]"}, w.out.Sent()); diff != "" {
		t.Errorf("what was sent (-want +got): %s", diff)
	}
	if out := mustHandle(t, replicas[1], says("7", "2", "hello")); out.Reply.Text != "3" {
		t.Errorf("the update after the timeout is number %s", out.Reply.Text)
	}
}

func sweepBoth(t *testing.T, replicas []*bots.Inbox) {
	t.Helper()
	var group sync.WaitGroup
	for _, in := range replicas {
		group.Go(func() {
			if err := in.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestAnAnswerInTimeEndsTheTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.replica(t)
	mustHandle(t, in, says("7", "1", "wait 10"))
	mustHandle(t, in, says("7", "2", "hello"))
	w.clock.Move(time.Hour)
	if err := in.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(w.steps.Steps()); n != 2 || len(w.out.Sent()) != 0 {
		t.Errorf("the steps were %v, and %v was sent", w.steps.Steps(), w.out.Sent())
	}
}

func TestTimeoutOfSomeoneWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.replica(t)
	mustHandle(t, in, says("7", "1", "wait 10"))
	mustHandle(t, in, bots.Update{Platform: bots.Telegram, Key: "2", From: "7", Kind: bots.Unfollow})
	w.clock.Move(time.Hour)
	if err := in.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(w.steps.Steps()); n != 2 {
		t.Errorf("the steps were %v: what is held should still be released", w.steps.Steps())
	}
	if sent := w.out.Sent(); len(sent) != 0 {
		t.Errorf("someone who left was sent %v", sent)
	}
}

func TestTimeoutThatFailsDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.replica(t)
	mustHandle(t, in, says("7", "1", "wait 10"))
	w.clock.Move(time.Hour)
	w.steps.before = func(turn bots.Turn) {
		if turn.Update.Kind == bots.Timeout {
			panic("broken")
		}
	}
	for range 3 {
		if err := in.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.steps.Steps()); n != 2 || len(w.out.Sent()) != 0 {
		t.Errorf("the steps were %v, and %v was sent", w.steps.Steps(), w.out.Sent())
	}
	var due int
	if err := w.db.Get(&due, "SELECT COUNT(1) FROM chat_sessions WHERE deadline_at IS NOT NULL"); err != nil || due != 0 {
		t.Errorf("%d sessions are still due (%v)", due, err)
	}
}

func TestOldUpdatesAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.replica(t)
	mustHandle(t, in, says("7", "1", "hello"))
	w.clock.Move(48 * time.Hour)
	mustHandle(t, in, says("7", "2", "hello"))
	w.clock.Move(25 * time.Hour)
	if err := in.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var keys []string
	if err := w.db.Select(&keys, "SELECT dedupe_key FROM chat_inbox"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2"}, keys); diff != "" {
		t.Errorf("what is remembered after three days (-want +got): %s", diff)
	}
}

// meeting is a Sender whose first messages wait for each other.
type meeting struct {
	sync.WaitGroup
	left atomic.Int32
}

func (m *meeting) Send(ctx context.Context, _ bots.Account, _ bots.Notice) error {
	m.Done()
	met := make(chan struct{})
	go func() { m.Wait(); close(met) }()
	select {
	case <-met:
		m.left.Add(-1)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A chat that does not answer keeps the timeouts of the others waiting as little as can be.
func TestTimeoutsAreSentTogether(t *testing.T) {
	t.Parallel()
	const people = 6
	w, all := newWorld(t), &meeting{}
	all.Add(people)
	all.left.Store(people)
	in := bots.NewInbox(bots.InboxConfig{
		DB: w.db, Store: w.store(), Steps: w.steps, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		Senders: map[bots.Platform]bots.Sender{bots.Telegram: all},
	})
	for n := range people {
		mustHandle(t, in, says(fmt.Sprint(n), fmt.Sprint("key ", n), "wait 10"))
	}
	w.clock.Move(11 * time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if err := in.Sweep(ctx); err != nil {
		t.Error(err)
	}
	if n := all.left.Load(); n != 0 {
		t.Errorf("%d of %d messages waited for the others in vain", n, people)
	}
}
