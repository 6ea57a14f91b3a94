package wechatpay_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/payments"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

// owed is an amount that a fuzzer does not hit upon.
const owed = 4_867_531

// till is a program with one charge that waits for its payment.
type till struct {
	sim     *wechatpaytest.Server
	store   *payments.Store
	handler http.Handler
	charge  payments.Charge
}

func newTill(t testing.TB) till {
	t.Helper()
	db := mariadbtest.DB(t)
	l := till{sim: wechatpaytest.New(wechatpaytest.Options{})}
	g := gateway(t, config(t, l.sim))
	l.store = payments.New(db, g, time.Now, nil, nil)
	l.handler = g.Handler(l.store)
	must(t, mysql.InTx(t.Context(), db, func(tx *sqlx.Tx) (err error) {
		l.charge, err = l.store.CreateTx(t.Context(), tx, payments.NewCharge{Ref: "visit:1", Amount: owed, Subject: "挂号费", ExpiresAt: time.Now().Add(time.Hour)})
		return err
	}))
	_, err := l.store.CodeURL(t.Context(), l.charge.Token)
	must(t, err)
	return l
}

func (l till) post(t testing.TB, method, body string, sign bool) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, "/payments/wechatpay/notify", strings.NewReader(body))
	if sign {
		l.sim.Sign(request.Header, []byte(body))
	}
	recorder := httptest.NewRecorder()
	l.handler.ServeHTTP(recorder, request)
	return recorder
}

func TestNoticeAnswers(t *testing.T) {
	t.Parallel()
	l := newTill(t)
	genuine := l.sim.Notice("TRANSACTION.SUCCESS", "transaction", map[string]any{
		"mchid": l.charge.Merchant.MchID, "appid": l.charge.Merchant.AppID, "out_trade_no": l.charge.OutTradeNo, "transaction_id": "42001",
		"trade_state": "SUCCESS", "amount": map[string]any{"total": owed, "currency": "CNY"}, "payer": map[string]any{"openid": "oPatient"},
	})
	tests := []struct {
		name, method, body string
		sign               bool
		want               int
	}{
		{"a browser", http.MethodGet, "", false, 405},
		{"unsigned", http.MethodPost, string(genuine), false, 401},
		{"null", http.MethodPost, "null", true, 400},
		{"empty", http.MethodPost, "", true, 400},
		{"a transaction that is a list", http.MethodPost, string(l.sim.Notice("TRANSACTION.SUCCESS", "transaction", []int{1})), true, 400},
		{"a transaction without fields", http.MethodPost, string(l.sim.Notice("TRANSACTION.SUCCESS", "transaction", map[string]any{})), true, 400},
		{"a payment without an amount", http.MethodPost, string(l.sim.Notice("TRANSACTION.SUCCESS", "transaction", map[string]any{
			"mchid": "1", "appid": "2", "out_trade_no": l.charge.OutTradeNo, "transaction_id": "3", "trade_state": "SUCCESS"})), true, 400},
		{"a refund of another merchant", http.MethodPost, string(l.sim.Notice("REFUND.SUCCESS", "refund", map[string]any{"mchid": "1", "out_refund_no": "R", "refund_status": "SUCCESS"})), true, 400},
		{"an event that we do not know", http.MethodPost, string(l.sim.Notice("COUPON.USED", "coupon", map[string]any{})), true, 200},
		{"genuine", http.MethodPost, string(genuine), true, 200},
		{"genuine, once more", http.MethodPost, string(genuine), true, 200},
	}
	for _, test := range tests {
		answer := l.post(t, test.method, test.body, test.sign)
		var body struct{ Code, Message string }
		if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil || answer.Code != test.want {
			t.Errorf("%s is answered with %d %s, want %d", test.name, answer.Code, answer.Body, test.want)
		}
		if (body.Code == "SUCCESS") != (test.want == 200) || body.Message == "" {
			t.Errorf("%s is answered with %+v", test.name, body)
		}
		if got, err := l.store.ByToken(t.Context(), l.charge.Token); err != nil || (got.Status == payments.Paid) != (test.sign && test.body == string(genuine)) {
			t.Fatalf("after %s the charge is %s, %v", test.name, got.Status, err)
		}
	}
}

