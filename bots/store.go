package bots

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/vault"
)

// ErrNoAccount says that there is no such account.
var ErrNoAccount = errors.New("there is no such account")

// Store reads and marks accounts.
type Store struct {
	db   *sqlx.DB
	keys *vault.Keys
	now  func() time.Time
}

// NewStore is a store on the program's database. keys seal session data and replies.
func NewStore(db *sqlx.DB, keys *vault.Keys, now func() time.Time) *Store {
	return &Store{db: db, keys: keys, now: now}
}

type accountRow struct {
	ID         AccountID    `db:"id"`
	User       UserID       `db:"user_id"`
	Platform   Platform     `db:"platform"`
	ExternalID string       `db:"external_id"`
	Lang       string       `db:"lang"`
	BlockedAt  sql.NullTime `db:"blocked_at"`
}

const accountColumns = "SELECT id, user_id, platform, external_id, lang, blocked_at FROM chat_accounts "

func (r accountRow) account() Account {
	return Account{
		ID: r.ID, User: r.User, Platform: r.Platform, ExternalID: r.ExternalID, Lang: r.Lang, Blocked: r.BlockedAt.Valid,
	}
}

// Account is the account of that id, or [ErrNoAccount].
func (s *Store) Account(ctx context.Context, id AccountID) (Account, error) {
	return s.one(ctx, accountColumns+"WHERE id = ?", id)
}

// Find is the account of a person on a platform, or [ErrNoAccount].
func (s *Store) Find(ctx context.Context, p Platform, externalID string) (Account, error) {
	return s.one(ctx, accountColumns+"WHERE platform = ? AND external_id = ?", p, externalID)
}

func (s *Store) one(ctx context.Context, query string, args ...any) (Account, error) {
	var row accountRow
	err := s.db.GetContext(ctx, &row, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, ErrNoAccount
	}
	if err != nil {
		return Account{}, fmt.Errorf("read an account: %w", err)
	}
	return row.account(), nil
}

// AccountsOf lists a person's accounts, oldest first.
func (s *Store) AccountsOf(ctx context.Context, user UserID) ([]Account, error) {
	var rows []accountRow
	if err := s.db.SelectContext(ctx, &rows, accountColumns+"WHERE user_id = ? ORDER BY id", user); err != nil {
		return nil, fmt.Errorf("read a person's accounts: %w", err)
	}
	list := make([]Account, 0, len(rows))
	for _, row := range rows {
		list = append(list, row.account())
	}
	return list, nil
}

// SetBlocked notes that the person has blocked the bot, or is back. Anything that the person sends marks them as back by itself.
func (s *Store) SetBlocked(ctx context.Context, id AccountID, blocked bool) error {
	at := sql.NullTime{Time: s.now().UTC(), Valid: blocked}
	const mark = "UPDATE chat_accounts SET blocked_at = ? WHERE id = ? AND (blocked_at IS NULL) = ?"
	if _, err := s.db.ExecContext(ctx, mark, at, id, blocked); err != nil {
		return fmt.Errorf("mark an account as blocked or not: %w", err)
	}
	return nil
}

// Followers lists the accounts that may be written to, by id, limit of them after the given one.
func (s *Store) Followers(ctx context.Context, after AccountID, limit int) ([]AccountID, error) {
	var ids []AccountID
	const list = "SELECT id FROM chat_accounts WHERE id > ? AND blocked_at IS NULL ORDER BY id LIMIT ?"
	if err := s.db.SelectContext(ctx, &ids, list, after, limit); err != nil {
		return nil, fmt.Errorf("list the followers: %w", err)
	}
	return ids, nil
}

// AccountsIn gives the accounts of some ids, by id, without those that do not exist.
func (s *Store) AccountsIn(ctx context.Context, ids []AccountID) ([]Account, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(accountColumns+"WHERE id IN (?) ORDER BY id", ids)
	if err != nil {
		return nil, fmt.Errorf("ask for some accounts: %w", err)
	}
	var rows []accountRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read some accounts: %w", err)
	}
	list := make([]Account, 0, len(rows))
	for _, row := range rows {
		list = append(list, row.account())
	}
	return list, nil
}
