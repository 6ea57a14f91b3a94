package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/internal/money"
)

// MoveRequest asks to move a booked visit to another slot (改约).
type MoveRequest struct {
	Appointment AppointmentID
	Slot        SlotID
	User        UserID
	Account     AccountID
	Key         string // names the request: the same key gets the same move
}

// Move is what became of it. A new appointment has the new place. Where it costs more, it is held until the difference is
// paid, and until then the old one stays booked; else it is booked, the old one is cancelled, and what it costs less is refunded.
type Move struct {
	Visit      Visit         // the new appointment
	From       AppointmentID // the old one
	Difference money.Fen     // the new fee less the old: more than 0 is to be paid, less than 0 goes back
}

// ErrMovePending refuses a second move before the first one's difference is paid.
var ErrMovePending = refuse(CodeConflict, "上一次改约还在等待补差价，请先支付或放弃它。", "An earlier change is still waiting for its payment. Please pay it or give it up first.")

// ErrSamePlace refuses to move a visit to where it is.
var ErrSamePlace = refuse(CodeConflict, "这就是您现在预约的时段，请选择另一个时段。", "This is the time that you have. Please choose another one.")

// Reschedule moves a booked visit: in one transaction the new place is taken and the old one returned, and offered to who
// waits for it. The rules of a hold apply to the new place, as if the old one were not there, and those of a cancellation to
// the old one; nothing is kept of the fee. Refusals are those of Hold and of Cancel, and conflict.
func (s *Store) Reschedule(ctx context.Context, r MoveRequest) (Move, error) {
	if m, err := s.moved(ctx, r); err != nil || m.From != 0 {
		return m, err
	}
	p, err := s.prepareMove(ctx, r)
	if err != nil {
		return Move{}, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.move(ctx, tx, p) })
	refused := refusal(err)
	if refused != nil && !IsRefusal(refused) {
		return Move{}, refused
	}
	m, err := s.moved(ctx, r) // also after a refusal: the same request may have been faster elsewhere
	if err == nil && m.From == 0 {
		return Move{}, refused
	}
	return m, err
}

// PreviewMove tells what moving would cost (or give back, below 0), or why it is not possible: true for a moment.
func (s *Store) PreviewMove(ctx context.Context, r MoveRequest) (money.Fen, error) {
	p, err := s.prepareMove(ctx, r)
	if err != nil {
		return 0, err
	}
	var persons []PatientID
	if err := s.db.SelectContext(ctx, &persons, "SELECT id FROM patients WHERE number_digest = ?", p.digest); err != nil {
		return 0, fmt.Errorf("read the person's patients: %w", err)
	}
	cooling, err := coolingOf(ctx, s.db, p.d.current[p.old.Hospital].Returns, s.clock(), p.slot.ID)
	if err != nil {
		return 0, err
	}
	if err := s.checkMove(ctx, s.db, p, p.old, p.asks(p.old, persons, p.schedule, p.slot, cooling)); err != nil {
		return 0, err
	}
	return p.difference(), nil
}

// moving is what is known about a request before its transaction.
type moving struct {
	MoveRequest
	old      Appointment
	schedule Schedule // of the new place
	slot     Slot
	digest   []byte // of the patient's document
	stopped  bool   // the clinic of the old place: it may be left at any time
	d        *directory
}

func (m moving) difference() money.Fen { return m.schedule.Fee - m.old.Fee }

func (s *Store) prepareMove(ctx context.Context, r MoveRequest) (moving, error) {
	m := moving{MoveRequest: r}
	var err error
	if m.d, err = s.directory(ctx); err != nil {
		return m, err
	}
	if m.old, err = owned(ctx, s.db, r.User, r.Appointment); err != nil {
		return m, err
	}
	if m.slot, err = s.Slot(ctx, r.Slot); err != nil {
		return m, err
	}
	if m.schedule, err = s.Schedule(ctx, m.slot.Schedule); err != nil {
		return m, err
	}
	switch {
	case m.slot.ID == m.old.Slot:
		return m, ErrSamePlace
	case m.schedule.Hospital != m.old.Hospital:
		return m, refuse(CodeConflict, "改约只能改到同一家医院。", "A visit can only be moved within the same hospital.")
	}
	err = s.db.QueryRowxContext(ctx, "SELECT p.number_digest, c.status = 'stopped' FROM patients p JOIN schedules c ON c.id = ? WHERE p.id = ?",
		m.old.Schedule, m.old.Patient).Scan(&m.digest, &m.stopped)
	if err != nil {
		return m, notFound(err, "read the patient")
	}
	return m, nil
}

