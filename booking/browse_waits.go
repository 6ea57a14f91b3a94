package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// WaitLine is a wish in the waitlist as the hospital's people list it.
type WaitLine struct {
	Waiting
	Name string // the patient's, masked
}

// WaitQuery chooses among the wishes that are not over, for the hospital's people.
type WaitQuery struct {
	Reach      Reach
	Department DepartmentID // 0: any
	Sort       string       // id, turn, patient, department, wish, days, since, status; "" is the order of their turns by department
	Desc       bool
	Offset     int
	Limit      int
}

// BrowseWaits gives the wishes that a query chooses, and how many they are without its limit.
func (s *Store) BrowseWaits(ctx context.Context, q WaitQuery) ([]WaitLine, int, error) {
	where, args, err := s.within(ctx, q.Reach, "e")
	if err != nil {
		return nil, 0, err
	}
	where = "e.active = 1 AND " + where
	if q.Department != 0 {
		where, args = where+" AND e.department_id = ?", append(args, q.Department)
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(e.id) FROM waitlist_entries e WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the waitlist: %w", err)
	}
	waits, err := s.waits(ctx, "WHERE "+where+" ORDER BY "+q.order()+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, err
	}
	list := make([]WaitLine, len(waits))
	for i, w := range waits {
		if err := s.place(ctx, &w); err != nil {
			return nil, 0, err
		}
		p, err := s.PatientWithin(ctx, Reach{{}}, w.Patient)
		if err != nil {
			return nil, 0, err
		}
		list[i] = WaitLine{w, MaskName(p.Name)}
	}
	return list, total, nil
}

func (q WaitQuery) order() string {
	const own = "e.department_id, e.priority DESC, e.id"
	by := map[string][]string{
		"id": {"e.id"}, "turn": {waitsBefore}, "patient": {"e.patient_id"}, "department": {"e.hospital_id", "e.department_id"},
		"wish": {"e.doctor_id", "e.title", "e.kind"}, "days": {"e.first_date", "e.last_date"}, "since": {"e.created_at"}, "status": {"e.status"},
	}[q.Sort]
	order := ""
	for _, column := range by {
		order += column + direction(q.Desc) + ", "
	}
	return order + own
}

// EndWait takes a wish off the waitlist for the hospital's people, and tells who waited. One that has an offer just now is answered by its
// patient first: wrong_status.
func (s *Store) EndWait(ctx context.Context, id WaitID, note string) error {
	list, err := s.waits(ctx, "WHERE e.id = ?", id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrNotFound
	}
	w := list[0]
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		done, err := s.endWait(ctx, tx, w)
		if err != nil {
			return err
		}
		if !done {
			return ErrWrongStatus
		}
		return audit.Write(ctx, s.Audit, tx, audit.Entry{
			Action: "waitlist.end", Subject: fmt.Sprintf("wait:%d", id), Hospital: int64(w.Hospital),
			Before: map[string]any{"status": StillWaiting}, After: map[string]any{"status": WaitEnded}, Note: note,
		})
	})
}

// endWait ends a wish that waits, and tells who waited; false when it does not wait any more.
func (s *Store) endWait(ctx context.Context, tx *sqlx.Tx, w Waiting) (bool, error) {
	done, err := waitTo(ctx, tx, w.ID, StillWaiting, WaitEnded, s.clock())
	if f, ok := s.follow.(WaitlistFollower); ok && err == nil && done {
		err = f.WaitEnded(ctx, tx, w)
	}
	return done, err
}
