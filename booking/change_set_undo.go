package booking

import (
	"context"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// UndoChanges takes an applied change set back, all of it or nothing: every half-day and rule becomes what it was. It refuses, and says why, when
// patients have been told of a stop, when somebody has booked what would be gone, and when others have changed the same since. Undoing again changes
// nothing.
func (s *Store) UndoChanges(ctx context.Context, by StaffID, reach Reach, id ChangeSetID) (Preview, error) {
	var p Preview
	var refused error
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		p, refused, err = s.undoTx(ctx, tx, by, reach, id)
		return err
	})
	if err == nil && refused == nil {
		d, failed := s.directory(ctx)
		if failed == nil { // what was never made while the change was in force
			failed = s.rollHospital(ctx, d, p.Set.Hospital)
		}
		err = failed
	}
	return p, errors.Join(err, refused)
}

func (s *Store) undoTx(ctx context.Context, tx *sqlx.Tx, by StaffID, reach Reach, id ChangeSetID) (p Preview, refused, err error) {
	set, stored, err := s.lockSet(ctx, tx, reach, id)
	p = Preview{Set: set, Effects: stored}
	if err != nil || set.Status == Undone {
		return p, nil, err
	}
	if set.Status != Applied {
		return p, refuse(CodeWrongStatus, "这次变更还没有应用，不需要撤销。", "This change was not applied; there is nothing to undo."), nil
	}
	b, err := s.emptyBoard(ctx, tx, set.Hospital, set.Note)
	if err != nil {
		return p, nil, err
	}
	doctors, dates := undoScope(b, stored)
	locked := map[ScheduleID]bool{}
	for more := true; more; {
		if b, err = s.emptyBoard(ctx, tx, set.Hospital, set.Note); err != nil {
			return p, nil, err
		}
		if err := b.load(ctx, tx, doctors, dates); err != nil {
			return p, nil, err
		}
		b.playBack(stored)
		if more, err = lockHalfDays(ctx, tx, b.effects(), locked); err != nil {
			return p, nil, err
		}
	}
	effects := b.effects()
	if len(b.problems) > 0 {
		p.Problems = b.problems
		return p, &Error{Code: b.problems[0].Code, Message: b.problems[0].Message}, nil
	}
	if err := s.writeAll(ctx, tx, b, effects, id); err != nil {
		return p, nil, err
	}
	p.Set.Status, p.Set.Undone = Undone, Deed{by, s.clock()}
	if _, err := tx.ExecContext(ctx, "UPDATE change_sets SET status = ?, undone_by = ?, undone_at = ? WHERE id = ?", Undone, by, p.Set.Undone.At, id); err != nil {
		return p, nil, err
	}
	return p, nil, audit.Write(ctx, s.Audit, tx, b.auditEntry("schedule.undo", p.Set, effects))
}

// undoScope is whose half-days, and of which days, undoing is about.
func undoScope(b *board, effects []Effect) (map[DoctorID]bool, map[Date]bool) {
	var changes []ScheduleChange
	for _, e := range effects {
		switch {
		case e.Clinic != nil:
			changes = append(changes, ScheduleChange{Cancel: &ClinicRef{HalfKey: first(e.Clinic.Before, e.Clinic.After).HalfKey}})
		case e.Template != nil:
			changes = append(changes, ScheduleChange{Template: first(e.Template.Before, e.Template.After)})
		case e.Day != nil:
			changes = append(changes, ScheduleChange{Day: first(e.Day.Before, e.Day.After)})
		case e.Leave != nil:
			changes = append(changes, ScheduleChange{Leave: first(e.Leave.Before, e.Leave.After)})
		}
	}
	return b.scope(changes)
}

