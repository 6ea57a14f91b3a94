package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Account is one of the ledger's accounts. Balances are debits less credits: what the provider holds for us is positive, what we
// owe or have earned is negative, and all of them together are always 0.
type Account string

// The accounts.
const (
	ProviderClearing Account = "provider_clearing" // collected by the provider and not given back; asset
	DeskCash         Account = "desk_cash"         // taken by the hospital's cashier and not given back; asset
	PatientLiability Account = "patient_liability" // received from patients and not earned; liability
	HospitalRevenue  Account = "hospital_revenue"  // earned by the hospital; income
	RefundsInFlight  Account = "refunds_in_flight" // promised to patients, and not yet back with them; liability
	Fees             Account = "fees"              // what the provider keeps for its service; expense
)

// Accounts lists them in the order of a balance sheet.
func Accounts() []Account {
	return []Account{ProviderClearing, DeskCash, PatientLiability, HospitalRevenue, RefundsInFlight, Fees}
}

// MovementKind says what moved money.
type MovementKind string

// The kinds of movements.
const (
	MovedPay           MovementKind = "pay"            // a patient paid
	MovedEarn          MovementKind = "earn"           // what was paid for is booked
	MovedRefundRequest MovementKind = "refund_request" // a refund was written down
	MovedRefund        MovementKind = "refund"         // its money is back
	MovedRefundFail    MovementKind = "refund_fail"    // it failed: the money is still owed
	MovedFees          MovementKind = "fees"           // a provider's fees, as its bill says
)

// movement is one line of the journal. Kind and number together exist once.
type movement struct {
	kind     MovementKind
	number   string
	charge   ChargeID // 0: none
	refund   RefundID // 0: none
	provider string
	payee    string
	at       time.Time // when the money moved
}

// entry is one side of a movement: a debit is positive, a credit negative.
type entry struct {
	account Account
	amount  Fen
}

// errUnbalanced says that a movement would make money from nothing.
var errUnbalanced = errors.New("a movement that does not balance")

// balanced is the rule of double entry: at least two sides, none of them nothing, no account twice, and their sum is 0.
func balanced(entries []entry) error {
	var sum Fen
	seen := map[Account]bool{}
	for _, e := range entries {
		if e.amount == 0 || seen[e.account] {
			return fmt.Errorf("%w: %q", errUnbalanced, e.account)
		}
		seen[e.account] = true
		sum += e.amount
	}
	if len(entries) < 2 || sum != 0 {
		return fmt.Errorf("%w: %d entries, the sum is %s yuan", errUnbalanced, len(entries), sum)
	}
	return nil
}

// post writes a movement into the ledger, in the transaction that causes it. It is the only function that does, and refuses what
// does not balance. The same movement again violates a unique key: whoever posts has won a compare-and-swap before.
func (s *Store) post(ctx context.Context, tx *sqlx.Tx, m movement, entries ...entry) error {
	if err := balanced(entries); err != nil {
		return fmt.Errorf("%s of %s: %w", m.kind, m.number, err)
	}
	const journal = `INSERT INTO ledger_movements (kind, number, charge_id, refund_id, provider, payee, at, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	result, err := tx.ExecContext(ctx, journal, m.kind, m.number, nullID(m.charge), nullID(m.refund), m.provider, m.payee, m.at.UTC(), s.now())
	if err != nil {
		return fmt.Errorf("write a movement: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return fmt.Errorf("write a movement: %w", err)
	}
	insert := "INSERT INTO ledger_entries (movement_id, account, amount) VALUES (?, ?, ?)"
	values := []any{id, entries[0].account, entries[0].amount}
	for _, e := range entries[1:] {
		insert += ", (?, ?, ?)"
		values = append(values, id, e.account, e.amount)
	}
	if _, err := tx.ExecContext(ctx, insert, values...); err != nil {
		return fmt.Errorf("write a movement's entries: %w", err)
	}
	return nil
}

// postPaid books a payment. What is not kept stays owed to the patient until the refund is requested.
func (s *Store) postPaid(ctx context.Context, tx *sqlx.Tx, c Charge, paidAt time.Time, keep bool) error {
	m := movement{kind: MovedPay, number: c.OutTradeNo, charge: c.ID, provider: c.Provider, payee: c.Payee, at: paidAt}
	if err := s.post(ctx, tx, m, entry{clearing(c.Provider), c.Amount}, entry{PatientLiability, -c.Amount}); err != nil || !keep {
		return err
	}
	m.kind = MovedEarn
	return s.post(ctx, tx, m, entry{PatientLiability, c.Amount}, entry{HospitalRevenue, -c.Amount})
}

// postRefundRequest takes a promised refund from what the charge's patient is owed first (nothing was booked for it, or an earlier
// refund failed), and what is missing from the hospital's revenue.
func (s *Store) postRefundRequest(ctx context.Context, tx *sqlx.Tx, c Charge, r Refund) error {
	owed, err := s.owed(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	owed = min(owed, r.Amount)
	entries := []entry{{RefundsInFlight, -r.Amount}}
	if owed > 0 {
		entries = append(entries, entry{PatientLiability, owed})
	}
	if earned := r.Amount - owed; earned > 0 {
		entries = append(entries, entry{HospitalRevenue, earned})
	}
	return s.post(ctx, tx, refundMovement(MovedRefundRequest, c, r, r.CreatedAt), entries...)
}

// postRefundEnd books that a refund's money is back, or that it is owed again.
func (s *Store) postRefundEnd(ctx context.Context, tx *sqlx.Tx, c Charge, r Refund) error {
	switch r.Status {
	case RefundSucceeded:
		return s.post(ctx, tx, refundMovement(MovedRefund, c, r, r.DoneAt), entry{RefundsInFlight, r.Amount}, entry{clearing(c.Provider), -r.Amount})
	case RefundClosed:
		return s.post(ctx, tx, refundMovement(MovedRefundFail, c, r, r.DoneAt), entry{RefundsInFlight, r.Amount}, entry{PatientLiability, -r.Amount})
	}
	return nil
}

func refundMovement(kind MovementKind, c Charge, r Refund, at time.Time) movement {
	return movement{kind: kind, number: r.OutRefundNo, charge: c.ID, refund: r.ID, provider: c.Provider, payee: c.Payee, at: at}
}

// owed is what the ledger says that a charge's patient is owed.
func (s *Store) owed(ctx context.Context, tx *sqlx.Tx, id ChargeID) (Fen, error) {
	const query = `SELECT COALESCE(SUM(e.amount), 0) FROM ledger_movements m JOIN ledger_entries e ON e.movement_id = m.id WHERE m.charge_id = ? AND e.account = ?`
	var sum Fen
	if err := tx.GetContext(ctx, &sum, query, id, PatientLiability); err != nil {
		return 0, fmt.Errorf("read what a patient is owed: %w", err)
	}
	return -sum, nil
}
