package bots

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// locked is an account with its session, whose row this transaction holds.
type locked struct {
	accountRow
	LastSeenAt time.Time    `db:"last_seen_at"`
	Rev        int64        `db:"rev"`
	State      string       `db:"state"`
	Data       []byte       `db:"data"` // sealed
	DeadlineAt sql.NullTime `db:"deadline_at"`
}

// change is what a transaction writes for one update.
type change struct {
	session *Session // as it is to be, with its new Rev; nil leaves it as it is
	data    []byte   // the session's, sealed
	lang    string   // the account's; "" leaves it as it is
	link    *Link    // what changes about whose account it is; nil: nothing
	forget  bool     // the person
	reply   Reply
	failed  bool
}

// Reasons to roll back that are no failures.
var (
	errRepeated = errors.New("the update was handled before")
	errStale    = errors.New("the timeout no longer applies")
)

// seenEvery is how exactly last_seen_at is kept: writing it with each update would cost a row more.
const seenEvery = time.Hour

// take handles an update: by a step, as a repetition, or, when the step fails, by saying so.
func (i *Inbox) take(ctx context.Context, u Update, applies func(locked) bool) (result, int64, error) {
	out, rev, err := i.commit(ctx, i.errandOf(u, applies))
	if hinted, ok := i.consulted(ctx, u, err); ok {
		u = hinted
		out, rev, err = i.commit(ctx, i.errandOf(u, applies))
	}
	switch {
	case errors.Is(err, errRepeated):
		out.Outcome, err = i.repeat(ctx, u)
	case errors.Is(err, errStale):
		out, err = result{Outcome: Outcome{Repeated: true, Answered: true}}, nil
	case err != nil && i.shallComeAgain(ctx, u, err):
		return result{}, 0, err
	case err != nil:
		out, rev, err = i.giveUp(ctx, u, err)
	}
	if err != nil {
		return result{}, 0, err
	}
	out.since = i.debts.settle(u)
	return out, rev, nil
}

// errandOf runs the step for an update.
func (i *Inbox) errandOf(u Update, applies func(locked) bool) *errand {
	e := &errand{update: u, applies: applies}
	e.decide = func(ctx context.Context, u Update, row locked) (change, error) {
		return i.decide(i.with(ctx, e.beside), u, row)
	}
	return e
}

// blockedBy tells whether the person cannot be reached after the update. Whoever writes has not blocked us.
func blockedBy(u Update, row locked) bool {
	switch u.Kind {
	case Unfollow:
		return true
	case Timeout, Answer, Release: // not of the person
		return row.BlockedAt.Valid
	}
	return false
}

// repeat finds the reply that the update got when it was handled.
func (i *Inbox) repeat(ctx context.Context, u Update) (Outcome, error) {
	var row struct {
		Account  sql.NullInt64 `db:"account_id"`
		Reply    []byte        `db:"reply"`
		Answered sql.NullTime  `db:"answered_at"`
	}
	const read = "SELECT account_id, reply, answered_at FROM chat_inbox WHERE platform = ? AND dedupe_key = ?"
	if err := i.db.GetContext(ctx, &row, read, u.Platform, storedKey(u.Key)); err != nil {
		return Outcome{}, fmt.Errorf("read the reply to a repeated update: %w", err)
	}
	out := Outcome{Repeated: true, Answered: row.Answered.Valid}
	account, err := i.store.Account(ctx, AccountID(row.Account.Int64))
	if err != nil {
		return Outcome{}, err
	}
	out.Account = account
	if account.forgotten() {
		out.Account.ExternalID, account.ExternalID = u.From, u.From // it is the very update that made us forget
	}
	if account.Platform != u.Platform || account.ExternalID != u.From {
		return Outcome{}, errors.New("an update came again as another person's")
	}
	out.Reply, err = i.openReply(u, row.Reply)
	return out, err
}

func (i *Inbox) sealReply(u Update, r Reply) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("store a reply: %w", err)
	}
	return i.store.keys.Seal(plain, replyPlace(u))
}

func (i *Inbox) openReply(u Update, sealed []byte) (Reply, error) {
	var r Reply
	plain, err := i.store.keys.Open(sealed, replyPlace(u))
	if err != nil {
		return r, fmt.Errorf("open a stored reply: %w", err)
	}
	if err := json.Unmarshal(plain, &r); err != nil {
		return r, fmt.Errorf("read a stored reply: %w", err)
	}
	return r, nil
}

func replyPlace(u Update) string {
	return "chat_inbox.reply:" + string(u.Platform) + "/" + storedKey(u.Key)
}

func sessionPlace(id AccountID) string {
	return "chat_sessions.data:" + strconv.FormatInt(int64(id), 10)
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t.UTC(), Valid: !t.IsZero()} }
