package booking

import "context"

// Gather is a gather of numbers, for the tests.
type Gather struct{ gather[int, string] }

// NewGather gives one that reads with a function.
func NewGather(read func(context.Context, []int) (map[int]string, error)) *Gather {
	return &Gather{gather[int, string]{read: read}}
}

// Get asks.
func (g *Gather) Get(ctx context.Context, key int) (string, error) { return g.get(ctx, key) }

// Waiting is how many wait for the next query.
func (g *Gather) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}