// checkMove decides whether the old visit may be left, and the new place taken.
func (s *Store) checkMove(ctx context.Context, q queryer, m moving, old Appointment, a asking) error {
	if old.Status != Booked {
		return ErrWrongStatus
	}
	now, zone := s.clock(), m.d.zone(old.Hospital)
	if !m.stopped {
		if err := m.d.policyOf(old).CheckCancel(old, now, zone); err != nil {
			return err
		}
	}
	var pending int
	err := q.GetContext(ctx, &pending, `SELECT COUNT(a.id) FROM appointment_moves m JOIN appointments a ON a.id = m.appointment_id
		WHERE m.moves_id = ? AND a.status = 'held'`, old.ID)
	if err != nil {
		return fmt.Errorf("look for an earlier move: %w", err)
	}
	if pending > 0 {
		return ErrMovePending
	}
	return s.mayTake(ctx, q, m.d, a)
}

func (m moving) asks(old Appointment, persons []PatientID, schedule Schedule, slot Slot, cooling []Cooled) asking {
	return asking{
		user: m.User, patient: old.Patient, digest: m.digest, persons: persons, schedule: schedule, slot: slot, cooling: cooling, besides: old.ID,
	}
}

// move is the transaction of Reschedule.
func (s *Store) move(ctx context.Context, tx *sqlx.Tx, m moving) error {
	waiting, err := s.lineFor(ctx, tx, m.old.Schedule)
	if err != nil {
		return err
	}
	persons, err := lockedPersons(ctx, tx, m.digest)
	if err != nil {
		return err
	}
	_, new, err := lockBoth(ctx, tx, m.old, m.schedule.ID, m.slot.ID)
	if err != nil {
		return err
	}
	old, err := lockAppointment(ctx, tx, m.old.ID)
	if err != nil {
		return err
	}
	schedule, slot := m.schedule, m.slot
	schedule.Status, slot.Capacity, slot.Taken = new.Schedule.Status, new.Slot.Capacity, new.Slot.Taken
	policy := m.d.current[old.Hospital]
	cooling, err := coolingOf(ctx, tx, policy.Returns, s.clock(), slot.ID)
	if err != nil {
		return err
	}
	if err := s.checkMove(ctx, tx, m, old, m.asks(old, persons, schedule, slot, cooling)); err != nil {
		return err
	}
	seq, free, err := new.next(ctx, tx, policy.Returns, cooling)
	if err != nil {
		return err
	}
	if !free {
		return ErrSlotFull
	}
	a := m.appointment(old, seq, s)
	if m.difference() > 0 {
		a.Status = Held
		return s.writeMove(ctx, tx, m, a, Change{From: "", Reason: ByPatient, Due: m.difference()})
	}
	taken := Change{Reason: ByMove, Refund: -m.difference()}
	paid, err := wasPaid(ctx, tx, old)
	if err != nil {
		return err
	}
	if !paid && old.Fee > 0 { // the fee is paid at the hospital: there is nothing to give back
		taken = Change{Reason: AtDesk}
	}
	left, err := s.leave(ctx, tx, old)
	if err != nil {
		return err
	}
	if err := s.writeMove(ctx, tx, m, a, taken); err != nil {
		return err
	}
	if err := s.record(ctx, tx, left, ""); err != nil {
		return err
	}
	return s.offerLeft(ctx, tx, waiting, old)
}

// appointment is the new one, booked.
func (m moving) appointment(old Appointment, seq int, s *Store) Appointment {
	now, policy := s.clock(), m.d.current[old.Hospital]
	return Appointment{
		Hospital: m.schedule.Hospital, Department: m.schedule.Department, Schedule: m.schedule.ID, Slot: m.slot.ID, Doctor: m.schedule.Doctor,
		Patient: old.Patient, User: old.User, Account: m.Account, Date: m.schedule.Date, Period: m.schedule.Period, Seq: seq, Status: Booked,
		Version: 1, Fee: m.schedule.Fee, Policy: policy.Version, HoldUntil: policy.HoldUntil(now), StartsAt: m.slot.StartsAt, CreatedAt: now,
	}
}

