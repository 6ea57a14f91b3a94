package booking

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

const templateColumns = `id, version, hospital_id AS hospital, department_id AS department, doctor_id AS doctor, weekday, period, kind, fee, room,
	start_minute AS startminute, slot_minutes AS slotminutes, slot_count AS slots, slot_capacity AS perslot, allocation, valid_from AS validfrom, valid_to AS validto`

// readWeek reads the rules of a hospital's schedules.
func readWeek(ctx context.Context, q queryer, hospital HospitalID) (week, error) {
	w := week{}
	err := q.SelectContext(ctx, &w.templates, "SELECT "+templateColumns+" FROM schedule_templates WHERE hospital_id = ? ORDER BY doctor_id, weekday, period, id", hospital)
	if err != nil {
		return w, fmt.Errorf("read the schedule templates: %w", err)
	}
	for _, t := range w.templates {
		if err := t.Validate(); err != nil {
			return w, fmt.Errorf("the template of doctor %d on day %d: %w", t.Doctor, t.Weekday, err)
		}
	}
	w.days, _ = chinaDays()
	var days []CalendarDay
	err = q.SelectContext(ctx, &days, "SELECT id, version, hospital_id AS hospital, day AS date, kind, works_as AS 'as', name FROM calendar_days WHERE hospital_id = ?", hospital)
	if err != nil {
		return w, fmt.Errorf("read the calendar: %w", err)
	}
	for _, d := range days {
		w.days[d.Date] = d
	}
	var leaves []struct {
		Leave
		Bits int
	}
	err = q.SelectContext(ctx, &leaves, `SELECT id, version, hospital_id AS hospital, doctor_id AS doctor, first_date AS first, last_date AS last, halves AS bits,
		substitute_id AS substitute FROM doctor_leaves WHERE hospital_id = ? ORDER BY id`, hospital)
	if err != nil {
		return w, fmt.Errorf("read the leaves: %w", err)
	}
	for _, row := range leaves {
		row.Halves = halvesOf(row.Bits)
		w.leaves = append(w.leaves, row.Leave)
	}
	return w, nil
}

// periods are all halves of a day, in their order.
func periods() []Period { return []Period{Morning, Afternoon, Evening} }

// bitsOf writes halves as a column of bits; none named are all.
func bitsOf(halves []Period) int {
	if len(halves) == 0 {
		halves = periods()
	}
	bits := 0
	for _, p := range halves {
		bits |= 1 << p.order()
	}
	return bits
}

func halvesOf(bits int) []Period {
	list := slices.DeleteFunc(periods(), func(p Period) bool { return bits&(1<<p.order()) == 0 })
	if len(list) == len(periods()) {
		return nil
	}
	return list
}

// Templates lists the sessions of the usual weeks of a hospital, or of one doctor of it (0: of all), by doctor, weekday and half.
func (s *Store) Templates(ctx context.Context, hospital HospitalID, doctor DoctorID) ([]Template, error) {
	var list []Template
	err := s.db.SelectContext(ctx, &list, "SELECT "+templateColumns+` FROM schedule_templates WHERE hospital_id = ? AND (doctor_id = ? OR ? = 0)
		ORDER BY doctor_id, MOD(weekday + 6, 7) + 7 * FLOOR(weekday / 7), FIELD(period, 'morning', 'afternoon', 'evening'), COALESCE(valid_from, '1000-01-01'), id`, hospital, doctor, doctor)
	if err != nil {
		return nil, fmt.Errorf("read the schedule templates: %w", err)
	}
	return list, nil
}

// Template gives one, or ErrNotFound.
func (s *Store) Template(ctx context.Context, id TemplateID) (Template, error) {
	var t Template
	if err := s.db.GetContext(ctx, &t, "SELECT "+templateColumns+" FROM schedule_templates WHERE id = ?", id); err != nil {
		return t, notFound(err, "read the schedule template")
	}
	return t, nil
}

// Calendar lists the days of a hospital that are not what their weekday says, from a day on; known is the last day of which the public
// holidays are published.
func (s *Store) Calendar(ctx context.Context, hospital HospitalID, from Date) (days []CalendarDay, known Date, err error) {
	w, err := readWeek(ctx, s.db, hospital)
	if err != nil {
		return nil, "", err
	}
	for _, date := range slices.Sorted(maps.Keys(w.days)) {
		if date >= from {
			days = append(days, w.days[date])
		}
	}
	_, known = chinaDays()
	return days, known, nil
}

