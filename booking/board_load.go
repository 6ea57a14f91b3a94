package booking

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
)

// board reads a hospital's schedules as far as changes concern them. Within the transaction that applies them their rows are locked already.
func (s *Store) board(ctx context.Context, q queryer, hospital HospitalID, changes []ScheduleChange, note string) (*board, error) {
	b, err := s.emptyBoard(ctx, q, hospital, note)
	if err != nil {
		return nil, err
	}
	doctors, dates := b.scope(changes)
	return b, b.load(ctx, q, doctors, dates)
}

func (s *Store) emptyBoard(ctx context.Context, q queryer, hospital HospitalID, note string) (*board, error) {
	d, err := s.directoryFor(ctx, q)
	if err != nil {
		return nil, err
	}
	if _, err := found(d.hospital, hospital); err != nil {
		return nil, err
	}
	b := &board{
		d: d, hospital: hospital, now: s.clock(), zone: d.zone(hospital), note: note,
		orig: map[HalfKey]*HalfDay{}, half: map[HalfKey]*HalfDay{}, stops: map[HalfKey]bool{}, decided: map[HalfKey]bool{},
	}
	b.today = DateOf(b.now, b.zone)
	b.last = d.rolledUntil(hospital, b.today)
	if b.were, err = readWeek(ctx, q, hospital); err != nil {
		return nil, err
	}
	b.rules = b.were.clone()
	return b, nil
}

// scope is whose half-days, and of which days, changes are about.
func (b *board) scope(changes []ScheduleChange) (doctors map[DoctorID]bool, dates map[Date]bool) {
	doctors, dates = map[DoctorID]bool{}, map[Date]bool{}
	for _, c := range changes {
		switch ref, single := c.clinic(); {
		case single:
			doctors[ref.Doctor] = true
		case c.Template != nil:
			doctors[c.Template.Doctor] = true
		case c.Day != nil:
			dates[c.Day.Date] = true
		case c.Leave != nil:
			doctors[c.Leave.Doctor], doctors[c.Leave.Substitute] = true, true
		}
		for _, t := range b.were.templates {
			if c.EndTemplate != nil && c.EndTemplate.ID == t.ID {
				doctors[t.Doctor] = true
			}
		}
		for _, l := range b.were.leaves {
			if c.EndLeave != nil && c.EndLeave.ID == l.ID {
				doctors[l.Doctor], doctors[l.Substitute] = true, true
			}
		}
	}
	for _, l := range b.were.leaves { // what changes for a doctor may change for who stands in
		if doctors[l.Doctor] {
			doctors[l.Substitute] = true
		}
	}
	return doctors, dates
}

// load reads the half-days from today on.
func (b *board) load(ctx context.Context, q queryer, doctors map[DoctorID]bool, dates map[Date]bool) error {
	if len(doctors)+len(dates) == 0 {
		return nil
	}
	doctors[0] = true // IN needs one; nobody has it
	query, args, err := sqlx.In(`SELECT `+halfColumns+` FROM schedules c WHERE c.hospital_id = ? AND c.visit_date >= ? AND (c.doctor_id IN (?) OR c.visit_date IN (?))`,
		b.hospital, b.today, slices.Collect(maps.Keys(doctors)), append(slices.Collect(maps.Keys(dates)), "1000-01-01"))
	if err != nil {
		return fmt.Errorf("write the query for half-days: %w", err)
	}
	list, err := readHalfDays(ctx, q, query, args)
	if err != nil {
		return err
	}
	for _, h := range list {
		b.orig[h.HalfKey], b.half[h.HalfKey] = h, h.clone()
	}
	return nil
}

const halfColumns = `c.id, c.version, c.hospital_id AS hospital, c.department_id AS department, c.doctor_id AS doctor, c.visit_date AS date, c.period, c.kind, c.fee, c.room,
	c.status, COALESCE(c.stop_note, '') AS note, c.manual, c.allocation, c.change_set_id AS 'set', c.taken`

