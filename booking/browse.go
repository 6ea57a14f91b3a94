package booking

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jmoiron/sqlx"
)

// VisitQuery chooses among all visits, for the hospital's people. Zero fields choose nothing in particular.
type VisitQuery struct {
	Reach       Reach
	First, Last Date
	Status      Status
	Hospital    HospitalID
	Department  DepartmentID // one with departments below it means all of those
	Doctor      DoctorID
	Schedule    ScheduleID
	Patient     PatientID // and the same person in other users' lists
	Search      string    // an appointment's number, a document's number (both on any day), or a part of a name or phone
	Sort        string    // one of VisitSorts; "" is by time
	Desc        bool
	Offset      int
	Limit       int
}

// searchRows is among how many visits of the chosen days a name is looked for: names are encrypted, so each is opened.
const searchRows = 5000

// visitSorts are the columns that visits can be sorted by.
func visitSorts() map[string]string {
	return map[string]string{
		"id": "a.id", "time": "a.starts_at", "seq": "a.seq", "department": "a.department_id", "doctor": "a.doctor_id", "status": "a.status", "fee": "a.fee", "made": "a.created_at",
	}
}

// Browse gives the visits that a query chooses, and how many they are without its limit.
func (s *Store) Browse(ctx context.Context, q VisitQuery) ([]Visit, int, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	search, err := s.understand(ctx, &q)
	if err != nil {
		return nil, 0, err
	}
	where, args, err := q.where(d, search)
	if err != nil {
		return nil, 0, err
	}
	order := " ORDER BY a.starts_at, a.seq, a.id"
	if by, ok := visitSorts()[q.Sort]; ok {
		order = " ORDER BY " + by + direction(q.Desc) + ", a.starts_at, a.id"
	}
	if search.text != "" {
		return s.browseText(ctx, d, q, search.text, where+order, args)
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(a.id) FROM appointments a JOIN schedules c ON c.id = a.schedule_id WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the visits: %w", err)
	}
	list, err := s.visitsIn(ctx, s.db, d, "WHERE "+where+order+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	return list, total, err
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return ""
}

// browseText opens the visits of the chosen days and keeps those in whose patient's name or phone the text is.
func (s *Store) browseText(ctx context.Context, d *directory, q VisitQuery, text, where string, args []any) ([]Visit, int, error) {
	all, err := s.visitsIn(ctx, s.db, d, "WHERE "+where+" LIMIT ?", append(args, searchRows)...)
	if err != nil {
		return nil, 0, err
	}
	if len(all) == searchRows {
		return nil, 0, refuse(CodeLimit, "这段日期里的预约太多，请缩短日期或选一个科室，再按姓名查找。", "There are too many visits on these days to look for a name. Please choose fewer days, or a department.")
	}
	all = slices.DeleteFunc(all, func(v Visit) bool { return !v.Patient.has(text) })
	from := min(q.Offset, len(all))
	return all[from:min(from+q.Limit, len(all))], len(all), nil
}

func (p Patient) has(text string) bool {
	return strings.Contains(strings.ToLower(p.Name), strings.ToLower(text)) || (len(text) >= 4 && strings.Contains(p.Phone, text))
}

// search is what a typed search was understood as.
type search struct {
	id      AppointmentID
	persons []PatientID // who have the document
	exact   bool        // it names somebody or something: days do not matter
	text    string
}

// understand tells what a typed search looks for.
func (s *Store) understand(ctx context.Context, q *VisitQuery) (search, error) {
	text := strings.TrimSpace(q.Search)
	var is search
	if n, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64); err == nil && n > 0 && len(text) <= 10 {
		return search{id: AppointmentID(n), exact: true}, nil
	}
	if q.Patient != 0 {
		persons, err := s.samePerson(ctx, q.Patient)
		is.persons, is.exact = persons, true
		if err != nil || text == "" {
			return is, err
		}
	}
	if looksLikeDocument(text) {
		persons, err := s.withDocument(ctx, text)
		if err != nil || len(persons) > 0 {
			return search{persons: persons, exact: true}, err
		}
	}
	is.text = text
	return is, nil
}

// looksLikeDocument tells whether a text may be the number of a document: most of it digits, and not as short as a part of a phone.
func looksLikeDocument(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits >= 6 && len(text) >= 7
}

// withDocument finds the patients with a document of any kind.
func (s *Store) withDocument(ctx context.Context, number string) ([]PatientID, error) {
	var digests [][]byte
	for _, kind := range []DocumentKind{ResidentID, Passport, HKMacauPermit, TaiwanPermit} {
		if document, err := ParseDocument(kind, number); err == nil {
			digests = append(digests, s.keys.Digest("patients.number", string(kind)+":"+document.Number))
		}
	}
	if len(digests) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In("SELECT id FROM patients WHERE number_digest IN (?)", digests)
	if err != nil {
		return nil, fmt.Errorf("write the query for a document: %w", err)
	}
	var list []PatientID
	if err := s.db.SelectContext(ctx, &list, query, args...); err != nil {
		return nil, fmt.Errorf("look for a document: %w", err)
	}
	return list, nil
}

// samePerson lists the rows of a person in all users' lists.
func (s *Store) samePerson(ctx context.Context, id PatientID) ([]PatientID, error) {
	var list []PatientID
	err := s.db.SelectContext(ctx, &list, "SELECT o.id FROM patients p JOIN patients o ON o.number_digest = p.number_digest WHERE p.id = ?", id)
	if err != nil {
		return nil, fmt.Errorf("read the person's patients: %w", err)
	}
	return list, nil
}

func (q VisitQuery) where(d *directory, is search) (string, []any, error) {
	where, args, err := q.Reach.sql(d, "c")
	if err != nil {
		return "", nil, err
	}
	and := func(condition string, value any) {
		where += " AND " + condition
		args = append(args, value)
	}
	if is.id != 0 {
		and("a.id = ?", is.id)
	}
	if is.persons != nil || (is.exact && is.id == 0) {
		and("a.patient_id IN (?)", append([]PatientID{0}, is.persons...))
	}
	if q.First != "" && !is.exact {
		and("c.visit_date >= ?", q.First)
	}
	if q.Last != "" && !is.exact {
		and("c.visit_date <= ?", q.Last)
	}
	if q.Status != "" {
		and("a.status = ?", q.Status)
	}
	d.place(and, q.Hospital, q.Department, q.Doctor)
	if q.Schedule != 0 {
		and("c.id = ?", q.Schedule)
	}
	where, args, err = sqlx.In(where, args...)
	if err != nil {
		return "", nil, fmt.Errorf("write the query for visits: %w", err)
	}
	return where, args, nil
}
