package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"guahao/internal/app"
	"guahao/payments/wechatpay/wechatpaytest"
)

// checked runs the check with a configuration and gives what it wrote.
func (w *world) checked(cfg app.Config) (string, bool) {
	var out strings.Builder
	good := app.Check(w.ctx, cfg, &out)
	return out.String(), good
}

// A program that polls needs no webhook, and one without platforms no public URL.
func TestTheCheckAsksOnlyForWhatIsNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	polls := w.cfg
	polls.Telegram.Poll = true
	polls.WeChat, polls.WeChatPay = app.WeChatConfig{}, app.WeChatPayConfig{}
	none := app.Config{DSN: w.cfg.DSN, KeyFile: w.cfg.KeyFile, Log: w.cfg.Log}
	if out, good := w.checked(none); !good {
		t.Errorf("without platforms it says\n%s", out)
	}
	w.platforms.Telegram.Faults.Fail("getWebhookInfo", http.StatusBadGateway, 0, 1)
	if out, good := w.checked(polls); !good {
		t.Errorf("with polling it says\n%s", out)
	}
	w.platforms.Telegram.Faults.Clear()
	wrong := polls
	wrong.Telegram.Token = "1:wrong"
	if out, good := w.checked(wrong); good || !strings.Contains(out, "WRONG  Telegram") {
		t.Errorf("with polling and a wrong token it says\n%s", out)
	}
	real := none
	real.Telegram = app.TelegramConfig{Token: "1:wrong", Secret: "x"}
	real.Client = &http.Client{Transport: nowhere{}}
	if out, good := w.checked(real); good || !strings.Contains(out, "WRONG  public URL") {
		t.Errorf("with a webhook and no https it says\n%s", out)
	}
}

// nowhere is a network that is down: no test calls the real Telegram.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

// A merchant that is taken away while charges or refunds are open is told of at the start and by the check.
func TestPaymentsSwitchedOffWhileSomeAreUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	off := w.cfg
	off.WeChatPay = app.WeChatPayConfig{}
	if out, _ := w.checked(off); !strings.Contains(out, "off    WeChat Pay") {
		t.Errorf("with nothing under way it says\n%s", out)
	}
	p := w.telegram(1001)
	toPay(w, p) // the QR code has been made: WeChat Pay knows the order
	if out, good := w.checked(off); good || !strings.Contains(out, "WRONG  WeChat Pay") || !strings.Contains(out, "1 charge pending") {
		t.Errorf("with a charge under way it says\n%s", out)
	}
	w.cfg.WeChatPay = off.WeChatPay
	w.run()
	w.until("it is told at the start", func() bool {
		return strings.Contains(w.logs.String(), "payments are switched off while some are under way")
	})
}

// What WeChat Pay says that contradicts us is counted.
func TestIncidentsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.telegram(1001)
	toPay(w, p)
	for _, kind := range wechatpaytest.Contradictions() {
		_, _ = w.platforms.Pay.Forge(w.ctx, kind, w.platforms.Pay.Orders()[0].OutTradeNo)
	}
	var incidents []int
	w.query(&incidents, "SELECT id FROM payment_incidents")
	if want := fmt.Sprintf(`guahao_payments_total{outcome="incident"} %d`, len(incidents)); len(incidents) == 0 || !strings.Contains(w.metrics(), want+"\n") {
		t.Errorf("the metrics do not have the line %s", want)
	}
}

func (w *world) metrics() string {
	answer := httptest.NewRecorder()
	w.app().Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

// The counters that alarms look at are there from the start, at 0.
func TestCountersBeginAtZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	metrics := w.metrics()
	for _, line := range []string{
		`guahao_payments_total{outcome="stuck"} 0`, `guahao_payments_total{outcome="incident"} 0`, `guahao_payments_total{outcome="returned"} 0`,
		`guahao_updates_total{kind="text",outcome="failed",platform="telegram"} 0`,
		`guahao_updates_total{kind="",outcome="unauthorized",platform="wechat"} 0`,
		`guahao_notices_total{kind="booked",outcome="failed",platform="wechat"} 0`,
		`guahao_appointments_total{reason="deadline",status="expired"} 0`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("the metrics have no line %s", line)
		}
	}
}
