package payments_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"guahao/payments"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

// nextMorning moves the clock to 10:30 in China on the day after, and gives the day before.
func (w *world) nextMorning() (yesterday time.Time) {
	w.t.Helper()
	start, end := payments.BillDay(w.clock.now())
	w.clock.add(end.Add(10*time.Hour + 30*time.Minute).Sub(w.clock.now()))
	return start
}

// noon moves the clock to noon of the day in China, so that a test does not run over its midnight.
func (w *world) noon() {
	start, _ := payments.BillDay(w.clock.now())
	w.clock.add(start.Add(36 * time.Hour).Sub(w.clock.now()))
}

func (w *world) reconcile(day time.Time) payments.Reconciliation {
	w.t.Helper()
	r, err := w.store.Reconcile(w.ctx, wechatpay.Name, day)
	must(w.t, err)
	return r
}

// wantRun compares a run's figures.
func (w *world) wantRun(r payments.Reconciliation, state payments.ReconciliationState, lines, matched, differences, healed int64) {
	w.t.Helper()
	got := fmt.Sprintf("%s: %d lines, %d matched, %d differences, %d healed", r.State, r.Lines, r.Matched, r.Differences, r.Healed)
	want := fmt.Sprintf("%s: %d lines, %d matched, %d differences, %d healed", state, lines, matched, differences, healed)
	if got != want {
		list, err := w.store.Differences(w.ctx, r.Day, 100)
		w.t.Fatalf("reconciled %s, want %s\n%+v %v", got, want, list, err)
	}
}

func TestReconcilingAQuietDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	var heard []payments.Reconciliation
	w.store.Reconciled = func(r payments.Reconciliation) { heard = append(heard, r) }
	w.paid("visit:1")
	part := w.paid("visit:2")
	must(t, w.refund(part.Ref, 2000))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.charge("visit:3") // never shown
	w.codeURL(w.charge("visit:4"))

	if _, err := w.store.Reconcile(w.ctx, wechatpay.Name, w.clock.now()); !errors.Is(err, payments.ErrDayNotOver) {
		t.Errorf("today: %v", err)
	}
	must(t, w.store.ReconcileDue(w.ctx))
	day := w.nextMorning()
	w.clock.add(-2 * time.Hour)
	w.wantRun(w.reconcile(day), payments.ReconcileWaiting, 0, 0, 0, 0) // the bill is being made
	must(t, w.store.ReconcileDue(w.ctx))
	if n := w.requests(wechatpaytest.TradeBill); n != 1 {
		t.Errorf("the job asked for the bill before 10 o'clock: %d requests", n)
	}
	w.clock.add(2 * time.Hour)
	must(t, w.store.ReconcileDue(w.ctx))
	must(t, w.store.ReconcileDue(w.ctx))
	if n := w.requests(wechatpaytest.BillFile); n != 1 || len(heard) != 1 {
		t.Errorf("the bill was fetched %d times, and heard of %d times", n, len(heard))
	}
	list, err := w.store.Reconciliations(w.ctx, 10)
	must(t, err)
	w.wantRun(list[0], payments.ReconcileDone, 3, 3, 0, 0)
	// 0.6 % of 100 yuan, less 0.6 % of 20 that were given back.
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: 8000 - 48, payments.HospitalRevenue: -8000, payments.Fees: 48})
	w.wantRun(w.reconcile(day), payments.ReconcileDone, 3, 3, 0, 0) // by hand, again
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: 8000 - 48, payments.HospitalRevenue: -8000, payments.Fees: 48})
}

// Nothing was traded: that is a bill too.
func TestReconcilingADayWithoutTrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	w.charge("visit:1")
	w.wantRun(w.reconcile(w.nextMorning()), payments.ReconcileDone, 0, 0, 0, 0)
}

