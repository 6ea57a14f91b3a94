package wechat

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/silenceper/wechat/v2/credential"
)

const (
	tokenPath = "/cgi-bin/stable_token"
	// tokenMargin is how long before its end a token is renewed. Within its last 5 minutes the platform hands out the next one.
	tokenMargin = 4 * time.Minute
	tokenLease  = 15 * time.Second      // how long one replica may take to renew; longer than a call takes
	tokenPoll   = 50 * time.Millisecond // how often the others look
)

// tokens is the account's access token, in the database for all replicas. One of them renews it at a time, under a lease.
// It is sealed under a key derived from the app secret, which every replica has and which could make tokens anyway.
type tokens struct {
	db     *sqlx.DB
	api    api
	appID  string
	secret string
	aead   cipher.AEAD
	now    func() time.Time
}

func newTokens(cfg Config, api api) (tokens, error) {
	key, err := hkdf.Key(sha256.New, []byte(cfg.Secret), []byte(cfg.AppID), "guahao wechat_tokens.sealed", 32)
	if err != nil {
		return tokens{}, fmt.Errorf("wechat: make the token's key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return tokens{}, fmt.Errorf("wechat: make the token's key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return tokens{}, fmt.Errorf("wechat: make the token's key: %w", err)
	}
	return tokens{db: cfg.DB, api: api, appID: cfg.AppID, secret: cfg.Secret, aead: aead, now: cfg.Now}, nil
}

// stored is the row, with the token opened; Token is "" when there is none that we can use.
type stored struct {
	Version   int64        `db:"version"`
	Sealed    []byte       `db:"sealed"`
	ExpiresAt sql.NullTime `db:"expires_at"`
	Token     string       `db:"-"`
}

// current is a token that should be valid.
func (t tokens) current(ctx context.Context) (string, error) { return t.other(ctx, "") }

// replace is a token instead of the one that the platform refused.
func (t tokens) replace(ctx context.Context, refused string) (string, error) {
	return t.other(ctx, refused)
}

// other reads or renews, until there is a token other than the refused one.
func (t tokens) other(ctx context.Context, refused string) (string, error) {
	var waiting *time.Timer
	for {
		row, err := t.read(ctx)
		if err != nil {
			return "", err
		}
		if row.Token != "" && row.Token != refused {
			return row.Token, nil
		}
		mine, err := t.lease(ctx, row.Version)
		if err != nil {
			return "", err
		}
		if mine {
			return t.renew(ctx, row.Version, refused)
		}
		if waiting == nil {
			waiting = time.NewTimer(tokenLease)
			defer waiting.Stop()
		}
		poll := time.NewTimer(tokenPoll)
		select {
		case <-poll.C:
		case <-waiting.C: // whoever renews is stuck, and the clock may stand still: asking is harmless
			poll.Stop()
			token, _, err := t.ask(ctx, refused)
			return token, err
		case <-ctx.Done():
			poll.Stop()
			return "", fmt.Errorf("wait for the access token: %w", ctx.Err())
		}
	}
}

func (t tokens) read(ctx context.Context) (stored, error) {
	var row stored
	err := t.db.GetContext(ctx, &row, `SELECT version, sealed, expires_at FROM wechat_tokens WHERE app_id = ?`, t.appID)
	if errors.Is(err, sql.ErrNoRows) {
		return stored{}, nil
	}
	if err != nil {
		return stored{}, fmt.Errorf("read the access token: %w", err)
	}
	if row.ExpiresAt.Valid && t.now().Before(row.ExpiresAt.Time.Add(-tokenMargin)) {
		// One that does not open was sealed under an earlier app secret.
		if plain, err := t.aead.Open(nil, nil, row.Sealed, []byte(t.appID)); err == nil {
			row.Token = string(plain)
		}
	}
	return row, nil
}

// lease takes the right to renew the token of that version.
func (t tokens) lease(ctx context.Context, version int64) (bool, error) {
	const insert = `INSERT INTO wechat_tokens (app_id, version) VALUES (?, 0) ON DUPLICATE KEY UPDATE app_id = VALUES(app_id)`
	if version == 0 {
		if _, err := t.db.ExecContext(ctx, insert, t.appID); err != nil {
			return false, fmt.Errorf("lease the access token: %w", err)
		}
	}
	const take = `UPDATE wechat_tokens SET lease_until = ?
		WHERE app_id = ? AND version = ? AND (lease_until IS NULL OR lease_until <= ?)`
	now := t.now().UTC()
	result, err := t.db.ExecContext(ctx, take, now.Add(tokenLease), t.appID, version, now)
	if err != nil {
		return false, fmt.Errorf("lease the access token: %w", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// renew gets a token and stores it as the next version, which ends the lease.
func (t tokens) renew(ctx context.Context, version int64, refused string) (string, error) {
	token, life, err := t.ask(ctx, refused)
	if err != nil {
		const release = `UPDATE wechat_tokens SET lease_until = NULL WHERE app_id = ? AND version = ?`
		_, releaseErr := t.db.ExecContext(context.WithoutCancel(ctx), release, t.appID, version)
		return "", errors.Join(err, releaseErr)
	}
	const store = `UPDATE wechat_tokens SET sealed = ?, expires_at = ?, version = version + 1, lease_until = NULL
		WHERE app_id = ? AND version = ?`
	sealed := t.aead.Seal(nil, nil, []byte(token), []byte(t.appID))
	_, err = t.db.ExecContext(ctx, store, sealed, t.now().UTC().Add(life), t.appID, version)
	if err != nil {
		return "", fmt.Errorf("store the access token: %w", err)
	}
	return token, nil
}

// ask gets the token from the platform. Normally it hands out the same one until that ends; one that it hands out and
// refuses all the same is replaced by force, which may be done 20 times a day.
func (t tokens) ask(ctx context.Context, refused string) (string, time.Duration, error) {
	for _, force := range []bool{false, true} {
		var answer credential.ResAccessToken
		err := t.api.call(ctx, http.MethodPost, tokenPath, nil, map[string]any{
			"grant_type": "client_credential", "appid": t.appID, "secret": t.secret, "force_refresh": force,
		}, &answer)
		if err != nil {
			return "", 0, err
		}
		if answer.AccessToken == "" || answer.ExpiresIn <= 0 {
			return "", 0, errors.New("WeChat answered without an access token")
		}
		if answer.AccessToken != refused {
			return answer.AccessToken, time.Duration(answer.ExpiresIn) * time.Second, nil
		}
	}
	return "", 0, errors.New("WeChat hands out an access token that it refuses")
}
