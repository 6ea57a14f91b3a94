package wechatpay_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"guahao/payments"
	"guahao/payments/paymentstest"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	paymentstest.Run(t, func(_ *testing.T, now func() time.Time) paymentstest.Provider {
		return provider{wechatpaytest.New(wechatpaytest.Options{Now: now})}
	})
}

// provider is WeChat Pay as the suite wants it.
type provider struct{ *wechatpaytest.Server }

func (p provider) Gateway(t *testing.T, api, notifyURL string) payments.Gateway {
	t.Helper()
	c, err := p.Credentials("")
	if err != nil {
		t.Fatal(err)
	}
	g, err := wechatpay.New(wechatpay.Config{
		MchID: c.MchID, Serial: c.Serial, PrivateKeyPEM: c.PrivateKeyPEM, APIv3Key: c.APIv3Key, PublicKeyID: c.PublicKeyID,
		PublicKeyPEM: c.PublicKeyPEM, AppID: c.AppID, NotifyURL: notifyURL, API: api,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (p provider) Notices(g payments.Gateway, s *payments.Store) http.Handler {
	return g.(*wechatpay.Gateway).Handler(s)
}

func (p provider) Pay(codeURL, payer string) error { return p.ScanPay(codeURL, payer) }
func (p provider) Closed(err error) bool           { return errors.Is(err, wechatpaytest.ErrOrderClosed) }
func (p provider) Waiting() int                    { return p.Pending() }
func (p provider) Orders() int                     { return len(p.Server.Orders()) }
func (p provider) OpensLate() bool                 { return false }

func (p provider) GivenBack() (sum payments.Fen) {
	for _, r := range p.Refunds() {
		if r.Status == wechatpaytest.RefundSuccess {
			sum += payments.Fen(r.Amount)
		}
	}
	return sum
}

func op(c paymentstest.Call) wechatpaytest.Op {
	return map[paymentstest.Call]wechatpaytest.Op{
		paymentstest.Native: wechatpaytest.Native, paymentstest.Query: wechatpaytest.Query, paymentstest.Close: wechatpaytest.Close,
		paymentstest.Refund: wechatpaytest.RefundOp, paymentstest.QueryRefund: wechatpaytest.QueryRefund,
	}[c]
}

func (p provider) Calls(c paymentstest.Call) (n int) {
	for _, r := range p.Requests() {
		if r.Op == op(c) {
			n++
		}
	}
	return n
}

func (p provider) LoseNotices(n int)                         { p.Faults.LoseNotice(n) }
func (p provider) RepeatNotices(n int)                       { p.Faults.RepeatNotice(n) }
func (p provider) DelayNotices(n int, d time.Duration)       { p.Faults.DelayNotice(n, d) }
func (p provider) CutAfterEffect(c paymentstest.Call, n int) { p.Faults.TimeoutAfterCommit(op(c), n) }
func (p provider) SignWrongly(c paymentstest.Call, n int)    { p.Faults.BadSignature(op(c), n) }
func (p provider) PayBeforeClose(payer string, n int)        { p.Faults.PayBetweenQueryAndClose(payer, n) }
func (p provider) DamageBills(n int)                         { p.Faults.BadSignature(wechatpaytest.BillFile, n) }
func (p provider) FailWithoutEffect(c paymentstest.Call, n int) {
	p.Faults.Respond(op(c), 500, "SYSTEM_ERROR", n)
}

func (p provider) Forgeries() []paymentstest.Forgery {
	var all []paymentstest.Forgery
	send := func(kind wechatpaytest.Forgery) func(context.Context, string) (bool, int, error) {
		return func(ctx context.Context, number string) (bool, int, error) {
			status, err := p.Forge(ctx, kind, number)
			return status < 300, status, err
		}
	}
	for _, kind := range wechatpaytest.Unauthentic() {
		all = append(all, paymentstest.Forgery{Name: string(kind), Send: send(kind)})
	}
	incidents := map[wechatpaytest.Forgery]string{
		wechatpaytest.WrongAmount: "amount", wechatpaytest.WrongCurrency: "currency", wechatpaytest.WrongMchID: "merchant",
		wechatpaytest.WrongAppID: "app", wechatpaytest.UnknownOrder: "unknown_order",
	}
	for _, kind := range wechatpaytest.Contradictions() {
		all = append(all, paymentstest.Forgery{
			Name: string(kind), Authentic: true, Incident: incidents[kind], Repeat: kind == wechatpaytest.UnknownOrder, Send: send(kind),
		})
	}
	return all
}
