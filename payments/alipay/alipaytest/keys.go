package alipaytest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// keys are made once in a process: making RSA keys takes longer than most tests.
var keys = sync.OnceValue(func() (k struct{ application, platform, stranger *rsa.PrivateKey }) {
	for _, target := range []**rsa.PrivateKey{&k.application, &k.platform, &k.stranger} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(fmt.Sprintf("make an RSA key: %v", err))
		}
		*target = key
	}
	return k
})

// Credentials is what a merchant has from Alipay, and so what the program is configured with.
type Credentials struct {
	AppID, SellerID string
	PrivateKeyPEM   string // the application's, PKCS #8
	PublicKeyPEM    string // Alipay's
	KeyFile         string // where PrivateKeyPEM was written
	PublicKeyFile   string // where PublicKeyPEM was written
}

// Credentials gives the application's credentials and writes both PEM files into dir; with dir "" no file is written.
func (s *Server) Credentials(dir string) (Credentials, error) {
	c := Credentials{AppID: s.options.AppID, SellerID: s.options.SellerID}
	private, err := x509.MarshalPKCS8PrivateKey(s.application)
	if err != nil {
		return c, fmt.Errorf("encode the application's key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&s.platform.PublicKey)
	if err != nil {
		return c, fmt.Errorf("encode the platform's key: %w", err)
	}
	c.PrivateKeyPEM = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	c.PublicKeyPEM = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	if dir == "" {
		return c, nil
	}
	c.KeyFile, c.PublicKeyFile = filepath.Join(dir, "alipay_app_key.pem"), filepath.Join(dir, "alipay_public_key.pem")
	if err := os.WriteFile(c.KeyFile, []byte(c.PrivateKeyPEM), 0o600); err != nil {
		return c, err
	}
	return c, os.WriteFile(c.PublicKeyFile, []byte(c.PublicKeyPEM), 0o600)
}

func sign(key *rsa.PrivateKey, content []byte) string {
	sum := sha256.Sum256(content)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Sprintf("sign: %v", err))
	}
	return base64.StdEncoding.EncodeToString(signature)
}

func verify(key *rsa.PublicKey, content []byte, signature string) bool {
	raw, err := base64.StdEncoding.DecodeString(signature)
	sum := sha256.Sum256(content)
	return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) == nil
}

// content is what is signed of parameters: all but those left out and the empty ones, by name.
func content(values url.Values, without ...string) []byte {
	var pairs []string
	for name := range values {
		if value := values.Get(name); value != "" && !slices.Contains(without, name) {
			pairs = append(pairs, name+"="+value)
		}
	}
	slices.Sort(pairs)
	return []byte(strings.Join(pairs, "&"))
}
