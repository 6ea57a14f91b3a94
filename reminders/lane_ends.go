package reminders

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// giveBack queues letters again that were not tried.
func (l *lane) giveBack(ctx context.Context, page []letter) error {
	return l.inOneGo(ctx, page, "status = 'queued', lease_until = NULL")
}

// inOneGo changes letters that are still ours, by their epochs.
func (l *lane) inOneGo(ctx context.Context, page []letter, set string, args ...any) error {
	byEpoch := map[int64][]int64{}
	for _, x := range page {
		byEpoch[x.Epoch] = append(byEpoch[x.Epoch], x.ID)
	}
	return mysql.InTx(ctx, l.db, func(tx *sqlx.Tx) error {
		for epoch, ids := range byEpoch {
			slices.Sort(ids)
			statement, all, err := sqlx.In("UPDATE notices SET "+set+" WHERE id IN (?) AND epoch = ? AND status = 'claimed'", append(args[:len(args):len(args)], ids, epoch)...)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, statement, all...); err != nil {
				return fmt.Errorf("note what became of letters: %w", err)
			}
		}
		return nil
	})
}

// ending is a letter that was sent, and whoever waits for that being noted.
type ending struct {
	notice notice
	noted  chan<- error
}

// sent notes that a letter was sent, together with those that were sent at the same moment: one commit for all. It returns when that is noted, so that
// never more is in flight than there are writers.
func (l *lane) sent(n notice) error {
	noted := make(chan error, 1)
	l.ends <- ending{n, noted}
	if err := <-noted; err != nil {
		return err
	}
	l.observe(l.on, n.Kind, Sent)
	return nil
}

// noteEnds notes what was sent until there is no more.
func (l *lane) noteEnds() {
	for first := range l.ends {
		some := []ending{first}
		for more := true; more && len(some) < concurrency; {
			select {
			case e, open := <-l.ends:
				if more = open; open {
					some = append(some, e)
				}
			default:
				more = false
			}
		}
		page := make([]letter, len(some))
		for i, e := range some {
			page[i].notice = e.notice
		}
		ctx, cancel := context.WithTimeout(context.Background(), onePatience)
		err := l.inOneGo(ctx, page, "status = 'sent', lease_until = NULL, ended_at = ?, attempts = attempts + 1, last_error = ''", l.now())
		cancel()
		for _, e := range some {
			e.noted <- err
		}
	}
}
