package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// ConfirmTx makes a held appointment certain, in the transaction of what confirms it: the payment that was heard of. One that
// is booked already stays so, without an error. One that expired meanwhile gets its own number again when that is free, else the lowest
// free one of its slot.
//
// Refusals (an *Error) mean that the payment must be given back: slot_full, schedule_stopped, too_late (the visit has begun),
// duplicate (the patient has booked the same half-day again), limit (the person has booked as much as is allowed since the hold ran
// out), wrong_status (given back or cancelled). After a refusal nothing was written and tx
// can go on.
func (s *Store) ConfirmTx(ctx context.Context, tx *sqlx.Tx, id AppointmentID, reason Reason) (Appointment, error) {
	for {
		a, err := appointment(ctx, tx, id)
		if err != nil {
			return Appointment{}, err
		}
		var done bool
		switch a.Status {
		case Booked, CheckedIn, Fulfilled, NoShow:
			if reason != ByPayment || a.Fee == 0 {
				return a, nil
			}
			done, err = s.notePaid(ctx, tx, a, reason) // it was to be paid at the hospital, and was paid online all the same
		case Held, Expired:
			a, done, err = s.confirm(ctx, tx, a, reason)
		default:
			return Appointment{}, whyCancelled(ctx, tx, a)
		}
		if err != nil {
			return Appointment{}, err
		}
		if done {
			return a, nil
		}
		// Somebody changed it between the read and the swap: look again. It has changed at most as often as the table of
		// transitions allows, so this ends.
	}
}

// whyCancelled is the refusal for an appointment that is cancelled: by the stop of its clinic, or by somebody.
func whyCancelled(ctx context.Context, tx *sqlx.Tx, a Appointment) error {
	var by Reason
	if err := tx.GetContext(ctx, &by, "SELECT reason FROM appointment_events WHERE appointment_id = ? ORDER BY version DESC LIMIT 1", a.ID); err != nil {
		return fmt.Errorf("read why it was cancelled: %w", err)
	}
	if by == ByClinic {
		return ErrScheduleStopped
	}
	return ErrWrongStatus
}

func (s *Store) confirm(ctx context.Context, tx *sqlx.Tx, a Appointment, reason Reason) (Appointment, bool, error) {
	old, err := movedFrom(ctx, tx, a.ID)
	switch {
	case err != nil:
		return a, false, err
	case old != 0:
		return s.confirmMove(ctx, tx, a, old, reason)
	case a.Status == Held:
		return s.confirmHeld(ctx, tx, a, reason)
	}
	return s.confirmExpired(ctx, tx, a, reason)
}

// confirmHeld needs no lock but the appointment's own: the number is taken already.
func (s *Store) confirmHeld(ctx context.Context, tx *sqlx.Tx, a Appointment, reason Reason) (Appointment, bool, error) {
	c := Change{Appointment: a, From: Held, Reason: reason, At: s.clock()}
	c.Appointment.Status = Booked
	done, err := swap(ctx, tx, &c)
	if err != nil || !done {
		return a, false, err
	}
	return c.Appointment, true, s.record(ctx, tx, c, "")
}

func (s *Store) confirmExpired(ctx context.Context, tx *sqlx.Tx, a Appointment, reason Reason) (Appointment, bool, error) {
	now := s.clock()
	if !a.StartsAt.After(now) {
		return a, false, refuse(CodeTooLate, "付款到账时就诊时间已过，款项将原路退回。", "The payment arrived after the visit's time; it will be returned.")
	}
	if err := s.stillWithinLimits(ctx, tx, a, now, 0); err != nil {
		return a, false, err
	}
	locked, err := lockPlace(ctx, tx, a.Schedule, a.Slot)
	if err != nil {
		return a, false, err
	}
	if locked.Schedule.Status != Open {
		return a, false, ErrScheduleStopped
	}
	seq, err := numberAgain(ctx, tx, a, locked)
	if err != nil {
		return a, false, err
	}
	c := Change{Appointment: a, From: Expired, Reason: reason, At: now}
	c.Appointment.Status, c.Appointment.Seq = Booked, seq
	done, err := swap(ctx, tx, &c)
	switch {
	case mysql.IsDuplicate(err, "uk_appointments_patient"):
		return a, false, ErrDuplicate
	case mysql.IsDuplicate(err, ""):
		return a, false, ErrSlotFull
	case err != nil || !done:
		return a, false, err
	}
	if err := takePlace(ctx, tx, c.Appointment); err != nil {
		return a, false, err
	}
	if err := forgetReturn(ctx, tx, a.ID); err != nil {
		return a, false, err
	}
	return c.Appointment, true, s.record(ctx, tx, c, "")
}

// numberAgain gives the number that the appointment had when it is free, else the lowest free one. The place is locked.
func numberAgain(ctx context.Context, tx *sqlx.Tx, a Appointment, locked place) (int, error) {
	taken, err := takenNumbers(ctx, tx, a.Slot)
	if err != nil {
		return 0, err
	}
	if locked.Slot.Free() > 0 && !slices.Contains(taken, a.Seq) {
		return a.Seq, nil
	}
	seq, free, err := locked.next(ctx, tx, ReturnRule{}, nil)
	if err == nil && !free {
		return 0, ErrSlotFull
	}
	return seq, err
}

// stillWithinLimits locks the person and tells whether an appointment that has lost its place would be too much by now. besides is
// one that is given up for it, or 0.
func (s *Store) stillWithinLimits(ctx context.Context, tx *sqlx.Tx, a Appointment, now time.Time, besides AppointmentID) error {
	d, err := s.directoryFor(ctx, tx)
	if err != nil {
		return err
	}
	var digest []byte
	if err := tx.GetContext(ctx, &digest, "SELECT number_digest FROM patients WHERE id = ?", a.Patient); err != nil {
		return notFound(err, "read the patient")
	}
	persons, err := lockedPersons(ctx, tx, digest)
	if err != nil {
		return err
	}
	facts, err := loadFacts(ctx, tx, d, now, []wanted{{hospital: a.Hospital, user: a.User, digest: digest, persons: persons}})
	if err != nil {
		return err
	}
	wanted := Schedule{ID: a.Schedule, Hospital: a.Hospital, Department: a.Department, Doctor: a.Doctor, Date: a.Date, Period: a.Period}
	return d.policyOf(a).checkLimits(Claim{Now: now, Zone: d.zone(a.Hospital), Schedule: wanted, Replaces: besides, Facts: facts[0].Facts})
}
