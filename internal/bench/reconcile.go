package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"guahao/payments"
	"guahao/payments/wechatpay"
	"guahao/payments/wechatpay/wechatpaytest"
)

// The reconcile bench's day: each group of lines has one refund, and each of the first groups one difference of each class.
const (
	groupLines   = 50
	maxPlanted   = 25 // groups with differences
	insertBatch  = 1000
	chargeAmount = 5000 // fen

	atAmount, atTheirs, atStatus, atOurs, atRefund = 7, 17, 27, 37, groupLines - 1
)

// Reconcile measures how fast, and in how much memory, a bill of o.Lines lines is compared with a database that has its charges.
// The bill comes over loopback HTTP from the simulated WeChat Pay, packed, and with a difference of each class planted here and there.
func Reconcile(ctx context.Context, o Options) (result ReconcileResult, err error) {
	result.Bench = "reconcile"
	if o.Lines < groupLines || o.Lines > 10_000_000 {
		return result, fmt.Errorf("a bill has %d to 10000000 lines", groupLines)
	}
	d, err := openDatabase(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	dir, err := os.MkdirTemp("", "guahao-bench-")
	if err != nil {
		return result, fmt.Errorf("make room for the bill: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	day, _ := payments.BillDay(time.Now().AddDate(0, 0, -1))
	day = day.Add(-24 * time.Hour)
	sim := wechatpaytest.New(wechatpaytest.Options{})
	api := httptest.NewServer(sim)
	defer api.Close()
	gateway, err := simulatedGateway(sim, api.URL)
	if err != nil {
		return result, err
	}
	l := &ledgerDay{database: d, day: day, merchant: gateway.Merchant(), lines: o.Lines}
	o.say("%d lines and their charges are being written.", o.Lines)
	path := filepath.Join(dir, "bill.csv")
	if err := l.write(ctx, path); err != nil {
		return result, err
	}
	sim.ServeBill(day, path)
	o.say("The bill is being reconciled.")
	store := payments.New(d.DB, gateway, time.Now, nil, nil)
	began := time.Now()
	r, err := store.Reconcile(ctx, wechatpay.Name, day)
	if err != nil {
		return result, err
	}
	result.Seconds = rounded(time.Since(began).Seconds(), 100)
	result.Lines, result.Matched, result.Differences = r.Lines, r.Matched, r.Differences
	if result.PeakRSS, err = peakRSS(); err != nil {
		return result, err
	}
	if r.Lines != int64(o.Lines) || r.Differences != l.planted || r.Matched != r.Lines-l.planted+l.missing {
		return result, fmt.Errorf("of %d lines with %d differences (%d of them lines that the bill lacks), %d lines were read, %d matched and %d differences were found",
			o.Lines, l.planted, l.missing, r.Lines, r.Matched, r.Differences)
	}
	return result, nil
}

func simulatedGateway(sim *wechatpaytest.Server, api string) (*wechatpay.Gateway, error) {
	c, err := sim.Credentials("")
	if err != nil {
		return nil, err
	}
	return wechatpay.New(wechatpay.Config{
		MchID: c.MchID, Serial: c.Serial, PrivateKeyPEM: c.PrivateKeyPEM, APIv3Key: c.APIv3Key, PublicKeyID: c.PublicKeyID,
		PublicKeyPEM: c.PublicKeyPEM, AppID: c.AppID, NotifyURL: api + "/notify", API: api,
	})
}

// peakRSS is the most memory that this process has had, in MB of a million bytes. The database is another process.
func peakRSS() (float64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("ask for the peak of the memory: %w", err)
	}
	return rounded(float64(usage.Maxrss)*1024/1e6, 10), nil // Linux counts in KiB
}

// ledgerDay writes a day's bill and the charges and refunds that belong to it, a batch at a time.
type ledgerDay struct {
	database *database
	day      time.Time
	merchant payments.Merchant
	lines    int

	charges, refunds batchInsert
	planted, missing int64 // differences; of them those that the bill lacks
	err              error // of the database, while the bill is being written
}

func (l *ledgerDay) write(ctx context.Context, path string) error {
	l.charges = batchInsert{into: `charges (id, out_trade_no, token, ref, subject, payee, amount, provider, mch_id, app_id, status, transaction_id, expires_at, created_at, paid_at, lease_until)`}
	l.refunds = batchInsert{into: `refunds (charge_id, out_refund_no, amount, reason, status, refund_id, created_at, done_at, lease_until)`}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("make the bill: %w", err)
	}
	err = wechatpaytest.WriteBill(file, func(yield func(wechatpaytest.BillRow) bool) {
		for i := 0; i < l.lines && l.err == nil; i++ {
			row := l.row(ctx, i)
			if l.err != nil || !yield(row) {
				return
			}
		}
	})
	return errors.Join(err, l.err, l.charges.flush(ctx, l.database), l.refunds.flush(ctx, l.database), file.Close())
}

// row gives the bill's line i, and writes down what stands here about it.
func (l *ledgerDay) row(ctx context.Context, i int) wechatpaytest.BillRow {
	at := l.day.Add(8*time.Hour + time.Duration(i)*10*time.Millisecond).Truncate(time.Second)
	plant := -1
	if i/groupLines < maxPlanted {
		plant = i % groupLines
	}
	row := wechatpaytest.BillRow{
		At: at, AppID: l.merchant.AppID, MchID: l.merchant.MchID, TransactionID: fmt.Sprintf("42%026d", i), OutTradeNo: fmt.Sprintf("BENCH%09d", i),
		OpenID: fmt.Sprintf("oBench%022d", i), TradeType: "NATIVE", State: "SUCCESS", Subject: "门诊挂号费", Total: chargeAmount, Fee: 30,
	}
	if i%groupLines == atRefund {
		return l.refunded(ctx, row, i)
	}
	switch plant {
	case atTheirs:
		l.planted++
		return row
	case atAmount:
		l.planted++
		row.Total++
		l.charge(ctx, row, i, chargeAmount, "paid")
		return row
	case atStatus:
		l.planted++
		l.charge(ctx, row, i, chargeAmount, "closed")
		return row
	case atOurs:
		l.planted, l.missing = l.planted+1, l.missing+1
		other := row
		other.OutTradeNo, other.TransactionID = row.OutTradeNo+"X", row.TransactionID+"1"
		l.charge(ctx, other, l.lines+i, chargeAmount, "paid")
	}
	l.charge(ctx, row, i, chargeAmount, "paid")
	return row
}

// refunded gives the line of a refund of the charge before.
func (l *ledgerDay) refunded(ctx context.Context, row wechatpaytest.BillRow, i int) wechatpaytest.BillRow {
	row.OutTradeNo, row.TransactionID = fmt.Sprintf("BENCH%09d", i-1), fmt.Sprintf("42%026d", i-1)
	row.State, row.RefundState, row.RefundID, row.OutRefundNo = "REFUND", "SUCCESS", fmt.Sprintf("50%026d", i), row.OutTradeNo+"-R1"
	row.Total, row.Refund, row.Fee = 0, chargeAmount, -30
	l.note(l.refunds.add(ctx, l.database, i, row.OutRefundNo, chargeAmount, "bench", "succeeded", row.RefundID, row.At.UTC(), row.At.UTC(), row.At.UTC()))
	return row
}

func (l *ledgerDay) charge(ctx context.Context, row wechatpaytest.BillRow, id int, amount int64, status string) {
	at, paid, transaction := row.At.UTC(), any(row.At.UTC()), row.TransactionID
	if status != "paid" {
		paid, transaction = nil, ""
	}
	l.note(l.charges.add(ctx, l.database, id+1, row.OutTradeNo, fmt.Sprintf("BENCHTOKEN%022d", id), fmt.Sprintf("bench:%d", id), row.Subject, "hospital:1",
		amount, wechatpay.Name, l.merchant.MchID, l.merchant.AppID, status, transaction, at, at, paid, at))
}

func (l *ledgerDay) note(err error) { l.err = errors.Join(l.err, err) }

// batchInsert inserts rows many at a time.
type batchInsert struct {
	into   string // table (columns)
	values []any
	rows   int
}

func (b *batchInsert) add(ctx context.Context, d *database, values ...any) error {
	b.values = append(b.values, values...)
	if b.rows++; b.rows < insertBatch {
		return nil
	}
	return b.flush(ctx, d)
}

func (b *batchInsert) flush(ctx context.Context, d *database) error {
	if b.rows == 0 {
		return nil
	}
	row := "(?" + strings.Repeat(", ?", len(b.values)/b.rows-1) + ")"
	_, err := d.ExecContext(ctx, "INSERT INTO "+b.into+" VALUES "+row+strings.Repeat(", "+row, b.rows-1), b.values...)
	b.values, b.rows = b.values[:0], 0
	if err != nil {
		return fmt.Errorf("fill the bench's database: %w", err)
	}
	return nil
}
