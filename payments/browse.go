package payments

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// ChargeQuery chooses among the charges, for the hospital's people. Zero fields choose nothing in particular.
type ChargeQuery struct {
	Payees   []string // whose; none at all chooses nothing
	Number   string   // any of a charge's numbers, ours or the provider's, or that of a refund
	From, To time.Time
	Status   ChargeStatus
	Refund   RefundStatus // of any of its refunds
	Provider string
	Sort     string // made, paid, amount, status; "" is the newest first
	Desc     bool
	Offset   int
	Limit    int
}

// Browse gives the charges that a query chooses, without what could be paid with, and how many they are without its limit. Of a span of time
// those that were paid in it are meant.
func (s *Store) Browse(ctx context.Context, q ChargeQuery) ([]Charge, int, error) {
	where, args, err := s.browseWhere(ctx, q)
	if errors.Is(err, ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(id) FROM charges WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the charges: %w", err)
	}
	order := "id DESC"
	if by, ok := map[string]string{"made": "created_at", "paid": "paid_at", "amount": "amount", "status": "status"}[q.Sort]; ok {
		order = by
		if q.Desc {
			order += " DESC"
		}
		order += ", id DESC"
	}
	var rows []chargeRow
	if err := s.db.SelectContext(ctx, &rows, "SELECT "+chargeColumns+" FROM charges WHERE "+where+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...); err != nil {
		return nil, 0, fmt.Errorf("read the charges: %w", err)
	}
	list := make([]Charge, len(rows))
	for i, row := range rows {
		list[i] = row.charge()
		list[i].Token, list[i].Payer, list[i].CodeURL, list[i].PrepayID = "", "", "", ""
	}
	return list, total, nil
}

func (s *Store) browseWhere(ctx context.Context, q ChargeQuery) (string, []any, error) {
	conditions, args := []string{"payee IN (?)"}, []any{append([]string{"-"}, q.Payees...)}
	and := func(condition string, value any) {
		conditions = append(conditions, condition)
		args = append(args, value)
	}
	if q.Number != "" {
		c, err := s.byAnyNumber(ctx, q.Number)
		if err != nil {
			return "", nil, err
		}
		and("id = ?", c.ID)
	}
	if !q.From.IsZero() {
		and("paid_at >= ?", q.From.UTC())
	}
	if !q.To.IsZero() {
		and("paid_at < ?", q.To.UTC())
	}
	if q.Status != "" {
		and("status = ?", q.Status)
	}
	if q.Provider != "" {
		and("provider = ?", q.Provider)
	}
	if q.Refund != "" {
		and("EXISTS (SELECT r.id FROM refunds r WHERE r.charge_id = charges.id AND r.status = ?)", q.Refund)
	}
	where, args, err := sqlx.In(strings.Join(conditions, " AND "), args...)
	if err != nil {
		return "", nil, fmt.Errorf("write the query for charges: %w", err)
	}
	return where, args, nil
}

// ErrRefundDone says that a refund has arrived: there is nothing to try again.
var ErrRefundDone = errors.New("the refund has arrived")

// RetryRefund lets a refund that does not move be tried again at once. One that failed for good is asked for anew, under the next number.
func (s *Store) RetryRefund(ctx context.Context, number string) error {
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		var row refundRow
		if err := tx.GetContext(ctx, &row, "SELECT "+refundColumns+" FROM refunds WHERE out_refund_no = ?", number); err != nil {
			return ErrNotFound
		}
		r := row.refund()
		c, err := s.one(ctx, tx, "id = ? FOR UPDATE", r.Charge)
		if err != nil {
			return err
		}
		switch r.Status {
		case RefundSucceeded:
			return ErrRefundDone
		case RefundClosed:
			if err := s.requestRefund(ctx, tx, &c, r.Amount, r.Reason); err != nil {
				return err
			}
		default:
			if _, err := tx.ExecContext(ctx, "UPDATE refunds SET next_attempt_at = ? WHERE id = ? AND status = ?", s.now(), r.ID, r.Status); err != nil {
				return fmt.Errorf("let a refund be tried again: %w", err)
			}
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "payment.retry", Subject: "payment:" + c.OutTradeNo, Before: map[string]any{"refund": r.OutRefundNo, "status": r.Status, "attempts": r.Attempts, "amount": r.Amount},
		})
	})
}
