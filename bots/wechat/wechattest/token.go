package wechattest

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"time"
)

// The platform's numbers for stable tokens.
const (
	tokenLife    = 7200 * time.Second
	tokenOverlap = 5 * time.Minute // before its end the platform makes the next token; both are valid until then
	forcedPause  = 30 * time.Second
	forcedPerDay = 20
)

type tokens struct {
	valid    map[string]time.Time // until when
	stable   string               // the newest of stable_token
	plain    string               // the newest of token
	issued   int
	forced   []time.Time
	requests int
}

// TokenRequests counts the calls of stable_token that were answered with a token.
func (s *Server) TokenRequests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens.requests
}

// ExpireTokens makes all tokens invalid at once, long before their time.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.valid, s.tokens.stable, s.tokens.plain = nil, "", ""
}

// DistrustToken refuses the newest token from now on, while stable_token still hands it out: only a forced refresh helps.
func (s *Server) DistrustToken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.valid[s.tokens.stable] = time.Time{}
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

func (s *Server) stableToken(_ *http.Request, body []byte) any {
	var q struct {
		GrantType    string `json:"grant_type"`
		AppID        string `json:"appid"`
		Secret       string `json:"secret"`
		ForceRefresh bool   `json:"force_refresh"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		s.violate("stable_token: %v", err)
		return failure(47001)
	}
	if code := s.credentials(q.GrantType, "client_credential", q.AppID, q.Secret); code != 0 {
		return failure(code)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, now := &s.tokens, s.now()
	if q.ForceRefresh {
		if code := t.mayForce(now); code != 0 {
			return failure(code)
		}
		delete(t.valid, t.stable)
		t.stable = ""
	}
	t.requests++
	until, known := t.valid[t.stable]
	if !known || t.stable == "" || !until.IsZero() && until.Sub(now) < tokenOverlap {
		t.stable, until = t.issue(now), now.Add(tokenLife)
	}
	left := until.Sub(now)
	if until.IsZero() {
		left = tokenLife / 2
	}
	return tokenAnswer{AccessToken: t.stable, ExpiresIn: int(left / time.Second)}
}

func (t *tokens) mayForce(now time.Time) int {
	today := 0
	for _, at := range t.forced {
		if now.Sub(at) < 24*time.Hour {
			today++
		}
	}
	if today >= forcedPerDay {
		return 45009
	}
	if n := len(t.forced); n > 0 && now.Sub(t.forced[n-1]) < forcedPause {
		return 45011
	}
	t.forced = append(t.forced, now)
	return 0
}

func (t *tokens) issue(now time.Time) string {
	if t.valid == nil {
		t.valid = map[string]time.Time{}
	}
	token := "99_" + rand.Text() + rand.Text() + rand.Text() + rand.Text()
	t.valid[token] = now.Add(tokenLife)
	t.issued++
	return token
}

// plainToken is the old endpoint: each call makes a new token and leaves the one before five minutes to live.
func (s *Server) plainToken(r *http.Request, _ []byte) any {
	q := r.URL.Query()
	if code := s.credentials(q.Get("grant_type"), "client_credential", q.Get("appid"), q.Get("secret")); code != 0 {
		return failure(code)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, now := &s.tokens, s.now()
	if t.plain != "" {
		t.valid[t.plain] = now.Add(tokenOverlap)
	}
	t.plain = t.issue(now)
	return tokenAnswer{AccessToken: t.plain, ExpiresIn: int(tokenLife / time.Second)}
}

func (s *Server) credentials(grant, wantGrant, appID, secret string) int {
	switch {
	case grant != wantGrant:
		s.violate("grant_type is %q", grant)
		return 40002
	case appID != s.options.AppID:
		return 40013
	case secret != s.options.Secret:
		return 40125
	}
	return 0
}

// checkToken returns 0 or the error code.
func (s *Server) checkToken(token string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, known := s.tokens.valid[token]
	switch {
	case token == "":
		s.violateLocked("a call without access_token")
		return 41001
	case !known, until.IsZero():
		return 40001
	case s.now().After(until):
		return 42001
	}
	return 0
}