// playBack puts the inverse of effects on the board: half-days as they were, rules as they were, and what was made by the rules since.
func (b *board) playBack(effects []Effect) {
	for _, e := range effects {
		if e.Stop {
			b.wrong(-1, refusef(CodeInTheWay, "已有 %d 位患者收到停诊通知，不能撤销。医生如果能出诊，请对那半天“恢复出诊”。",
				"%d patient(s) have been told that the clinic is stopped, so it cannot be undone. If the doctor comes after all, reopen that half-day.", e.Clinic.Before.Taken),
				e.Clinic.Before.HalfKey)
			return
		}
	}
	for _, e := range effects {
		if e.Clinic == nil {
			b.wrong(-1, b.ruleBack(e), HalfKey{})
		} else {
			k := first(e.Clinic.Before, e.Clinic.After).HalfKey
			b.decided[k] = true
			b.wrong(-1, b.clinicBack(k, e.Clinic.reversed()), k)
		}
	}
	b.settle()
	if len(b.stops) > 0 {
		for k := range b.stops {
			b.wrong(-1, &inTheWay{slot: HalfSlot{Taken: b.orig[k].Taken}}, k)
		}
	}
	b.collisions()
}

// laterChange says that something was changed again after the change that is to be undone.
func laterChange() error {
	return refuse(CodeOvertaken, "之后又有人改过，不能直接撤销。请先撤销后来的变更，或另做一次变更。",
		"It was changed again afterwards, so this cannot be undone as it is. Undo the later change first, or make a new one.")
}

// clinicBack makes one half-day what it was: p is the inverse.
func (b *board) clinicBack(k HalfKey, p Pair[HalfDay]) error {
	cur := b.half[k]
	if first(p.Before, p.After) != nil && k.Date < b.today {
		return badf("%s 已经过去，不能撤销。", "%s is over; it cannot be undone.", k.Date)
	}
	if !cur.same(p.Before) {
		return laterChange()
	}
	if cur != nil && b.over(cur) && cur.Taken > 0 {
		return refuse(CodeTooLate, "这半天的门诊已经结束，不能撤销。", "This clinic is over; this cannot be undone any more.")
	}
	if err := cur.allows(p.After); err != nil {
		return err
	}
	switch {
	case p.After != nil && cur != nil:
		b.half[k] = cur.becoming(p.After)
		b.half[k].Taken = cur.Taken
	case p.After != nil:
		b.half[k] = p.After.clone()
		b.half[k].Taken, b.half[k].Used = 0, false
	case cur.Used: // somebody had an appointment there: its row stays
		b.half[k] = cur.stopped(b.note)
	default:
		delete(b.half, k)
	}
	return nil
}

// ruleBack makes one rule what it was.
func (b *board) ruleBack(e Effect) (err error) {
	switch {
	case e.Template != nil:
		b.rules.templates, err = back(b.rules.templates, e.Template.reversed(), func(t Template) TemplateID { return t.ID }, func(t *Template, version int) { t.Version = version }, func(t Template) int { return t.Version })
	case e.Leave != nil:
		b.rules.leaves, err = back(b.rules.leaves, e.Leave.reversed(), func(l Leave) int64 { return l.ID }, func(l *Leave, version int) { l.Version = version }, func(l Leave) int { return l.Version })
	default:
		err = b.dayBack(e.Day.reversed())
	}
	return err
}

// back makes one rule of a list what the pair says.
func back[T any, K comparable](list []T, p Pair[T], key func(T) K, set func(*T, int), version func(T) int) ([]T, error) {
	about := key(*first(p.Before, p.After))
	at := slices.IndexFunc(list, func(v T) bool { return key(v) == about })
	if (at >= 0) != (p.Before != nil) || at >= 0 && !alike(list[at], *p.Before) {
		return list, laterChange()
	}
	switch {
	case p.After == nil:
		return slices.Delete(list, at, at+1), nil
	case at < 0:
		return append(list, *p.After), nil
	}
	next := *p.After
	set(&next, version(list[at])+1)
	list[at] = next
	return list, nil
}

func (b *board) dayBack(p Pair[CalendarDay]) error {
	is := b.rules.days[p.Before.Date]
	is.ID = p.Before.ID
	if !alike(is, *p.Before) {
		return laterChange()
	}
	if p.After == nil {
		delete(b.rules.days, p.Before.Date)
	} else {
		b.rules.days[p.Before.Date] = *p.After
	}
	return nil
}
