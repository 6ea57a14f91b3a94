package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/payments/alipay/alipaytest"
)

// withAlipay restarts the program with Alipay as a provider.
func withAlipay(w *world) *alipaytest.Server {
	w.Helper()
	sim := alipaytest.New(alipaytest.Options{Now: w.cfg.Now})
	api := httptest.NewServer(sim)
	w.Cleanup(api.Close)
	c, err := sim.Credentials(w.TempDir())
	w.must(err)
	w.cfg.Alipay = app.AlipayConfig{AppID: c.AppID, SellerID: c.SellerID, KeyFile: c.KeyFile, PublicKeyFile: c.PublicKeyFile, API: api.URL + "/gateway.do"}
	w.restart()
	w.Cleanup(func() {
		if v := sim.Violations(); len(v) > 0 {
			w.Errorf("Alipay was used wrongly: %q", v)
		}
	})
	return sim
}

// Booked in chat, paid with Alipay, cancelled in chat: the money comes back from Alipay.
func TestAlipayEndToEnd(t *testing.T) {
	t.Parallel()
	for name, alone := range map[string]bool{"chosen instead of WeChat Pay": false, "the only provider": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			if alone {
				w.cfg.WeChatPay = app.WeChatPayConfig{}
			}
			sim := withAlipay(w)
			p := w.person("telegram", 1)
			toPay(w, p)
			code, err := w.app().Payments.CodeURLBy(w.ctx, newestToken(w), "alipay")
			w.must(err)
			w.must(sim.ScanPay(code, "2088000000000077"))
			w.must(sim.Deliver(w.ctx))
			w.settle()
			bookedOnce(w, p)
			wantBooks(w)
			p.say("我的预约")
			p.say("1")
			p.tap("取消这个预约")
			p.say("确认取消")
			w.settle()
			only(w, booking.Cancelled)
			if refunds := sim.Refunds(); len(refunds) != 1 || refunds[0].Amount == 0 {
				t.Errorf("refunds at Alipay: %+v", refunds)
			}
			wantBooks(w)
		})
	}
}

func TestHalfConfiguredAlipaySaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	cfg := w.cfg
	cfg.Alipay = app.AlipayConfig{AppID: "2021000000000001", PublicKeyFile: "/nowhere.pem"}
	_, err := app.New(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "GUAHAO_ALIPAY_KEY_FILE not set") || strings.Contains(err.Error(), "GUAHAO_ALIPAY_APPID") {
		t.Errorf("the error is: %v", err)
	}
}
