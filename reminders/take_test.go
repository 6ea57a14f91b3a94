package reminders_test

import (
	"log/slog"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mysql"
	"guahao/reminders"
)

// impatient is a replica that waits a second for a lock.
func (w *world) impatient() *reminders.Store {
	w.t.Helper()
	c, err := mysql.Config(w.dsn)
	if err != nil {
		w.t.Fatal(err)
	}
	c.Params["innodb_lock_wait_timeout"] = "1"
	db, err := sqlx.Open("mysql", c.FormatDSN())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { db.Close() })
	return reminders.New(reminders.Config{
		DB: db, Keys: w.keys, Bookings: w.bookings, Accounts: w.accounts, Now: w.clock.now, Log: slog.New(slog.DiscardHandler),
		Senders: map[bots.Platform]bots.Sender{bots.WeChat: w.phone, bots.Telegram: w.phone},
	})
}

// A replica that is frozen while it has the turn stands in nobody's way, and what it would claim is told once.
func TestTheTurnIsNoCondition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(20)
	frozen, err := w.db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var turn int
	if err := frozen.Get(&turn, "SELECT id FROM notice_turn WHERE id = 1 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 3 {
		replica := w.impatient()
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
	if err := frozen.Rollback(); err != nil {
		t.Fatal(err)
	}
}

// In turn, replicas claim different notices, and each takes all that it reads.
func TestInTurnEachIsReadByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	w.booked(300)
	var mu sync.Mutex
	claimed := map[int]int{}
	var wait sync.WaitGroup
	for range 3 {
		replica := w.replica()
		wait.Go(func() {
			batch, err := replica.Take(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			claimed[batch.Len()]++
		})
	}
	wait.Wait()
	if diff := cmp.Diff(map[int]int{250: 1, 50: 1, 0: 1}, claimed); diff != "" {
		t.Errorf("how many each claimed (-want +got):\n%s", diff)
	}
	if got := w.statuses(reminders.Booked); got[reminders.Claimed] != 300 {
		t.Errorf("the notices are %v", got)
	}
}
