package reminders

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mysql"
)

// RefuseBroadcasts notes that a person wants no broadcasts, or does again. What concerns their own appointments is told all the same.
// It holds for all of the person's accounts, and at once: also for broadcasts that are under way.
func (s *Store) RefuseBroadcasts(ctx context.Context, user bots.UserID, refuse bool) error {
	refuses, err := s.RefusesBroadcasts(ctx, user)
	if err != nil || refuses == refuse {
		return err
	}
	statement, args := "DELETE FROM broadcast_refusals WHERE user_id = ?", []any{user}
	if refuse {
		statement, args = "INSERT INTO broadcast_refusals (user_id, since) VALUES (?, ?)", []any{user, s.now()}
	}
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("note whether a person wants broadcasts: %w", err)
	}
	return nil
}

// RefusesBroadcasts tells whether a person wants none.
func (s *Store) RefusesBroadcasts(ctx context.Context, user bots.UserID) (bool, error) {
	refused, err := s.refusing(ctx, []bots.Account{{User: user}})
	return refused[user], err
}

// refusing tells who of some accounts' owners wants no broadcasts.
func (s *Store) refusing(ctx context.Context, accounts []bots.Account) (map[bots.UserID]bool, error) {
	refused := map[bots.UserID]bool{}
	if len(accounts) == 0 {
		return refused, nil
	}
	ids := make([]bots.UserID, 0, len(accounts))
	for _, a := range accounts {
		ids = append(ids, a.User)
	}
	query, args, err := sqlx.In("SELECT user_id FROM broadcast_refusals WHERE user_id IN (?)", ids)
	if err != nil {
		return nil, fmt.Errorf("ask who wants no broadcasts: %w", err)
	}
	var found []bots.UserID
	if err := s.db.SelectContext(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read who wants no broadcasts: %w", err)
	}
	for _, id := range found {
		refused[id] = true
	}
	return refused, nil
}
