package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// Desk is the provider's name of what the hospital's cashier takes and gives back. It cannot be chosen on the pay page.
const Desk = "desk"

// ErrNotAtDesk says that a charge is not the cashier's: it is paid online.
var ErrNotAtDesk = errors.New("the charge is paid online, not at the desk")

// cashier is the desk as a provider: it orders nothing, knows nothing, and a refund waits there for its payer.
type cashier struct{}

func (cashier) Name() string                                     { return Desk }
func (cashier) Merchant() Merchant                               { return Merchant{MchID: Desk} }
func (cashier) Native(context.Context, Order) (string, error)    { return "", ErrOff }
func (cashier) Query(_ context.Context, n string) (Trade, error) { return Trade{}, ErrOrderNotExist }
func (cashier) Close(context.Context, string) error              { return nil }
func (c cashier) Refund(_ context.Context, r RefundOrder) (RefundResult, error) {
	return RefundResult{OutTradeNo: r.OutTradeNo, OutRefundNo: r.OutRefundNo, Amount: r.Amount, Status: RefundProcessing}, nil
}

// QueryRefund says that the provider does not know the refund, so that it is handed in again, which says that it waits.
func (cashier) QueryRefund(context.Context, string) (RefundResult, error) {
	return RefundResult{}, ErrRefundNotExist
}

// CreateAtDeskTx writes down what will be paid to the cashier, in the caller's transaction. Nobody is asked about it, and no job closes it.
func (s *Store) CreateAtDeskTx(ctx context.Context, tx *sqlx.Tx, n NewCharge) (Charge, error) {
	c, err := s.newCharge(n)
	if err != nil {
		return Charge{}, err
	}
	c.Provider, c.Merchant = Desk, cashier{}.Merchant()
	return s.insert(ctx, tx, c)
}

// SettledAtDesk is what a cashier did: Refund.ID is 0 where money was taken.
type SettledAtDesk struct {
	Charge Charge
	Refund Refund
}

// SettleAtDesk says that the cashier has taken the money of a charge or handed out that of a refund. number is ours or the reference;
// where a refund of that charge waits, it is what is settled. by names the cashier. What follows is written in the same transaction, as
// after any payment. ErrNotFound, ErrNotAtDesk, ErrPaid and ErrClosed (the visit was cancelled meanwhile) say why nothing was done.
func (s *Store) SettleAtDesk(ctx context.Context, number, by string) (SettledAtDesk, error) {
	if by == "" || len([]rune(by)) > 64 {
		return SettledAtDesk{}, errors.New("name the cashier, in at most 64 characters")
	}
	for range settleAttempts {
		done, err := s.settleAtDesk(ctx, number, by)
		if !errors.Is(err, errSwapLost) {
			return done, err
		}
	}
	return SettledAtDesk{}, fmt.Errorf("settle %s: %w", number, errSwapLost)
}

func (s *Store) settleAtDesk(ctx context.Context, number, by string) (SettledAtDesk, error) {
	c, err := s.byAnyNumber(ctx, number)
	switch {
	case err != nil:
		return SettledAtDesk{}, err
	case c.Provider != Desk:
		return SettledAtDesk{Charge: c}, ErrNotAtDesk
	case c.Status == Created:
		err := s.takeAtDesk(ctx, c, by)
		if err == nil {
			c, err = s.one(ctx, s.db, "id = ?", c.ID)
		}
		return SettledAtDesk{Charge: c}, err
	case c.Status == Closed:
		return SettledAtDesk{Charge: c}, ErrClosed
	}
	refunds, err := s.Refunds(ctx, c.ID)
	if err != nil {
		return SettledAtDesk{}, err
	}
	for _, r := range refunds {
		if r.Final() || (number != r.OutRefundNo && OrderOfRefund(number) != "") {
			continue
		}
		err := s.SettleRefund(ctx, RefundResult{
			OutTradeNo: c.OutTradeNo, OutRefundNo: r.OutRefundNo, ProviderNo: cut(Desk + ":" + by), Amount: r.Amount, Status: RefundSucceeded,
		})
		return SettledAtDesk{c, r}, err
	}
	return SettledAtDesk{Charge: c}, ErrPaid
}

// takeAtDesk is settlePaid for the cashier. A payment that the Follower does not keep was not taken.
func (s *Store) takeAtDesk(ctx context.Context, c Charge, by string) error {
	err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.event(ctx, tx, c.ID, 0, "cashier", string(c.Status), string(c.Status), by); err != nil {
			return err
		}
		t := Trade{Provider: Desk, TransactionID: fmt.Sprintf("%s-%d", Desk, c.ID), State: TradePaid, Amount: c.Amount, Currency: currency}
		keep, err := s.confirm(ctx, tx, c, t, s.now())
		if err == nil && !keep {
			err = ErrClosed
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "payment.desk", Subject: "payment:" + c.OutTradeNo, Before: map[string]any{"status": c.Status}, After: map[string]any{"status": Paid, "amount": c.Amount, "cashier": by},
		})
	})
	if err == nil {
		s.log.Info("charge paid at the desk", "out_trade_no", c.OutTradeNo, "amount", c.Amount.String())
	}
	return err
}

// AtDesk lists what the cashier of a payee has to take and to hand out, oldest first: charges, and those with a refund that waits. With an
// empty payee it lists everybody's.
func (s *Store) AtDesk(ctx context.Context, payee string, limit int) ([]Charge, error) {
	where, args := "provider = ? AND status IN ('created', 'refunding')", []any{Desk}
	if payee != "" {
		where, args = where+" AND payee = ?", append(args, payee)
	}
	var rows []chargeRow
	if err := s.db.SelectContext(ctx, &rows, "SELECT "+chargeColumns+" FROM charges WHERE "+where+" ORDER BY id LIMIT ?", append(args, limit)...); err != nil {
		return nil, fmt.Errorf("list what waits at the desk: %w", err)
	}
	list := make([]Charge, len(rows))
	for i, row := range rows {
		list[i] = row.charge()
	}
	return list, nil
}

// besidesDesk looks at what the cashier has to do with a reference that was just paid for online. Open charges there are given up; where
// the cashier has taken the money already, the online payment is one too many, and is not kept.
func (s *Store) besidesDesk(ctx context.Context, tx *sqlx.Tx, ref string) (keep bool, err error) {
	var rows []chargeRow
	const query = "SELECT " + chargeColumns + " FROM charges WHERE ref = ? AND provider = ? AND status <> ? ORDER BY id FOR UPDATE"
	if err := tx.SelectContext(ctx, &rows, query, ref, Desk, Closed); err != nil {
		return false, fmt.Errorf("look for what is paid at the desk: %w", err)
	}
	keep = true
	for _, row := range rows {
		if c := row.charge(); c.Settled() {
			keep = keep && c.Reserved == c.Amount // what was given back in full does not count
		} else if err := s.giveUp(ctx, tx, c); err != nil {
			return false, err
		}
	}
	return keep, nil
}

// clearing is the account that holds what a provider has collected.
func clearing(provider string) Account {
	if provider == Desk {
		return DeskCash
	}
	return ProviderClearing
}

// deskPatience is how long a charge at the desk stays open behind its visit: what its expires_at says, though nothing closes it.
const deskPatience = 30 * 24 * time.Hour

// OpenAtDesk is the ExpiresAt of a charge that is paid at the desk around an instant.
func OpenAtDesk(visit time.Time) time.Time { return visit.Add(deskPatience) }
