package bots

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"

	"guahao/internal/mysql"
)

// shallComeAgain tells whether an update that failed shall be delivered again. That is so while the database is away, and for a passing failure (a connection that broke, a deadlock) twice: something that
// keeps failing must not come back for ever.
func (i *Inbox) shallComeAgain(ctx context.Context, u Update, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	if !mysql.IsDown(err) && !mysql.IsRetryable(err) {
		return false
	}
	if mysql.IsDown(err) && i.db.PingContext(ctx) != nil {
		return true
	}
	const tries = 3
	return i.debts.attempt(u) < tries
}

// giveUp stores, in the step's place, a reply that says that something went wrong. The session stays as it is.
func (i *Inbox) giveUp(ctx context.Context, u Update, cause error) (result, int64, error) {
	reference := rand.Text()[:8]
	attributes := []slog.Attr{
		slog.String("reference", reference), slog.String("platform", string(u.Platform)), slog.String("kind", string(u.Kind)),
		slog.String("error", cause.Error()),
	}
	var thrown *panicked
	if errors.As(cause, &thrown) {
		attributes = append(attributes, slog.String("stack", string(thrown.stack)))
	}
	i.log.LogAttrs(ctx, slog.LevelError, "a step failed", attributes...)
	out, rev, err := i.commit(ctx, &errand{update: u, decide: func(_ context.Context, _ Update, row locked) (change, error) {
		c := change{failed: true}
		if u.Kind != Timeout && u.Kind != Unfollow {
			c.reply = failureReply(row.Lang, reference)
			c.reply.Rev = row.Rev
		}
		return c, nil
	}})
	if errors.Is(err, errRepeated) { // another replica was quicker
		out.Outcome, err = i.repeat(ctx, u)
	}
	if err == nil && u.Kind == Timeout {
		err = i.clearDeadline(ctx, out.Account.ID, rev)
	}
	return out, rev, err
}

func failureReply(lang, reference string) Reply {
	if lang == "en" {
		return Reply{
			Text:    "Sorry, something went wrong on our side (reference " + reference + "). Please try again, or go back to the menu.",
			Options: []Option{{Label: "Menu", Command: "menu"}},
		}
	}
	return Reply{
		Text:    "抱歉，系统出了点问题（编号 " + reference + "）。请再试一次，或返回主菜单。",
		Options: []Option{{Label: "主菜单", Command: "menu"}},
	}
}
