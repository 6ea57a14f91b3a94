package email_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"guahao/bots"
	"guahao/reminders/email"
	"guahao/reminders/email/emailtest"
)

func config(s *emailtest.Server) email.Config {
	return email.Config{
		Addr: s.Addr, From: "市一医院 <noreply@example.com>", User: s.User, Password: s.Password, Trust: s.Trust,
		Now: func() time.Time { return time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC) },
	}
}

func sender(t *testing.T, c email.Config) *email.SMTP {
	t.Helper()
	s, err := email.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// parts are the bodies of a message by their media type, the nested ones too.
func parts(t *testing.T, header string, body io.Reader, encoding string, into map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		into[kind] = string(text)
		if encoding == "base64" {
			into[kind] = strings.NewReplacer("\r", "", "\n", "").Replace(into[kind])
		}
		return
	}
	reader := multipart.NewReader(body, params["boundary"])
	for {
		part, err := reader.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		parts(t, part.Header.Get("Content-Type"), part, part.Header.Get("Content-Transfer-Encoding"), into)
	}
}

// An e-mail arrives as text, as HTML and with its calendar; what a hospital or a patient wrote into it stays text.
func TestAnEmailArrives(t *testing.T) {
	t.Parallel()
	server := emailtest.Start(t)
	s := sender(t, config(server))
	err := s.Send(t.Context(), email.Message{
		To: "zhang@example.com", Lang: "zh", Subject: "预约成功\r\nBcc: eve@example.com", Text: "✅ 预约成功\n\n医院：<script>alert(1)</script>\n时间：08:30",
		Files: []email.File{{Name: "visit.ics", Type: "text/calendar", Data: []byte("BEGIN:VCALENDAR")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mails := server.Mails()
	if len(mails) != 1 || mails[0].From != "noreply@example.com" || mails[0].To != "zhang@example.com" {
		t.Fatalf("the server has %+v", mails)
	}
	message, err := mail.ReadMessage(strings.NewReader(mails[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil || subject != "预约成功 Bcc: eve@example.com" || message.Header.Get("Bcc") != "" {
		t.Errorf("the subject is %q, %v; the headers %v", subject, err, message.Header)
	}
	if message.Header.Get("Auto-Submitted") != "auto-generated" || message.Header.Get("Date") == "" || message.Header.Get("Message-Id") == "" {
		t.Errorf("the headers are %v", message.Header)
	}
	got := map[string]string{}
	parts(t, message.Header.Get("Content-Type"), message.Body, "", got)
	if !strings.Contains(got["text/plain"], "医院：<script>") {
		t.Errorf("the text is %q", got["text/plain"])
	}
	if html := got["text/html"]; !strings.Contains(html, "时间：08:30") || strings.Contains(html, "<script>") || !strings.Contains(html, "&lt;script&gt;") {
		t.Errorf("the HTML is %q", html)
	}
	if got["text/calendar"] != "QkVHSU46VkNBTEVOREFS" {
		t.Errorf("the calendar is %q", got["text/calendar"])
	}
}

// A recipient who is refused for good is not tried again; everything else may pass. No error holds an address, a password or what
// the server says.
func TestWhatAServerRefuses(t *testing.T) {
	t.Parallel()
	server := emailtest.Start(t)
	server.Refuse("gone@example.com", 550)
	server.Refuse("full@example.com", 452)
	wrong, away, plain := config(server), config(server), config(server)
	wrong.Password = "tell nobody"
	away.Addr = "127.0.0.1:1"
	plain.Trust = nil // a certificate of nobody's
	for _, tt := range []struct {
		name   string
		config email.Config
		to     string
		final  bool
	}{
		{"nobody there", config(server), "gone@example.com", true},
		{"the box is full", config(server), "full@example.com", false},
		{"no address", config(server), "gone", true},
		{"a wrong password", wrong, "zhang@example.com", false},
		{"the server is away", away, "zhang@example.com", false},
		{"a certificate that nobody vouches for", plain, "zhang@example.com", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sender(t, tt.config)
			err := s.Send(t.Context(), email.Message{To: tt.to, Subject: "x", Text: "x"})
			if err == nil || errors.Is(err, bots.ErrUnreachable) != tt.final {
				t.Errorf("got %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "@") || strings.Contains(err.Error(), "tell nobody") || strings.Contains(err.Error(), "mailer")) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
	if got := server.Mails(); len(got) != 0 {
		t.Errorf("the server took %+v", got)
	}
	if err := sender(t, config(server)).Check(t.Context()); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
	if err := sender(t, wrong).Check(t.Context()); err == nil {
		t.Error("a wrong password is right")
	}
}

func TestBadConfigurations(t *testing.T) {
	t.Parallel()
	good := email.Config{Addr: "mail.example.com:587", From: "noreply@example.com", Now: time.Now}
	if _, err := email.New(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*email.Config){
		"no port":     func(c *email.Config) { c.Addr = "mail.example.com" },
		"a bad port":  func(c *email.Config) { c.Addr = "mail.example.com:smtp" },
		"no sender":   func(c *email.Config) { c.From = "hospital" },
		"encryption?": func(c *email.Config) { c.TLS = "ssl" },
	} {
		bad := good
		change(&bad)
		if _, err := email.New(bad); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
