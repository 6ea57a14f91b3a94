package booking

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
	"guahao/internal/mysql"
)

// ChangeSetStatus says how far a change set is.
type ChangeSetStatus string

// The statuses of a change set.
const (
	Draft   ChangeSetStatus = "draft"   // shown as a preview; nothing of it has happened
	Applied ChangeSetStatus = "applied" // in force
	Undone  ChangeSetStatus = "undone"  // was in force, and was taken back
)

// ChangeSet is what staff change of schedules together (docs/design.md, Schedules): drafted, looked at, applied in one transaction, undone.
type ChangeSet struct {
	ID         ChangeSetID
	Hospital   HospitalID
	Department DepartmentID // of all that it changes; 0: of several, or of the hospital
	Status     ChangeSetStatus
	Changes    []ScheduleChange
	Size       int    // how many changes
	Note       string // for the patients of half-days that it stops
	Made       Deed
	Applied    Deed
	Undone     Deed
	Added      int // places
	Removed    int // places
	Affected   int // appointments of half-days that it stops
}

// Deed is who did something, and when; a zero time means that nobody has.
type Deed struct {
	By StaffID
	At time.Time
}

// ChangeRequest asks for a change set.
type ChangeRequest struct {
	By       StaffID
	Reach    Reach // where the member may change schedules
	Hospital HospitalID
	Changes  []ScheduleChange
	Note     string // for the patients of half-days that are stopped
	Key      string // names the request: asked again, it gives the same change set
}

// maxChanges is how many changes a set can have.
const maxChanges = 20_000

// Preview is what a change set does, or would do.
type Preview struct {
	Set       ChangeSet
	Effects   []Effect
	Kept      []Kept      // half-days that stay though a rule changes
	Problems  []Problem   // why it cannot be applied; then nothing of it is stored when it is drafted
	Overtaken []Overtaken // what others changed after it was drafted
}

// within refuses a member whose reach a change set is outside of.
func (c ChangeSet) within(reach Reach, d *directory) error {
	if reach.Whole(c.Hospital) || c.Department != 0 && reach.Covers(d.department[c.Department]) {
		return nil
	}
	return ErrNotFound
}

// DraftChanges works out what changes would do, and keeps them as a draft when they can be made. A draft changes nothing. With problems nothing is
// stored, and each problem names its change.
func (s *Store) DraftChanges(ctx context.Context, r ChangeRequest) (Preview, error) {
	if len(r.Changes) == 0 || len(r.Changes) > maxChanges {
		return Preview{}, refusef(CodeBadSchedule, "请给出 1 到 %d 条变更。", "Please give 1 to %d changes.", maxChanges)
	}
	r.Note = cut(r.Note, maxNote)
	var id ChangeSetID
	err := s.db.GetContext(ctx, &id, "SELECT id FROM change_sets WHERE made_by = ? AND request_key = ?", r.By, r.Key)
	if err == nil {
		return s.ChangeSet(ctx, r.Reach, id)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return Preview{}, fmt.Errorf("look for the change set: %w", err)
	}
	b, err := s.playedBoard(ctx, r)
	if err != nil {
		return Preview{}, err
	}
	p := b.preview(ChangeSet{Hospital: r.Hospital, Status: Draft, Changes: r.Changes, Size: len(r.Changes), Note: r.Note, Made: Deed{r.By, s.clock()}})
	if len(p.Problems) == 0 && len(p.Effects) == 0 {
		p.Problems = append(p.Problems, Problem{Change: -1, Code: CodeBadSchedule, Message: Text{"和现在的安排一样，没有改动。", "This is how it is already; nothing would change."}})
	}
	if len(p.Problems) == 0 {
		if err := p.Set.within(r.Reach, b.d); err != nil {
			return Preview{}, outOfReach(p.Set, r.Reach)
		}
		err = s.storeDraft(ctx, &p, r.Key)
		if mysql.IsDuplicate(err, "uk_change_sets_request") { // the same request was faster elsewhere
			return s.DraftChanges(ctx, r)
		}
	}
	return p, err
}

