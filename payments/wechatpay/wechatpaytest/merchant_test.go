package wechatpaytest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"guahao/payments/wechatpay/wechatpaytest"
)

// merchant is a client that signs by itself, so that the simulator is not judged by the SDK alone.
type merchant struct {
	t   *testing.T
	sim *wechatpaytest.Server
	api *httptest.Server
	c   wechatpaytest.Credentials
	key *rsa.PrivateKey
	now time.Time // of the simulator; moved by tests
	mu  sync.Mutex
}

func newMerchant(t *testing.T, o wechatpaytest.Options) *merchant {
	t.Helper()
	m := &merchant{t: t, now: time.Now()}
	o.Now = func() time.Time {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.now
	}
	m.sim = wechatpaytest.New(o)
	m.api = httptest.NewServer(m.sim)
	t.Cleanup(m.api.Close)
	c, err := m.sim.Credentials(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m.c = c
	block, _ := pem.Decode([]byte(c.PrivateKeyPEM))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	m.key = key.(*rsa.PrivateKey)
	return m
}

func (m *merchant) add(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// request makes a correctly signed request; change may spoil it before it is signed, or after.
func (m *merchant) request(method, path, body string) *http.Request {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), method, m.api.URL+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "test")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Wechatpay-Serial", m.c.PublicKeyID)
	m.sign(r, body, time.Now(), rand.Text())
	return r
}

func (m *merchant) sign(r *http.Request, body string, at time.Time, nonce string) {
	m.t.Helper()
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\n%s\n%d\n%s\n%s\n", r.Method, r.URL.RequestURI(), at.Unix(), nonce, body)))
	signed, err := rsa.SignPKCS1v15(rand.Reader, m.key, crypto.SHA256, sum[:])
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Authorization", fmt.Sprintf(`WECHATPAY2-SHA256-RSA2048 mchid="%s",nonce_str="%s",timestamp="%d",serial_no="%s",signature="%s"`,
		m.c.MchID, nonce, at.Unix(), m.c.Serial, base64.StdEncoding.EncodeToString(signed)))
}

// do gives the status, the code of an error, and the whole body.
func (m *merchant) do(r *http.Request) (status int, code string, body []byte) {
	m.t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	if answer.StatusCode < 300 {
		m.verify(answer.Header, body)
	}
	var problem struct{ Code string }
	_ = json.Unmarshal(body, &problem)
	return answer.StatusCode, problem.Code, body
}

func (m *merchant) verify(h http.Header, body []byte) {
	m.t.Helper()
	block, _ := pem.Decode([]byte(m.c.PublicKeyPEM))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		m.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(h.Get("Wechatpay-Timestamp") + "\n" + h.Get("Wechatpay-Nonce") + "\n" + string(body) + "\n"))
	signed, err := base64.StdEncoding.DecodeString(h.Get("Wechatpay-Signature"))
	if err != nil || rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], signed) != nil || h.Get("Wechatpay-Serial") != m.c.PublicKeyID {
		m.t.Fatal("the answer is not signed by the platform")
	}
}

// body is a correct Native order with fields changed; a nil value removes one.
func (m *merchant) body(change map[string]any) string {
	m.t.Helper()
	fields := map[string]any{
		"appid": m.c.AppID, "mchid": m.c.MchID, "description": "挂号费", "out_trade_no": "ORDER00001", "notify_url": "https://hospital.example/notify",
		"time_expire": time.Now().Add(30 * time.Minute).In(time.FixedZone("", 8*3600)).Format(time.RFC3339), "amount": map[string]any{"total": 5000, "currency": "CNY"},
	}
	for name, value := range change {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(encoded)
}

const nativePath = "/v3/pay/transactions/native"

func (m *merchant) order(change map[string]any) (codeURL string) {
	m.t.Helper()
	status, _, body := m.do(m.request(http.MethodPost, nativePath, m.body(change)))
	var answer struct {
		CodeURL string `json:"code_url"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
		m.t.Fatalf("order: %d %s", status, body)
	}
	return answer.CodeURL
}
