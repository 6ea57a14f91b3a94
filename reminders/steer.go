package reminders

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// ErrOver is returned when a broadcast shall be paused, resumed or cancelled that has ended or is cancelled.
var ErrOver = errors.New("the broadcast is over")

// Pause holds a broadcast back, until it is resumed. What is on its way still arrives: by each replica and platform a page of 60 at the most, and what
// its 16 writers have in their hands of the page before. To pause what is paused changes nothing.
func (s *Store) Pause(ctx context.Context, id BroadcastID) error {
	return s.steer(ctx, id, "broadcast.pause", "paused_at = ?", "paused_at IS NULL", s.now())
}

// Resume lets a paused broadcast go on where it was.
func (s *Store) Resume(ctx context.Context, id BroadcastID) error {
	return s.steer(ctx, id, "broadcast.resume", "paused_at = NULL", "paused_at IS NOT NULL")
}

// Cancel ends a broadcast for good: who has not been written to never is. It cannot be taken back, and neither can what has been sent.
func (s *Store) Cancel(ctx context.Context, id BroadcastID) error {
	return s.steer(ctx, id, "broadcast.cancel", "state = '"+withdrawing+"', paused_at = NULL, cancelled_at = ?", "1 = 1", s.now())
}

// steer changes a broadcast that is under way, if it is not so already.
func (s *Store) steer(ctx context.Context, id BroadcastID, action, set, unless string, args ...any) error {
	b, err := s.readBroadcast(ctx, id)
	switch {
	case err != nil:
		return err
	case b.Schedule != 0:
		return ErrNoBroadcast
	case b.State == withdrawing && action == "broadcast.cancel":
		return nil
	}
	over := false
	err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		statement := "UPDATE broadcasts SET " + set + " WHERE id = ? AND state IN ('expanding', 'sending') AND " + unless
		changed, err := affected(tx.ExecContext(ctx, statement, append(args[:len(args):len(args)], id)...))
		if err != nil || changed {
			return errors.Join(err, s.auditedIf(ctx, tx, changed, action, b))
		}
		var state string
		err = tx.GetContext(ctx, &state, "SELECT state FROM broadcasts WHERE id = ?", id)
		over = state == finished || state == withdrawing && action != "broadcast.cancel"
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("change broadcast %d: %w", id, err)
	case over:
		return ErrOver
	}
	return nil
}

func (s *Store) auditedIf(ctx context.Context, tx *sqlx.Tx, changed bool, action string, b broadcast) error {
	if !changed {
		return nil
	}
	return s.audited(ctx, tx, action, b.ID, b.audience, "")
}

// withdrawPage is how many recipients are struck off at once.
const withdrawPage = 1000

// withdraw strikes off who waits for a broadcast that was cancelled. It finds them before it locks them, as requeue does.
func (s *Store) withdraw(ctx context.Context) (any bool, err error) {
	list, err := s.underWay(ctx, withdrawing)
	if err != nil {
		return false, err
	}
	for _, b := range list {
		var ids []int64
		const find = "SELECT id FROM notices WHERE broadcast_id = ? AND status = 'queued' ORDER BY id LIMIT ?"
		if err := s.db.SelectContext(ctx, &ids, find, b.ID, withdrawPage); err != nil {
			return any, fmt.Errorf("find who waits for broadcast %d: %w", b.ID, err)
		}
		if len(ids) == 0 {
			continue
		}
		any = true
		statement, args, err := sqlx.In("UPDATE notices SET status = 'withdrawn', ended_at = ? WHERE id IN (?) AND status = 'queued'", s.now(), ids)
		if err != nil {
			return any, fmt.Errorf("write who is struck off: %w", err)
		}
		err = mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(ctx, statement, args...)
			return err
		})
		if err != nil {
			return any, fmt.Errorf("strike off who waits for broadcast %d: %w", b.ID, err)
		}
	}
	return any, nil
}
