package wechat

import (
	"context"
	"fmt"
)

// ForgetWindows deletes the windows that have closed: they allow nothing any more, and only say who wrote when.
func (a *Account) ForgetWindows(ctx context.Context) error {
	const forget = "DELETE FROM wechat_windows WHERE app_id = ? AND opened_at < ? LIMIT ?"
	const batch = 1000
	over := a.windows.now().UTC().Add(-max(windowRules[byMessage].length, windowRules[byClick].length))
	for {
		result, err := a.windows.db.ExecContext(ctx, forget, a.windows.appID, over, batch)
		if err != nil {
			return fmt.Errorf("forget the windows that have closed: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n < batch {
			return err
		}
	}
}
