package console

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"guahao/payments"
)

// The providers that the page has words for.
const (
	byWeChatPay = "wechatpay"
	byAlipay    = "alipay"
)

// inAlipay tells whether the page is open in Alipay's own browser.
func inAlipay(r *http.Request) bool { return strings.Contains(r.UserAgent(), "AlipayClient") }

// onPhone tells whether the browser can open another app of the same phone.
func onPhone(r *http.Request) bool { return strings.Contains(r.UserAgent(), "Mobile") }

// choices are the providers that this browser can pay with. WeChat's lets nobody else in.
func (p *payPage) choices(r *http.Request) []string {
	all := p.Payments.Providers()
	if inWeChat(r) && slices.Contains(all, byWeChatPay) {
		return []string{byWeChatPay}
	}
	return all
}

// chosen is the provider that the page is about: the one asked for, in Alipay's browser Alipay, else the one that the charge is
// with, so that a page which is merely looked at changes nothing.
func (p *payPage) chosen(r *http.Request, c payments.Charge) string {
	choices := p.choices(r)
	wanted := []string{r.URL.Query().Get("by"), c.Provider}
	if inAlipay(r) {
		wanted = slices.Insert(wanted, 1, byAlipay)
	}
	for _, provider := range wanted {
		if slices.Contains(choices, provider) {
			return provider
		}
	}
	return choices[0]
}

// goToAlipay leads a phone to Alipay's page, and from there to its app.
func (p *payPage) goToAlipay(w http.ResponseWriter, r *http.Request) {
	c, err := p.charge(r, false)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), providerPatience)
	defer cancel()
	back := p.PublicURL + "/pay/" + c.Token + "?by=" + byAlipay + "&check=1"
	address, err := p.Payments.PageURL(ctx, c.Token, byAlipay, back)
	switch {
	case over(err):
		http.Redirect(w, r, "../"+c.Token, http.StatusSeeOther) // the page says what became of it
	case err != nil:
		p.Log.Warn("pay page: no way to Alipay", slog.String("ref", c.Ref), slog.Any("error", err))
		p.fail(w, r, err)
	default:
		http.Redirect(w, r, address, http.StatusSeeOther)
	}
}
