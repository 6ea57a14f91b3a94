package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/money"
)

// DoctorSummary is a line of a menu of doctors.
type DoctorSummary struct {
	Doctor  Doctor
	Free    int       // places that can be booked now
	Next    Date      // the first day with one; "" when there is none
	FeeFrom money.Fen // of the cheapest clinic that can be booked, full or not
	Clinics int       // half-days that can be booked, full ones included
	ByLot   int       // of these, whose places are drawn
}

// Day is a day on which a doctor sees patients. Its schedules are open, and count only the places that can still be booked:
// those in slots that have passed are left out of Capacity and Taken.
type Day struct {
	Date      Date
	Free      int
	Schedules []Schedule
}

// ByLot tells whether places of the day are drawn.
func (d Day) ByLot() bool {
	return slices.ContainsFunc(d.Schedules, func(c Schedule) bool { return c.Allocation.ByLot() })
}

const (
	scheduleColumns = `c.id, c.hospital_id AS hospital, c.department_id AS department, c.doctor_id AS doctor, c.visit_date AS date, c.period, c.kind,
		c.fee, c.room, c.status, c.allocation`
	clinicColumns = `c.id AS 'schedule.id', c.hospital_id AS 'schedule.hospital', c.department_id AS 'schedule.department', c.doctor_id AS 'schedule.doctor',
		c.visit_date AS 'schedule.date', c.period AS 'schedule.period', c.kind AS 'schedule.kind', c.fee AS 'schedule.fee', c.room AS 'schedule.room',
		c.status AS 'schedule.status', c.allocation AS 'schedule.allocation', c.capacity AS 'schedule.capacity', c.taken AS 'schedule.taken',
		s.id AS 'slot.id', s.schedule_id AS 'slot.schedule', s.starts_at AS 'slot.startsat', s.ends_at AS 'slot.endsat', s.first_seq AS 'slot.firstseq',
		s.capacity AS 'slot.capacity', s.taken AS 'slot.taken'`
	slotColumns = `s.id, s.schedule_id AS schedule, s.starts_at AS startsat, s.ends_at AS endsat, s.first_seq AS firstseq, s.capacity, s.taken`
)

// Doctors lists a department's doctors, highest title first, with what is free there, and after them those who have moved away and still have half-days here.
func (s *Store) Doctors(ctx context.Context, department DepartmentID) ([]DoctorSummary, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := found(d.department, department); err != nil {
		return nil, err
	}
	schedules, err := s.Clinics(ctx, department)
	if err != nil {
		return nil, err
	}
	var list []DoctorSummary
	line := map[DoctorID]int{}
	enter := func(doctor Doctor) {
		line[doctor.ID] = len(list)
		list = append(list, DoctorSummary{Doctor: doctor})
	}
	for _, doctor := range d.staffed[department] {
		enter(doctor)
	}
	for _, c := range schedules {
		if _, ok := line[c.Doctor]; !ok { // moved to another department since
			enter(d.doctor[c.Doctor])
		}
		list[line[c.Doctor]].add(c)
	}
	return list, nil
}

// Clinics lists the half-days of a department's doctors that can be booked, full ones included, by date and period.
func (s *Store) Clinics(ctx context.Context, department DepartmentID) ([]Schedule, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := found(d.department, department); err != nil {
		return nil, err
	}
	return glanced(ctx, seenClinics(department), func() ([]Schedule, error) { return s.ofDepartment.get(ctx, department) })
}

// add counts a schedule; they come in the order of their dates.
func (d *DoctorSummary) add(c Schedule) {
	if d.Clinics == 0 || c.Fee < d.FeeFrom {
		d.FeeFrom = c.Fee
	}
	d.Clinics++
	d.Free += c.Free()
	if c.Allocation.ByLot() {
		d.ByLot++
	}
	if d.Next == "" && c.Free() > 0 {
		d.Next = c.Date
	}
}

// Days lists the days on which a doctor can be booked, full ones included.
func (s *Store) Days(ctx context.Context, doctor DoctorID) ([]Day, error) {
	return glanced(ctx, seenDays(doctor), func() ([]Day, error) { return s.days(ctx, doctor) })
}

func (s *Store) days(ctx context.Context, doctor DoctorID) ([]Day, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := found(d.doctor, doctor); err != nil {
		return nil, err
	}
	schedules, err := s.ofDoctor.get(ctx, doctor)
	if err != nil {
		return nil, err
	}
	var days []Day
	for _, c := range schedules {
		if len(days) == 0 || days[len(days)-1].Date != c.Date {
			days = append(days, Day{Date: c.Date})
		}
		day := &days[len(days)-1]
		day.Free += c.Free()
		day.Schedules = append(day.Schedules, c)
	}
	return days, nil
}

