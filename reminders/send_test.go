package reminders_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/reminders"
)

// booked makes n booked appointments, each of an account of its own.
func (w *world) booked(n int) []bots.AccountID {
	w.t.Helper()
	schedule := w.session("2026-07-06", 1, n, 5000)
	accounts := make([]bots.AccountID, n)
	for i := range accounts {
		accounts[i] = w.account([]bots.Platform{bots.WeChat, bots.Telegram}[i%2], "zh")
		w.book(accounts[i], schedule.ID)
	}
	return accounts
}

// each says that each account got so many.
func each(accounts []bots.AccountID, n int) map[bots.AccountID]int {
	want := map[bots.AccountID]int{}
	for _, a := range accounts {
		want[a] = n
	}
	return want
}

func TestReplicasTellEverybodyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(200)
	var wait sync.WaitGroup
	for range 3 {
		replica := w.replica()
		wait.Go(func() {
			if err := replica.Send(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if diff := cmp.Diff(each(accounts, 1), w.phone.counts("booked")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := w.statuses(reminders.Booked); got[reminders.Sent] != 200 {
		t.Errorf("ended as %v", got)
	}
}

// meet lets no sending end before n have begun.
func meet(n int32) func(bots.Account, bots.Notice) error {
	var begun atomic.Int32
	all := make(chan struct{})
	return func(bots.Account, bots.Notice) error {
		if begun.Add(1) == n {
			close(all)
		}
		<-all
		return nil
	}
}

// claimAndDeliver lets replicas claim what each has found, and send when all have claimed.
func claimAndDeliver(t *testing.T, replicas []*reminders.Store, found []reminders.Found) {
	t.Helper()
	var claiming, sending sync.WaitGroup
	claiming.Add(len(replicas))
	for i, r := range replicas {
		sending.Go(func() {
			claimed, err := r.Claim(t.Context(), found[i])
			claiming.Done()
			claiming.Wait()
			if err := errors.Join(err, r.Deliver(t.Context(), claimed)); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
}

// Two replicas that read the same rows before either claims them: the claim's condition decides. Without it, each is told twice.
func TestClaimDecides(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		guard bool
		want  int
	}{
		{"with its condition", true, 1},
		{"negative control: without it", false, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "Asia/Shanghai")
			accounts := w.booked(20)
			replicas := []*reminders.Store{w.replica(), w.replica()}
			found := make([]reminders.Found, len(replicas))
			for i, r := range replicas {
				if !tt.guard {
					r.ClaimAnything()
				}
				var err error
				if found[i], err = r.Due(t.Context()); err != nil || len(found[i]) < 20 {
					t.Fatalf("found %d, %v", len(found[i]), err)
				}
			}
			if !tt.guard {
				w.phone.says(meet(32)) // both replicas' sixteen
			}
			claimAndDeliver(t, replicas, found)
			got := w.phone.counts("booked")
			if tt.want == 2 { // of the last four, who is first may end a row before the other holds it
				for a, n := range got {
					if n == 1 {
						delete(got, a)
					}
				}
				if len(got) < 16 {
					t.Errorf("%d were told twice: the test with the condition proves nothing", len(got))
				}
				return
			}
			if diff := cmp.Diff(each(accounts, tt.want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatADeadReplicaHeldIsSentByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(3)
	dead, alive := w.replica(), w.replica()
	found, err := dead.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	held, err := dead.Claim(t.Context(), found)
	if err != nil || len(held) != 3 {
		t.Fatalf("claimed %d, %v", len(held), err)
	}
	w.clock.forward(time.Minute)
	if err := alive.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.phone.counts("booked"); len(got) != 0 {
		t.Errorf("sent while another held them: %v", got)
	}
	w.clock.forward(time.Minute)
	if err := alive.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The replica was not dead, only slow: it finds that its notices are another's.
	if err := dead.Deliver(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(each(accounts, 1), w.phone.counts("booked")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStoppingLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(50)
	ctx, stop := context.WithCancel(t.Context())
	var n atomic.Int32
	w.phone.says(func(bots.Account, bots.Notice) error {
		if n.Add(1) == 10 {
			stop()
		}
		return nil
	})
	if err := w.store.Send(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped with %v", err)
	}
	if got := len(w.phone.counts("booked")); got < 10 || got == 50 {
		t.Errorf("%d were told before it stopped", got)
	}
	if got := w.statuses(reminders.Booked); got[reminders.Claimed] != 0 {
		t.Errorf("left behind: %v", got)
	}
	if err := w.replica().Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(each(accounts, 1), w.phone.counts("booked")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A platform that asks to wait is obeyed by other replicas and after a restart: for one chat, or for all of them.
func TestAskedToWait(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		all  bool
	}{{"one chat", false}, {"the whole platform", true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "Asia/Shanghai")
			schedule := w.session("2026-07-06", 1, 10, 5000)
			telegram, other, wechat := w.account(bots.Telegram, "zh"), w.account(bots.Telegram, "zh"), w.account(bots.WeChat, "zh")
			w.book(telegram, schedule.ID)
			var asked atomic.Int32
			w.phone.says(func(to bots.Account, _ bots.Notice) error {
				if to.ID == telegram && asked.Add(1) == 1 {
					return &bots.RetryError{After: 3 * time.Hour, All: tt.all}
				}
				return nil
			})
			w.send()
			w.book(telegram, w.session("2026-07-07", 1, 1, 5000).ID) // another notice for the same chat
			w.book(other, schedule.ID)
			w.book(wechat, schedule.ID)
			w.clock.forward(3*time.Hour - time.Microsecond)
			if err := w.replica().Send(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := map[bots.AccountID]int{other: 1, wechat: 1}
			if tt.all {
				before = map[bots.AccountID]int{wechat: 1}
			}
			if diff := cmp.Diff(before, w.phone.counts("booked")); diff != "" {
				t.Errorf("before the time is over (-want +got):\n%s", diff)
			}
			if asked.Load() != 1 {
				t.Errorf("the chat was tried %d times meanwhile", asked.Load()-1)
			}
			w.clock.forward(time.Microsecond)
			if err := w.replica().Send(t.Context()); err != nil {
				t.Fatal(err)
			}
			after := map[bots.AccountID]int{telegram: 2, other: 1, wechat: 1}
			if diff := cmp.Diff(after, w.phone.counts("booked")); diff != "" {
				t.Errorf("when the time is over (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsAreTriedAgainAndThenGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(2)
	var tries [2]atomic.Int32
	w.phone.says(func(to bots.Account, _ bots.Notice) error {
		if to.ID == accounts[0] {
			tries[0].Add(1)
			return errors.New("502")
		}
		if tries[1].Add(1) < 3 {
			return errors.New("timeout")
		}
		return nil
	})
	for range 20 {
		w.send()
		w.send() // not at once again
		w.clock.forward(45 * time.Minute)
	}
	if got := []int32{tries[0].Load(), tries[1].Load()}; got[0] != 8 || got[1] != 3 {
		t.Errorf("tried %v times", got)
	}
	if diff := cmp.Diff(map[reminders.Status]int{reminders.Failed: 1, reminders.Sent: 1}, w.statuses(reminders.Booked)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEndsOfThoseWhoCannotBeReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	schedule := w.session("2026-07-06", 1, 10, 5000)
	blocks, known, closed, off := w.account(bots.Telegram, "zh"), w.account(bots.Telegram, "zh"), w.account(bots.WeChat, "zh"), w.account("qq", "zh")
	for _, a := range []bots.AccountID{blocks, known, closed, off} {
		w.book(a, schedule.ID)
	}
	if err := w.accounts.SetBlocked(t.Context(), known, true); err != nil {
		t.Fatal(err)
	}
	w.phone.says(func(to bots.Account, _ bots.Notice) error {
		switch to.ID {
		case blocks:
			return bots.ErrBlocked
		case closed:
			return bots.ErrUnreachable
		}
		t.Errorf("account %d was written to", to.ID)
		return nil
	})
	w.send()
	want := map[reminders.Status]int{reminders.Blocked: 2, reminders.Unreachable: 2}
	if diff := cmp.Diff(want, w.statuses(reminders.Booked)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if account, err := w.accounts.Account(t.Context(), blocks); err != nil || !account.Blocked {
		t.Errorf("the account is not marked: %+v, %v", account, err)
	}
}

func TestDepthAndPrune(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	depth := func(count int, oldest time.Duration) {
		t.Helper()
		if n, age, err := w.store.Depth(t.Context()); err != nil || n != count || age != oldest {
			t.Errorf("depth %d, %s, %v; want %d, %s", n, age, err, count, oldest)
		}
	}
	depth(0, 0)
	w.booked(3)
	w.clock.forward(time.Minute)
	depth(3, time.Minute) // the reminders are not due
	if _, err := w.store.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.send()
	depth(0, 0)
	w.clock.forward(31 * 24 * time.Hour)
	w.send() // the reminders are obsolete by now
	if err := w.store.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.statuses(reminders.Booked); len(got) != 0 {
		t.Errorf("kept %v", got)
	}
	if got := w.statuses(reminders.HoursBefore); got[reminders.Obsolete] != 3 {
		t.Errorf("what ended just now is %v", got)
	}
}

// A notice whose details were put there from another row does not open, and does not stand in the way of others.
func TestForeignDetailsDoNotOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(2)
	w.db.MustExec(`UPDATE notices SET payload = (SELECT p.payload FROM (SELECT payload FROM notices WHERE kind = 'booked' ORDER BY id LIMIT 1) p)
		WHERE kind = 'booked'`)
	w.send()
	if diff := cmp.Diff(each(accounts[:1], 1), w.phone.counts("booked")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
