package bench

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// pace says when updates begin: whenever somebody likes, until the end, or on a schedule.
type pace struct {
	start, end time.Time
	rate       float64 // updates a second; 0: no schedule

	mu      sync.Mutex
	overdue []time.Time      // of the schedule, and nobody has been free for them yet
	free    []chan time.Time // who waits for the next update
	over    bool             // the schedule has no more
}

// newPace makes a pace. Where there is a schedule, the caller has to run it.
func newPace(rate float64, start, end time.Time) *pace {
	return &pace{start: start, end: end, rate: rate}
}

// run gives out each update when it is due, whether or not earlier ones were answered.
func (p *pace) run(ctx context.Context) {
	defer p.finish()
	if p.rate == 0 {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		at := p.start.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
		if !at.Before(p.end) {
			return
		}
		timer.Reset(time.Until(at))
		select {
		case <-timer.C:
			p.give(at)
		case <-ctx.Done():
			return
		}
	}
}

// give chooses one of the free at random: taken in turn, all would be at the same step of their booking all the time.
func (p *pace) give(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == 0 {
		p.overdue = append(p.overdue, at)
		return
	}
	chosen, last := rand.IntN(len(p.free)), len(p.free)-1
	p.free[chosen] <- at
	p.free[chosen] = p.free[last]
	p.free = p.free[:last]
}

func (p *pace) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	for _, waiting := range p.free {
		close(waiting)
	}
	p.free = nil
}

// next waits for an update to begin and gives its scheduled moment (the zero time without a schedule); false when there are
// no more. Of updates that are overdue it gives the oldest, so that their waiting is measured.
func (p *pace) next(ctx context.Context) (time.Time, bool) {
	if p.rate == 0 {
		return time.Time{}, time.Now().Before(p.end)
	}
	select {
	case at, ok := <-p.wait():
		return at, ok
	case <-ctx.Done():
		return time.Time{}, false
	}
}

func (p *pace) wait() <-chan time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := make(chan time.Time, 1)
	switch {
	case len(p.overdue) > 0:
		mine <- p.overdue[0]
		p.overdue = p.overdue[1:]
	case p.over:
		close(mine)
	default:
		p.free = append(p.free, mine)
	}
	return mine
}

// left is how many updates were due and never begun.
func (p *pace) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.overdue)
}
