package payments

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// What a verified trade or refund can be besides settled. Both are recorded as incidents.
var (
	// ErrUnknownOrder says that we know no such order. It may become right when it is said again.
	ErrUnknownOrder = errors.New("nobody here made that order")
	// ErrMismatch says that it contradicts what we wrote down. Saying it again does not help.
	ErrMismatch = errors.New("the provider's account contradicts ours")
)

// settleAttempts bounds how often a lost swap is tried again; each loss means that somebody else made progress.
const settleAttempts = 8

// currency is the only one that there is here.
const currency = "CNY"

// Settle takes note of a trade whose signature was verified, from a notice or a query. A payment has its effect exactly once,
// however often and wherever it is settled. Trades that are not payments have none, but that an order being closed is closed.
func (s *Store) Settle(ctx context.Context, t Trade) error {
	for range settleAttempts {
		c, err := s.traded(ctx, t)
		if err != nil {
			return err
		}
		switch {
		case t.State == TradeOpen, c.Settled() && c.TransactionID == t.TransactionID:
			return nil
		case t.State == TradeClosed:
			err = s.settleClosed(ctx, c)
		default:
			err = s.settlePaid(ctx, c, t)
		}
		if !errors.Is(err, errSwapLost) {
			return err
		}
	}
	return fmt.Errorf("settle %s: %w", t.OutTradeNo, errSwapLost)
}

// traded finds the charge of a trade and checks that both speak of the same thing.
func (s *Store) traded(ctx context.Context, t Trade) (Charge, error) {
	c, err := s.one(ctx, s.db, "out_trade_no = ?", t.OutTradeNo)
	if errors.Is(err, ErrNotFound) {
		if c, err = s.strayed(ctx, t); errors.Is(err, ErrNotFound) {
			return c, s.unknown(ctx, t)
		}
	}
	if err != nil {
		return c, err
	}
	switch {
	case t.Provider != c.Provider || t.Merchant.MchID != c.Merchant.MchID:
		return c, s.mismatch(ctx, "merchant", t, "the order is another merchant's")
	case t.Merchant.AppID != c.Merchant.AppID:
		return c, s.mismatch(ctx, "app", t, "the order is another app's")
	case t.State == TradePaid && t.Currency != currency:
		return c, s.mismatch(ctx, "currency", t, fmt.Sprintf("%.8s instead of CNY", t.Currency))
	case t.State == TradePaid && t.Amount != c.Amount:
		return c, s.mismatch(ctx, "amount", t, fmt.Sprintf("owed are %s yuan, paid were %s", c.Amount, t.Amount))
	}
	return c, nil
}

// unknown records a trade without a charge. A number that was replaced was closed at the provider before: paid, it is news.
func (s *Store) unknown(ctx context.Context, t Trade) error {
	if t.State != TradePaid {
		return ErrUnknownOrder
	}
	_, err := s.one(ctx, s.db, "out_trade_no LIKE ? LIMIT 1", strings.NewReplacer("%", "", "_", "").Replace(baseNumber(t.OutTradeNo))+"-%")
	if errors.Is(err, ErrNotFound) {
		if err := s.incident(ctx, "unknown_order", t.OutTradeNo, t.TransactionID, "a payment of "+t.Amount.String()+" yuan"); err != nil {
			return err
		}
		return ErrUnknownOrder
	}
	if err != nil {
		return err
	}
	return s.mismatch(ctx, "replaced_number", t, "a payment of "+t.Amount.String()+" yuan under a number that was closed")
}

// baseNumber is a charge's first number.
func baseNumber(outTradeNo string) string {
	if i := strings.IndexAny(outTradeNo, "-_"); i >= 0 {
		return outTradeNo[:i]
	}
	return outTradeNo
}

func (s *Store) mismatch(ctx context.Context, kind string, t Trade, detail string) error {
	if err := s.incident(ctx, kind, t.OutTradeNo, t.TransactionID, detail); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s", ErrMismatch, kind)
}

