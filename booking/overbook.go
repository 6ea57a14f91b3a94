package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
)

// ExtraRequest asks for a place beyond a half-day's own (加号).
type ExtraRequest struct {
	Staff    StaffID
	Schedule ScheduleID
	Patient  PatientID
	Account  AccountID // where the patient's user is told
	Key      string    // names the request, as in HoldRequest
}

// CheckExtra decides whether staff may add a place. Release days, limits and suspensions are theirs to overlook; the number of such
// places, the half-day's end, the department's patients and a second place with the same doctor are not. added is how many there
// are already, and over when the half-day is.
func (p Policy) CheckExtra(c Claim, added int, over time.Time) error {
	for _, a := range c.Others {
		if a.Doctor == c.Schedule.Doctor && a.Date == c.Schedule.Date && a.Period == c.Schedule.Period {
			return ErrDuplicate
		}
	}
	switch {
	case c.Schedule.Status != Open:
		return ErrScheduleStopped
	case !c.Now.Before(over):
		return refuse(CodeTooLate, "这半天的门诊已经结束，不能加号。", "This clinic is over; no place can be added.")
	case added >= p.ExtraPerHalf:
		return refusef(CodeLimit, "医院规定每半天最多加 %d 个号，不能再加。请换一个半天，或修改规则。",
			"The hospital allows at most %d extra place(s) in a half-day. Please choose another one, or change the rules.", p.ExtraPerHalf).by("extra_per_half")
	}
	return p.checkAdmission(c)
}

// Overbook adds a place to a half-day for a patient: with a number of a range of its own, after the ordinary ones in time. It is counted in a
// slot of its own, so the ordinary places are as many as before. A fee is to be paid as for other places. An added place that is given back is
// gone.
func (s *Store) Overbook(ctx context.Context, r ExtraRequest) (Visit, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Visit{}, err
	}
	h, err := s.prepareExtra(ctx, r)
	if err != nil {
		return Visit{}, err
	}
	add := func(tx *sqlx.Tx) error { return s.addExtra(ctx, tx, d, h, r.Staff) }
	err = s.inTx(ctx, add)
	if mysql.IsDuplicate(err, "uk_appointments_request") { // the same request was faster elsewhere: now its row can be seen
		err = s.inTx(ctx, add)
	}
	if err != nil {
		return Visit{}, refusal(err)
	}
	return s.Visit(ctx, h.made.ID)
}

// Extras counts the places that staff added to a half-day and that are taken.
func (s *Store) Extras(ctx context.Context, schedule ScheduleID) (int, error) {
	var n int
	err := s.db.GetContext(ctx, &n, "SELECT COALESCE(SUM(taken), 0) FROM slots WHERE schedule_id = ? AND first_seq >= ?", schedule, extraSeq)
	if err != nil {
		return 0, fmt.Errorf("count the added places: %w", err)
	}
	return n, nil
}

// prepareExtra reads what does not change.
func (s *Store) prepareExtra(ctx context.Context, r ExtraRequest) (*hold, error) {
	c, err := s.Schedule(ctx, r.Schedule)
	if err != nil {
		return nil, err
	}
	var row applicantRow
	if err := s.db.GetContext(ctx, &row, `SELECT `+applicantColumns+` FROM patients p WHERE p.id = ?`, r.Patient); err != nil {
		return nil, notFound(err, "read the patient")
	}
	patient, err := s.open(row.Patient)
	return &hold{
		HoldRequest: HoldRequest{Patient: r.Patient, User: patient.User, Account: r.Account, Key: r.Key},
		schedule:    c, patient: patient, digest: row.Digest,
	}, err
}

