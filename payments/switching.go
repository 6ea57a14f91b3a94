package payments

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// supersede closes the open order at its provider, so that another, there or at the provider g, can take its place.
func (s *Store) supersede(ctx context.Context, c Charge, g Gateway, w way) error {
	old, err := s.of(c.Provider)
	if err != nil {
		return err
	}
	err = old.Close(ctx, c.OutTradeNo)
	switch {
	case err == nil:
		return s.renumber(ctx, c, g, w)
	case errors.Is(err, ErrOrderPaid):
		return s.ask(ctx, c)
	case errors.Is(err, ErrOrderClosed):
		return s.renumberClosed(ctx, c, old, g, w)
	case errors.Is(err, ErrOrderNotExist) && w.provider == c.Provider:
		// Nobody signed that. If the order does exist after all, the provider refuses the same number with other parameters.
		return s.reshape(ctx, c, g, w, c.OutTradeNo, c.round)
	case errors.Is(err, ErrOrderNotExist):
		// The order may still come into being, if somebody has kept its code: that payment is given back, see strayed.
		return s.renumber(ctx, c, g, w)
	}
	return err
}

// renumberClosed replaces the number if a signed answer of the provider that has the order says that it is closed.
func (s *Store) renumberClosed(ctx context.Context, c Charge, old, g Gateway, w way) error {
	trade, err := old.Query(ctx, c.OutTradeNo)
	if err != nil {
		return err
	}
	if trade.State != TradeClosed {
		return s.Settle(ctx, trade)
	}
	return s.renumber(ctx, c, g, w)
}

// renumber gives the charge another number. Its form is one that all providers take: letters, digits and underscores.
func (s *Store) renumber(ctx context.Context, c Charge, g Gateway, w way) error {
	if c.round >= maxRounds {
		return fmt.Errorf("%w: it was shown in too many ways", ErrClosed)
	}
	return s.reshape(ctx, c, g, w, fmt.Sprintf("%s_%d", baseNumber(c.OutTradeNo), c.round+1), c.round+1)
}

// reshape writes down how the charge will be shown from now on, and the number that it leaves behind.
func (s *Store) reshape(ctx context.Context, c Charge, g Gateway, w way, number string, round int) error {
	now, m := s.now(), g.Merchant()
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		c := c
		if number != c.OutTradeNo {
			const leave = `INSERT INTO charge_numbers (out_trade_no, charge_id, provider, mch_id, app_id, replaced_at) VALUES (?, ?, ?, ?, ?, ?)`
			_, err := tx.ExecContext(ctx, leave, c.OutTradeNo, c.ID, c.Provider, c.Merchant.MchID, c.Merchant.AppID, now)
			if mysql.IsDuplicate(err, "") {
				return errSwapLost
			}
			if err != nil {
				return fmt.Errorf("remember a replaced number: %w", err)
			}
		}
		return s.change(ctx, tx, &c, renumbers, c.OutTradeNo+" to "+number+" "+w.provider,
			"out_trade_no = ?, round = ?, provider = ?, mch_id = ?, app_id = ?, scene = ?, payer = ?, code_url = '', prepay_id = '', prepared_at = ?, prepared_until = NULL, due_at = ?, tries = 0",
			number, round, w.provider, m.MchID, m.AppID, w.scene, w.payer, now, now.Add(firstQuery))
	})
}

// strayRef begins the reference of a charge that nobody made: it holds a payment under a number that had been replaced.
const strayRef = "replaced:"

// stray tells whether the charge is such a payment. It is given back in full, and nothing else follows from it.
func (c Charge) stray() bool { return strings.HasPrefix(c.Ref, strayRef) }

// strayed makes a charge of its own for a payment under a number that was replaced: somebody kept a code which the provider could
// not close, or paid on two devices. ErrNotFound where the trade is no such payment.
func (s *Store) strayed(ctx context.Context, t Trade) (Charge, error) {
	if t.State != TradePaid || t.Amount <= 0 || t.TransactionID == "" || t.Currency != currency {
		return Charge{}, ErrNotFound
	}
	var id ChargeID
	const replaced = `SELECT charge_id FROM charge_numbers WHERE out_trade_no = ? AND provider = ? AND mch_id = ? AND app_id = ?`
	err := s.db.GetContext(ctx, &id, replaced, t.OutTradeNo, t.Provider, t.Merchant.MchID, t.Merchant.AppID)
	if errors.Is(err, sql.ErrNoRows) {
		return Charge{}, ErrNotFound
	}
	if err != nil {
		return Charge{}, fmt.Errorf("look a replaced number up: %w", err)
	}
	c, err := s.one(ctx, s.db, "id = ?", id)
	if err != nil {
		return c, err
	}
	now := s.now()
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		const insert = `INSERT INTO charges (out_trade_no, token, ref, subject, payee, amount, provider, mch_id, app_id, status, scene, prepared_at, expires_at, created_at, lease_until)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?)`
		result, err := tx.ExecContext(ctx, insert, t.OutTradeNo, rand.Text(), strayRef+t.OutTradeNo, c.Subject, c.Payee, t.Amount, t.Provider,
			t.Merchant.MchID, t.Merchant.AppID, SceneNative, now, now, now, now)
		if err != nil {
			return err
		}
		stray, err := result.LastInsertId()
		if err != nil {
			return err
		}
		return s.event(ctx, tx, ChargeID(stray), 0, "create", "", string(Pending), "a payment under a replaced number of charge "+c.OutTradeNo)
	})
	if err != nil && !mysql.IsDuplicate(err, "") {
		return c, fmt.Errorf("write a stray payment down: %w", err)
	}
	return s.one(ctx, s.db, "out_trade_no = ?", t.OutTradeNo)
}
