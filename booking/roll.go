package booking

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// template is a session of a doctor's usual week.
type template struct {
	Doctor     DoctorID
	Department DepartmentID
	Weekday    time.Weekday
	Session
}

// Roll makes the schedules and slots of the days that can be booked, and of one more so that the next release finds them, from the doctors'
// usual weeks. What exists is left as it is, so it may run at any time, again, and on several replicas at once.
func (s *Store) Roll(ctx context.Context) error {
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, hospital := range d.hospitals {
		if err := s.rollHospital(ctx, d, hospital.ID); err != nil {
			failures = append(failures, fmt.Errorf("roll the schedules of hospital %d: %w", hospital.ID, err))
		}
	}
	return errors.Join(failures...)
}

func (s *Store) rollHospital(ctx context.Context, d *directory, hospital HospitalID) error {
	templates, err := s.templates(ctx, hospital)
	if err != nil {
		return err
	}
	today := DateOf(s.clock(), d.zone(hospital))
	last := today.Add(d.current[hospital].DaysAhead + 1)
	exists, err := existing(ctx, s.db, hospital, today, last)
	if err != nil {
		return err
	}
	if err := d.priced(templates, hospital); err != nil {
		return err
	}
	for date := today; date <= last; date = date.Add(1) {
		var missing []planned
		for _, t := range templates {
			p := planned{hospital: hospital, template: t, date: date}
			if t.Weekday == date.Weekday() && exists[p.key()] == 0 {
				missing = append(missing, p)
			}
		}
		if len(missing) == 0 {
			continue
		}
		err := s.inTx(ctx, func(tx *sqlx.Tx) error { return insertSchedules(ctx, tx, missing, date, d.zone(hospital)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// priced puts the policy's fees into sessions that have none of their own.
func (d *directory) priced(templates []template, hospital HospitalID) error {
	for i, t := range templates {
		if t.Fee != FeeByPolicy {
			continue
		}
		fee, ok := d.current[hospital].FeeOf(d.doctor[t.Doctor].Title, t.Kind)
		if !ok {
			return fmt.Errorf("the policy has no fee for a %s clinic of a %s (doctor %d)", t.Kind, d.doctor[t.Doctor].Title, t.Doctor)
		}
		templates[i].Fee = fee
	}
	return nil
}

func (s *Store) templates(ctx context.Context, hospital HospitalID) ([]template, error) {
	var list []template
	err := s.db.SelectContext(ctx, &list, `SELECT doctor_id AS doctor, department_id AS department, weekday, period, kind, fee, room, start_minute AS startminute,
		slot_minutes AS slotminutes, slot_count AS slots, slot_capacity AS perslot FROM schedule_templates WHERE hospital_id = ? ORDER BY doctor_id, weekday, period`, hospital)
	if err != nil {
		return nil, fmt.Errorf("read the schedule templates: %w", err)
	}
	for _, t := range list {
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("the template of doctor %d on %s: %w", t.Doctor, t.Weekday, err)
		}
	}
	return list, nil
}

// AddSchedule opens an extra half-day of a doctor; ErrConflict when there is one in that half-day already.
func (s *Store) AddSchedule(ctx context.Context, doctor DoctorID, date Date, session Session) (Schedule, error) {
	if err := session.Validate(); err != nil {
		return Schedule{}, err
	}
	d, err := s.directory(ctx)
	if err != nil {
		return Schedule{}, err
	}
	who, err := found(d.doctor, doctor)
	if err != nil {
		return Schedule{}, err
	}
	templates := []template{{doctor, who.Department, date.Weekday(), session}}
	if err := d.priced(templates, who.Hospital); err != nil {
		return Schedule{}, err
	}
	plan := planned{who.Hospital, templates[0], date}
	var id ScheduleID
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		exists, err := existing(ctx, tx, who.Hospital, date, date)
		if err != nil {
			return err
		}
		if exists[plan.key()] != 0 {
			return ErrConflict
		}
		if err := insertSchedules(ctx, tx, []planned{plan}, date, d.zone(who.Hospital)); err != nil {
			return err
		}
		exists, err = existing(ctx, tx, who.Hospital, date, date)
		id = exists[plan.key()]
		return err
	})
	if err != nil {
		return Schedule{}, err
	}
	return s.Schedule(ctx, id)
}

// planned is a schedule to be made.
type planned struct {
	hospital HospitalID
	template
	date Date
}

type scheduleKey struct {
	Doctor DoctorID
	Date   Date
	Period Period
}

func (p planned) key() scheduleKey { return scheduleKey{p.Doctor, p.date, p.Period} }

func existing(ctx context.Context, q queryer, hospital HospitalID, from, to Date) (map[scheduleKey]ScheduleID, error) {
	var rows []struct {
		scheduleKey
		ID ScheduleID
	}
	err := q.SelectContext(ctx, &rows, `SELECT id, doctor_id AS doctor, visit_date AS date, period FROM schedules WHERE hospital_id = ? AND visit_date BETWEEN ? AND ?`,
		hospital, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	found := make(map[scheduleKey]ScheduleID, len(rows))
	for _, row := range rows {
		found[row.scheduleKey] = row.ID
	}
	return found, nil
}

// insertSchedules writes one day's schedules of one hospital with their slots, in one transaction: a schedule that can be seen has all
// its slots. What another replica has written meanwhile is left alone by the unique keys.
func insertSchedules(ctx context.Context, tx *sqlx.Tx, plans []planned, date Date, zone *time.Location) error {
	schedules := rows{
		into: "schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity)",
		on:   "ON DUPLICATE KEY UPDATE schedules.id = schedules.id",
	}
	for _, p := range plans {
		schedules.add(p.hospital, p.Department, p.Doctor, date, p.Period, p.Kind, p.Fee, p.Room, Open, p.Slots*p.PerSlot)
	}
	if err := schedules.insert(ctx, tx); err != nil {
		return err
	}
	ids, err := existing(ctx, tx, plans[0].hospital, date, date)
	if err != nil {
		return err
	}
	slots := rows{
		into: "slots (schedule_id, starts_at, ends_at, first_seq, capacity)",
		on:   "ON DUPLICATE KEY UPDATE slots.id = slots.id",
	}
	for _, p := range plans {
		for _, slot := range p.slotsOn(date, zone) {
			slots.add(ids[p.key()], slot.StartsAt, slot.EndsAt, slot.FirstSeq, slot.Capacity)
		}
	}
	return slots.insert(ctx, tx)
}

// rows are written by few statements of many rows each.
type rows struct {
	into string // the table and its columns
	on   string // what to do with rows that exist
	all  [][]any
}

// rowsPerStatement keeps a statement well below a server's max_allowed_packet.
const rowsPerStatement = 1000

func (r *rows) add(values ...any) { r.all = append(r.all, values) }

func (r *rows) insert(ctx context.Context, tx *sqlx.Tx) error {
	for start := 0; start < len(r.all); start += rowsPerStatement {
		part := r.all[start:min(start+rowsPerStatement, len(r.all))]
		var args []any
		for _, row := range part {
			args = append(args, row...)
		}
		marks := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(part[0])), ", ") + ")"
		statement := "INSERT INTO " + r.into + " VALUES " + strings.TrimSuffix(strings.Repeat(marks+", ", len(part)), ", ") + " " + r.on
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("insert into %s: %w", strings.SplitN(r.into, " ", 2)[0], err)
		}
	}
	return nil
}
