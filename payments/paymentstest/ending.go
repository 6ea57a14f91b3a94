package paymentstest

import (
	"testing"
	"time"

	"guahao/payments"
)

// closedWhenGivenUp: the order is closed at the provider, through time-outs and errors. One that nobody opened cannot be: paid all
// the same, it is given back.
func closedWhenGivenUp(t *testing.T, w *world) {
	c := w.charge("visit:1")
	code := w.code(c)
	w.provider.CutAfterEffect(Close, 1)
	w.giveUp(c.Ref)
	w.want(c, payments.Closing, 0, 0)
	w.workUntil(c, payments.Closed)
	err := w.provider.Pay(code, payer)
	if !w.provider.OpensLate() {
		if !w.provider.Closed(err) {
			t.Errorf("it can still be paid: %v", err)
		}
		w.want(c, payments.Closed, 0, 0)
		return
	}
	must(t, err)
	w.workUntil(c, payments.Refunded)
	w.want(c, payments.Refunded, 1, 1)
	if back := w.provider.GivenBack(); back != fee {
		t.Errorf("given back are %s yuan", back)
	}
}

// paidBeforeClose: the payment came between the last question and the close, and its notice was lost.
func paidBeforeClose(t *testing.T, w *world) {
	c := w.charge("visit:1")
	w.code(c)
	if w.provider.OpensLate() {
		w.provider.FailWithoutEffect(Query, 1)
	}
	w.provider.PayBeforeClose(payer, 1)
	w.provider.LoseNotices(1)
	w.giveUp(c.Ref)
	w.workUntil(c, payments.Refunded)
	w.want(c, payments.Refunded, 1, 1)
	if back := w.provider.GivenBack(); back != fee {
		t.Errorf("given back are %s yuan", back)
	}
}

// latePayment: known only after everything was closed, so the domain decides whether it is kept.
func latePayment(t *testing.T, w *world) {
	kept, lost := w.charge("visit:1"), w.charge("visit:2")
	w.provider.DelayNotices(2, time.Hour)
	for _, c := range []payments.Charge{kept, lost} {
		must(t, w.provider.Pay(w.code(c), payer))
		w.giveUp(c.Ref)
	}
	_, err := w.db.Exec("UPDATE conform_visits SET gone = FALSE WHERE ref = ?", kept.Ref)
	must(t, err)
	w.pass(time.Hour)
	must(t, w.provider.Deliver(w.ctx))
	w.want(kept, payments.Paid, 1, 0)
	w.workUntil(lost, payments.Refunded)
	w.want(lost, payments.Refunded, 1, 1)
}

// abandoned: nobody gave the charge up, and its time is long over.
func abandoned(t *testing.T, w *world) {
	c := w.charge("visit:1")
	w.code(c)
	w.pass(30 * time.Minute)
	w.workUntil(c, payments.Closed)
	w.want(c, payments.Closed, 0, 0)
}

func refund(t *testing.T, w *world) {
	c := w.paid("visit:1")
	w.refund(c.Ref, fee)
	w.want(c, payments.Refunding, 1, 0)
	w.workUntil(c, payments.Refunded)
	w.want(c, payments.Refunded, 1, 1)
	list, err := w.store.Refunds(w.ctx, c.ID)
	must(t, err)
	if len(list) != 1 || list[0].ProviderNo == "" || list[0].DoneAt.IsZero() || w.provider.GivenBack() != fee {
		t.Errorf("refunds: %+v, given back are %s yuan", list, w.provider.GivenBack())
	}
	// What the provider says about the order from now on changes nothing.
	trade, err := w.gateway.Query(w.ctx, c.OutTradeNo)
	must(t, err)
	must(t, w.store.Settle(w.ctx, trade))
	w.want(c, payments.Refunded, 1, 1)
	if w.incidents() != "[]" {
		t.Errorf("incidents: %s", w.incidents())
	}
}

func refundInParts(t *testing.T, w *world) {
	c := w.paid("visit:1")
	for i, part := range []payments.Fen{2000, 2999, 1} {
		w.refund(c.Ref, part)
		w.pass(2 * time.Minute)
		if i == 2 {
			w.workUntil(c, payments.Refunded)
			break
		}
		w.workUntil(c, payments.PartlyRefunded)
	}
	w.want(c, payments.Refunded, 1, 3)
	if back := w.provider.GivenBack(); back != fee {
		t.Errorf("given back are %s yuan", back)
	}
}

// refundTimeouts: neither the refund nor the question about it is answered, although both arrive: it is given back once.
func refundTimeouts(t *testing.T, w *world) {
	c := w.paid("visit:1")
	w.provider.CutAfterEffect(Refund, 2)
	w.provider.CutAfterEffect(QueryRefund, 1)
	w.provider.LoseNotices(1)
	w.refund(c.Ref, fee)
	w.workUntil(c, payments.Refunded)
	w.want(c, payments.Refunded, 1, 1)
	if back := w.provider.GivenBack(); back != fee || w.provider.Calls(Refund) < 2 {
		t.Errorf("given back are %s yuan in %d calls", back, w.provider.Calls(Refund))
	}
}

func refundFailsForAWhile(t *testing.T, w *world) {
	c := w.paid("visit:1")
	w.provider.FailWithoutEffect(Refund, 2)
	w.refund(c.Ref, fee)
	if w.store.Work(w.ctx) == nil {
		t.Error("the job does not say that the refund was refused")
	}
	w.want(c, payments.Refunding, 1, 0)
	w.workUntil(c, payments.Refunded)
	w.want(c, payments.Refunded, 1, 1)
}
