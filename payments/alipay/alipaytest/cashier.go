package alipaytest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"time"
)

// PagePayer is who pays on the page for phones.
const PagePayer = "2088000000000042"

const cashierPath = "/cashier"

// cashier is a page for a phone that is open in a browser.
type cashier struct{ outTradeNo, back string }

var cashierPage = template.Must(template.New("cashier").Parse(`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>支付宝</title>
<style>
body { margin: 0; background: #f4f6fa; color: #1a1a1a; font: 112.5%/1.55 -apple-system, "Segoe UI", Roboto, "PingFang SC", "Noto Sans CJK SC", sans-serif; text-align: center; }
header { background: #0a5ad6; color: #fff; padding: .8rem; font-weight: 600; }
main { background: #fff; margin: 1rem; padding: 1.5rem 1rem; border-radius: 1rem; }
.sum { font-size: 2.7rem; font-weight: 700; margin: .6rem 0 1.4rem; }
button, a.back { display: block; width: 100%; box-sizing: border-box; padding: .8rem; border-radius: .7rem; border: 2px solid #0a5ad6; font: inherit; font-weight: 600; text-decoration: none; }
button { background: #0a5ad6; color: #fff; }
a.back { color: #0a5ad6; margin-top: .8rem; }
</style>
</head>
<body>
<header>支付宝</header>
<main>
{{if .Error}}<p role="alert">{{.Error}}</p>{{else}}
<p>{{.Subject}}</p>
<p class="sum">¥{{.Amount}}</p>
<form method="post" action="cashier?token={{.Token}}"><button id="pay">确认付款</button></form>{{end}}
{{with .Token}}<a class="back" href="cashier?token={{.}}">返回商家</a>{{end}}
</main>
</body>
</html>
`))

// wapPage is what a phone's browser sees at the address that the program signed.
func (s *Server) wapPage(w http.ResponseWriter, form url.Values, refused *refusal) {
	order, err := s.open(form, refused)
	if refused != nil { // it is not known who leads here, and so not whereto back
		s.showCashier(w, http.StatusBadRequest, map[string]any{"Error": err.Error()})
		return
	}
	token := rand.Text()
	s.mu.Lock()
	if s.cashiers == nil {
		s.cashiers = map[string]cashier{}
	}
	s.cashiers[token] = cashier{order.OutTradeNo, form.Get("return_url")}
	s.mu.Unlock()
	if err != nil {
		s.showCashier(w, http.StatusConflict, map[string]any{"Error": err.Error(), "Token": token})
		return
	}
	s.showCashier(w, http.StatusOK, map[string]any{"Subject": order.Subject, "Amount": order.Amount, "Token": token})
}

// leaveCashier leads back to the merchant, and before that takes the money of whoever pressed the button.
func (s *Server) leaveCashier(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	s.mu.Lock()
	page, ok := s.cashiers[token]
	order := s.orders[page.outTradeNo]
	s.mu.Unlock()
	switch {
	case !ok || page.back == "":
		http.NotFound(w, r)
		return
	case r.Method == http.MethodPost && order != nil:
		if err := s.pay(order, PagePayer); err != nil && !errors.Is(err, ErrOrderPaid) {
			s.showCashier(w, http.StatusConflict, map[string]any{"Error": err.Error(), "Token": token})
			return
		}
	}
	http.Redirect(w, r, page.back, http.StatusSeeOther)
}

func (s *Server) showCashier(w http.ResponseWriter, status int, data map[string]any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = cashierPage.Execute(w, data)
}

// open shows the page that a form asks for, unless it was refused: the order becomes a trade that waits for the payer.
func (s *Server) open(form url.Values, refused *refusal) (Order, error) {
	var b bizContent
	if refused == nil && json.Unmarshal([]byte(form.Get("biz_content")), &b) != nil {
		refused = invalid("biz_content is no JSON object")
	}
	var expires time.Time
	if refused == nil {
		expires, refused = s.checkOrder(b, form.Get("notify_url"), "QUICK_WAP_WAY")
	}
	if refused != nil {
		s.violate(fmt.Sprintf("%s: %s: %s", WapPay, refused.sub, refused.text))
		return Order{}, fmt.Errorf("%w: %s", ErrPage, refused.text)
	}
	s.mu.Lock()
	order, refused := s.orderLocked(b, form.Get("notify_url"), expires)
	if refused != nil {
		s.mu.Unlock()
		return Order{}, fmt.Errorf("%w: %s", ErrPage, refused.text)
	}
	s.openLocked(order)
	snapshot := *order
	s.mu.Unlock()
	s.tell(snapshot.OutTradeNo)
	return snapshot, nil
}