func (s *Store) readOfDoctors(ctx context.Context, ids []DoctorID) (map[DoctorID][]Schedule, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	return readSchedules(ctx, s, d, "c.doctor_id", ids,
		func(id DoctorID) HospitalID { return d.doctor[id].Hospital }, func(c Schedule) DoctorID { return c.Doctor })
}

func (s *Store) readOfDepartments(ctx context.Context, ids []DepartmentID) (map[DepartmentID][]Schedule, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	return readSchedules(ctx, s, d, "c.department_id", ids,
		func(id DepartmentID) HospitalID { return d.department[id].Hospital }, func(c Schedule) DepartmentID { return c.Department })
}

// readSchedules reads the open schedules that have a slot in the window, by date and period, for several whose they are: the column says how
// they stand with a schedule. Each hospital has a window of its own.
func readSchedules[K comparable](ctx context.Context, s *Store, d *directory, column string, ids []K, of func(K) HospitalID, whose func(Schedule) K) (map[K][]Schedule, error) {
	byHospital := map[HospitalID][]K{}
	for _, id := range ids {
		byHospital[of(id)] = append(byHospital[of(id)], id)
	}
	all := make(map[K][]Schedule, len(ids))
	for hospital, some := range byHospital {
		list, err := s.schedulesIn(ctx, d, hospital, column, some)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			all[whose(c)] = append(all[whose(c)], c)
		}
	}
	return all, nil
}

// schedulesIn is readSchedules for one hospital. Only for the day on which the window begins are slots looked at: on later ones all of a
// schedule's slots can be booked, and the schedule has their sum.
func (s *Store) schedulesIn(ctx context.Context, d *directory, hospital HospitalID, column string, ids any) ([]Schedule, error) {
	w := d.window(hospital, s.clock())
	edge := max(w.First, DateOf(w.From, d.zone(hospital)))
	query, args, err := sqlx.In(`SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c
		WHERE `+column+` IN (?) AND c.visit_date >= ? AND c.visit_date <= ? AND c.status = 'open'`, ids, edge, w.Last)
	if err != nil {
		return nil, fmt.Errorf("write the query for schedules: %w", err)
	}
	list, err := s.scanSchedules(ctx, query, args)
	if err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	if list, err = s.withoutPassed(ctx, list, edge, w.From); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Schedule) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Period.order(), b.Period.order()), cmp.Compare(a.ID, b.ID))
	})
	return list, s.coverSchedules(ctx, d, hospital, list)
}

// scanSchedules reads rows by hand: there are many of them in a menu of doctors.
func (s *Store) scanSchedules(ctx context.Context, query string, args []any) ([]Schedule, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Schedule
	for rows.Next() {
		var c Schedule
		if err := rows.Scan(&c.ID, &c.Hospital, &c.Department, &c.Doctor, &c.Date, &c.Period, &c.Kind, &c.Fee, &c.Room, &c.Status, &c.Allocation, &c.Capacity, &c.Taken); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// withoutPassed leaves, of a day's schedules, the slots out that do not start after an instant, and those schedules that have no others.
func (s *Store) withoutPassed(ctx context.Context, list []Schedule, day Date, from time.Time) ([]Schedule, error) {
	var ids []ScheduleID
	for _, c := range list {
		if c.Date == day {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return list, nil
	}
	query, args, err := sqlx.In(`SELECT s.schedule_id AS id, SUM(s.capacity) AS capacity, SUM(s.taken) AS taken FROM slots s
		WHERE s.schedule_id IN (?) AND s.starts_at > ? GROUP BY s.schedule_id`, ids, from)
	if err != nil {
		return nil, fmt.Errorf("write the query for what is left of a day: %w", err)
	}
	var rows []struct {
		ID              ScheduleID
		Capacity, Taken int
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read what is left of a day: %w", err)
	}
	left := make(map[ScheduleID]int, len(rows))
	for i, row := range rows {
		left[row.ID] = i + 1
	}
	list = slices.DeleteFunc(list, func(c Schedule) bool { return c.Date == day && left[c.ID] == 0 })
	for i, c := range list {
		if n := left[c.ID]; n > 0 {
			list[i].Capacity, list[i].Taken = rows[n-1].Capacity, rows[n-1].Taken
		}
	}
	return list, nil
}

func (p Period) order() int { return slices.Index([]Period{Morning, Afternoon, Evening}, p) }

// Schedule gives one, whatever its day and status, with all of its places; or ErrNotFound.
func (s *Store) Schedule(ctx context.Context, id ScheduleID) (Schedule, error) {
	if glanceOf(ctx) != nil { // who asks for it asks for its slots next
		if c, err := s.clinic(ctx, id); err == nil || !errors.Is(err, ErrNotFound) {
			return c.Schedule, err
		}
	}
	var c Schedule
	err := s.db.GetContext(ctx, &c, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c WHERE c.id = ?`, id)
	if err != nil {
		return Schedule{}, notFound(err, "read the schedule")
	}
	return c, nil
}

// Schedules lists a doctor's schedules from a day on, stopped ones and full ones included: what staff choose from.
func (s *Store) Schedules(ctx context.Context, doctor DoctorID, from Date) ([]Schedule, error) {
	var list []Schedule
	err := s.db.SelectContext(ctx, &list, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c
		WHERE c.doctor_id = ? AND c.visit_date >= ?`, doctor, from)
	if err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	slices.SortFunc(list, func(a, b Schedule) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Period.order(), b.Period.order()))
	})
	return list, nil
}

