package bots

import (
	"context"
	"slices"
	"sync"
)

// Lanes serialises by key within this process: of one key there is one at a time, in the order of arrival. It holds nothing of
// keys that nobody uses. The zero value is ready.
type Lanes struct {
	mu      sync.Mutex
	waiting map[string][]chan struct{} // there is an entry while somebody is in the lane
}

// Enter waits until the key's lane is free, and takes it until leave is called. It gives way to ctx.
func (l *Lanes) Enter(ctx context.Context, key string) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	leave = sync.OnceFunc(func() { l.pass(key) })
	l.mu.Lock()
	queue, taken := l.waiting[key]
	if !taken {
		if l.waiting == nil {
			l.waiting = map[string][]chan struct{}{}
		}
		l.waiting[key] = nil
		l.mu.Unlock()
		return leave, nil
	}
	turn := make(chan struct{})
	l.waiting[key] = append(queue, turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return leave, nil
	case <-ctx.Done():
		if !l.withdraw(key, turn) { // it was our turn at the same moment
			leave()
		}
		return nil, ctx.Err()
	}
}

// pass gives the lane to the next in the queue.
func (l *Lanes) pass(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.waiting[key]
	if len(queue) == 0 {
		delete(l.waiting, key)
		return
	}
	l.waiting[key] = queue[1:]
	close(queue[0])
}

func (l *Lanes) withdraw(key string, turn chan struct{}) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.Index(l.waiting[key], turn)
	if at < 0 {
		return false
	}
	l.waiting[key] = slices.Delete(l.waiting[key], at, at+1)
	return true
}

// Len is how many keys are in use.
func (l *Lanes) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// Waiting is how many wait for the key's lane.
func (l *Lanes) Waiting(key string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting[key])
}
