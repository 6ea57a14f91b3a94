package booking

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// places are the locked slots that a batch wants.
type places map[SlotID]*batchPlace

// batchPlace is a locked slot. It is counted on while numbers of it are given.
type batchPlace struct {
	schedule    *Schedule // shared by its slots
	slot        Slot
	issued      int // how many of the slot's numbers, from the first on, were ever given
	rule        ReturnRule
	cooling     []Cooled
	more        int   // places that this batch has given
	unavailable []int // the numbers that are taken or cooling, in order, once they had to be read
	read        bool
}

// lockedPlace is the row of a locked slot and its schedule.
type lockedPlace struct {
	placeRow
	Issued int
}

// lockPlaces locks the schedules in their order, each with its slots, whatever the optimizer thinks: it is the order of everybody.
func (s *Store) lockPlaces(ctx context.Context, tx *sqlx.Tx, d *directory, holds []*hold, now time.Time) (places, error) {
	schedules, slots := make([]ScheduleID, len(holds)), make([]SlotID, len(holds))
	for i, h := range holds {
		schedules[i], slots[i] = h.schedule.ID, h.Slot
	}
	slices.Sort(schedules)
	slices.Sort(slots)
	query, args, err := sqlx.In(`SELECT `+clinicColumns+`, s.issued
		FROM schedules c FORCE INDEX (PRIMARY) STRAIGHT_JOIN slots s FORCE INDEX (uk_slots) ON s.schedule_id = c.id
		WHERE c.id IN (?) AND s.id IN (?) ORDER BY c.id`+s.forUpdate, slices.Compact(schedules), slices.Compact(slots))
	if err != nil {
		return nil, fmt.Errorf("write the query that locks the slots: %w", err)
	}
	var rows []lockedPlace
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("lock the slots: %w", err)
	}
	cooling, err := coolingOfLocked(ctx, tx, d, rows, now)
	if err != nil {
		return nil, err
	}
	locked, known := places{}, map[ScheduleID]*Schedule{}
	for _, row := range rows {
		c := known[row.Schedule.ID]
		if c == nil {
			c = &row.Schedule
			known[c.ID] = c
		}
		locked[row.Slot.ID] = &batchPlace{schedule: c, slot: row.Slot, issued: row.Issued, rule: d.current[c.Hospital].Returns, cooling: cooling[row.Slot.ID]}
	}
	return locked, nil
}

// coolingOfLocked reads which numbers of locked slots are cooling, where some were returned and the hospital has such a rule.
func coolingOfLocked(ctx context.Context, tx *sqlx.Tx, d *directory, rows []lockedPlace, now time.Time) (map[SlotID][]Cooled, error) {
	var slots []SlotID
	for _, row := range rows {
		if row.Issued != row.Slot.Taken && d.current[row.Schedule.Hospital].Returns.Enter == Cooling {
			slots = append(slots, row.Slot.ID)
		}
	}
	if len(slots) == 0 {
		return nil, nil
	}
	return coolingIn(ctx, tx, now, slots)
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
	p.schedule.Taken++
	p.issued = max(p.issued, seq-p.slot.FirstSeq+1)
	if p.read {
		at, _ := slices.BinarySearch(p.unavailable, seq)
		p.unavailable = slices.Insert(p.unavailable, at, seq)
	}
}

// count writes the counts of the places that were given: once for each slot and once for each schedule. It refuses what
// would not fit.
func (locked places) count(ctx context.Context, tx *sqlx.Tx) error {
	list := slices.SortedFunc(maps.Values(locked), func(a, b *batchPlace) int { return cmp.Compare(a.slot.ID, b.slot.ID) })
	list = slices.DeleteFunc(list, func(p *batchPlace) bool { return p.more == 0 })
	more, issued, bySchedule := cases{}, cases{}, cases{}
	for _, p := range list {
		more.add(int64(p.slot.ID), p.more)
		issued.add(int64(p.slot.ID), p.issued)
		bySchedule.add(int64(p.schedule.ID), p.more)
	}
	if len(bySchedule.ids) == 1 {
		return countOne(ctx, tx, list[0].schedule.ID, &more, &issued)
	}
	err := updateAll(ctx, tx, "UPDATE slots SET taken = taken + "+more.text()+", issued = GREATEST(issued, "+issued.text()+
		") WHERE taken + "+more.text()+" <= capacity", &more, slices.Concat(more.args(), issued.args(), more.args()))
	if err != nil {
		return err
	}
	return updateAll(ctx, tx, "UPDATE schedules SET taken = taken + "+bySchedule.text()+
		" WHERE taken + "+bySchedule.text()+" <= capacity", &bySchedule, slices.Concat(bySchedule.args(), bySchedule.args()))
}

// countOne counts the places of one schedule, and of its slots, in one statement.
func countOne(ctx context.Context, tx *sqlx.Tx, schedule ScheduleID, more, issued *cases) error {
	total := 0
	for _, n := range more.values {
		total += n
	}
	more.column, issued.column = "s.id", "s.id"
	args := slices.Concat([]any{total}, more.args(), issued.args(), []any{schedule}, more.args())
	result, err := tx.ExecContext(ctx, "UPDATE schedules c JOIN slots s ON s.schedule_id = c.id SET c.taken = c.taken + ?, s.taken = s.taken + "+more.text()+
		", s.issued = GREATEST(s.issued, "+issued.text()+") WHERE c.id = ? AND s.taken + "+more.text()+
		" <= s.capacity AND s.id IN (?"+strings.Repeat(", ?", len(more.ids)-1)+")", more.andIDs(args)...)
	return countedAll(result, err, 1+len(more.ids))
}

// cases is what a column of each of some rows is changed by.
type cases struct {
	column string // "" is id
	ids    []int64
	values map[int64]int
}

func (c *cases) add(id int64, value int) {
	if c.values == nil {
		c.values = map[int64]int{}
	}
	if _, known := c.values[id]; !known {
		c.ids = append(c.ids, id)
	}
	c.values[id] += value
}

func (c *cases) text() string {
	return "CASE " + cmp.Or(c.column, "id") + strings.Repeat(" WHEN ? THEN ?", len(c.ids)) + " END"
}

func (c *cases) args() []any {
	var list []any
	for _, id := range c.ids {
		list = append(list, id, c.values[id])
	}
	return list
}

// updateAll runs an update of the rows of cases, to all of which its condition must apply.
func updateAll(ctx context.Context, tx *sqlx.Tx, set string, c *cases, args []any) error {
	result, err := tx.ExecContext(ctx, set+" AND id IN (?"+strings.Repeat(", ?", len(c.ids)-1)+")", c.andIDs(args)...)
	return countedAll(result, err, len(c.ids))
}

// andIDs adds the IDs of the rows to arguments.
func (c *cases) andIDs(args []any) []any {
	for _, id := range c.ids {
		args = append(args, id)
	}
	return args
}

func countedAll(result sql.Result, err error, want int) error {
	if err != nil {
		return fmt.Errorf("count the places: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(want) {
		return errors.New("the counts of the places could not be written")
	}
	return nil
}
