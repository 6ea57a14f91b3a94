package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// orderInFlight is longer than any prepay call can be under way: until then "no such order" can still become wrong.
const orderInFlight = time.Minute

// CloseTx gives the unpaid charges for a reference up, in the caller's transaction, which holds the locks of what is paid for.
// The job closes them at the provider. A payment that was made meanwhile is settled later, and the Follower decides about it.
func (s *Store) CloseTx(ctx context.Context, tx *sqlx.Tx, ref string) error {
	charges, err := s.lockRef(ctx, tx, ref)
	if err != nil {
		return err
	}
	for _, c := range charges {
		if err := s.giveUp(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// lockRef locks all charges for a reference, oldest first.
func (s *Store) lockRef(ctx context.Context, tx *sqlx.Tx, ref string) ([]Charge, error) {
	var rows []chargeRow
	if err := tx.SelectContext(ctx, &rows, "SELECT "+chargeColumns+" FROM charges WHERE ref = ? ORDER BY id FOR UPDATE", ref); err != nil {
		return nil, fmt.Errorf("lock the charges for a reference: %w", err)
	}
	charges := make([]Charge, len(rows))
	for i, row := range rows {
		charges[i] = row.charge()
	}
	return charges, nil
}

func (s *Store) giveUp(ctx context.Context, tx *sqlx.Tx, c Charge) error {
	switch c.Status {
	case Created:
		return s.change(ctx, tx, &c, givesUp, "", "due_at = NULL")
	case Pending:
		return s.change(ctx, tx, &c, givesUp, "", "due_at = ?, tries = 0", s.now())
	}
	return nil
}

// closeAtProvider closes a charge that was given up. It returns nil too when the order turned out to be paid and was settled.
func (s *Store) closeAtProvider(ctx context.Context, c Charge) error {
	gateway, err := s.of(c.Provider)
	if err != nil {
		return err
	}
	err = gateway.Close(ctx, c.OutTradeNo)
	switch {
	case err == nil:
		return s.markClosed(ctx, c)
	case errors.Is(err, ErrOrderPaid), errors.Is(err, ErrOrderClosed):
		return s.ask(ctx, c)
	case errors.Is(err, ErrOrderNotExist) && s.now().Sub(c.PreparedAt) >= orderInFlight:
		return s.markClosed(ctx, c)
	}
	return err
}

func (s *Store) markClosed(ctx context.Context, c Charge) error {
	return s.changeAlone(ctx, c, closes, "", "due_at = NULL")
}

// settleClosed notes that the provider has closed an order. Of a pending charge that is no end: the payer gets a new order.
func (s *Store) settleClosed(ctx context.Context, c Charge) error {
	if c.Status != Closing {
		return nil
	}
	return s.markClosed(ctx, c)
}
