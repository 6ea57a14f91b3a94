package paymentstest

import (
	"testing"
	"time"

	"guahao/payments"
)

// bill: the provider's bill of a day agrees with what was done here, or tells what was not heard of.
func bill(t *testing.T, w *world) {
	if _, ok := w.gateway.(payments.BillGateway); !ok {
		t.Skip("the provider's bills cannot be had")
	}
	w.noon()
	w.paid("visit:1")
	part := w.paid("visit:2")
	w.refund(part.Ref, 2000)
	w.workUntil(part, payments.PartlyRefunded)
	unheard := w.charge("visit:3")
	code := w.code(unheard)
	w.provider.LoseNotices(1)
	must(t, w.provider.Pay(code, payer))
	_, err := w.db.Exec("UPDATE charges SET due_at = NULL") // nobody asks about it
	must(t, err)

	day, end := payments.BillDay(w.now())
	w.pass(end.Add(8 * time.Hour).Sub(w.now()))
	w.reconcile(day, payments.ReconcileWaiting, 0, 0, 0, 0) // it is not made yet
	w.pass(150 * time.Minute)
	w.provider.DamageBills(1)
	if r, err := w.store.Reconcile(w.ctx, w.gateway.Name(), day); err == nil || r.State != payments.ReconcileFailed || r.Lines != 0 {
		t.Errorf("a damaged bill was read: %+v, %v", r, err)
	}
	w.want(unheard, payments.Pending, 0, 0)
	w.reconcile(day, payments.ReconcileDone, 4, 3, 1, 1)
	w.want(unheard, payments.Paid, 1, 0)
	w.reconcile(day, payments.ReconcileDone, 4, 4, 0, 0)

	faults, err := w.store.CheckLedger(w.ctx)
	must(t, err)
	balances, err := w.store.Balances(w.ctx)
	must(t, err)
	for _, b := range balances {
		if b.Account == payments.Fees && b.Amount != 3*30-12 { // the simulators keep 0.6 %
			t.Errorf("fees of %s yuan are in the books", b.Amount)
		}
	}
	if len(faults) > 0 {
		t.Errorf("the books are wrong: %+v", faults)
	}
}

// emptyBill: a day on which nothing was traded.
func emptyBill(t *testing.T, w *world) {
	if _, ok := w.gateway.(payments.BillGateway); !ok {
		t.Skip("the provider's bills cannot be had")
	}
	w.noon()
	w.charge("visit:1")
	day, end := payments.BillDay(w.now())
	w.pass(end.Add(11 * time.Hour).Sub(w.now()))
	w.reconcile(day, payments.ReconcileDone, 0, 0, 0, 0)
}

// noon moves the clock to the next noon in China, so that a test does not run over its midnight.
func (w *world) noon() {
	start, _ := payments.BillDay(w.now())
	w.pass(start.Add(36 * time.Hour).Sub(w.now()))
}

func (w *world) reconcile(day time.Time, state payments.ReconciliationState, lines, matched, differences, healed int64) {
	w.t.Helper()
	r, err := w.store.Reconcile(w.ctx, w.gateway.Name(), day)
	must(w.t, err)
	if r.State != state || r.Lines != lines || r.Matched != matched || r.Differences != differences || r.Healed != healed {
		list, err := w.store.Differences(w.ctx, day, 10)
		w.t.Fatalf("reconciled %+v, want %s: %d lines, %d matched, %d differences, %d healed\n%+v, %v", r, state, lines, matched, differences, healed, list, err)
	}
}
