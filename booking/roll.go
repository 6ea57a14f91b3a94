package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/money"
)

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
	today := DateOf(s.clock(), d.zone(hospital))
	last := d.rolledUntil(hospital, today)
	rules, err := readWeek(ctx, s.db, hospital)
	if err != nil {
		return err
	}
	exists, err := existing(ctx, s.db, hospital, today, last)
	if err != nil {
		return err
	}
	for date := today; date <= last; date = date.Add(1) {
		if len(missing(rules, exists, date)) > 0 {
			return s.inTx(ctx, func(tx *sqlx.Tx) error { return rollDays(ctx, tx, d, hospital, date, last) })
		}
	}
	return nil
}

// rolledUntil is the last day of which the half-days are made: one more than can be booked.
func (d *directory) rolledUntil(hospital HospitalID, today Date) Date {
	return today.Add(d.current[hospital].DaysAhead + 1)
}

// rollDays makes what is missing of some days. The lock keeps the rules from being changed meanwhile: they are read under it.
func rollDays(ctx context.Context, tx *sqlx.Tx, d *directory, hospital HospitalID, from, to Date) error {
	if err := lockHospital(ctx, tx, hospital); err != nil {
		return err
	}
	rules, err := readWeek(ctx, tx, hospital)
	if err != nil {
		return err
	}
	exists, err := existing(ctx, tx, hospital, from, to)
	if err != nil {
		return err
	}
	for date := from; date <= to; date = date.Add(1) {
		plans := missing(rules, exists, date)
		for i, p := range plans {
			if plans[i].Fee, err = d.feeOf(p.Template, hospital); err != nil {
				return err
			}
			plans[i].Allocation = d.allocationOf(p.Template, hospital)
		}
		if len(plans) == 0 {
			continue
		}
		if err := insertSchedules(ctx, tx, plans, date, d.zone(hospital)); err != nil {
			return err
		}
	}
	return nil
}

// missing is what a day has by the rules and not in the database. What is there is left alone, stopped half-days too.
func missing(rules week, exists map[HalfKey]ScheduleID, date Date) []planned {
	return slices.DeleteFunc(rules.plan(date, nil), func(p planned) bool { return exists[p.key()] != 0 })
}

// lockHospital is the lock under which the rules of a hospital's schedules change. It comes before the locks of half-days.
func lockHospital(ctx context.Context, tx *sqlx.Tx, hospital HospitalID) error {
	var id HospitalID
	if err := tx.GetContext(ctx, &id, "SELECT id FROM hospitals WHERE id = ? FOR UPDATE", hospital); err != nil {
		return notFound(err, "lock the hospital")
	}
	return nil
}

// feeOf is what a session costs: its own fee, or that of the policy for the doctor's title and the kind.
func (d *directory) feeOf(t Template, hospital HospitalID) (money.Fen, error) {
	if t.Fee != FeeByPolicy {
		return t.Fee, nil
	}
	who := d.doctor[t.Doctor]
	fee, ok := d.current[hospital].FeeOf(who.Title, t.Kind)
	if !ok {
		return 0, badf("规则里没有这种门诊的挂号费，请填写费用（医生 %[3]s）。", "the policy has no fee for a %[1]s clinic of a %[2]s (doctor %[3]s)", t.Kind, who.Title, who.Code)
	}
	return fee, nil
}

// allocationOf is how the places of a session are given: its own way, or that of the policy.
func (d *directory) allocationOf(t Template, hospital HospitalID) Allocation {
	return cmp.Or(t.Allocation, d.current[hospital].AllocationOf(d.doctor[t.Doctor].Title, t.Kind))
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
	if err == nil && who.Removed {
		err = ErrNotFound
	}
	if err != nil {
		return Schedule{}, err
	}
	t := Template{Hospital: who.Hospital, Department: who.Department, Doctor: doctor, Weekday: date.Weekday(), Session: session}
	if t.Fee, err = d.feeOf(t, who.Hospital); err != nil {
		return Schedule{}, err
	}
	t.Allocation = d.allocationOf(t, who.Hospital)
	plan := planned{Template: t, date: date, manual: true}
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

func existing(ctx context.Context, q queryer, hospital HospitalID, from, to Date) (map[HalfKey]ScheduleID, error) {
	var rows []struct {
		HalfKey
		ID ScheduleID
	}
	err := q.SelectContext(ctx, &rows, `SELECT id, doctor_id AS doctor, visit_date AS date, period FROM schedules WHERE hospital_id = ? AND visit_date BETWEEN ? AND ?`,
		hospital, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	found := make(map[HalfKey]ScheduleID, len(rows))
	for _, row := range rows {
		found[row.HalfKey] = row.ID
	}
	return found, nil
}

// insertSchedules writes one day's schedules of one hospital with their slots, in one transaction: a schedule that can be seen has all
// its slots. What another replica has written meanwhile is left alone by the unique keys.
func insertSchedules(ctx context.Context, tx *sqlx.Tx, plans []planned, date Date, zone *time.Location) error {
	schedules := rows{
		into: "schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, allocation, capacity, manual)",
		on:   "ON DUPLICATE KEY UPDATE schedules.id = schedules.id",
	}
	for _, p := range plans {
		schedules.add(p.Hospital, p.Department, p.Doctor, date, p.Period, p.Kind, p.Fee, p.Room, Open, p.Allocation, p.Slots*p.PerSlot, p.manual)
	}
	if err := schedules.insert(ctx, tx); err != nil {
		return err
	}
	ids, err := existing(ctx, tx, plans[0].Hospital, date, date)
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
