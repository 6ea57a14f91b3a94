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

// maxNote is the length of a note in characters.
const maxNote = 500

// StopSchedule stops a doctor's half-day (停诊). First, in one transaction, the schedule, so that nobody gets in any more, and a case for each
// of its appointments; then the cases one by one: who has a visit is offered other places (see stop_offer.go), or, where there are none,
// gets the whole fee back; what was only held is released. It can be called again after it was cut short, and after it was
// done; affected counts the cases. A half-day that is over is too_late.
func (s *Store) StopSchedule(ctx context.Context, by StaffID, id ScheduleID, note string) (affected int, err error) {
	note = cut(note, maxNote)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.markStopped(ctx, tx, by, id, note) })
	if err != nil {
		return 0, err
	}
	if err := errors.Join(s.openCases(ctx, id), s.releaseOffersOf(ctx, "a.schedule_id = ?", id)); err != nil {
		return 0, err
	}
	if err := s.db.GetContext(ctx, &affected, "SELECT COUNT(id) FROM stop_cases WHERE schedule_id = ?", id); err != nil {
		return 0, fmt.Errorf("count the cases of a stop: %w", err)
	}
	return affected, nil
}

// ServeStops goes on with stops that were cut short, ends the cases whose offers nobody has answered, and releases the places
// that are held for nobody any more. Any number of replicas may call it at once.
func (s *Store) ServeStops(ctx context.Context) error {
	unfinished, err := s.unfinishedStops(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, id := range unfinished {
		err := s.inTx(ctx, func(tx *sqlx.Tx) error { return s.writeCases(ctx, tx, id) })
		if err == nil {
			err = s.openCases(ctx, id)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("finish the stop of schedule %d: %w", id, err))
		}
	}
	return errors.Join(append(failures, s.settleCases(ctx), s.lapseCases(ctx), s.releaseOffers(ctx))...)
}

// unfinishedStops lists the stopped half-days, from yesterday on, that have appointments without a case, or cases that nobody has
// opened yet.
func (s *Store) unfinishedStops(ctx context.Context) ([]ScheduleID, error) {
	d, err := s.directory(ctx)
	if err != nil || len(d.hospital) == 0 {
		return nil, err
	}
	query, args, err := sqlx.In(`SELECT c.id FROM schedules c WHERE c.hospital_id IN (?) AND c.visit_date >= ? AND c.status = ?
		AND EXISTS (SELECT a.id FROM appointments a LEFT JOIN stop_cases k ON k.appointment_id = a.id WHERE a.schedule_id = c.id
		AND a.status IN ('offered', 'held', 'booked', 'checked_in') AND (k.id IS NULL AND `+notHeld+` OR k.state = 'new')) ORDER BY c.id`,
		slices.Collect(maps.Keys(d.hospital)), DateOf(s.clock(), time.UTC).Add(-1), Stopped)
	if err != nil {
		return nil, fmt.Errorf("write the query for stops: %w", err)
	}
	var unfinished []ScheduleID
	if err := s.db.SelectContext(ctx, &unfinished, query, args...); err != nil {
		return nil, fmt.Errorf("read the stops that were cut short: %w", err)
	}
	return unfinished, nil
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
	if err := s.writeCases(ctx, tx, id); err != nil {
		return err
	}
	return audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: "clinic.stop", Subject: fmt.Sprintf("schedule:%d", id), Hospital: int64(c.Hospital),
		Before: map[string]any{"status": c.Status, "taken": c.Taken}, After: map[string]any{"status": Stopped}, Note: note,
	})
}

// notHeld leaves out the places that are held for the people of another stopped clinic: they have a case.
const notHeld = "NOT (a.status IN ('offered', 'held') AND EXISTS (SELECT o.appointment_id FROM stop_offers o WHERE o.appointment_id = a.id))"

// writeCases writes a case for each appointment of a stopped schedule that has none.
func (s *Store) writeCases(ctx context.Context, tx *sqlx.Tx, id ScheduleID) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO stop_cases (schedule_id, appointment_id, state, created_at)
		SELECT a.schedule_id, a.id, 'new', ? FROM appointments a
		WHERE a.schedule_id = ? AND a.status IN ('offered', 'held', 'booked', 'checked_in')
		AND NOT EXISTS (SELECT k.id FROM stop_cases k WHERE k.appointment_id = a.id) AND `+notHeld+` ORDER BY a.id`, s.clock(), id)
	if err != nil {
		return fmt.Errorf("write the cases of a stop: %w", err)
	}
	return nil
}

// openCases opens what is new of a stop. A case that fails stays new, for the next call, and does not stop the others.
func (s *Store) openCases(ctx context.Context, id ScheduleID) error {
	var cases []stopCase
	err := s.db.SelectContext(ctx, &cases, `SELECT `+caseColumns+` FROM stop_cases k JOIN schedules c ON c.id = k.schedule_id
		WHERE k.schedule_id = ? AND k.state = 'new' ORDER BY k.id`, id)
	if err != nil {
		return fmt.Errorf("read the cases of a stop: %w", err)
	}
	var failures []error
	for _, k := range cases {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(failures, err)...)
		}
		if err := s.openCase(ctx, k); err != nil {
			failures = append(failures, fmt.Errorf("appointment %d: %w", k.Appointment, err))
		}
	}
	return errors.Join(failures...)
}

func cut(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes])
	}
	return text
}