// CheckChanges tells what is wrong with changes, as DraftChanges does, and keeps nothing.
func (s *Store) CheckChanges(ctx context.Context, r ChangeRequest) ([]Problem, error) {
	b, err := s.playedBoard(ctx, r)
	if err != nil {
		return nil, err
	}
	return b.problems, nil
}

// playedBoard is a board with the changes of a request on it.
func (s *Store) playedBoard(ctx context.Context, r ChangeRequest) (*board, error) {
	b, err := s.board(ctx, s.db, r.Hospital, r.Changes, r.Note)
	if err == nil {
		b.play(r.Changes)
	}
	return b, err
}

// outOfReach tells somebody of a department that a set is about more than it; what lies elsewhere does not exist.
func outOfReach(c ChangeSet, reach Reach) error {
	if reach.Touches(c.Hospital) && c.Department == 0 {
		return refuse(CodeBadSchedule, "您只能改自己科室的安排，而且一次只改一个科室。", "You can change your own department only, one department at a time.")
	}
	return ErrNotFound
}

// preview is what the board says about a set.
func (b *board) preview(set ChangeSet) Preview {
	p := Preview{Set: set, Effects: b.effects(), Kept: b.kept, Problems: b.problems}
	p.Set.Added, p.Set.Removed, p.Set.Affected = 0, 0, 0
	departments := map[DepartmentID]bool{}
	for _, e := range p.Effects {
		departments[e.department()] = true
		if e.Clinic != nil {
			p.Set.Added += max(0, e.Clinic.After.Places()-e.Clinic.Before.Places())
			p.Set.Removed += max(0, e.Clinic.Before.Places()-e.Clinic.After.Places())
		}
		if e.Stop {
			p.Set.Affected += e.Clinic.Before.Taken
		}
		if e.Leave != nil {
			delete(departments, 0)
			departments[b.d.doctor[first(e.Leave.Before, e.Leave.After).Doctor].Department] = true
		}
	}
	if p.Set.Department = 0; len(departments) == 1 {
		for id := range departments {
			p.Set.Department = id
		}
	}
	return p
}

// department is where an effect is; 0 for the whole hospital.
func (e Effect) department() DepartmentID {
	switch {
	case e.Clinic != nil:
		return first(e.Clinic.Before, e.Clinic.After).Department
	case e.Template != nil:
		return first(e.Template.Before, e.Template.After).Department
	}
	return 0
}