// Slots lists the slots of a schedule that can be booked now, full ones included; none of a stopped schedule, nor of one whose places are drawn.
func (s *Store) Slots(ctx context.Context, schedule ScheduleID) ([]Slot, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.clinic(ctx, schedule)
	if errors.Is(err, ErrNotFound) { // or it has no slots
		_, err = s.Schedule(ctx, schedule)
	}
	if err != nil {
		return nil, err
	}
	w := d.window(c.Schedule.Hospital, s.clock())
	var list []Slot
	for _, slot := range c.Slots {
		if c.Schedule.Status == Open && !c.Schedule.Allocation.ByLot() && w.Has(c.Schedule.Date, slot.StartsAt) && slot.FirstSeq < extraSeq && slot.Capacity > 0 {
			list = append(list, slot)
		}
	}
	return list, s.coverSlots(ctx, d, c.Schedule.Hospital, list)
}

// Slot gives one, whatever its time; or ErrNotFound.
func (s *Store) Slot(ctx context.Context, id SlotID) (Slot, error) {
	if glanceOf(ctx) != nil {
		_, slot, err := s.clinicOf(ctx, id)
		return slot, err
	}
	var slot Slot
	if err := s.db.GetContext(ctx, &slot, `SELECT `+slotColumns+` FROM slots s WHERE s.id = ?`, id); err != nil {
		return Slot{}, notFound(err, "read the slot")
	}
	return slot, nil
}

// Alternatives lists up to n free slots for somebody who wanted this one: the same doctor's, nearest in time first, then
// those of doctors of the same department and title.
func (s *Store) Alternatives(ctx context.Context, wanted SlotID, n int) ([]Slot, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	slot, err := s.Slot(ctx, wanted)
	if err != nil {
		return nil, err
	}
	c, err := s.Schedule(ctx, slot.Schedule)
	if err != nil {
		return nil, err
	}
	equals := []DoctorID{c.Doctor}
	for _, doctor := range d.staffed[c.Department] {
		if doctor.ID != c.Doctor && doctor.Title == d.doctor[c.Doctor].Title {
			equals = append(equals, doctor.ID)
		}
	}
	list, err := s.nearest(ctx, d.window(c.Hospital, s.clock()), c.Doctor, equals, slot, n)
	if err != nil {
		return nil, err
	}
	err = s.coverSlots(ctx, d, c.Hospital, list)
	return slices.DeleteFunc(list, func(free Slot) bool { return free.Free() == 0 }), err
}

func (s *Store) nearest(ctx context.Context, w Window, first DoctorID, doctors []DoctorID, wanted Slot, n int) ([]Slot, error) {
	query, args, err := sqlx.In(`SELECT `+slotColumns+` FROM schedules c JOIN slots s ON s.schedule_id = c.id
		WHERE c.doctor_id IN (?) AND c.visit_date BETWEEN ? AND ? AND c.status = 'open' AND c.allocation = 'first_come' AND s.starts_at > ? AND s.taken < s.capacity AND s.id <> ?
		ORDER BY CASE WHEN c.doctor_id = ? THEN 0 ELSE 1 END, ABS(TIMESTAMPDIFF(SECOND, s.starts_at, ?)), s.starts_at, s.id LIMIT ?`,
		doctors, w.First, w.Last, w.From, wanted.ID, first, wanted.StartsAt, n)
	if err != nil {
		return nil, fmt.Errorf("write the query for alternatives: %w", err)
	}
	var list []Slot
	if err := s.db.SelectContext(ctx, &list, query, args...); err != nil {
		return nil, fmt.Errorf("read the alternatives: %w", err)
	}
	return list, nil
}

// Today is the day that it is in a hospital's zone.
func (s *Store) Today(ctx context.Context, hospital HospitalID) (Date, *time.Location, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return "", nil, err
	}
	if _, err := found(d.hospital, hospital); err != nil {
		return "", nil, err
	}
	zone := d.zone(hospital)
	return DateOf(s.clock(), zone), zone, nil
}
