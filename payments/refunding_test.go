package payments_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/payments"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestRefund(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		amounts []payments.Fen
		want    payments.ChargeStatus
	}{
		"in full":                     {[]payments.Fen{fee}, payments.Refunded},
		"in part":                     {[]payments.Fen{3000}, payments.PartlyRefunded},
		"in two parts, one by one":    {[]payments.Fen{3000, 2000}, payments.Refunded},
		"nothing, as the policy says": {[]payments.Fen{0}, payments.Paid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.paid("visit:1")
			done := 0
			for _, amount := range test.amounts {
				must(t, w.refund(c.Ref, amount))
				w.clock.add(time.Minute)
				w.work()
				must(t, w.sim.Deliver(w.ctx))
				if amount > 0 {
					done++
				}
			}
			w.wantStatus(c, test.want)
			w.wantEffects(c.Ref, 1, done)
			if err := w.refund(c.Ref, fee+1); !errors.Is(err, payments.ErrAmount) {
				t.Errorf("more than was paid: %v", err)
			}
		})
	}
}

// Accepted is not refunded; the notice of the end is lost; the job asks.
func TestRefundWithoutNotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	w.sim.Faults.LoseNotice(1)
	must(t, w.refund(c.Ref, fee))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Refunding)
	w.clock.add(2 * time.Minute)
	w.work()
	w.wantStatus(c, payments.Refunded)
	w.wantEffects(c.Ref, 1, 1)
	if w.requests(wechatpaytest.RefundOp) != 1 {
		t.Errorf("handed in %d times", w.requests(wechatpaytest.RefundOp))
	}
}

func TestRefundIsHandedInAgainUnderTheSameNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	w.sim.Faults.TimeoutAfterCommit(wechatpaytest.RefundOp, 1)
	must(t, w.refund(c.Ref, fee))
	if w.store.Work(w.ctx) == nil {
		t.Fatal("no error")
	}
	w.sim.Faults.Respond(wechatpaytest.RefundOp, 403, "NOT_ENOUGH", 2) // the merchant's balance
	for range 3 {
		w.clock.add(10 * time.Minute)
		_ = w.store.Work(w.ctx)
	}
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Refunded)
	w.wantEffects(c.Ref, 1, 1)
	if n := len(w.sim.Refunds()); n != 1 {
		t.Errorf("%d refunds at the provider", n)
	}
}

func TestManyReplicasRefundOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 10 {
		c := w.paid(fmt.Sprintf("visit:%d", i))
		must(t, w.refund(c.Ref, fee))
	}
	workTogether(t, w.store, w.replica(), w.replica())
	if n, refunds := w.requests(wechatpaytest.RefundOp), len(w.sim.Refunds()); n != 10 || refunds != 10 {
		t.Errorf("10 refunds were handed in %d times and are %d", n, refunds)
	}
	workTogether(t, w.store, w.replica())
	must(t, w.sim.Deliver(w.ctx))
	var effects int
	must(t, w.db.Get(&effects, "SELECT COUNT(id) FROM test_effects WHERE effect = 'refunded'"))
	if effects != 10 {
		t.Errorf("10 refunds had their effect %d times", effects)
	}
}

func TestAbnormalRefund(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	w.sim.Faults.RefundAbnormal(1)
	must(t, w.refund(c.Ref, fee))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	if r := w.wantCall(); r.Status != payments.RefundAbnormal {
		t.Errorf("staff are called about %+v", r)
	}
	w.wantStatus(c, payments.Refunding)
	w.clock.add(2 * time.Hour)
	w.work() // still abnormal
	w.sim.Faults.LoseNotice(1)
	must(t, w.sim.ResolveRefund(c.OutTradeNo+"-R1"))
	w.clock.add(2 * time.Hour)
	w.work()
	w.wantStatus(c, payments.Refunded)
	w.wantEffects(c.Ref, 1, 1)
}

func (w *world) wantCall() payments.Refund {
	w.t.Helper()
	select {
	case r := <-w.stuck:
		return r
	default:
		w.t.Fatal("nobody was called")
		return payments.Refund{}
	}
}

