package bench

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// Oversold counts the places that were sold beyond what there is, over all slots: appointments that hold a number which
// somebody else holds too, or which their slot does not have.
//
// It looks at nothing but the appointments' statuses and numbers and the slots' capacities. The counters and the unique
// keys by which the program keeps itself from overselling play no part in it.
func Oversold(ctx context.Context, db *sqlx.DB) (int, error) {
	const query = `SELECT COALESCE(SUM(sold.appointments - sold.places), 0) FROM (
		SELECT COUNT(a.id) AS appointments,
			COUNT(DISTINCT CASE WHEN a.seq >= s.first_seq AND a.seq < s.first_seq + s.capacity THEN a.seq END) AS places
		FROM appointments a LEFT JOIN slots s ON s.id = a.slot_id
		WHERE a.status NOT IN ('expired', 'cancelled')
		GROUP BY a.slot_id) sold`
	var places int
	if err := db.GetContext(ctx, &places, query); err != nil {
		return 0, fmt.Errorf("count the oversold places: %w", err)
	}
	return places, nil
}

// miscounted counts the slots and schedules whose counter is not the number of their appointments: no place is sold twice
// by that, but people are told wrong numbers.
func miscounted(ctx context.Context, db *sqlx.DB) (int, error) {
	const query = `SELECT
		(SELECT COUNT(s.id) FROM slots s LEFT JOIN
			(SELECT slot_id, COUNT(id) AS held FROM appointments WHERE status NOT IN ('expired', 'cancelled') GROUP BY slot_id) a
			ON a.slot_id = s.id WHERE s.taken <> COALESCE(a.held, 0)) +
		(SELECT COUNT(c.id) FROM schedules c LEFT JOIN
			(SELECT schedule_id, COUNT(id) AS held FROM appointments WHERE status NOT IN ('expired', 'cancelled') GROUP BY schedule_id) a
			ON a.schedule_id = c.id WHERE c.taken <> COALESCE(a.held, 0))`
	var rows int
	if err := db.GetContext(ctx, &rows, query); err != nil {
		return 0, fmt.Errorf("compare the counters: %w", err)
	}
	return rows, nil
}
