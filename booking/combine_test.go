package booking_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"guahao/booking"
)

// batches remembers what a combiner had taken, and holds the batch that begins with one key back until it is told to go.
type batches struct {
	mu   sync.Mutex
	list [][]string
	back string
	gate chan struct{}
}

func (b *batches) take(_ context.Context, keys []string, _ func()) error {
	b.mu.Lock()
	b.list = append(b.list, keys)
	b.mu.Unlock()
	if keys[0] == b.back {
		<-b.gate
	}
	return nil
}

// line starts requests one after the other: each waits in the queue before the next one comes.
func line(c booking.Combiner, schedule booking.ScheduleID, n int, done func(i int, err error), ctx context.Context) *sync.WaitGroup { //nolint:revive // the context is the last that matters
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { done(i, c.Do(ctx, schedule, fmt.Sprint(i))) })
		until(func() bool {
			waiting, busy := c.Waiting(schedule)
			return busy && waiting == i
		})
	}
	return &group
}

func until(done func() bool) {
	for !done() {
		runtime.Gosched()
	}
}

// The first is taken at once and alone; those who come meanwhile are taken in their order, no more than the limit at a time, and no more than
// half of those who are there but for a few.
func TestCombinerOrderAndBound(t *testing.T) {
	t.Parallel()
	b := &batches{back: "0", gate: make(chan struct{})}
	c := booking.NewCombiner(b.take)
	const n = 1 + 2*booking.BatchLimit + 5
	group := line(c, 1, n, func(i int, err error) {
		if err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}, t.Context())
	close(b.gate)
	group.Wait()
	c.Close()
	var sizes []int
	for _, batch := range b.list {
		sizes = append(sizes, len(batch))
	}
	if want := []int{1, booking.BatchLimit, 67, 33, 17, booking.FewTogether, 4}; !slices.Equal(sizes, want) {
		t.Errorf("the batches have %v, want %v", sizes, want)
	}
	for i, key := range slices.Concat(b.list...) {
		if key != fmt.Sprint(i) {
			t.Fatalf("request %s was taken as number %d", key, i)
		}
	}
}

// Who is on its way counts as well as who waits: so two batches of one size take turns, and no one alone holds up everybody who comes after.
func TestCombinerTakesHalf(t *testing.T) {
	t.Parallel()
	gates := make(chan chan struct{})
	var sizes []int
	c := booking.NewCombiner(func(_ context.Context, keys []string, ahead func()) error {
		sizes = append(sizes, len(keys))
		gate := make(chan struct{})
		gates <- gate
		<-gate
		ahead()
		<-gate // it is on its way until the end
		return nil
	})
	const n = 1 + 40
	var group sync.WaitGroup
	var open []chan struct{}
	for i := range n {
		group.Go(func() { must(t, c.Do(t.Context(), 1, fmt.Sprint(i))) })
		if i == 0 {
			open = append(open, <-gates)
		}
		until(func() bool { waiting, busy := c.Waiting(1); return busy && waiting == i })
	}
	for len(open) < 3 {
		open[len(open)-1] <- struct{}{}
		open = append(open, <-gates)
	}
	open[2] <- struct{}{}
	for _, gate := range open {
		close(gate)
	}
	group.Wait()
	c.Close()
	if want := []int{1, 21, 19}; !slices.Equal(sizes, want) {
		t.Errorf("the batches have %v, want %v", sizes, want)
	}
}

// Nobody waits for a lane in which nothing happens, and no lane for another.
func TestCombinerLanes(t *testing.T) {
	t.Parallel()
	b := &batches{back: "0", gate: make(chan struct{})}
	c := booking.NewCombiner(b.take)
	group := line(c, 1, 1, func(int, error) {}, t.Context())
	for schedule := booking.ScheduleID(2); schedule <= booking.Lanes; schedule++ {
		must(t, c.Do(t.Context(), schedule, "other"))
	}
	close(b.gate)
	group.Wait()
}

