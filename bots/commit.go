package bots

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// commit handles an errand in one transaction: with others that are on their way at the same time, or alone.
func (i *Inbox) commit(ctx context.Context, e *errand) (result, int64, error) {
	together := i.crewsOf(e.update.Platform).do(ctx, e, func(e *errand) {
		i.run(ctx, e)
		e.alone = e.err == nil && (e.change.link != nil || e.change.forget) // its locks are not those of a crew
	})
	if !together || mysql.IsRetryable(e.err) {
		e.err = mysql.Retry(ctx, func() error { return i.alone(ctx, e) })
	}
	if e.err != nil {
		return result{}, 0, e.err
	}
	out := result{Outcome: Outcome{Account: e.account(), Reply: e.change.reply}, failed: e.change.failed}
	return out, e.rev(), nil
}

// crewsOf gives those of a platform: a transaction has the updates of one.
func (i *Inbox) crewsOf(p Platform) *crews {
	made, _ := i.crews.LoadOrStore(p, newCrews(i.together))
	return made.(*crews)
}

// run lets an errand decide, with its row locked. Whatever panics is that errand's error.
func (i *Inbox) run(ctx context.Context, e *errand) {
	defer func() {
		if value := recover(); value != nil {
			e.err = &panicked{value: value, stack: debug.Stack()}
		}
	}()
	if e.applies != nil && !e.applies(e.row) {
		e.err = errStale
		return
	}
	e.change, e.err = e.decide(ctx, e.update, e.row)
}

// account is the person's as it is after the update.
func (e *errand) account() Account {
	a := e.row.account()
	a.Blocked = blockedBy(e.update, e.row)
	if e.change.lang != "" {
		a.Lang = e.change.lang
	}
	return a
}

// rev is the session's after the update.
func (e *errand) rev() int64 {
	if e.change.session != nil {
		return e.change.session.Rev
	}
	return e.row.Rev
}

// together handles a crew, and tells each of it when it may decide and when it is over. Whom it cannot handle goes alone: all when
// anything fails but the database itself, and whoever has no row that could be locked.
func (i *Inbox) together(ctx context.Context, errands []*errand) {
	var there []*errand
	told := false
	err := i.inOne(ctx, errands, func() {
		told = true
		for _, e := range errands {
			if e.err == nil && !e.alone {
				there = append(there, e)
				e.crew.decided.Add(1)
			}
			close(e.taken)
		}
		if len(there) > 0 {
			there[0].crew.decided.Wait()
		}
	})
	if err != nil {
		for _, e := range errands {
			if e.alone = !mysql.IsDown(err) && ctx.Err() == nil; !e.alone {
				e.err = err
			}
		}
		if !told { // to decide
			for _, e := range errands {
				close(e.taken)
			}
		}
	}
	for _, e := range errands {
		close(e.done)
	}
}

// inOne is the transaction of a crew. An error says that nothing of it is kept, as far as is known.
func (i *Inbox) inOne(ctx context.Context, errands []*errand, decide func()) error {
	return i.within(ctx, errands, len(errands) > 1, func(tx *mysql.Fused) error {
		for _, e := range errands {
			e.alone = e.row.ID == 0 // a stranger
		}
		decide()
		return i.end(ctx, tx, errands)
	})
}

// alone handles an errand in a transaction of its own.
func (i *Inbox) alone(ctx context.Context, e *errand) error {
	e.row, e.change, e.err, e.alone = locked{}, change{}, nil, false
	one := []*errand{e}
	err := i.within(ctx, one, false, func(tx *mysql.Fused) error {
		if e.row.ID == 0 {
			err := i.create(ctx, tx, e.update)
			if err == nil {
				err = i.lock(ctx, tx, one)
			}
			if err != nil {
				tx.Rollback(ctx)
				return err
			}
		}
		if e.err == nil {
			i.run(ctx, e)
		}
		if e.err == nil && e.change.link != nil {
			e.row.User, e.err = i.relink(ctx, tx, e.row, *e.change.link)
		}
		return i.end(ctx, tx, one)
	})
	if err != nil {
		return err
	}
	return e.err
}

// within begins a transaction that do ends. When do panics, that is an error, and nothing stays locked.
func (i *Inbox) within(ctx context.Context, errands []*errand, impatient bool, do func(*mysql.Fused) error) (err error) {
	var tx *mysql.Fused
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		err = &panicked{value: value, stack: debug.Stack()}
		if tx != nil {
			tx.Rollback(ctx)
		}
	}()
	if tx, err = i.begin(ctx, errands, impatient); err != nil {
		return err
	}
	return do(tx)
}

