package payments_test

import (
	"testing"
	"time"

	"guahao/payments"
)

// Who paid is forgotten after some days, of whoever it was; a refund needs it no more, and who may still pay is not forgotten.
func TestPayersAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.paid("visit:1")
	w.clock.add(71 * time.Hour)
	must(t, w.store.ForgetPayers(w.ctx))
	if got := w.read(old); got.Payer != patient {
		t.Errorf("forgotten too early: %q", got.Payer)
	}
	w.clock.add(2 * time.Hour)
	young := w.paid("visit:2")
	must(t, w.store.ForgetPayers(w.ctx))
	if got := w.read(old); got.Payer != "" || got.Status != payments.Paid || got.TransactionID != old.TransactionID {
		t.Errorf("after three days the charge is %+v", got)
	}
	if got := w.read(young); got.Payer != patient {
		t.Errorf("a payment of today has the payer %q", got.Payer)
	}
	must(t, w.refund("visit:1", fee))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(old, payments.Refunded)
}
