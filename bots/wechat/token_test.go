package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"guahao/bots"
	"guahao/bots/wechat"
)

const tokenPath, menuPath = "/cgi-bin/stable_token", "/cgi-bin/menu/create"

func TestTokenIsSharedByReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	replicas := []*replica{w.first, w.replica(), w.replica()}
	all := func(want int) {
		t.Helper()
		var calls sync.WaitGroup
		for _, r := range replicas {
			for range 4 {
				calls.Go(func() {
					if err := r.account.CreateMenu(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		calls.Wait()
		if n := w.platform.TokenRequests(); n != want {
			t.Fatalf("the platform was asked %d times for a token, want %d", n, want)
		}
	}
	all(1)
	all(1)
	w.clock.move(2 * time.Hour)
	all(2)
	w.platform.ExpireTokens()
	all(3)
	replicas = append(replicas, w.replica()) // a restart
	all(3)
	w.clock.move(-time.Hour) // a clock that was wrong
	all(3)
	w.fine()
}

// A token that the platform hands out and refuses is replaced by force.
func TestDistrustedToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for range 2 {
		if err := w.first.account.CreateMenu(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.platform.DistrustToken()
		w.clock.move(time.Minute)
	}
	w.fine()
}

func TestTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.platform.Faults.FailAPI(menuPath, 40001, 2)
	var refused *wechat.APIError
	if err := w.first.account.CreateMenu(t.Context()); !errors.As(err, &refused) || refused.Code != 40001 {
		t.Errorf("refused twice: %v, want the refusal", err)
	}
	w.clock.move(time.Minute)
	w.platform.Faults.FailAPI(menuPath, 42001, 1)
	if err := w.first.account.CreateMenu(t.Context()); err != nil {
		t.Errorf("refused once: %v", err)
	}
	w.fine()
}

// A failed renewal lets go of the lease: the next caller tries again at once.
func TestFailedRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.platform.Faults.FailAPI(tokenPath, 40164, 1)
	err := w.first.account.CreateMenu(t.Context())
	if err == nil || !strings.Contains(err.Error(), "whitelist") {
		t.Errorf("from a strange address: %v, want an error that says what to do", err)
	}
	w.platform.Faults.FailHTTP(tokenPath, http.StatusInternalServerError, 1)
	if err := w.first.account.CreateMenu(t.Context()); err == nil {
		t.Error("a failed renewal was taken for success")
	}
	if err := w.first.account.CreateMenu(t.Context()); err != nil {
		t.Errorf("after two failures: %v", err)
	}
	w.fine()
}

// Whoever leases the renewal and dies holds the others up for no longer than the lease.
func TestAbandonedLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.db.MustExec("INSERT INTO wechat_tokens (app_id, version, lease_until) VALUES (?, 0, ?)", appID, w.clock.now().Add(15*time.Second))
	done := make(chan error, 1)
	go func() { done <- w.first.account.CreateMenu(context.Background()) }()
	w.clock.move(16 * time.Second)
	if err := <-done; err != nil {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	w.db.MustExec("UPDATE wechat_tokens SET sealed = NULL, expires_at = NULL, lease_until = ?", w.clock.now().Add(time.Hour))
	if err := w.first.account.CreateMenu(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another one renews: %v, want the deadline", err)
	}
}

func TestTokenIsSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	if err := w.first.account.CreateMenu(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sealed []byte
	if err := w.db.Get(&sealed, "SELECT sealed FROM wechat_tokens"); err != nil {
		t.Fatal(err)
	}
	if len(sealed) < 100 || bytes.Contains(sealed, []byte("99_")) {
		t.Error("the access token can be read in the database")
	}
	w.db.MustExec("UPDATE wechat_tokens SET sealed = 'rubbish'") // as under another app secret
	if err := w.first.account.CreateMenu(t.Context()); err != nil {
		t.Errorf("with a token that does not open: %v", err)
	}
}

// No error holds the app secret, a token or somebody's OpenID, whatever fails.
func TestErrorsAreRedacted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplate(setup{}))
	u := w.follower(openID)
	to := w.accountOf(u)
	if err := w.first.account.CreateMenu(t.Context()); err != nil {
		t.Fatal(err)
	}
	var failures []error
	for _, status := range []int{400, 500} {
		w.platform.Faults.FailHTTP("", status, 2)
		_, err := w.first.account.OpenID(t.Context(), "code")
		failures = append(failures, err, w.first.account.Send(t.Context(), to, reminder))
	}
	w.platform.Faults.LoseAPI("/sns/oauth2/access_token", 2) // net/http repeats a GET by itself
	w.platform.Faults.LoseAPI(custom, 1)
	_, err := w.first.account.OpenID(t.Context(), "code")
	failures = append(failures, err, w.first.account.Send(t.Context(), to, reminder))
	w.platform.ExpireTokens()
	w.api.Close()
	_, err = w.first.account.OpenID(t.Context(), "code")
	failures = append(failures, err, w.first.account.CreateMenu(t.Context()), w.first.account.Check(t.Context()))
	w.clock.move(time.Hour)
	failures = append(failures, w.first.account.Send(t.Context(), to, reminder))
	for i, err := range failures {
		if err == nil || errors.Is(err, bots.ErrUnreachable) {
			t.Errorf("failure %d is %v", i, err)
			continue
		}
		for _, private := range []string{secret, "99_", openID, "access_token=", "?"} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("failure %d holds %q: %v", i, private, err)
			}
		}
	}
}
