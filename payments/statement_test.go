package payments_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"github.com/xuri/excelize/v2"

	"guahao/internal/mysql"
	"guahao/payments"
)

// paidFor makes and pays a charge for a payee.
func (w *world) paidFor(payee, ref, subject string) payments.Charge {
	w.t.Helper()
	var c payments.Charge
	must(w.t, mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) (err error) {
		if _, err := tx.ExecContext(w.ctx, "INSERT INTO test_visits (ref, gone) VALUES (?, FALSE)", ref); err != nil {
			return err
		}
		c, err = w.store.CreateTx(w.ctx, tx, payments.NewCharge{Ref: ref, Payee: payee, Amount: fee, Subject: subject, ExpiresAt: w.clock.now().Add(15 * time.Minute)})
		return err
	}))
	must(w.t, w.sim.ScanPay(w.codeURL(c), patient))
	must(w.t, w.sim.Deliver(w.ctx))
	w.wantStatus(c, payments.Paid)
	return w.read(c)
}

// statementOfADay has two payments and a refund of one hospital, fees from its bill, and a payment of another hospital and another day.
func (w *world) statementOfADay() payments.Statement {
	w.t.Helper()
	w.noon()
	w.paidFor("hospital:1", "visit:0", "前一天")
	w.nextMorning()
	w.noon()
	w.paidFor("hospital:2", "visit:1", "别的医院")
	w.paidFor("hospital:1", "visit:2", `=HYPERLINK("http://evil","心内科")`)
	c := w.paidFor("hospital:1", "visit:3", "@SUM(1,2)")
	must(w.t, w.refund(c.Ref, 2000))
	w.clock.add(time.Minute)
	w.work()
	must(w.t, w.sim.Deliver(w.ctx))
	day := w.nextMorning()
	must(w.t, w.store.ReconcileDue(w.ctx))
	from, to := payments.BillDay(day)
	st, err := w.store.Statement(w.ctx, "hospital:1", from, to)
	must(w.t, err)
	st.Title = "第一医院"
	return st
}

func TestStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	st := w.statementOfADay()
	want := payments.Totals{Payments: 2, Refunds: 1, Paid: 10000, GaveBack: 2000, Fees: 48}
	if got := st.Totals(); got != want || got.Net() != 7952 {
		t.Errorf("the totals are %+v, want %+v", got, want)
	}
	var got []string
	for _, a := range st.Accounts {
		got = append(got, fmt.Sprintf("%s: %s +%s -%s = %s", a.Account, a.Opening, a.Debit, a.Credit, a.Closing()))
	}
	accounts := []string{
		"provider_clearing: 49.70 +100.00 -20.48 = 129.22",
		"desk_cash: 0.00 +0.00 -0.00 = 0.00",
		"patient_liability: 0.00 +100.00 -100.00 = 0.00",
		"hospital_revenue: -50.00 +20.00 -100.00 = -130.00",
		"refunds_in_flight: 0.00 +20.00 -20.00 = 0.00",
		"fees: 0.30 +0.48 -0.00 = 0.78",
	}
	if diff := cmp.Diff(accounts, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	w.wantBooks()
}

func TestStatementAsCSV(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	st := w.statementOfADay()
	var out bytes.Buffer
	must(t, st.WriteCSV(&out))
	text, ok := strings.CutPrefix(out.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !ok || len(rows) != 9 {
		t.Fatalf("%d rows, with a mark of UTF-8: %v, %v\n%s", len(rows), ok, err, text)
	}
	if got := rows[1][6]; got != `'=HYPERLINK("http://evil","心内科")` {
		t.Errorf("a subject became %q", got)
	}
	for _, row := range rows {
		for i, cell := range row {
			if i < 7 && strings.IndexAny(cell, "=+-@\t") == 0 {
				t.Errorf("the cell %q would be run", cell)
			}
		}
	}
	if got := strings.Join(rows[8], ","); got != "净额,4,,,,,,79.52" {
		t.Errorf("the last row is %s", got)
	}
	if rows[3][1] != "退款" || rows[3][7] != "-20.00" {
		t.Errorf("the refund is %q", rows[3])
	}
}

func TestStatementAsXLSX(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	st := w.statementOfADay()
	var out bytes.Buffer
	must(t, st.WriteXLSX(&out))
	book, err := excelize.OpenReader(&out)
	must(t, err)
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		must(t, err)
		for y, row := range rows {
			for x := range row {
				cell, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if formula, err := book.GetCellFormula(sheet, cell); err != nil || formula != "" {
					t.Errorf("%s %s is the formula %q, %v", sheet, cell, formula, err)
				}
			}
		}
	}
	for cell, want := range map[string]string{"A1": "第一医院", "B4": "收款", "H3": "50", "H5": "-20", "H10": "79.52", "C4": st.Lines[1].Number} {
		if got, err := book.GetCellValue("收支明细", cell, excelize.Options{RawCellValue: true}); err != nil || got != want {
			t.Errorf("%s holds %q, %v, want %q", cell, got, err, want)
		}
	}
	if got, _ := book.GetCellValue("科目余额", "E3"); got != "129.22" {
		t.Errorf("the closing balance is %s", got)
	}
}
