package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// movedFrom gives the appointment that this one was made to take the place of; 0 where it is none.
func movedFrom(ctx context.Context, q queryer, id AppointmentID) (AppointmentID, error) {
	var old AppointmentID
	err := q.GetContext(ctx, &old, "SELECT moves_id FROM appointment_moves WHERE appointment_id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for what the appointment moves: %w", err)
	}
	return old, nil
}

// confirmMove books a held (or expired) place whose difference was paid, and returns the old one, in one transaction. It is
// refused, and nothing written, when the old visit is no longer there to be moved: its fee is what pays for most of the new one. What was
// paid then goes back, and the old visit stays as it is.
func (s *Store) confirmMove(ctx context.Context, tx *sqlx.Tx, a Appointment, moves AppointmentID, reason Reason) (Appointment, bool, error) {
	old, err := appointment(ctx, tx, moves)
	if err != nil {
		return a, false, err
	}
	waiting, err := s.lineFor(ctx, tx, old.Schedule)
	if err != nil {
		return a, false, err
	}
	if a.Status == Expired {
		if err := s.stillWithinLimits(ctx, tx, a, s.clock(), moves); err != nil {
			return a, false, err
		}
	}
	mine, place, err := lockBoth(ctx, tx, old, a.Schedule, a.Slot)
	if err != nil {
		return a, false, err
	}
	if old, err = lockAppointment(ctx, tx, moves); err != nil {
		return a, false, err
	}
	now, lapsed := s.clock(), a.Status == Expired
	switch {
	case old.Status != Booked && (old.Status != CheckedIn || mine.Schedule.Status != Stopped): // who is there goes to another doctor
		return a, false, ErrWrongStatus
	case lapsed && !a.StartsAt.After(now):
		return a, false, ErrTooLate
	case place.Schedule.Status != Open:
		return a, false, ErrScheduleStopped
	}
	c := Change{Appointment: a, From: a.Status, Reason: reason, At: now, Moves: moves}
	c.Appointment.Status = Booked
	if lapsed {
		if c.Appointment.Seq, err = numberAgain(ctx, tx, a, place); err != nil {
			return a, false, err
		}
	}
	done, err := swap(ctx, tx, &c)
	switch {
	case mysql.IsDuplicate(err, "uk_appointments_patient"):
		return a, false, ErrDuplicate
	case mysql.IsDuplicate(err, ""):
		return a, false, ErrSlotFull
	case err != nil || !done:
		return a, false, err
	}
	if lapsed {
		if err := takePlace(ctx, tx, c.Appointment); err != nil {
			return a, false, err
		}
	}
	return c.Appointment, true, s.finishMove(ctx, tx, c, old, waiting)
}

// finishMove returns the old place after the new one was booked.
func (s *Store) finishMove(ctx context.Context, tx *sqlx.Tx, c Change, old Appointment, waiting line) error {
	left, err := s.leave(ctx, tx, old)
	if err != nil {
		return err
	}
	if err := s.record(ctx, tx, c, ""); err != nil {
		return err
	}
	if err := s.record(ctx, tx, left, ""); err != nil {
		return err
	}
	return s.offerLeft(ctx, tx, waiting, old)
}

// dropMove gives back the place to which a visit was to be moved, when the visit itself ends before the difference was paid.
func (s *Store) dropMove(ctx context.Context, tx *sqlx.Tx, ended Change) error {
	var pending []Appointment
	err := tx.SelectContext(ctx, &pending, `SELECT `+appointmentColumns+` FROM appointment_moves m JOIN appointments a ON a.id = m.appointment_id
		WHERE m.moves_id = ? AND a.status = 'held'`, ended.Appointment.ID)
	if err != nil {
		return fmt.Errorf("look for a move of the visit: %w", err)
	}
	reason := ByStaff
	if ended.Reason == ByPatient {
		reason = ByPatient
	}
	for _, a := range pending {
		if _, _, err := s.release(ctx, tx, Change{Appointment: a, Reason: reason, At: ended.At}, ""); err != nil {
			return err
		}
	}
	return nil
}