// addExtra is the transaction of Overbook, with the locks of Hold.
func (s *Store) addExtra(ctx context.Context, tx *sqlx.Tx, d *directory, h *hold, by StaffID) error {
	h.reset()
	if err := lockPersons(ctx, tx, []*hold{h}); err != nil || h.err != nil {
		return errors.Join(err, h.err)
	}
	now := s.clock()
	if err := readMade(ctx, tx, []*hold{h}); err != nil {
		return err
	}
	if h.made.ID != 0 {
		if h.made.Patient != h.Patient || h.made.Schedule != h.schedule.ID {
			return ErrConflict
		}
		return nil
	}
	facts, err := loadFacts(ctx, tx, d, now, []wanted{h.wants()})
	if err != nil {
		return err
	}
	h.facts = facts[0].Facts
	over, err := lockExtra(ctx, tx, h)
	if err != nil {
		return err
	}
	if err := d.current[h.schedule.Hospital].CheckExtra(h.claim(d, now), h.slot.Taken, over); err != nil {
		return err
	}
	taken, err := takenNumbers(ctx, tx, h.slot.ID)
	if err != nil {
		return err
	}
	h.slot.Capacity = len(taken) + 1 // one of so many numbers is free
	seq, _ := lowestFree(h.slot, taken)
	h.give(d, seq, now)
	return s.writeExtra(ctx, tx, h, by)
}

// lockExtra locks the schedule, and the slot of its added places, which it makes when there is none, and puts them into h. It tells when the
// schedule's own slots end.
func lockExtra(ctx context.Context, tx *sqlx.Tx, h *hold) (over time.Time, err error) {
	c := &h.schedule
	if err := tx.GetContext(ctx, &c.Status, "SELECT status FROM schedules WHERE id = ? FOR UPDATE", c.ID); err != nil {
		return time.Time{}, notFound(err, "lock the schedule")
	}
	if err := tx.GetContext(ctx, &over, "SELECT MAX(ends_at) FROM slots WHERE schedule_id = ? AND first_seq < ?", c.ID, extraSeq); err != nil {
		return time.Time{}, fmt.Errorf("read the schedule's end: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO slots (schedule_id, starts_at, ends_at, first_seq, capacity) VALUES (?, ?, ?, ?, 0)
		ON DUPLICATE KEY UPDATE slots.id = slots.id`, c.ID, over, over.Add(extraTime), extraSeq)
	if err != nil {
		return time.Time{}, fmt.Errorf("make the slot of the added places: %w", err)
	}
	err = tx.GetContext(ctx, &h.slot, `SELECT `+slotColumns+` FROM slots s WHERE s.schedule_id = ? AND s.first_seq = ? FOR UPDATE`, c.ID, extraSeq)
	if err != nil {
		return time.Time{}, notFound(err, "lock the slot of the added places")
	}
	return over, nil
}

// extraTime is how long after the ordinary places the added ones are seen.
const extraTime = 30 * time.Minute

// writeExtra writes the place and its appointment.
func (s *Store) writeExtra(ctx context.Context, tx *sqlx.Tx, h *hold, by StaffID) error {
	_, err := tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id SET c.capacity = c.capacity + 1, s.capacity = s.capacity + 1
		WHERE c.id = ? AND s.id = ?`, h.schedule.ID, h.slot.ID)
	if err != nil {
		return fmt.Errorf("add a place: %w", err)
	}
	if err := s.insertAppointments(ctx, tx, []*hold{h}); err != nil {
		return err
	}
	if err := takePlace(ctx, tx, h.made); err != nil {
		return err
	}
	return s.record(ctx, tx, Change{Appointment: h.made, Reason: ByStaff, Note: fmt.Sprintf("#%d", by), At: h.made.CreatedAt}, h.Key)
}

// dropExtraPlace takes an added place away together with its appointment: it is never sold again.
func dropExtraPlace(ctx context.Context, tx *sqlx.Tx, a Appointment) error {
	return counted(tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id
		SET c.taken = c.taken - 1, s.taken = s.taken - 1, c.capacity = c.capacity - 1, s.capacity = s.capacity - 1
		WHERE c.id = ? AND s.id = ? AND s.taken > 0`, a.Schedule, a.Slot))
}
