package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// PayAtDesk makes a held place certain for a patient who will pay at the hospital, where its rules allow that. It is refused for the
// difference that a move costs, and when the place has lapsed. Doing it again does nothing.
func (s *Store) PayAtDesk(ctx context.Context, user UserID, id AppointmentID) error {
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		for {
			a, err := owned(ctx, tx, user, id)
			if err != nil || a.Status == Booked {
				return err
			}
			if err := d.mayPayAtDesk(ctx, tx, a, s); err != nil {
				return err
			}
			if _, done, err := s.confirmHeld(ctx, tx, a, AtDesk); err != nil || done {
				return err
			}
		}
	})
}

func (d *directory) mayPayAtDesk(ctx context.Context, tx *sqlx.Tx, a Appointment, s *Store) error {
	if a.Status != Held || !s.clock().Before(a.HoldUntil) {
		return ErrWrongStatus
	}
	moves, err := movedFrom(ctx, tx, a.ID)
	switch {
	case err != nil:
		return err
	case !d.policyOf(a).PayAtDesk:
		return refuse(CodeWrongStatus, "这家医院需要在线支付挂号费。", "This hospital's fee is paid online.").by("pay_at_desk")
	case moves != 0:
		return refuse(CodeWrongStatus, "改约的差价需要在线支付。", "The difference that moving costs is paid online.").by("pay_at_desk")
	}
	return nil
}

// PaidAtDeskTx notes in the visit's trail that the cashier has taken its fee, in the transaction in which that is booked. Of a visit
// that does not take place it is refused: nothing is to be paid.
func (s *Store) PaidAtDeskTx(ctx context.Context, tx *sqlx.Tx, id AppointmentID) error {
	for {
		a, err := appointment(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.Status != Booked && a.Status != CheckedIn && a.Status != Fulfilled {
			return ErrWrongStatus
		}
		if done, err := s.notePaid(ctx, tx, a, ByCashier); err != nil || done {
			return err
		}
	}
}

// notePaid writes into the trail of an appointment whose status stays that its fee was paid, unless that stands there. It tells whether
// the appointment was still what it was.
func (s *Store) notePaid(ctx context.Context, tx *sqlx.Tx, a Appointment, by Reason) (bool, error) {
	paid, err := wasPaid(ctx, tx, a)
	if err != nil || paid {
		return paid, err
	}
	result, err := tx.ExecContext(ctx, "UPDATE appointments SET version = version + 1 WHERE id = ? AND status = ? AND version = ?", a.ID, a.Status, a.Version)
	if err != nil {
		return false, fmt.Errorf("note that a visit is paid: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO appointment_events (appointment_id, version, from_status, to_status, reason, seq, refund, note, request_key, at)
		VALUES (?, ?, ?, ?, ?, ?, 0, '', NULL, ?)`, a.ID, a.Version+1, a.Status, a.Status, by, a.Seq, s.clock())
	if err != nil {
		return false, fmt.Errorf("note that a visit is paid: %w", err)
	}
	return true, nil
}
