package wechatpaytest_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"guahao/payments/wechatpay/wechatpaytest"
)

func TestWhoCalls(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{})
	const path = "/v3/pay/transactions/out-trade-no/ORDER00001?mchid=1900000001"
	tests := map[string]func(*http.Request){
		"nobody":              func(r *http.Request) { r.Header.Del("Authorization") },
		"basic":               func(r *http.Request) { r.Header.Set("Authorization", "Basic eDp5") },
		"malformed":           func(r *http.Request) { r.Header.Set("Authorization", "WECHATPAY2-SHA256-RSA2048 mchid=1") },
		"another merchant":    func(r *http.Request) { replace(r, m.c.MchID, "1900009999") },
		"another certificate": func(r *http.Request) { replace(r, m.c.Serial, "AB") },
		"another path":        func(r *http.Request) { r.URL.RawQuery += "&x=1" },
		"an old request":      func(r *http.Request) { m.sign(r, "", time.Now().Add(-6*time.Minute), rand.Text()) },
		"a long nonce":        func(r *http.Request) { m.sign(r, "", time.Now(), strings.Repeat("n", 33)) },
	}
	for name, spoil := range tests {
		r := m.request(http.MethodGet, path, "")
		spoil(r)
		if status, code, _ := m.do(r); status != 401 || code != "SIGN_ERROR" {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	r := m.request(http.MethodGet, path, "")
	if status, code, _ := m.do(r); status != 404 || code != "ORDER_NOT_EXIST" {
		t.Errorf("the merchant: %d %s", status, code)
	}
	if status, code, _ := m.do(r.Clone(t.Context())); status != 401 || code != "SIGN_ERROR" {
		t.Errorf("the same request again: %d %s", status, code)
	}
	r = m.request(http.MethodGet, path, "")
	r.Header.Del("Wechatpay-Serial")
	if status, code, _ := m.do(r); status != 400 || code != "PARAM_ERROR" {
		t.Errorf("without the key's ID: %d %s", status, code)
	}
	if n := len(m.sim.Violations()); n != len(tests)+2 {
		t.Errorf("%d violations: %q", n, m.sim.Violations())
	}
}

func replace(r *http.Request, from, to string) {
	r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), from, to))
}

