package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/payments"
	"guahao/payments/wechatpay/wechatpaytest"
)

// payByCode fetches the newest charge's code, as the pay page does, and pays.
func payByCode(w *world) {
	w.Helper()
	code, err := w.app().Payments.CodeURL(w.ctx, newestToken(w))
	w.must(err)
	w.must(w.platforms.Pay.ScanPay(code, "oScanningPayer01"))
}

func newestToken(w *world) string {
	w.Helper()
	var tokens []string
	w.query(&tokens, "SELECT token FROM charges ORDER BY id DESC LIMIT 1")
	return tokens[0]
}

// wantBooks checks that the ledger balances and says what charges and refunds say.
func wantBooks(w *world) {
	w.Helper()
	faults, err := w.app().Payments.CheckLedger(w.ctx)
	w.must(err)
	if len(faults) > 0 {
		w.Errorf("the books are wrong: %+v", faults)
	}
}

// Whatever happens on the way of a payment, the patient is booked once.
func TestPaymentsThatGoWrongEndRight(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]func(w *world, p chatter){
		"the notice comes before the answer to the prepay": func(w *world, p chatter) {
			w.platforms.Pay.Faults.PayDuringPrepay("oScanningPayer01", 1)
			toPay(w, p)
		},
		"the prepay times out after it took effect": func(w *world, p chatter) {
			w.platforms.Pay.Faults.TimeoutAfterCommit(wechatpaytest.Native, 1)
			toPay(w, p)
			payByCode(w)
		},
		"the payment comes between the last query and the close": func(w *world, p chatter) {
			toPay(w, p)
			w.platforms.Pay.Faults.LoseNotice(1)
			w.advance(14*time.Minute + 30*time.Second) // the last query
			pay(w, p)
			w.advance(time.Minute) // the hold has run out, and the order is to be closed
		},
		"the answer to the query is not signed": func(w *world, p chatter) {
			toPay(w, p)
			w.platforms.Pay.Faults.LoseNotice(-1)
			w.platforms.Pay.Faults.BadSignature(wechatpaytest.Query, 1)
			w.outage = true
			pay(w, p)
			w.advance(time.Minute)
			only(w, booking.Held)
			w.advance(2 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			p := w.person("telegram", 1)
			story(w, p)
			w.settle()
			w.settle()
			bookedOnce(w, p)
			wantBooks(w)
		})
	}
}

// The patient opens the page in WeChat after the QR code was shown, and somebody scans that code too: one of the two is taken.
func TestTwoDevicesPayOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.telegram(1)
	toPay(w, p)
	old := codeOf(w, p)
	params, err := w.app().Payments.Bridge(w.ctx, newestToken(w), "oSheetPayer0000000001")
	w.must(err)
	w.must(w.platforms.Pay.BridgePay(wechatpaytest.Bridge(params), "oSheetPayer0000000001"))
	if err := w.platforms.Pay.ScanPay(old, "oScanningPayer01"); err == nil {
		t.Error("the code that was replaced could still be paid")
	}
	w.settle()
	bookedOnce(w, p)
	wantBooks(w)
}

// The patient goes back instead of paying, and a payment slips in before the order is closed: it is given back in full.
func TestAPaymentThatSlipsInBeforeTheClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.telegram(1)
	toPay(w, p)
	w.platforms.Pay.Faults.PayBetweenQueryAndClose("oScanningPayer01", 1)
	p.say("返回")
	p.tap("确认放弃")
	for range 5 {
		w.advance(time.Minute)
	}
	only(w, booking.Cancelled)
	if n := refunded(w); n != 1 {
		t.Errorf("%d refunds of the whole fee came through: %+v", n, w.platforms.Pay.Refunds())
	}
	if told(w, p, "退") == 0 {
		t.Errorf("the patient was not told:\n%s", p.last())
	}
	wantBooks(w)
}

// cancel takes back the only appointment.
func cancel(w *world, p chatter) {
	w.Helper()
	p.say("我的预约")
	p.say("1")
	p.tap("取消这个预约")
	p.say("确认取消")
	only(w, booking.Cancelled)
}

