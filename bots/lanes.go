package bots

import (
	"context"
	"sync"
)

// Lanes serialises by key within this process: of one key there is one at a time, in the order of arrival. It holds nothing of
// keys that nobody uses. The zero value is ready.
type Lanes struct {
	mu    sync.Mutex
	lanes map[string]*lane
}

type lane struct {
	turn  chan struct{} // holds one token while somebody is in the lane
	users int           // in the lane or waiting for it
}

// Enter waits until the key's lane is free, and takes it until leave is called. It gives way to ctx.
func (l *Lanes) Enter(ctx context.Context, key string) (leave func(), err error) {
	l.mu.Lock()
	if l.lanes == nil {
		l.lanes = map[string]*lane{}
	}
	mine := l.lanes[key]
	if mine == nil {
		mine = &lane{turn: make(chan struct{}, 1)}
		l.lanes[key] = mine
	}
	mine.users++
	l.mu.Unlock()

	select {
	case mine.turn <- struct{}{}:
		return sync.OnceFunc(func() {
			<-mine.turn
			l.drop(key, mine)
		}), nil
	case <-ctx.Done():
		l.drop(key, mine)
		return nil, ctx.Err()
	}
}

func (l *Lanes) drop(key string, mine *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if mine.users--; mine.users == 0 {
		delete(l.lanes, key)
	}
}

// Len is how many keys are in use.
func (l *Lanes) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lanes)
}
