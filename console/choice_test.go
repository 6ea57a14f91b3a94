package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/sandbox/qrscan"
	"guahao/payments/alipay"
	"guahao/payments/alipay/alipaytest"
)

const (
	onAPhone = "Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36"
	inAlipay = "Mozilla/5.0 (Linux; Android 15) Mobile AlipayClient/10.6"
)

// withAlipay adds the second provider to the desk.
func (d *desk) withAlipay() *alipaytest.Server {
	d.t.Helper()
	sim := alipaytest.New(alipaytest.Options{Now: d.clock.Now})
	api := httptest.NewServer(sim)
	d.t.Cleanup(api.Close)
	mux := http.NewServeMux()
	app := httptest.NewServer(mux)
	d.t.Cleanup(app.Close)
	c, err := sim.Credentials("")
	if err != nil {
		d.t.Fatal(err)
	}
	g, err := alipay.New(alipay.Config{
		AppID: c.AppID, SellerID: c.SellerID, PrivateKeyPEM: c.PrivateKeyPEM, PublicKeyPEM: c.PublicKeyPEM, NotifyURL: app.URL + "/notify", API: api.URL + "/gateway.do",
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.store.AddGateway(g)
	mux.Handle("/notify", g.Handler(d.store))
	d.t.Cleanup(func() {
		if v := sim.Violations(); len(v) > 0 {
			d.t.Errorf("Alipay was used wrongly: %q", v)
		}
	})
	return sim
}

func TestChoosingTheProvider(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	sim := d.withAlipay()
	d.get("").says(t, "微信支付", "支付宝", "请用微信扫一扫支付", "qr.png?by=wechatpay", "by=alipay")
	page := d.get("?by=alipay")
	page.says(t, "请用支付宝扫一扫支付", "qr.png?by=alipay", "由支付宝提供安全支付服务", `by=alipay" aria-current="true"`)
	if d.get("?by=somebody").body != d.get("").body {
		t.Error("an unknown provider changes the page")
	}
	if n := len(sim.Requests()) + len(d.pay.Requests()); n != 0 {
		t.Errorf("looking at the page made %d calls", n)
	}
	if _, err := qrscan.Decode([]byte(d.get("/qr.png").body)); err != nil {
		t.Fatal(err)
	}
	code, err := qrscan.Decode([]byte(d.get("/qr.png?by=alipay").body))
	if err != nil || !strings.HasPrefix(code, "https://qr.alipay.com/") {
		t.Fatalf("Alipay's code is %q: %v", code, err)
	}
	d.get("").says(t, "请用支付宝扫一扫支付") // it stays with the one chosen
	if err := sim.ScanPay(code, "2088000000000077"); err != nil {
		t.Fatal(err)
	}
	if err := sim.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.state(); got != "paid" {
		t.Errorf("after the notice the state is %q", got)
	}
	d.get("").says(t, "支付成功", "查看收据", "由支付宝提供安全支付服务")
}

func TestInsideWeChatThereIsOnlyWeChatPay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.withAlipay()
	d.agent = inWeChat
	for _, query := range []string{"", "?by=alipay"} {
		page := d.get(query)
		page.says(t, `id="pay-button"`)
		if strings.Contains(page.body, "支付宝") {
			t.Error("Alipay is offered inside WeChat")
		}
	}
}

func TestAlipaysOwnPage(t *testing.T) {
	t.Parallel()
	for _, agent := range []string{onAPhone, inAlipay} {
		d := newDesk(t)
		sim := d.withAlipay()
		d.agent = agent
		d.get("?by=alipay").says(t, "打开支付宝付款", "/alipay")
		answer := d.get("/alipay")
		address := answer.header.Get("Location")
		if answer.status != http.StatusSeeOther || !strings.Contains(address, "/gateway.do?") {
			t.Fatalf("%d to %s", answer.status, address)
		}
		if err := sim.PagePay(address, "2088000000000077"); err != nil {
			t.Fatal(err)
		}
		sim.Faults.LoseNotice(1)
		d.get("?by=alipay&check=1").says(t, "支付成功") // the payer comes back, and the notice never came
		if answer := d.get("/alipay"); answer.status != http.StatusSeeOther || strings.Contains(answer.header.Get("Location"), "gateway.do") {
			t.Errorf("paid, Alipay is opened again: %s", answer.header.Get("Location"))
		}
	}
	d := newDesk(t) // where Alipay is off
	d.agent = onAPhone
	if answer := d.get("/alipay"); answer.status != http.StatusServiceUnavailable && answer.status != http.StatusNotFound {
		t.Errorf("without Alipay: %d", answer.status)
	}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got := d.get("/receipt"); got.status != http.StatusNotFound || strings.Contains(d.get("").body, "查看收据") {
		t.Errorf("a receipt for an unpaid charge: %d", got.status)
	}
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
	d.visit.Kept = false
	if got := d.get("/receipt"); got.status != http.StatusNotFound {
		t.Errorf("a receipt although the place is not certain: %d", got.status)
	}
	d.visit.Kept = true
	d.get("").says(t, "查看收据", "/receipt?lang=zh")
	receipt := d.get("/receipt")
	charge, err := d.store.ByToken(t.Context(), d.charge.Token)
	if err != nil {
		t.Fatal(err)
	}
	receipt.says(t, "江城市第一人民医院", "门诊挂号收费收据", "¥50.00", "伍拾元整", "微信支付", charge.TransactionID, charge.OutTradeNo, "-000001", "*小明", "林一山")
	if policy := receipt.header.Get("Content-Security-Policy"); receipt.status != http.StatusOK || !strings.Contains(policy, "default-src 'none'") || strings.Contains(receipt.body, "<script") {
		t.Errorf("%d, policy %q", receipt.status, policy)
	}
	d.get("/receipt?lang=en").says(t, "Receipt number", "伍拾元整", "WeChat Pay", "receipt.png")
	if picture := d.get("/receipt.png"); picture.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(picture.body, "\x89PNG") {
		t.Errorf("the picture is %d %s", picture.status, picture.header.Get("Content-Type"))
	}

	d.inTx(func(tx *sqlx.Tx) error { return d.store.RefundTx(t.Context(), tx, chargeRef, 2000, "部分退款") })
	d.work()
	d.get("/receipt").says(t, "-¥20.00", "¥30.00", "叁拾元整", "-000001")
	d.clock.forward(5 * time.Minute)
	d.inTx(func(tx *sqlx.Tx) error { return d.store.RefundTx(t.Context(), tx, chargeRef, 3000, "全部退款") })
	d.work()
	d.get("/receipt").says(t, "本收据作废", "零元整")
}

// work lets the job hand refunds in, and the provider end them.
func (d *desk) work() {
	d.t.Helper()
	if err := d.store.Work(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	if err := d.pay.Deliver(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}
