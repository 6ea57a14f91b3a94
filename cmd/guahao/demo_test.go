package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"guahao/internal/sandbox/browsertest"
)

// startDemo runs `guahao demo` in this process and gives the page's address. The demo ends with the test.
func startDemo(t *testing.T, dir string) (url string, stop func()) {
	t.Helper()
	c, err := openCity(t.Context(), cityOptions{dir: dir, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- c.serve(ctx, "127.0.0.1:0", func(url string) { ready <- url }) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the demo ended with: %v", err)
		}
		if err := c.close(); err != nil {
			t.Errorf("the demo did not close: %v", err)
		}
	}
	t.Cleanup(stop)
	select {
	case url = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("the demo did not start: %v", err)
	}
	return url, stop
}

// picture takes a screenshot where GUAHAO_SCREENSHOTS names a directory for them: those of the README are made so.
func picture(p *browsertest.Page, name string) {
	if dir := os.Getenv("GUAHAO_SCREENSHOTS"); dir != "" {
		p.Screenshot(filepath.Join(dir, name))
	}
}

// bookOn goes through a booking on a phone of the page, for a new patient with that document.
func bookOn(p *browsertest.Page, phone, name, number string) {
	for _, choice := range []string{"预约挂号", "澜川大学附属第一医院", "内科", "心血管内科", "张俊杰"} {
		p.Press(phone+" .messages", choice)
	}
	p.Expect(phone, "请选择日期")
	p.Type(phone+" textarea", "2")
	p.Expect(phone, "请选择")
	p.Type(phone+" textarea", "1")
	p.Expect(phone, "请选择时段")
	p.Type(phone+" textarea", "1")
	p.Expect(phone, "就诊人是您的")
	p.Press(phone+" .messages", "本人")
	p.Expect(phone, "请输入您的姓名")
	p.Type(phone+" textarea", name)
	p.Expect(phone, "用哪种证件")
	p.Type(phone+" textarea", number)
	p.Expect(phone, "请输入手机号")
	p.Type(phone+" textarea", "13800138000")
	p.Press(phone+" .messages", "保存")
	p.Expect(phone, "请核对")
	p.Press(phone+" .messages", "确认预约")
	p.Expect(phone, "请支付")
}

func TestTheDemoInABrowser(t *testing.T) {
	t.Parallel()
	url, _ := startDemo(t, t.TempDir())
	p := browsertest.Open(t, url+"/?lang=zh", 1440, 900)

	p.Click("#wechat-follow")
	p.Expect("#wechat", "您好")
	p.Press("#wechat", "切换到键盘")
	bookOn(p, "#wechat", "王小明", "11010519491231002X")
	p.Press("#wechat .messages", "去支付")
	p.PressInFrame("#wechat iframe", "#pay-button")
	p.Press("#wechat .pay-sheet", "确认支付")
	p.Press("#wechat .pay-sheet", "完成")
	p.ExpectInFrame("#wechat iframe", "支付成功")
	p.PressInFrame("#wechat iframe", "#close")
	p.Expect("#wechat", "预约成功")

	p.Click("#telegram-start")
	p.Expect("#telegram", "您好")
	bookOn(p, "#telegram", "李梅", "110101199003078515")
	p.Click("#telegram .picture")
	p.Press("#telegram .viewer", "用微信扫码支付")
	p.Press("#telegram .pay-sheet", "确认支付")
	p.Press("#telegram .pay-sheet", "完成")
	p.Expect("#telegram", "预约成功")

	p.Press("#staff", "BIND-")
	p.Expect("#staff", "绑定成功")
	picture(p, "demo.png")

	p.Press("#clock-moves", "就诊前 2 小时")
	p.Expect("#wechat", "就诊提醒")
	p.Expect("#telegram", "就诊提醒")
	for _, step := range []string{"book", "pay", "scan", "remind", "staff"} {
		p.Await("the step "+step+" to be ticked", `!!document.querySelector('#guide li.done[data-name="`+step+`"]')`)
	}
	picture(p, "demo-reminded.png")
	p.Resize(390, 844)
	picture(p, "demo-phone.png")
}

// The Telegram patient pays on the page instead of by the code, and chooses Alipay there.
func TestTheDemoCanBePaidWithAlipay(t *testing.T) {
	t.Parallel()
	url, _ := startDemo(t, t.TempDir())
	p := browsertest.Open(t, url+"/?lang=zh", 1440, 900)
	p.Click("#telegram-start")
	p.Expect("#telegram", "您好")
	bookOn(p, "#telegram", "李梅", "110101199003078515")
	p.Press("#telegram .keys", "去支付")
	p.ExpectInFrame("#telegram iframe", "请用微信扫一扫支付")
	p.PressInFrame("#telegram iframe", ".choices a[href*=alipay]")
	p.ExpectInFrame("#telegram iframe", "打开支付宝付款")
	picture(p, "choice.png")
	p.PressInFrame("#telegram iframe", ".primary")
	p.ExpectInFrame("#telegram iframe", "确认付款")
	picture(p, "alipay.png")
	p.PressInFrame("#telegram iframe", "#pay")
	p.ExpectInFrame("#telegram iframe", "支付成功")
	picture(p, "alipay-paid.png")
	p.Click("#telegram .browser-head button")
	p.Expect("#telegram", "预约成功")
}

// What a demo did is there when it is started again, and its clock does not go back.
func TestTheDemoGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const date = `document.querySelector('#clock-date').textContent`
	var before string
	visit := func(url string, look func(p *browsertest.Page)) {
		t.Run("visit", func(t *testing.T) { // the page is closed before the demo is
			p := browsertest.Open(t, url+"/?lang=zh", 1440, 900)
			p.Click("#telegram-start")
			p.Expect("#telegram", "您好")
			p.Await("the clock", date+` !== '–'`)
			look(p)
		})
	}
	url, stop := startDemo(t, dir)
	visit(url, func(p *browsertest.Page) {
		today := browsertest.Value[string](p, date)
		p.Press("#clock-moves", "次日 18:00")
		p.Await("the clock to have moved", date+` !== '`+today+`' && document.querySelector('#clock-time').textContent.startsWith('18:')`)
		before = browsertest.Value[string](p, date)
	})
	stop()
	url, _ = startDemo(t, dir)
	visit(url, func(p *browsertest.Page) {
		if after := browsertest.Value[string](p, date); after != before {
			t.Errorf("the clock shows %s after a restart, it was %s before", after, before)
		}
	})
}
