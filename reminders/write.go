package reminders

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// writeFor is how long broadcasts are written before it is looked whether one has ended, and what else there is to do. Between two such stretches nothing
// is sent for some milliseconds, which the platforms' bursts make up for.
const writeFor = 5 * time.Second

// write goes on with the broadcasts that may go on: it reads their audiences, and on each platform at that platform's pace it writes to who is next. It returns
// when there is nobody left, or after a while. It tells whether anything was done.
func (s *Store) write(ctx context.Context, p *pauses) (any bool, err error) {
	stretch, cancel := context.WithTimeout(ctx, writeFor)
	defer cancel()
	group, stretch := errgroup.WithContext(stretch)
	a := &audiences{read: make(chan struct{})}
	group.Go(func() error {
		defer close(a.read)
		for stretch.Err() == nil {
			more, err := s.expandAll(stretch)
			if err != nil || !more {
				return unlessOver(stretch, err)
			}
			a.done.Store(true)
		}
		return nil
	})
	var wrote atomic.Bool
	for on := range s.senders {
		group.Go(func() error {
			l := &lane{Store: s, on: on, pauses: p, texts: map[BroadcastID]texts{}}
			some, err := l.run(stretch, a)
			if some {
				wrote.Store(true)
			}
			return unlessOver(stretch, err)
		})
	}
	err = group.Wait()
	return a.done.Load() || wrote.Load(), err
}

// audiences is what lanes know of the reading of audiences beside them.
type audiences struct {
	read chan struct{} // closed when there is no more to be read for now
	done atomic.Bool   // something was read
}

// unlessOver leaves out the error of a statement that was cut short by the end of its time.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return nil
	}
	return err
}
