package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// PatientLine is a patient as the hospital's people list them.
type PatientLine struct {
	Patient Patient
	Active  bool // still in the user's list
	AddedAt time.Time
	Visits  int
	Last    Date // of the latest visit; "" for none
}

// BrowsePatients lists the patients who have or had a visit within a reach (of everywhere: all), the newest or the oldest first; with a document's number
// only those who have it. It tells how many there are.
func (s *Store) BrowsePatients(ctx context.Context, reach Reach, document string, oldestFirst bool, offset, limit int) ([]PatientLine, int, error) {
	where, args, err := s.patientsWithin(ctx, reach)
	if err != nil {
		return nil, 0, err
	}
	if document != "" {
		persons, err := s.withDocument(ctx, document)
		if err != nil {
			return nil, 0, err
		}
		condition, more, err := sqlx.In(" AND p.id IN (?)", append([]PatientID{0}, persons...))
		if err != nil {
			return nil, 0, fmt.Errorf("write the query for patients: %w", err)
		}
		where, args = where+condition, append(args, more...)
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(p.id) FROM patients p WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the patients: %w", err)
	}
	var rows []struct {
		Patient patientRow
		Added   time.Time
		Visits  int
		Last    Date
	}
	order := " DESC"
	if oldestFirst {
		order = ""
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT `+patientNested+`, p.created_at AS added, (SELECT COUNT(a.id) FROM appointments a WHERE a.patient_id = p.id) AS visits,
		(SELECT MAX(a.visit_date) FROM appointments a WHERE a.patient_id = p.id) AS last FROM patients p WHERE `+where+` ORDER BY p.id`+order+` LIMIT ? OFFSET ?`,
		append(args, limit, offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("read the patients: %w", err)
	}
	list := make([]PatientLine, len(rows))
	for i, r := range rows {
		p, err := s.open(r.Patient)
		if err != nil {
			return nil, 0, err
		}
		list[i] = PatientLine{Patient: p, Active: r.Patient.Active != nil, AddedAt: r.Added, Visits: r.Visits, Last: r.Last}
	}
	return list, total, nil
}

const patientNested = `p.id AS 'patient.id', p.uid AS 'patient.uid', p.user_id AS 'patient.user', p.name AS 'patient.name', p.document AS 'patient.document',
	p.number AS 'patient.number', p.phone AS 'patient.phone', p.birth AS 'patient.birth', p.relation AS 'patient.relation', p.active AS 'patient.active'`

// patientsWithin is a condition on patients (p): that they have a visit within a reach.
func (s *Store) patientsWithin(ctx context.Context, reach Reach) (string, []any, error) {
	if reach.Everywhere() {
		return "1 = 1", nil, nil
	}
	where, args, err := s.within(ctx, reach, "a")
	return "EXISTS (SELECT a.id FROM appointments a WHERE a.patient_id = p.id AND " + where + ")", args, err
}

// PatientWithin gives a patient whom somebody of that reach may see, also one who was removed from the user's list; else ErrNotFound.
func (s *Store) PatientWithin(ctx context.Context, reach Reach, id PatientID) (Patient, error) {
	where, args, err := s.patientsWithin(ctx, reach)
	if err != nil {
		return Patient{}, err
	}
	var row patientRow
	if err := s.db.GetContext(ctx, &row, "SELECT "+patientColumns+" FROM patients p WHERE p.id = ? AND "+where, append([]any{id}, args...)...); err != nil {
		return Patient{}, notFound(err, "read the patient")
	}
	return s.open(row)
}

// AccountOf is the chat account from which a patient was last booked; 0 when there is none.
func (s *Store) AccountOf(ctx context.Context, id PatientID) (AccountID, error) {
	var account AccountID
	err := s.db.GetContext(ctx, &account, "SELECT COALESCE((SELECT a.account_id FROM appointments a WHERE a.patient_id = ? ORDER BY a.id DESC LIMIT 1), 0)", id)
	if err != nil {
		return 0, fmt.Errorf("look for the account: %w", err)
	}
	return account, nil
}
