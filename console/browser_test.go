package console_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"guahao/internal/sandbox/browsertest"
	"guahao/internal/sandbox/qrscan"
	"guahao/payments/wechatpay/wechatpaytest"
)

// picture takes a screenshot where GUAHAO_SCREENSHOTS names a directory for them.
func picture(p *browsertest.Page, name string) {
	if dir := os.Getenv("GUAHAO_SCREENSHOTS"); dir != "" {
		p.Screenshot(filepath.Join(dir, name))
	}
}

// fits fails where the page is wider than the screen.
func fits(t *testing.T, p *browsertest.Page) {
	t.Helper()
	if wide := browsertest.Value[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		t.Errorf("the page is %d pixels wider than the phone", wide)
	}
}

// In a real browser as wide as a phone: the countdown runs, the result comes without anybody reloading, and the receipt follows. Whatever the browser
// complains of, a script or a picture that the policy forbids or another site's, fails the test when it ends.
func TestThePayPageOnAPhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := browsertest.Open(t, d.url+"/pay/"+d.charge.Token+"?lang=zh", 390, 844)
	p.Expect("h1", "挂号费支付")
	before := browsertest.Value[string](p, `document.getElementById('left').textContent`)
	p.Await("the countdown to run", `document.getElementById('left').textContent !== '`+before+`'`)
	fits(t, p)
	picture(p, "pay-pending.png")
	code, err := qrscan.Decode([]byte(d.get("/qr.png").body))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.pay.ScanPay(code, openID); err != nil {
		t.Fatal(err)
	}
	if err := d.pay.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Expect("h1", "支付成功") // nobody has touched the page
	fits(t, p)
	picture(p, "pay-paid.png")
	p.Click(`a[href*="receipt"]`)
	p.Expect("main", "伍拾元整")
	fits(t, p)
	picture(p, "pay-receipt.png")
}

func TestThePayPageWhoseTimeRunsOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.clock.forward(holdsFor - 3*time.Second)
	p := browsertest.Open(t, d.url+"/pay/"+d.charge.Token+"?lang=zh", 390, 844)
	p.Expect("h1", "挂号费支付")
	d.clock.forward(3 * time.Second)
	p.Expect("h1", "支付时间已过")
	p.Expect("main", "没有被扣款")
	fits(t, p)
	picture(p, "pay-expired.png")
}

func TestThePayPageWithoutItsProvider(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.pay.Faults.Respond(wechatpaytest.Native, http.StatusInternalServerError, "SYSTEM_ERROR", -1)
	p := browsertest.Open(t, d.url+"/pay/"+d.charge.Token+"?lang=zh", 390, 844)
	p.Await("the advice", `!document.getElementById('no-code').hidden`)
	p.Expect("#no-code", "号源仍为您保留")
	fits(t, p)
	picture(p, "pay-failed.png")
	p.Complaints() // a picture that cannot be had is one
	d.pay.Faults.Clear()
	p.Click("#no-code .primary")
	p.Await("the code", `document.getElementById('qr').naturalWidth > 0`)
}
