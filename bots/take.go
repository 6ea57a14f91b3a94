package bots

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
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
	out, rev, err := i.commit(ctx, u, applies, i.decide)
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

// commit is the one transaction of an update. decide is run with the session's row locked, again if the transaction has to be.
func (i *Inbox) commit(ctx context.Context, u Update, applies func(locked) bool,
	decide func(context.Context, Update, locked) (change, error),
) (out result, rev int64, err error) {
	err = mysql.InTx(ctx, i.db, func(tx *sqlx.Tx) error {
		if err := i.insert(ctx, tx, u); err != nil {
			return err
		}
		row, err := i.lock(ctx, tx, u)
		if err != nil {
			return err
		}
		if applies != nil && !applies(row) {
			return errStale
		}
		c, err := decide(ctx, u, row)
		if err != nil {
			return err
		}
		out = result{Outcome: Outcome{Account: row.account(), Reply: c.reply}, failed: c.failed}
		out.Account.Blocked = blockedBy(u, row)
		if c.lang != "" {
			out.Account.Lang = c.lang
		}
		rev = row.Rev
		if c.session != nil {
			rev = c.session.Rev
		}
		if err := i.write(ctx, tx, u, row, c); err != nil {
			return err
		}
		return i.mark(ctx, tx, u, row, out.Account)
	})
	return out, rev, err
}

func (i *Inbox) insert(ctx context.Context, tx *sqlx.Tx, u Update) error {
	const insert = "INSERT INTO chat_inbox (platform, dedupe_key, kind, received_at) VALUES (?, ?, ?, ?)"
	_, err := tx.ExecContext(ctx, insert, u.Platform, storedKey(u.Key), u.Kind, i.now().UTC())
	if mysql.IsDuplicate(err, "") {
		return errRepeated
	}
	if err != nil {
		return fmt.Errorf("note an update: %w", err)
	}
	return nil
}

// lock reads and locks the person's account and session, which are made at the first update.
func (i *Inbox) lock(ctx context.Context, tx *sqlx.Tx, u Update) (locked, error) {
	const read = `SELECT a.id, a.user_id, a.platform, a.external_id, a.lang, a.blocked_at, a.last_seen_at,
		s.rev, s.state, s.data, s.deadline_at
		FROM chat_accounts a JOIN chat_sessions s ON s.account_id = a.id
		WHERE a.platform = ? AND a.external_id = ? FOR UPDATE`
	var row locked
	err := tx.GetContext(ctx, &row, read, u.Platform, u.From)
	if errors.Is(err, sql.ErrNoRows) {
		if err := i.create(ctx, tx, u); err != nil {
			return row, err
		}
		err = tx.GetContext(ctx, &row, read, u.Platform, u.From)
	}
	if err != nil {
		return row, fmt.Errorf("lock a session: %w", err)
	}
	return row, nil
}

// create makes an account and its session. When another replica has just made them, it waits for that one and changes nothing.
func (i *Inbox) create(ctx context.Context, tx *sqlx.Tx, u Update) error {
	lang := u.Lang
	if lang == "" {
		lang = "zh"
	}
	now := i.now().UTC()
	const account = `INSERT INTO chat_accounts (user_id, platform, external_id, lang, last_seen_at, created_at)
		VALUES (0, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)`
	made, err := tx.ExecContext(ctx, account, u.Platform, u.From, lang, now, now)
	if err != nil {
		return fmt.Errorf("make an account: %w", err)
	}
	id, err := made.LastInsertId()
	if err != nil {
		return fmt.Errorf("make an account: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE chat_accounts SET user_id = id WHERE id = ? AND user_id = 0", id); err != nil {
		return fmt.Errorf("make an account's user: %w", err)
	}
	const session = `INSERT INTO chat_sessions (account_id, rev, state, updated_at) VALUES (?, 0, '', ?)
		ON DUPLICATE KEY UPDATE account_id = account_id`
	if _, err := tx.ExecContext(ctx, session, id, now); err != nil {
		return fmt.Errorf("make a session: %w", err)
	}
	return nil
}

// write stores the session and the reply. Two statements: MariaDB makes a table on disk for an UPDATE of two tables with blobs.
func (i *Inbox) write(ctx context.Context, tx *sqlx.Tx, u Update, row locked, c change) error {
	reply, err := i.sealReply(u, c.reply)
	if err != nil {
		return err
	}
	now := i.now().UTC()
	if c.session != nil {
		const session = "UPDATE chat_sessions SET rev = ?, state = ?, data = ?, deadline_at = ?, updated_at = ? WHERE account_id = ?"
		deadline := sql.NullTime{Time: c.session.Deadline.UTC(), Valid: !c.session.Deadline.IsZero()}
		if _, err := tx.ExecContext(ctx, session, c.session.Rev, c.session.State, c.data, deadline, now, row.ID); err != nil {
			return fmt.Errorf("write a session: %w", err)
		}
	}
	const inbox = "UPDATE chat_inbox SET account_id = ?, reply = ?, handled_at = ? WHERE platform = ? AND dedupe_key = ?"
	if _, err = tx.ExecContext(ctx, inbox, row.ID, reply, now, u.Platform, storedKey(u.Key)); err != nil {
		return fmt.Errorf("store a reply: %w", err)
	}
	return nil
}

// mark writes what is new about the account: most of the time nothing.
func (i *Inbox) mark(ctx context.Context, tx *sqlx.Tx, u Update, row locked, account Account) error {
	now := i.now().UTC()
	seen := row.LastSeenAt
	if u.Kind != Timeout && now.Sub(seen).Abs() > seenEvery {
		seen = now
	}
	if account.Lang == row.Lang && account.Blocked == row.BlockedAt.Valid && seen.Equal(row.LastSeenAt) {
		return nil
	}
	blockedAt := row.BlockedAt
	if account.Blocked != blockedAt.Valid {
		blockedAt = sql.NullTime{Time: now, Valid: account.Blocked}
	}
	const mark = "UPDATE chat_accounts SET lang = ?, blocked_at = ?, last_seen_at = ? WHERE id = ?"
	if _, err := tx.ExecContext(ctx, mark, account.Lang, blockedAt, seen, row.ID); err != nil {
		return fmt.Errorf("mark an account: %w", err)
	}
	return nil
}

// blockedBy tells whether the person cannot be reached after the update. Whoever writes has not blocked us.
func blockedBy(u Update, row locked) bool {
	switch u.Kind {
	case Unfollow:
		return true
	case Timeout:
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