func TestOrdersAreValidated(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{})
	east := func(d time.Duration) string {
		return time.Now().Add(d).In(time.FixedZone("", 8*3600)).Format(time.RFC3339)
	}
	tests := map[string]struct {
		change map[string]any
		code   string
	}{
		"short number":        {map[string]any{"out_trade_no": "12345"}, "PARAM_ERROR"},
		"long number":         {map[string]any{"out_trade_no": strings.Repeat("1", 33)}, "PARAM_ERROR"},
		"number with a space": {map[string]any{"out_trade_no": "ORDER 0001"}, "PARAM_ERROR"},
		"no description":      {map[string]any{"description": ""}, "PARAM_ERROR"},
		"long description":    {map[string]any{"description": strings.Repeat("挂", 43)}, "PARAM_ERROR"},
		"no amount":           {map[string]any{"amount": nil}, "PARAM_ERROR"},
		"zero":                {map[string]any{"amount": map[string]any{"total": 0}}, "PARAM_ERROR"},
		"half a fen":          {map[string]any{"amount": map[string]any{"total": 0.5}}, "PARAM_ERROR"},
		"dollars":             {map[string]any{"amount": map[string]any{"total": 1, "currency": "USD"}}, "PARAM_ERROR"},
		"plain http":          {map[string]any{"notify_url": "http://hospital.example/notify"}, "PARAM_ERROR"},
		"URL with parameters": {map[string]any{"notify_url": "https://hospital.example/notify?a=1"}, "PARAM_ERROR"},
		"expired":             {map[string]any{"time_expire": east(-time.Minute)}, "PARAM_ERROR"},
		"far away":            {map[string]any{"time_expire": east(3 * time.Hour)}, "PARAM_ERROR"},
		"not a time":          {map[string]any{"time_expire": "soon"}, "PARAM_ERROR"},
		"in another zone":     {map[string]any{"time_expire": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, "PARAM_ERROR"},
		"unknown field":       {map[string]any{"out_trade_number": "x"}, "PARAM_ERROR"},
		"payer of a QR code":  {map[string]any{"payer": map[string]any{"openid": "o"}}, "PARAM_ERROR"},
		"another app":         {map[string]any{"appid": "wxffffffffffffffff"}, "APPID_MCHID_NOT_MATCH"},
	}
	for name, test := range tests {
		if status, code, _ := m.do(m.request(http.MethodPost, nativePath, m.body(test.change))); status != 400 || code != test.code {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	if n := len(m.sim.Orders()); n != 0 {
		t.Errorf("%d orders were made", n)
	}
	if status, code, _ := m.do(m.request(http.MethodPost, "/v3/pay/transactions/jsapi", m.body(nil))); status != 400 || code != "PARAM_ERROR" {
		t.Errorf("JSAPI without a payer: %d %s", status, code)
	}
	if status, _, _ := m.do(m.request(http.MethodPost, "/v3/pay/transactions/app", m.body(nil))); status != 404 {
		t.Errorf("an interface that is not there: %d", status)
	}
	m.order(nil)
}

func TestTheLifeOfAnOrder(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{})
	expire := time.Now().Add(30 * time.Minute).In(time.FixedZone("", 8*3600)).Format(time.RFC3339)
	same := map[string]any{"time_expire": expire}
	code := m.order(same)
	if again := m.order(same); again != code {
		t.Errorf("the same order again has another code: %s, %s", code, again)
	}
	if status, c, _ := m.do(m.request(http.MethodPost, nativePath, m.body(map[string]any{"time_expire": expire, "description": "另一种"}))); status != 403 || c != "OUT_TRADE_NO_USED" {
		t.Errorf("the same number for something else: %d %s", status, c)
	}
	if err := m.sim.ScanPay("weixin://wxpay/bizpayurl?pr=nobody", "o"); !errors.Is(err, wechatpaytest.ErrUnknownCode) {
		t.Errorf("an unknown code: %v", err)
	}
	if err := m.sim.CloseByUser("ORDER00001"); err != nil {
		t.Errorf("putting the sheet away: %v", err)
	}
	if err := m.sim.ScanPay(code, "oPatient"); err != nil {
		t.Fatal(err)
	}
	order, _ := m.sim.Order("ORDER00001")
	for _, path := range []string{"out-trade-no/ORDER00001", "id/" + order.TransactionID} {
		_, _, body := m.do(m.request(http.MethodGet, "/v3/pay/transactions/"+path+"?mchid="+m.c.MchID, ""))
		for _, want := range []string{`"trade_state":"SUCCESS"`, `"openid":"oPatient"`, `"total":5000`, order.TransactionID, "+08:00"} {
			if !bytes.Contains(body, []byte(want)) {
				t.Errorf("%s: %s lacks %s", path, body, want)
			}
		}
	}
	if err := m.sim.ScanPay(code, "oPatient"); !errors.Is(err, wechatpaytest.ErrOrderPaid) {
		t.Errorf("paying twice: %v", err)
	}
	closing := m.request(http.MethodPost, "/v3/pay/transactions/out-trade-no/ORDER00001/close", `{"mchid":"`+m.c.MchID+`"}`)
	if status, c, _ := m.do(closing); status != 400 || c != "ORDERPAID" {
		t.Errorf("closing a paid order: %d %s", status, c)
	}
	late := m.order(map[string]any{"out_trade_no": "ORDER00002"})
	m.add(31 * time.Minute)
	if err := m.sim.ScanPay(late, "oPatient"); !errors.Is(err, wechatpaytest.ErrTooLate) {
		t.Errorf("paying too late: %v", err)
	}
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{RefundDelay: time.Minute})
	refund := func(number string, amount, total int) (int, string) {
		body := fmt.Sprintf(`{"out_trade_no":"ORDER00001","out_refund_no":%q,"amount":{"refund":%d,"total":%d,"currency":"CNY"}}`, number, amount, total)
		status, code, _ := m.do(m.request(http.MethodPost, "/v3/refund/domestic/refunds", body))
		return status, code
	}
	state := func(number string) string {
		_, _, body := m.do(m.request(http.MethodGet, "/v3/refund/domestic/refunds/"+number, ""))
		var answer struct{ Status, Code string }
		_ = json.Unmarshal(body, &answer)
		return answer.Status + answer.Code
	}
	code := m.order(nil)
	if status, c := refund("R1", 1000, 5000); status != 400 || c != "INVALID_REQUEST" {
		t.Errorf("before it is paid: %d %s", status, c)
	}
	if err := m.sim.ScanPay(code, "oPatient"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, number  string
		amount, total int
		status        int
	}{
		{"another total", "R1", 1000, 4000, 400},
		{"too much", "R1", 5001, 5000, 400},
		{"nothing", "R1", 0, 5000, 400},
		{"a part", "R1", 3000, 5000, 200},
		{"the same again", "R1", 3000, 5000, 200},
		{"the same number for another amount", "R1", 1000, 5000, 400},
		{"more than is left", "R2", 2001, 5000, 400},
		{"the rest", "R2", 2000, 5000, 200},
	}
	for _, test := range tests {
		if status, c := refund(test.number, test.amount, test.total); status != test.status {
			t.Errorf("%s: %d %s, want %d", test.name, status, c, test.status)
		}
	}
	if n := len(m.sim.Refunds()); n != 2 {
		t.Errorf("%d refunds", n)
	}
	if got := state("R1"); got != "PROCESSING" {
		t.Errorf("at once it is %s", got)
	}
	m.add(time.Minute)
	if got := state("R1"); got != "SUCCESS" {
		t.Errorf("later it is %s", got)
	}
	if got := state("R9"); got != "RESOURCE_NOT_EXISTS" {
		t.Errorf("an unknown one is %s", got)
	}
}

