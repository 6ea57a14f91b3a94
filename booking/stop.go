package booking

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// stopBatch is how many appointments one transaction of StopSchedule cancels, while it holds the locks of the schedule.
const stopBatch = 20

// maxNote is the length of a note in characters.
const maxNote = 500

// StopSchedule stops a doctor's half-day (停诊): first the schedule, so that nobody gets in any more, then its appointments in
// batches, each cancelled by the clinic with the whole of a fee that was paid refunded. It can be called again after it was cut short, and after it was
// done; affected counts the appointments that were cancelled by the stop, in all calls. A half-day that is over is
// too_late.
func (s *Store) StopSchedule(ctx context.Context, by StaffID, id ScheduleID, note string) (affected int, err error) {
	note = cut(note, maxNote)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.markStopped(ctx, tx, by, id, note) })
	if err != nil {
		return 0, err
	}
	if err := s.cancelAll(ctx, id); err != nil {
		return 0, err
	}
	err = s.db.GetContext(ctx, &affected, `SELECT COUNT(e.id) FROM appointments a JOIN appointment_events e ON e.appointment_id = a.id
		WHERE a.schedule_id = ? AND e.reason = ? AND e.to_status = ?`, id, ByClinic, Cancelled)
	if err != nil {
		return 0, fmt.Errorf("count the cancelled appointments: %w", err)
	}
	return affected, nil
}

// FinishStops goes on with stops that were cut short: it cancels what stopped half-days from yesterday on still have. Any number of
// replicas may call it at once.
func (s *Store) FinishStops(ctx context.Context) error {
	d, err := s.directory(ctx)
	if err != nil || len(d.hospital) == 0 {
		return err
	}
	query, args, err := sqlx.In(`SELECT c.id FROM schedules c WHERE c.hospital_id IN (?) AND c.visit_date >= ? AND c.status = ?
		AND EXISTS (SELECT a.id FROM appointments a WHERE a.schedule_id = c.id AND a.status IN ('held', 'booked', 'checked_in')) ORDER BY c.id`,
		slices.Collect(maps.Keys(d.hospital)), DateOf(s.clock(), time.UTC).Add(-1), Stopped)
	if err != nil {
		return fmt.Errorf("write the query for stops: %w", err)
	}
	var unfinished []ScheduleID
	if err := s.db.SelectContext(ctx, &unfinished, query, args...); err != nil {
		return fmt.Errorf("read the stops that were cut short: %w", err)
	}
	var failures []error
	for _, id := range unfinished {
		if err := s.cancelAll(ctx, id); err != nil {
			failures = append(failures, fmt.Errorf("finish the stop of schedule %d: %w", id, err))
		}
	}
	return errors.Join(failures...)
}

// cancelAll cancels the appointments of a stopped schedule.
func (s *Store) cancelAll(ctx context.Context, id ScheduleID) error {
	for more := true; more; {
		err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
			more, err = s.cancelBatch(ctx, tx, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) markStopped(ctx context.Context, tx *sqlx.Tx, by StaffID, id ScheduleID, note string) error {
	var c struct {
		Status   ScheduleStatus
		Hospital HospitalID
		Taken    int
	}
	if err := tx.GetContext(ctx, &c, "SELECT status, hospital_id AS hospital, taken FROM schedules WHERE id = ? FOR UPDATE", id); err != nil {
		return notFound(err, "lock the schedule")
	}
	if c.Status == Stopped {
		return nil
	}
	var left int
	if err := tx.GetContext(ctx, &left, "SELECT COUNT(id) FROM slots WHERE schedule_id = ? AND ends_at > ?", id, s.clock()); err != nil {
		return fmt.Errorf("read the slots: %w", err)
	}
	if left == 0 {
		return refuse(CodeTooLate, "这半天的门诊已经结束，不能再停诊。", "This clinic is over; it cannot be stopped any more.")
	}
	_, err := tx.ExecContext(ctx, "UPDATE schedules SET status = ?, stopped_by = ?, stopped_at = ?, stop_note = ? WHERE id = ?", Stopped, by, s.clock(), note, id)
	if err != nil {
		return fmt.Errorf("stop the schedule: %w", err)
	}
	return audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: "clinic.stop", Subject: fmt.Sprintf("schedule:%d", id), Hospital: int64(c.Hospital),
		Before: map[string]any{"status": c.Status, "taken": c.Taken}, After: map[string]any{"status": Stopped}, Note: note,
	})
}

// cancelBatch cancels the next appointments of a stopped schedule, and tells whether there may be more.
func (s *Store) cancelBatch(ctx context.Context, tx *sqlx.Tx, id ScheduleID) (more bool, err error) {
	var note string
	if err := tx.GetContext(ctx, &note, "SELECT COALESCE(stop_note, '') FROM schedules WHERE id = ? FOR UPDATE", id); err != nil {
		return false, notFound(err, "lock the schedule")
	}
	var slots []SlotID
	if err := tx.SelectContext(ctx, &slots, "SELECT id FROM slots WHERE schedule_id = ? ORDER BY id FOR UPDATE", id); err != nil {
		return false, fmt.Errorf("lock the slots: %w", err)
	}
	var batch []Appointment
	err = tx.SelectContext(ctx, &batch, `SELECT `+appointmentColumns+` FROM appointments a
		WHERE a.schedule_id = ? AND a.status IN ('offered', 'held', 'booked', 'checked_in') ORDER BY a.id LIMIT ? FOR UPDATE`, id, stopBatch)
	if err != nil {
		return false, fmt.Errorf("lock the appointments: %w", err)
	}
	for _, a := range batch {
		c := Change{Appointment: a, Reason: ByClinic, Note: note, At: s.clock()}
		paid, err := wasPaid(ctx, tx, a)
		if err != nil {
			return false, err
		}
		if paid {
			c.Refund = a.Fee
		}
		_, done, err := s.releaseLocked(ctx, tx, c, "")
		if err != nil {
			return false, err
		}
		if !done {
			return false, fmt.Errorf("appointment %d changed under its lock", a.ID)
		}
	}
	return len(batch) == stopBatch, nil
}

func cut(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes])
	}
	return text
}
