package booking

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"guahao/internal/mysql"
)

// batchLimit is how many requests one transaction takes at most: it bounds how long the locks are held, and how long the first
// of a batch waits for the last.
const batchLimit = 128

// fewTogether are taken in one transaction, even if they are more than half: two transactions for so few would cost more than they gain.
const fewTogether = 12

// lanes is how many queues there are. A schedule is always in the same one.
const lanes = 8

// combiner takes requests that wait at the same moment together: all those for one schedule, and others whose schedules share its
// lane, so that a database with much to do is given few transactions rather than many. The first to come is taken at once
// and alone; those who come while it is on its way are the next batch, in the order in which they came. Nobody
// waits for others to come. What happens in one lane delays no other.
//
// A batch sets out when the one before it has its locks and has written its appointments: what needs no lock of a schedule is done
// while the followers of the other write and it commits, and the order of the batches is that of their locks. Earlier, it would leave
// behind those who come meanwhile, and only wait. Those who wait are prepared meanwhile.
//
// A batch takes at most half of all who are in its lane, waiting or on their way. So two batches of one size take turns, the one at the locks
// while the other commits. If it took all, whoever came back first would be the next batch alone, and everybody else would wait for that.
type combiner struct {
	limit   int
	prepare preparer
	take    taker

	mu    sync.Mutex
	lanes [lanes]lane
	work  sync.WaitGroup // the lanes, and the batches that are being taken
}

// lane is one queue.
type lane struct {
	waiting []*ticket
	came    chan struct{} // somebody came while a batch is on its way
	busy    bool          // a batch is on its way to its places
	out     int           // how many are in batches that are not answered yet
}

// preparer does for some who wait what can be done before they are taken. What it leaves undone is done then.
type preparer func(ctx context.Context, waiting []*hold)

// taker answers each of a batch, or fails as a whole with nothing written. It calls ahead when nobody can overtake it any more and the next may set out.
type taker func(ctx context.Context, batch []*hold, ahead func()) error

// ticket is one who waits for an answer.
type ticket struct {
	*hold
	ctx      context.Context
	seen     bool  // somebody has prepared it, or tried
	taken    bool  // it is in a batch
	crew     *crew // of the batch that it is in, or of those who are being prepared with it; else nil
	answered chan struct{}
	err      error // of the request alone, not a refusal
	panicked any
}

// crew is who still wants what is being done for them together. When nobody does, it is given up.
type crew struct {
	left int
	quit context.CancelFunc
}

func newCombiner(prepare preparer, take taker) *combiner {
	c := &combiner{limit: batchLimit, prepare: prepare, take: take}
	for i := range c.lanes {
		c.lanes[i].came = make(chan struct{}, 1)
	}
	return c
}

func newCrew(of []*ticket) (context.Context, *crew) {
	ctx, quit := context.WithCancel(context.WithoutCancel(of[0].ctx))
	return ctx, &crew{left: len(of), quit: quit}
}

// do has a request taken, and returns when it was answered: the answer is in h, the error says that there is none. When ctx ends first, it is
// taken out of the queue, or, when its batch is being taken already, left to its fate: its key tells later what became of it.
func (c *combiner) do(ctx context.Context, schedule ScheduleID, h *hold) error {
	t := &ticket{hold: h, ctx: ctx, answered: make(chan struct{})}
	l := &c.lanes[uint64(schedule)%lanes]
	c.enter(l, t)
	select {
	case <-t.answered:
		if t.panicked != nil {
			panic(t.panicked)
		}
		return t.err
	case <-ctx.Done():
		c.leave(l, t)
		return fmt.Errorf("wait for a place: %w", context.Cause(ctx))
	}
}

func (c *combiner) enter(l *lane, t *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.waiting = append(l.waiting, t)
	if !l.busy {
		l.busy = true
		c.work.Go(func() { c.serve(l) })
		return
	}
	select {
	case l.came <- struct{}{}:
	default: // it is known
	}
}

