package payments

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// DayMoney is what payees took and gave back on one day.
type DayMoney struct {
	Day      string // 2006-01-02
	Payments int
	Refunds  int
	Paid     Fen
	GaveBack Fen
}

// Daily sums up what moved for some payees from one day to another, both midnights of a zone, by the days of that zone. Days on which nothing
// moved are left out.
func (s *Store) Daily(ctx context.Context, payees []string, from, to time.Time) ([]DayMoney, error) {
	if len(payees) == 0 {
		return nil, nil
	}
	_, offset := from.Zone()
	query, args, err := sqlx.In(`SELECT DATE_FORMAT(DATE_ADD(m.at, INTERVAL ? SECOND), '%Y-%m-%d') AS day,
		CAST(SUM(m.kind = 'pay') AS SIGNED) AS payments, CAST(SUM(m.kind = 'refund') AS SIGNED) AS refunds,
		CAST(SUM(CASE WHEN m.kind = 'pay' THEN e.amount ELSE 0 END) AS SIGNED) AS paid, CAST(SUM(CASE WHEN m.kind = 'refund' THEN -e.amount ELSE 0 END) AS SIGNED) AS gaveback
		FROM ledger_movements m JOIN ledger_entries e ON e.movement_id = m.id AND e.account IN ('provider_clearing', 'desk_cash')
		WHERE m.payee IN (?) AND m.at >= ? AND m.at < ? AND m.kind IN ('pay', 'refund') GROUP BY 1 ORDER BY 1`, offset, payees, from.UTC(), to.UTC())
	if err != nil {
		return nil, fmt.Errorf("write the query for the days: %w", err)
	}
	var list []DayMoney
	if err := s.db.SelectContext(ctx, &list, query, args...); err != nil {
		return nil, fmt.Errorf("sum up the days: %w", err)
	}
	return list, nil
}
