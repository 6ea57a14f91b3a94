package torture

import (
	"context"
	"fmt"
	"time"
)

const (
	settleRounds = 80
	settleStep   = 11 * time.Minute // business time; longer than any hold, its grace, and the first pauses between tries
)

// settle stops all that goes wrong and lets the replicas do their jobs, with time running fast, until nothing is left to do.
func (t *torment) settle(ctx context.Context) error {
	t.o.say("All faults are off; waiting until everything is settled …")
	t.world.platforms.Pay.Faults.Clear()
	for c, n := range t.world.proxy.disarm() {
		t.faults[string(c)] += n
	}
	if err := t.await(ctx, func() bool { up, _ := t.fleet.up(); return up == t.o.Replicas }); err != nil {
		return err
	}
	if err := t.await(ctx, t.fleet.idle); err != nil {
		return err
	}
	t.quiet = t.elapsed()
	for range settleRounds {
		if err := t.jump(ctx, settleStep); err != nil {
			return err
		}
		for number := range t.o.Replicas {
			t.fleet.ask(ctx, number, request{Op: opTick})
		}
		_ = t.world.platforms.Pay.Deliver(ctx) // what is not accepted comes again, and is asked about
		left, err := t.unsettled(ctx)
		if err != nil {
			return err
		}
		if left == "" {
			t.settled = t.elapsed()
			return nil
		}
	}
	left, err := t.unsettled(ctx)
	t.settled, t.found = t.elapsed(), append(t.found, "it does not come to rest: "+left)
	return err
}

// jump moves everybody's clock.
func (t *torment) jump(ctx context.Context, by time.Duration) error {
	t.world.clock.jump.Add(int64(by))
	for number := range t.o.Replicas {
		url := fmt.Sprintf("%s/torture/jump?by=%d", t.fleet.url(number), t.world.clock.jump.Load())
		if err := t.fleet.post(ctx, url, nil, nil); err != nil {
			return fmt.Errorf("move the clock of a replica: %w", err)
		}
	}
	return nil
}

// unsettled says what is not at its end yet, or "".
func (t *torment) unsettled(ctx context.Context) (string, error) {
	var n struct{ Held, Charges, Refunds int }
	err := t.world.db.GetContext(ctx, &n, `SELECT
		(SELECT COUNT(id) FROM appointments WHERE status = 'held') AS held,
		(SELECT COUNT(id) FROM charges WHERE status IN ('created', 'pending', 'closing', 'refunding')) AS charges,
		(SELECT COUNT(id) FROM refunds WHERE status IN ('requested', 'processing', 'abnormal')) AS refunds`)
	if err != nil {
		return "", fmt.Errorf("look for what is not settled: %w", err)
	}
	notices := t.world.platforms.Pay.Pending()
	if n.Held+n.Charges+n.Refunds+notices == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d holds, %d charges, %d refunds, %d notices", n.Held, n.Charges, n.Refunds, notices), nil
}