func TestStateSurvives(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{})
	code := m.order(nil)
	state, err := m.sim.State()
	if err != nil {
		t.Fatal(err)
	}
	later := wechatpaytest.New(wechatpaytest.Options{State: state})
	if err := later.ScanPay(code, "oPatient"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

func TestCredentialFiles(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{})
	key, err := os.ReadFile(m.c.KeyFile)
	if err != nil || string(key) != m.c.PrivateKeyPEM || len(m.c.APIv3Key) != 32 {
		t.Errorf("the merchant's key file: %v", err)
	}
	if public, err := os.ReadFile(m.c.PublicKeyFile); err != nil || string(public) != m.c.PublicKeyPEM {
		t.Errorf("the platform's key file: %v", err)
	}
}

func TestTheSheetChecksItsParameters(t *testing.T) {
	t.Parallel()
	m := newMerchant(t, wechatpaytest.Options{})
	status, _, body := m.do(m.request(http.MethodPost, "/v3/pay/transactions/jsapi", m.body(map[string]any{"payer": map[string]any{"openid": "oPatient"}})))
	var answer struct {
		PrepayID string `json:"prepay_id"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	good := wechatpaytest.Bridge{AppID: m.c.AppID, TimeStamp: fmt.Sprint(time.Now().Unix()), NonceStr: "n", Package: "prepay_id=" + answer.PrepayID, SignType: "RSA"}
	sum := sha256.Sum256([]byte(good.AppID + "\n" + good.TimeStamp + "\n" + good.NonceStr + "\n" + good.Package + "\n"))
	signed, err := rsa.SignPKCS1v15(rand.Reader, m.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	good.PaySign = base64.StdEncoding.EncodeToString(signed)
	for name, spoil := range map[string]func(*wechatpaytest.Bridge){
		"another app":        func(b *wechatpaytest.Bridge) { b.AppID = "wxffffffffffffffff" },
		"MD5":                func(b *wechatpaytest.Bridge) { b.SignType = "MD5" },
		"another time":       func(b *wechatpaytest.Bridge) { b.TimeStamp = "1" },
		"another session":    func(b *wechatpaytest.Bridge) { b.Package += "x" },
		"no package":         func(b *wechatpaytest.Bridge) { b.Package = answer.PrepayID },
		"no nonce":           func(b *wechatpaytest.Bridge) { b.NonceStr = "" },
		"no signature":       func(b *wechatpaytest.Bridge) { b.PaySign = "" },
		"a broken signature": func(b *wechatpaytest.Bridge) { b.PaySign = "A" + b.PaySign[1:] + "=" },
	} {
		b := good
		spoil(&b)
		if err := m.sim.BridgePay(b, "oPatient"); !errors.Is(err, wechatpaytest.ErrBridge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sheet, err := m.sim.Open(good, "oPatient")
	if err != nil || sheet.Total != 5000 {
		t.Errorf("the sheet: %+v, %v", sheet, err)
	}
	if err := m.sim.BridgePay(good, "oPatient"); err != nil {
		t.Errorf("correct parameters: %v", err)
	}
}
