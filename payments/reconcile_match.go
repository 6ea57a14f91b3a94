package payments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

const (
	matchBatch = 500  // lines that are looked up at once
	oursBatch  = 5000 // rows of ours that are read at once
	renewEvery = 100  // batches between two renewals of the lease
)

// noBill is the bill of a day without any movement.
type noBill struct{}

func (noBill) Next() (BillLine, error) { return BillLine{}, io.EOF }
func (noBill) Close() error            { return nil }

// matching is one run through a bill. Its memory is a batch, and 8 bytes for each line that was found.
type matching struct {
	store            *Store
	run              *Reconciliation
	charges, refunds []int64        // ids that the bill has
	fees             map[string]Fen // by payee
	found            []Difference   // not written yet
}

// ours is what stands here about a line.
type ours struct {
	Charge        int64  `db:"charge_id"`
	Refund        int64  `db:"refund_id"` // 0: it is a payment
	Number        string `db:"number"`
	Payee         string `db:"payee"`
	Amount        Fen    `db:"amount"`
	Status        string `db:"status"`
	TransactionID string `db:"transaction_id"` // the provider's number of the payment or refund
	MchID         string `db:"mch_id"`
	AppID         string `db:"app_id"`
}

// read goes through the bill in batches.
func (m *matching) read(ctx context.Context, bill Bill) error {
	batch := make([]BillLine, 0, matchBatch)
	for n := 1; ; n++ {
		batch = batch[:0]
		var ended error
		for len(batch) < matchBatch && ended == nil {
			line, err := bill.Next()
			if ended = err; err == nil {
				batch = append(batch, line)
			}
		}
		if err := m.match(ctx, batch); err != nil {
			return err
		}
		switch {
		case errors.Is(ended, io.EOF):
			return m.flush(ctx)
		case ended != nil:
			return ended
		}
		if n%renewEvery == 0 {
			if err := m.store.renew(ctx, m.run); err != nil {
				return err
			}
		}
	}
}

const (
	matchCharges = `SELECT id AS charge_id, 0 AS refund_id, out_trade_no AS number, payee, amount, status, transaction_id, mch_id, app_id
		FROM charges WHERE out_trade_no IN (?)`
	matchRefunds = `SELECT r.charge_id, r.id AS refund_id, r.out_refund_no AS number, c.payee, r.amount, r.status, r.refund_id AS transaction_id, c.mch_id, c.app_id
		FROM refunds r JOIN charges c ON c.id = r.charge_id WHERE r.out_refund_no IN (?)`
)

// match looks a batch up and compares line by line.
func (m *matching) match(ctx context.Context, batch []BillLine) error {
	for kind, query := range map[BillKind]string{BillPayment: matchCharges, BillRefund: matchRefunds} {
		known, err := m.lookUp(ctx, query, kind, batch)
		if err != nil {
			return err
		}
		for _, line := range batch {
			if line.Kind == kind {
				m.compare(line, known[line.number()])
			}
		}
	}
	if len(m.found) < matchBatch {
		return nil
	}
	return m.flush(ctx)
}

