package booking

import (
	"context"
	"fmt"
	"time"
)

// HoldsEnding lists the places that are held, not paid, and run out after one instant and not after another; made before a third. They come
// in the order of their ends, limit of them, and all of those that end together with the last one.
func (s *Store) HoldsEnding(ctx context.Context, after, until, made time.Time, limit int) ([]Appointment, error) {
	const query = `SELECT ` + appointmentColumns + ` FROM appointments a
		WHERE a.status = 'held' AND a.hold_until > ? AND a.hold_until <= ? AND a.created_at <= ? AND a.fee > 0 ORDER BY a.hold_until LIMIT ?`
	var holds []Appointment
	if err := s.db.SelectContext(ctx, &holds, query, after.UTC(), until.UTC(), made.UTC(), limit); err != nil {
		return nil, fmt.Errorf("read the holds that run out: %w", err)
	}
	if len(holds) < limit {
		return holds, nil
	}
	last := holds[len(holds)-1].HoldUntil // several of one transaction may end at the same instant
	for len(holds) > 0 && holds[len(holds)-1].HoldUntil.Equal(last) {
		holds = holds[:len(holds)-1]
	}
	const same = `SELECT ` + appointmentColumns + ` FROM appointments a WHERE a.status = 'held' AND a.hold_until = ? AND a.created_at <= ? AND a.fee > 0`
	var together []Appointment
	if err := s.db.SelectContext(ctx, &together, same, last, made.UTC()); err != nil {
		return nil, fmt.Errorf("read the holds that run out together: %w", err)
	}
	return append(holds, together...), nil
}
