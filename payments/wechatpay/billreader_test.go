package wechatpay_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/payments"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

var billNoon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))

func billRows() []wechatpaytest.BillRow {
	paid := wechatpaytest.BillRow{
		At: billNoon, AppID: "wx1", MchID: "1900000001", TransactionID: "4200", OutTradeNo: "20261120A", OpenID: "o1", TradeType: "NATIVE",
		State: "SUCCESS", Subject: "挂号费,心内科, 3楼", Total: 5000, Fee: 30,
	}
	refunded := paid
	refunded.State, refunded.RefundID, refunded.OutRefundNo, refunded.RefundState = "REFUND", "5000", "20261120A-R1", "SUCCESS"
	refunded.Total, refunded.Refund, refunded.Fee = 0, 2000, -12
	return []wechatpaytest.BillRow{paid, refunded}
}

func billText(t testing.TB, rows []wechatpaytest.BillRow) string {
	t.Helper()
	var text bytes.Buffer
	if err := wechatpaytest.WriteBill(&text, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// readBill reads to the end, or to the first thing that is wrong.
func readBill(text string) (lines []payments.BillLine, err error) {
	bill, err := wechatpay.NewBillReader(strings.NewReader(text))
	for err == nil {
		var line payments.BillLine
		if line, err = bill.Next(); err == nil {
			lines = append(lines, line)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return lines, err
}

func TestReadBill(t *testing.T) {
	t.Parallel()
	got, err := readBill(billText(t, billRows()))
	if err != nil {
		t.Fatal(err)
	}
	paid := payments.BillLine{
		Kind: payments.BillPayment, At: billNoon, Merchant: payments.Merchant{MchID: "1900000001", AppID: "wx1"},
		OutTradeNo: "20261120A", TransactionID: "4200", Currency: "CNY", Amount: 5000, Fee: 30,
	}
	refunded := paid
	refunded.Kind, refunded.OutRefundNo, refunded.ProviderNo, refunded.Refund = payments.BillRefund, "20261120A-R1", "5000", payments.RefundSucceeded
	refunded.Amount, refunded.Fee = 2000, -12
	if diff := cmp.Diff([]payments.BillLine{paid, refunded}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestReadBillFees(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]payments.Fen{"0.00000": 0, "0.30000": 30, "0.30499": 30, "0.30500": 31, "-0.30500": -31, "12": 1200} {
		lines, err := readBill(strings.Replace(billText(t, billRows()[:1]), "`0.30000,", "`"+text+",", 1))
		if err != nil || lines[0].Fee != want {
			t.Errorf("a fee of %s is %+v, %v, want %s", text, lines, err, want)
		}
	}
}

func TestADamagedBillIsRefused(t *testing.T) {
	t.Parallel()
	whole := billText(t, billRows())
	change := func(old, fresh string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("the bill has no %q", old)
		}
		return strings.Replace(whole, old, fresh, 1)
	}
	lines := strings.SplitAfter(whole, "\r\n")
	for name, text := range map[string]string{
		"empty":                 "",
		"an error as JSON":      `{"code":"SYSTEM_ERROR"}`,
		"without a column":      change("商户退款单号,", ""),
		"without its totals":    strings.Join(lines[:3], ""),
		"cut in a line":         whole[:strings.LastIndex(whole, "`NATIVE")],
		"cut in its totals":     strings.Join(lines[:4], ""),
		"lacking a line":        lines[0] + lines[1] + lines[3] + lines[4],
		"with a line twice":     lines[0] + lines[1] + lines[1] + lines[2] + lines[3] + lines[4],
		"with another amount":   change("`0.60%,`50.00,", "`0.60%,`50.01,"),
		"with a wrong amount":   change("`0.60%,`50.00,", "`0.60%,`5o.00,"),
		"with a wrong time":     change("2026-11-20 12", "2026-11-20T12"),
		"with a field too many": change("`NATIVE,", "`NATIVE,`,"),
		"going on":              whole + "`more\r\n",
		"with a huge line":      change("心内科", strings.Repeat("心", 30_000)),
	} {
		if _, err := readBill(text); err == nil {
			t.Errorf("a bill %s was read to its end", name)
		}
	}
}

func FuzzReadBill(f *testing.F) {
	whole := billText(f, billRows())
	f.Add(whole)
	f.Add(strings.ReplaceAll(whole, "\r\n", "\n"))
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := readBill(text)
		if err == nil && len(lines) > strings.Count(text, "\n")+1 {
			t.Errorf("%d lines in %d", len(lines), strings.Count(text, "\n")+1)
		}
	})
}
