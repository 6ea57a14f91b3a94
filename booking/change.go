package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

const appointmentColumns = `a.id, a.hospital_id AS hospital, a.department_id AS department, a.schedule_id AS schedule, a.slot_id AS slot, a.doctor_id AS doctor,
	a.patient_id AS patient, a.user_id AS user, a.account_id AS account, a.visit_date AS date, a.period, a.seq, a.status, a.version, a.fee,
	a.policy_version AS policy, a.hold_until AS holduntil, a.starts_at AS startsat, a.created_at AS createdat`

// queryer is a pool or a transaction.
type queryer interface {
	GetContext(ctx context.Context, to any, query string, args ...any) error
	SelectContext(ctx context.Context, to any, query string, args ...any) error
}

// appointment reads one without a lock. What never changes of it can be relied on; its status is for the compare-and-swap.
func appointment(ctx context.Context, q queryer, id AppointmentID) (Appointment, error) {
	var a Appointment
	err := q.GetContext(ctx, &a, `SELECT `+appointmentColumns+` FROM appointments a WHERE a.id = ?`, id)
	if err != nil {
		return Appointment{}, notFound(err, "read the appointment")
	}
	return a, nil
}

// place is a slot and its schedule as they are under their locks.
type place struct {
	Schedule Schedule
	Slot     Slot
	issued   int // how many of the slot's numbers, from the first on, were ever given
}

// lockPlace locks the schedule and then the slot, in this order whatever the optimizer thinks: it is the order of everybody.
func lockPlace(ctx context.Context, tx *sqlx.Tx, schedule ScheduleID, slot SlotID) (place, error) {
	var row struct {
		Status                         ScheduleStatus
		Allocation                     Allocation
		First, Capacity, Taken, Issued int
	}
	err := tx.GetContext(ctx, &row, `SELECT c.status, c.allocation, s.first_seq AS 'first', s.capacity, s.taken, s.issued
		FROM schedules c STRAIGHT_JOIN slots s ON s.schedule_id = c.id WHERE c.id = ? AND s.id = ? FOR UPDATE`, schedule, slot)
	if err != nil {
		return place{}, notFound(err, "lock the slot")
	}
	return place{
		Schedule: Schedule{ID: schedule, Status: row.Status, Allocation: row.Allocation},
		Slot:     Slot{ID: slot, Schedule: schedule, FirstSeq: row.First, Capacity: row.Capacity, Taken: row.Taken},
		issued:   row.Issued,
	}, nil
}

// next gives the number of a locked slot that is sold next, none that is cooling. As long as none was returned, no row of an
// appointment has to be read.
func (p place) next(ctx context.Context, tx *sqlx.Tx, rule ReturnRule, cooling []Cooled) (int, bool, error) {
	if p.Slot.Free() == 0 {
		return 0, false, nil
	}
	if p.issued == p.Slot.Taken || (rule.Enter == AtTail && p.issued < p.Slot.Capacity) {
		return p.Slot.FirstSeq + p.issued, true, nil
	}
	taken, err := takenNumbers(ctx, tx, p.Slot.ID)
	if err != nil {
		return 0, false, err
	}
	for _, back := range cooling {
		taken = append(taken, back.Seq)
	}
	slices.Sort(taken)
	seq, free := rule.pick(p.Slot, p.issued, taken)
	return seq, free, nil
}

// takePlace counts one more place of a locked slot as taken, with its number. It refuses what would not fit.
func takePlace(ctx context.Context, tx *sqlx.Tx, a Appointment) error {
	return counted(tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id
		SET c.taken = c.taken + 1, s.taken = s.taken + 1, s.issued = GREATEST(s.issued, ? - s.first_seq + 1)
		WHERE c.id = ? AND s.id = ? AND s.taken < s.capacity`, a.Seq, a.Schedule, a.Slot))
}

// freePlace counts one place of a locked slot as free again.
func freePlace(ctx context.Context, tx *sqlx.Tx, a Appointment) error {
	if a.Extra() {
		return dropExtraPlace(ctx, tx, a)
	}
	return counted(tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id SET c.taken = c.taken - 1, s.taken = s.taken - 1
		WHERE c.id = ? AND s.id = ? AND s.taken > 0`, a.Schedule, a.Slot))
}

func counted(result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("count the places: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.New("the count of a slot and its appointments do not agree")
	}
	return nil
}

// takenNumbers reads the numbers of a slot that are not free, in order. The slot must be locked.
func takenNumbers(ctx context.Context, tx *sqlx.Tx, slot SlotID) ([]int, error) {
	var taken []int
	err := tx.SelectContext(ctx, &taken, "SELECT seq FROM appointments WHERE slot_id = ? AND active = 1 ORDER BY seq", slot)
	if err != nil {
		return nil, fmt.Errorf("read the numbers of the slot: %w", err)
	}
	return taken, nil
}

