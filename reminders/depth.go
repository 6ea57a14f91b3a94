package reminders

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// keep is how long notices that have reached an end are kept.
const keep = 30 * 24 * time.Hour

// Depth is how many notices are due and have not reached an end, and how long the oldest of them has been due. Recipients of broadcasts do not count: they
// wait for their turn, for the morning, or for being resumed.
func (s *Store) Depth(ctx context.Context) (count int, oldest time.Duration, err error) {
	for _, status := range []Status{Queued, Claimed} { // one by one, so that each reads its stretch of the index
		var row struct {
			Count int          `db:"n"`
			First sql.NullTime `db:"first_due"`
		}
		const query = "SELECT COUNT(id) AS n, MIN(due_at) AS first_due FROM notices WHERE status = ? AND due_at <= ? AND bulk = 0"
		if err := s.db.GetContext(ctx, &row, query, status, s.now()); err != nil {
			return 0, 0, fmt.Errorf("count what is due: %w", err)
		}
		count += row.Count
		if row.First.Valid {
			oldest = max(oldest, s.now().Sub(row.First.Time))
		}
	}
	return count, oldest, nil
}

// keepReceipts is how long it is known which short message a notice went out by. Providers report within three days.
const keepReceipts = 4 * 24 * time.Hour

// Prune deletes notices that reached an end 30 days ago, pauses that are over, and what is known of old short messages. Broadcasts keep their counts.
func (s *Store) Prune(ctx context.Context) error {
	if err := s.forgetReceipts(ctx); err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM notices WHERE ended_at < ? ORDER BY ended_at LIMIT 1000",
		"DELETE FROM notice_pauses WHERE paused_until < ? LIMIT 1000",
	} {
		for more := true; more; {
			err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
				more, err = affected(tx.ExecContext(ctx, statement, s.now().Add(-keep)))
				return err
			})
			if err != nil {
				return fmt.Errorf("delete old notices: %w", err)
			}
		}
	}
	return nil
}
