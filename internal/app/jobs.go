package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// jobs names what the cron ticks do, each in the order in which a tick of the demo's clock runs them: holds end before
// their charges are closed, and what all of it has to tell goes out last.
func (a *App) addJobs() error {
	jobs := []struct {
		name, spec string
		run        func(context.Context) error
	}{
		{"schedules", "30 * * * *", a.Booking.Roll}, // hourly, because each hospital has its own night
		{"holds", "@every 10s", a.expireHolds},
		{"stops", "@every 1m", a.Booking.FinishStops},
		{"waitlist", "@every 10s", a.serveWaitlist},
		{"no-shows", "@every 1m", a.markNoShows},
		{"sell-outs", "@every 1m", a.judgeSellOuts},
		{"payments", "@every 5s", a.Payments.Work},
		{"reconcile", "CRON_TZ=Asia/Shanghai 7,37 10-23 * * *", a.Payments.ReconcileDue}, // until the bill is there
		{"prune", "CRON_TZ=Asia/Shanghai 20 3 * * *", a.Reminders.Prune},
		{"sessions", "CRON_TZ=Asia/Shanghai 40 3 * * *", a.Staff.Prune},
		{"notices", "@every 2s", a.Reminders.Send},
	}
	for _, j := range jobs {
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
	return errors.Join(a.Booking.Roll(ctx), a.inbox.Sweep(ctx), a.expireHolds(ctx), a.Booking.FinishStops(ctx),
		a.serveWaitlist(ctx), a.markNoShows(ctx), a.judgeSellOuts(ctx), a.Payments.Work(ctx), a.Payments.ReconcileDue(ctx), a.Reminders.Send(ctx))
}
