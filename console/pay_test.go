package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/sandbox/qrscan"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestPayingInsideWeChat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agent = inWeChat
	page := d.get("")
	page.says(t, "挂号费支付", "江城市第一人民医院", "心血管内科", "林一山 主任医师", "2026年10月9日 周五 08:30–09:00", "*小明", "12 号", "50.00", "15:00", `id="pay-button"`)
	if strings.Contains(page.body, "qr.png") {
		t.Error("inside WeChat there is a button, not a code")
	}
	status, params, _ := d.bridge()
	if status != http.StatusOK {
		t.Fatalf("bridge: %d", status)
	}
	if err := d.pay.BridgePay(params, openID); err != nil {
		t.Fatal(err)
	}
	if err := d.pay.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.state(); got != "paid" {
		t.Errorf("after the notice the state is %q", got)
	}
	d.get("").says(t, "支付成功", "返回聊天")
	if status, _, _ := d.bridge(); status != http.StatusConflict {
		t.Errorf("the sheet for a paid charge: %d", status)
	}
	if v := d.pay.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

func TestPayingByCodeWithALostNotice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.pay.Faults.LoseNotice(1)
	d.get("?lang=en").says(t, "Scan with WeChat to pay", "Dr Lin Chief Physician", "Fri 9 October 2026, 08:30–09:00", "qr.png")
	if n := len(d.pay.Requests()); n != 0 {
		t.Errorf("looking at the page ordered something at WeChat Pay: %v", d.pay.Requests())
	}
	picture := d.get("/qr.png")
	code, err := qrscan.Decode([]byte(picture.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.pay.ScanPay(code, "oSomebodyElse0000000000000"); err != nil {
		t.Fatal(err)
	}
	if got := d.state(); got != "paid" {
		t.Errorf("the status endpoint did not ask WeChat Pay: %q", got)
	}
	d.get("?lang=en").says(t, "Paid", "Your appointment is confirmed")
	if got := d.get("/qr.png").status; got != http.StatusGone {
		t.Errorf("the code of a paid charge: %d", got)
	}
}

func TestWeChatPayIsNotAskedTooOften(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.get("/qr.png")
	queries := func() (n int) {
		for _, r := range d.pay.Requests() {
			if r.Op == wechatpaytest.Query {
				n++
			}
		}
		return n
	}
	for range 20 {
		d.get("/status")
		d.get("?check=1")
	}
	if n := queries(); n != 1 {
		t.Errorf("40 requests within a moment made %d queries, want 1", n)
	}
	d.clock.forward(betweenAsk)
	d.get("/status")
	if n := queries(); n != 2 {
		t.Errorf("%d queries after a pause, want 2", n)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	payNow := func(d *desk) {
		code, err := qrscan.Decode([]byte(d.get("/qr.png").body))
		if err == nil {
			err = d.pay.ScanPay(code, openID)
		}
		if err == nil {
			err = d.pay.Deliver(d.t.Context())
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	refund := func(d *desk) {
		d.inTx(func(tx *sqlx.Tx) error { return d.store.RefundTx(d.t.Context(), tx, chargeRef, 3000, "患者取消") })
	}
	for name, c := range map[string]struct {
		arrange func(d *desk)
		state   string
		zh, en  []string
	}{
		"pending": {func(*desk) {}, "pending", []string{"剩余支付时间"}, []string{"Time left to pay"}},
		"expired": {func(d *desk) { d.clock.forward(holdsFor) }, "expired", []string{"支付时间已过"}, []string{"The time to pay is over"}},
		"given back": {func(d *desk) {
			d.inTx(func(tx *sqlx.Tx) error { return d.store.CloseTx(d.t.Context(), tx, chargeRef) })
		}, "closed", []string{"预约已取消"}, []string{"The booking was cancelled"}},
		"paid": {payNow, "paid", []string{"支付成功", "请按时就诊"}, []string{"Paid"}},
		"paid, place not certain yet": {func(d *desk) { payNow(d); d.visit.Kept = false }, "paid", []string{"正在确认号源"},
			[]string{"confirming your place"}},
		"refund under way": {func(d *desk) { payNow(d); refund(d) }, "refunds", []string{"退款处理中", "¥30.00"}, []string{"Refund on its way"}},
		"refunded": {func(d *desk) {
			payNow(d)
			refund(d)
			for range 3 {
				if err := d.store.Work(d.t.Context()); err != nil {
					d.t.Fatal(err)
				}
				_ = d.pay.Deliver(d.t.Context())
				d.clock.forward(time.Minute)
			}
		}, "refunded", []string{"已退款", "¥30.00"}, []string{"Refunded", "¥30.00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c.arrange(d)
			if got := d.state(); got != c.state {
				t.Errorf("state %q, want %q", got, c.state)
			}
			d.get("?lang=zh").says(t, append(c.zh, `data-state="`+c.state+`"`, `lang="zh-CN"`)...)
			d.get("?lang=en").says(t, append(c.en, `lang="en"`)...)
			if c.state != "pending" && strings.Contains(d.get("").body, "qr.png") {
				t.Error("there is still a code to pay with")
			}
		})
	}
}

func TestWeChatPayAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.pay.Faults.Respond(wechatpaytest.Native, http.StatusInternalServerError, "SYSTEM_ERROR", -1)
	d.pay.Faults.Respond(wechatpaytest.JSAPI, http.StatusInternalServerError, "SYSTEM_ERROR", -1)
	d.get("").says(t, "微信支付暂时无法使用", "再试一次") // in the part that the script shows when the picture fails
	if got := d.get("/qr.png").status; got != http.StatusServiceUnavailable {
		t.Errorf("the code's picture: %d", got)
	}
	if status, _, sentence := d.bridge(); status != http.StatusServiceUnavailable || sentence != "微信支付暂时无法使用" {
		t.Errorf("the sheet: %d %q", status, sentence)
	}
	d.pay.Faults.Clear()
	if got := d.get("/qr.png").status; got != http.StatusOK {
		t.Errorf("the code's picture when WeChat Pay is back: %d", got)
	}
}

func TestUnknownOrders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, path := range []string{
		"/pay/" + strings.Repeat("a", 26), "/pay/x", "/pay/", "/pay/" + strings.Repeat("a", 5000), "/pay/%3Cscript%3E", "/pay/..%2f..%2fetc", "/pay/' OR 1=1 --%20",
	} {
		a := d.get((&url.URL{Path: ""}).String() + strings.ReplaceAll(path, " ", "%20"))
		if a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
		a.says(t, "没有找到这笔订单")
		if strings.Contains(a.body, "<script>") {
			t.Errorf("%s: comes back as it is", path)
		}
	}
	if a := d.get("/pay/" + strings.Repeat("a", 26) + "/status"); a.status != http.StatusNotFound {
		t.Errorf("status: %d", a.status)
	}
}

func TestWhatIsShownIsEscaped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.visit.Patient, d.visit.Doctor.ZH = `<script>alert(1)</script>`, `"onload="x`
	body := d.get("").body
	if strings.Contains(body, "<script>alert") || strings.Contains(body, `"onload=`) {
		t.Error("a name was written as HTML")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, path := range []string{"", "/status", "/qr.png", "/pay/unknown-token", "/pay/assets/pay.js"} {
		h := d.get(path).header
		for name, want := range map[string]string{
			"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if !strings.Contains(h.Get(name), want) {
				t.Errorf("%q: %s is %q", path, name, h.Get(name))
			}
		}
		if policy := h.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%q: the policy is %q", path, policy)
		}
		if path != "/pay/assets/pay.js" && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%q may be kept: %q", path, h.Get("Cache-Control"))
		}
	}
	body := d.get("").body
	for _, inline := range []string{"<script>", "onclick=", "style=", "<style", "javascript:", "ZgotmplZ"} {
		if strings.Contains(body, inline) {
			t.Errorf("the page has %s in it", inline)
		}
	}
}

