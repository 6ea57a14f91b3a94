package wechatpaytest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	scheme       = "WECHATPAY2-SHA256-RSA2048"
	maxClockSkew = 5 * time.Minute
	keptNonces   = 100_000
)

var authorizationField = regexp.MustCompile(`^([a-z_]+)="([^"]*)"$`)

// authorize checks who calls, on the raw bytes: METHOD\nURI\ntimestamp\nnonce\nbody\n.
func (s *Server) authorize(r *http.Request, body []byte) *apiError {
	denied := func(why string) *apiError { return problem(http.StatusUnauthorized, "SIGN_ERROR", why) }
	kind, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if kind != scheme {
		return denied("Authorization must be of type " + scheme)
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		match := authorizationField.FindStringSubmatch(strings.TrimSpace(part))
		if match == nil {
			return denied("Authorization has a malformed field")
		}
		fields[match[1]] = match[2]
	}
	if fields["mchid"] != s.mchID || fields["serial_no"] != s.serial {
		return denied("mchid or serial_no is not this merchant's")
	}
	seconds, err := strconv.ParseInt(fields["timestamp"], 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > maxClockSkew {
		return denied("timestamp is off by more than five minutes")
	}
	message := fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n", r.Method, r.URL.RequestURI(), fields["timestamp"], fields["nonce_str"], body)
	if !verify(&s.merchant.PublicKey, message, fields["signature"]) {
		return denied("the signature does not match the request")
	}
	if !s.fresh(fields["nonce_str"]) {
		return denied("nonce_str was used before")
	}
	return s.checkHeaders(r)
}

func (s *Server) fresh(nonce string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(nonce) < 8 || len(nonce) > 32 || s.nonces[nonce] {
		return false
	}
	if len(s.nonces) >= keptNonces {
		clear(s.nonces)
	}
	s.nonces[nonce] = true
	return true
}

func (s *Server) checkHeaders(r *http.Request) *apiError {
	if r.Header.Get("Accept") == "" || r.Header.Get("User-Agent") == "" {
		return problem(http.StatusBadRequest, "PARAM_ERROR", "Accept and User-Agent are required")
	}
	if serial := r.Header.Get("Wechatpay-Serial"); serial != s.keyID && !strings.HasPrefix(r.URL.Path, "/v3/billdownload/") {
		return problem(http.StatusBadRequest, "PARAM_ERROR", "Wechatpay-Serial does not name WeChat Pay's public key")
	}
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return problem(http.StatusUnsupportedMediaType, "PARAM_ERROR", "Content-Type must be application/json")
	}
	return nil
}

// sign adds the headers by which the merchant knows the platform.
func (s *Server) sign(header http.Header, key *rsa.PrivateKey, body []byte) {
	timestamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), rand.Text()
	header.Set("Wechatpay-Timestamp", timestamp)
	header.Set("Wechatpay-Nonce", nonce)
	header.Set("Wechatpay-Serial", s.keyID)
	header.Set("Wechatpay-Signature-Type", scheme)
	header.Set("Wechatpay-Signature", signature(key, timestamp+"\n"+nonce+"\n"+string(body)+"\n"))
	header.Set("Request-Id", rand.Text())
}

func signature(key *rsa.PrivateKey, message string) string {
	sum := sha256.Sum256([]byte(message))
	signed, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Sprintf("sign: %v", err))
	}
	return base64.StdEncoding.EncodeToString(signed)
}

func verify(key *rsa.PublicKey, message, signature string) bool {
	signed, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(message))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signed) == nil
}