// FuzzNotice posts correctly signed notices with any content: what is not a payment of this charge's amount confirms nothing, and
// nothing panics. The first byte chooses what is fuzzed: the outer body or, encrypted, the content.
func FuzzNotice(f *testing.F) {
	l := newTill(f)
	f.Add(byte(0), []byte(`{"id":"1","event_type":"TRANSACTION.SUCCESS","resource":{"algorithm":"AEAD_AES_256_GCM","nonce":"abc","ciphertext":""}}`))
	f.Add(byte(0), []byte(`{"id":"1","event_type":"REFUND.SUCCESS"}`))
	f.Add(byte(0), []byte(`null`))
	f.Add(byte(1), []byte(`{"out_trade_no":"`+l.charge.OutTradeNo+`","trade_state":"SUCCESS","transaction_id":"1","mchid":"1900000001","appid":"wx1234567890abcdef","amount":{"total":1,"currency":"CNY"}}`))
	f.Add(byte(1), []byte(`{"out_trade_no":null,"amount":null,"payer":null}`))
	f.Add(byte(2), []byte(`{"mchid":"1900000001","out_refund_no":"R","refund_status":"SUCCESS","amount":{"refund":-1}}`))
	f.Fuzz(func(t *testing.T, kind byte, content []byte) {
		body := content
		switch kind % 3 {
		case 1:
			body = l.sim.Notice("TRANSACTION.SUCCESS", "transaction", json.RawMessage(asJSON(content)))
		case 2:
			body = l.sim.Notice("REFUND.SUCCESS", "refund", json.RawMessage(asJSON(content)))
		}
		answer := l.post(t, http.MethodPost, string(body), true)
		if answer.Code >= 500 {
			t.Errorf("answered with %d", answer.Code)
		}
		if got, err := l.store.ByToken(t.Context(), l.charge.Token); err != nil || got.Settled() {
			t.Fatalf("the charge is %s, %v", got.Status, err)
		}
	})
}

// asJSON keeps what is JSON and quotes what is not, since a notice's content can be sealed as JSON only.
func asJSON(content []byte) []byte {
	if json.Valid(content) {
		return content
	}
	quoted, _ := json.Marshal(string(content))
	return quoted
}

func TestLogsHoldNothingPersonal(t *testing.T) {
	t.Parallel()
	db := mariadbtest.DB(t)
	sim := wechatpaytest.New(wechatpaytest.Options{})
	log := &lines{}
	c := config(t, sim)
	c.Log = log.logger()
	app := httptest.NewUnstartedServer(nil)
	c.NotifyURL = "http://" + app.Listener.Addr().String() + "/notify"
	g, err := wechatpay.New(c)
	must(t, err)
	store := payments.New(db, g, time.Now, nil, c.Log)
	app.Config.Handler = g.Handler(store)
	app.Start()
	t.Cleanup(app.Close)
	var charge payments.Charge
	must(t, mysql.InTx(t.Context(), db, func(tx *sqlx.Tx) (err error) {
		charge, err = store.CreateTx(t.Context(), tx, payments.NewCharge{Ref: "visit:1", Amount: 5000, Subject: "挂号费", ExpiresAt: time.Now().Add(time.Hour)})
		return err
	}))
	code, err := store.CodeURL(t.Context(), charge.Token)
	must(t, err)
	for _, kind := range append(wechatpaytest.Unauthentic(), wechatpaytest.Contradictions()...) {
		_, err := sim.Forge(t.Context(), kind, charge.OutTradeNo)
		must(t, err)
	}
	must(t, sim.ScanPay(code, "oPatientOpenID"))
	must(t, sim.Deliver(t.Context()))
	text := log.String()
	for _, secret := range []string{charge.Token, "oPatientOpenID", "oForger", c.APIv3Key, "Wechatpay-", "ciphertext", "BEGIN", code} {
		if strings.Contains(text, secret) {
			t.Errorf("the log shows %q:\n%s", secret, text)
		}
	}
	if n := strings.Count(text, "payment notice refused"); n != len(wechatpaytest.Unauthentic()) {
		t.Errorf("%d lines about refused notices, want one each", n)
	}
}
