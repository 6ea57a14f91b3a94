package payments_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/migrations"
	"guahao/payments"
)

// balances gives what the ledger holds for everybody together, without the accounts at 0.
func (w *world) balances() map[payments.Account]payments.Fen {
	w.t.Helper()
	list, err := w.store.Balances(w.ctx)
	must(w.t, err)
	sums := map[payments.Account]payments.Fen{}
	for _, b := range list {
		if sums[b.Account] += b.Amount; sums[b.Account] == 0 {
			delete(sums, b.Account)
		}
	}
	return sums
}

func (w *world) wantBalances(want map[payments.Account]payments.Fen) {
	w.t.Helper()
	if got := w.balances(); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("the balances are %v, want %v", got, want)
	}
	w.wantBooks()
}

// wantBooks checks what the database says about the books.
func (w *world) wantBooks() {
	w.t.Helper()
	faults, err := w.store.CheckLedger(w.ctx)
	must(w.t, err)
	if len(faults) > 0 {
		w.t.Errorf("the books are wrong: %+v", faults)
	}
}

func TestTheLedgerFollowsTheMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wantBalances(nil)
	c := w.charge("visit:1")
	w.codeURL(c)
	w.wantBalances(nil) // nobody has paid
	must(t, w.sim.ScanPay(w.codeURL(c), patient))
	must(t, w.sim.Deliver(w.ctx))
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: fee, payments.HospitalRevenue: -fee})

	must(t, w.refund(c.Ref, 3000)) // the policy keeps 20 yuan
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: fee, payments.HospitalRevenue: -2000, payments.RefundsInFlight: -3000})
	w.sim.Faults.RefundClosed(3) // and is tried three times
	for range 3 {
		w.clock.add(time.Hour)
		w.work()
		must(t, w.sim.Deliver(w.ctx))
	}
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: fee, payments.HospitalRevenue: -2000, payments.PatientLiability: -3000})

	must(t, w.refund(c.Ref, 3500)) // 30 yuan that are owed already, and 5 more
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: fee, payments.HospitalRevenue: -1500, payments.RefundsInFlight: -3500})
	w.clock.add(time.Minute)
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: 1500, payments.HospitalRevenue: -1500})
}

// A payment that is not kept was never anybody's revenue.
func TestTheLedgerOfAPaymentThatCameTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.charge("visit:1")
	code := w.codeURL(c)
	w.expire(c.Ref)
	must(t, w.sim.ScanPay(code, patient))
	must(t, w.sim.Deliver(w.ctx))
	w.wantBalances(map[payments.Account]payments.Fen{payments.ProviderClearing: fee, payments.RefundsInFlight: -fee})
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	w.wantBalances(nil)
	var earned int
	must(t, w.db.Get(&earned, "SELECT COUNT(id) FROM ledger_entries WHERE account = 'hospital_revenue'"))
	if earned != 0 {
		t.Error("a payment that was not kept was booked as revenue")
	}
}

// Whatever happens, each movement balances, the accounts sum up to 0, and the ledger says what charges and refunds say.
func TestTheLedgerAlwaysBalances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		c := w.charge(fmt.Sprintf("visit:%d", run))
		code := w.codeURL(c)
		for _, step := range rapid.SliceOfN(rapid.SampledFrom([]string{"pay", "expire", "ask", "work", "deliver", "fail", "abnormal"}), 1, 12).Draw(rt, "steps") {
			switch step {
			case "pay":
				_ = w.sim.ScanPay(code, patient) // refused where it is closed or paid
			case "expire":
				w.expire(c.Ref)
			case "ask":
				_ = w.refund(c.Ref, payments.Fen(rapid.Int64Range(1, int64(fee)).Draw(rt, "amount"))) // refused beyond what is left
			case "work":
				w.clock.add(time.Hour)
				w.work()
			case "deliver":
				must(t, w.sim.Deliver(w.ctx))
			case "fail":
				w.sim.Faults.RefundClosed(1)
			case "abnormal":
				w.sim.Faults.RefundAbnormal(1)
			}
			faults, err := w.store.CheckLedger(w.ctx)
			if err != nil || len(faults) > 0 {
				rt.Fatalf("after %s the books are wrong: %+v %v", step, faults, err)
			}
			var sum payments.Fen
			for _, amount := range w.balances() {
				sum += amount
			}
			if sum != 0 {
				rt.Fatalf("after %s all accounts together hold %s yuan", step, sum)
			}
		}
		w.sim.Faults.Clear()
	})
}

