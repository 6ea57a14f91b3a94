package bots

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guahao/internal/mysql"
)

// Link changes which accounts are one person's. The inbox does it in the transaction of the step that asks for it. One of the two
// is set.
type Link struct {
	With AccountID // become the same person as this account's: what this account's person has becomes that person's
	Part bool      // the person's other accounts become persons of their own, who have nothing
}

// Tx is a transaction that is somebody else's to end.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	GetContext(ctx context.Context, into any, query string, args ...any) error
	SelectContext(ctx context.Context, into any, query string, args ...any) error
}

// Belongings moves what people have, in the transaction of a [Link]. They are implemented by whoever stores it.
type Belongings interface {
	// MergeUsers makes everything that one user has another's.
	MergeUsers(ctx context.Context, tx Tx, from, to UserID) error
	// Linked tells an account that another one, of this platform, has become the same person by the code that it showed.
	Linked(ctx context.Context, tx Tx, shown AccountID, with Platform) error
	// Redirect makes what is to be told to one account be told to another.
	Redirect(ctx context.Context, tx Tx, from, to AccountID) error
}

// errCannotLink says that the accounts cannot be one person's (any more): one of them got linked elsewhere meanwhile.
var errCannotLink = errors.New("these accounts cannot be linked")

// linked is an account as linking sees it.
type linked struct {
	ID       AccountID `db:"id"`
	User     UserID    `db:"user_id"`
	Platform Platform  `db:"platform"`
}

// relink does what a step's [Link] asks for, and gives the account's user from now on. The session's row is locked, and with it the
// account's; the other account's row is locked here. Two that link with each other at once make the database's deadlock, of which
// one is rolled back and run again, and then finds them linked.
func (i *Inbox) relink(ctx context.Context, fused *mysql.Fused, row locked, l Link) (UserID, error) {
	if l.Part {
		return i.part(ctx, fused.Tx(), row)
	}
	tx := fused.Tx()
	var with linked
	err := tx.GetContext(ctx, &with, "SELECT id, user_id, platform FROM chat_accounts WHERE id = ? FOR UPDATE", l.With)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errCannotLink
	}
	if err != nil {
		return 0, fmt.Errorf("lock the account to link with: %w", err)
	}
	if with.User == row.User {
		return row.User, nil
	}
	var others int // of either person, that a link would leave behind, or that stand for this platform already
	const count = `SELECT COUNT(id) FROM chat_accounts WHERE user_id = ? AND id <> ? OR user_id = ? AND platform = ?`
	if err := tx.GetContext(ctx, &others, count, row.User, row.ID, with.User, row.Platform); err != nil {
		return 0, fmt.Errorf("look for other accounts: %w", err)
	}
	if others > 0 {
		return 0, errCannotLink
	}
	if _, err := tx.ExecContext(ctx, "UPDATE chat_accounts SET user_id = ? WHERE id = ?", with.User, row.ID); err != nil {
		return 0, fmt.Errorf("link an account: %w", err)
	}
	const used = "UPDATE link_codes SET digest = NULL, claimed_by = NULL WHERE account_id = ? OR claimed_by = ?"
	if _, err := tx.ExecContext(ctx, used, row.ID, row.ID); err != nil {
		return 0, fmt.Errorf("use a code up: %w", err)
	}
	if i.belongings == nil {
		return with.User, nil
	}
	if err := i.belongings.MergeUsers(ctx, tx, row.User, with.User); err != nil {
		return 0, err
	}
	return with.User, i.belongings.Linked(ctx, tx, with.ID, row.Platform)
}

// part leaves everything with this account. A user's number is that of one of its accounts: when it is that of an account that has to
// go, the person who stays takes the number of this one.
func (i *Inbox) part(ctx context.Context, tx Tx, row locked) (UserID, error) {
	var others []linked
	const find = "SELECT id, user_id, platform FROM chat_accounts WHERE user_id = ? AND id <> ? ORDER BY id FOR UPDATE"
	if err := tx.SelectContext(ctx, &others, find, row.User, row.ID); err != nil {
		return 0, fmt.Errorf("lock the person's other accounts: %w", err)
	}
	user := UserID(row.ID)
	if len(others) == 0 {
		return row.User, nil
	}
	if user != row.User && i.belongings != nil {
		if err := i.belongings.MergeUsers(ctx, tx, row.User, user); err != nil {
			return 0, err
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE chat_accounts SET user_id = ? WHERE id = ?", user, row.ID); err != nil {
		return 0, fmt.Errorf("part accounts: %w", err)
	}
	for _, other := range others {
		if _, err := tx.ExecContext(ctx, "UPDATE chat_accounts SET user_id = id WHERE id = ?", other.ID); err != nil {
			return 0, fmt.Errorf("part accounts: %w", err)
		}
		if i.belongings == nil {
			continue
		}
		if err := i.belongings.Redirect(ctx, tx, other.ID, row.ID); err != nil {
			return 0, err
		}
	}
	return user, nil
}
