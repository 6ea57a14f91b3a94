package wechattest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxReplyText is how many bytes a passive reply's text may have.
const maxReplyText = 2047

// transferKind is a response that gives the message to the customer-service staff.
const transferKind = "transfer_customer_service"

type replyXML struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   string
	MsgType      string
	Content      string
}

type encryptedXML struct {
	XMLName      xml.Name `xml:"xml"`
	Encrypt      string
	MsgSignature string
	TimeStamp    string
	Nonce        string
}

// readReply checks a response's body. A nil message means that the program has nothing to say.
func (s *Server) readReply(u *User, body string) (*Message, error) {
	if body == "" || body == "success" {
		return nil, nil
	}
	if !utf8.ValidString(body) {
		return nil, errors.New("it is not UTF-8")
	}
	if s.key != nil {
		plain, err := s.openReply(body)
		if err != nil {
			return nil, err
		}
		body = plain
	}
	var r replyXML
	if err := xml.Unmarshal([]byte(body), &r); err != nil {
		return nil, fmt.Errorf("it is not XML: %w", err)
	}
	switch {
	case r.ToUserName != u.OpenID:
		return nil, fmt.Errorf("ToUserName is %q and not the user", r.ToUserName)
	case r.FromUserName != s.options.OriginalID:
		return nil, fmt.Errorf("FromUserName is %q and not the account", r.FromUserName)
	case r.MsgType == transferKind:
		if err := s.recent("CreateTime", r.CreateTime); err != nil {
			return nil, err
		}
		return &Message{Kind: transferKind}, nil
	case r.MsgType != "text":
		return nil, fmt.Errorf("MsgType is %q: only text and a transfer to the staff are known here", r.MsgType)
	case strings.TrimSpace(r.Content) == "":
		return nil, errors.New("its Content is empty")
	case len(r.Content) > maxReplyText:
		return nil, fmt.Errorf("its Content has %d bytes, of %d allowed", len(r.Content), maxReplyText)
	}
	if err := s.recent("CreateTime", r.CreateTime); err != nil {
		return nil, err
	}
	m := s.textMessage(r.Content)
	s.checkLinks("a reply", m)
	return &m, nil
}

// openReply checks and decrypts a safe mode reply.
func (s *Server) openReply(body string) (string, error) {
	var e encryptedXML
	if err := xml.Unmarshal([]byte(body), &e); err != nil {
		return "", fmt.Errorf("it is not XML: %w", err)
	}
	if e.Encrypt == "" {
		return "", errors.New("it is in plaintext although the account is in safe mode")
	}
	if e.Nonce == "" {
		return "", errors.New("it has no Nonce")
	}
	if err := s.recent("TimeStamp", e.TimeStamp); err != nil {
		return "", err
	}
	if e.MsgSignature != Signature(s.options.Token, e.TimeStamp, e.Nonce, e.Encrypt) {
		return "", errors.New("its MsgSignature is wrong")
	}
	plain, appID, err := Decrypt(s.key, e.Encrypt)
	if err != nil {
		return "", fmt.Errorf("it cannot be decrypted: %w", err)
	}
	if appID != s.options.AppID {
		return "", fmt.Errorf("it was encrypted for %q", appID)
	}
	return plain, nil
}

// recent checks a time in Unix seconds against the platform's clock.
func (s *Server) recent(name, text string) error {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("its %s is %q", name, text)
	}
	if age := s.now().Sub(time.Unix(seconds, 0)); age > 5*time.Minute || age < -5*time.Minute {
		return fmt.Errorf("its %s is %s off", name, age)
	}
	return nil
}
