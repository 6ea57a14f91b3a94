package bots_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guahao/bots"
)

// Finish runs after the commit and without locks, for each delivery, and what it throws costs nobody the reply.
func TestFinish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	finished := 0
	in := bots.NewInbox(bots.InboxConfig{
		DB: w.db, Store: w.store(), Steps: w.steps, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		Finish: func(ctx context.Context, to bots.Account, reply *bots.Reply) error {
			finished++
			ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
			defer cancel()
			var rev int64 // a row lock that is still held would make this wait
			const read = "SELECT rev FROM chat_sessions WHERE account_id = ? FOR UPDATE"
			if err := w.db.GetContext(ctx, &rev, read, to.ID); err != nil || rev != reply.Rev {
				t.Errorf("the session is at %d, the reply at %d: %v", rev, reply.Rev, err)
			}
			reply.Files = []bots.File{{Name: "qr.png"}}
			switch finished {
			case 2:
				return errors.New("the provider does not answer")
			case 3:
				panic("nobody expected that")
			}
			return nil
		},
	})
	for delivery := 1; delivery <= 3; delivery++ {
		out := mustHandle(t, in, says("7", "1", "hello"))
		if len(out.Reply.Files) == 0 || out.Reply.Text != "1" {
			t.Errorf("delivery %d came to %+v", delivery, out.Reply)
		}
	}
	if n := strings.Count(w.log.String(), "could not be finished"); n != 2 || finished != 3 {
		t.Errorf("finished %d times, logged %d failures", finished, n)
	}
	// what has gone out is not finished again, but for WeChat, where each delivery is answered with the whole reply
	for platform, want := range map[bots.Platform]int{bots.Telegram: 1, bots.WeChat: 2} {
		u := says("8", "answered", "hello")
		u.Platform, finished = platform, 10
		mustHandle(t, in, u)
		if err := in.Answered(t.Context(), platform, u.Key); err != nil {
			t.Fatal(err)
		}
		if out := mustHandle(t, in, u); !out.Answered || finished != 10+want {
			t.Errorf("on %s the reply was finished %d times, answered: %v", platform, finished-10, out.Answered)
		}
	}
	finished = 3
	// someone who leaves is not told anything
	mustHandle(t, in, bots.Update{Platform: bots.Telegram, Key: "2", From: "7", Kind: bots.Unfollow})
	if finished != 3 {
		t.Error("a reply to someone who left was finished")
	}
}
