package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Sessions keeps the console's sessions in the database for scs, so that any replica knows them. They end by the real clock, as
// cookies do.
type Sessions struct{ db *sqlx.DB }

// Sessions gives the store of the sessions.
func (s *Store) Sessions() Sessions { return Sessions{s.db} }

// FindCtx reads a session that is not over.
func (s Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var content []byte
	err := s.db.GetContext(ctx, &content, "SELECT content FROM staff_sessions WHERE token = ? AND expires_at > ?", sessionDigest(token), time.Now().UTC())
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read a session: %w", err)
	}
	return content, true, nil
}

// CommitCtx writes one.
func (s Sessions) CommitCtx(ctx context.Context, token string, content []byte, expires time.Time) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO staff_sessions (token, content, expires_at) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE content = VALUES(content), expires_at = VALUES(expires_at)`, sessionDigest(token), content, expires.UTC())
	if err != nil {
		return fmt.Errorf("write a session: %w", err)
	}
	return nil
}

// DeleteCtx ends one.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	if _, err := s.db.ExecContext(ctx, "DELETE FROM staff_sessions WHERE token = ?", sessionDigest(token)); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// Find is FindCtx for scs's older interface.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for scs's older interface.
func (s Sessions) Commit(token string, content []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, content, expires)
}

// Delete is DeleteCtx for scs's older interface.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// sessionDigest is what stands in the database: who reads it cannot use it.
func sessionDigest(token string) []byte {
	digest := sha256.Sum256([]byte(token))
	return digest[:]
}
