package payments_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"guahao/payments"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestAnUnpaidChargeIsClosed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		arm    func(*world)
		rounds int
	}{
		"at once":                      {func(*world) {}, 1},
		"after a time-out":             {func(w *world) { w.sim.Faults.TimeoutAfterCommit(wechatpaytest.Close, 1) }, 2},
		"after being asked to be slow": {func(w *world) { w.sim.Faults.Respond(wechatpaytest.Close, 429, "FREQUENCY_LIMITED", 1) }, 2},
		"after an error of theirs":     {func(w *world) { w.sim.Faults.Respond(wechatpaytest.Close, 500, "SYSTEM_ERROR", 2) }, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.charge("visit:1")
			code := w.codeURL(c)
			test.arm(w)
			w.expire(c.Ref)
			w.wantStatus(c, payments.Closing)
			for i := range test.rounds {
				if err := w.store.Work(w.ctx); (err != nil) != (i < test.rounds-1) {
					t.Errorf("round %d: %v", i+1, err)
				}
				w.clock.add(time.Minute)
			}
			w.wantStatus(c, payments.Closed)
			if err := w.sim.ScanPay(code, patient); !errors.Is(err, wechatpaytest.ErrOrderClosed) {
				t.Errorf("it can still be paid: %v", err)
			}
			if _, err := w.store.CodeURL(w.ctx, c.Token); !errors.Is(err, payments.ErrClosed) {
				t.Errorf("a code for a closed charge: %v", err)
			}
			w.wantEffects(c.Ref, 0, 0)
		})
	}
}

func TestAChargeThatNobodyLookedAtIsClosedHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.expire(c.Ref)
	w.wantStatus(c, payments.Closed)
	w.work()
	if n := len(w.sim.Requests()); n != 0 {
		t.Errorf("the provider was asked %d times about an order that it never had", n)
	}
}

// The provider says that there is no such order, while the prepay call may still be under way: that is believed a minute later.
func TestNoSuchOrderIsBelievedLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.sim.Faults.Respond(wechatpaytest.Native, 500, "SYSTEM_ERROR", 1)
	if _, err := w.store.CodeURL(w.ctx, c.Token); err == nil {
		t.Fatal("no error")
	}
	w.expire(c.Ref)
	if err := w.store.Work(w.ctx); !errors.Is(err, payments.ErrOrderNotExist) {
		t.Fatalf("Work says %v", err)
	}
	w.wantStatus(c, payments.Closing)
	w.clock.add(time.Minute)
	w.work()
	w.wantStatus(c, payments.Closed)
}

func TestPaymentBetweenQueryAndCloseIsRefunded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.codeURL(c)
	w.sim.Faults.PayBetweenQueryAndClose(patient, 1)
	w.sim.Faults.LoseNotice(1)
	w.expire(c.Ref)
	w.work() // asks, closes, hears that it is paid, settles: too late; and hands the refund in
	w.wantEffects(c.Ref, 1, 0)
	w.wantStatus(c, payments.Refunding)
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Refunded)
	w.wantEffects(c.Ref, 1, 1)
	if r := w.sim.Refunds(); len(r) != 1 || r[0].Amount != int64(fee) || r[0].Status != wechatpaytest.RefundSuccess {
		t.Errorf("refunds: %+v", r)
	}
	w.wantStory(c, "create  created", "prepare created pending", "give_up pending closing", "pay closing paid",
		"request_refund paid refunding", "refund_all refunding refunded")
}

// Paid in the last second, known only after everything was closed: the visit decides.
func TestLatePayment(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"the place is still there": true, "the place is gone": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.charge("visit:1")
			w.sim.Faults.DelayNotice(1, time.Hour)
			must(t, w.sim.ScanPay(w.codeURL(c), patient))
			w.expire(c.Ref)
			if keep {
				_, err := w.db.Exec("UPDATE test_visits SET gone = FALSE WHERE ref = ?", c.Ref)
				must(t, err)
			}
			w.clock.add(time.Hour)
			must(t, w.sim.Deliver(w.ctx))
			w.wantEffects(c.Ref, 1, 0)
			if keep {
				w.wantStatus(c, payments.Paid)
				return
			}
			w.wantStatus(c, payments.Refunding)
			w.work()
			must(t, w.sim.Deliver(w.ctx))
			w.wantStatus(c, payments.Refunded)
			w.wantEffects(c.Ref, 1, 1)
		})
	}
}

// After its end a pending charge that nobody gave up is closed by the job.
func TestAnAbandonedChargeIsClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.codeURL(c)
	for range 60 {
		w.clock.add(30 * time.Second)
		w.work()
	}
	w.wantStatus(c, payments.Closed)
	if o, _ := w.sim.Order(c.OutTradeNo); o.State != wechatpaytest.Closed {
		t.Errorf("the order is %s", o.State)
	}
	if n := w.requests(wechatpaytest.Query); n < 4 || n > 20 {
		t.Errorf("asked %d times in 30 minutes", n)
	}
}

func TestGivingUpTwiceIsGivingUpOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.codeURL(c)
	w.expire(c.Ref)
	w.expire(c.Ref)
	must(t, w.refund(c.Ref, fee)) // nothing was paid: nothing to give back
	w.work()
	w.expire(c.Ref)
	w.wantStatus(c, payments.Closed)
	if r, err := w.store.Refunds(w.ctx, c.ID); err != nil || len(r) != 0 {
		t.Errorf("refunds: %v, %v", r, err)
	}
}

// The provider is asked about each due charge once, however many replicas work.
func TestReplicasShareTheWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const charges = 12
	for i := range charges {
		w.codeURL(w.charge("visit:" + string(rune('a'+i))))
	}
	w.clock.add(time.Minute)
	workTogether(t, w.store, w.replica(), w.replica())
	if n := w.requests(wechatpaytest.Query); n != charges {
		t.Errorf("%d queries for %d charges", n, charges)
	}
}

func workTogether(t *testing.T, stores ...*payments.Store) {
	t.Helper()
	var group sync.WaitGroup
	start := make(chan struct{})
	for _, store := range stores {
		group.Go(func() {
			<-start
			if err := store.Work(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	group.Wait()
}
