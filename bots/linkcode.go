package bots

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

const (
	// LinkCodeLife is how long a code can be typed, and then confirmed.
	LinkCodeLife = 10 * time.Minute
	linkWindow   = time.Hour
	mostCodes    = 5 // that an account may show in an hour
	mostTries    = 5 // that it may type in an hour: of 100 million codes
)

// What may be wrong with linking.
var (
	ErrLinkCode    = errors.New("the code is unknown, used up or too old")
	ErrLinkTooMany = errors.New("too many codes within an hour")
	ErrLinkSelf    = errors.New("the code is this account's own")
	ErrLinkTaken   = errors.New("one of the two is linked with another account already")
)

// LinkCode makes the account's one-time code: eight digits. An earlier one is void. The database has only its digest.
func (s *Store) LinkCode(ctx context.Context, account AccountID) (string, error) {
	if err := s.countLink(ctx, account, "issued", mostCodes); err != nil {
		return "", err
	}
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
		if err != nil {
			return "", fmt.Errorf("make a code: %w", err)
		}
		code := fmt.Sprintf("%08d", n)
		const show = "UPDATE link_codes SET digest = ?, expires_at = ?, claimed_by = NULL WHERE account_id = ?"
		_, err = s.db.ExecContext(ctx, show, s.linkDigest(code), s.now().Add(LinkCodeLife).UTC(), account)
		if mysql.IsDuplicate(err, "link_codes_digest") {
			continue // somebody else shows the same one
		}
		if err != nil {
			return "", fmt.Errorf("store a code: %w", err)
		}
		return code, nil
	}
}

// ClaimLink takes a code that another account shows: from now on only this account can confirm it. Doing it again is no harm.
// It returns [ErrLinkCode], [ErrLinkTooMany], [ErrLinkSelf] or [ErrLinkTaken] for what the person did wrong.
func (s *Store) ClaimLink(ctx context.Context, code string, by Account) error {
	if err := s.countLink(ctx, by.ID, "tried", mostTries); err != nil {
		return err
	}
	now, digest := s.now().UTC(), s.linkDigest(code)
	var owner AccountID
	err := s.db.GetContext(ctx, &owner, "SELECT account_id FROM link_codes WHERE digest = ? AND expires_at > ?", digest, now)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrLinkCode
	}
	if err != nil {
		return fmt.Errorf("look a code up: %w", err)
	}
	if owner == by.ID {
		return ErrLinkSelf
	}
	if err := s.mayLink(ctx, owner, by); err != nil {
		return err
	}
	const claim = `UPDATE link_codes SET claimed_by = ?, expires_at = ? WHERE account_id = ? AND digest = ? AND expires_at > ?
		AND (claimed_by IS NULL OR claimed_by = ?)`
	if _, err := s.db.ExecContext(ctx, claim, by.ID, now.Add(LinkCodeLife), owner, digest, now, by.ID); err != nil {
		return fmt.Errorf("claim a code: %w", err)
	}
	claimed, err := s.ClaimedLink(ctx, by)
	if err == nil && claimed.ID != owner {
		err = ErrLinkCode // somebody else was faster
	}
	return err
}

// ClaimedLink is the account whose code this account has claimed and may confirm, or [ErrLinkCode].
func (s *Store) ClaimedLink(ctx context.Context, by Account) (Account, error) {
	var owner AccountID
	const read = "SELECT account_id FROM link_codes WHERE claimed_by = ? AND digest IS NOT NULL AND expires_at > ? ORDER BY expires_at DESC LIMIT 1"
	err := s.db.GetContext(ctx, &owner, read, by.ID, s.now().UTC())
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, ErrLinkCode
	}
	if err != nil {
		return Account{}, fmt.Errorf("read a claimed code: %w", err)
	}
	if err := s.mayLink(ctx, owner, by); err != nil {
		return Account{}, err
	}
	return s.Account(ctx, owner)
}

