package payments

import (
	"context"
	"fmt"
	"time"

	"guahao/internal/mysql"
)

// Incident is something about money that a person has to look into: what the provider says contradicts what we wrote down.
// Nothing was changed because of it.
type Incident struct {
	ID            int64     `db:"id"`
	Kind          string    `db:"kind"`
	Number        string    `db:"number"` // out_trade_no or out_refund_no
	TransactionID string    `db:"transaction_id"`
	Detail        string    `db:"detail"`
	At            time.Time `db:"at"`
}

// incident records one; the same again is recorded once.
func (s *Store) incident(ctx context.Context, kind, number, transactionID, detail string) error {
	const insert = `INSERT INTO payment_incidents (kind, number, transaction_id, detail, at) VALUES (?, ?, ?, ?, ?)`
	number, transactionID = number[:min(len(number), 64)], transactionID[:min(len(transactionID), 64)]
	_, err := s.db.ExecContext(ctx, insert, kind, number, transactionID, detail, s.now())
	if mysql.IsDuplicate(err, "") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("record an incident: %w", err)
	}
	s.log.Error("a payment needs somebody's look", "kind", kind, "number", number, "detail", detail)
	if s.Noticed != nil {
		s.Noticed(Incident{Kind: kind, Number: number, TransactionID: transactionID, Detail: detail, At: s.now()})
	}
	return nil
}

// Incidents lists the newest ones first.
func (s *Store) Incidents(ctx context.Context, limit int) ([]Incident, error) {
	var list []Incident
	const query = "SELECT id, kind, number, transaction_id, detail, at FROM payment_incidents ORDER BY id DESC LIMIT ?"
	if err := s.db.SelectContext(ctx, &list, query, limit); err != nil {
		return nil, fmt.Errorf("read the incidents: %w", err)
	}
	return list, nil
}
