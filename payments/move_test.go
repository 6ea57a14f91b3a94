package payments_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
	"guahao/payments"
)

func (w *world) move(from, to string) error {
	return mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error { return w.store.MoveTx(w.ctx, tx, from, to) })
}

// What was paid in two parts is refunded from both, the newest first, and not more than both.
func TestAMovedPaymentIsRefundedFromBothParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.paid("visit:1"), w.paid("visit:2")
	for range 2 {
		must(t, w.move("visit:1", "visit:2"))
	}
	if ref := w.read(first).Ref; ref != "visit:2" {
		t.Fatalf("the payment is for %q", ref)
	}
	must(t, w.refund("visit:2", 7000))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(second, payments.Refunded)
	w.wantStatus(first, payments.PartlyRefunded)
	if got := w.read(first).Refunded; got != 2000 {
		t.Errorf("%s yuan of the older payment went back", got)
	}
	if err := w.refund("visit:2", 3001); !errors.Is(err, payments.ErrAmount) {
		t.Errorf("more than was paid: %v", err)
	}
	must(t, w.refund("visit:2", 3000))
	w.clock.add(time.Minute) // one refund a minute of one order
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(first, payments.Refunded)
}

// An unpaid charge does not move: it is given up, and when it turns out to be paid its Follower decides by the old reference.
func TestAnUnpaidChargeIsGivenUpByAMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.codeURL(c)
	must(t, w.move("visit:1", "visit:2"))
	w.wantStatus(c, payments.Closing)
	if ref := w.read(c).Ref; ref != "visit:1" {
		t.Errorf("an unpaid charge is for %q", ref)
	}
	for _, to := range []string{"", "visit:1"} {
		if err := w.move("visit:1", to); err == nil {
			t.Errorf("a charge was moved to %q", to)
		}
	}
}