// Neither being made, nor damaged on its way, nor unreachable: the next tick tries again.
func TestABillThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	w.paid("visit:1")
	day := w.nextMorning()
	w.sim.Faults.Respond(wechatpaytest.TradeBill, http.StatusBadRequest, "NO_STATEMENT_EXIST", 1)
	must(t, w.store.ReconcileDue(w.ctx))
	w.sim.Faults.Respond(wechatpaytest.TradeBill, http.StatusBadRequest, "STATEMENT_CREATING", 1)
	must(t, w.store.ReconcileDue(w.ctx))
	for name, fault := range map[string]func(){
		"unreachable": func() {
			w.sim.Faults.Respond(wechatpaytest.TradeBill, http.StatusInternalServerError, "SYSTEM_ERROR", 1)
		},
		"signed by a stranger":    func() { w.sim.Faults.BadSignature(wechatpaytest.TradeBill, 1) },
		"damaged on its way here": func() { w.sim.Faults.BadSignature(wechatpaytest.BillFile, 1) },
	} {
		fault()
		if r, err := w.store.Reconcile(w.ctx, wechatpay.Name, day); err == nil || r.State != payments.ReconcileFailed || r.Lines != 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	must(t, w.store.ReconcileDue(w.ctx))
	list, err := w.store.Reconciliations(w.ctx, 1)
	must(t, err)
	w.wantRun(list[0], payments.ReconcileDone, 1, 1, 0, 0)
}

func TestOneReplicaReconciles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	w.paid("visit:1")
	day := w.nextMorning()
	_, err := w.db.Exec("INSERT INTO reconciliations (provider, day, state, started_at, lease_until) VALUES ('wechatpay', ?, 'running', ?, ?)",
		day.Format(time.DateOnly), w.clock.now(), w.clock.now().Add(time.Minute))
	must(t, err)
	if _, err := w.store.Reconcile(w.ctx, wechatpay.Name, day); !errors.Is(err, payments.ErrReconciling) {
		t.Errorf("while another one does: %v", err)
	}
	w.clock.add(2 * time.Minute) // the other one has crashed
	w.wantRun(w.reconcile(day), payments.ReconcileDone, 1, 1, 0, 0)
}

// A notice was lost and every query failed: the bill still tells, and what follows from the payment happens.
func TestAPaymentThatOnlyTheBillKnowsIsSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	c, late := w.charge("visit:1"), w.charge("visit:2")
	w.sim.Faults.LoseNotice(-1)
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	must(t, w.sim.ScanPay(w.codeURL(late), patient))
	w.expire(late.Ref)
	refunded := w.charge("visit:3")
	must(t, w.sim.ScanPay(w.codeURL(refunded), patient))
	_, err := w.store.Refresh(w.ctx, refunded.Token)
	must(t, err)
	must(t, w.refund(refunded.Ref, fee))
	w.sim.Faults.TimeoutAfterCommit(wechatpaytest.RefundOp, 1)
	_, err = w.db.Exec("UPDATE charges SET due_at = NULL") // nothing asks
	must(t, err)
	_ = w.store.Work(w.ctx)

	day := w.nextMorning()
	w.wantRun(w.reconcile(day), payments.ReconcileDone, 4, 1, 3, 3)
	w.wantStatus(c, payments.Paid)
	w.wantEffects(c.Ref, 1, 0)
	w.wantStatus(late, payments.Refunding) // its place is gone
	w.wantStatus(refunded, payments.Refunded)
	w.wantEffects(refunded.Ref, 1, 1)
	w.wantBooks()
	if open, err := w.store.Differences(w.ctx, time.Time{}, 10); err != nil || len(open) > 0 {
		t.Errorf("left for people: %+v, %v", open, err)
	}
	w.wantRun(w.reconcile(day), payments.ReconcileDone, 4, 4, 0, 0)
}

func TestWhatDiffersHasANameAndAnOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	var numbers []string
	for i := range 4 {
		numbers = append(numbers, w.paid(fmt.Sprintf("visit:%d", i)).OutTradeNo)
	}
	refunded := w.paid("visit:r")
	must(t, w.refund(refunded.Ref, fee))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.sim.EditBill(func(rows []wechatpaytest.BillRow) []wechatpaytest.BillRow {
		var kept []wechatpaytest.BillRow
		for _, row := range rows {
			switch {
			case row.OutTradeNo == numbers[0]:
				continue // the bill lacks it
			case row.OutTradeNo == numbers[1]:
				row.Total--
			case row.OutTradeNo == numbers[2]:
				row.TransactionID = "4200000000000000000000000009"
			case row.State == "REFUND":
				row.RefundState = "FAIL"
				stranger := row
				stranger.OutRefundNo, stranger.RefundID = "MADE-BY-HAND", "5000000000000000000000000009"
				kept = append(kept, stranger)
			}
			kept = append(kept, row)
		}
		stranger := rows[0]
		stranger.State, stranger.OutTradeNo, stranger.TransactionID = "SUCCESS", "SOMEBODYELSE1", "4200000000000000000000000001"
		stranger.RefundID, stranger.OutRefundNo, stranger.Total, stranger.Refund = "", "", 777, 0
		return append(kept, stranger)
	})
	day := w.nextMorning()
	w.wantRun(w.reconcile(day), payments.ReconcileDone, 7, 2, 6, 1)
	list, err := w.store.Differences(w.ctx, day, 100)
	must(t, err)
	got := map[string]string{}
	for _, d := range list {
		got[d.Number] = fmt.Sprintf("%s %s %s: %s/%s %s/%s, %s", d.State, d.Kind, d.Class, d.Ours, d.Theirs, d.OurStatus, d.TheirStatus, d.Owner)
	}
	want := map[string]string{
		numbers[0]:                  "healed payment only_ours: 50.00/0.00 paid/, operator", // asked, the provider confirms it
		numbers[1]:                  "open payment amount_differs: 50.00/49.99 paid/paid, operator",
		numbers[2]:                  "open payment status_differs: 50.00/50.00 paid/paid, operator",
		refunded.OutTradeNo + "-R1": "open refund status_differs: 50.00/50.00 succeeded/closed, operator",
		"MADE-BY-HAND":              "open refund only_theirs: 0.00/50.00 /closed, operator",
		"SOMEBODYELSE1":             "open payment only_theirs: 0.00/7.77 /paid, operator",
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	w.handOver(day)
}

// handOver gives a difference to somebody, who closes it; a later run leaves that alone.
func (w *world) handOver(day time.Time) {
	t := w.t
	t.Helper()
	open, err := w.store.Differences(w.ctx, time.Time{}, 100)
	must(t, err)
	id := open[0].ID
	must(t, w.store.AssignDifference(w.ctx, id, "会计李"))
	must(t, w.store.CloseDifference(w.ctx, id, "paid back by hand"))
	if err := w.store.CloseDifference(w.ctx, id, "again"); !errors.Is(err, payments.ErrNotFound) {
		t.Errorf("closed twice: %v", err)
	}
	w.sim.EditBill(func(rows []wechatpaytest.BillRow) []wechatpaytest.BillRow {
		for i := range rows {
			rows[i].Total *= 2
		}
		return rows
	})
	w.reconcile(day)
	stats, err := w.store.OpenDifferences(w.ctx)
	must(t, err)
	list, err := w.store.Differences(w.ctx, day, 100)
	must(t, err)
	for _, d := range list {
		if d.ID == id && (d.State != payments.DifferenceClosed || d.Owner != "会计李" || d.Note != "paid back by hand") {
			t.Errorf("what its owner closed became %+v", d)
		}
		if strings.HasPrefix(d.Number, "SOMEBODY") && d.ID != id && d.State != payments.DifferenceHealed {
			t.Errorf("what a later run does not find is still %s", d.State)
		}
	}
	if len(stats) == 0 {
		t.Error("no open differences are counted, although all amounts differ")
	}
}

// A charge that got a second number is on the bill under that one.
func TestARenumberedChargeMatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	c := w.charge("visit:1")
	w.codeURL(c)
	params, err := w.store.Bridge(w.ctx, c.Token, patient)
	must(t, err)
	must(t, w.sim.BridgePay(wechatpaytest.Bridge(params), patient))
	must(t, w.sim.Deliver(w.ctx))
	if got := w.read(c); got.OutTradeNo == c.OutTradeNo || got.Status != payments.Paid {
		t.Fatalf("the charge was not renumbered and paid: %+v", got)
	}
	w.wantRun(w.reconcile(w.nextMorning()), payments.ReconcileDone, 1, 1, 0, 0)
}

// When WeChat Pay cannot be asked, the differences stay and the job comes again.
func TestHealingIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.noon()
	c := w.charge("visit:1")
	w.sim.Faults.LoseNotice(1)
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	w.nextMorning()
	w.sim.Faults.Respond(wechatpaytest.Query, http.StatusInternalServerError, "SYSTEM_ERROR", 1)
	if err := w.store.ReconcileDue(w.ctx); err == nil {
		t.Error("no error although WeChat Pay could not be asked")
	}
	w.wantStatus(c, payments.Pending)
	must(t, w.store.ReconcileDue(w.ctx))
	w.wantStatus(c, payments.Paid)
}