// Those who wait are prepared while a batch is on its way, each once. Who leaves meanwhile is not taken, and a preparation that
// nobody wants any more is given up, one that panics is no harm.
func TestCombinerPrepares(t *testing.T) {
	t.Parallel()
	b := &batches{back: "0", gate: make(chan struct{})}
	var prepared []string
	came := make(chan string)
	c := booking.NewPreparingCombiner(func(ctx context.Context, keys []string) {
		prepared = append(prepared, keys...)
		came <- keys[0]
		switch keys[0] {
		case "leaves":
			<-ctx.Done()
		case "panics":
			panic("bad")
		}
	}, b.take)
	group := line(c, 1, 1, func(int, error) {}, t.Context())
	leaving, leave := context.WithCancel(t.Context())
	group.Go(func() {
		if err := c.Do(leaving, 1, "leaves"); !errors.Is(err, context.Canceled) {
			t.Errorf("who left was told %v", err)
		}
	})
	<-came
	leave()
	for _, key := range []string{"panics", "stays"} {
		group.Go(func() { must(t, c.Do(t.Context(), 1, key)) })
		<-came
	}
	close(b.gate)
	group.Wait()
	c.Close()
	if got := fmt.Sprint(prepared, b.list); got != "[leaves panics stays] [[0] [panics stays]]" {
		t.Errorf("prepared and taken were %s", got)
	}
}

// The next batch sets out when the one before it says that it is ahead, not when it is done.
func TestCombinerOverlaps(t *testing.T) {
	t.Parallel()
	first, second := make(chan struct{}), make(chan struct{})
	c := booking.NewCombiner(func(_ context.Context, keys []string, ahead func()) error {
		if keys[0] == "second" {
			close(second)
			return nil
		}
		close(first)
		ahead()
		<-second
		return nil
	})
	var group sync.WaitGroup
	group.Go(func() { must(t, c.Do(t.Context(), 1, "first")) })
	<-first
	group.Go(func() { must(t, c.Do(t.Context(), 1, "second")) })
	group.Wait()
}

// Who gives up in the queue is never taken; who gives up while the batch is being taken is answered at once, and the others get
// theirs.
func TestCombinerCancel(t *testing.T) {
	t.Parallel()
	b := &batches{back: "0", gate: make(chan struct{})}
	c := booking.NewCombiner(b.take)
	b.back = "taken"
	leaving, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	gone := make(chan error, 2)
	group.Go(func() { gone <- c.Do(leaving, 1, "taken") })
	until(func() bool { waiting, busy := c.Waiting(1); return busy && waiting == 0 })
	group.Go(func() { gone <- c.Do(leaving, 1, "waiting") })
	until(func() bool { waiting, _ := c.Waiting(1); return waiting == 1 })
	group.Go(func() { must(t, c.Do(t.Context(), 1, "patient")) })
	until(func() bool { waiting, _ := c.Waiting(1); return waiting == 2 })
	leave()
	for range 2 {
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who left was told %v", err)
		}
	}
	close(b.gate)
	group.Wait()
	c.Close()
	if fmt.Sprint(b.list) != "[[taken] [patient]]" {
		t.Errorf("taken were %v", b.list)
	}
}

// When nobody wants the answers of a batch any more, it is given up.
func TestCombinerGivesUp(t *testing.T) {
	t.Parallel()
	given := make(chan struct{})
	c := booking.NewCombiner(func(ctx context.Context, _ []string, _ func()) error {
		<-ctx.Done()
		close(given)
		return ctx.Err()
	})
	ctx, leave := context.WithCancel(t.Context())
	group := line(c, 1, 1, func(_ int, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("told %v", err)
		}
	}, ctx)
	leave()
	group.Wait()
	<-given
}

// One bad request, whether it fails or panics, is the only one to notice.
func TestCombinerOneBad(t *testing.T) {
	t.Parallel()
	errBad := errors.New("bad")
	for _, panics := range []bool{false, true} {
		t.Run(fmt.Sprintf("panics=%t", panics), func(t *testing.T) {
			t.Parallel()
			gate := make(chan struct{})
			var taken []string
			c := booking.NewCombiner(func(_ context.Context, keys []string, _ func()) error {
				if keys[0] == "0" {
					<-gate
					return nil
				}
				switch {
				case slices.Contains(keys, "5") && panics:
					panic(errBad)
				case slices.Contains(keys, "5"):
					return errBad
				}
				taken = append(taken, keys...)
				return nil
			})
			var group sync.WaitGroup
			for i := range 10 {
				group.Go(func() {
					defer func() {
						if got := recover(); (got != nil) != (panics && i == 5) {
							t.Errorf("request %d: panic %v", i, got)
						}
					}()
					if err := c.Do(t.Context(), 1, fmt.Sprint(i)); errors.Is(err, errBad) != (i == 5) {
						t.Errorf("request %d: %v", i, err)
					}
				})
				until(func() bool { waiting, busy := c.Waiting(1); return busy && waiting == i })
			}
			close(gate)
			group.Wait()
			if fmt.Sprint(taken) != "[1 2 3 4 6 7 8 9]" {
				t.Errorf("taken were %v", taken)
			}
		})
	}
}
