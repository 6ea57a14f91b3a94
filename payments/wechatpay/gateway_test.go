package wechatpay_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/payments"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// config gives a working configuration for a simulator.
func config(t testing.TB, sim *wechatpaytest.Server) wechatpay.Config {
	t.Helper()
	api := httptest.NewServer(sim)
	api.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(api.Close)
	c, err := sim.Credentials("")
	must(t, err)
	return wechatpay.Config{
		MchID: c.MchID, Serial: c.Serial, PrivateKeyPEM: c.PrivateKeyPEM, APIv3Key: c.APIv3Key, PublicKeyID: c.PublicKeyID,
		PublicKeyPEM: c.PublicKeyPEM, AppID: c.AppID, NotifyURL: "http://127.0.0.1:1/payments/wechatpay/notify", API: api.URL,
	}
}

func gateway(t testing.TB, c wechatpay.Config) *wechatpay.Gateway {
	t.Helper()
	g, err := wechatpay.New(c)
	must(t, err)
	return g
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func order(number string) payments.Order {
	return payments.Order{OutTradeNo: number, Subject: "挂号费", Amount: 5000, ExpiresAt: time.Now().Add(15 * time.Minute)}
}

func TestConfigurationIsCheckedInWords(t *testing.T) {
	t.Parallel()
	good := config(t, wechatpaytest.New(wechatpaytest.Options{}))
	tests := map[string]struct {
		change func(*wechatpay.Config)
		want   string
	}{
		"short APIv3 key":      {func(c *wechatpay.Config) { c.APIv3Key = "0123456789abcdef" }, "must have 32 bytes, this one has 16"},
		"merchant in words":    {func(c *wechatpay.Config) { c.MchID = "our hospital" }, "must consist of digits"},
		"no serial":            {func(c *wechatpay.Config) { c.Serial = "" }, "serial number"},
		"key ID of a cert":     {func(c *wechatpay.Config) { c.PublicKeyID = "5157F09E" }, "PUB_KEY_ID_"},
		"mini program name":    {func(c *wechatpay.Config) { c.AppID = "guahao" }, "begin with wx"},
		"private key not PEM":  {func(c *wechatpay.Config) { c.PrivateKeyPEM = "MIIEvQ" }, "apiclient_key.pem) is not PEM"},
		"keys swapped":         {func(c *wechatpay.Config) { c.PrivateKeyPEM = c.PublicKeyPEM }, "instead of a private key"},
		"a certificate":        {func(c *wechatpay.Config) { c.PublicKeyPEM = pemOf("CERTIFICATE", []byte("x")) }, "not a certificate"},
		"a damaged key":        {func(c *wechatpay.Config) { c.PublicKeyPEM = pemOf("PUBLIC KEY", []byte("x")) }, "damaged"},
		"a small key":          {func(c *wechatpay.Config) { c.PrivateKeyPEM = smallKey(t) }, "has 1024 bits"},
		"an elliptic key":      {func(c *wechatpay.Config) { c.PrivateKeyPEM = ellipticKey(t) }, "no RSA key"},
		"notices over http":    {func(c *wechatpay.Config) { c.NotifyURL = "http://hospital.example/notify" }, "must be https"},
		"notices with a query": {func(c *wechatpay.Config) { c.NotifyURL = "https://hospital.example/notify?a=b" }, "without parameters"},
		"API with a path":      {func(c *wechatpay.Config) { c.API = "https://proxy.example/wechatpay" }, "the path is signed"},
	}
	for name, test := range tests {
		c := good
		test.change(&c)
		_, err := wechatpay.New(c)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want words like %q", name, err, test.want)
		}
		if err != nil && (strings.Contains(err.Error(), c.APIv3Key) || strings.Contains(err.Error(), "MII")) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}

func pemOf(kind string, content []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
}

func smallKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	return pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

func ellipticKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return pemOf("PRIVATE KEY", der)
}

func TestNoNetworkAtConstruction(t *testing.T) {
	t.Parallel()
	c := config(t, wechatpaytest.New(wechatpaytest.Options{}))
	c.Client = &http.Client{Transport: refuse{t}}
	gateway(t, c)
}

