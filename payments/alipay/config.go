package alipay

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
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

// Config is what a merchant has from the open platform (open.alipay.com), and where we are.
type Config struct {
	AppID         string // of the web or mobile application: 16 digits
	SellerID      string // the account that the money goes to, 2088…; "": the one that signed for the application
	PrivateKeyPEM string // the application's private key: PEM, or the bare base64 of the platform's key tool
	PublicKeyPEM  string // Alipay's public key (not the application's), in the same forms
	NotifyURL     string // where notices go; https, without parameters
	API           string // the gateway's URL instead of https://openapi.alipay.com/gateway.do

	Client *http.Client // default: one with a time-out of 10 s
	Log    *slog.Logger // default: discard
}

const (
	gatewayURL  = "https://openapi.alipay.com/gateway.do"
	callTimeout = 10 * time.Second
	maxAnswer   = 4 << 20 // bytes
	billTimeout = 10 * time.Minute
	maxBill     = 4 << 30 // bytes, packed
	minKeyBits  = 2048
)

// check says in words what of the configuration cannot work.
func (c Config) check() error {
	var wrong []error
	say := func(bad bool, words string) {
		if bad {
			wrong = append(wrong, errors.New(words))
		}
	}
	say(c.AppID == "" || !digits(c.AppID) || len(c.AppID) > 32, "the app id must consist of digits")
	say(c.SellerID != "" && (!digits(c.SellerID) || !strings.HasPrefix(c.SellerID, "2088") || len(c.SellerID) != 16), "the seller id must be 16 digits that begin with 2088")
	if err := checkNotifyURL(c.NotifyURL); err != nil {
		wrong = append(wrong, err)
	}
	if u, err := url.Parse(c.API); c.API != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "") {
		wrong = append(wrong, errors.New("the API URL of Alipay must be absolute and without parameters, like "+gatewayURL))
	}
	return errors.Join(wrong...)
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func checkNotifyURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || len(raw) > 256 {
		return errors.New("the notify URL must be absolute, without parameters, of at most 256 bytes")
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return errors.New("the notify URL must be https")
	}
	return nil
}

// decode gives the DER that a key file holds.
func decode(text, name string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes, nil
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(der) == 0 {
		return nil, fmt.Errorf("%s is neither PEM nor base64", name)
	}
	return der, nil
}

// privateKey checks the key and gives it in the form that the SDK reads.
func privateKey(text string) (string, error) {
	const name = "the application's private key"
	der, err := decode(text, name)
	if err != nil {
		return "", err
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		parsed, pkcs8 := x509.ParsePKCS8PrivateKey(der)
		private, ok := parsed.(*rsa.PrivateKey)
		if pkcs8 != nil || !ok {
			return "", fmt.Errorf("%s is damaged, or no RSA private key", name)
		}
		key = private
	}
	if bits := key.N.BitLen(); bits < minKeyBits {
		return "", fmt.Errorf("%s has %d bits: RSA2 wants %d", name, bits, minKeyBits)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), nil
}

// publicKey is privateKey for Alipay's.
func publicKey(text string) (string, error) {
	const name = "Alipay's public key"
	der, err := decode(text, name)
	if err != nil {
		return "", err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	public, ok := key.(*rsa.PublicKey)
	if err != nil || !ok {
		return "", fmt.Errorf("%s is damaged, or no RSA public key: a certificate or a private key does not do", name)
	}
	if bits := public.N.BitLen(); bits < minKeyBits {
		return "", fmt.Errorf("%s has %d bits: RSA2 has %d", name, bits, minKeyBits)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// client gives the HTTP client for the SDK: with bounded answers, and following no redirects.
func (c Config) client() *http.Client {
	client := http.Client{Timeout: callTimeout}
	if c.Client != nil {
		client = *c.Client
	}
	if client.Timeout == 0 {
		client.Timeout = callTimeout
	}
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	client.Transport = bounded{next, maxAnswer}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// fileClient is client for files: they are longer, and take longer.
func (c Config) fileClient() *http.Client {
	client := c.client()
	client.Timeout = billTimeout
	client.Transport = bounded{client.Transport.(bounded).next, maxBill}
	return client
}

// bounded cuts answers that are too long.
type bounded struct {
	next  http.RoundTripper
	limit int64 // of an answer's body, in bytes
}

func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, b.limit), response.Body}
	return response, nil
}
