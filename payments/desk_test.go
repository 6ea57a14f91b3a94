package payments_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
	"guahao/payments"
)

// atDesk hands the reference of a charge over to the cashier, as the domain does when the patient chooses so.
func (w *world) atDesk(ref string) payments.Charge {
	w.t.Helper()
	var c payments.Charge
	must(w.t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) (err error) {
		if _, err := tx.ExecContext(w.ctx, "INSERT IGNORE INTO test_visits (ref, gone) VALUES (?, FALSE)", ref); err != nil {
			return err
		}
		if err := w.store.CloseTx(w.ctx, tx, ref); err != nil {
			return err
		}
		c, err = w.store.CreateAtDeskTx(w.ctx, tx, payments.NewCharge{
			Ref: ref, Payee: "hospital:1", Amount: fee, Subject: "门诊挂号费", ExpiresAt: payments.OpenAtDesk(w.clock.now()),
		})
		return err
	}))
	return c
}

func (w *world) settleAtDesk(number string) payments.SettledAtDesk {
	w.t.Helper()
	done, err := w.store.SettleAtDesk(w.ctx, number, "会计李")
	must(w.t, err)
	return done
}

// Taken by the cashier, given back by the cashier: the books hold cash instead of what a provider owes.
func TestTheCashierTakesAndGivesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.atDesk("visit:1")
	if _, err := w.store.CodeURL(w.ctx, c.Token); !errors.Is(err, payments.ErrClosed) {
		t.Errorf("what is paid at the desk has a code: %v", err)
	}
	w.clock.add(20 * 24 * time.Hour)
	w.work() // nothing closes it
	if got := w.settleAtDesk("visit:1"); got.Charge.Status != payments.Paid || got.Refund.ID != 0 {
		t.Errorf("settled: %+v", got)
	}
	w.wantEffects(c.Ref, 1, 0)
	w.wantBalances(map[payments.Account]payments.Fen{payments.DeskCash: fee, payments.HospitalRevenue: -fee})
	if _, err := w.store.SettleAtDesk(w.ctx, c.OutTradeNo, "会计李"); !errors.Is(err, payments.ErrPaid) {
		t.Errorf("taken twice: %v", err)
	}
	must(t, w.refund(c.Ref, 2000))
	for range 3 { // however long it takes until the payer comes
		w.work()
		w.clock.add(2 * time.Hour)
	}
	if len(w.stuck) == 0 {
		t.Error("nobody was called about money that waits at the desk")
	}
	w.wantStatus(c, payments.Refunding)
	waiting, err := w.store.AtDesk(w.ctx, "hospital:1", 10)
	must(t, err)
	if len(waiting) != 1 || waiting[0].Reserved-waiting[0].Refunded != 2000 {
		t.Errorf("at the desk wait %+v", waiting)
	}
	if got := w.settleAtDesk(c.OutTradeNo); got.Refund.Amount != 2000 {
		t.Errorf("handed out: %+v", got)
	}
	w.wantStatus(c, payments.PartlyRefunded)
	w.wantEffects(c.Ref, 1, 1)
	w.wantBalances(map[payments.Account]payments.Fen{payments.DeskCash: fee - 2000, payments.HospitalRevenue: 2000 - fee})
	if _, err := w.store.SettleAtDesk(w.ctx, c.OutTradeNo+"-R1", "会计李"); !errors.Is(err, payments.ErrPaid) {
		t.Errorf("handed out twice: %v", err)
	}
	w.wantBooks()
	w.wantDeskPapers(c)
}

// wantDeskPapers looks at what is told and printed of a payment at the desk.
func (w *world) wantDeskPapers(c payments.Charge) {
	w.t.Helper()
	story, err := w.store.Story(w.ctx, c.Ref)
	must(w.t, err)
	named := false
	for _, e := range story.Events {
		named = named || e.Event == "cashier" && e.Detail == "会计李"
	}
	receipt, err := w.store.Receipt(w.ctx, c.Token)
	if !named || err != nil || receipt.Number != 1 {
		w.t.Errorf("the story names the cashier: %t; the receipt is %+v, %v", named, receipt, err)
	}
	st, err := w.store.Statement(w.ctx, "hospital:1", w.clock.now().AddDate(0, 0, -30), w.clock.now().Add(time.Hour))
	must(w.t, err)
	if got, want := st.Totals(), (payments.Totals{Payments: 1, Refunds: 1, Paid: fee, GaveBack: 2000}); got != want {
		w.t.Errorf("the statement's totals are %+v, want %+v", got, want)
	}
	var book bytes.Buffer
	must(w.t, st.WriteCSV(&book))
	if !strings.Contains(book.String(), "desk") {
		w.t.Errorf("the statement does not say where it was paid:\n%s", &book)
	}
}

// A visit that is cancelled before its patient comes costs nothing, and the cashier is told so.
func TestTheCashierTakesNothingForWhatIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.atDesk("visit:1")
	_, err := w.db.Exec("UPDATE test_visits SET gone = TRUE")
	must(t, err)
	if _, err := w.store.SettleAtDesk(w.ctx, c.OutTradeNo, "会计李"); !errors.Is(err, payments.ErrClosed) {
		t.Errorf("taken for a visit that is gone: %v", err)
	}
	w.wantStatus(c, payments.Created)
	must(t, w.refund(c.Ref, fee))
	w.wantStatus(c, payments.Closed)
	if _, err := w.store.SettleAtDesk(w.ctx, c.OutTradeNo, "会计李"); !errors.Is(err, payments.ErrClosed) {
		t.Errorf("taken for a closed charge: %v", err)
	}
	w.wantEffects(c.Ref, 0, 0)
	w.wantBalances(nil)
	for name, cashier := range map[string]string{"nobody": "", "a long name": strings.Repeat("李", 65)} {
		if _, err := w.store.SettleAtDesk(w.ctx, c.OutTradeNo, cashier); err == nil {
			t.Errorf("%s can settle", name)
		}
	}
	if _, err := w.store.SettleAtDesk(w.ctx, w.paid("visit:2").OutTradeNo, "会计李"); !errors.Is(err, payments.ErrNotAtDesk) {
		t.Errorf("what was paid online is settled at the desk: %v", err)
	}
}

// The patient chooses the desk while a payment is under way online, and whoever comes second does not pay.
func TestOnlineAndAtTheDeskIsPaidOnce(t *testing.T) {
	t.Parallel()
	for name, deskFirst := range map[string]bool{"online first": false, "at the desk first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			online := w.charge("visit:1")
			code := w.codeURL(online)
			must(t, w.sim.ScanPay(code, patient)) // and its notice is on the way
			desk := w.atDesk("visit:1")
			if deskFirst {
				w.settleAtDesk(desk.OutTradeNo)
			}
			must(t, w.sim.Deliver(w.ctx))
			if deskFirst {
				w.wantStatus(desk, payments.Paid)
				w.wantStatus(online, payments.Refunding)
				w.work()
				must(t, w.sim.Deliver(w.ctx))
				w.wantStatus(online, payments.Refunded)
				w.wantBalances(map[payments.Account]payments.Fen{payments.DeskCash: fee, payments.HospitalRevenue: -fee})
			} else {
				w.wantStatus(online, payments.Paid)
				w.wantStatus(desk, payments.Closed)
				if _, err := w.store.SettleAtDesk(w.ctx, desk.OutTradeNo, "会计李"); !errors.Is(err, payments.ErrClosed) {
					t.Errorf("taken although it was paid online: %v", err)
				}
			}
			w.wantBooks()
		})
	}
}
