package wechatpay

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config is what a merchant has from the merchant platform (pay.weixin.qq.com), and where we are.
type Config struct {
	MchID         string // the merchant's number
	Serial        string // serial number of the merchant's API certificate
	PrivateKeyPEM string // content of apiclient_key.pem
	APIv3Key      string // 32 bytes
	PublicKeyID   string // of WeChat Pay's public key: PUB_KEY_ID_…
	PublicKeyPEM  string // content of pub_key.pem
	AppID         string // of the Official Account that is bound to the merchant
	NotifyURL     string // where notices of payments and refunds go; https, without parameters
	API           string // base URL instead of https://api.mch.weixin.qq.com; scheme and host only; "" is the real one

	Client *http.Client // default: one with a time-out of 10 s
	Log    *slog.Logger // default: discard
}

const (
	callTimeout = 10 * time.Second
	maxAnswer   = 4 << 20 // bytes
	minKeyBits  = 2048

	billTimeout = 15 * time.Minute
	maxBill     = 8 << 30 // bytes
)

// check says in words what of the configuration cannot work.
func (c Config) check() error {
	var wrong []error
	say := func(bad bool, words string) {
		if bad {
			wrong = append(wrong, errors.New(words))
		}
	}
	serial, serialErr := hex.DecodeString(c.Serial)
	say(c.MchID == "" || strings.Trim(c.MchID, "0123456789") != "", "the merchant number (mchid) must consist of digits")
	say(serialErr != nil || len(serial) == 0, "the serial number of the merchant's certificate must be hexadecimal, as the merchant platform shows it")
	say(len(c.APIv3Key) != 32, fmt.Sprintf("the APIv3 key must have 32 bytes, this one has %d", len(c.APIv3Key)))
	say(!strings.HasPrefix(c.PublicKeyID, "PUB_KEY_ID_"), "the ID of WeChat Pay's public key must begin with PUB_KEY_ID_")
	say(!strings.HasPrefix(c.AppID, "wx"), "the appid of the Official Account must begin with wx")
	if err := checkNotifyURL(c.NotifyURL); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

func checkNotifyURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || len(raw) > 255 {
		return errors.New("the notify URL must be absolute, without parameters, of at most 255 bytes")
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return errors.New("the notify URL must be https: WeChat Pay delivers nowhere else")
	}
	return nil
}

// block decodes the one PEM block that a key file holds.
func block(text, name string) (*pem.Block, error) {
	decoded, _ := pem.Decode([]byte(strings.TrimSpace(text)))
	if decoded == nil {
		return nil, fmt.Errorf("%s is not PEM: it must hold the lines from -----BEGIN to -----END", name)
	}
	return decoded, nil
}

func privateKey(text string) (*rsa.PrivateKey, error) {
	const name = "the merchant's private key (apiclient_key.pem)"
	b, err := block(text, name)
	if err != nil {
		return nil, err
	}
	var key any
	switch b.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(b.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(b.Bytes)
	default:
		return nil, fmt.Errorf("%s holds a %.40q instead of a private key", name, b.Type)
	}
	private, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s is damaged, or no RSA key", name)
	}
	if bits := private.N.BitLen(); bits < minKeyBits {
		return nil, fmt.Errorf("%s has %d bits: WeChat Pay wants %d", name, bits, minKeyBits)
	}
	return private, nil
}

func publicKey(text string) (*rsa.PublicKey, error) {
	const name = "WeChat Pay's public key (pub_key.pem)"
	b, err := block(text, name)
	if err != nil {
		return nil, err
	}
	if b.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf("%s holds a %.40q: the public key is wanted, not a certificate or a private key", name, b.Type)
	}
	key, err := x509.ParsePKIXPublicKey(b.Bytes)
	public, ok := key.(*rsa.PublicKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s is damaged, or no RSA key", name)
	}
	if bits := public.N.BitLen(); bits < minKeyBits {
		return nil, fmt.Errorf("%s has %d bits: WeChat Pay's have %d", name, bits, minKeyBits)
	}
	return public, nil
}

// client gives the HTTP client for the SDK: redirected to another host if one is configured, with bounded answers, and following
// no redirects.
func (c Config) client() (*http.Client, error) {
	var client http.Client
	if c.Client != nil {
		client = *c.Client
	}
	transport := redirect{next: client.Transport, limit: maxAnswer, timeout: cmp.Or(client.Timeout, callTimeout)}
	client.Timeout = 0
	if transport.next == nil {
		transport.next = http.DefaultTransport
	}
	if c.API != "" {
		u, err := url.Parse(c.API)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return nil, errors.New("the API base URL of WeChat Pay must be a scheme and a host only, like https://api.mch.weixin.qq.com: the path is signed")
		}
		transport.to = u
	}
	client.Transport = transport
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client, nil
}

// billClient is client for files: they are longer, and take longer.
func (c Config) billClient() (*http.Client, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	transport := client.Transport.(redirect)
	transport.limit, transport.timeout = maxBill, billTimeout
	client.Transport = transport
	return client, nil
}

// redirect sends requests to another host, and cuts answers that are too long.
//
// It has the client's timeout as well. The SDK reads answers to their end and does not close them, and a client's own timeout keeps
// all that belongs to a call until it is closed, or over.
type redirect struct {
	to      *url.URL
	next    http.RoundTripper
	limit   int64         // of a successful answer's body, in bytes
	timeout time.Duration // from the request to the end of the answer's body
}

func (r redirect) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(request.Context(), r.timeout)
	request = request.Clone(ctx)
	if r.to != nil {
		request.URL.Scheme, request.URL.Host, request.Host = r.to.Scheme, r.to.Host, ""
	}
	response, err := r.next.RoundTrip(request)
	if err != nil {
		cancel()
		return nil, err
	}
	limit := r.limit
	if response.StatusCode >= http.StatusMultipleChoices {
		limit = maxAnswer
	}
	response.Body = &answer{Reader: io.LimitReader(response.Body, limit), body: response.Body, end: cancel}
	return response, nil
}

// answer is the body of a response. With its end ends what waits for it.
type answer struct {
	io.Reader
	body io.Closer
	end  context.CancelFunc
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err != nil {
		_ = a.Close() // it was read, or cannot be
	}
	return n, err
}

func (a *answer) Close() error {
	defer a.end()
	return a.body.Close()
}
