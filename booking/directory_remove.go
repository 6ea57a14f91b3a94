package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Leavers are departments and doctors to be taken out of a directory. What is over stays as it was; nothing can be booked there any more.
type Leavers struct {
	Departments []DepartmentID
	Doctors     []DoctorID
}

// Obstacle is a half-day that somebody can still book or has booked.
type Obstacle struct {
	Clinic       Schedule
	Appointments []AppointmentID // of patients who are still to be seen
}

// InTheWayError refuses to take out somebody who still has patients or half-days to be booked, and names them.
type InTheWayError struct {
	refusal   *Error
	Doctor    string // code
	Obstacles []Obstacle
}

// Error gives the code and the English sentence.
func (e *InTheWayError) Error() string { return e.refusal.Error() }

// Unwrap gives the refusal.
func (e *InTheWayError) Unwrap() error { return e.refusal }

// shownObstacles is how many half-days are named in a sentence.
const shownObstacles = 3

// removeDoctor ends a doctor's usual week and whatever names them in what is to come. It refuses while there are half-days to be booked, or patients.
func (s *Store) removeDoctor(ctx context.Context, tx *sqlx.Tx, d *directory, who Doctor) error {
	obstacles, err := s.obstacles(ctx, tx, d, who)
	if err != nil {
		return err
	}
	if len(obstacles) > 0 {
		return inTheWayOf(d, who, obstacles)
	}
	if err := s.dropWaits(ctx, tx, "e.doctor_id = ?", who.ID); err != nil {
		return err
	}
	today := DateOf(s.clock(), d.zone(who.Hospital))
	for _, step := range []struct {
		statement string
		args      []any
	}{
		{"DELETE FROM schedule_templates WHERE doctor_id = ?", []any{who.ID}},
		{"INSERT IGNORE INTO edited_weeks (doctor_id) VALUES (?)", []any{who.ID}}, // files that are loaded again do not bring the week back
		{"UPDATE doctor_leaves SET substitute_id = 0, version = version + 1 WHERE substitute_id = ? AND last_date >= ?", []any{who.ID, today}},
		{"UPDATE doctors SET removed_at = ?, version = version + 1 WHERE id = ?", []any{s.clock(), who.ID}},
	} {
		if _, err := tx.ExecContext(ctx, step.statement, step.args...); err != nil {
			return fmt.Errorf("remove the doctor %s: %w", who.Code, err)
		}
	}
	return nil
}

// obstacles are a doctor's half-days that are open and not over, and those with patients who are still to be seen.
func (s *Store) obstacles(ctx context.Context, tx *sqlx.Tx, d *directory, who Doctor) ([]Obstacle, error) {
	today := DateOf(s.clock(), d.zone(who.Hospital))
	var clinics []Schedule
	err := tx.SelectContext(ctx, &clinics, "SELECT "+scheduleColumns+` FROM schedules c WHERE c.doctor_id = ? AND c.visit_date >= ? AND (
		(c.status = 'open' AND EXISTS (SELECT s.id FROM slots s WHERE s.schedule_id = c.id AND s.ends_at > ?))
		OR EXISTS (SELECT a.id FROM appointments a WHERE a.schedule_id = c.id AND a.status IN ('offered', 'held', 'booked', 'checked_in')))
		ORDER BY c.visit_date, c.id FOR UPDATE`, who.ID, today, s.clock())
	if err != nil {
		return nil, fmt.Errorf("look for half-days to come: %w", err)
	}
	list := make([]Obstacle, len(clinics))
	for i, c := range clinics {
		list[i].Clinic = c
		err := tx.SelectContext(ctx, &list[i].Appointments, "SELECT id FROM appointments WHERE schedule_id = ? AND status IN ('offered', 'held', 'booked', 'checked_in') ORDER BY id", c.ID)
		if err != nil {
			return nil, fmt.Errorf("look for patients: %w", err)
		}
	}
	return list, nil
}

