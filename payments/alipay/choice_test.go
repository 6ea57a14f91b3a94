package alipay_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/payments"
	"guahao/payments/alipay/alipaytest"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

// shop is a store with both providers.
type shop struct {
	t      *testing.T
	ctx    context.Context
	db     *sqlx.DB
	wechat *wechatpaytest.Server
	alipay *alipaytest.Server
	store  *payments.Store
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, ctx: t.Context(), db: mariadbtest.DB(t), wechat: wechatpaytest.New(wechatpaytest.Options{}), alipay: alipaytest.New(alipaytest.Options{})}
	mux := http.NewServeMux()
	app := httptest.NewServer(mux)
	t.Cleanup(app.Close)
	wechatAPI, alipayAPI := httptest.NewServer(s.wechat), httptest.NewServer(s.alipay)
	t.Cleanup(wechatAPI.Close)
	t.Cleanup(alipayAPI.Close)
	c, err := s.wechat.Credentials("")
	must(t, err)
	first, err := wechatpay.New(wechatpay.Config{
		MchID: c.MchID, Serial: c.Serial, PrivateKeyPEM: c.PrivateKeyPEM, APIv3Key: c.APIv3Key, PublicKeyID: c.PublicKeyID,
		PublicKeyPEM: c.PublicKeyPEM, AppID: c.AppID, NotifyURL: app.URL + "/wechatpay", API: wechatAPI.URL,
	})
	must(t, err)
	second := newGateway(t, s.alipay, alipayAPI.URL, app.URL+"/alipay")
	s.store = payments.New(s.db, first, time.Now, nil, nil)
	s.store.AddGateway(second)
	mux.Handle("/wechatpay", first.Handler(s.store))
	mux.Handle("/alipay", second.Handler(s.store))
	t.Cleanup(func() {
		if v := append(s.wechat.Violations(), s.alipay.Violations()...); len(v) > 0 {
			t.Errorf("a provider was used wrongly: %q", v)
		}
	})
	return s
}

func (s *shop) charge() payments.Charge {
	s.t.Helper()
	var c payments.Charge
	must(s.t, mysql.InTx(s.ctx, s.db, func(tx *sqlx.Tx) (err error) {
		c, err = s.store.CreateTx(s.ctx, tx, payments.NewCharge{Ref: "visit:1", Payee: "hospital:1", Amount: 5000, Subject: "挂号费/门诊", ExpiresAt: time.Now().Add(15 * time.Minute)})
		return err
	}))
	return c
}

func (s *shop) code(c payments.Charge, provider string) string {
	s.t.Helper()
	code, err := s.store.CodeURLBy(s.ctx, c.Token, provider)
	must(s.t, err)
	return code
}

func (s *shop) want(c payments.Charge, status payments.ChargeStatus, provider string) {
	s.t.Helper()
	got, err := s.store.ByToken(s.ctx, c.Token)
	must(s.t, err)
	if got.Status != status || got.Provider != provider {
		s.t.Fatalf("the charge is %s with %s, want %s with %s", got.Status, got.Provider, status, provider)
	}
}

func TestChoosingTheOtherProviderClosesTheFirstOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.charge()
	old := s.code(c, "")
	code := s.code(c, "alipay")
	if err := s.wechat.ScanPay(old, "oPatient"); !errors.Is(err, wechatpaytest.ErrOrderClosed) {
		t.Errorf("the first code can still be paid: %v", err)
	}
	if s.code(c, "") != code {
		t.Error("without a choice the charge left its provider")
	}
	must(t, s.alipay.ScanPay(code, payerID))
	must(t, s.alipay.Deliver(s.ctx))
	s.want(c, payments.Paid, "alipay")
	if _, err := s.store.CodeURLBy(s.ctx, c.Token, "wechatpay"); !errors.Is(err, payments.ErrPaid) {
		t.Errorf("another code for a paid charge: %v", err)
	}
	if _, err := s.store.CodeURLBy(s.ctx, c.Token, "nobody"); err == nil {
		t.Error("a provider that there is not")
	}
}

const payerID = "2088000000000077"

// Scanned in Alipay and not paid, the order is a trade, and going back to WeChat Pay closes it.
func TestGoingBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.charge()
	scanned := s.code(c, "alipay")
	_, err := s.alipay.Scan(scanned)
	must(t, err)
	code := s.code(c, "wechatpay")
	if err := s.alipay.ScanPay(scanned, payerID); !errors.Is(err, alipaytest.ErrOrderClosed) {
		t.Errorf("the first code can still be paid: %v", err)
	}
	params, err := s.store.Bridge(s.ctx, c.Token, "oPatient") // and once more, into the sheet
	must(t, err)
	if err := s.wechat.ScanPay(code, "oPatient"); !errors.Is(err, wechatpaytest.ErrOrderClosed) {
		t.Errorf("the second code can still be paid: %v", err)
	}
	must(t, s.wechat.BridgePay(wechatpaytest.Bridge(params), "oPatient"))
	must(t, s.wechat.Deliver(s.ctx))
	s.want(c, payments.Paid, "wechatpay")
}

// A code that nobody had scanned cannot be closed. Who pays with a picture of it although the charge is with the other provider, or
// paid there, gets the money back, without anybody doing anything.
func TestAPaymentWithAReplacedCodeIsGivenBack(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]bool{"before the charge is paid": true, "after the charge was paid": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			c := s.charge()
			picture := s.code(c, "alipay")
			code := s.code(c, "wechatpay")
			stray := func() {
				must(t, s.alipay.ScanPay(picture, payerID))
				s.alipay.Faults.RepeatNotice(1)
				must(t, s.alipay.Deliver(s.ctx))
				must(t, s.store.Work(s.ctx))
				must(t, s.alipay.Deliver(s.ctx))
			}
			if first {
				stray()
			}
			must(t, s.wechat.ScanPay(code, "oPatient"))
			must(t, s.wechat.Deliver(s.ctx))
			if !first {
				stray()
			}
			s.want(c, payments.Paid, "wechatpay")
			refunds := s.alipay.Refunds()
			if len(refunds) != 1 || refunds[0].Amount != 5000 || len(s.wechat.Refunds()) != 0 {
				t.Errorf("given back by Alipay: %+v, by WeChat Pay: %+v", refunds, s.wechat.Refunds())
			}
			if newest, err := s.store.ByRef(s.ctx, "visit:1"); err != nil || newest.ID != c.ID {
				t.Errorf("the reference leads to another charge: %v", err)
			}
			incidents, err := s.store.Incidents(s.ctx, 10)
			must(t, err)
			if len(incidents) != 0 {
				t.Errorf("incidents: %+v", incidents)
			}
		})
	}
}

func TestPagePay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.charge()
	const back = "https://guahao.example/pay/token?check=1"
	old := s.code(c, "wechatpay")
	address, err := s.store.PageURL(s.ctx, c.Token, "alipay", back)
	must(t, err)
	if err := s.wechat.ScanPay(old, "oPatient"); !errors.Is(err, wechatpaytest.ErrOrderClosed) {
		t.Errorf("the first code can still be paid: %v", err)
	}
	again, err := s.store.PageURL(s.ctx, c.Token, "alipay", back)
	must(t, err)
	must(t, s.alipay.PagePay(again, payerID))
	if err := s.alipay.PagePay(address, payerID); err == nil {
		t.Error("the page took the money twice")
	}
	must(t, s.alipay.Deliver(s.ctx))
	s.want(c, payments.Paid, "alipay")
	if _, err := s.store.PageURL(s.ctx, c.Token, "wechatpay", back); err == nil {
		t.Error("WeChat Pay has no page here")
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
