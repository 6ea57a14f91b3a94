package app

import (
	"context"
	"errors"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
)

// belongings moves what people have when their accounts are linked or parted.
type belongings struct {
	booking   *booking.Store
	reminders *reminders.Store
}

var _ bots.Belongings = belongings{}

func (b belongings) MergeUsers(ctx context.Context, tx bots.Tx, from, to bots.UserID) error {
	return errors.Join(
		b.booking.MergeUsersTx(ctx, tx, booking.UserID(from), booking.UserID(to)),
		b.reminders.MergeUsersTx(ctx, tx, from, to),
	)
}

func (b belongings) Linked(ctx context.Context, tx bots.Tx, shown bots.AccountID, with bots.Platform) error {
	return b.reminders.LinkedTx(ctx, tx, shown, with)
}

func (b belongings) Redirect(ctx context.Context, tx bots.Tx, from, to bots.AccountID) error {
	return errors.Join(
		b.booking.RedirectTx(ctx, tx, booking.AccountID(from), booking.AccountID(to)),
		b.reminders.RedirectTx(ctx, tx, from, to),
	)
}
