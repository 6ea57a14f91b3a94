package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
	"guahao/reminders/email"
	"guahao/reminders/sms"
)

// SMSConfig is an account for short messages. It is off when Provider is empty.
type SMSConfig struct {
	Provider  string // aliyun or tencent
	KeyID     string
	KeySecret string
	Sign      string // the approved signature
	AppID     string // Tencent's SmsSdkAppId
	Region    string // Tencent's; "" means ap-guangzhou
	Templates string // JSON file: notice kind → template id and parameters
	API       string // base URL; "" means the real one
	Receipts  string // the secret in the path that the provider reports to; "" means that it does not
}

// minReceipts is how long that secret is at least: it is all that tells a report from a stranger's.
const minReceipts = 16

// The providers of short messages.
const (
	aliyunSMS  = "aliyun"
	tencentSMS = "tencent"
)

// MailConfig is the mail server that notices go out by. It is off when Addr is empty.
type MailConfig struct {
	Addr     string // host:port
	From     string // the sender
	User     string // "" means without a login
	Password string
	TLS      string // starttls, tls or none; "" means starttls
}

func outsideSettings() []setting {
	return []setting{
		{"GUAHAO_SMS_PROVIDER", "sms-provider", "who sends short messages: aliyun or tencent", func(c *Config) any { return &c.SMS.Provider }},
		{"GUAHAO_SMS_KEY_ID", "sms-key-id", "id of the provider's access key", func(c *Config) any { return &c.SMS.KeyID }},
		{"GUAHAO_SMS_KEY_SECRET", "sms-key-secret", "secret of the provider's access key", func(c *Config) any { return &c.SMS.KeySecret }},
		{"GUAHAO_SMS_SIGN", "sms-sign", "the approved signature of short messages, without brackets", func(c *Config) any { return &c.SMS.Sign }},
		{"GUAHAO_SMS_TEMPLATES", "sms-templates", "JSON file of the approved templates of short messages", func(c *Config) any { return &c.SMS.Templates }},
		{"GUAHAO_SMS_APP_ID", "sms-app-id", "SmsSdkAppId, of Tencent Cloud", func(c *Config) any { return &c.SMS.AppID }},
		{"GUAHAO_SMS_REGION", "sms-region", "region of Tencent Cloud (default ap-guangzhou)", func(c *Config) any { return &c.SMS.Region }},
		{"GUAHAO_SMS_API", "sms-api", "base URL of the provider's API", func(c *Config) any { return &c.SMS.API }},
		{"GUAHAO_SMS_RECEIPTS", "sms-receipts", "secret of the URL that the provider reports to what did not arrive: /sms/receipts/SECRET", func(c *Config) any { return &c.SMS.Receipts }},
		{"GUAHAO_SMTP_ADDR", "smtp-addr", "mail server that takes our e-mail, as host:port", func(c *Config) any { return &c.Mail.Addr }},
		{"GUAHAO_SMTP_FROM", "smtp-from", "sender of e-mails: noreply@example.com", func(c *Config) any { return &c.Mail.From }},
		{"GUAHAO_SMTP_USER", "smtp-user", "user at the mail server", func(c *Config) any { return &c.Mail.User }},
		{"GUAHAO_SMTP_PASSWORD", "smtp-password", "password at the mail server", func(c *Config) any { return &c.Mail.Password }},
		{"GUAHAO_SMTP_TLS", "smtp-tls", "starttls, tls, or none for a relay on this machine (default starttls)", func(c *Config) any { return &c.Mail.TLS }},
	}
}

