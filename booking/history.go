package booking

import (
	"context"
	"fmt"
	"time"
)

// Course is a visit of one of a user's patients in short: one that took place, or one to come.
type Course struct {
	ID         AppointmentID
	Doctor     DoctorID
	Department DepartmentID
	Patient    PatientID
	Date       Date
	ToCome     bool
	Revisit    int // after how many days patients of the department usually come back; 0: the hospital does not say
	// Quiet: the hospital's rules keep the department out of notices.
	Quiet bool
}

// historyFor is how many days a history goes back.
const historyFor = 500

// History lists the visits of a user's patients, the latest first: those that took place within the last 500 days, and those to come. Patients
// whom the user has removed are left out. Where nobody is marked as missing, a booked visit whose day is over counts as one that took place.
func (s *Store) History(ctx context.Context, user UserID) ([]Course, error) {
	return glanced(ctx, seenHistory(user), func() ([]Course, error) { return s.histories.get(ctx, user) })
}

func (s *Store) readHistories(ctx context.Context, users []UserID) (map[UserID][]Course, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Course
		User     UserID
		Hospital HospitalID
		Policy   int
		Status   Status
		StartsAt time.Time
	}
	err = s.selectIn(ctx, &rows, `SELECT a.id, a.doctor_id AS doctor, a.department_id AS department, a.patient_id AS patient, a.visit_date AS date, a.user_id AS user,
		a.hospital_id AS hospital, a.policy_version AS policy, a.status, a.starts_at AS startsat FROM appointments a JOIN patients p ON p.id = a.patient_id AND p.active = 1
		WHERE a.user_id IN (?) AND a.status IN ('offered', 'held', 'booked', 'checked_in', 'fulfilled') ORDER BY a.starts_at DESC, a.id DESC`, users)
	if err != nil {
		return nil, fmt.Errorf("read the history of a user: %w", err)
	}
	list, now := make(map[UserID][]Course, len(users)), s.clock()
	for _, row := range rows {
		today, begun := DateOf(now, d.zone(row.Hospital)), !row.StartsAt.After(now)
		took := row.Status == Fulfilled || row.Status == CheckedIn && begun ||
			row.Status == Booked && row.Date < today && d.policies[row.Hospital][row.Policy].NoShows.Count == 0
		row.ToCome = row.Status != Fulfilled && !begun
		row.Quiet, row.Revisit = d.quiet(d.department[row.Department]), d.revisit(d.department[row.Department])
		if (took || row.ToCome) && row.Date >= today.Add(-historyFor) {
			list[row.User] = append(list[row.User], row.Course)
		}
	}
	return list, nil
}