// The controls: the check sees each way in which the books can be wrong.
func TestTheCheckOfTheLedgerSeesFaults(t *testing.T) {
	t.Parallel()
	for what, damage := range map[string]string{
		"does not balance":    "UPDATE ledger_entries SET amount = amount + 1 WHERE account = 'hospital_revenue'",
		"clearing":            "DELETE FROM ledger_movements WHERE kind = 'pay'",
		"without a movement":  "INSERT INTO ledger_entries (movement_id, account, amount) VALUES (999, 'fees', 1)",
		"refunds in flight":   "UPDATE charges SET reserved = reserved + 1",
		"a movement does not": "DELETE FROM ledger_entries",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.paid("visit:1")
			w.wantBooks()
			_, err := w.db.Exec(damage)
			must(t, err)
			faults, err := w.store.CheckLedger(w.ctx)
			must(t, err)
			if !strings.Contains(fmt.Sprint(faults), what) {
				t.Errorf("the check says %+v", faults)
			}
		})
	}
}

func TestAMovementMustBalance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, amounts := range map[string][]payments.Fen{
		"one side": {0}, "nothing": {}, "off by one fen": {100, -99}, "with an empty side": {100, -100, 0}, "two debits": {5, 5},
	} {
		if err := w.store.Post(w.ctx, w.db, name, amounts...); !errors.Is(err, payments.ErrUnbalanced) {
			t.Errorf("a movement with %s: %v", name, err)
		}
	}
	must(t, w.store.Post(w.ctx, w.db, "right", 100, -60, -40))
	if err := w.store.Post(w.ctx, w.db, "right", 100, -60, -40); err == nil {
		t.Error("the same movement was written twice")
	}
	rapid.Check(t, func(rt *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(-3, 3), 0, 5).Draw(rt, "amounts")
		var sum, zeros int64
		fen := make([]payments.Fen, len(amounts))
		for i, amount := range amounts {
			sum += amount
			if amount == 0 {
				zeros++
			}
			fen[i] = payments.Fen(amount)
		}
		right := len(amounts) >= 2 && sum == 0 && zeros == 0
		if got := payments.Balanced(fen...); got != right {
			rt.Fatalf("%v balances: %v", amounts, got)
		}
	})
}

// The migration writes down what earlier versions moved, and can be repeated after it was interrupted anywhere.
func TestChargesOfEarlierVersionsComeIntoTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.paid("visit:1")
	part := w.paid("visit:2")
	must(t, w.refund(part.Ref, 2000))
	w.work()
	must(t, w.sim.Deliver(w.ctx))
	open := w.paid("visit:3")
	must(t, w.refund(open.Ref, fee))
	w.charge("visit:4")
	want := w.balances()
	for _, undo := range []string{
		"DELETE FROM ledger_entries", "DELETE FROM ledger_movements WHERE kind <> 'pay'", "DELETE FROM goose_db_version WHERE version_id = 9",
		"ALTER TABLE charges DROP COLUMN refund_sent_at", "DROP INDEX charges_paid ON charges", "DROP TABLE reconciliations",
	} {
		if _, err := w.db.Exec(undo); err != nil {
			t.Fatal(err)
		}
	}
	must(t, migrations.Up(w.ctx, w.db))
	w.wantBalances(want)
}
