package booking

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

const changeSetColumns = `c.id, c.hospital_id AS hospital, c.department_id AS department, c.status, c.note, c.made_by AS 'made.by', c.made_at AS 'made.at',
	c.applied_by AS 'applied.by', c.undone_by AS 'undone.by', c.applied_at AS appliedat, c.undone_at AS undoneat, c.added, c.removed, c.affected, JSON_LENGTH(c.changes) AS size`

type changeSetRow struct {
	ChangeSet
	AppliedAt, UndoneAt sql.NullTime
}

func (r changeSetRow) set() ChangeSet {
	r.ChangeSet.Applied.At, r.ChangeSet.Undone.At = r.AppliedAt.Time, r.UndoneAt.Time
	return r.ChangeSet
}

func readChangeSet(ctx context.Context, q queryer, id ChangeSetID, lock string) (ChangeSet, error) {
	var row struct {
		changeSetRow
		Text []byte
	}
	if err := q.GetContext(ctx, &row, "SELECT "+changeSetColumns+", c.changes AS text FROM change_sets c WHERE c.id = ?"+lock, id); err != nil {
		return ChangeSet{}, notFound(err, "read the change set")
	}
	set := row.set()
	if err := json.Unmarshal(row.Text, &set.Changes); err != nil {
		return set, fmt.Errorf("read the changes of set %d: %w", id, err)
	}
	return set, nil
}

// ChangeSetQuery chooses among change sets. Without a status it chooses what was applied, undone again or not.
type ChangeSetQuery struct {
	Reach    Reach
	Hospital HospitalID
	Status   ChangeSetStatus
	Offset   int
	Limit    int
}

// ChangeSets lists change sets with the first of their changes, the newest first, and how many there are.
func (s *Store) ChangeSets(ctx context.Context, q ChangeSetQuery) ([]ChangeSet, int, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	where, args, err := q.Reach.sql(d, "c")
	if err != nil {
		return nil, 0, err
	}
	if q.Hospital != 0 {
		where, args = where+" AND c.hospital_id = ?", append(args, q.Hospital)
	}
	if q.Status == "" {
		where += " AND c.status <> 'draft'"
	} else {
		where, args = where+" AND c.status = ?", append(args, q.Status)
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(c.id) FROM change_sets c WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the change sets: %w", err)
	}
	var rows []struct {
		changeSetRow
		Text []byte
	}
	err = s.db.SelectContext(ctx, &rows, "SELECT "+changeSetColumns+", JSON_EXTRACT(c.changes, '$[0]') AS text FROM change_sets c WHERE "+where+" ORDER BY c.id DESC LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("read the change sets: %w", err)
	}
	list := make([]ChangeSet, len(rows))
	for i, row := range rows {
		list[i] = row.set()
		list[i].Changes = make([]ScheduleChange, 1)
		if err := json.Unmarshal(row.Text, &list[i].Changes[0]); err != nil {
			return nil, 0, fmt.Errorf("read the first change of set %d: %w", list[i].ID, err)
		}
	}
	return list, total, nil
}

// subject names what an effect is about, for its row.
func (e Effect) subject() (kind string, id int64, before, after any) {
	switch {
	case e.Template != nil:
		return "template", int64(first(e.Template.After, e.Template.Before).ID), e.Template.Before, e.Template.After
	case e.Day != nil:
		return "day", first(e.Day.After, e.Day.Before).ID, e.Day.Before, e.Day.After
	case e.Leave != nil:
		return "leave", first(e.Leave.After, e.Leave.Before).ID, e.Leave.Before, e.Leave.After
	}
	return "clinic", int64(first(e.Clinic.After, e.Clinic.Before).ID), e.Clinic.Before, e.Clinic.After
}

func writeEffects(ctx context.Context, tx *sqlx.Tx, id ChangeSetID, effects []Effect) error {
	list := rows{into: "change_effects (change_set_id, line, subject, subject_id, before_state, after_state, to_stop)"}
	for i, e := range effects {
		kind, subject, before, after := e.subject()
		was, err := json.Marshal(before)
		if err != nil {
			return fmt.Errorf("write an effect: %w", err)
		}
		is, err := json.Marshal(after)
		if err != nil {
			return fmt.Errorf("write an effect: %w", err)
		}
		list.add(id, i, kind, subject, string(was), string(is), e.Stop)
	}
	return list.insert(ctx, tx)
}

