package wechat

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	wechatmessage "github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"
)

const (
	maxBody = 1 << 20         // bytes
	maxAge  = 5 * time.Minute // of a request's timestamp, either way
)

// authenticate checks that the request's timestamp and nonce are signed with our token and that the timestamp is of now.
// It reads nothing but the query.
func (a *Account) authenticate(r *http.Request) *refusal {
	q := r.URL.Query()
	timestamp, nonce := q.Get("timestamp"), q.Get("nonce")
	if timestamp == "" || nonce == "" || len(timestamp) > 20 || len(nonce) > 128 {
		return unauthorized("timestamp or nonce is missing or too long")
	}
	if !equal(q.Get("signature"), signature(a.cfg.Token, timestamp, nonce)) {
		return unauthorized("the signature is wrong")
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return unauthorized("the timestamp is no number")
	}
	// Compared in seconds: a time.Duration overflows with the timestamps that strangers write.
	now, limit := a.cfg.Now().Unix(), int64(maxAge/time.Second)
	if seconds < now-limit || seconds > now+limit {
		return unauthorized("the timestamp is too old or too new")
	}
	return nil
}

// open authenticates a POST and returns its message in plain.
func (a *Account) open(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	if refused := a.authenticate(r); refused != nil {
		return nil, refused
	}
	encrypted := r.URL.Query().Get("encrypt_type") == "aes"
	switch {
	case a.cfg.AESKey != "" && !encrypted:
		return nil, unauthorized("a message in plaintext, although an AES key is set")
	case a.cfg.AESKey == "" && encrypted:
		return nil, badBody("an encrypted message, although no AES key is set")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, badBody("the body is cut short or too long")
	}
	if !encrypted {
		return body, nil
	}
	return a.decrypt(r, body)
}

// decrypt opens the envelope of safe mode, after checking the signature over what is in it.
func (a *Account) decrypt(r *http.Request, body []byte) ([]byte, *refusal) {
	var envelope wechatmessage.EncryptedXMLMsg
	if err := xml.Unmarshal(body, &envelope); err != nil || envelope.EncryptedMsg == "" {
		return nil, badBody("the envelope cannot be read")
	}
	q := r.URL.Query()
	if !equal(q.Get("msg_signature"), signature(a.cfg.Token, q.Get("timestamp"), q.Get("nonce"), envelope.EncryptedMsg)) {
		return nil, unauthorized("the message's signature is wrong")
	}
	_, plain, err := util.DecryptMsg(a.cfg.AppID, envelope.EncryptedMsg, a.cfg.AESKey)
	if err != nil {
		return nil, badBody("the message cannot be decrypted")
	}
	return plain, nil
}

// remember ties the request's triple to its message, for all replicas.
func (a *Account) remember(r *http.Request, body []byte) *refusal {
	q := r.URL.Query()
	fresh, err := a.nonces.remember(r.Context(), q.Get("timestamp"), q.Get("nonce"), body)
	if err != nil {
		return a.unhandled(err)
	}
	if !fresh {
		return unauthorized("the nonce was used for another message")
	}
	a.pruneNonces(r.Context())
	return nil
}

// signature is the platform's: the SHA-1 of the sorted parts, in hexadecimal.
func signature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
