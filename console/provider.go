package console

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	qrcode "github.com/skip2/go-qrcode"

	"guahao/payments"
)

// qrPixels is the width of the QR code's picture.
const qrPixels = 480

// answer is the JSON of the status and bridge endpoints.
type answer struct {
	State     state                  `json:"state,omitempty"`
	Open      bool                   `json:"open"`
	Kept      bool                   `json:"kept"`
	Remaining int                    `json:"remaining"` // seconds
	Bridge    *payments.BridgeParams `json:"bridge,omitempty"`
	Error     string                 `json:"error,omitempty"` // a sentence
}

// status tells the state, after asking WeChat Pay where that is useful and allowed.
func (p *payPage) status(w http.ResponseWriter, r *http.Request) {
	c, visit, ok := p.load(w, r, true)
	if !ok {
		return
	}
	p.answer(w, http.StatusOK, p.state(c, visit))
}

// bridge gives what WeChat's payment sheet needs.
func (p *payPage) bridge(w http.ResponseWriter, r *http.Request) {
	c, visit, ok := p.load(w, r, false)
	if !ok {
		return
	}
	a := p.state(c, visit)
	openID := p.payer(r, visit)
	if a.State != pending || openID == "" {
		p.answer(w, http.StatusConflict, a) // the page reloads itself and shows what there is to do
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), providerPatience)
	defer cancel()
	params, err := p.Payments.Bridge(ctx, c.Token, openID)
	switch {
	case over(err): // it changed since it was read
		if c, visit, ok = p.load(w, r, false); ok {
			p.answer(w, http.StatusConflict, p.state(c, visit))
		}
	case err != nil:
		p.Log.Warn("pay page: no payment sheet from the provider", slog.String("ref", c.Ref), slog.Any("error", err))
		a.Error = p.words.say(langOf(r, visit.Lang), "unavailable")
		p.answer(w, http.StatusServiceUnavailable, a)
	default:
		a.Bridge = &params
		p.answer(w, http.StatusOK, a)
	}
}

// qr draws the code that the provider's app scans.
func (p *payPage) qr(w http.ResponseWriter, r *http.Request) {
	c, err := p.charge(r, false)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if stateOf(c, p.Now()) != pending {
		w.WriteHeader(http.StatusGone)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), providerPatience)
	defer cancel()
	content, err := p.Payments.CodeURLBy(ctx, c.Token, p.chosen(r, c))
	switch {
	case over(err):
		w.WriteHeader(http.StatusGone)
		return
	case err != nil:
		p.Log.Warn("pay page: no QR code from the provider", slog.String("ref", c.Ref), slog.Any("error", err))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	png, err := qrcode.Encode(content, qrcode.Medium, qrPixels)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(png)
}

// over tells whether an error says that there is nothing to pay any more.
func over(err error) bool {
	return errors.Is(err, payments.ErrPaid) || errors.Is(err, payments.ErrClosed)
}

// load reads the charge and what it is for; where it cannot, it has answered.
func (p *payPage) load(w http.ResponseWriter, r *http.Request, ask bool) (payments.Charge, PayView, bool) {
	c, err := p.charge(r, ask)
	var visit PayView
	if err == nil {
		visit, err = p.Visit(r.Context(), c.Ref)
	}
	switch {
	case errors.Is(err, payments.ErrNotFound):
		p.answer(w, http.StatusNotFound, answer{Error: p.words.say(langOf(r, ""), "unknown")})
	case err != nil:
		p.Log.Error("pay page failed", slog.Any("error", err))
		p.answer(w, http.StatusServiceUnavailable, answer{Open: true, Error: p.words.say(langOf(r, ""), "sorry")})
	}
	return c, visit, err == nil
}

func (p *payPage) state(c payments.Charge, visit PayView) answer {
	now := p.Now()
	s := stateOf(c, now)
	return answer{State: s, Open: s.open(c, now) || (s == paid && !visit.Kept), Kept: visit.Kept, Remaining: remaining(c, now)}
}

func (p *payPage) answer(w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}
