package alipaytest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"guahao/payments/alipay/alipaytest"
)

// What a careless program sends is refused, and stands in the violations.
func TestCarelessRequestsAreViolations(t *testing.T) {
	t.Parallel()
	sim := alipaytest.New(alipaytest.Options{})
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	good := url.Values{
		"app_id": {"2021000000000001"}, "method": {string(alipaytest.Query)}, "format": {"JSON"}, "charset": {"utf-8"}, "version": {"1.0"},
		"sign_type": {"RSA2"}, "sign": {"AAAA"}, "timestamp": {"2026-01-01 00:00:00"}, "biz_content": {`{"out_trade_no":"N1"}`},
	}
	for name, change := range map[string]func(url.Values){
		"isv.invalid-timestamp":      func(url.Values) {},
		"isv.invalid-app-id":         func(v url.Values) { v.Set("app_id", "1") },
		"isv.invalid-signature-type": func(v url.Values) { v.Set("sign_type", "RSA") },
		"isv.invalid-charset":        func(v url.Values) { v.Set("charset", "gbk") },
		"isv.invalid-parameter":      func(v url.Values) { v.Add("app_id", "2") },
	} {
		form := url.Values{}
		for key, values := range good {
			form[key] = append([]string{}, values...)
		}
		change(form)
		before := len(sim.Violations())
		answer, err := http.PostForm(api.URL+"/gateway.do", form)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		after := sim.Violations()
		if len(after) != before+1 || !strings.Contains(after[before], name) {
			t.Errorf("%s: violations %q", name, after)
		}
	}
}

func TestCodesThatAreNotKnown(t *testing.T) {
	t.Parallel()
	sim := alipaytest.New(alipaytest.Options{})
	for _, code := range []string{"", "https://qr.alipay.com/bax0", "weixin://wxpay/bizpayurl?pr=x"} {
		if err := sim.ScanPay(code, "2088"); err == nil {
			t.Errorf("%q was paid", code)
		}
	}
	if err := sim.PagePay("https://openapi.alipay.com/gateway.do?app_id=1", "2088"); err == nil {
		t.Error("an unsigned page was paid")
	}
}
