package bots_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
)

func TestRepeatedUpdateHasOneEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, other := w.replica(t), w.replica(t)
	first := mustHandle(t, in, says("7", "1", "hello"))
	if first.Repeated || first.Reply.Text != "1" || first.Reply.Rev != 1 {
		t.Fatalf("the first delivery came to %+v", first)
	}
	for _, replica := range []*bots.Inbox{in, other} {
		again := mustHandle(t, replica, says("7", "1", "hello"))
		if !again.Repeated || again.Answered {
			t.Errorf("a repetition came to %+v", again)
		}
		if diff := cmp.Diff(first.Reply, again.Reply); diff != "" {
			t.Errorf("a repetition has another reply: %s", diff)
		}
		if diff := cmp.Diff(first.Account, again.Account); diff != "" {
			t.Errorf("a repetition has another account: %s", diff)
		}
	}
	if n := len(w.steps.Steps()); n != 1 {
		t.Errorf("the step ran %d times", n)
	}
	// the control: under another key it is another update
	if out := mustHandle(t, in, says("7", "2", "hello")); out.Repeated || out.Reply.Text != "2" {
		t.Errorf("an update with a key of its own came to %+v", out)
	}
	// and the same key on another platform is another update
	u := says("7", "1", "hello")
	u.Platform = bots.WeChat
	if out := mustHandle(t, in, u); out.Repeated || out.Account.ID == first.Account.ID {
		t.Errorf("the same key of another platform came to %+v", out)
	}
}

func TestRepetitionWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.steps.hold = make(chan struct{})
	replicas := []*bots.Inbox{w.replica(t), w.replica(t)}
	mustHandle(t, replicas[0], says("7", "0", "hello"))
	outs := make([]bots.Outcome, 4)
	errs := make([]error, len(outs))
	var group sync.WaitGroup
	for n := range outs {
		group.Go(func() { outs[n], errs[n] = replicas[n%2].Handle(t.Context(), says("7", "1", "hold")) })
	}
	eventually(t, "the step runs", func() bool { return w.steps.Running() == 1 })
	close(w.steps.hold)
	group.Wait()
	firsts := 0
	for n, out := range outs {
		if errs[n] != nil {
			t.Fatalf("delivery %d: %v", n, errs[n])
		}
		if !out.Repeated {
			firsts++
		}
		if out.Reply.Text != "2" {
			t.Errorf("delivery %d got %q", n, out.Reply.Text)
		}
	}
	if firsts != 1 || len(w.steps.Steps()) != 2 {
		t.Errorf("%d deliveries were taken for the first one, the steps were %v", firsts, w.steps.Steps())
	}
}

func TestOnePersonOverTwoReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replicas := []*bots.Inbox{w.replica(t), w.replica(t)}
	const updates = 40
	replies := make([]string, updates)
	var group sync.WaitGroup
	for n := range updates {
		group.Go(func() {
			out, err := replicas[n%2].Handle(t.Context(), says("7", strconv.Itoa(n), "hello"))
			if err != nil {
				t.Errorf("update %d: %v", n, err)
			}
			replies[n] = out.Reply.Text
		})
	}
	group.Wait()
	got := map[string]bool{}
	for _, r := range replies {
		got[r] = true
	}
	for n := 1; n <= updates; n++ {
		if !got[strconv.Itoa(n)] {
			t.Errorf("no update was number %d: a change got lost", n)
		}
	}
	if w.steps.most != 1 {
		t.Errorf("%d steps of one person ran at once", w.steps.most)
	}
	var rev int64
	if err := w.db.Get(&rev, "SELECT rev FROM chat_sessions"); err != nil || rev != updates {
		t.Errorf("the session is at revision %d after %d updates (%v)\n%s", rev, updates, err, w.log)
	}
}