func replaceEffects(ctx context.Context, tx *sqlx.Tx, id ChangeSetID, effects []Effect) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM change_effects WHERE change_set_id = ?", id); err != nil {
		return fmt.Errorf("replace the effects: %w", err)
	}
	return writeEffects(ctx, tx, id, effects)
}

type effectRow struct {
	Subject     string
	Was, Become []byte
	Stop        int
}

func readEffects(ctx context.Context, q queryer, id ChangeSetID) ([]Effect, error) {
	var rows []effectRow
	err := q.SelectContext(ctx, &rows, "SELECT subject, before_state AS was, after_state AS become, to_stop AS stop FROM change_effects WHERE change_set_id = ? ORDER BY line", id)
	if err != nil {
		return nil, fmt.Errorf("read the effects: %w", err)
	}
	list := make([]Effect, len(rows))
	for i, row := range rows {
		if list[i], err = row.effect(); err != nil {
			return nil, fmt.Errorf("read effect %d of change set %d: %w", i, id, err)
		}
	}
	return list, nil
}

func (r effectRow) effect() (e Effect, err error) {
	e.Stop = r.Stop != 0
	switch r.Subject {
	case "template":
		e.Template, err = pairOf[Template](r)
	case "day":
		e.Day, err = pairOf[CalendarDay](r)
	case "leave":
		e.Leave, err = pairOf[Leave](r)
	default:
		e.Clinic, err = pairOf[HalfDay](r)
	}
	return e, err
}

func pairOf[T any](r effectRow) (*Pair[T], error) {
	p := &Pair[T]{}
	if err := json.Unmarshal(r.Was, &p.Before); err != nil {
		return nil, err
	}
	return p, json.Unmarshal(r.Become, &p.After)
}

// ClinicChanges lists what change sets did to a half-day after it had a version, the oldest first: what somebody has not seen who looked at it then.
func (s *Store) ClinicChanges(ctx context.Context, id ScheduleID, since int) ([]Overtaken, error) {
	var rows []struct {
		effectRow
		Set ChangeSetID
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT e.subject, e.before_state AS was, e.after_state AS become, e.to_stop AS stop, e.change_set_id AS 'set' FROM change_effects e
		JOIN change_sets c ON c.id = e.change_set_id WHERE e.subject = 'clinic' AND e.subject_id = ? AND c.status <> 'draft' ORDER BY c.applied_at, c.id`, id)
	if err != nil {
		return nil, fmt.Errorf("read the changes of a half-day: %w", err)
	}
	var list []Overtaken
	for _, row := range rows {
		e, err := row.effect()
		if err != nil {
			return nil, err
		}
		if e.Clinic.After != nil && e.Clinic.After.Version > since {
			list = append(list, Overtaken{e, row.Set})
		}
	}
	return list, nil
}

// auditEntry is the change in the audit log: each half-day and rule as it was and is, in short.
func (b *board) auditEntry(action string, set ChangeSet, effects []Effect) audit.Entry {
	const most = 200
	before, after := map[string]any{}, map[string]any{}
	for i, e := range effects {
		if i == most {
			before["more"], after["more"] = len(effects)-most, len(effects)-most
			break
		}
		kind, id, was, is := e.subject()
		key := fmt.Sprintf("%s:%d", kind, id)
		if e.Clinic != nil {
			before[key], after[key] = e.Clinic.Before.short(b.zone), e.Clinic.After.short(b.zone)
			continue
		}
		before[key], after[key] = was, is
	}
	return audit.Entry{
		Action: action, Subject: fmt.Sprintf("change:%d", set.ID), Hospital: int64(set.Hospital), Before: before, After: after, Note: set.Note,
	}
}

// short says a half-day in one line.
func (h *HalfDay) short(zone *time.Location) any {
	if h == nil {
		return nil
	}
	var slots []string
	for _, s := range h.live() {
		slots = append(slots, fmt.Sprintf("%s×%d", s.StartsAt.In(zone).Format("15:04"), s.Capacity))
	}
	return fmt.Sprintf("doctor:%d %s %s %s %s %s %s: %s", h.Doctor, h.Date, h.Period, h.Status, h.Kind, h.Fee, h.Room, strings.Join(slots, " "))
}
