package payments

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	defaultStuckAfter = 4 * time.Hour
	alarmAgain        = 24 * time.Hour // how often somebody is called about the same refund
	alarmBatch        = 100            // refunds that one run calls about

	// refundPause is how long WeChat Pay wants between two refunds of one order.
	refundPause = time.Minute
)

// errRefundTurn says that another refund of the same charge was handed in a moment ago.
var errRefundTurn = errors.New("a refund of this charge was handed in less than a minute ago")

// takeRefundTurn lets one refund of a charge be handed in in a minute, whichever replica works on it.
func (s *Store) takeRefundTurn(ctx context.Context, id ChargeID) error {
	const take = `UPDATE charges SET refund_sent_at = ? WHERE id = ? AND (refund_sent_at IS NULL OR refund_sent_at <= ?)`
	now := s.now()
	result, err := s.db.ExecContext(ctx, take, now, id, now.Add(-refundPause))
	if err != nil {
		return fmt.Errorf("take a refund's turn: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errRefundTurn, err)
	}
	return nil
}

// alarm calls somebody about refunds that are not at their end after StuckAfter: each once, and again every day. Of many replicas
// one calls.
func (s *Store) alarm(ctx context.Context) error {
	now := s.now()
	const late = `SELECT ` + refundColumns + ` FROM refunds WHERE next_attempt_at IS NOT NULL AND created_at <= ? AND (alarmed_at IS NULL OR alarmed_at <= ?) ORDER BY created_at LIMIT ?`
	var rows []refundRow
	if err := s.db.SelectContext(ctx, &rows, late, now.Add(-s.StuckAfter), now.Add(-alarmAgain), alarmBatch); err != nil {
		return fmt.Errorf("list the refunds that are late: %w", err)
	}
	for _, row := range rows {
		const claim = `UPDATE refunds SET alarmed_at = ? WHERE id = ? AND next_attempt_at IS NOT NULL AND (alarmed_at IS NULL OR alarmed_at <= ?)`
		result, err := s.db.ExecContext(ctx, claim, now, row.ID, now.Add(-alarmAgain))
		if err != nil {
			return fmt.Errorf("note that somebody is called about a refund: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			continue
		}
		s.log.Error("a refund does not move", "out_refund_no", row.OutRefundNo, "since", row.CreatedAt, "attempts", row.Attempts, "error", row.LastError)
		if s.Stuck != nil {
			s.Stuck(row.refund())
		}
	}
	return nil
}