// begin opens a transaction, locks the rows of the errands and finds out which of them were handled before. It is one round trip.
// With impatient it gives up rather than wait for somebody else's lock.
func (i *Inbox) begin(ctx context.Context, errands []*errand, impatient bool) (*mysql.Fused, error) {
	statements, args := i.lockStatements(errands, impatient)
	tx, err := mysql.Begin(ctx, i.db, i.reader(errands), statements, args...)
	if err != nil {
		return nil, fmt.Errorf("lock a session: %w", err)
	}
	return tx, nil
}

// lock does within a transaction what begin does at its start.
func (i *Inbox) lock(ctx context.Context, tx *mysql.Fused, errands []*errand) error {
	statements, args := i.lockStatements(errands, false)
	if err := tx.Query(ctx, i.reader(errands), statements, args...); err != nil {
		return fmt.Errorf("lock a session: %w", err)
	}
	for _, e := range errands {
		if e.row.ID == 0 {
			return errors.New("an account that was made is not there")
		}
	}
	return nil
}

// lockStatements lock the accounts with their sessions, in the order of the accounts' key, and then look into the inbox: what was handled before
// these locks were had can be seen by then. The ways to the rows are given, for a lock on each row on the way is waited for.
func (i *Inbox) lockStatements(errands []*errand, impatient bool) (string, []any) {
	platform := errands[0].update.Platform
	from, keys := []any{platform}, []any{platform}
	for _, e := range errands {
		from, keys = append(from, e.update.From), append(keys, storedKey(e.update.Key))
	}
	list := strings.Repeat(", ?", len(errands))[2:]
	wait := ""
	if impatient {
		wait = " NOWAIT"
	}
	return `SELECT a.id, a.user_id, a.platform, a.external_id, a.lang, a.blocked_at, a.last_seen_at, s.rev, s.state, s.data, s.deadline_at
		FROM chat_accounts a FORCE INDEX (chat_accounts_external) STRAIGHT_JOIN chat_sessions s FORCE INDEX (PRIMARY) ON s.account_id = a.id
		WHERE a.platform = ? AND a.external_id IN (` + list + `) ORDER BY a.external_id FOR UPDATE` + wait + `;
		SELECT dedupe_key FROM chat_inbox WHERE platform = ? AND dedupe_key IN (` + list + `); SELECT ` + i.beside, append(from, keys...)
}

// reader takes what lockStatements found.
func (i *Inbox) reader(errands []*errand) func(*sqlx.Rows) error {
	return func(rows *sqlx.Rows) error {
		byPerson, byKey := map[string]*errand{}, map[string]*errand{}
		for _, e := range errands {
			byPerson[e.update.From], byKey[storedKey(e.update.Key)] = e, e
		}
		for rows.Next() {
			var row locked
			if err := row.scan(rows); err != nil {
				return err
			}
			if e := byPerson[row.ExternalID]; e != nil {
				e.row = row
			}
		}
		if !rows.NextResultSet() {
			return errors.Join(errors.New("the inbox was not looked into"), rows.Err())
		}
		for rows.Next() {
			var key string
			if err := rows.Scan(&key); err != nil {
				return err
			}
			if e := byKey[key]; e != nil {
				e.err = errRepeated
			}
		}
		if !rows.NextResultSet() || !rows.Next() {
			return errors.Join(errors.New("what stands beside the session was not read"), rows.Err())
		}
		var beside int64
		if err := rows.Scan(&beside); err != nil {
			return err
		}
		for _, e := range errands {
			e.beside = beside
		}
		return nil
	}
}

func (l *locked) scan(rows *sqlx.Rows) error {
	return rows.Scan(&l.ID, &l.User, &l.Platform, &l.ExternalID, &l.Lang, &l.BlockedAt, &l.LastSeenAt, &l.Rev, &l.State, &l.Data, &l.DeadlineAt)
}