// Leaves lists the leaves of a hospital's doctors that have not ended before a day, the earliest first.
func (s *Store) Leaves(ctx context.Context, hospital HospitalID, from Date) ([]Leave, error) {
	w, err := readWeek(ctx, s.db, hospital)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(w.leaves, func(l Leave) bool { return l.Last < from })
	slices.SortStableFunc(list, func(a, b Leave) int { return strings.Compare(string(a.First), string(b.First)) })
	return list, nil
}

// writeTemplate makes a template what a pair says, and gives its ID.
func writeTemplate(ctx context.Context, tx *sqlx.Tx, p Pair[Template]) (int64, error) {
	t := p.After
	if t == nil {
		_, err := tx.ExecContext(ctx, "DELETE FROM schedule_templates WHERE id = ?", p.Before.ID)
		return int64(p.Before.ID), errDoing(err, "end a session of the usual week")
	}
	_, err := tx.ExecContext(ctx, "INSERT IGNORE INTO edited_weeks (doctor_id) VALUES (?)", t.Doctor)
	if err != nil {
		return 0, fmt.Errorf("mark the usual week as changed: %w", err)
	}
	if p.Before != nil {
		_, err := tx.ExecContext(ctx, `UPDATE schedule_templates SET department_id = ?, weekday = ?, period = ?, kind = ?, fee = ?, room = ?, start_minute = ?, slot_minutes = ?,
			slot_count = ?, slot_capacity = ?, allocation = ?, valid_from = ?, valid_to = ?, version = ? WHERE id = ?`, t.Department, t.Weekday, t.Period, t.Kind, t.Fee, t.Room, t.StartMinute,
			t.SlotMinutes, t.Slots, t.PerSlot, t.Allocation, t.ValidFrom, t.ValidTo, t.Version, t.ID)
		return int64(t.ID), errDoing(err, "change a session of the usual week")
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO schedule_templates (id, hospital_id, department_id, doctor_id, weekday, period, kind, fee, room, start_minute, slot_minutes, slot_count,
		slot_capacity, allocation, valid_from, valid_to, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, idOrNew(int64(t.ID)), t.Hospital, t.Department, t.Doctor, t.Weekday, t.Period, t.Kind,
		t.Fee, t.Room, t.StartMinute, t.SlotMinutes, t.Slots, t.PerSlot, t.Allocation, t.ValidFrom, t.ValidTo, t.Version)
	if err != nil {
		return 0, fmt.Errorf("add a session to the usual week: %w", err)
	}
	return result.LastInsertId()
}

// idOrNew gives a row back the ID that it had; NULL, for a new one, lets the database number it.
func idOrNew(id int64) any {
	if id <= 0 {
		return nil
	}
	return id
}

func errDoing(err error, doing string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// writeDay makes a day of the calendar what a pair says. The notices' own days have no row.
func writeDay(ctx context.Context, tx *sqlx.Tx, hospital HospitalID, p Pair[CalendarDay]) (int64, error) {
	d := p.After
	if d == nil || d.Version == 0 { // as the notices have it
		_, err := tx.ExecContext(ctx, "DELETE FROM calendar_days WHERE hospital_id = ? AND day = ?", hospital, p.Before.Date)
		return p.Before.ID, errDoing(err, "give a day back to the calendar")
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO calendar_days (hospital_id, day, kind, works_as, name, version) VALUES (?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE kind = VALUES(kind), works_as = VALUES(works_as), name = VALUES(name), version = VALUES(version), id = LAST_INSERT_ID(id)`,
		hospital, d.Date, d.Kind, d.As, d.Name, d.Version)
	if err != nil {
		return 0, fmt.Errorf("change a day of the calendar: %w", err)
	}
	return result.LastInsertId()
}

// writeLeave makes a leave what a pair says, and gives its ID.
func writeLeave(ctx context.Context, tx *sqlx.Tx, p Pair[Leave]) (int64, error) {
	l := p.After
	switch {
	case l == nil:
		_, err := tx.ExecContext(ctx, "DELETE FROM doctor_leaves WHERE id = ?", p.Before.ID)
		return p.Before.ID, errDoing(err, "end a leave")
	case p.Before != nil:
		_, err := tx.ExecContext(ctx, "UPDATE doctor_leaves SET first_date = ?, last_date = ?, halves = ?, substitute_id = ?, version = ? WHERE id = ?",
			l.First, l.Last, bitsOf(l.Halves), l.Substitute, l.Version, l.ID)
		return l.ID, errDoing(err, "change a leave")
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO doctor_leaves (id, hospital_id, doctor_id, first_date, last_date, halves, substitute_id, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		idOrNew(l.ID), l.Hospital, l.Doctor, l.First, l.Last, bitsOf(l.Halves), l.Substitute, l.Version)
	if err != nil {
		return 0, fmt.Errorf("write a leave: %w", err)
	}
	return result.LastInsertId()
}