// settlePaid confirms a payment with all that follows from it, in one transaction.
func (s *Store) settlePaid(ctx context.Context, c Charge, t Trade) error {
	if c.Settled() {
		return s.mismatch(ctx, "second_payment", t, "paid before as "+c.TransactionID)
	}
	if t.State == TradeRefunded {
		return s.mismatch(ctx, "refunded_elsewhere", t, "paid and refunded without us")
	}
	if c.Status == Created || t.TransactionID == "" {
		return s.mismatch(ctx, "impossible_payment", t, "paid before the provider was asked, or without a number")
	}
	paidAt := t.PaidAt.UTC().Truncate(time.Microsecond)
	if t.PaidAt.IsZero() {
		paidAt = s.now()
	}
	before, kept := c, true
	err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		kept, err = s.confirm(ctx, tx, before, t, paidAt)
		return err
	})
	if err != nil {
		return err
	}
	s.log.Info("charge paid", "out_trade_no", c.OutTradeNo, "amount", c.Amount.String(), "was", string(c.Status), "kept", kept)
	return nil
}

func (s *Store) confirm(ctx context.Context, tx *sqlx.Tx, c Charge, t Trade, paidAt time.Time) (keep bool, err error) {
	keep = true
	after := c
	after.Status, after.TransactionID, after.Payer, after.PaidAt = Paid, t.TransactionID, t.Payer, paidAt
	if c.stray() {
		keep = false
	} else if s.follow != nil {
		if keep, err = s.follow.Paid(ctx, tx, after); err != nil {
			return keep, fmt.Errorf("what follows from a payment: %w", err)
		}
	}
	reason, event := lateReason, pays
	switch {
	case c.stray():
		reason = strayReason
	case c.Provider == Desk:
		event = paysAtDesk
	case keep:
		if keep, err = s.besidesDesk(ctx, tx, c.Ref); err != nil {
			return keep, err
		}
		reason = deskReason
	}
	const set = "transaction_id = ?, payer = ?, paid_at = ?, due_at = NULL"
	if err := s.change(ctx, tx, &c, event, t.TransactionID, set, t.TransactionID, t.Payer, paidAt); err != nil {
		return keep, err
	}
	if err := s.postPaid(ctx, tx, c, paidAt, keep); err != nil || keep {
		return keep, err
	}
	c.TransactionID = t.TransactionID
	return keep, s.requestRefund(ctx, tx, &c, c.Amount, reason)
}

// What the payer reads about a payment that the Follower did not keep, for whatever reason, about one with a code that
// was replaced, and about one of which the cashier was faster.
const (
	lateReason  = "付款时预约已失效，原路退回"
	strayReason = "此付款码已更换，原路退回"
	deskReason  = "已在医院窗口缴费，原路退回"
)

// changeAlone is change in a transaction of its own.
func (s *Store) changeAlone(ctx context.Context, c Charge, event, detail, set string, args ...any) error {
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		c := c
		return s.change(ctx, tx, &c, event, detail, set, args...)
	})
}

// Refresh asks the provider about an unpaid charge now, for a payer who says to have paid, and gives the charge as it stands then.
func (s *Store) Refresh(ctx context.Context, token string) (Charge, error) {
	c, err := s.ByToken(ctx, token)
	if err != nil || s.gateway == nil || c.Settled() || c.PreparedAt.IsZero() {
		return c, err
	}
	if err := s.ask(ctx, c); err != nil {
		return c, err
	}
	return s.ByToken(ctx, token)
}

// ask settles what the provider says about a charge. That it knows no such order is no error: the order may never have arrived.
func (s *Store) ask(ctx context.Context, c Charge) error {
	gateway, err := s.of(c.Provider)
	if err != nil {
		return err
	}
	trade, err := gateway.Query(ctx, c.OutTradeNo)
	if errors.Is(err, ErrOrderNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Settle(ctx, trade)
}
