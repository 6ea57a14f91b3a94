package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/money"
)

// GiveBack returns a place that was held and not paid ("back" out of the payment). Once it is free, however that came about, giving it
// back again is no error; when the payment was faster and it is booked, ErrWrongStatus.
func (s *Store) GiveBack(ctx context.Context, user UserID, id AppointmentID, key string) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		for {
			a, err := owned(ctx, tx, user, id)
			if err != nil {
				return err
			}
			switch a.Status {
			case Held:
			case Cancelled, Expired:
				return nil
			default:
				return ErrWrongStatus
			}
			_, done, err := s.release(ctx, tx, Change{Appointment: a, Reason: ByPatient, At: s.clock()}, key)
			if err != nil || done {
				return refusal(err)
			}
		}
	})
}

// Cancel cancels a booked appointment within the deadline of its policy, or gives a held one back, and tells what is
// refunded. The same key gives the same answer again.
func (s *Store) Cancel(ctx context.Context, user UserID, id AppointmentID, key string) (Visit, money.Fen, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Visit{}, 0, err
	}
	var refund money.Fen
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		for {
			a, err := owned(ctx, tx, user, id)
			if err != nil {
				return err
			}
			if a.Status == Cancelled {
				refund, err = refundOf(ctx, tx, id, key)
				return err
			}
			now := s.clock()
			if refund, err = d.refund(ctx, tx, a, now); err != nil {
				return err
			}
			if err := takesPlace(ctx, tx, a); err != nil { // see RefundStopped
				return err
			}
			_, done, err := s.release(ctx, tx, Change{Appointment: a, Reason: ByPatient, Refund: refund, At: now}, key)
			if err != nil || done {
				return refusal(err)
			}
		}
	})
	if err != nil {
		return Visit{}, 0, err
	}
	visit, err := s.Visit(ctx, id)
	return visit, refund, err
}

// RefundPreview tells what cancelling now would give back, and until when it is possible. The error is what Cancel's would be.
func (s *Store) RefundPreview(ctx context.Context, user UserID, id AppointmentID) (money.Fen, time.Time, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return 0, time.Time{}, err
	}
	a, err := owned(ctx, s.db, user, id)
	if err != nil {
		return 0, time.Time{}, err
	}
	refund, err := d.refund(ctx, s.db, a, s.clock())
	return refund, d.policyOf(a).CancelUntil(a, d.zone(a.Hospital)), err
}

// owned reads an appointment of a user.
func owned(ctx context.Context, q queryer, user UserID, id AppointmentID) (Appointment, error) {
	a, err := appointment(ctx, q, id)
	if err == nil && a.User != user {
		return Appointment{}, ErrNotYours
	}
	return a, err
}

// refund is what a patient's cancellation gives back, or why it is not possible. Where nothing was paid there is nothing to
// give back.
func (d *directory) refund(ctx context.Context, q queryer, a Appointment, now time.Time) (money.Fen, error) {
	policy := d.policyOf(a)
	if err := policy.CheckCancel(a, now, d.zone(a.Hospital)); err != nil {
		return 0, err
	}
	paid, err := wasPaid(ctx, q, a)
	if err != nil || !paid {
		return 0, err
	}
	return policy.RefundOf(a.Fee, now, a.StartsAt), nil
}

// wasPaid tells whether the appointment's fee was paid: its trail has the payment, that it took the place of one that was paid, or the
// cashier.
func wasPaid(ctx context.Context, q queryer, a Appointment) (bool, error) {
	if a.Fee == 0 || a.Status == Held || a.Status == Offered {
		return false, nil
	}
	var payments int
	err := q.GetContext(ctx, &payments, `SELECT COUNT(id) FROM appointment_events
		WHERE appointment_id = ? AND (reason IN (?, ?) OR reason = ? AND to_status = ?)`, a.ID, ByPayment, ByCashier, ByMove, Booked)
	if err != nil {
		return false, fmt.Errorf("look for the payment: %w", err)
	}
	return payments > 0, nil
}

// refundOf is what a cancellation by this key gave back; ErrWrongStatus when another request has cancelled it.
func refundOf(ctx context.Context, q queryer, id AppointmentID, key string) (money.Fen, error) {
	var refund money.Fen
	err := q.GetContext(ctx, &refund, "SELECT refund FROM appointment_events WHERE appointment_id = ? AND request_key = ? AND to_status = 'cancelled'", id, key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrWrongStatus
	}
	if err != nil {
		return 0, fmt.Errorf("read the cancellation: %w", err)
	}
	return refund, nil
}
