package alipay_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/payments"
	"guahao/payments/alipay"
	"guahao/payments/alipay/alipaytest"
	"guahao/payments/paymentstest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	paymentstest.Run(t, func(_ *testing.T, now func() time.Time) paymentstest.Provider {
		return provider{alipaytest.New(alipaytest.Options{Now: now})}
	})
}

// provider is Alipay as the suite wants it.
type provider struct{ *alipaytest.Server }

func (p provider) Gateway(t *testing.T, api, notifyURL string) payments.Gateway {
	t.Helper()
	return newGateway(t, p.Server, api, notifyURL)
}

func newGateway(t *testing.T, sim *alipaytest.Server, api, notifyURL string) *alipay.Gateway {
	t.Helper()
	c, err := sim.Credentials("")
	if err != nil {
		t.Fatal(err)
	}
	g, err := alipay.New(alipay.Config{
		AppID: c.AppID, SellerID: c.SellerID, PrivateKeyPEM: c.PrivateKeyPEM, PublicKeyPEM: c.PublicKeyPEM, NotifyURL: notifyURL, API: api + "/gateway.do",
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (p provider) Notices(g payments.Gateway, s *payments.Store) http.Handler {
	return g.(*alipay.Gateway).Handler(s)
}

func (p provider) Pay(codeURL, payer string) error { return p.ScanPay(codeURL, payer) }
func (p provider) Closed(err error) bool           { return errors.Is(err, alipaytest.ErrOrderClosed) }
func (p provider) Waiting() int                    { return p.Pending() }
func (p provider) Orders() int                     { return len(p.Server.Orders()) }
func (p provider) OpensLate() bool                 { return true }

func (p provider) GivenBack() (sum payments.Fen) {
	for _, r := range p.Refunds() {
		sum += payments.Fen(r.Amount)
	}
	return sum
}

func op(c paymentstest.Call) alipaytest.Op {
	return map[paymentstest.Call]alipaytest.Op{
		paymentstest.Native: alipaytest.Precreate, paymentstest.Query: alipaytest.Query, paymentstest.Close: alipaytest.Close,
		paymentstest.Refund: alipaytest.RefundOp, paymentstest.QueryRefund: alipaytest.QueryRefund,
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
func (p provider) DamageBills(n int)                         { p.Faults.BadSignature(alipaytest.BillFile, n) }
func (p provider) FailWithoutEffect(c paymentstest.Call, n int) {
	p.Faults.Respond(op(c), "20000", "isp.unknow-error", n)
}

func (p provider) Forgeries() []paymentstest.Forgery {
	var all []paymentstest.Forgery
	send := func(kind alipaytest.Forgery) func(context.Context, string) (bool, int, error) {
		return func(ctx context.Context, number string) (bool, int, error) {
			status, word, err := p.Forge(ctx, kind, number)
			return word == "success", status, err
		}
	}
	for _, kind := range alipaytest.Unauthentic() {
		all = append(all, paymentstest.Forgery{Name: string(kind), Send: send(kind)})
	}
	incidents := map[alipaytest.Forgery]string{
		alipaytest.WrongAmount: "amount", alipaytest.WrongSeller: "merchant", alipaytest.WrongAppID: "app", alipaytest.UnknownOrder: "unknown_order",
	}
	for _, kind := range alipaytest.Contradictions() {
		all = append(all, paymentstest.Forgery{
			Name: string(kind), Authentic: true, Incident: incidents[kind], Repeat: kind == alipaytest.UnknownOrder, Send: send(kind),
		})
	}
	return all
}
