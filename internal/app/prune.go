package app

import (
	"context"
	"errors"
)

// prune deletes what nothing needs any more: old notices, who paid, keys of the API, and who wrote to the Official Account. So the platforms' ids of a person
// are gone some days after they were last used, and with them what is left of somebody who has deleted the account.
func (a *App) prune(ctx context.Context) error {
	err := errors.Join(a.Reminders.Prune(ctx), a.Payments.ForgetPayers(ctx), a.api.Prune(ctx))
	if a.wechat != nil {
		err = errors.Join(err, a.wechat.ForgetWindows(ctx))
	}
	return err
}
