package payments

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// Unguard takes the compare-and-swap away, for negative controls: a change is written whatever the row holds by now.
func (s *Store) Unguard() {
	s.swap = func(ctx context.Context, tx *sqlx.Tx, statement string, _ int, args ...any) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	}
}

// NextQuery is the schedule of the query job.
func NextQuery(now, expires time.Time, tries int) time.Time { return nextQuery(now, expires, tries) }
