package wechat

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// windowKind is what opened a window for customer-service messages.
type windowKind string

const (
	byMessage windowKind = "message"
	byClick   windowKind = "click" // on the menu or a msgmenu link; and following and scanning
)

// The platform's rules (客服消息 下发条数限制).
var windowRules = map[windowKind]struct {
	length time.Duration
	quota  int
}{
	byClick:   {time.Minute, 3},
	byMessage: {48 * time.Hour, 5},
}

// windows counts what the platform still allows to send to whom. The platform's own answer corrects it.
type windows struct {
	db      *sqlx.DB
	appID   string
	now     func() time.Time
	unsaved *unsaved
}

// window is one that is open, as it was when it was taken from.
type window struct {
	Kind     windowKind `db:"kind"`
	OpenedAt time.Time  `db:"opened_at"`
	Used     int        `db:"used"`
	openID   string
}

// open notes what a person did. The same message, delivered again, opens nothing.
func (w windows) open(ctx context.Context, openID string, kind windowKind, at time.Time, key string) error {
	if now := w.now(); at.After(now) {
		at = now
	}
	const upsert = `INSERT INTO wechat_windows (app_id, open_id, kind, opened_at, message, used) VALUES (?, ?, ?, ?, ?, 0)
		ON DUPLICATE KEY UPDATE
			used = IF(VALUES(opened_at) < opened_at OR VALUES(message) = message, used, 0),
			message = IF(VALUES(opened_at) < opened_at, message, VALUES(message)),
			opened_at = GREATEST(opened_at, VALUES(opened_at))`
	if _, err := w.db.ExecContext(ctx, upsert, w.appID, openID, kind, at.UTC(), key); err != nil {
		return fmt.Errorf("note that a window is open: %w", err)
	}
	return nil
}

// take uses up one message of the window that closes first. It is false when nothing may be sent.
func (w windows) take(ctx context.Context, openID string) (window, bool, error) {
	for {
		candidate, ok, err := w.best(ctx, openID)
		if err != nil || !ok {
			return window{}, false, err
		}
		const use = `UPDATE wechat_windows SET used = used + 1
			WHERE app_id = ? AND open_id = ? AND kind = ? AND opened_at = ? AND used = ?`
		result, err := w.db.ExecContext(ctx, use, w.appID, openID, candidate.Kind, candidate.OpenedAt, candidate.Used)
		if err != nil {
			return window{}, false, fmt.Errorf("use a window: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil {
			return window{}, false, err
		} else if n == 1 {
			return candidate, true, nil
		}
		// Somebody else sent or the person wrote meanwhile: look again.
	}
}

func (w windows) best(ctx context.Context, openID string) (window, bool, error) {
	if err := w.save(ctx, openID); err != nil {
		return window{}, false, err
	}
	var rows []window
	const read = `SELECT kind, opened_at, used FROM wechat_windows WHERE app_id = ? AND open_id = ?`
	if err := w.db.SelectContext(ctx, &rows, read, w.appID, openID); err != nil {
		return window{}, false, fmt.Errorf("read the windows: %w", err)
	}
	var best window
	var closes time.Time
	now := w.now()
	for _, row := range rows {
		rule := windowRules[row.Kind]
		end := row.OpenedAt.Add(rule.length)
		if row.Used >= rule.quota || !now.Before(end) || !closes.IsZero() && closes.Before(end) {
			continue
		}
		best, closes = row, end
	}
	best.openID = openID
	return best, !closes.IsZero(), nil
}

// giveBack undoes a take for a message that was certainly not sent.
func (w windows) giveBack(ctx context.Context, taken window) error {
	const undo = `UPDATE wechat_windows SET used = used - 1
		WHERE app_id = ? AND open_id = ? AND kind = ? AND opened_at = ? AND used > 0`
	_, err := w.db.ExecContext(ctx, undo, w.appID, taken.openID, taken.Kind, taken.OpenedAt)
	return err
}

// exhaust notes that the platform allows no more in this window, whatever we counted.
func (w windows) exhaust(ctx context.Context, taken window) error {
	const fill = `UPDATE wechat_windows SET used = ?
		WHERE app_id = ? AND open_id = ? AND kind = ? AND opened_at = ?`
	_, err := w.db.ExecContext(ctx, fill, windowRules[taken.Kind].quota, w.appID, taken.openID, taken.Kind, taken.OpenedAt)
	return err
}
