package app_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/bots/wechat/wechattest"
	"guahao/internal/app"
	"guahao/internal/sandbox"
)

// In safe mode every message is encrypted both ways; the whole way works all the same.
func TestSafeMode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(o *sandbox.PlatformOptions, _ *app.Config) {
		o.WeChat = wechattest.Options{AppID: "wx00000000000000aa", Secret: "safe-mode-app-secret", Token: "tokentoken", AESKey: wechattest.NewAESKey()}
	})
	p := w.person("wechat", 1)
	toPay(w, p)
	pay(w, p)
	w.settle()
	bookedOnce(w, p)
}

// An account that is not certified gets plain numbers and no links.
func TestAnUncertifiedAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(o *sandbox.PlatformOptions, _ *app.Config) { o.WeChat.Uncertified = true })
	p := w.person("wechat", 1).(wechatPerson)
	if links := p.Last().Links; len(links) != 0 {
		t.Errorf("there are links: %v", links)
	}
	for _, number := range []string{"1", "１", "一", "第一个", "1", "选1", "1"} {
		p.say(number)
	}
	expect(w, p, "就诊人是您的")
}

// Where no payment is configured, the fee is paid at the hospital: the booking is certain at once, and nobody is told of a payment,
// of a place that is kept for a while, or of money that goes back.
func TestPaymentsOff(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		w.cfg.WeChatPay = app.WeChatPayConfig{}
		w.restart()
		reachConfirm(w, p, paidDoctor)
		expect(w, p, "¥25", "医院支付")
		p.tap("确认预约")
		expect(w, p, "预约成功")
		only(w, booking.Booked)
		w.settle()
		if n := told(w, p, "✅ 预约成功"); n != 1 {
			t.Errorf("the patient was told of the booking %d times", n)
		}
		p.say("我的预约")
		p.say("1")
		p.tap("取消这个预约")
		p.say("确认取消")
		only(w, booking.Cancelled)
		w.advance(10 * time.Second)
		noMoney(w, p)
	})
}

// noMoney checks that nothing that a person was told speaks of money that moves.
func noMoney(w *world, p chatter) {
	w.Helper()
	for _, text := range p.heard() {
		for _, lie := range []string{"留号", "已付", "已支付", "请支付", "退还", "退回", "退款", "不退", "退费"} {
			if strings.Contains(text, lie) {
				w.Errorf("the fee is paid at the hospital, but the patient is told %q:\n%s", lie, text)
			}
		}
	}
}

// A clinic that is stopped gives nothing back where nothing was paid.
func TestAStoppedClinicWithPaymentsOff(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		w.cfg.WeChatPay = app.WeChatPayConfig{}
		w.restart()
		reachConfirm(w, p, paidDoctor)
		p.tap("确认预约")
		only(w, booking.Booked)
		var schedules []booking.ScheduleID
		w.query(&schedules, "SELECT schedule_id FROM appointments")
		n, err := w.app().Booking.StopSchedule(w.ctx, 1, schedules[0], "医生临时手术")
		w.must(err)
		w.advance(10 * time.Second)
		p.tap("不改了")
		p.say("确认退掉")
		if got := w.statuses(); got[0] != booking.Cancelled {
			t.Errorf("the appointments are %v", got)
		}
		if n != 1 || told(w, p, "医生临时手术") < 1 {
			t.Errorf("%d appointments were cancelled; the last message is:\n%s", n, p.last())
		}
		noMoney(w, p)
	})
}

// The program that is told to stop finishes the update that it holds, and only then ends.
func TestAShutdownFinishesWhatItHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.platforms.Telegram.Faults.Delay("sendMessage", time.Second, 1)
	ctx, stop := context.WithCancel(w.ctx)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	a, err := app.New(w.ctx, w.cfg)
	w.must(err)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	answered := make(chan int, 1)
	go func() {
		body := strings.NewReader(`{"update_id":77,"message":{"message_id":5,"date":1795395600,"from":{"id":4242,"is_bot":false,"first_name":"A"},"chat":{"id":4242,"type":"private"},"text":"/start"}}`)
		request, _ := http.NewRequest(http.MethodPost, "http://"+listener.Addr().String()+"/telegram/webhook", body)
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", w.cfg.Telegram.Secret)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	w.until("the update is handled", func() bool { return strings.Contains(w.logs.String(), `"msg":"update"`) })
	stop()
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the update that was held is answered with %d", status)
	}
	w.must(<-ended)
	w.must(a.Close())
}
