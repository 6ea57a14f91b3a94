package alipay_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guahao/payments"
	"guahao/payments/alipay/alipaytest"
)

// FuzzNotice: whatever a stranger sends is refused, before the database is asked anything (there is none).
func FuzzNotice(f *testing.F) {
	for _, seed := range []string{
		"", "sign=", "a&b&c", "sign_type=RSA2&sign=AAAA&out_trade_no=1&notify_id=2", "sign_type=RSA2&sign=%ff&alipay_cert_sn=x", strings.Repeat("a=1&", 300), "%zz",
	} {
		f.Add(seed)
	}
	sim := alipaytest.New(alipaytest.Options{})
	f.Fuzz(func(t *testing.T, body string) {
		g := newGateway(t, sim, "http://127.0.0.1:1", "https://guahao.example/notify")
		r := httptest.NewRequest(http.MethodPost, "/payments/alipay/notify", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		g.Handler(payments.New(nil, g, time.Now, nil, nil)).ServeHTTP(w, r)
		if w.Code < 400 || w.Code >= 500 || w.Body.String() != "fail" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