// mayLink holds two accounts against the rule that a person has one account on each platform. The link itself looks again, with
// both rows locked.
func (s *Store) mayLink(ctx context.Context, owner AccountID, by Account) error {
	var others int
	const count = `SELECT COUNT(a.id) FROM chat_accounts a JOIN chat_accounts o ON o.id = ?
		WHERE a.user_id = ? AND a.id <> ? OR a.user_id = o.user_id AND a.platform = ?`
	if err := s.db.GetContext(ctx, &others, count, owner, by.User, by.ID, by.Platform); err != nil {
		return fmt.Errorf("look for other accounts: %w", err)
	}
	if others > 0 {
		return ErrLinkTaken
	}
	return nil
}

// countLink counts what an account does with codes, and refuses what is too much within an hour.
func (s *Store) countLink(ctx context.Context, account AccountID, what string, most int) error {
	now := s.now().UTC()
	old := now.Add(-linkWindow)
	count := `INSERT INTO link_codes (account_id, since, ` + what + `) VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE
		issued = IF(since <= ?, 0, issued), tried = IF(since <= ?, 0, tried), since = IF(since <= ?, ?, since), ` + what + ` = ` + what + ` + 1`
	if _, err := s.db.ExecContext(ctx, count, account, now, old, old, old, now); err != nil {
		return fmt.Errorf("count a code: %w", err)
	}
	var done int
	if err := s.db.GetContext(ctx, &done, "SELECT "+what+" FROM link_codes WHERE account_id = ?", account); err != nil {
		return fmt.Errorf("read how many codes there were: %w", err)
	}
	if done > most {
		return ErrLinkTooMany
	}
	return nil
}

func (s *Store) linkDigest(code string) []byte { return s.keys.Digest("link.code", code) }

// SiblingSession is where the conversation of the person's other account stands, with when it was last heard of; false when there is no
// other account, or nothing was begun there. It is read without a lock. Most people have no other account, and that costs one look into an index.
func (s *Store) SiblingSession(ctx context.Context, a Account) (Session, Platform, bool, error) {
	var others []AccountID
	if err := s.db.SelectContext(ctx, &others, "SELECT id FROM chat_accounts WHERE user_id = ? AND id <> ?", a.User, a.ID); err != nil {
		return Session{}, "", false, fmt.Errorf("look for a linked account: %w", err)
	}
	if len(others) == 0 {
		return Session{}, "", false, nil
	}
	return s.latestSession(ctx, others)
}

// latestSession is where the conversation of those accounts stands that was heard of last.
func (s *Store) latestSession(ctx context.Context, accounts []AccountID) (Session, Platform, bool, error) {
	var row struct {
		ID       AccountID    `db:"id"`
		Platform Platform     `db:"platform"`
		Rev      int64        `db:"rev"`
		State    string       `db:"state"`
		Data     []byte       `db:"data"`
		Deadline sql.NullTime `db:"deadline_at"`
	}
	read, args, err := sqlx.In(`SELECT a.id, a.platform, s.rev, s.state, s.data, s.deadline_at FROM chat_accounts a JOIN chat_sessions s ON s.account_id = a.id
		WHERE a.id IN (?) AND s.deadline_at > ? ORDER BY s.updated_at DESC LIMIT 1`, accounts, s.now().UTC())
	if err != nil {
		return Session{}, "", false, fmt.Errorf("write the query for a linked account's session: %w", err)
	}
	err = s.db.GetContext(ctx, &row, read, args...)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(row.Data) == 0 {
		return Session{}, "", false, nil
	}
	if err != nil {
		return Session{}, "", false, fmt.Errorf("read the session of a linked account: %w", err)
	}
	plain, err := s.keys.Open(row.Data, sessionPlace(row.ID))
	if err != nil {
		return Session{}, "", false, fmt.Errorf("open the session of a linked account: %w", err)
	}
	return Session{Rev: row.Rev, State: row.State, Data: plain, Deadline: row.Deadline.Time}, row.Platform, true, nil
}
