package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking/allocation"
	"guahao/internal/audit"
)

// PriorityID names a statement.
type PriorityID int64

// Priority is what staff have stated about a person, which gives lots in weighted draws of a department: that they were referred by another
// institution (转诊), or that a clinician finds their need urgent.
type Priority struct {
	ID         PriorityID
	Hospital   HospitalID
	Department DepartmentID
	Ground     allocation.Ground
	Until      Date // counts for visits until then
	Staff      StaffID
	CreatedAt  time.Time
}

// priorityDays is for how long a statement may count at most.
const priorityDays = 180

// NewPriority is a statement to be made. Why is written into the audit log, where only auditors read it.
type NewPriority struct {
	Staff      StaffID
	Patient    PatientID
	Department DepartmentID
	Ground     allocation.Ground
	Until      Date
	Why        string
}

// StatePriority states it, for the person, in whatever list they are. It counts for applications that are made from now on.
func (s *Store) StatePriority(ctx context.Context, n NewPriority) (Priority, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Priority{}, err
	}
	department, err := found(d.department, n.Department)
	if err != nil {
		return Priority{}, err
	}
	now, zone := s.clock(), d.zone(department.Hospital)
	today := DateOf(now, zone)
	switch {
	case n.Ground != allocation.ForReferral && n.Ground != allocation.ForUrgency:
		return Priority{}, refuse(CodeBadText, "只能说明转诊或病情急。", "Only a referral or an urgent need can be stated.")
	case n.Why == "" || len([]rune(n.Why)) > maxNote:
		return Priority{}, refuse(CodeBadText, "请写明依据（最多 500 字），比如转诊单号、哪位医生的意见。", "Please say on what it is based (at most 500 characters), such as the referral or the doctor's finding.")
	case n.Until.In(zone).IsZero() || n.Until < today || n.Until > today.Add(priorityDays):
		return Priority{}, refusef(CodeBadRange, "有效期应在今天起的 %[1]d 天之内。", "It can count for visits within %[1]d days from today.", priorityDays)
	}
	p := Priority{Hospital: department.Hospital, Department: department.ID, Ground: n.Ground, Until: n.Until, Staff: n.Staff, CreatedAt: now}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		var digest []byte
		if err := tx.GetContext(ctx, &digest, "SELECT number_digest FROM patients WHERE id = ?", n.Patient); err != nil {
			return notFound(err, "read the patient")
		}
		result, err := tx.ExecContext(ctx, "INSERT INTO priority_statements (hospital_id, department_id, person, ground, until_date, staff_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			p.Hospital, p.Department, digest, p.Ground, p.Until, p.Staff, p.CreatedAt)
		if err != nil {
			return fmt.Errorf("write what was stated: %w", err)
		}
		id, err := result.LastInsertId()
		p.ID = PriorityID(id)
		return errors.Join(err, s.auditPriority(ctx, tx, "patient.priority", n.Patient, p, n.Why))
	})
	return p, err
}

func (s *Store) auditPriority(ctx context.Context, tx *sqlx.Tx, action string, patient PatientID, p Priority, why string) error {
	return audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: action, Subject: fmt.Sprintf("patient:%d", patient), Hospital: int64(p.Hospital),
		After: map[string]any{"ground": p.Ground, "department": p.Department, "until": p.Until}, Note: why,
	})
}

// Priorities lists what is stated about a patient's person and still counts.
func (s *Store) Priorities(ctx context.Context, patient PatientID) ([]Priority, error) {
	var list []Priority
	err := s.db.SelectContext(ctx, &list, `SELECT r.id, r.hospital_id AS hospital, r.department_id AS department, r.ground, r.until_date AS 'until', r.staff_id AS staff,
		r.created_at AS createdat FROM priority_statements r JOIN patients p ON p.number_digest = r.person
		WHERE p.id = ? AND r.withdrawn_at IS NULL AND r.until_date >= ? ORDER BY r.id`, patient, DateOf(s.clock(), time.UTC))
	if err != nil {
		return nil, fmt.Errorf("read what is stated: %w", err)
	}
	return list, nil
}

// WithdrawPriority takes a statement back; applications that were made with it keep their lots.
func (s *Store) WithdrawPriority(ctx context.Context, patient PatientID, id PriorityID, why string) error {
	list, err := s.Priorities(ctx, patient)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.ID != id {
			continue
		}
		return s.inTx(ctx, func(tx *sqlx.Tx) error {
			if _, err := tx.ExecContext(ctx, "UPDATE priority_statements SET withdrawn_at = ? WHERE id = ? AND withdrawn_at IS NULL", s.clock(), id); err != nil {
				return fmt.Errorf("take a statement back: %w", err)
			}
			return s.auditPriority(ctx, tx, "patient.priority_withdraw", patient, p, why)
		})
	}
	return ErrNotFound
}

// statedFor reads the grounds that are stated about a person for a half-day.
func statedFor(ctx context.Context, q queryer, digest []byte, c Schedule) ([]allocation.Ground, error) {
	var grounds []allocation.Ground
	err := q.SelectContext(ctx, &grounds, "SELECT DISTINCT ground FROM priority_statements WHERE person = ? AND department_id = ? AND until_date >= ? AND withdrawn_at IS NULL",
		digest, c.Department, c.Date)
	if err != nil {
		return nil, fmt.Errorf("read what is stated: %w", err)
	}
	return grounds, nil
}
