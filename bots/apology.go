package bots

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guahao/internal/mysql"
)

const (
	// late is how old an update is when its answer says sorry for the wait; lateAfterFailure is the same where we know that we
	// are to blame.
	late             = time.Minute
	lateAfterFailure = 15 * time.Second
	// forgotten is how long after its last delivery a platform is taken to have given an update up: Telegram tries at least
	// every minute, WeChat three times within 15 s.
	forgotten = 90 * time.Second
)

// excuseDelay puts an apology before a reply that comes late.
func (i *Inbox) excuseDelay(u Update, out *result) {
	now := i.now()
	waited := !u.At.IsZero() && now.Sub(u.At) >= late || !out.since.IsZero() && now.Sub(out.since) >= lateAfterFailure
	if !waited || out.Answered || out.Reply.Text == "" {
		return
	}
	switch u.Kind {
	case Timeout, Answer, Release, Follow, Unfollow:
		return
	}
	excuse := "抱歉，刚才系统繁忙，回复晚了。\n"
	if out.Account.Lang == "en" {
		excuse = "Sorry for the wait: we had a problem just now.\n"
	}
	out.Reply.Text = excuse + out.Reply.Text
}

// apologise asks those to send it again whose update failed and was not delivered again.
func (i *Inbox) apologise(ctx context.Context) error {
	var failed error
	for _, d := range i.debts.overdue(i.now().Add(-forgotten)) {
		if err := i.apologiseTo(ctx, d); err != nil {
			i.debts.owe(Update{Platform: d.platform, From: d.from, Key: d.key, Lang: d.lang}, d.at)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// apologiseTo claims the apology by a row under a key of its own, since another replica may owe the same one, and none is owed
// when another replica has handled the update.
func (i *Inbox) apologiseTo(ctx context.Context, d debt) error {
	var handled int
	const look = "SELECT COUNT(1) FROM chat_inbox WHERE platform = ? AND dedupe_key = ?"
	if err := i.db.GetContext(ctx, &handled, look, d.platform, storedKey(d.key)); err != nil {
		return fmt.Errorf("look for an update: %w", err)
	}
	if handled > 0 {
		return nil
	}
	account, err := i.store.Find(ctx, d.platform, d.from)
	if errors.Is(err, ErrNoAccount) {
		account, err = Account{Platform: d.platform, ExternalID: d.from, Lang: d.lang}, nil
	}
	if err != nil || account.Blocked {
		return err
	}
	const claim = "INSERT INTO chat_inbox (platform, dedupe_key, kind, received_at) VALUES (?, ?, 'apology', ?)"
	_, err = i.db.ExecContext(ctx, claim, d.platform, storedKey("apology:"+d.key), i.now().UTC())
	if mysql.IsDuplicate(err, "") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claim an apology: %w", err)
	}
	text := "抱歉，刚才系统出了点问题，没有处理您的消息。请再发一次。"
	if account.Lang == "en" {
		text = "Sorry, we had a problem just now and could not handle your message. Please send it again."
	}
	i.send(ctx, account, Notice{Kind: "apology", Text: text})
	return nil
}