// A refund that fails is asked for again under a new number; staff hear of it.
func TestClosedRefund(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	w.sim.Faults.RefundClosed(1)
	must(t, w.refund(c.Ref, fee))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	if r := w.wantCall(); r.Status != payments.RefundClosed {
		t.Errorf("staff are called about %+v", r)
	}
	w.wantStatus(c, payments.Refunding)
	w.wantEffects(c.Ref, 1, 0)
	w.clock.add(time.Minute)
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Refunded)
	w.wantEffects(c.Ref, 1, 1)
	if n := len(w.sim.Refunds()); n != 2 {
		t.Errorf("%d refunds at the provider, want the one that failed and a second", n)
	}
}

// One that keeps failing is left to staff after three times: the charge is paid, the ledger says that the patient is owed, and staff
// may ask once more.
func TestARefundThatKeepsFailingIsLeftToStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	w.sim.Faults.RefundClosed(-1)
	must(t, w.refund(c.Ref, fee))
	for range 6 {
		w.clock.add(time.Hour)
		w.work()
		must(t, w.sim.Deliver(w.ctx))
	}
	if n := len(w.sim.Refunds()); n != 3 {
		t.Errorf("it was asked for %d times, want 3", n)
	}
	w.wantStatus(c, payments.Paid)
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: fee, payments.PatientLiability: -fee})
	w.sim.Faults.Clear()
	must(t, w.refund(c.Ref, fee))
	w.clock.add(time.Hour)
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Refunded)
}

func TestARefundThatDoesNotMoveCallsForHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	must(t, w.refund(c.Ref, fee))
	w.sim.Faults.Respond(wechatpaytest.RefundOp, 403, "NOT_ENOUGH", -1)
	w.store.StuckAfter = 2 * time.Hour
	other := w.replica()
	other.StuckAfter = 2 * time.Hour
	for range 3 {
		_ = w.store.Work(w.ctx)
		w.clock.add(30 * time.Minute)
	}
	if len(w.stuck) != 0 {
		t.Fatal("called too early")
	}
	w.clock.add(30 * time.Minute)
	_, _ = w.store.Work(w.ctx), other.Work(w.ctx)
	if r := w.wantCall(); r.Attempts < 4 || r.LastError != "wechatpay: refund: 403 NOT_ENOUGH" {
		t.Errorf("staff are called about %+v", r)
	}
	w.clock.add(20 * time.Hour)
	_, _ = w.store.Work(w.ctx), other.Work(w.ctx)
	if len(w.stuck) != 0 {
		t.Fatal("called twice on one day")
	}
	w.clock.add(5 * time.Hour)
	_, _ = w.store.Work(w.ctx), other.Work(w.ctx)
	w.wantCall()
	w.wantStatus(c, payments.Refunding)
}

// WeChat Pay takes one refund of an order a minute. The second waits, which is no failed attempt.
func TestRefundsOfOneOrderKeepTheirDistance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	must(t, w.refund(c.Ref, 1000))
	must(t, w.refund(c.Ref, 2000))
	w.work()
	w.clock.add(30 * time.Second)
	w.work()
	if n := w.requests(wechatpaytest.RefundOp); n != 1 {
		t.Fatalf("%d refunds were handed in within a minute", n)
	}
	w.clock.add(time.Minute)
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	if n := w.requests(wechatpaytest.RefundOp); n != 2 {
		t.Fatalf("%d refunds were handed in, want 2", n)
	}
	if got := w.read(c); got.Refunded != 3000 || got.Status != payments.PartlyRefunded {
		t.Errorf("%s of the charge, which is %s, are refunded", got.Refunded, got.Status)
	}
}

