package bench

import (
	"context"
	"slices"
	"time"
)

// noise measures the machine while the program is measured: how late a short sleep ends. Where other work keeps the
// processors busy, this delay is in every step, many times over.
type noise struct {
	late []time.Duration
	stop context.CancelFunc
	done chan struct{}
}

const nap = 5 * time.Millisecond

// listenToNoise begins; report ends it.
func listenToNoise(ctx context.Context) *noise {
	n := &noise{done: make(chan struct{})}
	ctx, n.stop = context.WithCancel(ctx)
	go func() {
		defer close(n.done)
		for start := time.Now(); pause(ctx, nap); start = time.Now() {
			n.late = append(n.late, time.Since(start)-nap)
		}
	}()
	return n
}

func (n *noise) report(o Options) {
	n.stop()
	<-n.done
	slices.Sort(n.late)
	o.say("The machine: a sleep of %v ended late by %.2f ms (p50), %.2f ms (p99).",
		nap, milliseconds(percentile(n.late, 50)), milliseconds(percentile(n.late, 99)))
}
