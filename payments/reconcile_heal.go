package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

const (
	healBatch = 200
	maxHeals  = 10_000 // differences of one run that the provider is asked about; more are no slip, and for people
)

// heal asks the provider about each difference that this run found. What its signed answer settles is settled, as a notice would
// be: that books, refunds, or ends a refund, with all that follows. The error tells that the provider could not be asked about
// some of them.
func (s *Store) heal(ctx context.Context, r *Reconciliation) error {
	var after int64
	var unasked []error
	for asked := 0; asked < maxHeals; {
		var page []Difference
		const query = "SELECT " + differenceColumns + " FROM reconciliation_differences WHERE provider = ? AND day = ? AND state = 'open' AND run = ? AND id > ? ORDER BY id LIMIT ?"
		if err := s.db.SelectContext(ctx, &page, query, r.Provider, r.Date(), r.Run, after, healBatch); err != nil {
			return fmt.Errorf("read the differences: %w", err)
		}
		if len(page) == 0 {
			break
		}
		healed, err := s.healPage(ctx, r.gateway, page)
		r.Healed += healed
		if err != nil {
			unasked = append(unasked, err)
		}
		asked += len(page)
		after = page[len(page)-1].ID
		if err := s.renew(ctx, r); err != nil {
			return err
		}
	}
	return errors.Join(unasked...)
}

func (s *Store) healPage(ctx context.Context, g Gateway, page []Difference) (healed int64, err error) {
	var group errgroup.Group
	group.SetLimit(parallel)
	var mu sync.Mutex
	for _, d := range page {
		group.Go(func() error {
			ok, note, failure := s.healOne(ctx, g, d)
			if failure != nil {
				note = "the provider could not be asked"
			}
			failure = errors.Join(failure, s.noteHealing(ctx, d, ok, note))
			mu.Lock()
			defer mu.Unlock()
			if ok {
				healed++
			}
			err = errors.Join(err, failure)
			return nil
		})
	}
	_ = group.Wait()
	return healed, err
}

func (s *Store) noteHealing(ctx context.Context, d Difference, healed bool, note string) error {
	state := DifferenceOpen
	if healed {
		state = DifferenceHealed
	}
	const update = `UPDATE reconciliation_differences SET state = ?, note = ?, ended_at = ? WHERE id = ? AND state = 'open'`
	if _, err := s.db.ExecContext(ctx, update, state, note, sql.NullTime{Time: s.now(), Valid: healed}, d.ID); err != nil {
		return fmt.Errorf("note what became of a difference: %w", err)
	}
	return nil
}

// healOne tells whether a difference is settled, and in words what was found out.
func (s *Store) healOne(ctx context.Context, g Gateway, d Difference) (healed bool, note string, err error) {
	switch {
	case d.Class == AmountDiffers:
		return false, "the amounts differ: somebody has to look into both sides", nil
	case d.Kind == BillRefund && d.Class == OnlyTheirs:
		return false, "a refund that was not made here, perhaps by hand at the provider", nil
	case d.Kind == BillRefund:
		return s.healRefund(ctx, g, d)
	}
	return s.healPayment(ctx, g, d)
}

func (s *Store) healPayment(ctx context.Context, g Gateway, d Difference) (healed bool, note string, err error) {
	trade, err := g.Query(ctx, d.Number)
	if errors.Is(err, ErrOrderNotExist) {
		return false, "the provider says that it knows no such order", nil
	}
	if err != nil {
		return false, "", err
	}
	switch err := s.Settle(ctx, trade); {
	case errors.Is(err, ErrUnknownOrder), errors.Is(err, ErrMismatch):
		return false, "the provider confirms its side, and it cannot be settled here: see the incidents", nil
	case err != nil:
		return false, "", err
	}
	c, err := s.one(ctx, s.db, "out_trade_no = ?", d.Number)
	if err != nil {
		return false, "", err
	}
	paid := trade.State == TradePaid || trade.State == TradeRefunded
	switch {
	case !paid || !c.Settled() || c.TransactionID != trade.TransactionID || d.Class == StatusDiffers && trade.TransactionID != d.TransactionID:
		return false, fmt.Sprintf("asked, the provider says %s", trade.State), nil
	case d.Class == OnlyOurs:
		return true, "asked, the provider confirms the payment, which its bill lacks", nil
	}
	return true, "asked, the provider confirmed the payment, and it was settled", nil
}

func (s *Store) healRefund(ctx context.Context, g Gateway, d Difference) (healed bool, note string, err error) {
	result, err := g.QueryRefund(ctx, d.Number)
	if errors.Is(err, ErrRefundNotExist) {
		return false, "the provider says that it knows no such refund", nil
	}
	if err != nil {
		return false, "", err
	}
	switch err := s.SettleRefund(ctx, result); {
	case errors.Is(err, ErrUnknownOrder), errors.Is(err, ErrMismatch), errors.Is(err, errTransition):
		return false, "the provider confirms its side, and it cannot be settled here: see the incidents", nil
	case err != nil:
		return false, "", err
	}
	var now RefundStatus
	if err := s.db.GetContext(ctx, &now, "SELECT status FROM refunds WHERE id = ?", d.Refund); err != nil {
		return false, "", fmt.Errorf("read a refund: %w", err)
	}
	switch {
	case now != result.Status || d.Class == StatusDiffers && (Refund{Status: RefundStatus(d.TheirStatus)}).Final() && string(now) != d.TheirStatus:
		return false, fmt.Sprintf("asked, the provider says %s", result.Status), nil
	case d.Class == OnlyOurs:
		return true, "asked, the provider confirms the refund, which its bill lacks", nil
	}
	return true, "asked, the provider confirmed the refund's end, and it was settled", nil
}
