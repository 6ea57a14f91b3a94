package reminders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
	"guahao/reminders/sms"
)

// What a provider has said of a short message that it had taken.
const (
	receiptAwaited = "awaited"
	receiptArrived = "arrived"
	receiptFailed  = "failed"
)

// notArrived is the class of a notice whose short message did not arrive.
const notArrived = "not_arrived"

// NoteReceipts notes what became of short messages. A notice whose message did not arrive goes the next way, or, where there is none, to the list of those whom
// somebody has to phone. A receipt that comes again changes nothing; one of a message that is not ours is passed over.
func (s *Store) NoteReceipts(ctx context.Context, list []sms.Receipt) error {
	for _, r := range list {
		note := s.noteFailure
		if r.Arrived {
			note = s.noteArrival
		}
		if err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error { return note(ctx, tx, r) }); err != nil {
			return fmt.Errorf("note the receipt of a short message: %w", err)
		}
	}
	return nil
}

// noteArrival forgets the details that were kept for another way.
func (s *Store) noteArrival(ctx context.Context, tx *sqlx.Tx, r sms.Receipt) error {
	notice, state, err := lockReceipt(ctx, tx, r.ID)
	if err != nil || state != receiptAwaited {
		return err
	}
	if err := s.setReceipt(ctx, tx, r.ID, receiptArrived, ""); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE notices SET payload = NULL WHERE id = ? AND status = 'sent' AND told_by = 'sms'", notice)
	return err
}

// noteFailure puts the notice back. The receipt may be here before it is noted which message it is of (noteSMS): so it is kept.
func (s *Store) noteFailure(ctx context.Context, tx *sqlx.Tx, r sms.Receipt) error {
	const keep = "INSERT INTO notice_receipts (message_id, notice_id, state, code, noted_at) VALUES (?, 0, 'awaited', '', ?) ON DUPLICATE KEY UPDATE id = id"
	if _, err := tx.ExecContext(ctx, keep, r.ID, s.now()); err != nil {
		return err
	}
	notice, state, err := lockReceipt(ctx, tx, r.ID)
	if err != nil || state != receiptAwaited {
		return err
	}
	if err := s.setReceipt(ctx, tx, r.ID, receiptFailed, r.Code); err != nil {
		return err
	}
	return s.takeBack(ctx, tx, notice, r.Code)
}

// lockReceipt reads what is known of a message; "" if nothing is.
func lockReceipt(ctx context.Context, tx *sqlx.Tx, message string) (notice int64, state string, err error) {
	var row struct {
		Notice int64 `db:"notice_id"`
		State  string
	}
	err = tx.GetContext(ctx, &row, "SELECT notice_id, state FROM notice_receipts WHERE message_id = ? FOR UPDATE", message)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return row.Notice, row.State, err
}

func (s *Store) setReceipt(ctx context.Context, tx *sqlx.Tx, message, state, code string) error {
	_, err := tx.ExecContext(ctx, "UPDATE notice_receipts SET state = ?, code = ?, noted_at = ? WHERE message_id = ?", state, code, s.now(), message)
	return err
}

// noteSMS notes which message a notice went out by, in the transaction that notes that it was told.
func (s *Store) noteSMS(ctx context.Context, tx *sqlx.Tx, n notice, message string) error {
	if message == "" {
		return nil
	}
	const await = "INSERT INTO notice_receipts (message_id, notice_id, state, code, noted_at) VALUES (?, ?, 'awaited', '', ?) ON DUPLICATE KEY UPDATE notice_id = ?"
	if _, err := tx.ExecContext(ctx, await, message, n.ID, s.now(), n.ID); err != nil {
		return fmt.Errorf("note the id of a short message: %w", err)
	}
	_, state, err := lockReceipt(ctx, tx, message)
	if err != nil || state != receiptFailed {
		return err
	}
	return s.takeBack(ctx, tx, n.ID, "")
}

// takeBack deals with a notice whose short message did not arrive: it is queued again, for what ways are left (waysOf), unless its copy by e-mail has
// told already. 0 is no notice.
func (s *Store) takeBack(ctx context.Context, tx *sqlx.Tx, id int64, code string) error {
	var n notice
	const read = `SELECT id, kind, COALESCE(appointment_id, 0) AS appointment_id, COALESCE(version, 0) AS version, payload FROM notices
		WHERE id = ? AND status = 'sent' AND told_by = 'sms' FOR UPDATE`
	if err := tx.GetContext(ctx, &n, read, id); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "a short message did not arrive", slog.Int64("notice", id), slog.String("kind", string(n.Kind)), slog.String("code", code))
	mailed, err := s.copySent(ctx, tx, n)
	if err := errors.Join(err, s.notTold(ctx, tx, n)); err != nil {
		return err
	}
	if mailed {
		const by = "UPDATE notices SET told_by = ?, payload = NULL, last_error = ? WHERE id = ?"
		_, err := tx.ExecContext(ctx, by, ByEmail, notArrived, id)
		return errors.Join(err, s.noteTold(ctx, tx, n, string(ByEmail), Sent))
	}
	const back = "UPDATE notices SET status = 'queued', epoch = epoch + 1, ended_at = NULL, next_attempt_at = ?, last_error = ? WHERE id = ?"
	_, err = tx.ExecContext(ctx, back, s.now(), notArrived, id)
	return err
}

// copySent tells whether the copy of a notice by e-mail has gone. One that has not is struck out: the notice itself goes there now.
func (s *Store) copySent(ctx context.Context, tx *sqlx.Tx, n notice) (bool, error) {
	const of = "appointment_id = ? AND kind = ? AND version = ? AND copy_by = ?"
	const drop = "UPDATE notices SET status = 'obsolete', payload = NULL, ended_at = ?, last_error = ? WHERE status = 'queued' AND " + of
	if _, err := tx.ExecContext(ctx, drop, s.now(), notArrived, n.Appointment, n.Kind, n.Version, ByEmail); err != nil {
		return false, err
	}
	var sent int
	err := tx.GetContext(ctx, &sent, "SELECT COUNT(id) FROM notices WHERE status = 'sent' AND "+of, n.Appointment, n.Kind, n.Version, ByEmail)
	return sent > 0, err
}

// notTold takes back that somebody knows of a stopped clinic.
func (s *Store) notTold(ctx context.Context, tx *sqlx.Tx, n notice) error {
	if s.stops == nil || !n.Kind.ofStop() {
		return nil
	}
	visit, err := s.stoppedVisit(n)
	if err != nil {
		return err
	}
	return s.stops.StopNotToldTx(ctx, tx, visit, string(BySMS))
}

// forgetReceipts drops what is known of short messages after some days, and the details of notices that were kept for them: providers report within three days.
func (s *Store) forgetReceipts(ctx context.Context) error {
	for {
		var rows []struct {
			ID     int64
			Notice int64 `db:"notice_id"`
		}
		const old = "SELECT id, notice_id FROM notice_receipts WHERE noted_at < ? ORDER BY noted_at, id LIMIT 500"
		if err := s.db.SelectContext(ctx, &rows, old, s.now().Add(-keepReceipts)); err != nil || len(rows) == 0 {
			return err
		}
		err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			for _, row := range rows {
				if _, err := tx.ExecContext(ctx, "DELETE FROM notice_receipts WHERE id = ?", row.ID); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, "UPDATE notices SET payload = NULL WHERE id = ? AND status = 'sent'", row.Notice); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("forget old receipts: %w", err)
		}
	}
}
