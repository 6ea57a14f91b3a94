package bench

import (
	"context"
	"time"
)

// pace says when updates begin: whenever somebody likes, until the end, or on a schedule.
type pace struct {
	start, end time.Time
	rate       float64        // updates a second; 0: no schedule
	due        chan time.Time // of the schedule
}

// newPace makes a pace. Where there is a schedule, the caller has to run it.
func newPace(rate float64, start, end time.Time) *pace {
	room := int(rate*end.Sub(start).Seconds()) + 1 // so that the schedule never waits for a taker
	return &pace{start: start, end: end, rate: rate, due: make(chan time.Time, room)}
}

// run puts each update on offer when it is due, whether or not earlier ones were taken.
func (p *pace) run(ctx context.Context) {
	defer close(p.due)
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
			p.due <- at
		case <-ctx.Done():
			return
		}
	}
}

// next waits for an update to begin and gives its scheduled moment (the zero time without a schedule); false when there are
// no more. Of updates that are overdue it gives the oldest, so that their waiting is measured.
func (p *pace) next(ctx context.Context) (time.Time, bool) {
	if p.rate == 0 {
		return time.Time{}, time.Now().Before(p.end)
	}
	select {
	case at, ok := <-p.due:
		return at, ok
	case <-ctx.Done():
		return time.Time{}, false
	}
}

// left is how many updates were due and never begun.
func (p *pace) left() int { return len(p.due) }