// A refund that does not go through at once still comes, and staff are told meanwhile.
func TestRefundsThatGoWrongEndRight(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault func(f *wechatpaytest.Faults)
		mend  func(w *world)
		rung  bool
	}{
		"its notice is lost":          {func(f *wechatpaytest.Faults) { f.LoseNotice(-1) }, nil, false},
		"handing it in times out":     {func(f *wechatpaytest.Faults) { f.TimeoutAfterCommit(wechatpaytest.RefundOp, 1) }, nil, false},
		"it fails and is tried again": {func(f *wechatpaytest.Faults) { f.RefundClosed(1) }, nil, true},
		"the merchant has no money": {func(f *wechatpaytest.Faults) {
			f.Respond(wechatpaytest.RefundOp, http.StatusForbidden, "NOT_ENOUGH", -1)
		}, func(w *world) { w.platforms.Pay.Faults.Clear() }, true},
		"the payer's card is no more":  {func(f *wechatpaytest.Faults) { f.RefundAbnormal(1) }, func(w *world) { w.must(w.platforms.Pay.ResolveRefund(w.platforms.Pay.Refunds()[0].OutRefundNo)) }, true},
		"the program restarts between": {func(*wechatpaytest.Faults) {}, func(w *world) { w.restart() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.cfg.RefundAlarm = "2h"
			w.restart()
			staff, p := w.telegram(9), w.telegram(1)
			bindStaff(w, staff)
			toPay(w, p)
			pay(w, p)
			w.settle()
			test.fault(w.platforms.Pay.Faults)
			w.outage = true
			cancel(w, p)
			for range 10 {
				w.advance(15 * time.Minute)
			}
			if rung := told(w, staff, "退款需要人工处理") > 0; rung != test.rung {
				t.Errorf("staff were told: %v, want %v", rung, test.rung)
			}
			if test.mend != nil {
				test.mend(w)
			}
			for range 3 {
				w.advance(time.Hour)
			}
			var back int64
			for _, r := range w.platforms.Pay.Refunds() {
				if r.Status == wechatpaytest.RefundSuccess {
					back += r.Amount
				}
			}
			if back != 2000 { // the policy keeps a fifth
				t.Errorf("%d fen of 2500 came back: %+v", back, w.platforms.Pay.Refunds())
			}
			if told(w, p, "退款") == 0 {
				t.Errorf("the patient was not told:\n%s", p.last())
			}
			wantBooks(w)
		})
	}
}

// A day with a payment, a payment of which nobody heard and one that is not ours: the next morning the bill settles what it can,
// staff are told of the rest, and the accountant's figures agree.
func TestTheMorningAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	staff, p := w.telegram(9), w.telegram(1)
	bindStaff(w, staff)
	toPay(w, p)
	pay(w, p)
	w.settle()
	w.platforms.Pay.EditBill(func(rows []wechatpaytest.BillRow) []wechatpaytest.BillRow {
		stranger := rows[0]
		stranger.OutTradeNo, stranger.TransactionID = "NOTOURS0001", "4200000000000000000000000001"
		return append(rows, stranger)
	})
	w.advance(25*time.Hour + 30*time.Minute)
	if n := told(w, staff, "1 笔差异需要人工处理"); n != 1 {
		t.Errorf("staff were told %d times of one difference:\n%s", n, staff.last())
	}
	_, metrics := w.get("/metrics")
	for _, want := range []string{`guahao_reconciliation_open_differences{class="only_theirs"} 1`, `guahao_reconciliation_open_differences{class="only_ours"} 0`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	var numbers []string
	w.query(&numbers, "SELECT out_trade_no FROM charges")
	story, err := w.app().Payments.Story(w.ctx, numbers[0])
	w.must(err)
	if len(story.Events) < 3 || len(story.Ledger) != 4 || len(story.Notices) != 1 {
		t.Errorf("the story is %+v", story)
	}
	var payers []string
	w.query(&payers, "SELECT payer FROM charges")
	if text := fmt.Sprintf("%+v", story); strings.Contains(text, newestToken(w)) || strings.Contains(text, payers[0]) {
		t.Error("the story tells the token or the payer")
	}
	st, err := w.app().Statement(w.ctx, 1, booking.DateOf(monday, monday.Location()))
	w.must(err)
	if got, want := st.Totals(), (payments.Totals{Payments: 1, Paid: 2500, Fees: 15}); got != want {
		t.Errorf("the statement's totals are %+v, want %+v", got, want)
	}
	wantBooks(w)
}

// While a charge is open, /metrics shows it with its age.
func TestMetricsShowWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.telegram(1)
	toPay(w, p)
	w.clock.Advance(5 * time.Minute)
	_, metrics := w.get("/metrics")
	for _, want := range []string{`guahao_payments_under_way{kind="charge",status="pending"} 1`, `guahao_payments_oldest_seconds{kind="charge",status="pending"} 30`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}
