package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// How often somebody may fail to sign in.
const (
	loginWindow     = 15 * time.Minute
	failuresAccount = 5  // of one login name
	failuresAddress = 30 // from one address: a hospital may have only one
)

// What is guessed. Codes are counted apart: the right password, again and again, does not give new tries for them.
const (
	guessPassword = "staff.try.password"
	guessCode     = "staff.try.code"
)

// try counts a try for a login name and an address before it is judged, and tells whether it may be judged: guesses that come at
// once count like those that come one after another. Login names that do not exist count too.
func (s *Store) try(ctx context.Context, what, login, address string) (bool, error) {
	for _, limit := range []struct {
		who []byte
		max int
	}{
		{s.keys.Digest(what, login), failuresAccount},
		{s.keys.Digest("staff.try.address", address), failuresAddress},
	} {
		n, err := s.countTry(ctx, limit.who)
		if err != nil || n > limit.max {
			return false, err
		}
	}
	return true, nil
}

// countTry counts under the row's lock, so that each try has its own number.
func (s *Store) countTry(ctx context.Context, who []byte) (n int, err error) {
	now := s.now().UTC()
	old := now.Add(-loginWindow)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO staff_login_attempts (who, since, attempts) VALUES (?, ?, 1)
			ON DUPLICATE KEY UPDATE attempts = IF(since <= ?, 1, attempts + 1), since = IF(since <= ?, ?, since)`, who, now, old, old, now)
		if err != nil {
			return err
		}
		return tx.GetContext(ctx, &n, "SELECT attempts FROM staff_login_attempts WHERE who = ?", who)
	})
	if err != nil {
		return 0, fmt.Errorf("count a try to sign in: %w", err)
	}
	return n, nil
}

// succeeded takes back what try counted: only failures are to count.
func (s *Store) succeeded(ctx context.Context, what, login, address string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM staff_login_attempts WHERE who = ?", s.keys.Digest(what, login))
	if err == nil {
		_, err = s.db.ExecContext(ctx, "UPDATE staff_login_attempts SET attempts = attempts - 1 WHERE who = ? AND attempts > 0", s.keys.Digest("staff.try.address", address))
	}
	if err != nil {
		return fmt.Errorf("take back a try to sign in: %w", err)
	}
	return nil
}

// Prune forgets tries and sessions that are over.
func (s *Store) Prune(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, "DELETE FROM staff_login_attempts WHERE since <= ?", s.now().UTC().Add(-loginWindow)); err != nil {
		return fmt.Errorf("forget tries to sign in: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, "DELETE FROM staff_sessions WHERE expires_at <= ?", time.Now().UTC()); err != nil {
		return fmt.Errorf("forget sessions: %w", err)
	}
	return nil
}
