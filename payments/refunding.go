package payments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// maxReason is how many runes of a reason are kept; 26 of them always fit into WeChat Pay's 80 bytes.
const maxReason = 26

// maxRefundFailures is after how many failed refunds of a charge the program asks for no more.
const maxRefundFailures = 3

// RefundTx gives an amount back of what was paid for a reference, in the caller's transaction: it writes the refund down, and the
// job works it off until it is final. Where nothing was paid it closes the charge instead (see CloseTx). An amount of 0 is
// nothing to do; more than is left of the payment is ErrAmount. The caller makes sure to ask once.
func (s *Store) RefundTx(ctx context.Context, tx *sqlx.Tx, ref string, amount Fen, reason string) error {
	charges, err := s.lockRef(ctx, tx, ref)
	if err != nil {
		return err
	}
	var paid []Charge
	for _, c := range charges {
		if c.Settled() {
			paid = append(paid, c)
		} else if err := s.giveUp(ctx, tx, c); err != nil {
			return err
		}
	}
	return s.spread(ctx, tx, paid, amount, reason)
}

// requestRefund writes a refund down. The condition on the amounts stands here and, once more, in the UPDATE.
func (s *Store) requestRefund(ctx context.Context, tx *sqlx.Tx, c *Charge, amount Fen, reason string) error {
	if amount < 0 || amount > c.Refundable() {
		return fmt.Errorf("%w: a refund of %s yuan, %s yuan can be given back", ErrAmount, amount, c.Refundable())
	}
	var earlier int
	if err := tx.GetContext(ctx, &earlier, "SELECT COUNT(id) FROM refunds WHERE charge_id = ?", c.ID); err != nil {
		return fmt.Errorf("count a charge's refunds: %w", err)
	}
	number := refundNumber(c.OutTradeNo, earlier+1)
	if err := s.reserve(ctx, tx, c, amount, number); err != nil {
		return err
	}
	if runes := []rune(reason); len(runes) > maxReason {
		reason = string(runes[:maxReason])
	}
	const insert = `INSERT INTO refunds (charge_id, out_refund_no, amount, reason, status, created_at, next_attempt_at, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	now := s.now()
	result, err := tx.ExecContext(ctx, insert, c.ID, number, amount, reason, RefundRequested, now, now, now)
	if err != nil {
		return fmt.Errorf("write a refund: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return fmt.Errorf("write a refund: %w", err)
	}
	if err := s.event(ctx, tx, c.ID, RefundID(id), "create", "", string(RefundRequested), number); err != nil {
		return err
	}
	return s.postRefundRequest(ctx, tx, *c, Refund{ID: RefundID(id), OutRefundNo: number, Amount: amount, CreatedAt: now})
}

func (s *Store) reserve(ctx context.Context, tx *sqlx.Tx, c *Charge, amount Fen, number string) error {
	const guarded = `UPDATE charges SET reserved = reserved + ? WHERE id = ? AND version = ? AND reserved + ? <= amount`
	result, err := tx.ExecContext(ctx, guarded, amount, c.ID, c.version, amount)
	if err != nil {
		return fmt.Errorf("reserve a refund: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errSwapLost, err)
	}
	c.Reserved += amount
	return s.change(ctx, tx, c, requestsRefund, number, "")
}

// Refunds lists a charge's refunds, oldest first.
func (s *Store) Refunds(ctx context.Context, id ChargeID) ([]Refund, error) {
	var rows []refundRow
	if err := s.db.SelectContext(ctx, &rows, "SELECT "+refundColumns+" FROM refunds WHERE charge_id = ? ORDER BY id", id); err != nil {
		return nil, fmt.Errorf("read a charge's refunds: %w", err)
	}
	refunds := make([]Refund, len(rows))
	for i, row := range rows {
		refunds[i] = row.refund()
	}
	return refunds, nil
}

// SettleRefund takes note of how a refund stands, from a verified notice or answer. It has its effect exactly once.
func (s *Store) SettleRefund(ctx context.Context, r RefundResult) error {
	for range settleAttempts {
		refund, charge, err := s.refunded(ctx, r)
		if err != nil || refund.Status == r.Status {
			return err
		}
		if refund.Final() {
			return s.contradicts(ctx, refund, r)
		}
		err = s.advance(ctx, refund, charge, r)
		if !errors.Is(err, errSwapLost) {
			return err
		}
	}
	return fmt.Errorf("settle refund %s: %w", r.OutRefundNo, errSwapLost)
}

// refunded finds what a result is about and checks that both speak of the same thing.
func (s *Store) refunded(ctx context.Context, r RefundResult) (Refund, Charge, error) {
	var row refundRow
	err := s.db.GetContext(ctx, &row, "SELECT "+refundColumns+" FROM refunds WHERE out_refund_no = ?", r.OutRefundNo)
	if errors.Is(err, sql.ErrNoRows) {
		return Refund{}, Charge{}, errors.Join(ErrUnknownOrder, s.incident(ctx, "unknown_refund", r.OutRefundNo, r.ProviderNo, "a refund of "+r.Amount.String()+" yuan"))
	}
	if err != nil {
		return Refund{}, Charge{}, fmt.Errorf("read a refund: %w", err)
	}
	charge, err := s.one(ctx, s.db, "id = ?", row.Charge)
	if err != nil {
		return Refund{}, charge, err
	}
	if r.Amount != row.Amount || r.OutTradeNo != charge.OutTradeNo {
		err = s.incident(ctx, "refund_mismatch", r.OutRefundNo, r.ProviderNo, fmt.Sprintf("wanted were %s yuan, the provider says %s", row.Amount, r.Amount))
		return Refund{}, charge, errors.Join(ErrMismatch, err)
	}
	return row.refund(), charge, nil
}

// contradicts judges what is said about a refund that has ended: an older state may come late, another end may not.
func (s *Store) contradicts(ctx context.Context, refund Refund, r RefundResult) error {
	if r.Status != RefundSucceeded && r.Status != RefundClosed {
		return nil
	}
	err := s.incident(ctx, "refund_contradiction", r.OutRefundNo, r.ProviderNo, fmt.Sprintf("ended as %s, now said to be %s", refund.Status, r.Status))
	return errors.Join(ErrMismatch, err)
}

// advance moves a refund on, and with its end the charge.
func (s *Store) advance(ctx context.Context, refund Refund, charge Charge, r RefundResult) error {
	to, err := next(refundTransitions(), refund.Status, string(r.Status))
	if err != nil {
		return err
	}
	after := refund
	after.Status, after.ProviderNo, after.Attempts, after.LastError = to, r.ProviderNo, 0, ""
	due := sql.NullTime{Time: s.now().Add(retryAfter(to, 1)), Valid: true}
	if after.Final() {
		after.DoneAt, due = s.now(), sql.NullTime{}
	}
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.endRefund(ctx, tx, charge, after); err != nil {
			return err
		}
		const swap = `UPDATE refunds SET status = ?, refund_id = ?, done_at = ?, next_attempt_at = ?, attempts = 0, last_error = '' WHERE id = ? AND status = ?`
		result, err := tx.ExecContext(ctx, swap, to, r.ProviderNo, sql.NullTime{Time: after.DoneAt, Valid: after.Final()}, due, refund.ID, refund.Status)
		if err != nil {
			return fmt.Errorf("change a refund: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(errSwapLost, err)
		}
		if err := s.event(ctx, tx, charge.ID, refund.ID, string(to), string(refund.Status), string(to), refund.OutRefundNo); err != nil {
			return err
		}
		if err := s.auditHandOut(ctx, tx, charge, after); err != nil {
			return err
		}
		if err := s.postRefundEnd(ctx, tx, charge, after); err != nil || to != RefundClosed {
			return err
		}
		return s.refundAgain(ctx, tx, after)
	})
	if err != nil {
		return err
	}
	s.report(after)
	return nil
}

// auditHandOut writes down who gave money out of the till.
func (s *Store) auditHandOut(ctx context.Context, tx *sqlx.Tx, c Charge, r Refund) error {
	if c.Provider != Desk || r.Status != RefundSucceeded {
		return nil
	}
	return audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: "payment.hand_out", Subject: "payment:" + c.OutTradeNo, After: map[string]any{"refund": r.OutRefundNo, "amount": r.Amount, "cashier": r.ProviderNo},
	})
}

// refundAgain asks for a refund that failed under a new number: the old one is spent. After three failures it is for staff, who
// have heard of each.
func (s *Store) refundAgain(ctx context.Context, tx *sqlx.Tx, failed Refund) error {
	var failures int
	const count = "SELECT COUNT(id) FROM refunds WHERE charge_id = ? AND status = ?"
	if err := tx.GetContext(ctx, &failures, count, failed.Charge, RefundClosed); err != nil {
		return fmt.Errorf("count a charge's failed refunds: %w", err)
	}
	if failures >= maxRefundFailures {
		return nil
	}
	c, err := s.one(ctx, tx, "id = ?", failed.Charge)
	if err != nil {
		return err
	}
	return s.requestRefund(ctx, tx, &c, failed.Amount, failed.Reason)
}

// endRefund brings the charge up to date with a refund that has ended, and tells the Follower of money that is back. The Follower
// comes first, because its rows are locked before the charge's.
func (s *Store) endRefund(ctx context.Context, tx *sqlx.Tx, c Charge, r Refund) error {
	if !r.Final() {
		return nil
	}
	others := c.Reserved - c.Refunded - r.Amount // under way besides this one
	reserved, refunded := c.Reserved, c.Refunded
	if r.Status == RefundSucceeded {
		refunded += r.Amount
	} else {
		reserved -= r.Amount
	}
	event := refundFails
	switch {
	case others > 0:
		event = ""
	case refunded == c.Amount:
		event = refundsAll
	case refunded > 0:
		event = refundsPart
	}
	after := c
	after.Reserved, after.Refunded = reserved, refunded
	if event != "" {
		var err error
		if after.Status, err = next(chargeTransitions(), c.Status, event); err != nil {
			return err
		}
	}
	if r.Status == RefundSucceeded && s.follow != nil && !c.stray() {
		if err := s.follow.RefundDone(ctx, tx, after, r); err != nil {
			return fmt.Errorf("what follows from a refund: %w", err)
		}
	}
	if event == "" {
		const amounts = `UPDATE charges SET version = version + 1, reserved = ?, refunded = ? WHERE id = ?`
		return s.swap(ctx, tx, amounts, c.version, reserved, refunded, c.ID)
	}
	return s.change(ctx, tx, &c, event, r.OutRefundNo, "reserved = ?, refunded = ?", reserved, refunded)
}

// report tells of a refund's step, and calls for help where one is needed.
func (s *Store) report(r Refund) {
	switch r.Status {
	case RefundAbnormal, RefundClosed:
		s.log.Error("a refund needs somebody's help", "out_refund_no", r.OutRefundNo, "status", string(r.Status), "amount", r.Amount.String())
		if s.Stuck != nil {
			s.Stuck(r)
		}
	default:
		s.log.Info("refund", "out_refund_no", r.OutRefundNo, "status", string(r.Status), "amount", r.Amount.String())
	}
}

// retryAfter is how long to wait after the nth attempt on a refund, without jitter.
func retryAfter(status RefundStatus, attempt int) time.Duration {
	if status == RefundAbnormal {
		return time.Hour
	}
	return min(time.Minute<<min(max(attempt-1, 0), 6), time.Hour)
}
