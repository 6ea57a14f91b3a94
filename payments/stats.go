package payments

import (
	"context"
	"fmt"
	"time"
)

// Stat counts what is under way: charges or refunds in one status, and since when the oldest of them exists.
type Stat struct {
	Kind   string    `db:"kind"` // "charge" or "refund"
	Status string    `db:"status"`
	Count  int       `db:"number"`
	Oldest time.Time `db:"oldest"`
}

// Stats counts what is not at its end.
func (s *Store) Stats(ctx context.Context) ([]Stat, error) {
	const query = `SELECT 'charge' AS kind, status, COUNT(id) AS number, MIN(created_at) AS oldest FROM charges WHERE status IN ('pending', 'closing', 'refunding') GROUP BY status
		UNION ALL SELECT 'refund', status, COUNT(id), MIN(created_at) FROM refunds WHERE next_attempt_at IS NOT NULL GROUP BY status`
	var list []Stat
	if err := s.db.SelectContext(ctx, &list, query); err != nil {
		return nil, fmt.Errorf("count the payments under way: %w", err)
	}
	return list, nil
}
