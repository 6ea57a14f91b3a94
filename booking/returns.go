package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// recordReturn writes that a place came back, and when it may be sold again by the rules of today. What a stopped clinic gives
// back is not sold again, and what staff added beyond the schedule neither.
func (s *Store) recordReturn(ctx context.Context, tx *sqlx.Tx, c Change) error {
	a := c.Appointment
	if c.Reason == ByClinic || a.Extra() {
		return nil
	}
	d, err := s.directoryFor(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO place_returns (appointment_id, version, hospital_id, schedule_id, slot_id, seq, user_id, kind, returned_at, opens_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Version, a.Hospital, a.Schedule, a.Slot, a.Seq, a.User, c.returnKind(), c.At, d.current[a.Hospital].Returns.OpensAt(c.At))
	if err != nil {
		return fmt.Errorf("write the returned place: %w", err)
	}
	return nil
}

func (c Change) returnKind() ReturnKind {
	switch {
	case c.From == Offered: // who says no to an offer, or nothing, has not booked
		return ReturnMoved
	case c.Reason == ByPatient && c.From == Booked:
		return ReturnCancelled
	case c.From == Held && (c.Reason == ByPatient || c.Reason == ByDeadline):
		return ReturnUnpaid
	}
	return ReturnMoved
}

// forgetReturn takes back that a hold ran out: its payment was on the way.
func forgetReturn(ctx context.Context, tx *sqlx.Tx, id AppointmentID) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM place_returns WHERE appointment_id = ?", id); err != nil {
		return fmt.Errorf("forget the returned place: %w", err)
	}
	return nil
}

// coolingOf reads which numbers of a slot came back and may not be sold yet: those that nobody has meanwhile. Its answer is
// true while the slot is locked. Without a cooling time it asks nothing.
func coolingOf(ctx context.Context, q queryer, rule ReturnRule, now time.Time, slot SlotID) ([]Cooled, error) {
	if rule.Enter != Cooling {
		return nil, nil
	}
	all, err := coolingIn(ctx, q, now, []SlotID{slot})
	return all[slot], err
}

// coolingIn is coolingOf for several slots, for those who know that their hospitals have a cooling time.
func coolingIn(ctx context.Context, q queryer, now time.Time, slots []SlotID) (map[SlotID][]Cooled, error) {
	query, args, err := sqlx.In(`SELECT r.slot_id AS slot, r.seq, MAX(r.opens_at) AS opensat FROM place_returns r
		LEFT JOIN appointments a ON a.slot_id = r.slot_id AND a.seq = r.seq AND a.active = 1
		WHERE r.slot_id IN (?) AND r.opens_at > ? AND a.id IS NULL GROUP BY r.slot_id, r.seq`, slots, now)
	if err != nil {
		return nil, fmt.Errorf("write the query for cooling places: %w", err)
	}
	var rows []struct {
		Cooled
		Slot SlotID
	}
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read the cooling places: %w", err)
	}
	all := map[SlotID][]Cooled{}
	for _, row := range rows {
		all[row.Slot] = append(all[row.Slot], row.Cooled)
	}
	return all, nil
}

// coverSlots counts places that are cooling as taken, for those who look at what is free.
func (s *Store) coverSlots(ctx context.Context, d *directory, hospital HospitalID, slots []Slot) error {
	if d.current[hospital].Returns.Enter != Cooling || len(slots) == 0 {
		return nil
	}
	ids := make([]SlotID, len(slots))
	for i, slot := range slots {
		ids[i] = slot.ID
	}
	cooling, err := coolingIn(ctx, s.db, s.clock(), ids)
	if err != nil {
		return err
	}
	for i, slot := range slots {
		slots[i].Taken = min(slot.Capacity, slot.Taken+len(cooling[slot.ID]))
	}
	return nil
}

// coverSchedules is coverSlots for whole half-days.
func (s *Store) coverSchedules(ctx context.Context, d *directory, hospital HospitalID, schedules []Schedule) error {
	if d.current[hospital].Returns.Enter != Cooling || len(schedules) == 0 {
		return nil
	}
	ids := make([]ScheduleID, len(schedules))
	for i, c := range schedules {
		ids[i] = c.ID
	}
	query, args, err := sqlx.In(`SELECT r.schedule_id AS schedule, COUNT(DISTINCT r.seq) AS n FROM place_returns r
		LEFT JOIN appointments a ON a.slot_id = r.slot_id AND a.seq = r.seq AND a.active = 1
		WHERE r.schedule_id IN (?) AND r.opens_at > ? AND a.id IS NULL GROUP BY r.schedule_id`, ids, s.clock())
	if err != nil {
		return fmt.Errorf("write the query for cooling places: %w", err)
	}
	var rows []struct {
		Schedule ScheduleID
		N        int
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read the cooling places: %w", err)
	}
	count := map[ScheduleID]int{}
	for _, row := range rows {
		count[row.Schedule] = row.N
	}
	for i, c := range schedules {
		schedules[i].Taken = min(c.Capacity, c.Taken+count[c.ID])
	}
	return nil
}
