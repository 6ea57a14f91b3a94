package hisapi

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// Token is what another program may do.
type Token struct {
	ID         int64
	Hospital   booking.HospitalID
	Name       string // of the program
	Writes     bool   // may change the directory and schedules
	Personal   bool   // sees who the patients are
	CreatedAt  time.Time
	LastUsedAt *time.Time // to the minute
	RevokedAt  *time.Time
}

// Tokens are the tokens in the database.
type Tokens struct {
	db    *sqlx.DB
	audit *audit.Log
	now   func() time.Time
}

// NewTokens gives the tokens of a migrated database.
func NewTokens(db *sqlx.DB, log *audit.Log, now func() time.Time) *Tokens {
	return &Tokens{db: db, audit: log, now: now}
}

// ErrNoToken is that of a token that there is not, or not any more.
var ErrNoToken = errors.New("hisapi: there is no such token")

var errToken = problem(http.StatusUnauthorized, "no_token", "send a token that is good: Authorization: Bearer …")

const (
	usedEvery    = time.Minute // for how long the last use of a token is not noted again
	secretPrefix = "ghs_"
	tokenColumns = "id, hospital_id AS hospital, name, writes, personal, created_at AS createdat, last_used_at AS lastusedat, revoked_at AS revokedat"
)

// Make makes a token, and gives the secret that the program sends: it is kept nowhere.
func (t *Tokens) Make(ctx context.Context, token Token) (Token, string, error) {
	if n := utf8.RuneCountInString(token.Name); n == 0 || n > 100 {
		return token, "", errors.New("hisapi: a token has a name of 1 to 100 characters")
	}
	random := make([]byte, 32)
	rand.Read(random)
	token.CreatedAt = t.now().UTC().Truncate(time.Microsecond)
	secret := ""
	err := mysql.InTx(ctx, t.db, func(tx *sqlx.Tx) error {
		hash := sha256.Sum256([]byte(hex.EncodeToString(random)))
		result, err := tx.ExecContext(ctx, "INSERT INTO api_tokens (hospital_id, name, hash, writes, personal, created_at) VALUES (?, ?, ?, ?, ?, ?)",
			token.Hospital, token.Name, hash[:], token.Writes, token.Personal, token.CreatedAt)
		if err != nil {
			return fmt.Errorf("keep the token: %w", err)
		}
		if token.ID, err = result.LastInsertId(); err != nil {
			return err
		}
		secret = secretPrefix + strconv.FormatInt(token.ID, 10) + "_" + hex.EncodeToString(random)
		return t.audit.Record(ctx, tx, t.entry("api_token.make", token))
	})
	return token, secret, err
}

func (t *Tokens) entry(action string, token Token) audit.Entry {
	said := map[string]any{"name": token.Name, "writes": token.Writes, "personal": token.Personal}
	e := audit.Entry{Action: action, Subject: fmt.Sprintf("api_token:%d", token.ID), Hospital: int64(token.Hospital), After: said}
	if action == "api_token.revoke" {
		e.Before, e.After = said, nil
	}
	return e
}

// Revoke ends a token at once.
func (t *Tokens) Revoke(ctx context.Context, id int64) error {
	return mysql.InTx(ctx, t.db, func(tx *sqlx.Tx) error {
		var token Token
		err := tx.GetContext(ctx, &token, "SELECT "+tokenColumns+" FROM api_tokens WHERE id = ? AND revoked_at IS NULL FOR UPDATE", id)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoToken
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE api_tokens SET revoked_at = ? WHERE id = ?", t.now().UTC(), id)
		}
		if err != nil {
			return fmt.Errorf("revoke the token: %w", err)
		}
		return t.audit.Record(ctx, tx, t.entry("api_token.revoke", token))
	})
}

// List gives all tokens, the oldest first.
func (t *Tokens) List(ctx context.Context) ([]Token, error) {
	var list []Token
	if err := t.db.SelectContext(ctx, &list, "SELECT "+tokenColumns+" FROM api_tokens ORDER BY id"); err != nil {
		return nil, fmt.Errorf("list the tokens: %w", err)
	}
	return list, nil
}

// Find gives the token of a secret. One that is not good is a Problem.
func (t *Tokens) Find(ctx context.Context, secret string) (Token, error) {
	number, random, _ := strings.Cut(strings.TrimPrefix(secret, secretPrefix), "_")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !strings.HasPrefix(secret, secretPrefix) {
		return Token{}, errToken
	}
	var row struct {
		Token
		Hash []byte
	}
	err = t.db.GetContext(ctx, &row, "SELECT "+tokenColumns+", hash FROM api_tokens WHERE id = ?", id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Token{}, fmt.Errorf("look for the token: %w", err)
	}
	hash := sha256.Sum256([]byte(random))
	if subtle.ConstantTimeCompare(hash[:], row.Hash) != 1 || row.RevokedAt != nil {
		return Token{}, errToken
	}
	return row.Token, t.used(ctx, row.Token)
}

// used notes that a token is in use, at most once in a while.
func (t *Tokens) used(ctx context.Context, token Token) error {
	now := t.now().UTC()
	if token.LastUsedAt != nil && now.Sub(*token.LastUsedAt) < usedEvery {
		return nil
	}
	if _, err := t.db.ExecContext(ctx, "UPDATE api_tokens SET last_used_at = ? WHERE id = ?", now, token.ID); err != nil {
		return fmt.Errorf("note that the token is used: %w", err)
	}
	return nil
}