func inTheWayOf(d *directory, who Doctor, obstacles []Obstacle) error {
	var zh, en []string
	patients := 0
	for i, o := range obstacles {
		patients += len(o.Appointments)
		if i >= shownObstacles {
			continue
		}
		half := map[Period]string{Morning: "上午", Afternoon: "下午", Evening: "晚上"}[o.Clinic.Period]
		zh = append(zh, fmt.Sprintf("%s %s（%d 位患者）", o.Clinic.Date, half, len(o.Appointments)))
		en = append(en, fmt.Sprintf("%s %s (%d patients)", o.Clinic.Date, o.Clinic.Period, len(o.Appointments)))
	}
	if len(obstacles) > shownObstacles {
		zh, en = append(zh, "……"), append(en, "…")
	}
	return &InTheWayError{refusef(CodeInTheWay,
		"医生 %[1]s 还有 %[2]d 个未结束的门诊、%[3]d 位患者：%[4]s。请先停诊或改由别人出诊，再移除。",
		"Doctor %[1]s still has %[2]d clinic(s) to come with %[3]d patient(s): %[5]s. Stop them or let somebody else see the patients first.",
		who.Code, len(obstacles), patients, strings.Join(zh, "、"), strings.Join(en, ", ")), who.Code, obstacles}
}

// removeDepartment takes out a department in which nobody works any more. Half-days of doctors who have moved away are in its way like those of its own.
func (s *Store) removeDepartment(ctx context.Context, tx *sqlx.Tx, d *directory, p Department) error {
	var left []string
	err := tx.SelectContext(ctx, &left, "SELECT code FROM doctors WHERE department_id = ? AND removed_at IS NULL UNION SELECT code FROM departments WHERE parent_id = ? AND removed_at IS NULL ORDER BY code", p.ID, p.ID)
	if err != nil {
		return fmt.Errorf("look who works in the department: %w", err)
	}
	if len(left) > 0 {
		return refusef(CodeInTheWay, "科室 %s 里还有 %s，请先把它们移走或移除。", "The department %s still has %s; move or remove them first.", p.Code, strings.Join(left, ", "))
	}
	var moved []DoctorID
	err = tx.SelectContext(ctx, &moved, "SELECT DISTINCT doctor_id FROM schedules WHERE department_id = ? AND visit_date >= ?", p.ID, DateOf(s.clock(), d.zone(p.Hospital)))
	if err != nil {
		return fmt.Errorf("look for half-days in the department: %w", err)
	}
	for _, id := range moved {
		who := d.doctor[id]
		obstacles, err := s.obstacles(ctx, tx, d, who)
		if err != nil {
			return err
		}
		if obstacles = slices.DeleteFunc(obstacles, func(o Obstacle) bool { return o.Clinic.Department != p.ID }); len(obstacles) > 0 {
			return inTheWayOf(d, who, obstacles)
		}
	}
	if err := s.dropWaits(ctx, tx, "e.department_id = ?", p.ID); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE departments SET removed_at = ?, version = version + 1 WHERE id = ?", s.clock(), p.ID); err != nil {
		return fmt.Errorf("remove the department %s: %w", p.Code, err)
	}
	return nil
}

// dropWaits ends wishes for what there is no more, and tells who waited.
func (s *Store) dropWaits(ctx context.Context, tx *sqlx.Tx, where string, id any) error {
	var waits []Waiting
	if err := tx.SelectContext(ctx, &waits, "SELECT "+waitColumns+" FROM waitlist_entries e WHERE e.status = 'waiting' AND "+where+" ORDER BY e.id", id); err != nil {
		return fmt.Errorf("read who waits: %w", err)
	}
	for _, w := range waits {
		if _, err := s.endWait(ctx, tx, w); err != nil {
			return err
		}
	}
	return nil
}

// moveDoctor lets a doctor work in another department: the usual week goes along, and so do half-days from tomorrow on that nobody has ever booked. Those
// with patients stay where the patients were told to come.
func (s *Store) moveDoctor(ctx context.Context, tx *sqlx.Tx, d *directory, who Doctor, to DepartmentID) error {
	today := DateOf(s.clock(), d.zone(who.Hospital))
	for _, step := range []struct {
		statement string
		args      []any
	}{
		{"UPDATE doctors SET department_id = ?, version = version + 1 WHERE id = ?", []any{to, who.ID}},
		{"UPDATE schedule_templates SET department_id = ?, version = version + 1 WHERE doctor_id = ?", []any{to, who.ID}},
		{`UPDATE schedules c SET c.department_id = ?, c.version = c.version + 1 WHERE c.doctor_id = ? AND c.visit_date > ? AND c.taken = 0 AND c.allocation = 'first_come'
			AND NOT EXISTS (SELECT a.id FROM appointments a WHERE a.schedule_id = c.id)`, []any{to, who.ID, today}},
	} {
		if _, err := tx.ExecContext(ctx, step.statement, step.args...); err != nil {
			return fmt.Errorf("move the doctor %s: %w", who.Code, err)
		}
	}
	return nil
}
