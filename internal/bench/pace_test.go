package bench_test

import (
	"testing"
	"testing/synctest"
	"time"

	"guahao/internal/bench"
)

func TestScheduleDoesNotWaitForAnswers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		each time.Duration // how long the taker is busy with one
		want int
	}{
		"a fast taker": {0, 100},
		"a slow taker": {time.Second, 100}, // gets each of them, late, at its own scheduled moment
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				due, left := bench.Schedule(t.Context(), 50, start, start.Add(2*time.Second), func() { time.Sleep(c.each) })
				if len(due) != c.want || left != 0 {
					t.Fatalf("%d updates and %d left, want %d", len(due), left, c.want)
				}
				for i, at := range due {
					if want := start.Add(time.Duration(i) * 20 * time.Millisecond); !at.Equal(want) {
						t.Fatalf("update %d is due %v after the start, want %v", i, at.Sub(start), want.Sub(start))
					}
				}
			})
		})
	}
}

func TestWithoutAScheduleItGoesOnUntilTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		due, _ := bench.Schedule(t.Context(), 0, start, start.Add(time.Second), func() { time.Sleep(100 * time.Millisecond) })
		if len(due) != 9 || !due[0].IsZero() {
			t.Errorf("%d updates began, the first due %v", len(due), due[0])
		}
	})
}
