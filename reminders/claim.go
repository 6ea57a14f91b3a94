package reminders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
)

const (
	// lease is how long a claimed notice is safe from others. It is renewed just before each sending, which takes sendPatience
	// at most.
	lease = 2 * time.Minute
	// batch is how many of broadcasts are claimed at once: few enough that an urgent notice waits some seconds at most behind them.
	batch = 60
	// takeStatement claims one row, if nobody has since its epoch was read.
	takeStatement = "UPDATE notices SET status = 'claimed', epoch = ?, lease_until = ? WHERE id = ? AND epoch = ? AND status = 'queued'"
)

// notice is a row that may be sent.
type notice struct {
	ID          int64                 `db:"id"`
	Kind        Kind                  `db:"kind"`
	Appointment booking.AppointmentID `db:"appointment_id"`
	Version     int64                 `db:"version"`
	Schedule    booking.ScheduleID    `db:"schedule_id"`
	Broadcast   BroadcastID           `db:"broadcast_id"`
	Visit       booking.AppointmentID `db:"visit_id"` // of a recipient of a broadcast
	Account     bots.AccountID        `db:"account_id"`
	Payload     []byte                `db:"payload"`
	DueAt       time.Time             `db:"due_at"`
	Epoch       int64                 `db:"epoch"`
	Attempts    int                   `db:"attempts"`
	CreatedAt   time.Time             `db:"created_at"`

	turn   booking.Turn // of a notice about the queue, as it is when that is sent
	CopyBy Channel      `db:"copy_by"`
	ToldBy Channel      `db:"told_by"` // sms: it went by one, which did not arrive; "": it was not told before
}

// due reads who could be claimed now; recipients of broadcasts have a turn of their own (lane.go). It locks nothing: others may read the same.
func (s *Store) due(ctx context.Context, q sqlx.QueryerContext) ([]notice, error) {
	const query = `SELECT id, kind, COALESCE(appointment_id, 0) AS appointment_id, COALESCE(version, 0) AS version,
		COALESCE(schedule_id, 0) AS schedule_id, COALESCE(broadcast_id, 0) AS broadcast_id, account_id, payload, due_at, epoch,
		attempts, created_at, copy_by, told_by
		FROM notices FORCE INDEX (notices_claim) WHERE status = 'queued' AND bulk = FALSE AND next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?`
	var found []notice
	if err := sqlx.SelectContext(ctx, q, &found, query, s.now(), urgentBatch); err != nil {
		return nil, fmt.Errorf("read the notices that are due: %w", err)
	}
	return found, nil
}

// claim makes those of the notices ours that are nobody's yet, and returns them.
func (s *Store) claim(ctx context.Context, found []notice) ([]notice, error) {
	if len(found) == 0 {
		return nil, nil
	}
	var ours []notice
	err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		ours = make([]notice, 0, len(found))
		until := s.now().Add(lease)
		for _, n := range found {
			done, err := affected(tx.ExecContext(ctx, s.take, n.Epoch+1, until, n.ID, n.Epoch))
			if err != nil {
				return fmt.Errorf("claim a notice: %w", err)
			}
			if done {
				n.Epoch++
				ours = append(ours, n)
			}
		}
		return nil
	})
	return ours, err
}

// requeue gives notices back whose sender died: its lease has run out. It finds them before it locks them, by their primary
// keys: an UPDATE that walks an index would deadlock with those that note an end.
func (s *Store) requeue(ctx context.Context) error {
	var ids []int64
	const query = "SELECT id FROM notices WHERE status = 'claimed' AND lease_until <= ? ORDER BY id LIMIT 500"
	if err := s.db.SelectContext(ctx, &ids, query, s.now()); err != nil {
		return fmt.Errorf("find notices whose sender died: %w", err)
	}
	for _, id := range ids {
		_, err := s.db.ExecContext(ctx, `UPDATE notices SET status = 'queued', lease_until = NULL
			WHERE id = ? AND status = 'claimed' AND lease_until <= ?`, id, s.now())
		if err != nil {
			return fmt.Errorf("take back a notice whose sender died: %w", err)
		}
	}
	return nil
}

