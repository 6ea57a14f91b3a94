package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
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
	var bound row
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
	return s.member(bound)
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
func (s *Store) use(ctx context.Context, tx *sqlx.Tx, code string, account bots.AccountID, now time.Time) (row, error) {
	var r row
	err := tx.GetContext(ctx, &r,
		`SELECT id, uid, name, hospital_id, account_id, code_expires_at, created_at, bound_at FROM staff
		WHERE code_digest = ? AND code_expires_at > ? FOR UPDATE`, s.digest(code), now)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, ErrCode
	}
	if err != nil {
		return row{}, fmt.Errorf("read the code: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE staff SET account_id = NULL WHERE account_id = ?", account); err != nil {
		return row{}, fmt.Errorf("release the account: %w", err)
	}
	_, err = tx.ExecContext(ctx, "UPDATE staff SET account_id = ?, code_digest = NULL, bound_at = ? WHERE id = ?", account, now, r.ID)
	if err != nil {
		return row{}, fmt.Errorf("bind the account: %w", err)
	}
	r.Account = sql.NullInt64{Int64: int64(account), Valid: true}
	r.BoundAt = sql.NullTime{Time: now, Valid: true}
	return r, nil
}

func (s *Store) digest(code string) []byte { return s.keys.Digest("staff.code", code) }
