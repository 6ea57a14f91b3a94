package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// expiryGrace is how long after its end a hold is kept: a payment of the last second takes a while to be heard of.
	expiryGrace = time.Minute
	expiryBatch = 200
)

// ExpireHolds frees the places that were not paid in time, and the offers that were not answered, and tells how many. Each is a transaction of its own: one that
// fails is left for the next call and does not stop the others. Any number of replicas may call it at once.
func (s *Store) ExpireHolds(ctx context.Context) (int, error) {
	count, after := 0, AppointmentID(0)
	var failures []error
	for {
		var batch []Appointment
		err := s.db.SelectContext(ctx, &batch, `SELECT `+appointmentColumns+` FROM appointments a
			WHERE a.status IN ('held', 'offered') AND a.hold_until < ? AND a.id > ? ORDER BY a.id LIMIT ?`, s.clock().Add(-expiryGrace), after, expiryBatch)
		if err != nil {
			return count, errors.Join(append(failures, fmt.Errorf("read the holds that ran out: %w", err))...)
		}
		for _, a := range batch {
			after = a.ID
			done, err := s.expire(ctx, a)
			if err != nil {
				failures = append(failures, fmt.Errorf("expire appointment %d: %w", a.ID, err))
			}
			if done {
				count++
			}
		}
		if len(batch) < expiryBatch || ctx.Err() != nil {
			return count, errors.Join(failures...)
		}
	}
}

func (s *Store) expire(ctx context.Context, a Appointment) (done bool, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, done, err = s.release(ctx, tx, Change{Appointment: a, Reason: ByDeadline, At: s.clock()}, "")
		return err
	})
	return done && err == nil, err
}
