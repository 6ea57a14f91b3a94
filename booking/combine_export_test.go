package booking

import "context"

// What the tests of the combiner see of its inside.

// Combiner is one with a taker of the test's: it gets the keys of a batch, and says which of them it refuses.
type Combiner struct{ c *combiner }

// NewCombiner makes one.
func NewCombiner(take func(ctx context.Context, keys []string, ahead func()) error) Combiner {
	return NewPreparingCombiner(func(context.Context, []string) {}, take)
}

// NewPreparingCombiner makes one that prepares those who wait, too.
func NewPreparingCombiner(prepare func(ctx context.Context, keys []string), take func(ctx context.Context, keys []string, ahead func()) error) Combiner {
	return Combiner{newCombiner(
		func(ctx context.Context, waiting []*hold) { prepare(ctx, keysOf(waiting)) },
		func(ctx context.Context, batch []*hold, ahead func()) error { return take(ctx, keysOf(batch), ahead) },
	)}
}

func keysOf(holds []*hold) []string {
	keys := make([]string, len(holds))
	for i, h := range holds {
		keys[i] = h.Key
	}
	return keys
}

// Do has a request with a key taken.
func (c Combiner) Do(ctx context.Context, schedule ScheduleID, key string) error {
	return c.c.do(ctx, schedule, &hold{HoldRequest: HoldRequest{Key: key}})
}

// Waiting tells how many wait in a schedule's lane, and whether a batch of it is on its way to the locks.
func (c Combiner) Waiting(schedule ScheduleID) (int, bool) { return c.c.waitingFor(schedule) }

// Close waits until nothing is being taken.
func (c Combiner) Close() { c.c.close() }

// Waiting tells how many requests wait in the lane of a schedule, and whether a batch of it is on its way to the locks.
func (s *Store) Waiting(schedule ScheduleID) (int, bool) { return s.combiner.waitingFor(schedule) }

func (c *combiner) waitingFor(schedule ScheduleID) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lanes[uint64(schedule)%lanes]
	return len(l.waiting), l.busy
}

// BatchLimit is how many one transaction takes at most.
const BatchLimit = batchLimit

// FewTogether are taken together even if they are more than half.
const FewTogether = fewTogether

// Lanes is how many queues there are.
const Lanes = lanes

// WithoutLocks makes a store that does not lock schedules and slots when it gives places away: what must never be.
func WithoutLocks(s *Store) *Store {
	s.forUpdate = ""
	return s
}
