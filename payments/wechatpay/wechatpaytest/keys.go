package wechatpaytest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// keys are made once in a process: making RSA keys takes longer than most tests.
var keys = sync.OnceValue(func() (k struct{ merchant, platform, stranger *rsa.PrivateKey }) {
	for _, target := range []**rsa.PrivateKey{&k.merchant, &k.platform, &k.stranger} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(fmt.Sprintf("make an RSA key: %v", err))
		}
		*target = key
	}
	return k
})

// Credentials is what a merchant has from WeChat Pay, and so what the program is configured with.
type Credentials struct {
	MchID, AppID  string
	Serial        string // serial number of the merchant's certificate
	PrivateKeyPEM string // the merchant's, PKCS #8
	APIv3Key      string // 32 bytes
	PublicKeyID   string // of WeChat Pay's public key: PUB_KEY_ID_…
	PublicKeyPEM  string
	KeyFile       string // where PrivateKeyPEM was written
	PublicKeyFile string // where PublicKeyPEM was written
}

// Credentials gives the merchant's credentials and writes both PEM files into dir; with dir "" no file is written.
func (s *Server) Credentials(dir string) (Credentials, error) {
	c := Credentials{MchID: s.mchID, AppID: s.appID, Serial: s.serial, APIv3Key: s.apiKey, PublicKeyID: s.keyID}
	private, err := x509.MarshalPKCS8PrivateKey(s.merchant)
	if err != nil {
		return c, fmt.Errorf("encode the merchant's key: %w", err)
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
	c.KeyFile = filepath.Join(dir, "apiclient_key.pem")
	c.PublicKeyFile = filepath.Join(dir, "pub_key.pem")
	if err := os.WriteFile(c.KeyFile, []byte(c.PrivateKeyPEM), 0o600); err != nil {
		return c, err
	}
	return c, os.WriteFile(c.PublicKeyFile, []byte(c.PublicKeyPEM), 0o600)
}