// A stopped clinic's refunds come in one batch. When WeChat Pay asks to slow down, the run stops there; nothing counts as a failed attempt, and
// the batch goes on, over a restart too.
func TestABatchOfRefundsSlowsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const batch = 40
	for i := range batch {
		must(t, w.refund(w.paid(fmt.Sprintf("visit:%d", i)).Ref, fee))
	}
	w.sim.Faults.Respond(wechatpaytest.RefundOp, http.StatusTooManyRequests, "FREQUENCY_LIMITED", -1)
	if err := w.store.Work(w.ctx); !errors.Is(err, payments.ErrTooFast) {
		t.Errorf("the job does not say that it was too fast: %v", err)
	}
	if n := w.requests(wechatpaytest.RefundOp); n == 0 || n > 20 {
		t.Errorf("%d refunds were handed in although the first was too fast", n)
	}
	var attempts int
	must(t, w.db.Get(&attempts, "SELECT SUM(attempts) FROM refunds"))
	if attempts != 0 {
		t.Errorf("%d failed attempts are counted", attempts)
	}
	w.sim.Faults.Clear()
	w.store = w.storeOn(w.db) // the program was restarted
	w.clock.add(2 * time.Minute)
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	var open int
	must(t, w.db.Get(&open, "SELECT COUNT(id) FROM refunds WHERE status <> 'succeeded'"))
	if open != 0 {
		t.Errorf("%d refunds are not back", open)
	}
}

// The refund's notice overtakes the payment's.
func TestReorderedNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.sim.Faults.ReorderNotice(true)
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	_, err := w.store.Refresh(w.ctx, c.Token)
	must(t, err)
	must(t, w.refund(c.Ref, fee))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Refunded)
	w.wantEffects(c.Ref, 1, 1)
	w.wantIncidents()
}

func TestContradictingRefundIsAnIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.paid("visit:1")
	must(t, w.refund(c.Ref, 2000))
	result := payments.RefundResult{OutTradeNo: c.OutTradeNo, OutRefundNo: c.OutTradeNo + "-R1", ProviderNo: "1", Amount: fee, Status: payments.RefundSucceeded}
	if err := w.store.SettleRefund(w.ctx, result); !errors.Is(err, payments.ErrMismatch) {
		t.Errorf("another amount: %v", err)
	}
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	result.Amount, result.Status = 2000, payments.RefundClosed
	if err := w.store.SettleRefund(w.ctx, result); !errors.Is(err, payments.ErrMismatch) {
		t.Errorf("another end: %v", err)
	}
	result.Status = payments.RefundProcessing
	must(t, w.store.SettleRefund(w.ctx, result)) // old news
	result.OutRefundNo = "nobody's"
	if err := w.store.SettleRefund(w.ctx, result); !errors.Is(err, payments.ErrUnknownOrder) {
		t.Errorf("an unknown one: %v", err)
	}
	w.wantIncidents("unknown_refund", "refund_contradiction", "refund_mismatch")
	w.wantStatus(c, payments.PartlyRefunded)
}

// Whatever is asked for and however it ends, no more is given back than was paid, and both sides count the same.
func TestRefundsNeverExceedThePayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		c := w.paid(fmt.Sprintf("visit:%d", run))
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"ask", "work", "deliver", "fail"}), 1, 12).Draw(rt, "steps")
		for _, step := range steps {
			switch step {
			case "ask":
				amount := payments.Fen(rapid.Int64Range(1, int64(fee)).Draw(rt, "amount"))
				left := w.read(c).Refundable()
				if err := w.refund(c.Ref, amount); (err == nil) != (amount <= left) {
					rt.Fatalf("a refund of %s with %s left: %v", amount, left, err)
				}
			case "work":
				w.clock.add(time.Hour)
				w.work()
			case "deliver":
				must(t, w.sim.Deliver(w.ctx))
			case "fail":
				w.sim.Faults.RefundClosed(1)
			}
			if got := w.read(c); got.Refunded > got.Reserved || got.Reserved > got.Amount {
				rt.Fatalf("of %s, %s are given back and %s promised", got.Amount, got.Refunded, got.Reserved)
			}
		}
		w.sim.Faults.Clear()
		for range 4 * len(steps) { // each step's refund, and what is asked for again; one refund a minute
			w.clock.add(time.Hour)
			w.work()
			must(t, w.sim.Deliver(w.ctx))
		}
		got := w.read(c)
		order, _ := w.sim.Order(got.OutTradeNo)
		if got.Reserved != got.Refunded || int64(got.Refunded) != order.Refunded {
			rt.Fatalf("here %s of %s are given back, there %d fen", got.Refunded, got.Reserved, order.Refunded)
		}
	})
}
