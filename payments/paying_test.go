package payments_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
	"guahao/payments"
	"guahao/payments/wechatpay/wechatpaytest"
)

func TestPayByQRCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	code := w.codeURL(c)
	if again := w.codeURL(c); again != code || w.requests(wechatpaytest.Native) != 1 {
		t.Fatalf("the code was not remembered: %s then %s, %d requests", code, again, w.requests(wechatpaytest.Native))
	}
	sheet, err := w.sim.Scan(code)
	must(t, err)
	if sheet.Total != int64(fee) || sheet.Description != "挂号费 · 心血管内科" || !sheet.ExpiresAt.Equal(c.ExpiresAt.Truncate(time.Second)) {
		t.Fatalf("the payer is shown %+v", sheet)
	}
	must(t, w.sim.ScanPay(code, patient))
	w.wantStatus(c, payments.Pending)
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Paid)
	w.wantEffects(c.Ref, 1, 0)
	got := w.read(c)
	if got.Payer != patient || got.TransactionID == "" || got.PaidAt.IsZero() {
		t.Errorf("the payment is not described: %+v", got)
	}
	if _, err := w.store.CodeURL(w.ctx, c.Token); !errors.Is(err, payments.ErrPaid) {
		t.Errorf("a code for a paid charge: %v", err)
	}
	w.wantStory(c, "create  created", "prepare created pending", "pay pending paid")
}

func (w *world) wantStory(c payments.Charge, want ...string) {
	w.t.Helper()
	story, err := w.store.Story(w.ctx, c.OutTradeNo)
	must(w.t, err)
	var got []string
	for _, e := range story.Events {
		if e.Refund == 0 {
			got = append(got, e.Event+" "+e.From+" "+e.To)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("the charge's story (-want +got):\n%s", diff)
	}
}

func TestPayInWeChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	params, err := w.store.Bridge(w.ctx, c.Token, patient)
	must(t, err)
	again, err := w.store.Bridge(w.ctx, c.Token, patient)
	must(t, err)
	if again.Package != params.Package || again.NonceStr == params.NonceStr || w.requests(wechatpaytest.JSAPI) != 1 {
		t.Fatal("the session was not remembered, or the parameters not signed anew")
	}
	if err := w.sim.BridgePay(wechatpaytest.Bridge(params), "oSomebodyElse"); !errors.Is(err, wechatpaytest.ErrOtherPayer) {
		t.Fatalf("somebody else could pay: %v", err)
	}
	must(t, w.sim.BridgePay(wechatpaytest.Bridge(again), patient))
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Paid)
	w.wantEffects(c.Ref, 1, 0)
}

func TestNotices(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		arm    func(*world)
		settle func(*world, payments.Charge)
	}{
		"lost: the query job finds the payment": {
			func(w *world) { w.sim.Faults.LoseNotice(1) },
			func(w *world, _ payments.Charge) { w.clock.add(time.Minute); w.work() },
		},
		"lost: the payer says so": {
			func(w *world) { w.sim.Faults.LoseNotice(1) },
			func(w *world, c payments.Charge) {
				got, err := w.store.Refresh(w.ctx, c.Token)
				must(w.t, err)
				if got.Status != payments.Paid {
					w.t.Errorf("Refresh gives %s", got.Status)
				}
			},
		},
		"delivered twice": {
			func(w *world) { w.sim.Faults.RepeatNotice(1) },
			func(w *world, _ payments.Charge) { must(w.t, w.sim.Deliver(w.ctx)) },
		},
		"late: after the query job": {
			func(w *world) { w.sim.Faults.DelayNotice(1, 5*time.Minute) },
			func(w *world, _ payments.Charge) {
				w.clock.add(time.Minute)
				w.work()
				w.clock.add(10 * time.Minute)
				must(w.t, w.sim.Deliver(w.ctx))
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.charge("visit:1")
			code := w.codeURL(c)
			test.arm(w)
			must(t, w.sim.ScanPay(code, patient))
			test.settle(w, c)
			w.wantStatus(c, payments.Paid)
			w.wantEffects(c.Ref, 1, 0)
			if w.sim.Pending() != 0 {
				t.Error("a notice was not accepted")
			}
			w.wantIncidents()
		})
	}
}

