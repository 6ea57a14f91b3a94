package wechat

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

const (
	nonceLife  = 3 * maxAge  // longer than any timestamp stays valid, whatever the clocks of the replicas say
	pruneEvery = time.Minute // of one process
	pruneBatch = 500         // rows
)

// nonces remembers which timestamp and nonce came with which message.
type nonces struct {
	db    *sqlx.DB
	appID string
	now   func() time.Time
}

// remember tells whether the pair is new or came with this very message before.
func (n nonces) remember(ctx context.Context, timestamp, nonce string, body []byte) (bool, error) {
	pair, message := sha256.Sum256([]byte(timestamp+"\n"+nonce)), sha256.Sum256(body)
	const insert = `INSERT INTO wechat_nonces (app_id, nonce, body, seen_at) VALUES (?, ?, ?, ?)`
	_, err := n.db.ExecContext(ctx, insert, n.appID, pair[:], message[:], n.now().UTC())
	if err == nil {
		return true, nil
	}
	if !mysql.IsDuplicate(err, "") {
		return false, fmt.Errorf("remember a nonce: %w", err)
	}
	var seen []byte
	err = n.db.GetContext(ctx, &seen, `SELECT body FROM wechat_nonces WHERE app_id = ? AND nonce = ?`, n.appID, pair[:])
	if errors.Is(err, sql.ErrNoRows) { // pruned since: its timestamp is no longer valid
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read a nonce: %w", err)
	}
	return subtle.ConstantTimeCompare(seen, message[:]) == 1, nil
}

// prune forgets what no request can carry any more, in small batches.
func (n nonces) prune(ctx context.Context) error {
	const prune = `DELETE FROM wechat_nonces WHERE seen_at < ? ORDER BY seen_at LIMIT ?`
	_, err := n.db.ExecContext(ctx, prune, n.now().UTC().Add(-nonceLife), pruneBatch)
	return err
}

// pruneNonces prunes once a minute. What fails now is pruned the next time.
func (a *Account) pruneNonces(ctx context.Context) {
	now, last := a.cfg.Now().Unix(), a.pruned.Load()
	if now >= last && now < last+int64(pruneEvery/time.Second) || !a.pruned.CompareAndSwap(last, now) {
		return
	}
	if err := a.nonces.prune(ctx); err != nil {
		a.cfg.Log.WarnContext(ctx, "wechat webhook: old nonces were not pruned", "error", err)
	}
}
