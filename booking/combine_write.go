package booking

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// BatchFollower is a Follower that can be told of several changes of one transaction at once, in their order: then it is not
// called for each of them.
type BatchFollower interface {
	Follower
	AppointmentsChanged(ctx context.Context, tx *sqlx.Tx, changes []Change) error
}

// write writes down what was given: appointments, counts and events, and tells the followers. It calls ahead when the appointments stand: what the
// next batch does before it wants these locks takes about as long as the rest.
func (s *Store) write(ctx context.Context, tx *sqlx.Tx, locked places, given []*hold, ahead func()) error {
	if err := s.insertAppointments(ctx, tx, given); err != nil {
		return err
	}
	ahead()
	if err := locked.count(ctx, tx); err != nil {
		return err
	}
	changes := make([]Change, len(given))
	for i, h := range given {
		changes[i] = Change{Appointment: h.made, Reason: ByPatient, At: h.made.CreatedAt}
		if h.made.Status == Booked {
			changes[i].Reason = ByPayment
		}
	}
	if err := insertEvents(ctx, tx, given, changes); err != nil {
		return err
	}
	ctx, latest := withLatest(ctx)
	if err := s.tell(ctx, tx, changes); err != nil {
		return err
	}
	for _, h := range given {
		if a, changed := latest[h.made.ID]; changed {
			h.made = a
		}
	}
	return nil
}

func (s *Store) tell(ctx context.Context, tx *sqlx.Tx, changes []Change) error {
	if s.follow == nil {
		return nil
	}
	if many, ok := s.follow.(BatchFollower); ok && len(changes) > 1 {
		return many.AppointmentsChanged(ctx, tx, changes)
	}
	for _, c := range changes {
		if err := s.follow.AppointmentChanged(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// insertAppointments writes the rows in one statement and learns their IDs.
func (s *Store) insertAppointments(ctx context.Context, tx *sqlx.Tx, given []*hold) error {
	const one = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)"
	args := make([]any, 0, 19*len(given))
	for _, h := range given {
		a := h.made
		args = append(args, a.Hospital, a.Department, a.Doctor, a.Schedule, a.Slot, a.Patient, a.User, a.Account,
			h.Key, a.Date, a.Period, a.StartsAt, a.Seq, a.Status, a.Version, a.Fee, a.Policy, a.HoldUntil, a.CreatedAt)
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id,
		request_key, visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at) VALUES `+
		one+strings.Repeat(", "+one, len(given)-1), args...)
	if err != nil {
		return fmt.Errorf("write the appointments: %w", err)
	}
	if len(given) > 1 && s.scattered.Load() {
		return readIDs(ctx, tx, given)
	}
	first, err := result.LastInsertId()
	if err != nil {
		return fmt.Errorf("write the appointments: %w", err)
	}
	for i, h := range given { // insertEvents looks whether it is so
		h.made.ID = AppointmentID(first + int64(i))
	}
	return nil
}

// errScattered says that this server does not count up by one within a statement.
var errScattered = errors.New("the IDs of appointments that were written together do not follow each other")

// readIDs finds new appointments by their numbers.
func readIDs(ctx context.Context, tx *sqlx.Tx, given []*hold) error {
	type number struct {
		Schedule ScheduleID
		Seq      int
	}
	byNumber := make(map[number]*hold, len(given))
	args := make([]any, 0, 2*len(given))
	for _, h := range given {
		byNumber[number{h.made.Schedule, h.made.Seq}] = h
		args = append(args, h.made.Schedule, h.made.Seq)
	}
	const one = "(schedule_id = ? AND seq = ? AND active = 1)"
	var rows []struct {
		number
		ID AppointmentID
	}
	err := tx.SelectContext(ctx, &rows, "SELECT id, schedule_id AS schedule, seq FROM appointments WHERE "+
		one+strings.Repeat(" OR "+one, len(given)-1), args...)
	if err != nil {
		return fmt.Errorf("read the appointments' IDs: %w", err)
	}
	if len(rows) != len(given) {
		return fmt.Errorf("%d appointments were written, %d are there", len(given), len(rows))
	}
	for _, row := range rows {
		byNumber[row.number].made.ID = row.ID
	}
	return nil
}

// insertEvents writes the first events of new appointments. The last of them looks its appointment up, and is refused when there is none: IDs
// within a statement rise, so when the last of n is the first plus n-1, all are what they are thought to be. Else it is errScattered.
func insertEvents(ctx context.Context, tx *sqlx.Tx, given []*hold, changes []Change) error {
	const one, looked = "(?, ?, '', ?, ?, ?, 0, '', ?, ?)", "((SELECT id FROM appointments WHERE id = ? AND slot_id = ? AND seq = ?), ?, '', ?, ?, ?, 0, '', ?, ?)"
	last := len(given) - 1
	args := make([]any, 0, 7*len(given)+2)
	for i, c := range changes {
		a := c.Appointment
		args = append(args, a.ID)
		if i == last {
			args = append(args, a.Slot, a.Seq)
		}
		args = append(args, a.Version, a.Status, c.Reason, a.Seq, given[i].Key, a.CreatedAt)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO appointment_events (appointment_id, version, from_status, to_status, reason, seq, refund, note, request_key, at) VALUES `+
		strings.Repeat(one+", ", last)+looked, args...)
	switch {
	case mysql.IsNull(err):
		return errScattered
	case err != nil:
		return fmt.Errorf("write the appointments' events: %w", err)
	}
	return nil
}

// latest is what followers have made of appointments within a transaction: where the fee is paid at the hospital, a hold is booked
// as soon as it is there.
type latest map[AppointmentID]Appointment

type latestKey struct{}

func withLatest(ctx context.Context) (context.Context, latest) {
	l := latest{}
	return context.WithValue(ctx, latestKey{}, l), l
}

// noteLatest remembers a change for the one who asked with withLatest, if there is one.
func noteLatest(ctx context.Context, a Appointment) {
	if l, ok := ctx.Value(latestKey{}).(latest); ok {
		l[a.ID] = a
	}
}