func TestNoticeBeforeTheAnswerToPrepay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.sim.Faults.PayDuringPrepay(patient, 1)
	if _, err := w.store.CodeURL(w.ctx, c.Token); !errors.Is(err, payments.ErrPaid) {
		t.Fatalf("the payment overtook the code; CodeURL says %v, want ErrPaid", err)
	}
	w.wantStatus(c, payments.Paid)
	w.wantEffects(c.Ref, 1, 0)
}

func TestForgedNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.codeURL(c)
	for _, kind := range wechatpaytest.Unauthentic() {
		status, err := w.sim.Forge(w.ctx, kind, c.OutTradeNo)
		if err != nil || status < 400 || status >= 500 {
			t.Errorf("a notice %s is answered with %d, %v; want 4xx", kind, status, err)
		}
	}
	w.wantIncidents()
	want := map[wechatpaytest.Forgery]int{ // repeating helps only where the order may become known
		wechatpaytest.WrongAmount: 200, wechatpaytest.WrongCurrency: 200, wechatpaytest.WrongMchID: 200, wechatpaytest.WrongAppID: 200, wechatpaytest.UnknownOrder: 404,
	}
	for _, kind := range wechatpaytest.Contradictions() {
		status, err := w.sim.Forge(w.ctx, kind, c.OutTradeNo)
		if err != nil || status != want[kind] {
			t.Errorf("a notice %s is answered with %d, %v; want %d", kind, status, err, want[kind])
		}
	}
	w.wantIncidents("unknown_order", "app", "merchant", "currency", "amount")
	w.wantStatus(c, payments.Pending)
	w.wantEffects(c.Ref, 0, 0)
}

// A call that timed out after it took effect is made again with the same number, and nothing happens twice.
func TestTimeoutsAfterEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	qr, sheet := w.charge("visit:1"), w.charge("visit:2")
	w.sim.Faults.TimeoutAfterCommit(wechatpaytest.Native, 1)
	w.sim.Faults.TimeoutAfterCommit(wechatpaytest.JSAPI, 1)
	if _, err := w.store.CodeURL(w.ctx, qr.Token); err == nil {
		t.Fatal("no error")
	}
	if _, err := w.store.Bridge(w.ctx, sheet.Token, patient); err == nil {
		t.Fatal("no error")
	}
	must(t, w.sim.ScanPay(w.codeURL(qr), patient))
	params, err := w.store.Bridge(w.ctx, sheet.Token, patient)
	must(t, err)
	must(t, w.sim.BridgePay(wechatpaytest.Bridge(params), patient))
	must(t, w.sim.Deliver(w.ctx))
	for _, c := range []payments.Charge{qr, sheet} {
		w.wantStatus(c, payments.Paid)
		if got := w.read(c); got.OutTradeNo != c.OutTradeNo {
			t.Errorf("the number became %s", got.OutTradeNo)
		}
	}
	if n := len(w.sim.Orders()); n != 2 {
		t.Errorf("%d orders, want 2", n)
	}
}

// The same charge as a QR code, on the patient's phone and on another's: only the last one shown can be paid.
func TestShownInAnotherWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	code := w.codeURL(c)
	hers, err := w.store.Bridge(w.ctx, c.Token, "oSpouse")
	must(t, err)
	if err := w.sim.ScanPay(code, patient); !errors.Is(err, wechatpaytest.ErrOrderClosed) {
		t.Fatalf("the code can still be used: %v", err)
	}
	w.sim.Faults.TimeoutAfterCommit(wechatpaytest.Close, 1) // and once more, when the close was not heard of
	if _, err := w.store.Bridge(w.ctx, c.Token, patient); err == nil {
		t.Fatal("no error")
	}
	his, err := w.store.Bridge(w.ctx, c.Token, patient)
	must(t, err)
	if err := w.sim.BridgePay(wechatpaytest.Bridge(hers), "oSpouse"); !errors.Is(err, wechatpaytest.ErrOrderClosed) {
		t.Fatalf("the earlier sheet can still be used: %v", err)
	}
	must(t, w.sim.BridgePay(wechatpaytest.Bridge(his), patient))
	must(t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Paid)
	w.wantEffects(c.Ref, 1, 0)
	if _, err := w.store.CodeURL(w.ctx, c.Token); !errors.Is(err, payments.ErrPaid) {
		t.Errorf("a code for a paid charge: %v", err)
	}
}