// hold renews the lease just before sending, and tells whether the notice is still ours.
func (s *Store) hold(ctx context.Context, n notice) (bool, error) {
	return s.settle(ctx, n, "lease_until = ?", s.now().Add(lease))
}

// end notes the final state of a notice and forgets its details. An error of the platform is known by its class only: what an SDK
// says may hold secrets.
func (s *Store) end(ctx context.Context, on bots.Platform, n notice, status Status, tried bool, class string) error {
	tell := func(tx *sqlx.Tx) error { return s.noteTold(ctx, tx, n, string(on), status) }
	_, err := s.settleWith(ctx, n, tell, `status = ?, payload = NULL, lease_until = NULL, ended_at = ?, attempts = attempts + ?, last_error = ?`,
		status, s.now(), tried, class)
	if err != nil {
		return err
	}
	s.ended(ctx, on, n, status, class)
	return nil
}

// told notes that a notice was sent, and by which way, and queues the copy that goes with it. Where a receipt is to come of it, its details stay until then.
func (s *Store) told(ctx context.Context, n notice, w Way, receipt string) error {
	copied, err := s.copyOf(ctx, n, w)
	if err != nil {
		return err
	}
	set := `status = ?, lease_until = NULL, ended_at = ?, attempts = attempts + 1, last_error = '', told_by = ?`
	if !s.receipts || receipt == "" {
		receipt, set = "", set+", payload = NULL"
	}
	more := func(tx *sqlx.Tx) error {
		return errors.Join(s.insert(ctx, tx, copied), s.noteTold(ctx, tx, n, w.Name(), Sent), s.noteSMS(ctx, tx, n, receipt))
	}
	_, err = s.settleWith(ctx, n, more, set, Sent, s.now(), w.Name())
	if err != nil {
		return err
	}
	s.ended(ctx, w.platform(), n, Sent, "")
	return nil
}

func (s *Store) ended(ctx context.Context, on bots.Platform, n notice, status Status, class string) {
	level := slog.LevelDebug
	if status == Failed {
		level = slog.LevelWarn
	}
	s.log.LogAttrs(ctx, level, "notice", slog.Int64("notice", n.ID), slog.String("kind", string(n.Kind)),
		slog.String("platform", string(on)), slog.String("status", string(status)), slog.String("class", class))
	s.observe(on, n.Kind, status)
}

// postpone gives a notice back until a later time.
func (s *Store) postpone(ctx context.Context, n notice, until time.Time, tried bool, class string) error {
	_, err := s.settle(ctx, n, `status = 'queued', lease_until = NULL, next_attempt_at = ?, attempts = attempts + ?, last_error = ?`,
		until, tried, class)
	return err
}

// reschedule is postpone for a notice that turns out to be due later than it seemed.
func (s *Store) reschedule(ctx context.Context, n notice, due time.Time) error {
	_, err := s.settle(ctx, n, "status = 'queued', lease_until = NULL, due_at = ?, next_attempt_at = ?", due, due)
	return err
}

// settle changes a claimed notice if it is still ours. An epoch that was raised meanwhile says that it is another's.
func (s *Store) settle(ctx context.Context, n notice, set string, args ...any) (bool, error) {
	return s.settleWith(ctx, n, func(*sqlx.Tx) error { return nil }, set, args...)
}

// settleWith does something more in the same transaction, if the notice is ours.
func (s *Store) settleWith(ctx context.Context, n notice, more func(*sqlx.Tx) error, set string, args ...any) (bool, error) {
	statement := "UPDATE notices SET " + set + " WHERE id = ? AND epoch = ? AND status = 'claimed'"
	var ours bool
	err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		ours, err = affected(tx.ExecContext(ctx, statement, append(args[:len(args):len(args)], n.ID, n.Epoch)...))
		if err != nil || !ours {
			return err
		}
		return more(tx)
	})
	if err != nil {
		return false, fmt.Errorf("note what became of notice %d: %w", n.ID, err)
	}
	return ours, nil
}

func affected(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
