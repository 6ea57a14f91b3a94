package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// job is what cron ticks do.
type job struct {
	name, spec string
	run        func(context.Context) error
	nightly    bool // puts away what is no longer needed: nothing waits for it
}

// jobList has the jobs in the order in which a tick of the demo's clock runs them: holds end before their charges are closed, and what all of it
// has to tell goes out last.
func (a *App) jobList() []job {
	return []job{
		{name: "schedules", spec: "30 * * * *", run: a.Booking.Roll}, // hourly, because each hospital has its own night
		{name: "unpaid", spec: "@every 10s", run: a.Reminders.RemindHolds},
		{name: "holds", spec: "@every 10s", run: a.expireHolds},
		{name: "changes", spec: "@every 1m", run: a.Booking.FinishChanges},
		{name: "stops", spec: "@every 10s", run: a.Booking.ServeStops},
		{name: "lotteries", spec: "@every 10s", run: a.Booking.WorkLotteries},
		{name: "waitlist", spec: "@every 10s", run: a.serveWaitlist},
		{name: "no-shows", spec: "@every 1m", run: a.markNoShows},
		{name: "sell-outs", spec: "@every 1m", run: a.judgeSellOuts},
		{name: "payments", spec: "@every 5s", run: a.Payments.Work},
		{name: "reconcile", spec: "CRON_TZ=Asia/Shanghai 7,37 10-23 * * *", run: a.Payments.ReconcileDue}, // until the bill is there
		{name: "prune", spec: "CRON_TZ=Asia/Shanghai 20 3 * * *", run: a.prune, nightly: true},
		{name: "sessions", spec: "CRON_TZ=Asia/Shanghai 40 3 * * *", run: a.Staff.Prune, nightly: true},
		{name: "notices", spec: "@every 2s", run: a.Reminders.Send},
	}
}

func (a *App) addJobs() error {
	for _, j := range a.jobList() {
		if err := a.jobs.Add(j.name, j.spec, j.run); err != nil {
			return fmt.Errorf("job %s: %w", j.name, err)
		}
	}
	return nil
}

// sweepEvery is how often each replica looks after its conversations.
const sweepEvery = 10 * time.Second

// sweep looks after the conversations until ctx ends. It is no job of which one replica runs a tick: each replica
// remembers by itself whom it still owes an answer.
func (a *App) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := a.inbox.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("the conversations could not be looked after", slog.String("error", err.Error()))
		}
	}
}

func (a *App) expireHolds(ctx context.Context) error {
	_, err := a.Booking.ExpireHolds(ctx)
	return err
}

func (a *App) serveWaitlist(ctx context.Context) error {
	_, err := a.Booking.ServeWaitlist(ctx)
	return err
}

func (a *App) markNoShows(ctx context.Context) error {
	_, err := a.Booking.MarkNoShows(ctx)
	return err
}

// Tick runs at once all that is due by the clock: for a clock that was moved.
func (a *App) Tick(ctx context.Context) error {
	err := a.inbox.Sweep(ctx)
	for _, j := range a.jobList() {
		if !j.nightly {
			err = errors.Join(err, j.run(ctx))
		}
	}
	return err
}
