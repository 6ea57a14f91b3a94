package alipay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guahao/payments"
	"guahao/payments/alipay"
	"guahao/payments/alipay/alipaytest"
)

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	good, err := alipaytest.New(alipaytest.Options{}).Credentials("")
	must(t, err)
	config := func(change func(*alipay.Config)) alipay.Config {
		c := alipay.Config{AppID: good.AppID, SellerID: good.SellerID, PrivateKeyPEM: good.PrivateKeyPEM, PublicKeyPEM: good.PublicKeyPEM, NotifyURL: "https://guahao.example/notify"}
		change(&c)
		return c
	}
	bare := func(pem string) string {
		lines := strings.Split(strings.TrimSpace(pem), "\n")
		return strings.Join(lines[1:len(lines)-1], "")
	}
	for name, change := range map[string]func(*alipay.Config){
		"as it is": func(*alipay.Config) {}, "without a seller": func(c *alipay.Config) { c.SellerID = "" },
		"the key tool's bare keys": func(c *alipay.Config) {
			c.PrivateKeyPEM, c.PublicKeyPEM = bare(good.PrivateKeyPEM), bare(good.PublicKeyPEM)
		},
	} {
		if _, err := alipay.New(config(change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*alipay.Config){
		"app id": func(c *alipay.Config) { c.AppID = "wx123" }, "seller id": func(c *alipay.Config) { c.SellerID = "someone@example.com" },
		"private key": func(c *alipay.Config) { c.PrivateKeyPEM = good.PublicKeyPEM }, "public key": func(c *alipay.Config) { c.PublicKeyPEM = "?" },
		"notify URL must be https": func(c *alipay.Config) { c.NotifyURL = "http://guahao.example/notify" }, "API URL": func(c *alipay.Config) { c.API = "openapi" },
	} {
		_, err := alipay.New(config(change))
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "MII") {
			t.Errorf("a wrong %s: %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	sim := alipaytest.New(alipaytest.Options{})
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	must(t, newGateway(t, sim, api.URL, "https://guahao.example/notify").Check(t.Context()))
	sim.Faults.BadSignature(alipaytest.Query, 1)
	if err := newGateway(t, sim, api.URL, "https://guahao.example/notify").Check(t.Context()); err == nil {
		t.Error("an answer with a stranger's key passes")
	}
	c, err := sim.Credentials("")
	must(t, err)
	other, err := alipay.New(alipay.Config{AppID: "2021999999999999", PrivateKeyPEM: c.PrivateKeyPEM, PublicKeyPEM: c.PublicKeyPEM, NotifyURL: "https://guahao.example/notify", API: api.URL + "/gateway.do"})
	must(t, err)
	if err := other.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "isv.invalid-app-id") {
		t.Errorf("another application passes: %v", err)
	}
}

// Answers that a broken or hostile server gives: each is an error, none is believed, and none ends the process.
func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	body := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
	t.Cleanup(server.Close)
	g := newGateway(t, alipaytest.New(alipaytest.Options{}), server.URL, "https://guahao.example/notify")
	paid, err := json.Marshal(map[string]string{"code": "10000", "out_trade_no": "N1", "trade_no": "1", "trade_status": "TRADE_SUCCESS", "total_amount": "50.00"})
	must(t, err)
	for _, body = range []string{
		"", "null", "[]", "{}", "<html>", `{"alipay_trade_query_response":null}`, `{"alipay_trade_query_response":"x"}`, `{"alipay_trade_query_response":{}}`,
		`{"error_response":null}`, `{"error_response":{"code":"10000"}}`, `{"alipay_trade_query_response":` + string(paid) + `}`,
		`{"alipay_trade_query_response":` + string(paid) + `,"sign":"AAAA"}`, `{"alipay_trade_query_response":` + string(paid) + `,"sign":"","alipay_cert_sn":"x"}`,
	} {
		if _, err := g.Query(t.Context(), "N1"); err == nil || errors.Is(err, payments.ErrOrderNotExist) {
			t.Errorf("%q is believed: %v", body, err)
		}
	}
}

// The address of the page is signed, and changing it is noticed.
func TestPageAddressIsSigned(t *testing.T) {
	t.Parallel()
	sim := alipaytest.New(alipaytest.Options{})
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	g := newGateway(t, sim, api.URL, "https://guahao.example/notify")
	address, err := g.Page(payments.Order{OutTradeNo: "20260101ABC", Subject: "挂号费", Amount: 5000, ExpiresAt: time.Now().Add(time.Hour)}, "https://guahao.example/pay/x")
	must(t, err)
	if err := sim.PagePay(strings.Replace(address, "50.00", "00.01", 1), payerID); !errors.Is(err, alipaytest.ErrPage) {
		t.Errorf("another amount was taken: %v", err)
	}
	must(t, sim.PagePay(address, payerID))
}
