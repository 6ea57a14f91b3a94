package reminders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/mysql"
)

// letter is one message of a broadcast that is ours to send.
type letter struct {
	notice
	to      bots.Account // ID 0: there is no such account any more
	refuses bool
	text    wording
	broken  error     // why the text cannot be read
	until   time.Time // the end of the lease
}

// texts are a broadcast's, by language.
type texts map[string]wording

// address reads the accounts, wishes and pauses of a page. The page is returned even with an error, to be given back.
func (l *lane) address(ctx context.Context, ours []notice, until time.Time) ([]letter, error) {
	page := make([]letter, len(ours))
	ids := make([]bots.AccountID, len(ours))
	for i, n := range ours {
		page[i], ids[i] = letter{notice: n, until: until}, n.Account
	}
	accounts, err := l.accounts.AccountsIn(ctx, ids)
	if err != nil {
		return page, err
	}
	refusing, err := l.refusing(ctx, accounts)
	if err != nil {
		return page, err
	}
	if err := l.chatPauses(ctx, ids); err != nil {
		return page, err
	}
	byID := make(map[bots.AccountID]bots.Account, len(accounts))
	for _, a := range accounts {
		byID[a.ID] = a
	}
	for i := range page {
		x := &page[i]
		x.to = byID[x.Account]
		x.refuses = refusing[x.to.User]
		x.text, x.broken = l.textOf(ctx, x.Broadcast, x.to.Lang)
		if mysql.IsDown(x.broken) {
			return page, x.broken
		}
	}
	return page, nil
}

// textOf reads a broadcast once: its text never changes.
func (l *lane) textOf(ctx context.Context, id BroadcastID, lang string) (wording, error) {
	known, ok := l.texts[id]
	if !ok {
		b, err := l.readBroadcast(ctx, id)
		if err != nil {
			return wording{}, err
		}
		known = texts{}
		for _, lang := range []string{"zh", "en"} {
			if known[lang], err = parseWording(b.in(lang)); err != nil {
				return wording{}, err
			}
		}
		l.texts[id] = known
	}
	if lang != "en" {
		lang = "zh"
	}
	return known[lang], nil
}

// chatPauses reads the pauses of some chats, which another round or replica may have met.
func (l *lane) chatPauses(ctx context.Context, ids []bots.AccountID) error {
	query, args, err := sqlx.In("SELECT account_id, paused_until FROM notice_pauses WHERE platform = ? AND account_id IN (?)", l.on, ids)
	if err != nil {
		return fmt.Errorf("ask for the chats' pauses: %w", err)
	}
	var rows []struct {
		Account bots.AccountID `db:"account_id"`
		Until   time.Time      `db:"paused_until"`
	}
	if err := l.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read the chats' pauses: %w", err)
	}
	for _, r := range rows {
		l.pauses.set(bots.Account{ID: r.Account, Platform: l.on}, false, r.Until)
	}
	return nil
}

// deliverLetter brings one letter to an end, or back into the queue. When ctx is done it starts nothing more, but what is being sent is sent and noted.
func (l *lane) deliverLetter(ctx context.Context, x letter) error {
	stopping := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), onePatience)
	defer cancel()
	if stopping {
		return l.giveBack(ctx, []letter{x})
	}
	if l.now().Add(onePatience).After(x.until) { // the page took long, or the clock was moved
		if ours, err := l.hold(ctx, x.notice); err != nil || !ours {
			return err
		}
	}
	switch {
	case x.to.ID == 0:
		return l.end(ctx, l.on, x.notice, Obsolete, false, "not_found")
	case x.refuses:
		return l.end(ctx, l.on, x.notice, Declined, false, "")
	case x.to.Blocked:
		return l.end(ctx, l.on, x.notice, Blocked, false, "")
	}
	if until := l.pauses.until(x.to); until.After(l.now()) {
		return l.postpone(ctx, x.notice, until, false, "paused")
	}
	message, gone, err := l.letterTo(ctx, x)
	switch {
	case err != nil:
		return l.unreadable(ctx, x.notice, err)
	case gone:
		return l.end(ctx, l.on, x.notice, Obsolete, false, "")
	}
	sending, cancelSending := context.WithTimeout(ctx, sendPatience)
	defer cancelSending()
	if err := l.senders[l.on].Send(sending, x.to, message); err != nil {
		return l.note(ctx, x.to, x.notice, err)
	}
	return l.sent(x.notice)
}

// note notes that a platform did not take a letter, and puts it back if it may take it later.
func (l *lane) note(ctx context.Context, to bots.Account, n notice, err error) error {
	var wait *bots.RetryError
	switch {
	case errors.Is(err, bots.ErrBlocked):
		return errors.Join(l.end(ctx, l.on, n, Blocked, true, ""), l.accounts.SetBlocked(ctx, to.ID, true))
	case errors.Is(err, bots.ErrUnreachable):
		return l.end(ctx, l.on, n, Unreachable, true, "")
	case errors.As(err, &wait):
		until := l.now().Add(max(wait.After, time.Second))
		l.pauses.set(to, wait.All, until)
		return errors.Join(l.pause(ctx, to, wait.All, until), l.again(ctx, l.on, n, until, maxWaits, "asked_to_wait"))
	default:
		return l.again(ctx, l.on, n, l.now().Add(backoff(n.Attempts)), maxAttempts, "platform")
	}
}

// letterTo writes a broadcast as one recipient reads it. Whose visit is gone gets none that would speak of it.
func (l *lane) letterTo(ctx context.Context, x letter) (m bots.Notice, gone bool, err error) {
	if x.broken != nil {
		return m, false, x.broken
	}
	var visit booking.Visit
	if len(x.text.asked) > 0 {
		visit, err = l.bookings.Visit(ctx, x.Visit)
		if status := visit.Appointment.Status; err != nil || status == booking.Cancelled || status == booking.Expired {
			return m, err == nil, err
		}
	}
	return l.letter(x.to.Lang, x.to.Platform, x.text.fill(l.words, visit, x.to))
}

// letter is a broadcast's text with what stands around it.
func (s *Store) letter(lang string, on bots.Platform, text string) (m bots.Notice, gone bool, err error) {
	c := card{Note: text}
	m = bots.Notice{Kind: Broadcast.notice()}
	if m.Text, err = s.words.say(lang, string(Broadcast), c); err != nil {
		return m, false, err
	}
	m.Fields = c.fields(m.Text)
	m.Options, err = s.options(lang, notice{Kind: Broadcast}, nil)
	if on == bots.WeChat {
		m.URL = s.publicURL
	}
	return m, false, err
}