func (c *combiner) leave(l *lane, t *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.taken {
		l.waiting = slices.DeleteFunc(l.waiting, func(other *ticket) bool { return other == t })
	}
	if t.crew == nil {
		return
	}
	if t.crew.left--; t.crew.left == 0 {
		t.crew.quit()
	}
}

// serve sends out batch after batch of a lane until nobody waits.
func (c *combiner) serve(l *lane) {
	for {
		ctx, batch, quit := c.next(l)
		if len(batch) == 0 {
			return
		}
		ahead := make(chan struct{})
		c.work.Go(func() {
			defer quit()
			c.takeAll(ctx, l, batch, sync.OnceFunc(func() { close(ahead) }))
		})
		c.prepareUntil(ahead, l)
	}
}

// prepareUntil prepares those who wait in a lane until its next batch may set out.
func (c *combiner) prepareUntil(ahead <-chan struct{}, l *lane) {
	for {
		select {
		case <-ahead:
			return
		case <-l.came:
			c.prepareWaiting(l)
		}
	}
}

func (c *combiner) prepareWaiting(l *lane) {
	c.mu.Lock()
	var list []*ticket
	var holds []*hold
	for _, t := range l.waiting[:min(len(l.waiting), c.limit)] {
		if !t.seen {
			t.seen = true
			list, holds = append(list, t), append(holds, t.hold)
		}
	}
	if len(list) == 0 {
		c.mu.Unlock()
		return
	}
	ctx, crew := newCrew(list)
	for _, t := range list {
		t.crew = crew
	}
	c.mu.Unlock()
	func() {
		defer func() { _ = recover() }() // whoever is to blame panics again when it is taken, and there the one who asked is told
		defer crew.quit()
		c.prepare(ctx, holds)
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range list {
		t.crew = nil
	}
}

// next takes the next batch out of the queue.
func (c *combiner) next(l *lane) (context.Context, []*ticket, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy, l.waiting = false, nil
		return nil, nil, nil
	}
	half := max((len(l.waiting)+l.out+1)/2, fewTogether)
	batch := slices.Clone(l.waiting[:min(len(l.waiting), c.limit, half)])
	l.waiting = slices.Delete(l.waiting, 0, len(batch))
	l.out += len(batch)
	ctx, crew := newCrew(batch)
	for _, t := range batch {
		t.taken, t.crew = true, crew
	}
	return ctx, batch, crew.quit
}

// takeAll takes a batch and answers it. When one of it may be why it failed, each is taken alone, in their order: whoever is not to
// blame does not notice.
func (c *combiner) takeAll(ctx context.Context, l *lane, batch []*ticket, ahead func()) {
	defer ahead()
	holds := make([]*hold, len(batch))
	for i, t := range batch {
		holds[i] = t.hold
	}
	panicked, err := c.try(ctx, holds, ahead)
	c.back(l, len(batch)) // before they are told: they may come again at once
	alone := len(batch) > 1 && (panicked != nil || (err != nil && ctx.Err() == nil && !mysql.IsDown(err)))
	for _, t := range batch {
		t.err, t.panicked = err, panicked
		if alone {
			if t.err, t.panicked = t.ctx.Err(), nil; t.err == nil {
				t.panicked, t.err = c.try(ctx, []*hold{t.hold}, ahead)
			}
		}
		close(t.answered)
	}
}

// back counts off a batch that is about to be answered.
func (c *combiner) back(l *lane, answered int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.out -= answered
}

// try takes holds, and catches a panic for the one who asked.
func (c *combiner) try(ctx context.Context, holds []*hold, ahead func()) (panicked any, err error) {
	defer func() { panicked = recover() }()
	return nil, c.take(ctx, holds, ahead)
}

// close waits for the batches that are being taken.
func (c *combiner) close() { c.work.Wait() }
