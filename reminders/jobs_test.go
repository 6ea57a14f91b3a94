package reminders_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/reminders"
)

func newJobs(t *testing.T) (*reminders.Jobs, *sqlx.DB, *clock) {
	t.Helper()
	db, c := mariadbtest.DB(t), &clock{}
	c.set(start)
	return reminders.NewJobs(db, c.now, slog.New(slog.DiscardHandler)), db, c
}

func addJob(t *testing.T, j *reminders.Jobs, name, spec string, run func(context.Context) error) {
	t.Helper()
	if err := j.Add(name, spec, run); err != nil {
		t.Fatal(err)
	}
}

// count makes a job that counts its runs.
func count(n *atomic.Int32) func(context.Context) error {
	return func(context.Context) error {
		n.Add(1)
		return nil
	}
}

func tick(t *testing.T, j *reminders.Jobs) {
	t.Helper()
	if err := j.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOfManyReplicasOneRunsATick(t *testing.T) {
	t.Parallel()
	_, db, c := newJobs(t)
	var every, nightly atomic.Int32
	var replicas []*reminders.Jobs
	for range 8 {
		j := reminders.NewJobs(db, c.now, slog.New(slog.DiscardHandler))
		addJob(t, j, "every", "@every 5s", count(&every))
		addJob(t, j, "nightly", "30 0 * * *", count(&nightly))
		replicas = append(replicas, j)
	}
	for round := range int32(5) {
		var wait sync.WaitGroup
		for _, j := range replicas {
			wait.Go(func() { tick(t, j) })
		}
		wait.Wait()
		if every.Load() != round+1 || nightly.Load() != 1 {
			t.Fatalf("round %d: ran %d and %d times", round, every.Load(), nightly.Load())
		}
		c.forward(5 * time.Second)
	}
}

// The negative control: replicas that do not see each other's rows all run it.
func TestWithoutRowsEveryReplicaRunsATick(t *testing.T) {
	t.Parallel()
	_, db, c := newJobs(t)
	var n atomic.Int32
	for range 3 {
		j := reminders.NewJobs(db, c.now, slog.New(slog.DiscardHandler))
		addJob(t, j, "nightly", "30 0 * * *", count(&n))
		tick(t, j)
		db.MustExec("DELETE FROM job_ticks")
	}
	if n.Load() != 3 {
		t.Errorf("ran %d times", n.Load())
	}
}

func TestAMissedTickIsMadeUpForOnce(t *testing.T) {
	t.Parallel()
	j, db, c := newJobs(t)
	var n atomic.Int32
	addJob(t, j, "evening", "CRON_TZ=Asia/Shanghai 0 18 * * *", count(&n))
	tick(t, j) // a job that has never run is due at once
	for _, step := range []struct {
		name    string
		forward time.Duration
		want    int32
	}{
		{"before the next tick", 8 * time.Hour, 1}, // 17:00 in Shanghai
		{"at the next tick", time.Hour, 2},
		{"the same tick", 23 * time.Hour, 2},
		{"after ten days of pause", 10 * 24 * time.Hour, 3},
		{"and no more", time.Minute, 3},
	} {
		c.forward(step.forward)
		tick(t, j)
		if got := n.Load(); got != step.want {
			t.Errorf("%s: ran %d times, want %d", step.name, got, step.want)
		}
	}
	var last time.Time
	if err := db.Get(&last, "SELECT MAX(scheduled_at) FROM job_ticks"); err != nil || !last.Equal(time.Date(2026, 7, 11, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("the last tick is of %s, %v", last, err)
	}
}

func TestAFailedTickIsTriedAgain(t *testing.T) {
	t.Parallel()
	j, _, c := newJobs(t)
	var n atomic.Int32
	addJob(t, j, "nightly", "30 0 * * *", func(context.Context) error {
		switch n.Add(1) {
		case 1:
			return errors.New("the database was away")
		case 2:
			panic(errors.New("王小明 13800138000"))
		case 3:
			_ = make([]int, 1)[n.Load()]
		}
		return nil
	})
	for _, step := range []struct {
		name    string
		forward time.Duration
		want    int32
		says    string
	}{
		{"it fails", 0, 1, "the database was away"},
		{"not again at once", 14 * time.Second, 1, ""},
		{"it panics", time.Second, 2, "panic: with a *errors.errorString"},
		{"longer now", 29 * time.Second, 2, ""},
		{"the runtime panics", time.Second, 3, "panic: runtime error: index out of range"},
		{"longer still", 59 * time.Second, 3, ""},
		{"it succeeds", time.Second, 4, ""},
		{"and is done", time.Hour, 4, ""},
	} {
		c.forward(step.forward)
		err := j.Tick(t.Context())
		if (err == nil) != (step.says == "") || err != nil && !strings.Contains(err.Error(), step.says) {
			t.Errorf("%s: %v", step.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "13800138000") {
			t.Errorf("%s: the error tells what a person has typed: %v", step.name, err)
		}
		if got := n.Load(); got != step.want {
			t.Errorf("%s: ran %d times, want %d", step.name, got, step.want)
		}
	}
}

func TestOneFailingJobDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	j, _, _ := newJobs(t)
	var n atomic.Int32
	addJob(t, j, "bad", "* * * * *", func(context.Context) error { return errors.New("no") })
	addJob(t, j, "good", "* * * * *", count(&n))
	if err := j.Tick(t.Context()); err == nil || n.Load() != 1 {
		t.Errorf("%v, ran %d times", err, n.Load())
	}
}

func TestTheTickOfADeadReplicaIsTakenOver(t *testing.T) {
	t.Parallel()
	j, db, c := newJobs(t)
	var n atomic.Int32
	addJob(t, j, "hourly", "0 * * * *", count(&n))
	db.MustExec("INSERT INTO job_ticks (job, scheduled_at, state, attempts, free_at) VALUES ('hourly', ?, 'running', 1, ?)", start, start.Add(10*time.Minute))
	c.forward(10*time.Minute - time.Microsecond)
	tick(t, j)
	if n.Load() != 0 {
		t.Error("taken from a replica that may be at work")
	}
	c.forward(time.Microsecond)
	tick(t, j)
	tick(t, j)
	if n.Load() != 1 {
		t.Errorf("ran %d times", n.Load())
	}
}

// Cron's own ticks: a panic is logged and the job goes on, a run that lasts skips ticks and is waited for.
func TestRun(t *testing.T) {
	t.Parallel()
	_, db, _ := newJobs(t)
	var log safeBuffer
	j := reminders.NewJobs(db, time.Now, slog.New(slog.NewTextHandler(&log, nil)))
	ctx, stop := context.WithCancel(t.Context())
	var panics atomic.Int32
	again := make(chan struct{})
	addJob(t, j, "panics", "@every 1s", func(context.Context) error {
		if panics.Add(1) == 3 {
			close(again)
		}
		panic("nobody expects it")
	})
	var running, overlaps atomic.Int32
	entered, left := make(chan struct{}), make(chan struct{})
	addJob(t, j, "lasts", "@every 1s", func(ctx context.Context) error {
		if running.Add(1) > 1 {
			overlaps.Add(1)
		}
		close(entered) // a second run would panic
		<-ctx.Done()
		close(left)
		return ctx.Err()
	})
	done := make(chan error)
	go func() { done <- j.Run(ctx) }()
	<-entered
	select { // the start's Tick is held up by the job that lasts, cron is not
	case <-again:
	case <-time.After(90 * time.Second):
		t.Error("the job that panicked was not run again")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	select {
	case <-left:
	default:
		t.Error("Run did not wait for the job")
	}
	if overlaps.Load() > 0 {
		t.Error("two runs at once")
	}
	if !strings.Contains(log.String(), "panic: with a string") {
		t.Errorf("the log says nothing of the panic:\n%s", log.String())
	}
	var state string
	if err := db.Get(&state, "SELECT state FROM job_ticks WHERE job = 'lasts' ORDER BY scheduled_at LIMIT 1"); err != nil || state != "failed" {
		t.Errorf("the tick that was cut short is %q, %v", state, err)
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestOldTicksAreForgotten(t *testing.T) {
	t.Parallel()
	j, db, c := newJobs(t)
	addJob(t, j, "every", "@every 1m", count(new(atomic.Int32)))
	addJob(t, j, "daily", "0 0 * * *", count(new(atomic.Int32)))
	for range 150 {
		tick(t, j)
		c.forward(time.Minute)
	}
	if err := j.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	var every, daily int
	db.Get(&every, "SELECT COUNT(scheduled_at) FROM job_ticks WHERE job = 'every'")
	db.Get(&daily, "SELECT COUNT(scheduled_at) FROM job_ticks WHERE job = 'daily'")
	if every < 59 || every > 61 || daily != 1 {
		t.Errorf("%d and %d are left", every, daily)
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	j, _, _ := newJobs(t)
	addJob(t, j, "one", "@hourly", count(new(atomic.Int32)))
	for name, spec := range map[string]string{
		"one": "@daily", "empty": "", "a zone only": "TZ=Asia/Shanghai", "a zone and a tab": "CRON_TZ=Asia/Shanghai\t",
		"no such zone": "CRON_TZ=Asia/Nowhere 0 0 * * *", "words": "every night", "61": "61 * * * *",
	} {
		if err := j.Add(name, spec, count(new(atomic.Int32))); err == nil {
			t.Errorf("%s: %q was accepted", name, spec)
		}
	}
}

func TestLatestTick(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, spec, now, want string }{
		{"at the tick", "0 18 * * *", "2026-07-01T18:00:00Z", "2026-07-01T18:00:00Z"},
		{"just before", "0 18 * * *", "2026-07-01T17:59:59.999999Z", "2026-06-30T18:00:00Z"},
		{"in a zone", "CRON_TZ=Asia/Shanghai 0 18 * * *", "2026-07-01T18:00:00Z", "2026-07-01T10:00:00Z"},
		{"with seconds", "*/10 * * * * *", "2026-07-01T00:00:39Z", "2026-07-01T00:00:30Z"},
		{"every", "@every 5s", "2026-07-01T00:00:39Z", "2026-07-01T00:00:35Z"},
		{"hourly", "@hourly", "2026-07-01T00:00:39Z", "2026-07-01T00:00:00Z"},
		{"once a year", "0 0 29 2 *", "2026-07-01T00:00:00Z", "2024-02-29T00:00:00Z"},
		{"never", "0 0 30 2 *", "2026-07-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"in a gap of the clocks", "CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-29T12:00:00Z", "2026-03-28T01:30:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339Nano, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := reminders.Latest(tt.spec, now)
			if err != nil || got.Format(time.RFC3339) != tt.want {
				t.Errorf("got %s, %v; want %s", got.Format(time.RFC3339), err, tt.want)
			}
		})
	}
}

// The latest tick is not after now, and the one after it is; whatever the zone of now.
func TestLatestTickIsTheLatest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec := rapid.SampledFrom([]string{
			"* * * * *", "30 0 * * *", "CRON_TZ=Asia/Shanghai 0 18 * * 1-5", "0 0 1 * *", "*/7 * * * * *", "@weekly", "@every 2s", "@every 90s",
		}).Draw(t, "spec")
		now := start.Add(time.Duration(rapid.Int64Range(0, int64(3*365*24*time.Hour)).Draw(t, "after")))
		at, schedule, err := reminders.Latest(spec, now)
		if err != nil || at.After(now) || !schedule.Next(at).After(now) {
			t.Fatalf("%s at %s: %s, then %s, %v", spec, now, at, schedule.Next(at), err)
		}
		elsewhere, _, _ := reminders.Latest(spec, now.In(time.FixedZone("", 5*3600)))
		if !elsewhere.Equal(at) {
			t.Fatalf("%s at %s: %s elsewhere", spec, at, elsewhere)
		}
	})
}
