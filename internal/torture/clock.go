package torture

import (
	"sync/atomic"
	"time"
)

// marks is how many processes can be told apart by the microseconds of their clocks.
const marks = 16

// clock is business time: it starts at base, runs faster than real time, and differs between replicas by their skews. The last
// digits of its microseconds name the process that read it, so that an event's row tells who wrote it, and so when.
type clock struct {
	base  time.Time // with a monotonic reading
	speed float64   // business seconds in a real second
	skew  time.Duration
	mark  int          // 0 to marks-1
	jump  atomic.Int64 // nanoseconds that were skipped
}

func (c *clock) now() time.Time {
	t := c.base.Add(time.Duration(float64(time.Since(c.base)) * c.speed)).Add(c.skew + time.Duration(c.jump.Load()))
	return t.UTC().Truncate(marks * time.Microsecond).Add(time.Duration(c.mark) * time.Microsecond)
}

// real is how long a time lasts that is given in business time.
func (c *clock) real(business time.Duration) time.Duration {
	return time.Duration(float64(business) / c.speed)
}

// markOf names the process whose clock showed t.
func markOf(t time.Time) int { return t.Nanosecond() / int(time.Microsecond) % marks }

// elapsed is when, since base, a clock with the skew showed t, before any jump.
func (c *clock) elapsed(t time.Time, skew time.Duration) time.Duration {
	return c.real(t.Sub(c.base) - skew)
}

// anchored gives a time of another process the monotonic reading of this one.
func anchored(t time.Time) time.Time {
	now := time.Now()
	return now.Add(-now.Sub(t.Round(0)))
}