// The control of the test above: what is measured there is seen when two people's steps do run at once.
func TestTwoPeopleAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.steps.hold = make(chan struct{})
	in := w.replica(t)
	var group sync.WaitGroup
	for n := range 2 {
		group.Go(func() {
			if _, err := in.Handle(t.Context(), says(strconv.Itoa(n), strconv.Itoa(n), "hold")); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "two steps run at once", func() bool { return w.steps.Running() == 2 })
	close(w.steps.hold)
	group.Wait()
}

func TestFirstContactOverTwoReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replicas := []*bots.Inbox{w.replica(t), w.replica(t)}
	var group sync.WaitGroup
	for person := range 12 {
		for n := range 4 {
			group.Go(func() {
				u := says(strconv.Itoa(person), fmt.Sprintf("%d-%d", person, n), "hello")
				if _, err := replicas[n%2].Handle(t.Context(), u); err != nil {
					t.Errorf("a first update: %v", err)
				}
			})
		}
	}
	group.Wait()
	var accounts, own, sessions int
	if err := w.db.QueryRow("SELECT COUNT(1), SUM(user_id = id) FROM chat_accounts").Scan(&accounts, &own); err != nil {
		t.Fatal(err)
	}
	if err := w.db.Get(&sessions, "SELECT COUNT(1) FROM chat_sessions WHERE rev = 4"); err != nil {
		t.Fatal(err)
	}
	if accounts != 12 || own != 12 || sessions != 12 {
		t.Errorf("12 people have %d accounts, %d of them their own user's, and %d sessions at revision 4", accounts, own, sessions)
	}
}

func TestCrashBetweenCommitAndSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustHandle(t, w.replica(t), says("7", "1", "hello")) // and then the process dies
	in := w.replica(t)
	again := mustHandle(t, in, says("7", "1", "hello"))
	if !again.Repeated || again.Answered || again.Reply.Text != "1" {
		t.Fatalf("the second delivery came to %+v", again)
	}
	if err := in.Answered(t.Context(), bots.Telegram, "1"); err != nil {
		t.Fatal(err)
	}
	if third := mustHandle(t, in, says("7", "1", "hello")); !third.Answered {
		t.Error("a reply that went out is still to be sent")
	}
}

func TestStepFails(t *testing.T) {
	t.Parallel()
	reference := regexp.MustCompile(`reference ([A-Z0-9]{8})`)
	for _, text := range []string{"panic 11010519491231002X", "fail now"} {
		t.Run(strings.Fields(text)[0], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			in := w.replica(t)
			mustHandle(t, in, says("7", "1", "hello"))
			out := mustHandle(t, in, says("7", "2", text))
			found := reference.FindStringSubmatch(out.Reply.Text)
			if found == nil || len(out.Reply.Options) == 0 || out.Reply.Options[0].Command != "menu" {
				t.Fatalf("the person got %+v", out.Reply)
			}
			if logged := w.log.String(); !strings.Contains(logged, found[1]) || strings.Contains(logged, "11010519491231002X") {
				t.Errorf("the log should hold the reference %s and nothing personal:\n%s", found[1], logged)
			}
			if again := mustHandle(t, in, says("7", "2", text)); !again.Repeated || again.Reply.Text != out.Reply.Text {
				t.Errorf("a repetition came to %+v", again)
			}
			if n := len(w.steps.Steps()); n != 2 {
				t.Errorf("the steps ran %d times, the failed one should not be run again", n)
			}
			if next := mustHandle(t, in, says("7", "3", "hello")); next.Reply.Text != "2" || next.Reply.Rev != 2 {
				t.Errorf("the session did not stay as it was: %+v", next.Reply)
			}
			if _, counted := w.seen.Load(bots.OutcomeFailed); !counted {
				t.Error("the failure was not counted")
			}
		})
	}
}

func TestFollowAndUnfollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, store := w.replica(t), w.store()
	account := mustHandle(t, in, says("7", "1", "hello")).Account
	leave := bots.Update{Platform: bots.Telegram, Key: "2", From: "7", Kind: bots.Unfollow}
	if out := mustHandle(t, in, leave); !out.Reply.Empty() || !out.Account.Blocked {
		t.Errorf("leaving came to %+v", out)
	}
	if a, err := store.Account(t.Context(), account.ID); err != nil || !a.Blocked {
		t.Errorf("the account after leaving: %+v, %v", a, err)
	}
	if ids, err := store.Followers(t.Context(), 0, 10); err != nil || len(ids) != 0 {
		t.Errorf("the followers after leaving: %v, %v", ids, err)
	}
	come := bots.Update{Platform: bots.Telegram, Key: "3", From: "7", Kind: bots.Follow}
	if out := mustHandle(t, in, come); out.Reply.Text != "2" || out.Account.Blocked {
		t.Errorf("coming back came to %+v", out)
	}
	leave.Key = "4"
	mustHandle(t, in, leave)
	if out := mustHandle(t, in, says("7", "5", "hello")); out.Account.Blocked {
		t.Error("who writes is still marked as gone")
	}
	if ids, err := store.Followers(t.Context(), 0, 10); err != nil || len(ids) != 1 {
		t.Errorf("the followers at the end: %v, %v", ids, err)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.replica(t)
	u := says("7", "1", "hello")
	u.Lang = ""
	if out := mustHandle(t, in, u); out.Account.Lang != "zh" {
		t.Errorf("an account without a hint speaks %q", out.Account.Lang)
	}
	if out := mustHandle(t, in, says("7", "2", "lang en")); out.Account.Lang != "en" {
		t.Errorf("after changing it speaks %q", out.Account.Lang)
	}
	if out := mustHandle(t, in, says("7", "3", "fail")); !strings.HasPrefix(out.Reply.Text, "Sorry") {
		t.Errorf("an apology in English is %q", out.Reply.Text)
	}
}

func TestLateAnswerSaysSorry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.replica(t)
	u := says("7", "1", "hello")
	u.At = w.clock.Now()
	if out := mustHandle(t, in, u); out.Reply.Text != "1" {
		t.Errorf("an answer in time is %q", out.Reply.Text)
	}
	w.clock.Move(2 * time.Minute)
	if out := mustHandle(t, in, u); !strings.HasPrefix(out.Reply.Text, "Sorry") || !strings.HasSuffix(out.Reply.Text, "\n1") {
		t.Errorf("an answer after two minutes is %q", out.Reply.Text)
	}
}

func TestNothingPersonalIsReadableInTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustHandle(t, w.replica(t), says("7", "1", "hello"))
	var data, reply []byte
	if err := w.db.QueryRow("SELECT data, (SELECT reply FROM chat_inbox) FROM chat_sessions").Scan(&data, &reply); err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 || bytes.Contains(data, []byte(`"n"`)) || len(reply) == 0 || bytes.Contains(reply, []byte("Text")) {
		t.Errorf("the database holds %q and %q", data, reply)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.replica(t)
	for _, u := range []bots.Update{{}, says("", "1", "x"), says("7", "", "x")} {
		if _, err := in.Handle(t.Context(), u); err == nil {
			t.Errorf("%+v was handled", u)
		}
	}
	long := says("7", strings.Repeat("很", 300), "hello")
	mustHandle(t, in, long)
	if again := mustHandle(t, in, long); !again.Repeated {
		t.Error("an update with a long key has no memory")
	}
	if _, err := in.Handle(t.Context(), says("8", "1", "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Handle(t.Context(), says("9", "1", "a")); err == nil {
		t.Error("one person got the reply to another's update")
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, store := w.replica(t), w.store()
	var want []bots.AccountID
	for n := range 5 {
		want = append(want, mustHandle(t, in, says(strconv.Itoa(n), strconv.Itoa(n), "hello")).Account.ID)
	}
	got, err := store.Followers(t.Context(), want[0], 3)
	if diff := cmp.Diff(want[1:4], got); diff != "" || err != nil {
		t.Errorf("followers (-want +got): %s %v", diff, err)
	}
	a, err := store.Find(t.Context(), bots.Telegram, "2")
	if err != nil || a.ID != want[2] || a.User != bots.UserID(want[2]) {
		t.Errorf("found %+v, %v", a, err)
	}
	if list, err := store.AccountsOf(t.Context(), a.User); err != nil || len(list) != 1 || list[0] != a {
		t.Errorf("the person's accounts are %+v, %v", list, err)
	}
	if _, err := store.Find(t.Context(), bots.WeChat, "2"); err != bots.ErrNoAccount {
		t.Errorf("a stranger gives %v", err)
	}
	if _, err := store.Account(t.Context(), 999); err != bots.ErrNoAccount {
		t.Errorf("no account gives %v", err)
	}
}
