package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"guahao/bots"
)

// How the connection is encrypted.
const (
	StartTLS    = "starttls" // the port for submission, 587
	ImplicitTLS = "tls"      // 465
	NoTLS       = "none"     // a relay on the same machine
)

const timeout = 10 * time.Second

// Config is a mail server that takes what we send. Addr and From are required.
type Config struct {
	Addr     string // host:port
	From     string // the sender: noreply@example.com, or 市一医院 <noreply@example.com>
	User     string // "": without authentication
	Password string
	TLS      string      // "": StartTLS
	Trust    *tls.Config // nil: the machine's certificates
	Now      func() time.Time
}

// SMTP sends through a mail server, over a connection of its own for each e-mail.
type SMTP struct {
	host string
	from *mail.Address
	opts []gomail.Option
	now  func() time.Time
}

var _ Sender = (*SMTP)(nil)

// New checks the configuration and calls nobody.
func New(c Config) (*SMTP, error) {
	host, port, err := net.SplitHostPort(c.Addr)
	number, wrong := strconv.Atoi(port)
	if err != nil || wrong != nil || host == "" || number < 1 || number > 65535 {
		return nil, fmt.Errorf("the mail server's address is %q: want host:port", c.Addr)
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("the sender of e-mails is %q: want an address", c.From)
	}
	s := &SMTP{host: host, from: from, now: c.Now}
	trust := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.Trust != nil {
		trust = c.Trust
	}
	s.opts = []gomail.Option{gomail.WithPort(number), gomail.WithTimeout(timeout), gomail.WithTLSConfig(trust), gomail.WithoutNoop()}
	switch c.TLS {
	case "", StartTLS:
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case ImplicitTLS:
		s.opts = append(s.opts, gomail.WithSSL())
	case NoTLS:
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("the encryption of e-mail is %q: want %s, %s or %s", c.TLS, StartTLS, ImplicitTLS, NoTLS)
	}
	if c.User != "" {
		s.opts = append(s.opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	return s, nil
}

// Check connects and logs in, and sends nothing.
func (s *SMTP) Check(ctx context.Context) error {
	client, err := gomail.NewClient(s.host, s.opts...)
	if err != nil {
		return errors.New("the mail client cannot be made")
	}
	if err := client.DialWithContext(ctx); err != nil {
		return outcome(err)
	}
	return client.Close()
}

// Send sends one e-mail.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	message, err := s.compose(m)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.host, s.opts...)
	if err != nil {
		return errors.New("the mail client cannot be made")
	}
	err = client.DialAndSendWithContext(ctx, message)
	if message.IsDelivered() {
		return nil // what went wrong afterwards, on parting, is no matter
	}
	return outcome(err)
}

func (s *SMTP) compose(m Message) (*gomail.Msg, error) {
	message := gomail.NewMsg()
	message.FromMailAddress(s.from)
	if err := message.To(m.To); err != nil {
		return nil, bots.ErrUnreachable // an address that this library does not take, no server does
	}
	message.Subject(strings.Join(strings.Fields(m.Subject), " "))
	message.SetMessageID()
	message.SetDateWithValue(s.now())
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday note comes back
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	page, err := page(m)
	if err != nil {
		return nil, err
	}
	message.AddAlternativeString(gomail.TypeTextHTML, page)
	for _, f := range m.Files {
		if err := message.AttachReader(f.Name, bytes.NewReader(f.Data), gomail.WithFileContentType(gomail.ContentType(f.Type))); err != nil {
			return nil, fmt.Errorf("attach %s: %w", f.Name, err)
		}
	}
	return message, nil
}

// outcome makes of what went wrong what [bots.Sender] promises. What a server says can hold the address, so that only its code stays.
func outcome(err error) error {
	var refused *gomail.SendError
	var said *textproto.Error
	var network *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		if refused.Reason == gomail.ErrSMTPRcptTo && !refused.IsTemp() {
			return bots.ErrUnreachable
		}
		return fmt.Errorf("the mail server took no e-mail: %s, code %d", refused.Reason, refused.ErrorCode())
	case errors.As(err, &said):
		return fmt.Errorf("the mail server refused: code %d", said.Code)
	case errors.As(err, &network):
		return fmt.Errorf("the mail server cannot be reached: %s", network.Op)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	}
	return errors.New("the mail server cannot be used: its encryption, its certificate or the login does not fit")
}

var html = template.Must(template.New("email").Parse(`<!doctype html>
<html lang="{{if eq .Lang "en"}}en{{else}}zh-CN{{end}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Subject}}</title></head>
<body style="margin:0;padding:24px 12px;background:#f4f6f8;font:17px/1.7 -apple-system,'PingFang SC','Microsoft YaHei',sans-serif;color:#1f2933">
<div style="max-width:560px;margin:0 auto;background:#fff;border-radius:12px;padding:24px">
{{range $i, $part := .Parts}}{{if eq $i 0}}<h1 style="font-size:21px;line-height:1.4;margin:0 0 12px">{{range $part}}{{.}}<br>{{end}}</h1>{{else}}<p style="margin:0 0 14px">{{range $part}}{{.}}<br>{{end}}</p>{{end}}
{{end}}</div></body></html>
`))

// page is the text as HTML: what an empty line parts is a paragraph, and the first one is the heading.
func page(m Message) (string, error) {
	var parts [][]string
	for part := range strings.SplitSeq(strings.TrimSpace(m.Text), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, strings.Split(part, "\n"))
		}
	}
	var text strings.Builder
	err := html.Execute(&text, struct {
		Lang, Subject string
		Parts         [][]string
	}{m.Lang, m.Subject, parts})
	if err != nil {
		return "", fmt.Errorf("write an e-mail as HTML: %w", err)
	}
	return text.String(), nil
}