// writeMove writes the new appointment, and which one it moves.
func (s *Store) writeMove(ctx context.Context, tx *sqlx.Tx, m moving, a Appointment, c Change) error {
	if err := insertMoved(ctx, tx, &a, m.Key); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO appointment_moves (appointment_id, moves_id, difference, at) VALUES (?, ?, ?, ?)", a.ID, m.old.ID, m.difference(), a.CreatedAt)
	if err != nil {
		return fmt.Errorf("write the move: %w", err)
	}
	if err := takePlace(ctx, tx, a); err != nil {
		return err
	}
	c.Appointment, c.Moves, c.At = a, m.old.ID, a.CreatedAt
	return s.record(ctx, tx, c, m.Key)
}

// insertMoved writes an appointment that no hold made.
func insertMoved(ctx context.Context, tx *sqlx.Tx, a *Appointment, key string) error {
	result, err := tx.ExecContext(ctx, `INSERT INTO appointments (hospital_id, department_id, doctor_id, schedule_id, slot_id, patient_id, user_id, account_id,
		request_key, visit_date, period, starts_at, seq, status, active, version, fee, policy_version, hold_until, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
		a.Hospital, a.Department, a.Doctor, a.Schedule, a.Slot, a.Patient, a.User, a.Account,
		key, a.Date, a.Period, a.StartsAt, a.Seq, a.Status, a.Version, a.Fee, a.Policy, a.HoldUntil, a.CreatedAt)
	if err != nil {
		return fmt.Errorf("write the appointment: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return fmt.Errorf("write the appointment: %w", err)
	}
	a.ID = AppointmentID(id)
	return nil
}

// leave cancels a visit that is moved away, and counts its place as free. The place is locked; the trail is the caller's.
func (s *Store) leave(ctx context.Context, tx *sqlx.Tx, old Appointment) (Change, error) {
	c := Change{Appointment: old, From: old.Status, Reason: ByMove, At: s.clock()}
	c.Appointment.Status = Cancelled
	done, err := swap(ctx, tx, &c)
	if err == nil && !done {
		err = errors.New("an appointment changed under its lock")
	}
	if err != nil {
		return c, err
	}
	if err := freePlace(ctx, tx, c.Appointment); err != nil {
		return c, err
	}
	return c, s.recordReturn(ctx, tx, c)
}

// offerLeft offers the place that was left to who waits for it, unless its clinic is stopped.
func (s *Store) offerLeft(ctx context.Context, tx *sqlx.Tx, waiting line, old Appointment) error {
	if waiting.schedule.Status != Open {
		return nil
	}
	return s.offerReturned(ctx, tx, waiting, old)
}

// lockBoth locks the place of an appointment and another one, in the order of their numbers.
func lockBoth(ctx context.Context, tx *sqlx.Tx, a Appointment, schedule ScheduleID, slot SlotID) (mine, other place, err error) {
	lockMine := func() error {
		mine, err = lockPlace(ctx, tx, a.Schedule, a.Slot)
		return err
	}
	lockOther := func() error {
		other, err = lockPlace(ctx, tx, schedule, slot)
		return err
	}
	first, second := lockMine, lockOther
	if schedule < a.Schedule || (schedule == a.Schedule && slot < a.Slot) {
		first, second = lockOther, lockMine
	}
	if err := first(); err != nil {
		return mine, other, err
	}
	return mine, other, second()
}

func lockAppointment(ctx context.Context, tx *sqlx.Tx, id AppointmentID) (Appointment, error) {
	var a Appointment
	err := tx.GetContext(ctx, &a, `SELECT `+appointmentColumns+` FROM appointments a WHERE a.id = ? FOR UPDATE`, id)
	if err != nil {
		return Appointment{}, notFound(err, "lock the appointment")
	}
	return a, nil
}

// moved finds what the key has made before; From is 0 when it has made nothing.
func (s *Store) moved(ctx context.Context, r MoveRequest) (Move, error) {
	var row struct {
		ID         AppointmentID
		Slot       SlotID
		From       AppointmentID
		Difference money.Fen
	}
	err := s.db.GetContext(ctx, &row, `SELECT a.id, a.slot_id AS slot, m.moves_id AS 'from', m.difference FROM appointments a
		JOIN appointment_moves m ON m.appointment_id = a.id WHERE a.user_id = ? AND a.request_key = ?`, r.User, r.Key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Move{}, nil
	case err != nil:
		return Move{}, fmt.Errorf("look for the request's move: %w", err)
	case row.Slot != r.Slot || row.From != r.Appointment:
		return Move{}, ErrConflict
	}
	visit, err := s.Visit(ctx, row.ID)
	return Move{Visit: visit, From: row.From, Difference: row.Difference}, err
}
