package paymentstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"guahao/internal/mariadb/mariadbtest"
	"guahao/payments"
)

func happyPath(t *testing.T, w *world) {
	c := w.charge("visit:1")
	code := w.code(c)
	if again := w.code(c); again != code || w.provider.Calls(Native) != 1 {
		t.Fatalf("the code was not remembered: %d calls", w.provider.Calls(Native))
	}
	must(t, w.provider.Pay(code, payer))
	w.want(c, payments.Pending, 0, 0)
	must(t, w.provider.Deliver(w.ctx))
	w.want(c, payments.Paid, 1, 0)
	got := w.read(c)
	if got.Payer != payer || got.TransactionID == "" || got.PaidAt.Sub(w.now()).Abs() > 2*time.Second || got.Provider != w.gateway.Name() {
		t.Errorf("the payment is not described: %+v", got)
	}
	if _, err := w.store.CodeURL(w.ctx, c.Token); !errors.Is(err, payments.ErrPaid) {
		t.Errorf("a code for a paid charge: %v", err)
	}
	if w.provider.Waiting() != 0 || w.incidents() != "[]" {
		t.Errorf("%d notices wait, incidents %s", w.provider.Waiting(), w.incidents())
	}
}

func notices(t *testing.T, open func(*testing.T, func() time.Time) Provider) {
	for name, test := range map[string]struct {
		arm    func(*world)
		settle func(*world, payments.Charge)
	}{
		"lost, the job asks": {
			func(w *world) { w.provider.LoseNotices(1) },
			func(w *world, _ payments.Charge) { w.pass(time.Minute); must(w.t, w.store.Work(w.ctx)) },
		},
		"lost, the payer asks": {
			func(w *world) { w.provider.LoseNotices(1) },
			func(w *world, c payments.Charge) {
				_, err := w.store.Refresh(w.ctx, c.Token)
				must(w.t, err)
			},
		},
		"repeated": {
			func(w *world) { w.provider.RepeatNotices(1) },
			func(w *world, _ payments.Charge) { must(w.t, w.provider.Deliver(w.ctx)) },
		},
		"late": {
			func(w *world) { w.provider.DelayNotices(1, 5*time.Minute) },
			func(w *world, _ payments.Charge) {
				w.pass(time.Minute)
				must(w.t, w.store.Work(w.ctx))
				w.pass(10 * time.Minute)
				must(w.t, w.provider.Deliver(w.ctx))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, open)
			c := w.charge("visit:1")
			code := w.code(c)
			test.arm(w)
			must(t, w.provider.Pay(code, payer))
			test.settle(w, c)
			w.want(c, payments.Paid, 1, 0)
			if w.provider.Waiting() != 0 || w.incidents() != "[]" {
				t.Errorf("%d notices wait, incidents %s", w.provider.Waiting(), w.incidents())
			}
		})
	}
}

func forged(t *testing.T, w *world) {
	c := w.charge("visit:1")
	w.code(c)
	number := w.read(c).OutTradeNo
	authentic := 0
	for _, forgery := range w.provider.Forgeries() {
		before := w.incidents()
		accepted, status, err := forgery.Send(w.ctx, number)
		must(t, err)
		switch {
		case !forgery.Authentic && (accepted || status < 400 || status >= 500):
			t.Errorf("a notice %s is answered with %d", forgery.Name, status)
		case !forgery.Authentic && w.incidents() != before:
			t.Errorf("a notice %s, which anybody could send, left an incident", forgery.Name)
		case forgery.Authentic && accepted == forgery.Repeat:
			t.Errorf("a notice %s is answered with %d, accepted %t", forgery.Name, status, accepted)
		case forgery.Authentic && w.newest() != forgery.Incident:
			t.Errorf("a notice %s left the incident %q, want %q", forgery.Name, w.newest(), forgery.Incident)
		}
		if forgery.Authentic {
			authentic++
		}
	}
	if authentic < 3 {
		t.Errorf("only %d contradictions were tried: amount, merchant and an unknown order at least", authentic)
	}
	w.want(c, payments.Pending, 0, 0)
}

func (w *world) newest() string {
	list, err := w.store.Incidents(w.ctx, 1)
	must(w.t, err)
	if len(list) == 0 {
		return ""
	}
	return list[0].Kind
}

// unsigned: an answer that the provider did not sign is believed in nothing.
func unsigned(t *testing.T, w *world) {
	c := w.charge("visit:1")
	w.provider.SignWrongly(Native, 1)
	if _, err := w.store.CodeURL(w.ctx, c.Token); err == nil {
		t.Fatal("a code with a stranger's signature was believed")
	}
	w.provider.LoseNotices(1)
	must(t, w.provider.Pay(w.code(c), payer))
	w.provider.SignWrongly(Query, 1)
	if _, err := w.store.Refresh(w.ctx, c.Token); err == nil {
		t.Fatal("a payment with a stranger's signature was believed")
	}
	w.want(c, payments.Pending, 0, 0)
}

// timeoutsAfterEffect: a call whose answer never came is made again with the same number, and nothing happens twice.
func timeoutsAfterEffect(t *testing.T, w *world) {
	c := w.charge("visit:1")
	w.provider.CutAfterEffect(Native, 1)
	if _, err := w.store.CodeURL(w.ctx, c.Token); err == nil {
		t.Fatal("no error")
	}
	must(t, w.provider.Pay(w.code(c), payer))
	must(t, w.provider.Deliver(w.ctx))
	w.want(c, payments.Paid, 1, 0)
	if got := w.read(c).OutTradeNo; got != c.OutTradeNo || w.provider.Orders() != 1 {
		t.Errorf("the number became %s, %d orders", got, w.provider.Orders())
	}
}

// sameNumberOtherAmount: a number names one order; with another amount the provider must refuse it.
func sameNumberOtherAmount(t *testing.T, w *world) {
	o := payments.Order{OutTradeNo: "CONFORM20260101", Subject: "挂号费", Amount: fee, ExpiresAt: w.now().Add(15 * time.Minute)}
	if _, err := w.gateway.Native(w.ctx, o); err != nil {
		t.Fatal(err)
	}
	o.Amount++
	if _, err := w.gateway.Native(w.ctx, o); err == nil {
		t.Error("one number, two amounts")
	}
	// That is a violation here, and meant to be one.
	t.Cleanup(func() { w.provider = quiet{w.provider} })
}

// quiet is a provider whose violations were meant.
type quiet struct{ Provider }

func (quiet) Violations() []string { return nil }

// replicasSettleOnce: two processes learn of the same payment in the same moment.
func replicasSettleOnce(t *testing.T, w *world) {
	c := w.charge("visit:1")
	w.provider.LoseNotices(1)
	must(t, w.provider.Pay(w.code(c), payer))
	trade, err := w.gateway.Query(w.ctx, w.read(c).OutTradeNo)
	must(t, err)
	other := w.storeOn(mariadbtest.Open(t, w.dsn))
	done := make(chan error, 8)
	for i := range 8 {
		store := []*payments.Store{w.store, other}[i%2]
		go func() { done <- store.Settle(context.WithoutCancel(w.ctx), trade) }()
	}
	for range 8 {
		must(t, <-done)
	}
	w.want(c, payments.Paid, 1, 0)
}
