package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guahao/internal/mysql"
)

// Notice is what a provider sent by itself.
type Notice struct {
	Provider string
	ID       string // the provider's, the same in each delivery
	Kind     string // the provider's name of the event
	Number   string // the out_trade_no or out_refund_no it is about
}

// Once calls handle unless the notice was handled before, and remembers it when handle succeeds. Two deliveries at the same moment
// may both be handled: handling must be idempotent, as Settle and SettleRefund are.
func (s *Store) Once(ctx context.Context, n Notice, handle func(context.Context) error) error {
	var id int64
	err := s.db.GetContext(ctx, &id, "SELECT id FROM payment_notices WHERE provider = ? AND notice_id = ?", n.Provider, n.ID)
	if err == nil {
		return nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look a notice up: %w", err)
	}
	if err := handle(ctx); err != nil {
		return err
	}
	const insert = `INSERT INTO payment_notices (provider, notice_id, kind, number, received_at) VALUES (?, ?, ?, ?, ?)`
	_, err = s.db.ExecContext(ctx, insert, n.Provider, n.ID, n.Kind, n.Number, s.now())
	if err != nil && !mysql.IsDuplicate(err, "") {
		return fmt.Errorf("remember a notice: %w", err)
	}
	return nil
}

// prune forgets notices that are not delivered any more.
func (s *Store) prune(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM payment_notices WHERE received_at < ? LIMIT 500", s.now().Add(-keepNotices))
	if err != nil {
		return fmt.Errorf("forget old notices: %w", err)
	}
	return nil
}
