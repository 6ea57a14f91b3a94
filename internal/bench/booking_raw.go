package bench

import (
	"context"
	"database/sql"
	"fmt"

	"guahao/booking"
	"guahao/internal/mysql"
)

// raw counts and does nothing else: one autocommitted, prepared UPDATE of one row for each place. It knows nobody, asks no rule and
// writes nothing down: it is the limit of everything that books one by one.
type raw struct {
	update *sql.Stmt
	slot   booking.SlotID
}

// newRaw makes a slot of its own, with room for everybody, in no schedule.
func newRaw(ctx context.Context, p *program) (*raw, error) {
	result, err := p.database.ExecContext(ctx, `INSERT INTO slots (schedule_id, starts_at, ends_at, first_seq, capacity)
		VALUES (0, '2000-01-01', '2000-01-01', 1, 1000000000)`)
	if err != nil {
		return nil, fmt.Errorf("make the slot of the raw updates: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return nil, err
	}
	update, err := p.database.PrepareContext(ctx, "UPDATE slots SET taken = taken + 1 WHERE id = ? AND taken < capacity")
	if err != nil {
		return nil, fmt.Errorf("prepare the raw update: %w", err)
	}
	return &raw{update: update, slot: booking.SlotID(id)}, nil
}

func (r *raw) take(ctx context.Context, w wish) (seat, error) {
	for {
		result, err := r.update.ExecContext(ctx, r.slot)
		if mysql.IsRetryable(err) {
			continue
		}
		if err != nil {
			return seat{}, err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return seat{}, booking.ErrSlotFull
		}
		return seat{Patient: w.Patient, Slot: r.slot}, nil
	}
}

func (r *raw) close() error { return r.update.Close() }
