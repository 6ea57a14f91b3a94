package reminders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"guahao/bots"
	"guahao/internal/mysql"
)

// lookAgain is how soon a lane looks again that has nobody to write to while audiences are being read.
const lookAgain = 20 * time.Millisecond

// lane writes to the recipients of broadcasts on one platform, so that none waits for another platform's pace. What a round of it needs to know of its
// recipients is read for a page of them at a time; what is in flight is one message for each of its writers.
type lane struct {
	*Store
	on     bots.Platform
	pauses *pauses
	texts  map[BroadcastID]texts
	ends   chan ending
}

// run writes until there is nobody left or ctx ends. It tells whether there was anybody.
func (l *lane) run(ctx context.Context, a *audiences) (any bool, err error) {
	l.ends = make(chan ending)
	letters := make(chan letter)
	var noting errgroup.Group
	noting.Go(func() error { l.noteEnds(); return nil })
	writers, working := errgroup.WithContext(ctx)
	for range concurrency {
		writers.Go(func() error {
			for x := range letters {
				if err := l.deliverLetter(ctx, x); err != nil {
					return err
				}
			}
			return nil
		})
	}
	any, err = l.feed(working, a, letters)
	close(letters)
	err = errors.Join(err, writers.Wait())
	close(l.ends)
	_ = noting.Wait() // it has no error of its own: who waits is told
	return any, err
}

// feed hands letters to the writers, a page after the other, what is urgent first.
func (l *lane) feed(ctx context.Context, a *audiences, letters chan<- letter) (any bool, err error) {
	for ctx.Err() == nil {
		if l.pauses.of(l.on).After(l.now()) {
			return any, nil
		}
		if err := l.urgentFirst(ctx, l.pauses); err != nil {
			return any, err
		}
		read := isClosed(a.read) // before the look at who is next
		page, err := l.next(ctx)
		if err != nil {
			return any, err
		}
		if len(page) == 0 {
			if read {
				return any, nil
			}
			waitFor(ctx, lookAgain)
			continue
		}
		any = true
		for i, x := range page {
			select {
			case letters <- x:
			case <-ctx.Done():
				return true, l.giveBack(context.WithoutCancel(ctx), page[i:])
			}
		}
	}
	return any, nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func waitFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// urgentFirst sends what is urgent and has become due meanwhile. One lane does it while the others wait: they shall not go on either.
func (s *Store) urgentFirst(ctx context.Context, p *pauses) error {
	s.first.Lock()
	defer s.first.Unlock()
	for ctx.Err() == nil {
		if any, err := s.urgent(ctx, p); err != nil || !any {
			return err
		}
	}
	return nil
}

// next claims the next page of recipients, taking turns among the broadcasts, and reads what has to be known of them.
func (l *lane) next(ctx context.Context) ([]letter, error) {
	found, err := l.waiting(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	until := l.now().Add(lease)
	ours, err := l.claimPage(ctx, found, until)
	if err != nil || len(ours) == 0 {
		return nil, err
	}
	page, err := l.address(ctx, ours, until)
	if err != nil {
		return nil, errors.Join(err, l.giveBack(context.WithoutCancel(ctx), page))
	}
	return page, nil
}

// waiting finds who is next on the lane's platform: as many of each broadcast that may go on.
func (l *lane) waiting(ctx context.Context) ([]notice, error) {
	list, err := l.underWay(ctx, expanding, sending)
	if err != nil {
		return nil, err
	}
	now := l.now()
	var ready []BroadcastID
	for _, b := range list {
		zone := time.UTC
		if b.Schedule == 0 && !b.AtNight {
			if zone, err = l.zoneOf(ctx, b.audience.Filter); err != nil {
				return nil, err
			}
		}
		if b.Schedule == 0 && b.begun(now) && (b.AtNight || !quietUntil(now, zone).After(now)) {
			ready = append(ready, b.ID)
		}
	}
	const query = `SELECT id, kind, broadcast_id, account_id, COALESCE(visit_id, 0) AS visit_id, due_at, epoch, attempts, created_at FROM notices
		WHERE broadcast_id = ? AND status = 'queued' AND platform = ? AND next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?`
	var found []notice
	for _, id := range ready {
		var some []notice
		if err := l.db.SelectContext(ctx, &some, query, id, l.on, now, (batch+len(ready)-1)/len(ready)); err != nil {
			return nil, fmt.Errorf("find who is next in broadcast %d: %w", id, err)
		}
		found = append(found, some...)
	}
	return found, nil
}

// claimPage makes those recipients ours that are still nobody's.
func (l *lane) claimPage(ctx context.Context, found []notice, until time.Time) ([]notice, error) {
	ids := make([]int64, len(found))
	epochs := map[int64]int64{}
	for i, n := range found {
		ids[i] = n.ID
	}
	slices.Sort(ids) // whoever locks several locks them in this order
	lock, args, err := sqlx.In("SELECT id, epoch FROM notices WHERE id IN (?) "+l.free+" ORDER BY id FOR UPDATE", ids)
	if err != nil {
		return nil, fmt.Errorf("write the claim: %w", err)
	}
	err = mysql.InTx(ctx, l.db, func(tx *sqlx.Tx) error {
		var rows []struct{ ID, Epoch int64 }
		if err := tx.SelectContext(ctx, &rows, lock, args...); err != nil || len(rows) == 0 {
			return err
		}
		clear(epochs)
		taken := make([]int64, len(rows))
		for i, row := range rows {
			taken[i], epochs[row.ID] = row.ID, row.Epoch+1
		}
		take, args, err := sqlx.In("UPDATE notices SET status = 'claimed', epoch = epoch + 1, lease_until = ? WHERE id IN (?)", until, taken)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, take, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim recipients: %w", err)
	}
	var ours []notice
	for _, n := range found {
		if epoch, ok := epochs[n.ID]; ok {
			n.Epoch = epoch
			ours = append(ours, n)
		}
	}
	return ours, nil
}
