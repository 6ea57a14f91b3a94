package alipay_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"guahao/payments"
	"guahao/payments/alipay"
	"guahao/payments/alipay/alipaytest"
)

const billSeller = "2088000000000001"

var billNoon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))

func billText() string {
	paid := alipaytest.BillRow{
		Kind: "交易", TradeNo: "2026112022001", OutTradeNo: "20261120A", Subject: "挂号费,心内科", Payer: "患*(138****0000)", CreatedAt: billNoon.Add(-time.Minute),
		DoneAt: billNoon, Amount: 5000, Fee: -30,
	}
	refunded := paid
	refunded.Kind, refunded.OutRequestNo, refunded.Amount, refunded.Fee = "退款", "20261120A-R1", -2000, 12
	return alipaytest.BillText(billSeller, billNoon.Truncate(24*time.Hour).Add(-8*time.Hour), []alipaytest.BillRow{paid, refunded})
}

// readBill reads to the end, or to the first thing that is wrong.
func readBill(text string) (lines []payments.BillLine, err error) {
	packed, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		packed = text
	}
	bill, err := alipay.NewBillReader(packed, billSeller, billNoon)
	for err == nil {
		var line payments.BillLine
		if line, err = bill.Next(); err == nil {
			lines = append(lines, line)
		}
	}
	if errors.Is(err, io.EOF) {
		err = bill.Close()
	}
	return lines, err
}

func TestReadBill(t *testing.T) {
	t.Parallel()
	paid := payments.BillLine{
		Kind: payments.BillPayment, At: billNoon, Merchant: payments.Merchant{MchID: billSeller}, OutTradeNo: "20261120A", TransactionID: "2026112022001",
		Currency: "CNY", Amount: 5000, Fee: 30,
	}
	refunded := paid
	refunded.Kind, refunded.OutRefundNo, refunded.ProviderNo, refunded.Refund = payments.BillRefund, "20261120A-R1", "2026112022001", payments.RefundSucceeded
	refunded.Amount, refunded.Fee = 2000, -12
	for name, text := range map[string]string{
		"as it comes":              billText(),
		"with fees of other signs": strings.NewReplacer(",-0.30,", ",0.30,", ",0.12,", ",-0.12,").Replace(billText()),
		"with other ends of lines": strings.ReplaceAll(billText(), "\r\n", "\n"),
	} {
		got, err := readBill(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]payments.BillLine{paid, refunded}, got); diff != "" {
			t.Errorf("%s: lines (-want +got):\n%s", name, diff)
		}
	}
}

func TestADamagedBillIsRefused(t *testing.T) {
	t.Parallel()
	whole := billText()
	change := func(old, fresh string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("the bill has no %q", old)
		}
		return strings.Replace(whole, old, fresh, 1)
	}
	lines := strings.SplitAfter(whole, "\r\n")
	for name, text := range map[string]string{
		"empty":                  "",
		"of nothing":             "#支付宝业务明细查询\r\n",
		"of another account":     change("[2088000000000001", "[2088000000000002"),
		"of another day":         change("[2026年11月20日", "[2026年11月19日"),
		"of no day":              strings.Join(append([]string{lines[0], lines[1]}, lines[3:]...), ""),
		"without a column":       change("退款批次号/请求号,", ""),
		"cut before its totals":  strings.Join(lines[:7], ""),
		"cut in its totals":      strings.Join(lines[:9], ""),
		"lacking a line":         strings.Join(append(append([]string{}, lines[:5]...), lines[6:]...), ""),
		"with a line twice":      strings.Join(append(append([]string{}, lines[:6]...), lines[5:]...), ""),
		"with another amount":    change(",50.00,50.00,", ",50.00,50.01,"),
		"with a wrong amount":    change(",50.00,50.00,", ",5o.00,50.00,"),
		"with a wrong time":      change("2026-11-20 12:00:00,,", "2026-11-20T12:00:00,,"),
		"with a field too few":   change(",0.00,,0.00,", ",0.00,0.00,"),
		"going on":               whole + "more\r\n",
		"with a line of 128 KiB": change("心内科", strings.Repeat("心", 64<<10)),
	} {
		if _, err := readBill(text); err == nil {
			t.Errorf("a bill %s was read to its end", name)
		}
	}
}

func FuzzReadBill(f *testing.F) {
	whole := billText()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(strings.ReplaceAll(whole, ",", "\t"))
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := readBill(text)
		if err == nil && len(lines) > strings.Count(text, "\n")+1 {
			t.Errorf("%d lines in %d", len(lines), strings.Count(text, "\n")+1)
		}
	})
}
