package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Thread is a visit through all its moves: to the patient it is one visit whose time has changed, so it is one event in a calendar.
type Thread struct {
	First    AppointmentID // names the thread: it never changes
	Now      Visit         // what has become of it
	Revision int           // rises with each change of any of its appointments, and with each move
}

// maxMoves bounds how far a thread is followed.
const maxMoves = 200

// Thread gives the thread of one of the user's appointments, whichever of its appointments that is: ErrNotFound, ErrNotYours. A move whose difference
// is not paid yet has not happened.
func (s *Store) Thread(ctx context.Context, user UserID, id AppointmentID) (Thread, error) {
	if _, err := owned(ctx, s.db, user, id); err != nil {
		return Thread{}, err
	}
	chain := []AppointmentID{id}
	for range maxMoves {
		old, err := movedFrom(ctx, s.db, chain[0])
		if err != nil {
			return Thread{}, err
		}
		if old == 0 {
			break
		}
		chain = append([]AppointmentID{old}, chain...)
	}
	for range maxMoves {
		next, err := s.movedTo(ctx, chain[len(chain)-1])
		if err != nil {
			return Thread{}, err
		}
		if next == 0 {
			break
		}
		chain = append(chain, next)
	}
	t := Thread{First: chain[0]}
	var err error
	for _, each := range chain {
		if t.Now, err = s.Visit(ctx, each); err != nil {
			return Thread{}, err
		}
		t.Revision += t.Now.Appointment.Version
	}
	return t, nil
}

// movedTo gives the appointment that took the place of one that was moved; 0 where none did.
func (s *Store) movedTo(ctx context.Context, id AppointmentID) (AppointmentID, error) {
	var next AppointmentID
	err := s.db.GetContext(ctx, &next, `SELECT m.appointment_id FROM appointment_moves m
		JOIN appointment_events gone ON gone.appointment_id = m.moves_id AND gone.to_status = 'cancelled' AND gone.reason = 'move'
		JOIN appointment_events came ON came.appointment_id = m.appointment_id AND came.to_status = 'booked'
		WHERE m.moves_id = ? ORDER BY came.at DESC, m.appointment_id DESC LIMIT 1`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for where the appointment was moved: %w", err)
	}
	return next, nil
}
