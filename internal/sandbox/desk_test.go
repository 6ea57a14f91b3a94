package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/skip2/go-qrcode"

	"guahao/booking"
	"guahao/bots"
	"guahao/bots/telegram"
	"guahao/bots/wechat"
	"guahao/console"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/sandbox"
	"guahao/internal/vault/vaulttest"
	"guahao/payments"
	"guahao/payments/wechatpay"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// desk is the demo page with a small program behind the simulators: the real adapters, payments and pay page around a
// conversation of three steps, so that the page is tested without the domain.
type desk struct {
	t         *testing.T
	clock     *sandbox.Clock
	platforms *sandbox.Platforms
	db        *sqlx.DB
	payments  *payments.Store
	page      *sandbox.Sandbox
	site      *httptest.Server
	url       string

	mu       sync.Mutex
	progress sandbox.Progress
	ticks    int
	codes    atomic.Int64
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clock: sandbox.NewClock(time.Date(2026, 10, 8, 2, 0, 0, 0, time.UTC)), db: mariadbtest.DB(t)}
	var err error
	d.platforms, err = sandbox.StartPlatforms(sandbox.PlatformOptions{Dir: t.TempDir(), Now: d.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.platforms.Close() })
	mux := http.NewServeMux()
	program := httptest.NewServer(mux)
	t.Cleanup(program.Close)
	d.program(mux, program.URL)

	d.page = sandbox.New(sandbox.Config{
		Telegram: d.platforms.Telegram, WeChat: d.platforms.WeChat, Pay: d.platforms.Pay, Clock: d.clock,
		Tick: d.tick, StaffCode: d.staffCode, Progress: d.asked, AppURL: program.URL,
	})
	t.Cleanup(d.page.Close)
	d.listen("127.0.0.1:0")
	t.Cleanup(func() { d.page.Close(); d.site.Close() })
	d.url = d.site.URL
	return d
}

// listen serves the page at an address.
func (d *desk) listen(address string) {
	d.t.Helper()
	listener, err := net.Listen("tcp", address)
	d.must(err)
	d.site = &httptest.Server{Listener: listener, Config: &http.Server{Handler: d.page}}
	d.site.Start()
}

// pause takes the page's server away, and resume brings it back at the same address.
func (d *desk) pause() {
	d.site.CloseClientConnections()
	d.site.Close()
}

func (d *desk) resume() { d.listen(strings.TrimPrefix(d.url, "http://")) }

// program is the little program: /telegram/webhook, /wechat/webhook, /payments/wechatpay/notify and /pay/.
func (d *desk) program(mux *http.ServeMux, url string) {
	d.t.Helper()
	p := d.platforms
	keys := vaulttest.Keys(d.t)
	store := bots.NewStore(d.db, keys, d.clock.Now)
	quiet := slog.New(slog.DiscardHandler)
	tg, err := telegram.New(telegram.Config{Token: p.TelegramToken, Secret: p.TelegramSecret, API: p.TelegramURL, Now: d.clock.Now, Log: quiet}, store)
	d.must(err)
	w := p.WeChatOptions
	wx, err := wechat.New(wechat.Config{
		AppID: w.AppID, Secret: w.Secret, Token: w.Token, API: p.WeChatURL, Certified: true, DB: d.db, Now: d.clock.Now,
	}, store)
	d.must(err)
	m := p.Merchant
	gateway, err := wechatpay.New(wechatpay.Config{
		MchID: m.MchID, AppID: m.AppID, Serial: m.Serial, PrivateKeyPEM: m.PrivateKeyPEM, APIv3Key: m.APIv3Key, PublicKeyID: m.PublicKeyID,
		PublicKeyPEM: m.PublicKeyPEM, NotifyURL: url + "/payments/wechatpay/notify", API: p.PayURL,
	})
	d.must(err)
	d.payments = payments.New(d.db, gateway, d.clock.Now, nil, nil)
	inbox := bots.NewInbox(bots.InboxConfig{
		DB: d.db, Store: store, Steps: talk{d}, Senders: map[bots.Platform]bots.Sender{bots.Telegram: tg, bots.WeChat: wx}, Now: d.clock.Now, Log: quiet,
		Finish: func(ctx context.Context, to bots.Account, reply *bots.Reply) error {
			return d.finish(ctx, url, to, reply)
		},
	})
	mux.Handle("/telegram/webhook", tg.Handler(inbox))
	mux.Handle("/wechat/webhook", wx.Handler(inbox))
	mux.Handle("/payments/wechatpay/notify", gateway.Handler(d.payments))
	mux.Handle("/pay/", console.PayPage(console.Config{
		Payments: d.payments, PublicURL: url, Now: d.clock.Now, Visit: d.visit,
		OAuth: &console.OAuth{AuthorizeURL: wx.OAuthURL, OpenID: wx.OpenID, Seal: keys.Seal, Open: keys.Open},
	}))
	p.WeChat.SetWebhook(url + "/wechat/webhook")
	d.must(errors.Join(tg.Setup(d.t.Context(), url), wx.CreateMenu(d.t.Context())))
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// visit is what the charges are for: one that was made in WeChat knows who pays.
func (d *desk) visit(_ context.Context, ref string) (console.PayView, error) {
	v := console.PayView{
		Hospital: booking.Text{ZH: "江城市第一人民医院", EN: "Jiangcheng First People's Hospital"}, Department: booking.Text{ZH: "心血管内科", EN: "Cardiology"},
		Doctor: booking.Text{ZH: "林一山", EN: "Lin Yishan"}, Title: booking.Text{ZH: "主任医师", EN: "Chief Physician"},
		Floor: booking.Text{ZH: "门诊楼 3 层 A 区", EN: "Building A, floor 3"}, StartsAt: time.Date(2026, 10, 10, 0, 30, 0, 0, time.UTC),
		EndsAt: time.Date(2026, 10, 10, 1, 0, 0, 0, time.UTC), Zone: time.FixedZone("CST", 8*60*60), Seq: 12, Patient: "*小明", Kept: true,
	}
	if len(ref) > 7 && ref[:7] == "wechat:" {
		v.OpenID = sandbox.PatientOpenID
	}
	return v, nil
}

// finish adds the way to pay, as the real program does.
func (d *desk) finish(ctx context.Context, url string, to bots.Account, reply *bots.Reply) error {
	if reply.Charge == "" {
		return nil
	}
	link := bots.Option{Label: "去支付", Index: 8, Row: 9, URL: url + "/pay/" + reply.Charge + "?lang=" + to.Lang}
	reply.Options = append(reply.Options, link)
	if to.Platform == bots.WeChat {
		return nil
	}
	code, err := d.payments.CodeURL(ctx, reply.Charge)
	if err != nil {
		return err
	}
	picture, err := qrcode.Encode(code, qrcode.High, 640)
	reply.Files = []bots.File{{Name: "qr.png", Data: picture}}
	return err
}

func (d *desk) tick(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ticks++
	return nil
}

func (d *desk) staffCode(context.Context) (string, error) {
	d.codes.Add(1)
	return "BIND-7K3M9QXA", nil
}

func (d *desk) asked(context.Context) (sandbox.Progress, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.progress, nil
}

func (d *desk) know(change func(p *sandbox.Progress)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.progress)
}

