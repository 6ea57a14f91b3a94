package booking

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"guahao/internal/mysql"
)

// batchLimit is how many requests one transaction takes at most: it bounds how long the locks are held, and how long the first
// of a batch waits for the last.
const batchLimit = 128

// combiner takes requests for the same schedule that wait at the same moment together. The first to come is taken at once
// and alone; those who come while it is being taken are the next batch, in the order in which they came. Nobody waits
// for others to come. Different schedules do not wait for each other.
type combiner struct {
	limit int
	take  func(ctx context.Context, batch []*hold) error // answers each of a batch, or fails as a whole with nothing written

	mu    sync.Mutex
	lanes map[ScheduleID][]*ticket // who waits; a schedule is in it while a batch of it is being taken
	work  sync.WaitGroup           // the batches that are being taken
}

// ticket is one who waits for an answer.
type ticket struct {
	*hold
	ctx      context.Context
	crew     *crew // of the batch that it is in; nil while it waits
	answered chan struct{}
	err      error // of the request alone, not a refusal
	panicked any
}

// crew is who still wants the answers of a batch. When nobody does, the batch is given up.
type crew struct {
	left int
	quit context.CancelFunc
}

func newCombiner(take func(ctx context.Context, batch []*hold) error) *combiner {
	return &combiner{limit: batchLimit, take: take, lanes: map[ScheduleID][]*ticket{}}
}

// do has a request taken, and returns when it was answered: the answer is in h, the error says that there is none. When ctx ends first, it is
// taken out of the queue, or, when its batch is being taken already, left to its fate: its key tells later what became of it.
func (c *combiner) do(ctx context.Context, schedule ScheduleID, h *hold) error {
	t := &ticket{hold: h, ctx: ctx, answered: make(chan struct{})}
	c.enter(schedule, t)
	select {
	case <-t.answered:
		if t.panicked != nil {
			panic(t.panicked)
		}
		return t.err
	case <-ctx.Done():
		c.leave(schedule, t)
		return fmt.Errorf("wait for a place: %w", context.Cause(ctx))
	}
}

func (c *combiner) enter(schedule ScheduleID, t *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue, busy := c.lanes[schedule]
	c.lanes[schedule] = append(queue, t)
	if !busy {
		c.work.Go(func() { c.serve(schedule) })
	}
}

func (c *combiner) leave(schedule ScheduleID, t *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.crew == nil {
		c.lanes[schedule] = slices.DeleteFunc(c.lanes[schedule], func(other *ticket) bool { return other == t })
		return
	}
	if t.crew.left--; t.crew.left == 0 {
		t.crew.quit()
	}
}

// serve takes batch after batch of a schedule until nobody waits.
func (c *combiner) serve(schedule ScheduleID) {
	for {
		ctx, batch, quit := c.next(schedule)
		if len(batch) == 0 {
			return
		}
		c.takeAll(ctx, batch)
		quit()
		for _, t := range batch {
			close(t.answered)
		}
		runtime.Gosched() // who was answered and has come again at once belongs to the next batch, not to the one after it
	}
}

// next takes the next batch out of the queue. When there is none, the lane is gone.
func (c *combiner) next(schedule ScheduleID) (context.Context, []*ticket, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := c.lanes[schedule]
	if len(queue) == 0 {
		delete(c.lanes, schedule)
		return nil, nil, nil
	}
	batch := slices.Clone(queue[:min(len(queue), c.limit)])
	c.lanes[schedule] = slices.Delete(queue, 0, len(batch))
	ctx, quit := context.WithCancel(context.WithoutCancel(batch[0].ctx))
	crew := &crew{left: len(batch), quit: quit}
	for _, t := range batch {
		t.crew = crew
	}
	return ctx, batch, quit
}

// takeAll takes a batch. When one of it may be why it failed, each is taken alone, in their order: whoever is not to blame does
// not notice.
func (c *combiner) takeAll(ctx context.Context, batch []*ticket) {
	holds := make([]*hold, len(batch))
	for i, t := range batch {
		holds[i] = t.hold
	}
	err, panicked := c.try(ctx, holds)
	if len(batch) > 1 && (panicked != nil || (err != nil && ctx.Err() == nil && !mysql.IsDown(err))) {
		for _, t := range batch {
			if t.err = t.ctx.Err(); t.err == nil {
				t.err, t.panicked = c.try(ctx, []*hold{t.hold})
			}
		}
		return
	}
	for _, t := range batch {
		t.err, t.panicked = err, panicked
	}
}

// try takes holds, and catches a panic for the one who asked.
func (c *combiner) try(ctx context.Context, holds []*hold) (err error, panicked any) { //nolint:revive // the panic is not an error
	defer func() { panicked = recover() }()
	return c.take(ctx, holds), nil
}

// close waits for the batches that are being taken.
func (c *combiner) close() { c.work.Wait() }
