package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"guahao/payments"
)

// providerPatience is how long a page waits for WeChat Pay before it says that it is not available.
const providerPatience = 5 * time.Second

// tokenForm is what a charge's token may look like. What does not is not even looked up.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// inWeChat tells whether the page is open in WeChat's own browser.
func inWeChat(r *http.Request) bool { return strings.Contains(r.UserAgent(), "MicroMessenger") }

// charge loads the charge of the request's token. With ask, WeChat Pay is asked first where that can change anything
// and was not done just now.
func (p *payPage) charge(r *http.Request, ask bool) (payments.Charge, error) {
	token := r.PathValue("token")
	if !tokenForm.MatchString(token) {
		return payments.Charge{}, payments.ErrNotFound
	}
	c, err := p.Payments.ByToken(r.Context(), token)
	if err != nil {
		return c, err
	}
	now := p.Now()
	if !ask || !stateOf(c, now).open(c, now) || !p.gentle.allow(token) {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), providerPatience)
	defer cancel()
	fresh, err := p.Payments.Refresh(ctx, token)
	if err != nil {
		p.Log.Warn("pay page: the charge could not be refreshed", slog.String("ref", c.Ref), slog.Any("error", err))
		return c, nil // what is known is better than nothing
	}
	return fresh, nil
}

// show serves the page itself. It orders nothing at WeChat Pay, because programs that preview links fetch it too: the
// QR code's picture and the button do.
func (p *payPage) show(w http.ResponseWriter, r *http.Request) {
	c, err := p.charge(r, r.URL.Query().Has("check"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	visit, err := p.Visit(r.Context(), c.Ref)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	v := p.view(r, c, visit)
	if v.State == pending && inWeChat(r) && v.By == byWeChatPay {
		if v.Bridge = p.payer(r, visit) != ""; !v.Bridge && p.identify(w, r) {
			return
		}
	}
	p.render(w, r, http.StatusOK, v)
}

// unknown answers every other address below /pay/.
func (p *payPage) unknown(w http.ResponseWriter, r *http.Request) { p.fail(w, r, payments.ErrNotFound) }

// fail shows an error as a page: a link that leads nowhere, or a failure of ours with a reference for the log.
func (p *payPage) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := view{p: p, Lang: langOf(r, ""), Title: "unknown", Text: "unknown_text"}
	status := http.StatusNotFound
	if !errors.Is(err, payments.ErrNotFound) {
		v.Title, v.Text, v.Reference = "sorry", "sorry_text", rand.Text()[:8]
		v.Retry = r.Method == http.MethodGet
		status = http.StatusServiceUnavailable
		p.Log.Error("pay page failed", slog.String("reference", v.Reference), slog.Any("error", err))
	}
	p.render(w, r, status, v)
}

func (p *payPage) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	var out bytes.Buffer
	if err := p.html.ExecuteTemplate(&out, v.template(), v); err != nil {
		p.Log.Error("pay page: template", slog.Any("error", err))
		http.Error(w, p.words.say(v.Lang, "sorry"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Lang)
	w.Header().Set("Vary", "Accept-Language, User-Agent")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// moment writes an instant as people say it: 2026年10月9日 周五 08:30–09:00.
func (p *payPage) moment(lang string, v PayView) string {
	zone := zoneOf(v)
	at := v.StartsAt.In(zone)
	days := strings.Split(p.words.say(lang, "weekdays"), ",")
	hours := at.Format("15:04")
	if !v.EndsAt.IsZero() {
		hours += "–" + v.EndsAt.In(zone).Format("15:04")
	}
	return fmt.Sprintf(p.words.say(lang, "moment"), at.Format(p.words.say(lang, "date")), days[at.Weekday()], hours)
}

// zoneOf is the zone of what is bought.
func zoneOf(v PayView) *time.Location {
	if v.Zone == nil {
		return time.UTC
	}
	return v.Zone
}
