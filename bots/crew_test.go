package bots_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"guahao/bots"
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
