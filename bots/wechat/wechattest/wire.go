package wechattest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// element is one child of the <xml> that the platform sends.
type element struct{ name, value string }

// envelope is a message's XML as the platform writes it; it needs s.mu.
func (s *Server) envelope(u *User, at time.Time, msgType string, content []element) string {
	return document(append([]element{
		{"ToUserName", s.options.OriginalID}, {"FromUserName", u.OpenID},
		{"CreateTime", strconv.FormatInt(at.Unix(), 10)}, {"MsgType", msgType},
	}, content...))
}

func document(elements []element) string {
	var b strings.Builder
	b.WriteString("<xml>")
	for _, e := range elements {
		switch e.name {
		case "CreateTime", "MsgId", "MsgID", "Location_X", "Location_Y", "Scale", "Latitude", "Longitude", "Precision", "bizmsgmenuid":
			fmt.Fprintf(&b, "<%s>%s</%[1]s>\n", e.name, e.value)
		default:
			value := strings.ReplaceAll(e.value, "]]>", "]]]]><![CDATA[>")
			fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%[1]s>\n", e.name, value)
		}
	}
	b.WriteString("</xml>")
	return b.String()
}

// Signature is the platform's: the hexadecimal SHA-1 of the sorted parts.
func Signature(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// NewAESKey makes an EncodingAESKey as the platform's settings page does.
func NewAESKey() string {
	return base64.RawStdEncoding.EncodeToString([]byte(rand.Text()[:16] + rand.Text()[:16]))
}

const padTo = 32 // bytes: PKCS#7 with a block of 32, although AES has 16

// Encrypt makes the base64 text of an <Encrypt> element: AES-256-CBC over 16 random bytes, the length, the message and the AppID.
func Encrypt(key []byte, appID, message string) string {
	plain := make([]byte, 20, 20+len(message)+len(appID)+padTo)
	_, _ = rand.Read(plain[:16])
	binary.BigEndian.PutUint32(plain[16:], uint32(len(message)))
	plain = append(append(plain, message...), appID...)
	pad := padTo - len(plain)%padTo
	for range pad {
		plain = append(plain, byte(pad))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("wechattest: " + err.Error())
	}
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// Decrypt opens what Encrypt makes, checking every byte of the padding, and tells the AppID inside.
func Decrypt(key []byte, text string) (message, appID string, err error) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", "", fmt.Errorf("not base64: %w", err)
	}
	if len(data) == 0 || len(data)%padTo != 0 {
		return "", "", fmt.Errorf("%d bytes are no multiple of %d", len(data), padTo)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", "", err
	}
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > padTo || len(data)-pad < 20 {
		return "", "", errors.New("the padding is wrong")
	}
	for _, b := range data[len(data)-pad:] {
		if int(b) != pad {
			return "", "", errors.New("the padding is wrong")
		}
	}
	data = data[:len(data)-pad]
	length := int(binary.BigEndian.Uint32(data[16:20]))
	if length > len(data)-20 {
		return "", "", errors.New("the length is wrong")
	}
	return string(data[20 : 20+length]), string(data[20+length:]), nil
}
