package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"guahao/internal/sandbox"
	"guahao/internal/sandbox/browsertest"
)

// picture takes a screenshot where GUAHAO_SCREENSHOTS names a directory for them.
func picture(p *browsertest.Page, name string) {
	if dir := os.Getenv("GUAHAO_SCREENSHOTS"); dir != "" {
		p.Screenshot(filepath.Join(dir, name))
	}
}

func TestThePageInABrowser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := browsertest.Open(t, d.url+"/?lang=zh", 1440, 900)

	// WeChat: follow, talk, pay inside
	p.Click("#wechat-follow")
	p.Expect("#wechat", "您好")
	p.Press("#wechat .messages", "预约挂号")
	p.Expect("#wechat", "请选择科室")
	p.Press("#wechat .messages", "心血管内科")
	p.Press("#wechat .messages", "去支付")
	p.ExpectInFrame("#wechat iframe", "剩余支付时间")
	picture(p, "pay-page.png")
	p.PressInFrame("#wechat iframe", "#pay-button")
	p.Expect("#wechat .pay-sheet", "50.00")
	picture(p, "pay-sheet.png")
	p.Press("#wechat .pay-sheet", "确认支付")
	p.Press("#wechat .pay-sheet", "完成")
	p.ExpectInFrame("#wechat iframe", "支付成功")
	picture(p, "paid.png")
	p.PressInFrame("#wechat iframe", "#close")
	p.Await("the step to be ticked", `!!document.querySelector('#guide li.done[data-name="pay"]')`)

	// Telegram: start, an edited message, a toast, the code
	p.Click("#telegram-start")
	p.Expect("#telegram", "您好")
	p.Press("#telegram", "预约挂号")
	p.Expect("#telegram .bubble", "已编辑")
	p.Press("#telegram .keys", "心血管内科")
	p.Click("#telegram .picture")
	p.Expect("#telegram .viewer", "微信扫码")
	picture(p, "scan.png")
	p.Press("#telegram .viewer", "用微信扫码支付")
	p.Press("#telegram .pay-sheet", "确认支付")
	p.Press("#telegram .pay-sheet", "完成")
	p.Await("the step to be ticked", `!!document.querySelector('#guide li.done[data-name="scan"]')`)

	// the staff's phone
	p.Press("#staff", "BIND-")
	p.Expect("#staff .messages", "您说：BIND-7K3M9QXA")
	d.know(func(k *sandbox.Progress) { k.Staff, k.Visit = true, d.clock.Now().Add(47*60*60*1e9) })
	p.Await("the code to go away", `document.querySelector('#staff .code').hidden`)

	// the clock
	p.Press("#clock-moves", "就诊前 2 小时")
	p.Await("the clock to have moved", `document.querySelector('#clock-date').textContent.includes('10月10日')`)
	if n := d.ticked(); n < 60 {
		t.Errorf("45 hours went by with %d runs of the jobs", n)
	}
	p.Type("#telegram textarea", "hello <b>world</b> & \"you\"")
	p.Expect("#telegram .row.me", `hello <b>world</b> & "you"`)
	picture(p, "desktop.png")
	p.Press(".langs", "English")
	p.Expect("#guide", "What to try")
	picture(p, "english.png")

	for _, server := range []interface{ Violations() []string }{d.platforms.Telegram, d.platforms.WeChat, d.platforms.Pay} {
		if v := server.Violations(); len(v) > 0 {
			t.Error(v)
		}
	}
}

func TestThePageSaysWhenItIsAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := browsertest.Open(t, d.url+"/?lang=en", 1440, 900)
	p.Click("#wechat-follow")
	p.Expect("#wechat", "您好")
	d.pause()
	p.Await("the banner", `document.querySelector('#offline').checkVisibility()`)
	p.Press("#wechat", "我的预约")
	p.Expect("#wechat .notice", "cannot be reached")
	d.platforms.WeChat.User(sandbox.PatientOpenID).Say("said meanwhile")
	d.resume()
	p.Expect("#wechat .messages", "said meanwhile")
	p.Await("the banner to go", `!document.querySelector('#offline').checkVisibility()`)
	if len(p.Complaints()) == 0 { // which also takes them: they are about the connection
		t.Error("the connection was not lost")
	}
}

func TestThePageOnAPhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := browsertest.Open(t, d.url+"/?lang=zh", 390, 844)
	p.Expect("#guide", "试试看")
	picture(p, "phone-guide.png")
	p.Press(".tabs", "微信")
	picture(p, "phone-follow.png")
	p.Click("#wechat-follow")
	p.Expect("#wechat", "您好")
	p.Press("#wechat", "切换到键盘")
	p.Type("#wechat textarea", "林医生明天出诊吗？")
	p.Expect("#wechat .row.them", "您说：林医生明天出诊吗？")
	picture(p, "phone-wechat.png")
	p.Press(".tabs", "Telegram")
	d.platforms.WeChat.User(sandbox.PatientOpenID).Say("另一条")
	p.Await("an unread badge", `!document.querySelector('.tabs [data-tab=wechat] .badge').hidden`)
	p.Click("#telegram-start")
	p.Expect("#telegram", "您好")
	p.Press("#telegram .keys", "直接支付")
	p.Expect("#telegram", "挂号费")
	picture(p, "phone-telegram.png")
	p.Press("#telegram .keys", "去支付")
	p.ExpectInFrame("#telegram iframe", "扫一扫")
	picture(p, "phone-page.png")
	p.Press("#telegram .browser", "微信扫描")
	p.Press("#telegram .pay-sheet", "确认支付")
	p.Press("#telegram .pay-sheet", "完成")
	p.ExpectInFrame("#telegram iframe", "支付成功")
	picture(p, "phone-paid.png")
	p.Click("#clock-face")
	picture(p, "phone-clock.png")
	if wide := browsertest.Value[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		t.Errorf("the page is %d pixels wider than the phone", wide)
	}
}
