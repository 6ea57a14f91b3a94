package app_test

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/internal/sandbox"
	"guahao/reminders/email/emailtest"
	"guahao/reminders/sms/smstest"
)

var sixDigits = regexp.MustCompile(`\d{6}`)

// subjectOf is an e-mail's, as people read it.
func subjectOf(w *world, m emailtest.Mail) string {
	w.Helper()
	message, err := mail.ReadMessage(strings.NewReader(m.Data))
	w.must(err)
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	w.must(err)
	return subject
}

// A person adds an e-mail address in the chat, books and pays, and gets the card with the calendar there, too; when the clinic is stopped
// after the chat has closed, an SMS tells them.
func TestEmailAndSMS(t *testing.T) {
	t.Parallel()
	letters := emailtest.Start(t)
	letters.Open = true
	texts := smstest.New(time.Now)
	api := httptest.NewServer(texts)
	t.Cleanup(api.Close)
	templates := filepath.Join(t.TempDir(), "sms.json")
	text := `{"stopped": {"id": "SMS_1", "params": ["doctor", "time=starts"]}, "stop_offer": {"id": "SMS_1", "params": ["doctor", "time=starts"]}}`
	if err := os.WriteFile(templates, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 2, func(p *sandbox.PlatformOptions, c *app.Config) {
		p.WeChat.Uncertified = true
		c.SMS = app.SMSConfig{
			Provider: "aliyun", KeyID: smstest.KeyID, KeySecret: smstest.KeySecret, Sign: smstest.Sign, Templates: templates, API: api.URL, Receipts: receiptSecret,
		}
		c.Mail = app.MailConfig{Addr: letters.Addr, From: "noreply@example.com", TLS: "none"}
	})
	p := w.person("wechat", 1)
	p.say("通知设置")
	p.say("添加邮箱")
	p.say("zhang@example.com")
	expect(w, p, "验证码正在发往")
	w.settle()
	mails := letters.Mails()
	if len(mails) != 1 || mails[0].To != "zhang@example.com" {
		t.Fatalf("the e-mails are %+v", mails)
	}
	p.say(sixDigits.FindString(subjectOf(w, mails[0])))
	expect(w, p, "以后预约的通知也会发到")
	p.say("主菜单")
	for _, line := range []string{paidDoctor, tomorrow, "1", "1", "本人", somebody.name, somebody.number, somebody.phone, "保存", "确认预约"} {
		p.say(line) // an account without a certificate has no links to tap
	}
	expect(w, p, "号已为您留到")
	pay(w, p)
	w.settle()
	w.settle()
	mails = letters.Mails()
	if len(mails) != 2 || subjectOf(w, mails[1]) != "预约成功" || !strings.Contains(mails[1].Data, "text/html") || !strings.Contains(mails[1].Data, "visit.ics") {
		t.Fatalf("there are %d e-mails, of which the last is %+v", len(mails), mails[len(mails)-1])
	}
	w.exec("UPDATE wechat_windows SET used = 99")
	var clinic []booking.ScheduleID
	w.query(&clinic, "SELECT schedule_id FROM appointments")
	_, err := w.app().Booking.StopSchedule(w.ctx, 1, clinic[0], "医生临时手术")
	w.must(err)
	w.settle()
	w.settle()
	sent := texts.Sent()
	if len(sent) != 1 || sent[0].To != somebody.phone || !strings.HasPrefix(sent[0].Params[0], "doctor="+paidDoctor) {
		t.Errorf("the short messages are %+v; the simulator notes %v", sent, texts.Wrong())
	}
	if wrong := texts.Wrong(); len(wrong) > 0 {
		t.Errorf("the simulator of short messages notes %v", wrong)
	}
	if mails = letters.Mails(); len(mails) != 3 {
		t.Errorf("there are %d e-mails", len(mails))
	}
	// The provider reports that it did not arrive: then the e-mail, which went as its copy, has told. Nobody else may say so.
	pages := httptest.NewServer(w.app().Handler())
	t.Cleanup(pages.Close)
	for _, tt := range []struct {
		path   string
		status int
		by     string
	}{
		{"/sms/receipts/" + receiptSecret[1:] + "x", http.StatusNotFound, "sms"}, {"/sms/receipts/", http.StatusNotFound, "sms"},
		{"/sms/receipts/" + receiptSecret, http.StatusOK, "email"}, {"/sms/receipts/" + receiptSecret, http.StatusOK, "email"},
	} {
		status, answer, err := texts.Report(w.ctx, pages.URL+tt.path, sent[0], false)
		w.settle()
		var by []string
		w.query(&by, "SELECT channel FROM stop_cases")
		if err != nil || status != tt.status || len(by) != 1 || by[0] != tt.by {
			t.Errorf("%s answers %d %q, %v; told by %v", tt.path, status, answer, err, by)
		}
	}
	if mails = letters.Mails(); len(mails) != 3 {
		t.Errorf("told twice by e-mail: %d", len(mails))
	}
}

// receiptSecret is part of the URL that the provider of short messages reports to.
const receiptSecret = "receipts0123456789"

func TestWhatIsHalfConfigured(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		config  app.Config
		says    []string
		saysNot string
	}{
		{"SMS without keys", app.Config{SMS: app.SMSConfig{Provider: "aliyun", Sign: "市一医院"}},
			[]string{"SMS is only half configured", "GUAHAO_SMS_KEY_ID", "GUAHAO_SMS_KEY_SECRET", "GUAHAO_SMS_TEMPLATES"}, "GUAHAO_SMS_SIGN"},
		{"Tencent without its app", app.Config{SMS: app.SMSConfig{Provider: "tencent", KeyID: "x", KeySecret: "x", Sign: "x", Templates: "x"}},
			[]string{"GUAHAO_SMS_APP_ID not set"}, "GUAHAO_SMS_KEY_ID"},
		{"a short secret", app.Config{SMS: app.SMSConfig{Provider: "aliyun", KeyID: "x", KeySecret: "x", Sign: "x", Templates: "x", Receipts: "secret"}},
			[]string{"GUAHAO_SMS_RECEIPTS is part of a URL"}, "SMS is only half"},
		{"another provider", app.Config{SMS: app.SMSConfig{Provider: "pigeon", KeyID: "x", KeySecret: "x", Sign: "x", Templates: "x"}},
			[]string{`GUAHAO_SMS_PROVIDER is "pigeon"`}, "SMS is only half"},
		{"e-mail without a sender", app.Config{Mail: app.MailConfig{Addr: "mail.example.com:587"}}, []string{"e-mail is only half configured: GUAHAO_SMTP_FROM not set"}, "PASSWORD"},
		{"a user without a password", app.Config{Mail: app.MailConfig{Addr: "mail.example.com:587", From: "a@example.com", User: "a"}}, []string{"GUAHAO_SMTP_PASSWORD not set"}, "GUAHAO_SMTP_FROM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := app.New(t.Context(), tt.config)
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
			if strings.Contains(err.Error(), tt.saysNot) {
				t.Errorf("the error says %q: %v", tt.saysNot, err)
			}
		})
	}
}