func TestForeignSitesCannotStartAPayment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agent = inWeChat
	for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		if got := d.ask(http.MethodPost, "/bridge", foreign...).status; got != http.StatusForbidden {
			t.Errorf("%v: %d", foreign, got)
		}
	}
	for _, own := range [][]string{{"Sec-Fetch-Site", "same-origin"}, {"Origin", d.url}} {
		if got := d.ask(http.MethodPost, "/bridge", own...).status; got != http.StatusOK {
			t.Errorf("the page's own %v: %d", own, got)
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ query, accept, chat, want string }{
		{"", "en", "zh", "zh-CN"},
		{"", "zh", "en", "en"},
		{"?lang=zh", "en", "en", "zh-CN"},
		{"", "", "", "zh-CN"},
		{"", "en-GB,en;q=0.9,zh;q=0.8", "", "en"},
		{"", "fr,zh-TW;q=0.4,en;q=0.3", "", "zh-CN"},
		{"", "de,fr", "", "zh-CN"},
		{"", "en;q=x,;;q=,", "", "zh-CN"},
		{"?lang=en", "zh", "", "en"},
		{"?lang=zh", "en", "", "zh-CN"},
		{"?lang=xx", "en", "", "en"},
	} {
		d.visit.Lang = c.chat
		if body := d.get(c.query, "Accept-Language", c.accept).body; !strings.Contains(body, `<html lang="`+c.want+`">`) {
			t.Errorf("%q, browser %q, chat %q: want %s", c.query, c.accept, c.chat, c.want)
		}
	}
}
