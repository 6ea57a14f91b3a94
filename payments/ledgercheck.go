package payments

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

func nullID[ID ~int64](id ID) sql.NullInt64 { return sql.NullInt64{Int64: int64(id), Valid: id != 0} }

// Balance is an account's balance for one payee: debits less credits.
type Balance struct {
	Payee   string  `db:"payee"`
	Account Account `db:"account"`
	Amount  Fen     `db:"amount"`
}

// Balances gives the balance of every account that was ever moved, for each payee. It reads the whole ledger.
func (s *Store) Balances(ctx context.Context) ([]Balance, error) {
	const query = `SELECT m.payee, e.account, SUM(e.amount) AS amount FROM ledger_movements m JOIN ledger_entries e ON e.movement_id = m.id
		GROUP BY m.payee, e.account ORDER BY m.payee, e.account`
	var list []Balance
	if err := s.db.SelectContext(ctx, &list, query); err != nil {
		return nil, fmt.Errorf("read the balances: %w", err)
	}
	return list, nil
}

// LedgerFault is something in the ledger that cannot be.
type LedgerFault struct {
	What   string `db:"what"`
	Number string `db:"number"` // of the movement or the charge
	Amount Fen    `db:"amount"` // by which it is wrong
}

// ledgerQuestions are what CheckLedger asks; each row of an answer is a fault.
func ledgerQuestions() []string {
	perCharge := func(what, should string, accounts ...Account) string {
		names := make([]string, len(accounts))
		for i, account := range accounts {
			names[i] = "'" + string(account) + "'"
		}
		return `SELECT '` + what + `' AS what, c.out_trade_no AS number, COALESCE(SUM(e.amount), 0) - (` + should + `) AS amount
			FROM charges c LEFT JOIN ledger_movements m ON m.charge_id = c.id LEFT JOIN ledger_entries e ON e.movement_id = m.id AND e.account IN (` + strings.Join(names, ", ") + `)
			GROUP BY c.id, c.out_trade_no, c.amount, c.reserved, c.refunded, c.paid_at HAVING COALESCE(SUM(e.amount), 0) <> ` + should + ` LIMIT 100`
	}
	return []string{
		`SELECT 'a movement does not balance' AS what, m.number, COALESCE(SUM(e.amount), 0) AS amount
			FROM ledger_movements m LEFT JOIN ledger_entries e ON e.movement_id = m.id GROUP BY m.id, m.number
			HAVING COALESCE(SUM(e.amount), 1) <> 0 OR COUNT(e.id) < 2 LIMIT 100`,
		`SELECT 'entries without a movement' AS what, CAST(e.movement_id AS CHAR) AS number, SUM(e.amount) AS amount
			FROM ledger_entries e LEFT JOIN ledger_movements m ON m.id = e.movement_id WHERE m.id IS NULL GROUP BY e.movement_id LIMIT 100`,
		perCharge("clearing is not what was paid and not refunded", "CASE WHEN c.paid_at IS NULL THEN 0 ELSE c.amount - c.refunded END", ProviderClearing, DeskCash),
		perCharge("refunds in flight are not what is promised", "c.refunded - c.reserved", RefundsInFlight),
	}
}

// CheckLedger asks the database whether the books are right: each movement balances, and for each charge the ledger says what the
// charge and its refunds say. It reads everything, and gives at most 100 faults of each kind; none is what there should be.
func (s *Store) CheckLedger(ctx context.Context) ([]LedgerFault, error) {
	var all []LedgerFault
	for _, question := range ledgerQuestions() {
		var faults []LedgerFault
		if err := s.db.SelectContext(ctx, &faults, question); err != nil {
			return nil, fmt.Errorf("check the ledger: %w", err)
		}
		all = append(all, faults...)
	}
	return all, nil
}
