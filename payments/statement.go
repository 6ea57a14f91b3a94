package payments

import (
	"context"
	"fmt"
	"time"
)

// Statement is what moved for one payee on one day, as an accountant wants to read it: by the time at which the money moved, which
// the provider's bill goes by too. A payment that becomes known later stands on the statement of its own day.
type Statement struct {
	Payee    string
	Title    string // the payee's name
	From, To time.Time
	Lines    []StatementLine
	Accounts []AccountLine
}

// StatementLine is one movement of money in or out.
type StatementLine struct {
	At            time.Time    `db:"at"`
	Kind          MovementKind `db:"kind"` // pay, refund or fees
	Number        string       `db:"number"`
	TransactionID string       `db:"transaction_id"` // the provider's number of the payment or refund
	Provider      string       `db:"provider"`
	Ref           string       `db:"ref"`
	Subject       string       `db:"subject"`
	Amount        Fen          `db:"amount"` // in: positive
}

// AccountLine is what a day did to an account.
type AccountLine struct {
	Account Account `db:"account"`
	Opening Fen     `db:"opening"`
	Debit   Fen     `db:"debit"`
	Credit  Fen     `db:"credit"`
}

// Closing is the balance at the day's end.
func (a AccountLine) Closing() Fen { return a.Opening + a.Debit - a.Credit }

// Totals are the sums of a statement's lines.
type Totals struct {
	Payments, Refunds int // how many
	Paid, GaveBack    Fen
	Fees              Fen // kept by the provider; positive
}

// Net is what the day brought.
func (t Totals) Net() Fen { return t.Paid - t.GaveBack - t.Fees }

// Totals sums the lines up.
func (s Statement) Totals() (t Totals) {
	for _, line := range s.Lines {
		switch line.Kind {
		case MovedPay:
			t.Payments, t.Paid = t.Payments+1, t.Paid+line.Amount
		case MovedRefund:
			t.Refunds, t.GaveBack = t.Refunds+1, t.GaveBack-line.Amount
		case MovedFees:
			t.Fees -= line.Amount
		}
	}
	return t
}

// Statement makes a payee's statement of the time from until before to. Fees stand on it once the day is reconciled.
func (s *Store) Statement(ctx context.Context, payee string, from, to time.Time) (Statement, error) {
	st := Statement{Payee: payee, From: from, To: to}
	const lines = `SELECT m.at, m.kind, m.number, m.provider, COALESCE(r.refund_id, c.transaction_id, '') AS transaction_id,
		COALESCE(c.ref, '') AS ref, COALESCE(c.subject, '') AS subject, e.amount
		FROM ledger_movements m JOIN ledger_entries e ON e.movement_id = m.id AND e.account IN ('provider_clearing', 'desk_cash')
		LEFT JOIN charges c ON c.id = m.charge_id LEFT JOIN refunds r ON r.id = m.refund_id
		WHERE m.payee = ? AND m.at >= ? AND m.at < ? ORDER BY m.at, m.id`
	if err := s.db.SelectContext(ctx, &st.Lines, lines, payee, from.UTC(), to.UTC()); err != nil {
		return st, fmt.Errorf("read a statement's lines: %w", err)
	}
	const accounts = `SELECT e.account, SUM(CASE WHEN m.at < ? THEN e.amount ELSE 0 END) AS opening,
		SUM(CASE WHEN m.at >= ? AND e.amount > 0 THEN e.amount ELSE 0 END) AS debit, SUM(CASE WHEN m.at >= ? AND e.amount < 0 THEN -e.amount ELSE 0 END) AS credit
		FROM ledger_movements m JOIN ledger_entries e ON e.movement_id = m.id WHERE m.payee = ? AND m.at < ? GROUP BY e.account`
	var moved []AccountLine
	if err := s.db.SelectContext(ctx, &moved, accounts, from.UTC(), from.UTC(), from.UTC(), payee, to.UTC()); err != nil {
		return st, fmt.Errorf("read a statement's accounts: %w", err)
	}
	for _, account := range Accounts() {
		line := AccountLine{Account: account}
		for _, m := range moved {
			if m.Account == account {
				line = m
			}
		}
		st.Accounts = append(st.Accounts, line)
	}
	return st, nil
}