func (m *matching) lookUp(ctx context.Context, query string, kind BillKind, batch []BillLine) (map[string]*ours, error) {
	numbers := make([]string, 0, len(batch))
	for _, line := range batch {
		if line.Kind == kind {
			numbers = append(numbers, line.number())
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(query, numbers)
	if err != nil {
		return nil, fmt.Errorf("look a bill's lines up: %w", err)
	}
	rows := make([]ours, 0, len(numbers))
	if err := m.store.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("look a bill's lines up: %w", err)
	}
	known := make(map[string]*ours, len(rows))
	for i := range rows {
		known[rows[i].Number] = &rows[i]
	}
	return known, nil
}

// compare says what of a line differs, if anything does.
func (m *matching) compare(line BillLine, o *ours) {
	m.run.Lines++
	if o == nil {
		m.fees[""] += line.Fee
		m.differ(OnlyTheirs, line, ours{})
		return
	}
	m.fees[o.Payee] += line.Fee
	if line.Kind == BillRefund {
		m.refunds = append(m.refunds, o.Refund)
	} else {
		m.charges = append(m.charges, o.Charge)
	}
	switch {
	case line.Amount != o.Amount || line.Currency != currency:
		m.differ(AmountDiffers, line, *o)
	case !agrees(line, *o):
		m.differ(StatusDiffers, line, *o)
	default:
		m.run.Matched++
	}
}

// agrees tells whether a line of the same amount says what stands here. A refund that was under way when the bill was made may have
// ended since.
func agrees(line BillLine, o ours) bool {
	if m := line.Merchant; m.MchID != "" && m.MchID != o.MchID || m.AppID != "" && m.AppID != o.AppID {
		return false
	}
	if line.Kind == BillPayment {
		return Charge{Status: ChargeStatus(o.Status)}.Settled() && o.TransactionID == line.TransactionID
	}
	status := RefundStatus(o.Status)
	switch line.Refund {
	case RefundSucceeded, RefundClosed:
		return status == line.Refund
	}
	return status != RefundRequested
}

func (m *matching) differ(class DifferenceClass, line BillLine, o ours) {
	theirs := "paid"
	if line.Kind == BillRefund {
		theirs = string(line.Refund)
	}
	m.add(Difference{
		Kind: line.Kind, Class: class, Number: cut(line.number()), TransactionID: cut(line.theirNumber()), Charge: o.Charge, Refund: o.Refund,
		Ours: o.Amount, Theirs: line.Amount, OurStatus: o.Status, TheirStatus: theirs, Owner: owner(o.Payee),
	})
}

func (m *matching) add(d Difference) {
	m.run.Differences++
	m.found = append(m.found, d)
}

// cut shortens what a provider says to what the table holds.
func cut(number string) string {
	return strings.ToValidUTF8(number[:min(len(number), 64)], "")
}

// operator looks into what belongs to no payee.
const operator = "operator"

func owner(payee string) string {
	if payee == "" {
		return operator
	}
	return payee
}

func (m *matching) flush(ctx context.Context) error {
	found := m.found
	m.found = m.found[:0]
	return m.store.writeDifferences(ctx, m.run, found)
}

const (
	oursPaid = `SELECT id AS charge_id, 0 AS refund_id, out_trade_no AS number, payee, amount, status, transaction_id, paid_at AS moved_at
		FROM charges WHERE paid_at >= ? AND paid_at < ? AND (paid_at > ? OR id > ?) AND provider = ? AND mch_id = ? ORDER BY paid_at, id LIMIT ?`
	oursRefunded = `SELECT r.charge_id, r.id AS refund_id, r.out_refund_no AS number, c.payee, r.amount, r.status, r.refund_id AS transaction_id, r.created_at AS moved_at
		FROM refunds r JOIN charges c ON c.id = r.charge_id WHERE r.created_at >= ? AND r.created_at < ? AND (r.created_at > ? OR r.id > ?)
		AND r.status IN ('processing', 'succeeded', 'abnormal') AND c.provider = ? AND c.mch_id = ? ORDER BY r.created_at, r.id LIMIT ?`
)

// findOnlyOurs goes through what was paid and refunded here on the day, and finds what the bill does not have.
func (m *matching) findOnlyOurs(ctx context.Context) error {
	slices.Sort(m.charges)
	slices.Sort(m.refunds)
	err := m.pages(ctx, oursPaid, BillPayment, func(o ours) (int64, []int64) { return o.Charge, m.charges })
	if err == nil {
		err = m.pages(ctx, oursRefunded, BillRefund, func(o ours) (int64, []int64) { return o.Refund, m.refunds })
	}
	if err != nil {
		return err
	}
	return m.flush(ctx)
}

func (m *matching) pages(ctx context.Context, query string, kind BillKind, onBill func(ours) (id int64, seen []int64)) error {
	from, last := m.run.start.UTC(), int64(0)
	for {
		var page []struct {
			ours
			At time.Time `db:"moved_at"`
		}
		merchant := m.run.gateway.Merchant().MchID
		if err := m.store.db.SelectContext(ctx, &page, query, from, m.run.end.UTC(), from, last, m.run.Provider, merchant, oursBatch); err != nil {
			return fmt.Errorf("read what moved on a day: %w", err)
		}
		for _, row := range page {
			id, seen := onBill(row.ours)
			from, last = row.At, id
			if _, ok := slices.BinarySearch(seen, id); ok {
				continue
			}
			m.add(Difference{
				Kind: kind, Class: OnlyOurs, Number: row.Number, TransactionID: row.TransactionID, Charge: row.Charge, Refund: row.Refund,
				Ours: row.Amount, OurStatus: row.Status, Owner: owner(row.Payee),
			})
		}
		if len(page) < oursBatch {
			return nil
		}
		if err := errors.Join(m.flush(ctx), m.store.renew(ctx, m.run)); err != nil {
			return err
		}
	}
}

// postFees books what the bill says that the provider keeps, per payee. A later run books what has changed since.
func (s *Store) postFees(ctx context.Context, r *Reconciliation, fees map[string]Fen) error {
	return mysql.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		for payee, fee := range fees {
			at := r.end.Add(-time.Second).UTC()
			const query = `SELECT COALESCE(SUM(e.amount), 0) FROM ledger_movements m JOIN ledger_entries e ON e.movement_id = m.id
				WHERE m.payee = ? AND m.at = ? AND m.kind = ? AND m.provider = ? AND e.account = ?`
			var posted Fen
			if err := tx.GetContext(ctx, &posted, query, payee, at, MovedFees, r.Provider, Fees); err != nil {
				return fmt.Errorf("read a day's fees: %w", err)
			}
			if fee == posted {
				continue
			}
			number := fmt.Sprintf("%s:%s:%s#%d", r.Provider, r.Date(), payee, r.Run)
			m := movement{kind: MovedFees, number: number, provider: r.Provider, payee: payee, at: at}
			if err := s.post(ctx, tx, m, entry{Fees, fee - posted}, entry{ProviderClearing, posted - fee}); err != nil {
				return err
			}
		}
		return nil
	})
}
