package bots

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	sweepBatch    = 100
	sweepTogether = 8
	keepInbox     = 72 * time.Hour
	pruneBatch    = 1000
)

// Sweep does what time asks for: it gives a timeout to the sessions whose deadline has passed, asks those again whose updates
// got lost while the database was away, and forgets old updates. Any replica may run it, and all at once. It works on what is due
// now and returns.
func (i *Inbox) Sweep(ctx context.Context) error {
	return errors.Join(i.timeouts(ctx), i.apologise(ctx), i.prune(ctx))
}

type dueRow struct {
	Account    AccountID `db:"account_id"`
	Rev        int64     `db:"rev"`
	Platform   Platform  `db:"platform"`
	ExternalID string    `db:"external_id"`
}

func (i *Inbox) timeouts(ctx context.Context) error {
	const due = `SELECT s.account_id, s.rev, a.platform, a.external_id
		FROM chat_sessions s JOIN chat_accounts a ON a.id = s.account_id
		WHERE s.deadline_at <= ? ORDER BY s.deadline_at LIMIT ?`
	var failed error
	for {
		var rows []dueRow
		if err := i.db.SelectContext(ctx, &rows, due, i.now().UTC(), sweepBatch); err != nil {
			return errors.Join(failed, fmt.Errorf("find the sessions that are due: %w", err))
		}
		failed = errors.Join(failed, i.timeoutAll(ctx, rows))
		if len(rows) < sweepBatch || failed != nil {
			return failed
		}
	}
}

// timeoutAll gives some sessions their timeouts, a few at a time: one chat that does not answer must not keep the others waiting.
func (i *Inbox) timeoutAll(ctx context.Context, rows []dueRow) error {
	failures := make([]error, len(rows))
	var group errgroup.Group
	group.SetLimit(sweepTogether)
	for n, row := range rows {
		group.Go(func() error {
			failures[n] = i.timeout(ctx, row)
			return nil
		})
	}
	return errors.Join(append(failures, group.Wait())...)
}

// timeout gives one session its timeout. Its key makes it happen once; the session's row decides whether it is still due.
func (i *Inbox) timeout(ctx context.Context, row dueRow) error {
	now := i.now()
	u := Update{
		Platform: row.Platform,
		Key:      fmt.Sprintf("timeout:%d:%d", row.Account, row.Rev),
		From:     row.ExternalID,
		Kind:     Timeout,
		At:       now,
	}
	out, err := i.handle(ctx, u, func(l locked) bool {
		return l.Rev == row.Rev && l.DeadlineAt.Valid && !l.DeadlineAt.Time.After(now)
	})
	if err != nil {
		return fmt.Errorf("time a session out: %w", err)
	}
	if out.Repeated { // another replica did it, or a crash came between giving it up and clearing its deadline
		return i.clearDeadline(ctx, row.Account, row.Rev)
	}
	if out.Reply.Empty() || out.Account.Blocked {
		return nil
	}
	if i.send(ctx, out.Account, Notice{Kind: "timeout", Text: out.Reply.Text, Options: standalone(out.Reply.Options)}) {
		return i.Answered(ctx, u.Platform, u.Key)
	}
	return nil
}

// clearDeadline ends the deadline of a session whose timeout cannot happen: it failed, and would fail again with each sweep.
func (i *Inbox) clearDeadline(ctx context.Context, id AccountID, rev int64) error {
	const clear = "UPDATE chat_sessions SET deadline_at = NULL WHERE account_id = ? AND rev = ? AND deadline_at <= ?"
	if _, err := i.db.ExecContext(ctx, clear, id, rev, i.now().UTC()); err != nil {
		return fmt.Errorf("clear a deadline: %w", err)
	}
	return nil
}

// standalone keeps the options that work from any message.
func standalone(options []Option) []Option {
	var kept []Option
	for _, o := range options {
		if o.Command != "" || o.URL != "" {
			kept = append(kept, o)
		}
	}
	return kept
}

// send sends a notice that may get lost: nobody waits for it. It tells whether it went out.
func (i *Inbox) send(ctx context.Context, to Account, n Notice) bool {
	sender := i.senders[to.Platform]
	if sender == nil {
		return false
	}
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := sender.Send(ctx, to, n)
	if err != nil {
		i.log.WarnContext(ctx, "a notice was not sent", "kind", n.Kind, "platform", to.Platform, "account", to.ID, "error", err)
	}
	return err == nil
}

// prune forgets updates that no platform repeats any more.
func (i *Inbox) prune(ctx context.Context) error {
	before := i.now().Add(-keepInbox).UTC()
	for {
		const prune = "DELETE FROM chat_inbox WHERE received_at < ? ORDER BY received_at LIMIT ?"
		done, err := i.db.ExecContext(ctx, prune, before, pruneBatch)
		if err != nil {
			return fmt.Errorf("forget old updates: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n < pruneBatch {
			return err
		}
	}
}
