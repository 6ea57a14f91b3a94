package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/money"
)

// places are a locked schedule, and of its slots those that a batch wants. They are counted on while numbers are given.
type places struct {
	schedule Schedule // its counts, status and fee
	slots    map[SlotID]*batchPlace
}

// batchPlace is a locked slot.
type batchPlace struct {
	slot        Slot
	issued      int // how many of the slot's numbers, from the first on, were ever given
	rule        ReturnRule
	cooling     []Cooled
	more        int   // places that this batch has given
	unavailable []int // the numbers that are taken or cooling, in order, once they had to be read
	read        bool
}

// lockPlaces locks the schedule and then its slots in their order, whatever the optimizer thinks: it is the order of everybody.
func lockPlaces(ctx context.Context, tx *sqlx.Tx, holds []*hold, rule ReturnRule, now time.Time) (*places, error) {
	slots := make([]SlotID, len(holds))
	for i, h := range holds {
		slots[i] = h.Slot
	}
	slices.Sort(slots)
	slots = slices.Compact(slots)
	schedule := holds[0].schedule.ID
	query, args, err := sqlx.In(`SELECT c.status, c.fee, c.capacity AS 'schedule.capacity', c.taken AS 'schedule.taken', s.id, s.first_seq AS 'first', s.capacity, s.taken, s.issued
		FROM schedules c STRAIGHT_JOIN slots s FORCE INDEX (PRIMARY) ON s.schedule_id = c.id
		WHERE c.id = ? AND s.id IN (?) ORDER BY s.id FOR UPDATE`, schedule, slots)
	if err != nil {
		return nil, fmt.Errorf("write the query that locks the slots: %w", err)
	}
	var rows []struct {
		Status          ScheduleStatus
		Fee             money.Fen
		Schedule        struct{ Capacity, Taken int }
		ID              SlotID
		First, Capacity int
		Taken, Issued   int
	}
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("lock the slots: %w", err)
	}
	cooling := map[SlotID][]Cooled{}
	if rule.Enter == Cooling {
		if cooling, err = coolingIn(ctx, tx, now, slots); err != nil {
			return nil, err
		}
	}
	locked := &places{slots: map[SlotID]*batchPlace{}}
	for _, row := range rows {
		locked.schedule = Schedule{ID: schedule, Status: row.Status, Fee: row.Fee, Capacity: row.Schedule.Capacity, Taken: row.Schedule.Taken}
		locked.slots[row.ID] = &batchPlace{
			slot:   Slot{ID: row.ID, Schedule: schedule, FirstSeq: row.First, Capacity: row.Capacity, Taken: row.Taken},
			issued: row.Issued, rule: rule, cooling: cooling[row.ID],
		}
	}
	return locked, nil
}

// next gives the number that is sold next, none that is cooling. As long as none was returned, no row of an appointment has to
// be read.
func (p *batchPlace) next(ctx context.Context, tx *sqlx.Tx) (int, bool, error) {
	if p.slot.Free() == 0 {
		return 0, false, nil
	}
	if p.issued == p.slot.Taken || (p.rule.Enter == AtTail && p.issued < p.slot.Capacity) {
		return p.slot.FirstSeq + p.issued, true, nil
	}
	if !p.read {
		taken, err := takenNumbers(ctx, tx, p.slot.ID)
		if err != nil {
			return 0, false, err
		}
		for _, back := range p.cooling {
			taken = append(taken, back.Seq)
		}
		slices.Sort(taken)
		p.unavailable, p.read = taken, true
	}
	seq, free := p.rule.pick(p.slot, p.issued, p.unavailable)
	return seq, free, nil
}

// give counts a number as taken.
func (p *batchPlace) give(seq int) {
	p.more++
	p.slot.Taken++
	p.issued = max(p.issued, seq-p.slot.FirstSeq+1)
	if p.read {
		at, _ := slices.BinarySearch(p.unavailable, seq)
		p.unavailable = slices.Insert(p.unavailable, at, seq)
	}
}

// count writes the counts of the places that were given: once for each slot and once for the schedule. It refuses what
// would not fit.
func (locked *places) count(ctx context.Context, tx *sqlx.Tx) error {
	list := slices.SortedFunc(maps.Values(locked.slots), func(a, b *batchPlace) int { return cmp.Compare(a.slot.ID, b.slot.ID) })
	list = slices.DeleteFunc(list, func(p *batchPlace) bool { return p.more == 0 })
	if len(list) == 1 {
		p := list[0]
		return counted(tx.ExecContext(ctx, `UPDATE schedules c JOIN slots s ON s.schedule_id = c.id
			SET c.taken = c.taken + ?, s.taken = s.taken + ?, s.issued = GREATEST(s.issued, ?)
			WHERE c.id = ? AND s.id = ? AND s.taken + ? <= s.capacity`, p.more, p.more, p.issued, locked.schedule.ID, p.slot.ID, p.more))
	}
	var more, issued, ids []any
	total := 0
	for _, p := range list {
		more, issued, ids = append(more, p.slot.ID, p.more), append(issued, p.slot.ID, p.issued), append(ids, p.slot.ID)
		total += p.more
	}
	bySlot := "CASE id" + strings.Repeat(" WHEN ? THEN ?", len(list)) + " END"
	statement := "UPDATE slots SET taken = taken + " + bySlot + ", issued = GREATEST(issued, " + bySlot + ") WHERE id IN (?" +
		strings.Repeat(", ?", len(list)-1) + ")"
	result, err := tx.ExecContext(ctx, statement, slices.Concat(more, issued, ids)...)
	if err != nil {
		return fmt.Errorf("count the places: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(len(list)) {
		return errors.New("the counts of the slots could not be written")
	}
	return counted(tx.ExecContext(ctx, "UPDATE schedules SET taken = taken + ? WHERE id = ?", total, locked.schedule.ID))
}
