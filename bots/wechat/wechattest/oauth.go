package wechattest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// codeLife is how long a code of the authorize page can be exchanged.
const codeLife = 5 * time.Minute

type code struct {
	openID string
	scope  string
	until  time.Time
	used   bool
}

// Cookie names the user whose phone a browser is, for the authorize page.
const Cookie = "openid"

func (s *Server) who(r *http.Request) string {
	if s.options.Who != nil {
		return s.options.Who(r)
	}
	if cookie, err := r.Cookie(Cookie); err == nil {
		return cookie.Value
	}
	return ""
}

// authorize is the page of open.weixin.qq.com that sends a visitor back with a code, at once with snsapi_base.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	var wrong string
	switch {
	case q.Get("appid") != s.options.AppID:
		wrong = "the appid is wrong"
	case err != nil || back.Host == "":
		wrong = "redirect_uri is no address"
	case q.Get("response_type") != "code":
		wrong = "response_type is not code"
	case q.Get("scope") != "snsapi_base" && q.Get("scope") != "snsapi_userinfo":
		wrong = "the scope is wrong"
	case len(q.Get("state")) > 128:
		wrong = "the state has more than 128 bytes"
	case !inOrder(r.URL.RawQuery, "appid=", "redirect_uri=", "response_type=", "scope="):
		wrong = "the parameters are not in the order of the documents"
	}
	if wrong != "" {
		s.violate("authorize: %s", wrong)
		http.Error(w, "该链接无法访问: "+wrong, http.StatusBadRequest)
		return
	}
	openID := s.who(r)
	if !openIDs.MatchString(openID) {
		http.Error(w, "请在微信客户端打开链接", http.StatusForbidden)
		return
	}
	name := "0" + rand.Text()
	s.mu.Lock()
	s.codes[name] = &code{openID: openID, scope: q.Get("scope"), until: s.now().Add(codeLife)}
	s.mu.Unlock()
	answer := back.Query()
	answer.Set("code", name)
	answer.Set("state", q.Get("state"))
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func inOrder(text string, parts ...string) bool {
	for _, part := range parts {
		_, rest, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = rest
	}
	return true
}

func (s *Server) oauthToken(r *http.Request, _ []byte) any {
	q := r.URL.Query()
	if bad := s.credentials(q.Get("grant_type"), "authorization_code", q.Get("appid"), q.Get("secret")); bad != 0 {
		return failure(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.codes[q.Get("code")]
	switch {
	case q.Get("code") == "":
		return failure(41008)
	case c == nil || s.now().After(c.until):
		return failure(40029)
	case c.used:
		return failure(40163)
	}
	c.used = true
	return map[string]any{
		"access_token": rand.Text(), "expires_in": 7200, "refresh_token": rand.Text(), "openid": c.openID, "scope": c.scope,
	}
}
