package console_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/bots"
	"guahao/bots/wechat"
	"guahao/bots/wechat/wechattest"
	"guahao/console"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/vault/vaulttest"
	"guahao/payments"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

const (
	openID     = "oPatient000000000000000001"
	inWeChat   = "Mozilla/5.0 (Linux; Android 15) MicroMessenger/8.0.56"
	outside    = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0"
	chargeRef  = "appointment:7"
	chargeSum  = payments.Fen(5000)
	holdsFor   = 15 * time.Minute
	betweenAsk = 4 * time.Second // more than the page waits between two questions about one charge
)

// manual is a clock that the test moves.
type manual struct {
	mu sync.Mutex
	at time.Time
}

func (c *manual) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *manual) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// desk is the page with real charges behind it and the simulated WeChat Pay behind those.
type desk struct {
	t      *testing.T
	clock  *manual
	db     *sqlx.DB
	pay    *wechatpaytest.Server
	wechat *wechattest.Server
	store  *payments.Store
	visit  console.PayView
	charge payments.Charge
	url    string
	client *http.Client
	agent  string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clock: &manual{at: time.Now().UTC().Truncate(time.Second)}, db: mariadbtest.DB(t), agent: outside}
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	d.url = site.URL

	d.wechat = wechattest.New(wechattest.Options{AppID: "wx1234567890abcdef", Secret: "secret", Token: "token", Now: d.clock.Now})
	t.Cleanup(d.wechat.Close)
	d.pay = wechatpaytest.New(wechatpaytest.Options{AppID: "wx1234567890abcdef", Now: d.clock.Now})
	t.Cleanup(d.pay.Close)
	gateway := d.gateway()
	d.store = payments.New(d.db, gateway, d.clock.Now, nil, nil)
	mux.Handle("/payments/wechatpay/notify", gateway.Handler(d.store))
	mux.Handle("/pay/", console.PayPage(console.Config{
		Payments: d.store, Visit: d.see, OAuth: d.oauth(), PublicURL: d.url, Now: d.clock.Now,
	}))
	d.visit = console.PayView{
		Hospital: booking.Text{ZH: "江城市第一人民医院", EN: "Jiangcheng First People's Hospital"}, Department: booking.Text{ZH: "心血管内科", EN: "Cardiology"},
		Doctor: booking.Text{ZH: "林一山", EN: "Dr Lin"}, Title: booking.Text{ZH: "主任医师", EN: "Chief Physician"}, Floor: booking.Text{ZH: "门诊楼3层A区", EN: "Building A, floor 3"},
		StartsAt: time.Date(2026, 10, 9, 0, 30, 0, 0, time.UTC), EndsAt: time.Date(2026, 10, 9, 1, 0, 0, 0, time.UTC),
		Zone: time.FixedZone("CST", 8*60*60), Seq: 12, Patient: "*小明", OpenID: openID, Kept: true,
	}
	d.charge = d.newCharge()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return d
}

func (d *desk) gateway() *wechatpay.Gateway {
	d.t.Helper()
	server := httptest.NewServer(d.pay)
	d.t.Cleanup(server.Close)
	c, err := d.pay.Credentials("")
	if err != nil {
		d.t.Fatal(err)
	}
	g, err := wechatpay.New(wechatpay.Config{
		MchID: c.MchID, AppID: c.AppID, Serial: c.Serial, PrivateKeyPEM: c.PrivateKeyPEM, APIv3Key: c.APIv3Key,
		PublicKeyID: c.PublicKeyID, PublicKeyPEM: c.PublicKeyPEM, NotifyURL: d.url + "/payments/wechatpay/notify", API: server.URL,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return g
}

func (d *desk) oauth() *console.OAuth {
	d.t.Helper()
	server := httptest.NewServer(d.wechat)
	d.t.Cleanup(server.Close)
	keys := vaulttest.Keys(d.t)
	account, err := wechat.New(wechat.Config{
		AppID: "wx1234567890abcdef", Secret: "secret", Token: "token", API: server.URL, DB: d.db, Now: d.clock.Now,
	}, bots.NewStore(d.db, keys, d.clock.Now))
	if err != nil {
		d.t.Fatal(err)
	}
	return &console.OAuth{AuthorizeURL: account.OAuthURL, OpenID: account.OpenID, Seal: keys.Seal, Open: keys.Open}
}

func (d *desk) see(_ context.Context, ref string) (console.PayView, error) {
	if ref != chargeRef {
		return console.PayView{}, payments.ErrNotFound
	}
	return d.visit, nil
}

func (d *desk) newCharge() payments.Charge {
	d.t.Helper()
	var charge payments.Charge
	d.inTx(func(tx *sqlx.Tx) (err error) {
		charge, err = d.store.CreateTx(d.t.Context(), tx, payments.NewCharge{
			Ref: chargeRef, Amount: chargeSum, Subject: "挂号费", ExpiresAt: d.clock.Now().Add(holdsFor),
		})
		return err
	})
	return charge
}

func (d *desk) inTx(fn func(tx *sqlx.Tx) error) {
	d.t.Helper()
	if err := mysql.InTx(d.t.Context(), d.db, fn); err != nil {
		d.t.Fatal(err)
	}
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   string
}

// ask requests a path below the charge's page, "" being the page itself.
func (d *desk) ask(method, path string, headers ...string) answered {
	d.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/pay/" + d.charge.Token + path
	} else if !strings.HasPrefix(path, "/pay/") {
		path = "/pay/" + d.charge.Token + path
	}
	request, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("User-Agent", d.agent)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := d.client.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header, string(body)}
}

func (d *desk) get(path string, headers ...string) answered {
	d.t.Helper()
	return d.ask(http.MethodGet, path, headers...)
}

// state asks the status endpoint.
func (d *desk) state() string {
	d.t.Helper()
	var a struct{ State string }
	if err := json.Unmarshal([]byte(d.get("/status").body), &a); err != nil {
		d.t.Fatal(err)
	}
	return a.State
}

// bridge asks for the payment sheet's parameters.
func (d *desk) bridge() (status int, params wechatpaytest.Bridge, sentence string) {
	d.t.Helper()
	a := d.ask(http.MethodPost, "/bridge")
	var body struct {
		Bridge wechatpaytest.Bridge
		Error  string
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		d.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return a.status, body.Bridge, body.Error
}

// says checks that a page has all these words in it.
func (a answered) says(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("the page does not say %q:\n%s", w, a.body)
		}
	}
}