// readHalfDays reads schedules with their slots and who is in them.
func readHalfDays(ctx context.Context, q queryer, query string, args []any) ([]*HalfDay, error) {
	var list []*HalfDay
	if err := q.SelectContext(ctx, &list, query, args...); err != nil {
		return nil, fmt.Errorf("read the half-days: %w", err)
	}
	for part := range slices.Chunk(list, rowsPerStatement) {
		if err := readSlots(ctx, q, part); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func readSlots(ctx context.Context, q queryer, list []*HalfDay) error {
	byID := map[ScheduleID]*HalfDay{}
	for _, h := range list {
		byID[h.ID] = h
	}
	ids := slices.Collect(maps.Keys(byID))
	var slots []struct {
		HalfSlot
		ID       SlotID
		Schedule ScheduleID
	}
	err := selectIn(ctx, q, &slots, `SELECT s.id, s.schedule_id AS schedule, s.starts_at AS startsat, s.ends_at AS endsat, s.first_seq AS firstseq, s.capacity, s.taken, s.issued
		FROM slots s WHERE s.schedule_id IN (?) ORDER BY s.starts_at, s.id`, ids)
	if err != nil {
		return fmt.Errorf("read the slots of half-days: %w", err)
	}
	var had []struct {
		Slot    SlotID
		Highest int
	}
	err = selectIn(ctx, q, &had, "SELECT a.slot_id AS slot, MAX(CASE WHEN a.active = 1 THEN a.seq ELSE 0 END) AS highest FROM appointments a WHERE a.schedule_id IN (?) GROUP BY a.slot_id", ids)
	if err != nil {
		return fmt.Errorf("read who is in half-days: %w", err)
	}
	highest := map[SlotID]int{}
	for _, row := range had {
		highest[row.Slot] = row.Highest
	}
	for _, row := range slots {
		h, slot := byID[row.Schedule], row.HalfSlot
		slot.Highest, slot.Used = highest[row.ID], false
		if _, used := highest[row.ID]; used {
			slot.Used, h.Used = true, true
		}
		if slot.FirstSeq >= extraSeq {
			h.ExtraAt = slot.StartsAt
			continue
		}
		slot.StartsAt, slot.EndsAt = slot.StartsAt.UTC(), slot.EndsAt.UTC()
		h.Slots = append(h.Slots, slot)
	}
	return nil
}

// selectIn is a query with one list of IDs.
func selectIn(ctx context.Context, q queryer, to any, query string, ids any) error {
	query, args, err := sqlx.In(query, ids)
	if err != nil {
		return err
	}
	return q.SelectContext(ctx, to, query, args...)
}

// HalfDay gives a half-day as change sets see it, or ErrNotFound.
func (s *Store) HalfDay(ctx context.Context, k HalfKey) (HalfDay, error) {
	list, err := readHalfDays(ctx, s.db, "SELECT "+halfColumns+" FROM schedules c WHERE c.doctor_id = ? AND c.visit_date = ? AND c.period = ?", []any{k.Doctor, k.Date, k.Period})
	if err != nil {
		return HalfDay{}, err
	}
	if len(list) == 0 {
		return HalfDay{}, ErrNotFound
	}
	return *list[0], nil
}

// HalfDays lists the half-days of some doctors in some days, by day and half.
func (s *Store) HalfDays(ctx context.Context, doctors []DoctorID, first, last Date) ([]HalfDay, error) {
	query, args, err := sqlx.In("SELECT "+halfColumns+" FROM schedules c WHERE c.doctor_id IN (?) AND c.visit_date BETWEEN ? AND ?", append(doctors, 0), first, last)
	if err != nil {
		return nil, fmt.Errorf("write the query for half-days: %w", err)
	}
	read, err := readHalfDays(ctx, s.db, query, args)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(read, func(a, b *HalfDay) int { return byKey(a.HalfKey, b.HalfKey) })
	list := make([]HalfDay, len(read))
	for i, h := range read {
		list[i] = *h
	}
	return list, nil
}
