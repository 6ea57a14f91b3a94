package hisapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"guahao/internal/mysql"
)

const (
	maxKey      = 64
	keyPatience = 20 * time.Second    // with an equal request that is at work
	keepKeys    = 30 * 24 * time.Hour // for how long a key stands for its request
)

// once does a write whose key is new, and gives the answer again of one that was done. A request that was cut short is done again: each write makes the
// same of the same request. Failures of ours are not kept, so that the same request can be sent again.
func (a *API) once(c *call, r *http.Request, do func() reply) (got reply, replayed bool) {
	c.key = r.Header.Get("Idempotency-Key")
	if c.key == "" || len(c.key) > maxKey || strings.ContainsFunc(c.key, func(x rune) bool { return x <= ' ' || x > '~' }) {
		return failed(problem(http.StatusBadRequest, "no_key", fmt.Sprintf("send an Idempotency-Key of 1 to %d visible ASCII characters", maxKey))), false
	}
	release, err := a.alone(c)
	if err != nil {
		return a.failure(r, err), false
	}
	defer release()
	hash := sha256.Sum256(fmt.Appendf(nil, "%s %s\n%s", r.Method, r.URL.RequestURI(), c.body))
	_, err = a.DB.ExecContext(c.ctx, "INSERT INTO api_requests (token_id, request_key, hash, at) VALUES (?, ?, ?, ?)", c.token.ID, c.key, hash[:], a.Now().UTC())
	if err != nil && !mysql.IsDuplicate(err, "PRIMARY") {
		return a.failure(r, fmt.Errorf("keep the key: %w", err)), false
	}
	if err != nil {
		var was struct {
			Hash   []byte
			Status *int
			Kind   string
			Answer *string
		}
		err := a.DB.GetContext(c.ctx, &was, "SELECT hash, status, content_type AS kind, answer FROM api_requests WHERE token_id = ? AND request_key = ?", c.token.ID, c.key)
		switch {
		case err != nil:
			return a.failure(r, fmt.Errorf("look for the key: %w", err)), false
		case !bytes.Equal(was.Hash, hash[:]):
			return failed(problem(http.StatusUnprocessableEntity, "key_used", "this Idempotency-Key was sent with another request")), false
		case was.Status != nil:
			return reply{*was.Status, was.Kind, []byte(*was.Answer)}, true
		}
	}
	got = do()
	if got.status >= http.StatusInternalServerError {
		return got, false
	}
	_, err = a.DB.ExecContext(c.ctx, "UPDATE api_requests SET status = ?, content_type = ?, answer = ? WHERE token_id = ? AND request_key = ?",
		got.status, got.kind, string(got.content), c.token.ID, c.key)
	if err != nil {
		return a.failure(r, fmt.Errorf("keep the answer: %w", err)), false
	}
	return got, false
}

// alone waits until no other request with the key of this one is at work, on any replica: the second finds the answer of the first. A replica that
// dies gives the lock back with its connection.
func (a *API) alone(c *call) (release func(), err error) {
	conn, err := a.DB.Connx(c.ctx)
	if err != nil {
		return nil, fmt.Errorf("wait for the key: %w", err)
	}
	name := sha256.Sum256(fmt.Appendf(nil, "%d %s", c.token.ID, c.key))
	lock := fmt.Sprintf("guahao.api.%x", name[:16])
	var got sql.NullInt64
	err = conn.GetContext(c.ctx, &got, "SELECT GET_LOCK(?, ?)", lock, int(keyPatience/time.Second))
	if err == nil && got.Int64 != 1 {
		err = problem(http.StatusConflict, "in_progress", "a request with this Idempotency-Key is still at work; send it again later")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), keyPatience)
		defer cancel()
		if _, err := conn.ExecContext(ctx, "SELECT RELEASE_LOCK(?)", lock); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the lock goes with it
		}
		_ = conn.Close()
	}, nil
}

// Prune forgets keys that are old.
func (a *API) Prune(ctx context.Context) error {
	if _, err := a.DB.ExecContext(ctx, "DELETE FROM api_requests WHERE at < ?", a.Now().Add(-keepKeys).UTC()); err != nil {
		return fmt.Errorf("forget old keys: %w", err)
	}
	return nil
}
