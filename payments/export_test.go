package payments

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
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

// ErrUnbalanced is what post refuses with.
var ErrUnbalanced = errUnbalanced

// entriesOf gives each amount an account of its own.
func entriesOf(amounts []Fen) []entry {
	entries := make([]entry, len(amounts))
	for i, amount := range amounts {
		entries[i] = entry{Accounts()[i], amount}
	}
	return entries
}

// Balanced tells whether the amounts may be the sides of a movement.
func Balanced(amounts ...Fen) bool { return balanced(entriesOf(amounts)) == nil }

// Post writes a movement of the amounts on different accounts.
func (s *Store) Post(ctx context.Context, db *sqlx.DB, number string, amounts ...Fen) error {
	return mysql.InTx(ctx, db, func(tx *sqlx.Tx) error {
		return s.post(ctx, tx, movement{kind: MovedFees, number: number, provider: "test", at: s.now()}, entriesOf(amounts)...)
	})
}
