package sandbox

import (
	"sync"
	"time"
)

// Clock is a clock that runs on like the real one and can be moved forward. It never goes back. It is safe for
// concurrent use.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

// NewClock makes a clock that stands at start now; the zero time means the real time.
func NewClock(start time.Time) *Clock {
	c := &Clock{}
	if !start.IsZero() {
		c.offset = time.Until(start)
	}
	return c
}

// Now is the clock's time, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

// now keeps no monotonic reading: it would survive Add and make the time look as if it had not moved.
func (c *Clock) now() time.Time { return time.Now().Round(0).Add(c.offset).UTC() }

// Advance moves the clock forward; a negative d is ignored.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += max(0, d)
}

// AdvanceTo moves the clock forward to an instant; one in the past is ignored.
func (c *Clock) AdvanceTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += max(0, t.Sub(c.now()))
}