// Paid on the sheet, the notice lost, and then the code is asked for: the close says that the order is paid.
func TestPaidBeforeShownInAnotherWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	params, err := w.store.Bridge(w.ctx, c.Token, patient)
	must(t, err)
	w.sim.Faults.LoseNotice(1)
	must(t, w.sim.BridgePay(wechatpaytest.Bridge(params), patient))
	if _, err := w.store.CodeURL(w.ctx, c.Token); !errors.Is(err, payments.ErrPaid) {
		t.Fatalf("want ErrPaid, have %v", err)
	}
	w.wantEffects(c.Ref, 1, 0)
}

func TestOldCodeIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var c payments.Charge
	must(t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) (err error) {
		c, err = w.store.CreateTx(w.ctx, tx, payments.NewCharge{Ref: "visit:1", Amount: fee, Subject: "挂号费", ExpiresAt: w.clock.now().Add(2 * time.Hour)})
		return err
	}))
	code := w.codeURL(c)
	w.clock.add(time.Hour + 56*time.Minute)
	if again := w.codeURL(c); w.requests(wechatpaytest.Native) != 2 {
		t.Errorf("an old code was handed out: %s, %s", code, again)
	}
}

func TestUnsignedAnswersAreNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	w.sim.Faults.BadSignature(wechatpaytest.Native, 1)
	if _, err := w.store.CodeURL(w.ctx, c.Token); err == nil {
		t.Fatal("a code with a stranger's signature was believed")
	}
	w.sim.Faults.LoseNotice(1)
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	w.sim.Faults.BadSignature(wechatpaytest.Query, 1)
	if _, err := w.store.Refresh(w.ctx, c.Token); err == nil {
		t.Fatal("a payment with a stranger's signature was believed")
	}
	w.wantStatus(c, payments.Pending)
	w.wantEffects(c.Ref, 0, 0)
}

// settleTwice lets two replicas settle the same trade at the same time and counts what followed.
func settleTwice(t *testing.T, unguarded bool) (effects int) {
	t.Helper()
	w := newWorld(t)
	other := w.replica()
	if unguarded { // and without the ledger's unique key, which stands behind the swap
		w.store.Unguard()
		other.Unguard()
		_, err := w.db.Exec("ALTER TABLE ledger_movements DROP INDEX ledger_movements_once")
		must(t, err)
	}
	c := w.charge("visit:1")
	w.sim.Faults.LoseNotice(1)
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	trade, err := w.gateway.Query(w.ctx, c.OutTradeNo)
	must(t, err)

	// Both have read the charge before either changes it: the visit's row is held until both wait for it.
	holder, err := w.db.BeginTxx(w.ctx, nil)
	must(t, err)
	defer func() { _ = holder.Rollback() }()
	if _, err := holder.Exec("SELECT ref FROM test_visits WHERE ref = ? FOR UPDATE", c.Ref); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	for _, store := range []*payments.Store{w.store, other} {
		go func() { done <- store.Settle(context.WithoutCancel(w.ctx), trade) }()
	}
	waitFor(t, "both replicas to wait for the visit", func() bool {
		var waiting int
		must(t, w.db.Get(&waiting, "SELECT COUNT(id) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT gone FROM test_visits%'"))
		return waiting == 2
	})
	must(t, holder.Rollback())
	must(t, errors.Join(<-done, <-done))
	must(t, w.db.Get(&effects, "SELECT COUNT(id) FROM test_effects WHERE ref = ?", c.Ref))
	return effects
}

func TestTwoReplicasSettleOnce(t *testing.T) {
	t.Parallel()
	if n := settleTwice(t, false); n != 1 {
		t.Errorf("one payment had its effect %d times", n)
	}
}

func TestTwoReplicasSettleOnceControl(t *testing.T) {
	t.Parallel()
	if n := settleTwice(t, true); n != 2 {
		t.Errorf("without the compare-and-swap the effect happened %d times: the test above would not notice a double one", n)
	}
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-ticker.C:
		}
	}
}
