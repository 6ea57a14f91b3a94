package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// VisitsOn lists the visits of a hospital's day whose appointments have a higher ID than after, by ID.
func (s *Store) VisitsOn(ctx context.Context, hospital HospitalID, date Date, after AppointmentID, limit int) ([]Visit, error) {
	return s.visits(ctx, "WHERE a.hospital_id = ? AND a.visit_date = ? AND a.id > ? ORDER BY a.id LIMIT ?", hospital, date, after, limit)
}

// VisitsChanged lists the visits of a hospital of which something has changed after a cursor, as they are now, with the cursor to go on from and whether there
// may be more. 0 begins with the oldest change. A change is seen only when it is older than settled, and those after it wait for it: one with a
// lower number may not be committed before, and would never be seen.
func (s *Store) VisitsChanged(ctx context.Context, hospital HospitalID, cursor int64, settled time.Time, limit int) (list []Visit, next int64, more bool, err error) {
	var rows []struct {
		ID          int64
		Appointment AppointmentID
		At          time.Time
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT e.id, e.appointment_id AS appointment, e.at FROM appointment_events e
		JOIN appointments a ON a.id = e.appointment_id AND a.hospital_id = ? WHERE e.id > ? ORDER BY e.id LIMIT ?`, hospital, cursor, limit)
	if err != nil {
		return nil, 0, false, fmt.Errorf("read what has changed: %w", err)
	}
	next, more = cursor, len(rows) == limit
	ids := []AppointmentID{0} // IN needs one; nothing has it
	for _, row := range rows {
		if row.At.After(settled) {
			more = false
			break
		}
		next, ids = row.ID, append(ids, row.Appointment)
	}
	where, args, err := sqlx.In("WHERE a.id IN (?) ORDER BY a.id", ids)
	if err != nil {
		return nil, 0, false, err
	}
	list, err = s.visits(ctx, where, args...)
	return list, next, more, err
}
