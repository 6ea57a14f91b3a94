package reminders

import (
	"context"
	"fmt"

	"guahao/bots"
)

// RedirectTx makes the notices of appointments that wait for one chat account go to another, in the caller's transaction: the two were
// one person's and are no longer.
func (s *Store) RedirectTx(ctx context.Context, tx bots.Tx, from, to bots.AccountID) error {
	const redirect = "UPDATE notices SET account_id = ? WHERE account_id = ? AND appointment_id IS NOT NULL AND status = 'queued'"
	if _, err := tx.ExecContext(ctx, redirect, to, from); err != nil {
		return fmt.Errorf("redirect the notices of an account: %w", err)
	}
	return nil
}