func first[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

func (s *Store) storeDraft(ctx context.Context, p *Preview, key string) error {
	changes, err := json.Marshal(p.Set.Changes)
	if err != nil {
		return fmt.Errorf("write the changes: %w", err)
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		c := p.Set
		result, err := tx.ExecContext(ctx, `INSERT INTO change_sets (hospital_id, department_id, status, changes, note, request_key, made_by, made_at, added, removed, affected)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, c.Hospital, c.Department, c.Status, string(changes), c.Note, key, c.Made.By, c.Made.At, c.Added, c.Removed, c.Affected)
		if err != nil {
			return fmt.Errorf("store the change set: %w", err)
		}
		id, err := result.LastInsertId()
		p.Set.ID = ChangeSetID(id)
		if err != nil {
			return err
		}
		return writeEffects(ctx, tx, p.Set.ID, p.Effects)
	})
}

// ChangeSet gives a change set with what it did; for a draft, with what it would do now and what others changed since it was drafted.
func (s *Store) ChangeSet(ctx context.Context, reach Reach, id ChangeSetID) (Preview, error) {
	set, err := readChangeSet(ctx, s.db, id, "")
	if err != nil {
		return Preview{}, err
	}
	d, err := s.directory(ctx)
	if err == nil {
		err = set.within(reach, d)
	}
	if err != nil {
		return Preview{}, err
	}
	stored, err := readEffects(ctx, s.db, id)
	if err != nil || set.Status != Draft {
		return Preview{Set: set, Effects: stored}, err
	}
	b, err := s.board(ctx, s.db, set.Hospital, set.Changes, set.Note)
	if err != nil {
		return Preview{}, err
	}
	b.play(set.Changes)
	p := b.preview(set)
	p.Overtaken = b.overtaken(stored, p.Effects)
	return p, nil
}

// overtaken is what is another than when a draft was made: of what it was to change then, and of what it would change now.
func (b *board) overtaken(then, now []Effect) []Overtaken {
	var list []Overtaken
	for _, e := range append(slices.Clone(then), now...) {
		switch {
		case e.Clinic != nil:
			before := e.Clinic.Before
			is := b.orig[first(before, e.Clinic.After).HalfKey]
			if !before.same(is) || before != nil && before.Version != is.Version {
				o := Overtaken{Effect: Effect{Clinic: &Pair[HalfDay]{before, is}}}
				if is != nil {
					o.Set = is.Set
				}
				list = append(list, o)
			}
		case e.Template != nil && e.Template.Before != nil:
			if is := one(b.were.templates, func(t Template) bool { return t.ID == e.Template.Before.ID }); is == nil || !alike(*is, *e.Template.Before) {
				list = append(list, Overtaken{Effect: Effect{Template: &Pair[Template]{e.Template.Before, is}}})
			}
		case e.Leave != nil && e.Leave.Before != nil:
			if is := one(b.were.leaves, func(l Leave) bool { return l.ID == e.Leave.Before.ID }); is == nil || !alike(*is, *e.Leave.Before) {
				list = append(list, Overtaken{Effect: Effect{Leave: &Pair[Leave]{e.Leave.Before, is}}})
			}
		case e.Day != nil:
			is, there := b.were.days[first(e.Day.Before, e.Day.After).Date]
			if was := e.Day.Before; there != (was != nil) || was != nil && !alike(*was, is) {
				p := Pair[CalendarDay]{Before: was}
				if there {
					p.After = &is
				}
				list = append(list, Overtaken{Effect: Effect{Day: &p}})
			}
		}
	}
	return list
}

func one[T any](list []T, is func(T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return &list[i]
	}
	return nil
}

// ApplyChanges makes a draft true: in one transaction, all of it or nothing. Half-days with patients are stopped right after by StopSchedule, which
// tells them; FinishChanges goes on where that was cut short. Applying again what is applied changes nothing. When it cannot be applied, the
// preview says why, and the error is the first reason; when others have changed what it is about, the error is CodeOvertaken, what they did
// is in the preview, and applying it again, now that it was seen, goes by what is there now.
func (s *Store) ApplyChanges(ctx context.Context, by StaffID, reach Reach, id ChangeSetID) (Preview, error) {
	var p Preview
	var refused error
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		p, refused, err = s.applyTx(ctx, tx, by, reach, id)
		return err
	})
	if err != nil || refused != nil {
		return p, errors.Join(err, refused)
	}
	return p, s.finishSet(ctx, p.Set)
}

// applyTx applies under the locks. A refusal keeps the transaction: what was seen of others' changes is stored with the draft.
func (s *Store) applyTx(ctx context.Context, tx *sqlx.Tx, by StaffID, reach Reach, id ChangeSetID) (p Preview, refused, err error) {
	set, stored, err := s.lockSet(ctx, tx, reach, id)
	if err != nil || set.Status == Applied {
		return Preview{Set: set, Effects: stored}, nil, err
	}
	if set.Status == Undone {
		return Preview{Set: set, Effects: stored}, refuse(CodeWrongStatus, "这次变更已经撤销，不能再应用。请重新做一次变更。", "This change was undone and cannot be applied again. Please make a new one."), nil
	}
	b, err := s.lockedBoard(ctx, tx, set)
	if err != nil {
		return p, nil, err
	}
	p = b.preview(set)
	p.Overtaken = b.overtaken(stored, p.Effects)
	switch {
	case len(p.Overtaken) > 0:
		if err := replaceEffects(ctx, tx, id, p.Effects); err != nil {
			return p, nil, err
		}
		return p, refuse(CodeOvertaken, "这期间别人改过相关的安排，请先看看改了什么，再确认一次。", "Others have changed something meanwhile. Please look at what they changed, then confirm again."), nil
	case len(p.Problems) > 0:
		return p, &Error{Code: p.Problems[0].Code, Message: p.Problems[0].Message}, nil
	case len(p.Effects) == 0:
		return p, refuse(CodeBadSchedule, "和现在的安排一样，没有改动。", "This is how it is already; nothing would change."), nil
	}
	if err := s.writeAll(ctx, tx, b, p.Effects, id); err != nil {
		return p, nil, err
	}
	p.Set.Status, p.Set.Applied = Applied, Deed{by, s.clock()}
	_, err = tx.ExecContext(ctx, "UPDATE change_sets SET status = ?, applied_by = ?, applied_at = ?, department_id = ?, added = ?, removed = ?, affected = ? WHERE id = ?",
		Applied, by, p.Set.Applied.At, p.Set.Department, p.Set.Added, p.Set.Removed, p.Set.Affected, id)
	if err == nil {
		err = replaceEffects(ctx, tx, id, p.Effects)
	}
	if err != nil {
		return p, nil, err
	}
	return p, nil, audit.Write(ctx, s.Audit, tx, b.auditEntry("schedule.apply", p.Set, p.Effects))
}

// lockSet locks a change set and then its hospital's rules.
func (s *Store) lockSet(ctx context.Context, tx *sqlx.Tx, reach Reach, id ChangeSetID) (ChangeSet, []Effect, error) {
	set, err := readChangeSet(ctx, tx, id, " FOR UPDATE")
	if err != nil {
		return set, nil, err
	}
	d, err := s.directoryFor(ctx, tx)
	if err == nil {
		err = set.within(reach, d)
	}
	if err == nil {
		err = lockHospital(ctx, tx, set.Hospital)
	}
	if err != nil {
		return set, nil, err
	}
	stored, err := readEffects(ctx, tx, id)
	return set, stored, err
}

// lockedBoard plays a set on a board whose changed half-days are locked: it looks, locks what would change, and looks again.
func (s *Store) lockedBoard(ctx context.Context, tx *sqlx.Tx, set ChangeSet) (*board, error) {
	locked := map[ScheduleID]bool{}
	for {
		b, err := s.board(ctx, tx, set.Hospital, set.Changes, set.Note)
		if err != nil {
			return nil, err
		}
		b.play(set.Changes)
		more, err := lockHalfDays(ctx, tx, b.effects(), locked)
		if err != nil || !more {
			return b, err
		}
	}
}

// lockHalfDays locks the half-days of effects and their slots, in the order of everybody, and tells whether there were new ones.
func lockHalfDays(ctx context.Context, tx *sqlx.Tx, effects []Effect, locked map[ScheduleID]bool) (bool, error) {
	var ids []ScheduleID
	for _, e := range effects {
		if e.Clinic != nil && e.Clinic.Before != nil && !locked[e.Clinic.Before.ID] {
			ids = append(ids, e.Clinic.Before.ID)
			locked[e.Clinic.Before.ID] = true
		}
	}
	slices.Sort(ids)
	for part := range slices.Chunk(ids, rowsPerStatement) {
		var got []int64
		if err := selectIn(ctx, tx, &got, "SELECT id FROM schedules WHERE id IN (?) ORDER BY id FOR UPDATE", part); err != nil {
			return false, fmt.Errorf("lock the schedules: %w", err)
		}
	}
	for part := range slices.Chunk(ids, rowsPerStatement) {
		var got []int64
		if err := selectIn(ctx, tx, &got, "SELECT id FROM slots WHERE schedule_id IN (?) ORDER BY schedule_id, id FOR UPDATE", part); err != nil {
			return false, fmt.Errorf("lock the slots: %w", err)
		}
	}
	return len(ids) > 0, nil
}
