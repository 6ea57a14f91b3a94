package booking

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// endApplications takes part in no draw any more, for a user who wants to be forgotten. In a list that is published already the application stays,
// without anybody behind it.
func (s *Store) endApplications(ctx context.Context, user UserID) error {
	list, err := s.applications(ctx, "p.user_id = ? AND p.status = 'applied'", user)
	if err != nil {
		return err
	}
	for _, a := range list {
		err := s.Withdraw(ctx, user, a.ID)
		if errors.Is(err, ErrClosed) {
			err = s.inTx(ctx, func(tx *sqlx.Tx) error {
				_, err := endApplication(ctx, tx, a, Void, s.clock())
				return err
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseApplications takes out whose applications they were, and what was stated about persons who are in no list any more.
func eraseApplications(ctx context.Context, tx *sqlx.Tx, user UserID, digests [][]byte) error {
	if _, err := tx.ExecContext(ctx, "UPDATE lottery_applications SET person = ?, secret = '' WHERE user_id = ?", make([]byte, 32), user); err != nil {
		return fmt.Errorf("erase applications: %w", err)
	}
	for _, digest := range digests {
		_, err := tx.ExecContext(ctx, "DELETE FROM priority_statements WHERE person = ? AND NOT EXISTS (SELECT p.id FROM patients p WHERE p.number_digest = ?)", digest, digest)
		if err != nil {
			return fmt.Errorf("erase what is stated: %w", err)
		}
	}
	return nil
}
