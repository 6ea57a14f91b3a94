package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// ClinicQuery chooses among half-days, for the hospital's people.
type ClinicQuery struct {
	Reach       Reach
	First, Last Date
	Hospital    HospitalID
	Department  DepartmentID
	Doctor      DoctorID
	Status      ScheduleStatus
	Sort        string // date, department, doctor, taken, free
	Desc        bool
	Offset      int
	Limit       int
}

// Clinic is a half-day with whose it is, and why it was stopped where it was.
type Clinic struct {
	Schedule
	StoppedBy StaffID
	StopNote  string
}

// BrowseClinics gives the half-days that a query chooses, and how many they are without its limit.
func (s *Store) BrowseClinics(ctx context.Context, q ClinicQuery) ([]Clinic, int, error) {
	where, args, err := s.clinicsWhere(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(c.id) FROM schedules c WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the clinics: %w", err)
	}
	order := "c.visit_date, FIELD(c.period, 'morning', 'afternoon', 'evening'), c.department_id, c.id"
	if by, ok := map[string]string{"date": "c.visit_date", "department": "c.department_id", "doctor": "c.doctor_id", "taken": "c.taken", "free": "c.capacity - c.taken"}[q.Sort]; ok {
		order = by + direction(q.Desc) + ", " + order
	}
	var list []Clinic
	err = s.db.SelectContext(ctx, &list, "SELECT "+halfDayColumns+" FROM schedules c WHERE "+where+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("read the clinics: %w", err)
	}
	return list, total, nil
}

const halfDayColumns = `c.id, c.hospital_id AS hospital, c.department_id AS department, c.doctor_id AS doctor, c.visit_date AS date, c.period, c.kind, c.fee, c.room, c.status, c.allocation,
	c.capacity, c.taken, COALESCE(c.stopped_by, 0) AS stoppedby, COALESCE(c.stop_note, '') AS stopnote`

// Clinic gives one half-day, or ErrNotFound.
func (s *Store) Clinic(ctx context.Context, id ScheduleID) (Clinic, error) {
	var c Clinic
	if err := s.db.GetContext(ctx, &c, "SELECT "+halfDayColumns+" FROM schedules c WHERE c.id = ?", id); err != nil {
		return c, notFound(err, "read the clinic")
	}
	return c, nil
}

func (s *Store) clinicsWhere(ctx context.Context, q ClinicQuery) (string, []any, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return "", nil, err
	}
	where, args, err := q.Reach.sql(d, "c")
	if err != nil {
		return "", nil, err
	}
	and := func(condition string, value any) {
		where += " AND " + condition
		args = append(args, value)
	}
	if q.First != "" {
		and("c.visit_date >= ?", q.First)
	}
	if q.Last != "" {
		and("c.visit_date <= ?", q.Last)
	}
	d.place(and, q.Hospital, q.Department, q.Doctor)
	if q.Status != "" {
		and("c.status = ?", q.Status)
	}
	where, args, err = sqlx.In(where, args...)
	if err != nil {
		return "", nil, fmt.Errorf("write the query for clinics: %w", err)
	}
	return where, args, nil
}

// place adds the conditions on where a half-day (c) is; zero ones are none.
func (d *directory) place(and func(condition string, value any), hospital HospitalID, department DepartmentID, doctor DoctorID) {
	if hospital != 0 {
		and("c.hospital_id = ?", hospital)
	}
	if department != 0 {
		and("c.department_id IN (?)", d.below(department))
	}
	if doctor != 0 {
		and("c.doctor_id = ?", doctor)
	}
}