// swap changes the status from c.From to that of c.Appointment if it still is c.From, with its number, and tells whether it
// was. Counting the place is the caller's.
func swap(ctx context.Context, tx *sqlx.Tx, c *Change) (bool, error) {
	a := &c.Appointment
	if !Allowed(c.From, a.Status, c.Reason) {
		return false, fmt.Errorf("an appointment cannot go from %s to %s by %s", c.From, a.Status, c.Reason)
	}
	var active *int
	if a.Status.Active() {
		one := 1
		active = &one
	}
	result, err := tx.ExecContext(ctx, "UPDATE appointments SET status = ?, active = ?, seq = ?, version = version + 1 WHERE id = ? AND status = ? AND version = ?",
		a.Status, active, a.Seq, a.ID, c.From, a.Version)
	if err != nil {
		return false, fmt.Errorf("change the appointment: %w", err)
	}
	n, err := result.RowsAffected()
	if n > 0 {
		a.Version++
	}
	return n > 0, err
}

// record writes the event of a change and tells the follower. key is that of the request, or "".
func (s *Store) record(ctx context.Context, tx *sqlx.Tx, c Change, key string) error {
	a := c.Appointment
	var request *string
	if key != "" {
		request = &key
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO appointment_events (appointment_id, version, from_status, to_status, reason, seq, refund, note, request_key, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, a.ID, a.Version, c.From, a.Status, c.Reason, a.Seq, c.Refund, c.Note, request, c.At)
	if err != nil {
		return fmt.Errorf("write the appointment's event: %w", err)
	}
	noteLatest(ctx, a)
	if err := s.queueFollows(ctx, tx, c); err != nil {
		return err
	}
	if s.follow == nil {
		return nil
	}
	return s.follow.AppointmentChanged(ctx, tx, c)
}

// release takes an appointment from one of some statuses to one that frees its number: place locked first, status swapped,
// place counted, trail written; then the place is offered to who waits for it. It tells whether it did; it did not when the status is another one by now.
func (s *Store) release(ctx context.Context, tx *sqlx.Tx, c Change, key string) (Change, bool, error) {
	a := c.Appointment
	waiting, err := s.lineFor(ctx, tx, a.Schedule)
	if err != nil {
		return c, false, err
	}
	locked, err := lockPlace(ctx, tx, a.Schedule, a.Slot)
	if err != nil {
		return c, false, err
	}
	c, done, err := s.releaseLocked(ctx, tx, c, key)
	if err != nil || !done || locked.Schedule.Status != Open {
		return c, done, err
	}
	return c, true, s.offerReturned(ctx, tx, waiting, a)
}

// releaseLocked is release under the place's locks.
func (s *Store) releaseLocked(ctx context.Context, tx *sqlx.Tx, c Change, key string) (Change, bool, error) {
	c.From = c.Appointment.Status
	c.Appointment.Status = Cancelled
	if c.Reason == ByDeadline {
		c.Appointment.Status = Expired
	}
	done, err := swap(ctx, tx, &c)
	if err != nil || !done {
		return c, false, err
	}
	if err := freePlace(ctx, tx, c.Appointment); err != nil {
		return c, false, err
	}
	switch c.From {
	case Offered:
		err = closeOffer(ctx, tx, c)
	case Held:
		c.Moves, err = movedFrom(ctx, tx, c.Appointment.ID)
	case Booked:
		err = s.dropMove(ctx, tx, c)
	}
	if err == nil && (c.From == Offered || c.Moves != 0) {
		err = s.noteStopOffer(ctx, tx, &c)
	}
	if err == nil && c.StopGone() {
		err = s.tellAnew(ctx, tx, c.Moves)
	}
	if err != nil {
		return c, false, err
	}
	if err := s.recordReturn(ctx, tx, c); err != nil {
		return c, false, err
	}
	return c, true, s.record(ctx, tx, c, key)
}

// Trail lists what happened to an appointment, in order.
func (s *Store) Trail(ctx context.Context, id AppointmentID) ([]Change, error) {
	a, err := appointment(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	return trail(ctx, s.db, a)
}

func trail(ctx context.Context, q queryer, a Appointment) ([]Change, error) {
	var list []Change
	err := q.SelectContext(ctx, &list, `SELECT from_status AS 'from', reason, refund, note, at, version AS 'appointment.version',
		to_status AS 'appointment.status', seq AS 'appointment.seq' FROM appointment_events WHERE appointment_id = ? ORDER BY version`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("read the appointment's events: %w", err)
	}
	for i, c := range list {
		was := a
		was.Version, was.Status, was.Seq = c.Appointment.Version, c.Appointment.Status, c.Appointment.Seq
		list[i].Appointment = was
	}
	return list, nil
}