func (s SMSConfig) check() error {
	if s == (SMSConfig{}) {
		return nil
	}
	pairs := []string{
		s.Provider, "GUAHAO_SMS_PROVIDER", s.KeyID, "GUAHAO_SMS_KEY_ID", s.KeySecret, "GUAHAO_SMS_KEY_SECRET", s.Sign, "GUAHAO_SMS_SIGN",
		s.Templates, "GUAHAO_SMS_TEMPLATES",
	}
	if s.Provider == tencentSMS {
		pairs = append(pairs, s.AppID, "GUAHAO_SMS_APP_ID")
	}
	if err := required("SMS", pairs...); err != nil {
		return err
	}
	if s.Provider != aliyunSMS && s.Provider != tencentSMS {
		return fmt.Errorf("GUAHAO_SMS_PROVIDER is %q: want %s or %s", s.Provider, aliyunSMS, tencentSMS)
	}
	if s.Receipts != "" && (len(s.Receipts) < minReceipts || url.PathEscape(s.Receipts) != s.Receipts || strings.Contains(s.Receipts, "/")) {
		return fmt.Errorf("GUAHAO_SMS_RECEIPTS is part of a URL and a secret: want at least %d letters and digits", minReceipts)
	}
	return nil
}

func (m MailConfig) check() error {
	if m == (MailConfig{}) {
		return nil
	}
	pairs := []string{m.Addr, "GUAHAO_SMTP_ADDR", m.From, "GUAHAO_SMTP_FROM"}
	if m.User != "" || m.Password != "" {
		pairs = append(pairs, m.User, "GUAHAO_SMTP_USER", m.Password, "GUAHAO_SMTP_PASSWORD")
	}
	return required("e-mail", pairs...)
}

// outside makes what notices leave the chats by: nothing of it where it is not configured.
func (a *App) outside() (texts sms.Gateway, mail email.Sender, err error) {
	if s := a.cfg.SMS; s.Provider != "" {
		if texts, err = newSMS(s, a.cfg); err != nil {
			return nil, nil, fmt.Errorf("short messages: %w", err)
		}
		a.texts, _ = texts.(sms.Reporter)
	}
	if m := a.cfg.Mail; m.Addr != "" {
		a.smtp, err = email.New(email.Config{Addr: m.Addr, From: m.From, User: m.User, Password: m.Password, TLS: m.TLS, Now: a.cfg.Now})
		if err != nil {
			return nil, nil, err
		}
		mail = a.smtp
	}
	return texts, mail, nil
}

func newSMS(s SMSConfig, cfg Config) (sms.Gateway, error) {
	text, err := os.ReadFile(s.Templates)
	if err != nil {
		return nil, fmt.Errorf("GUAHAO_SMS_TEMPLATES: %w", err)
	}
	templates, err := sms.ReadTemplates(text)
	if err != nil {
		return nil, fmt.Errorf("GUAHAO_SMS_TEMPLATES: %w", err)
	}
	for kind := range templates {
		if !slices.Contains(reminders.NoticeKinds(), kind) {
			return nil, fmt.Errorf("GUAHAO_SMS_TEMPLATES: there is no kind of notice %q; there are %s", kind, strings.Join(reminders.NoticeKinds(), ", "))
		}
	}
	config := sms.Config{
		KeyID: s.KeyID, KeySecret: s.KeySecret, Sign: s.Sign, AppID: s.AppID, Region: s.Region, Templates: templates, API: s.API, Client: cfg.Client,
	}
	if s.Provider == tencentSMS {
		return sms.NewTencent(config)
	}
	return sms.NewAliyun(config)
}

// receipts takes what the provider of short messages reports.
func (a *App) receipts() http.Handler {
	return sms.ReceiptHandler(a.cfg.SMS.Receipts, a.texts, a.Reminders.NoteReceipts, a.cfg.Log)
}

// visitCalendar is the calendar file of a visit for an e-mail to its person.
func (a *App) visitCalendar(ctx context.Context, to bots.Account, visit booking.AppointmentID) ([]byte, error) {
	return a.makeCalendar(ctx, to, int64(visit))
}

// checkMail logs in at the mail server.
func (a *App) checkMail(ctx context.Context) error {
	if a.smtp == nil {
		return nil
	}
	return a.smtp.Check(ctx)
}