// talk is the conversation: a menu, a list, a charge.
type talk struct{ d *desk }

func (s talk) Step(ctx context.Context, turn bots.Turn) (bots.Result, error) {
	r := bots.Result{Session: turn.Session, Lang: "zh"}
	r.Session.Data = json.RawMessage(`{}`)
	u := turn.Update
	switch {
	case u.Kind == bots.Unfollow:
	case u.Kind == bots.Press && u.Button.Index == 1, u.Text == "1":
		r.Reply = bots.Reply{Text: "请选择科室", Toast: "好的", Options: []bots.Option{
			{Label: "心血管内科", Index: 2, Row: 1}, {Label: "儿科", Index: 2, Row: 1}, {Label: "返回", Index: 0, Row: 2},
		}}
	case u.Kind == bots.Press && u.Button.Index == 2, u.Text == "2":
		token, err := s.charge(ctx, turn)
		if err != nil {
			return r, err
		}
		r.Reply = bots.Reply{Text: "江城市第一人民医院 心血管内科\n林一山 主任医师\n10月10日 周六 08:30–09:00 · 12 号\n挂号费 ¥50.00，请在 15 分钟内支付。", Charge: token}
	case u.Kind == bots.Text && u.Text != "0":
		r.Reply = bots.Reply{Text: "您说：" + u.Text}
	case u.Kind == bots.Follow, u.Kind == bots.Command, u.Kind == bots.Press, u.Kind == bots.Text:
		r.Reply = bots.Reply{Text: "您好，这里是市民挂号。需要什么？", Options: []bots.Option{
			{Label: "预约挂号", Index: 1, Row: 1}, {Label: "直接支付", Index: 2, Row: 2},
		}}
	default:
		r.Reply = bots.Reply{Text: fmt.Sprintf("收到：%s", u.Kind)}
	}
	return r, nil
}

func (s talk) charge(ctx context.Context, turn bots.Turn) (string, error) {
	var c payments.Charge
	err := mysql.InTx(ctx, s.d.db, func(tx *sqlx.Tx) (err error) {
		c, err = s.d.payments.CreateTx(ctx, tx, payments.NewCharge{
			Ref: fmt.Sprintf("%s:%d:%d", turn.Account.Platform, turn.Account.ID, turn.Session.Rev), Amount: 5000, Subject: "挂号费 心血管内科 林一山",
			ExpiresAt: s.d.clock.Now().Add(15 * time.Minute),
		})
		return err
	})
	return c.Token, err
}