type refuse struct{ t *testing.T }

func (r refuse) RoundTrip(*http.Request) (*http.Response, error) {
	r.t.Error("the network was used")
	return nil, errors.New("no network")
}

// TestEachAnswerIsClosed: what waits for the end of an answer would stay until the call's timeout if its body stayed open.
func TestEachAnswerIsClosed(t *testing.T) {
	t.Parallel()
	var open opened
	c := config(t, wechatpaytest.New(wechatpaytest.Options{}))
	c.Client = &http.Client{Transport: &open}
	g := gateway(t, c)
	_, err := g.Native(t.Context(), order("ORDER00001"))
	must(t, err)
	_, err = g.Query(t.Context(), "ORDER00001")
	must(t, err)
	_, err = g.Query(t.Context(), "ORDER00002")
	if !errors.Is(err, payments.ErrOrderNotExist) {
		t.Errorf("an unknown order: %v", err)
	}
	if open.answers.Load() != 3 || open.bodies.Load() != 0 {
		t.Errorf("of %d answers %d are open", open.answers.Load(), open.bodies.Load())
	}
}

// opened counts answers, and those of them that are not closed.
type opened struct{ answers, bodies atomic.Int64 }

func (o *opened) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	o.answers.Add(1)
	o.bodies.Add(1)
	response.Body = &closedOnce{ReadCloser: response.Body, closed: sync.OnceFunc(func() { o.bodies.Add(-1) })}
	return response, nil
}

type closedOnce struct {
	io.ReadCloser
	closed func()
}

func (c *closedOnce) Close() error {
	c.closed()
	return c.ReadCloser.Close()
}

func TestErrorsAreNormalisedAndHoldNoSecret(t *testing.T) {
	t.Parallel()
	sim := wechatpaytest.New(wechatpaytest.Options{})
	g := gateway(t, config(t, sim))
	tests := []struct {
		op     wechatpaytest.Op
		status int
		code   string
		want   error
		text   string
	}{
		{wechatpaytest.Query, 404, "ORDERNOTEXIST", payments.ErrOrderNotExist, "wechatpay: query: 404 ORDERNOTEXIST"},
		{wechatpaytest.Query, 404, "ORDER_NOT_EXIST", payments.ErrOrderNotExist, "wechatpay: query: 404 ORDER_NOT_EXIST"},
		{wechatpaytest.Query, 429, "", payments.ErrTooFast, "wechatpay: query: 429 "},
		{wechatpaytest.Query, 500, "x<script>; DROP", nil, "wechatpay: query: 500 DROP"},
		{wechatpaytest.Close, 400, "ORDERPAID", payments.ErrOrderPaid, "wechatpay: close: 400 ORDERPAID"},
		{wechatpaytest.Close, 400, "ORDER_PAID", payments.ErrOrderPaid, "wechatpay: close: 400 ORDER_PAID"},
		{wechatpaytest.Close, 400, "ORDER_CLOSED", payments.ErrOrderClosed, "wechatpay: close: 400 ORDER_CLOSED"},
		{wechatpaytest.Native, 403, "OUT_TRADE_NO_USED", payments.ErrNumberUsed, "wechatpay: native: 403 OUT_TRADE_NO_USED"},
		{wechatpaytest.QueryRefund, 404, "RESOURCE_NOT_EXISTS", payments.ErrRefundNotExist, "wechatpay: query refund: 404 RESOURCE_NOT_EXISTS"},
		{wechatpaytest.RefundOp, 404, "RESOURCE_NOT_EXISTS", nil, "wechatpay: refund: 404 RESOURCE_NOT_EXISTS"},
	}
	for _, test := range tests {
		sim.Faults.Respond(test.op, test.status, test.code, 1)
		err := call(t.Context(), g, test.op)
		var ours *wechatpay.Error
		if !errors.As(err, &ours) || ours.Status != test.status || err.Error() != test.text {
			t.Errorf("%s %s: %v", test.op, test.code, err)
		}
		if got := errors.Unwrap(ours); got != test.want {
			t.Errorf("%s %s means %v, want %v", test.op, test.code, got, test.want)
		}
	}
}

