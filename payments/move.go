package payments

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// MoveTx lets what was paid for one reference count for another, in the caller's transaction, which holds the locks of what
// is paid for. What is refunded later, and what is told about it, is under the new reference. Unpaid charges for the old one are given
// up. Moving again what was moved already does nothing.
func (s *Store) MoveTx(ctx context.Context, tx *sqlx.Tx, from, to string) error {
	if to == "" || len(to) > maxRef || from == to {
		return fmt.Errorf("a charge cannot be moved from %q to %q", from, to)
	}
	charges, err := s.lockRef(ctx, tx, from)
	if err != nil {
		return err
	}
	for _, c := range charges {
		if !c.Settled() {
			if err := s.giveUp(ctx, tx, c); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.ExecContext(ctx, "UPDATE charges SET ref = ? WHERE id = ?", to, c.ID); err != nil {
			return fmt.Errorf("move a charge: %w", err)
		}
		if err := s.event(ctx, tx, c.ID, 0, "move", string(c.Status), string(c.Status), from+" to "+to); err != nil {
			return err
		}
	}
	return nil
}

// spread refunds an amount from several payments, the newest first: a visit that was moved may have been paid in two.
func (s *Store) spread(ctx context.Context, tx *sqlx.Tx, paid []Charge, amount Fen, reason string) error {
	for i := len(paid) - 1; i >= 0; i-- {
		part := min(amount, paid[i].Refundable())
		if i == 0 {
			part = amount // if it is more than is left, it is refused there
		}
		if part == 0 {
			continue
		}
		if err := s.requestRefund(ctx, tx, &paid[i], part, reason); err != nil {
			return err
		}
		amount -= part
	}
	return nil
}
