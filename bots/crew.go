package bots

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	crewLimit = 64 // errands that one transaction takes at most
	crewsOut  = 2  // crews on their way at a time; who comes meanwhile is in the next one
	// crewPatience is after how long a crew is out of the way: a step that takes its time keeps only its own crew waiting.
	crewPatience = 150 * time.Millisecond
	crewsAtMost  = 12 // with those that take their time; the database has some connections more for who is handled alone
)

// errand is an update on its way through the one transaction that handles it.
type errand struct {
	update  Update
	applies func(locked) bool // nil: always
	decide  func(context.Context, Update, locked) (change, error)

	row    locked // as it was locked
	beside int64
	change change
	err    error // why it is not handled; the others of its crew are

	// Of an errand in a crew: taken is closed when its row is locked and it may decide, or when it may not because of err; done when all is over.
	taken, done chan struct{}
	crew        *crew
	alone       bool // the crew could not handle it: it shall try by itself
}

// crews lets updates of several people that come at the same moment share a transaction: their rows are locked together, their steps run at
// the same time, and what they changed is written together and committed once. Who comes while few are on their way sets out at once; who
// comes later joins those who wait, in the order in which they came. Nobody waits for others to come.
//
// Whatever goes wrong with a crew as a whole, each of it is handled alone then: it is as if it had never been in one.
type crews struct {
	handle func(context.Context, []*errand)

	mu      sync.Mutex
	waiting []*errand
	out     int // crews that set out a moment ago and are not back
	all     int // crews that are not back
}

// crew is who shares a transaction.
type crew struct {
	errands []*errand
	decided sync.WaitGroup // one for each that was taken
	left    int            // who still waits for what becomes of it
	quit    context.CancelFunc
}

func newCrews(handle func(context.Context, []*errand)) *crews { return &crews{handle: handle} }

// do has an errand handled with others. false: nothing has become of it, and it shall be handled alone.
func (c *crews) do(ctx context.Context, e *errand, run func(*errand)) bool {
	e.taken, e.done = make(chan struct{}), make(chan struct{})
	c.enter(e)
	stop := context.AfterFunc(ctx, func() { c.leave(e, ctx.Err()) })
	defer stop()
	<-e.taken
	if e.err == nil && !e.alone {
		func() {
			defer e.crew.decided.Done()
			run(e)
		}()
	}
	<-e.done
	return !e.alone
}

func (c *crews) enter(e *errand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, e)
	c.sendOut()
}

// leave takes an errand that nobody waits for any more out of the queue. When nobody waits for any of a crew, that is given up.
func (c *crews) leave(e *errand, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.crew != nil {
		if e.crew.left--; e.crew.left == 0 {
			e.crew.quit()
		}
		return
	}
	c.waiting = slices.DeleteFunc(c.waiting, func(other *errand) bool { return other == e })
	e.err = why
	close(e.taken)
	close(e.done)
}

// sendOut sends out who waits, if there is room on the way. The lock is held.
func (c *crews) sendOut() {
	if len(c.waiting) == 0 || c.out >= crewsOut || c.all >= crewsAtMost {
		return
	}
	together := &crew{errands: slices.Clone(c.waiting[:min(len(c.waiting), crewLimit)])}
	c.waiting = slices.Delete(c.waiting, 0, len(together.errands))
	for _, e := range together.errands {
		e.crew = together
	}
	ctx, quit := context.WithCancel(context.Background()) // no one's: the others must not suffer when one goes away
	together.left, together.quit = len(together.errands), quit
	c.out++
	c.all++
	away := sync.OnceFunc(func() { c.out-- })
	slow := time.AfterFunc(crewPatience, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		away()
		c.sendOut()
	})
	go func() {
		defer quit()
		c.handle(ctx, together.errands)
		slow.Stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		away()
		c.all--
		c.sendOut()
	}()
}
