package console

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// The cookies of a payer whom OAuth has to tell.
const (
	stateCookie = "guahao_pay_state"
	payerCookie = "guahao_payer"
	cookieAge   = 30 * 60 // seconds
	payerSealed = "pay_page.payer:cookie"
)

// payer gives the OpenID that a payment would be made with, "" if it is not known yet.
func (p *payPage) payer(r *http.Request, visit PayView) string {
	if visit.OpenID != "" {
		return visit.OpenID
	}
	cookie, err := r.Cookie(payerCookie)
	if err != nil || p.OAuth == nil {
		return ""
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return ""
	}
	plain, err := p.OAuth.Open(sealed, payerSealed)
	if err != nil {
		return ""
	}
	return string(plain)
}

// identify leads a WeChat user through OAuth: there, and back with a code. It reports whether it has answered the
// request; where it has not, the payer stays unknown and the page offers the QR code.
func (p *payPage) identify(w http.ResponseWriter, r *http.Request) bool {
	if p.OAuth == nil || r.URL.Query().Has("known") {
		return false
	}
	if code := r.URL.Query().Get("code"); code != "" {
		return p.welcome(w, r, code)
	}
	nonce := rand.Text()
	p.setCookie(w, stateCookie, nonce)
	here := p.PublicURL + "/pay/" + r.PathValue("token")
	if lang := r.URL.Query().Get("lang"); lang != "" {
		here += "?" + url.Values{"lang": {lang}}.Encode()
	}
	http.Redirect(w, r, p.OAuth.AuthorizeURL(here, nonce), http.StatusFound)
	return true
}

// welcome takes the code that OAuth sent the payer back with.
func (p *payPage) welcome(w http.ResponseWriter, r *http.Request, code string) bool {
	cookie, err := r.Cookie(stateCookie)
	if err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(r.URL.Query().Get("state"))) != 1 {
		return false // somebody else's code: a payer must not be made to pay as another
	}
	ctx, cancel := context.WithTimeout(r.Context(), providerPatience)
	defer cancel()
	openID, err := p.OAuth.OpenID(ctx, code)
	if err != nil || openID == "" {
		p.Log.Warn("pay page: WeChat's OAuth did not tell the payer")
		return false
	}
	sealed, err := p.OAuth.Seal([]byte(openID), payerSealed)
	if err != nil {
		p.Log.Error("pay page: the payer could not be sealed", slog.Any("error", err))
		return false
	}
	p.setCookie(w, payerCookie, base64.RawURLEncoding.EncodeToString(sealed))
	// The address without the code; "known" ends the round where the browser keeps no cookies.
	clean := url.Values{"known": {"1"}}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		clean.Set("lang", lang)
	}
	http.Redirect(w, r, r.PathValue("token")+"?"+clean.Encode(), http.StatusSeeOther)
	return true
}

func (p *payPage) setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/pay/", MaxAge: cookieAge, HttpOnly: true,
		Secure: strings.HasPrefix(p.PublicURL, "https://"), SameSite: http.SameSiteLaxMode,
	})
}
