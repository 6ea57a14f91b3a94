package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// dropExtraPlace takes an added place away together with its appointment: it is never sold again.
func dropExtraPlace(ctx context.Context, tx *sqlx.Tx, a Appointment) error {
	return counted(tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id
		SET c.taken = c.taken - 1, s.taken = s.taken - 1, c.capacity = c.capacity - 1, s.capacity = s.capacity - 1
		WHERE c.id = ? AND s.id = ? AND s.taken > 0`, a.Schedule, a.Slot))
}

// addExtraPlace adds one place to the extra slot of a locked schedule.
func addExtraPlace(ctx context.Context, tx *sqlx.Tx, schedule ScheduleID, slot SlotID) error {
	_, err := tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id SET c.capacity = c.capacity + 1, s.capacity = s.capacity + 1
		WHERE c.id = ? AND s.id = ?`, schedule, slot)
	if err != nil {
		return fmt.Errorf("add a place: %w", err)
	}
	return nil
}