// create makes an account and its session. When another replica has just made them, it waits for that one and changes nothing.
func (i *Inbox) create(ctx context.Context, tx *mysql.Fused, u Update) error {
	lang := u.Lang
	if lang == "" {
		lang = "zh"
	}
	now := i.now().UTC()
	const account = `INSERT INTO chat_accounts (user_id, platform, external_id, lang, last_seen_at, created_at)
		VALUES (0, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)`
	made, err := tx.Exec(ctx, account, u.Platform, u.From, lang, now, now)
	if err != nil {
		return fmt.Errorf("make an account: %w", err)
	}
	id, err := made.LastInsertId()
	if err != nil {
		return fmt.Errorf("make an account: %w", err)
	}
	const session = `UPDATE chat_accounts SET user_id = id WHERE id = ? AND user_id = 0;
		INSERT INTO chat_sessions (account_id, rev, state, updated_at) VALUES (?, 0, '', ?) ON DUPLICATE KEY UPDATE account_id = account_id`
	if _, err := tx.Exec(ctx, session, id, id, now); err != nil {
		return fmt.Errorf("make a session: %w", err)
	}
	return nil
}

// end writes what the errands have changed and commits, in one round trip. Those that are not handled leave nothing.
func (i *Inbox) end(ctx context.Context, tx *mysql.Fused, errands []*errand) error {
	w := writing{now: i.now().UTC()}
	for _, e := range errands {
		if e.err != nil || e.alone {
			continue
		}
		if err := i.write(&w, e); err != nil {
			e.err = err
		}
	}
	if len(w.inbox) == 0 {
		tx.Rollback(ctx)
		return nil
	}
	statements, args := w.statements()
	if err := tx.Commit(ctx, statements, args...); err != nil {
		return fmt.Errorf("store a session and a reply: %w", err)
	}
	return nil
}

// writing is what is to be written at the end of a transaction, by table: the values of the rows, one after the other.
type writing struct {
	now             time.Time
	sessions, inbox []any
	accounts        [][]any
	forgotten       [][]any
}

// write adds what one errand has changed.
func (i *Inbox) write(w *writing, e *errand) error {
	u, c := e.update, e.change
	reply, err := i.sealReply(u, c.reply)
	if err != nil {
		return err
	}
	if s := c.session; s != nil {
		w.sessions = append(w.sessions, e.row.ID, s.Rev, s.State, c.data, nullTime(s.Deadline), w.now)
	}
	w.inbox = append(w.inbox, u.Platform, storedKey(u.Key), e.row.ID, u.Kind, reply, w.now, w.now)
	w.mark(e)
	if c.forget {
		w.forgotten = append(w.forgotten, forgetting(e.row.User, w.now))
	}
	return nil
}

// mark adds what is new about the account: most of the time nothing.
func (w *writing) mark(e *errand) {
	row, account := e.row, e.account()
	seen := row.LastSeenAt
	if e.update.Kind.byPerson() && w.now.Sub(seen).Abs() > seenEvery {
		seen = w.now
	}
	if account.Lang == row.Lang && account.Blocked == row.BlockedAt.Valid && seen.Equal(row.LastSeenAt) {
		return
	}
	blockedAt := row.BlockedAt
	if account.Blocked != blockedAt.Valid {
		blockedAt = nullTime(w.now)
		blockedAt.Valid = account.Blocked
	}
	w.accounts = append(w.accounts, []any{account.Lang, blockedAt, seen, row.ID})
}

// statements write it all, with one statement a table where that can be done.
func (w *writing) statements() (string, []any) {
	const sessionRow, inboxRow = ", (?, ?, ?, ?, ?, ?)", ", (?, ?, ?, ?, ?, ?, ?)"
	var list []string
	var args []any
	if n := len(w.sessions) / strings.Count(sessionRow, "?"); n > 0 {
		list = append(list, `INSERT INTO chat_sessions (account_id, rev, state, data, deadline_at, updated_at) VALUES `+strings.Repeat(sessionRow, n)[2:]+`
			ON DUPLICATE KEY UPDATE rev = VALUES(rev), state = VALUES(state), data = VALUES(data), deadline_at = VALUES(deadline_at), updated_at = VALUES(updated_at)`)
		args = append(args, w.sessions...)
	}
	list = append(list, `INSERT INTO chat_inbox (platform, dedupe_key, account_id, kind, reply, received_at, handled_at) VALUES `+
		strings.Repeat(inboxRow, len(w.inbox)/strings.Count(inboxRow, "?"))[2:])
	args = append(args, w.inbox...)
	for _, values := range w.accounts {
		list = append(list, "UPDATE chat_accounts SET lang = ?, blocked_at = ?, last_seen_at = ? WHERE id = ?")
		args = append(args, values...)
	}
	for _, values := range w.forgotten {
		list = append(list, forget)
		args = append(args, values...)
	}
	return strings.Join(list, "; "), args
}
