package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// AudienceFilter chooses the patients whom staff write to: those who have a visit to come (held or booked) that meets all fields that
// are set.
type AudienceFilter struct {
	Hospital   HospitalID
	Department DepartmentID // one with departments below it means all of those
	Doctor     DoctorID
	Date       Date
	Period     Period
	Schedule   ScheduleID
	Kind       ClinicKind `json:",omitempty"`
}

// AudienceMember is an account to write to, with the first of its appointments that meet the filter.
type AudienceMember struct {
	Appointment AppointmentID
	Account     AccountID
	User        UserID
}

// Audience lists each account once, by its first appointment's ID, from the one after a given ID: pages of limit.
func (s *Store) Audience(ctx context.Context, filter AudienceFilter, after AppointmentID, limit int) ([]AudienceMember, error) {
	where, args, err := s.audience(ctx, filter)
	if err != nil {
		return nil, err
	}
	var list []AudienceMember
	err = s.db.SelectContext(ctx, &list, `SELECT MIN(a.id) AS appointment, a.account_id AS account, MIN(a.user_id) AS user FROM appointments a `+where+`
		GROUP BY a.account_id HAVING MIN(a.id) > ? ORDER BY MIN(a.id) LIMIT ?`, append(args, after, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read the audience: %w", err)
	}
	return list, nil
}

// CountAudience is how many accounts Audience lists.
func (s *Store) CountAudience(ctx context.Context, filter AudienceFilter) (int, error) {
	where, args, err := s.audience(ctx, filter)
	if err != nil {
		return 0, err
	}
	var n int
	if err := s.db.GetContext(ctx, &n, `SELECT COUNT(DISTINCT a.account_id) FROM appointments a `+where, args...); err != nil {
		return 0, fmt.Errorf("count the audience: %w", err)
	}
	return n, nil
}

func (s *Store) audience(ctx context.Context, f AudienceFilter) (where string, args []any, err error) {
	where, args = "WHERE a.status IN ('held', 'booked') AND a.starts_at > ?", []any{s.clock()}
	and := func(condition string, value any) {
		where += " AND " + condition
		args = append(args, value)
	}
	if f.Hospital != 0 {
		and("a.hospital_id = ?", f.Hospital)
	}
	if f.Department != 0 {
		d, err := s.directory(ctx)
		if err != nil {
			return "", nil, err
		}
		and("a.department_id IN (?)", d.below(f.Department))
	}
	if f.Doctor != 0 {
		and("a.doctor_id = ?", f.Doctor)
	}
	if f.Date != "" {
		and("a.visit_date = ?", f.Date)
	}
	if f.Period != "" {
		and("a.period = ?", f.Period)
	}
	if f.Schedule != 0 {
		and("a.schedule_id = ?", f.Schedule)
	}
	if f.Kind != "" {
		and("EXISTS (SELECT c.id FROM schedules c WHERE c.id = a.schedule_id AND c.kind = ?)", f.Kind)
	}
	where, args, err = sqlx.In(where, args...)
	if err != nil {
		return "", nil, fmt.Errorf("write the query for the audience: %w", err)
	}
	return where, args, nil
}

// below is a department and those below it.
func (d *directory) below(id DepartmentID) []DepartmentID {
	list := []DepartmentID{id}
	for _, department := range d.departments {
		if department.Parent == id {
			list = append(list, department.ID)
		}
	}
	return list
}
