package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/audit"
	"guahao/internal/mysql"
)

const (
	codeLife    = 24 * time.Hour
	maxAttempts = 5
	window      = time.Hour
)

var (
	// ErrCode is returned by Bind for a code that does not exist, was used, or is older than 24 hours.
	ErrCode = errors.New("the code is wrong, used or expired")
	// ErrTooMany is returned by Bind when the account has tried five codes within an hour.
	ErrTooMany = errors.New("too many codes were tried: wait an hour")
)

// Bind uses up a code and makes the account that of the code's member. If the account was another member's, that one is no
// longer bound. The code may be written in any way that FindCode understands.
func (s *Store) Bind(ctx context.Context, code string, account bots.AccountID) (Member, error) {
	normal, ok := FindCode(code)
	if !ok {
		normal = "" // counts as a try all the same
	}
	var bound Member
	var refused error
	err := mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now := s.now().UTC()
		refused = nil
		allowed, err := countAttempt(ctx, tx, account, now)
		if err != nil {
			return err
		}
		if !allowed {
			refused = ErrTooMany
			return nil
		}
		bound, err = s.use(ctx, tx, normal, account, now)
		if errors.Is(err, ErrCode) {
			refused = err // and the attempt stays counted
			return nil
		}
		return err
	})
	if err = errors.Join(refused, err); err != nil {
		return Member{}, err
	}
	return bound, nil
}

// countAttempt locks the account's counter for the rest of the transaction.
func countAttempt(ctx context.Context, tx *sqlx.Tx, account bots.AccountID, now time.Time) (allowed bool, err error) {
	old := now.Add(-window)
	_, err = tx.ExecContext(ctx,
		`INSERT INTO staff_attempts (account_id, since, attempts) VALUES (?, ?, 1)
		ON DUPLICATE KEY UPDATE attempts = IF(since <= ?, 1, attempts + 1), since = IF(since <= ?, ?, since)`,
		account, now, old, old, now)
	if err != nil {
		return false, fmt.Errorf("count the attempt: %w", err)
	}
	var attempts int
	if err := tx.GetContext(ctx, &attempts, "SELECT attempts FROM staff_attempts WHERE account_id = ?", account); err != nil {
		return false, fmt.Errorf("read the attempts: %w", err)
	}
	return attempts <= maxAttempts, nil
}

// use takes the code under its row's lock: of many who send it at once, the first gets it.
func (s *Store) use(ctx context.Context, tx *sqlx.Tx, code string, account bots.AccountID, now time.Time) (Member, error) {
	var id booking.StaffID
	err := tx.GetContext(ctx, &id, "SELECT id FROM staff WHERE code_digest = ? AND code_expires_at > ? FOR UPDATE", s.digest(code), now)
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, ErrCode
	}
	if err != nil {
		return Member{}, fmt.Errorf("read the code: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE staff SET account_id = NULL WHERE account_id = ?", account); err != nil {
		return Member{}, fmt.Errorf("release the account: %w", err)
	}
	_, err = tx.ExecContext(ctx, "UPDATE staff SET account_id = ?, code_digest = NULL, bound_at = ? WHERE id = ?", account, now, id)
	if err != nil {
		return Member{}, fmt.Errorf("bind the account: %w", err)
	}
	m, err := s.lock(ctx, tx, id)
	if err != nil {
		return Member{}, err
	}
	actor := audit.Actor{Staff: int64(id), Via: audit.Chat}
	return m, s.audit.Record(audit.As(ctx, actor), tx, audit.Entry{Action: "staff.bind", Subject: subject(id), After: map[string]any{"account": account}})
}

// NewCode gives a member a new code for the chat; an earlier one that was not used is void. The chat that is bound stays so until the code is used.
func (s *Store) NewCode(ctx context.Context, id booking.StaffID, within booking.Reach) (string, error) {
	code := newCode()
	return code, s.inTx(ctx, func(tx *sqlx.Tx) error {
		m, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !m.inside(within) {
			return ErrOutside
		}
		_, err = tx.ExecContext(ctx, "UPDATE staff SET code_digest = ?, code_expires_at = ? WHERE id = ?", s.digest(code), s.now().UTC().Add(codeLife), id)
		if err != nil {
			return fmt.Errorf("make a code: %w", err)
		}
		return s.audit.Record(ctx, tx, audit.Entry{Action: "staff.code", Subject: subject(id)})
	})
}

func (s *Store) digest(code string) []byte { return s.keys.Digest("staff.code", code) }
