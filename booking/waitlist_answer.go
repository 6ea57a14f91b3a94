package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// AcceptOffer takes the place that is held for somebody who waits: it must be paid within the policy's minutes, or is booked
// at once where it costs nothing. Once accepted, it gives the visit again, whatever became of the payment. ErrOfferOver when the time
// to answer was over, or when the offer was declined; ErrNotFound for what never was an offer.
func (s *Store) AcceptOffer(ctx context.Context, user UserID, id AppointmentID, key string) (Visit, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Visit{}, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		for {
			a, answer, err := offered(ctx, tx, user, id)
			if err != nil || answer == "yes" {
				return err
			}
			if a.Status != Offered {
				return ErrOfferOver
			}
			done, err := s.accept(ctx, tx, d, a, key)
			if err != nil || done {
				return refusal(err)
			}
		}
	})
	if err != nil {
		return Visit{}, err
	}
	return s.Visit(ctx, id)
}

// offered reads an offer of a user, and what they answered.
func offered(ctx context.Context, q queryer, user UserID, id AppointmentID) (Appointment, string, error) {
	a, err := owned(ctx, q, user, id)
	if err != nil {
		return Appointment{}, "", err
	}
	var answer string
	if err := q.GetContext(ctx, &answer, "SELECT answer FROM waitlist_offers WHERE appointment_id = ?", id); err != nil {
		return Appointment{}, "", notFound(err, "read the offer")
	}
	return a, answer, nil
}

// accept needs no lock but the appointment's own: the number is taken already.
func (s *Store) accept(ctx context.Context, tx *sqlx.Tx, d *directory, a Appointment, key string) (bool, error) {
	now := s.clock()
	c := Change{Appointment: a, From: Offered, Reason: ByPatient, At: now}
	c.Appointment.Status, c.Appointment.HoldUntil = Held, d.policyOf(a).HoldUntil(now)
	if a.Fee == 0 {
		c.Appointment.Status, c.Appointment.HoldUntil, c.Reason = Booked, now, ByPayment
	}
	done, err := swap(ctx, tx, &c)
	if err != nil || !done {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE appointments SET hold_until = ? WHERE id = ?", c.Appointment.HoldUntil, a.ID); err != nil {
		return false, fmt.Errorf("set the end of the hold: %w", err)
	}
	if err := closeOffer(ctx, tx, c); err != nil {
		return false, err
	}
	return true, s.record(ctx, tx, c, key)
}

// DeclineOffer returns the place that is held for somebody who waits; it goes to the next in line in the same transaction.
// The one who declined goes on waiting for other half-days, if the wish has any. Once it is over, however that came about, declining it
// again is no error; when it was accepted, ErrWrongStatus.
func (s *Store) DeclineOffer(ctx context.Context, user UserID, id AppointmentID, key string) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		for {
			a, answer, err := offered(ctx, tx, user, id)
			switch {
			case err != nil:
				return err
			case answer == "yes":
				return refuse(CodeWrongStatus, "这个候补号您已经接受了；不要的话，请在“我的预约”里取消。", "You have accepted this place already. If you do not want it, cancel it under “My appointments”.")
			case a.Status != Offered:
				return nil
			}
			_, done, err := s.release(ctx, tx, Change{Appointment: a, Reason: ByPatient, At: s.clock()}, key)
			if err != nil || done {
				return refusal(err)
			}
		}
	})
}

// closeOffer notes the answer to an offer, in the transaction of the change that says it.
func closeOffer(ctx context.Context, tx *sqlx.Tx, c Change) error {
	answer, to := "withdrawn", StillWaiting
	switch {
	case c.Appointment.Status == Held || c.Appointment.Status == Booked:
		answer, to = "yes", WaitServed
	case c.Reason == ByDeadline:
		answer, to = "silence", WaitSilent
	case c.Reason == ByPatient:
		answer = "no"
	}
	var waits []Waiting
	err := tx.SelectContext(ctx, &waits, `SELECT `+waitColumns+` FROM waitlist_offers o JOIN waitlist_entries e ON e.id = o.entry_id WHERE o.appointment_id = ?`, c.Appointment.ID)
	if err != nil {
		return fmt.Errorf("read who was offered a place: %w", err)
	}
	_, err = tx.ExecContext(ctx, "UPDATE waitlist_offers SET answer = ?, answered_at = ? WHERE appointment_id = ?", answer, c.At, c.Appointment.ID)
	if err != nil {
		return fmt.Errorf("note the answer: %w", err)
	}
	for _, w := range waits {
		if answer == "no" && w.single() {
			to = WaitLeft
		}
		if _, err := waitTo(ctx, tx, w.ID, WaitOffered, to, c.At); err != nil {
			return err
		}
	}
	return nil
}
