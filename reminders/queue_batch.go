package reminders

import (
	"context"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
)

// Appointments is Appointment for many changes of one transaction, in one statement.
func (s *Store) Appointments(ctx context.Context, tx *sqlx.Tx, changes []booking.Change) error {
	var entries []entry
	for _, c := range changes {
		entries = append(entries, s.entriesOf(c)...)
	}
	return s.insert(ctx, tx, entries)
}
