package booking

import (
	"context"
	"sync"
	"sync/atomic"
)

// gather lets those share a query who ask for the same kind of thing while the one before is under way: in a rush the database is asked
// seldom for many things rather than often for one. Who comes when nothing is under way asks at once. A query begins after everyone whom it answers
// has asked, so nobody is told of an earlier time.
type gather[K comparable, V any] struct {
	read func(ctx context.Context, keys []K) (map[K]V, error) // what is not there is left out

	mu      sync.Mutex
	waiting []*question[K, V]
	busy    bool
}

// question is one who waits for an answer.
type question[K comparable, V any] struct {
	key      K
	ctx      context.Context
	answered chan struct{}
	value    V
	err      error
	thrown   any  // a panic
	alone    bool // the query failed, and it may not be this one's fault
}

// gathered is how many things one query is asked for at most.
const gathered = 64

// get gives what a key stands for; the zero value when that is not there.
func (g *gather[K, V]) get(ctx context.Context, key K) (V, error) {
	q := &question[K, V]{key: key, ctx: ctx, answered: make(chan struct{})}
	g.mu.Lock()
	if g.busy {
		g.waiting = append(g.waiting, q)
		g.mu.Unlock()
	} else {
		g.busy = true
		g.mu.Unlock()
		g.answer([]*question[K, V]{q})
	}
	select {
	case <-q.answered:
	case <-ctx.Done():
		return *new(V), ctx.Err()
	}
	if q.alone {
		list, err := g.read(ctx, []K{key})
		return list[key], err
	}
	if q.thrown != nil {
		panic(q.thrown)
	}
	return q.value, q.err
}

// answer asks for a batch, and lets the next one go.
func (g *gather[K, V]) answer(batch []*question[K, V]) {
	keys, seen := make([]K, 0, len(batch)), make(map[K]bool, len(batch))
	for _, q := range batch {
		if !seen[q.key] {
			seen[q.key] = true
			keys = append(keys, q.key)
		}
	}
	values, thrown, err := g.ask(batch, keys)
	g.mu.Lock()
	next := g.waiting[:min(len(g.waiting), gathered)]
	g.waiting = g.waiting[len(next):]
	g.busy = len(next) > 0
	g.mu.Unlock()
	if len(next) > 0 {
		go g.answer(next)
	}
	for _, q := range batch {
		q.value, q.err, q.thrown, q.alone = values[q.key], err, thrown, (err != nil || thrown != nil) && len(batch) > 1
		close(q.answered)
	}
}

// ask asks, and catches a panic for those who wait.
func (g *gather[K, V]) ask(batch []*question[K, V], keys []K) (values map[K]V, thrown any, err error) {
	ctx, quit := patienceOf(batch)
	defer quit()
	defer func() { thrown = recover() }()
	values, err = g.read(ctx, keys)
	return values, nil, err
}

// patienceOf is the context of a query: that of the only one who asks, or one that ends when nobody waits any more.
func patienceOf[K comparable, V any](batch []*question[K, V]) (context.Context, context.CancelFunc) {
	if len(batch) == 1 {
		return batch[0].ctx, func() {}
	}
	ctx, quit := context.WithCancel(context.WithoutCancel(batch[0].ctx))
	var left atomic.Int64
	left.Store(int64(len(batch)))
	stops := make([]func() bool, len(batch))
	for i, q := range batch {
		stops[i] = context.AfterFunc(q.ctx, func() {
			if left.Add(-1) == 0 {
				quit()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		quit()
	}
}