func call(ctx context.Context, g *wechatpay.Gateway, op wechatpaytest.Op) (err error) {
	switch op {
	case wechatpaytest.Native:
		_, err = g.Native(ctx, order("ORDER00001"))
	case wechatpaytest.JSAPI:
		_, err = g.JSAPI(ctx, order("ORDER00002"), "oPatient")
	case wechatpaytest.Query:
		_, err = g.Query(ctx, "ORDER00001")
	case wechatpaytest.Close:
		err = g.Close(ctx, "ORDER00001")
	case wechatpaytest.RefundOp:
		_, err = g.Refund(ctx, payments.RefundOrder{OutTradeNo: "ORDER00001", TransactionID: "42", OutRefundNo: "R1", Amount: 1, Total: 2})
	case wechatpaytest.QueryRefund:
		_, err = g.QueryRefund(ctx, "R1")
	}
	return err
}

func TestAnswersWithAStrangersSignature(t *testing.T) {
	t.Parallel()
	sim := wechatpaytest.New(wechatpaytest.Options{})
	g := gateway(t, config(t, sim))
	for _, op := range []wechatpaytest.Op{wechatpaytest.Native, wechatpaytest.JSAPI, wechatpaytest.Query, wechatpaytest.Close} {
		sim.Faults.BadSignature(op, 1)
		if err := call(t.Context(), g, op); err == nil || !strings.Contains(err.Error(), "valid signature") {
			t.Errorf("%s: %v", op, err)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	sim := wechatpaytest.New(wechatpaytest.Options{})
	c := config(t, sim)
	g := gateway(t, c)
	sim.Faults.TimeoutAfterCommit(wechatpaytest.Native, 1)
	if err := call(t.Context(), g, wechatpaytest.Native); err == nil || err.Error() != "wechatpay: native: no answer" {
		t.Errorf("a broken connection: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := call(ctx, g, wechatpaytest.Query); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	c.API, c.Client = silent.URL, &http.Client{Timeout: 50 * time.Millisecond}
	if err := call(t.Context(), gateway(t, c), wechatpaytest.Query); err == nil || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("a server that says nothing: %v", err)
	}
}

func TestLongSubjectsAreCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	sim := wechatpaytest.New(wechatpaytest.Options{})
	g := gateway(t, config(t, sim))
	o := order("ORDER00001")
	o.Subject = strings.Repeat("挂", 80)
	_, err := g.Native(t.Context(), o)
	must(t, err)
	if got, _ := sim.Order("ORDER00001"); got.Description != strings.Repeat("挂", 42) {
		t.Errorf("the payer reads %q", got.Description)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	sim := wechatpaytest.New(wechatpaytest.Options{})
	good := config(t, sim)
	must(t, gateway(t, good).Check(t.Context()))
	if v := sim.Violations(); len(v) != 0 {
		t.Errorf("violations: %q", v)
	}
	tests := map[string]struct {
		change func(*wechatpay.Config)
		want   string
	}{
		"another merchant's serial": {func(c *wechatpay.Config) { c.Serial = "AB" }, "of one merchant?"},
		"another private key":       {func(c *wechatpay.Config) { c.PrivateKeyPEM = otherKey(t) }, "of one merchant?"},
		"another public key":        {func(c *wechatpay.Config) { c.PublicKeyPEM = publicPart(t, otherKey(t)) }, "not signed with the configured public key"},
		"nobody there":              {func(c *wechatpay.Config) { c.API = "http://127.0.0.1:1" }, "no answer"},
	}
	for name, test := range tests {
		c := good
		test.change(&c)
		if err := gateway(t, c).Check(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want words like %q", name, err, test.want)
		}
	}
}

func otherKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

func publicPart(t *testing.T, private string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(private))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(t, err)
	return pemOf("PUBLIC KEY", der)
}
