package sandbox_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/internal/sandbox"
)

func TestClockStartsWhereToldAndRunsOn(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 10, 8, 2, 0, 0, 0, time.UTC)
	c := sandbox.NewClock(start)
	if d := c.Now().Sub(start); d < 0 || d > time.Minute {
		t.Errorf("%s away from the start", d)
	}
	if d := time.Until(sandbox.NewClock(time.Time{}).Now()); d.Abs() > time.Minute {
		t.Errorf("without a start it is %s away from the real time", d)
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := sandbox.NewClock(time.Date(2026, 10, 8, 2, 0, 0, 0, time.UTC))
		last := c.Now()
		for _, minutes := range rapid.SliceOfN(rapid.IntRange(-100_000, 100_000), 1, 20).Draw(t, "moves") {
			d := time.Duration(minutes) * time.Minute
			if rapid.Bool().Draw(t, "to") {
				c.AdvanceTo(last.Add(d))
			} else {
				c.Advance(d)
			}
			now := c.Now()
			if moved := now.Sub(last); moved < max(0, d) || moved > max(0, d)+time.Minute {
				t.Fatalf("a move by %s moved it by %s", d, moved)
			}
			last = now
		}
	})
}
