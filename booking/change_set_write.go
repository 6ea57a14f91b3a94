package booking

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// writeAll makes effects true, and puts the IDs of what is new into them.
func (s *Store) writeAll(ctx context.Context, tx *sqlx.Tx, b *board, effects []Effect, set ChangeSetID) error {
	var fresh []*HalfDay
	for _, e := range effects {
		if who := b.d.doctor[e.opensFor()]; who.Removed {
			return refusef(CodeBadSchedule, "医生 %s 已从目录中移除，不能再排班。", "Doctor %s was removed from the directory and can have no clinics.", who.Code)
		}
		var id int64
		var err error
		switch {
		case e.Template != nil:
			if id, err = writeTemplate(ctx, tx, *e.Template); err == nil && e.Template.After != nil {
				e.Template.After.ID = TemplateID(id)
			}
		case e.Leave != nil:
			if id, err = writeLeave(ctx, tx, *e.Leave); err == nil && e.Leave.After != nil {
				e.Leave.After.ID = id
			}
		case e.Day != nil:
			if id, err = writeDay(ctx, tx, b.hospital, *e.Day); err == nil && e.Day.After != nil && e.Day.After.Version > 0 {
				e.Day.After.ID = id
			}
		case e.Stop: // StopSchedule does it
		default:
			if e.Clinic.After != nil {
				e.Clinic.After.Set = set
			}
			if e.Clinic.Before == nil {
				fresh = append(fresh, e.Clinic.After)
			} else {
				err = s.writeHalfDay(ctx, tx, *e.Clinic, b.note)
			}
		}
		if err != nil {
			return err
		}
	}
	return insertHalfDays(ctx, tx, fresh)
}

// opensFor is the doctor who sees patients by an effect; 0 where it only takes away.
func (e Effect) opensFor() DoctorID {
	switch {
	case e.Template != nil && e.Template.After != nil:
		return e.Template.After.Doctor
	case e.Clinic != nil && e.Clinic.After != nil && e.Clinic.After.Status == Open:
		return e.Clinic.After.Doctor
	}
	return 0
}

// writeHalfDay changes a half-day that is there. Its row and its slots are locked.
func (s *Store) writeHalfDay(ctx context.Context, tx *sqlx.Tx, p Pair[HalfDay], note string) error {
	id, next := p.Before.ID, p.After
	if next == nil {
		for _, table := range []string{"slots WHERE schedule_id = ?", "schedules WHERE id = ?"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table, id); err != nil {
				return fmt.Errorf("take a half-day away: %w", err)
			}
		}
		return nil
	}
	if err := writeSlots(ctx, tx, id, p.Before.Slots, next.Slots); err != nil {
		return err
	}
	stopped := []any{nil, nil, nil}
	if next.Status == Stopped {
		stopped = []any{acting(ctx), s.clock(), next.Note}
	}
	_, err := tx.ExecContext(ctx, `UPDATE schedules SET department_id = ?, kind = ?, fee = ?, room = ?, status = ?, manual = ?, version = version + 1, change_set_id = ?,
		stopped_by = ?, stopped_at = ?, stop_note = ?, capacity = (SELECT COALESCE(SUM(s.capacity), 0) FROM slots s WHERE s.schedule_id = ?) WHERE id = ?`,
		next.Department, next.Kind, next.Fee, next.Room, next.Status, next.Manual, next.Set, stopped[0], stopped[1], stopped[2], id, id)
	if err != nil {
		return fmt.Errorf("change a half-day: %w", err)
	}
	return s.tellRoom(ctx, tx, p, note)
}

// RoomFollower is a Follower that is told of visits that stay as they are and get another room, in the transaction of the change. version is that
// of the half-day after it.
type RoomFollower interface {
	RoomChanged(ctx context.Context, tx *sqlx.Tx, a Appointment, from string, version int, note string) error
}

// tellRoom tells the follower of who has a visit in a half-day that gets another room.
func (s *Store) tellRoom(ctx context.Context, tx *sqlx.Tx, p Pair[HalfDay], note string) error {
	follow, ok := s.follow.(RoomFollower)
	if !ok || p.Before.Taken == 0 || p.Before.Room == p.After.Room {
		return nil
	}
	var list []Appointment
	err := tx.SelectContext(ctx, &list, `SELECT `+appointmentColumns+` FROM appointments a WHERE a.schedule_id = ? AND a.status IN ('held', 'booked', 'checked_in') ORDER BY a.id`, p.Before.ID)
	if err != nil {
		return fmt.Errorf("read who is to be told of the room: %w", err)
	}
	for _, a := range list {
		if err := follow.RoomChanged(ctx, tx, a, p.Before.Room, p.Before.Version+1, note); err != nil {
			return err
		}
	}
	return nil
}

func acting(ctx context.Context) int64 {
	who, _ := audit.Acting(ctx)
	return who.Staff
}

// writeSlots makes the slots of a half-day others. Those that had appointments stay, without places.
func writeSlots(ctx context.Context, tx *sqlx.Tx, id ScheduleID, before, after []HalfSlot) error {
	slots := rows{
		into: "slots (schedule_id, starts_at, ends_at, first_seq, capacity, issued)",
		on:   "ON DUPLICATE KEY UPDATE ends_at = VALUES(ends_at), first_seq = VALUES(first_seq), capacity = VALUES(capacity), issued = VALUES(issued)",
	}
	stays := map[time.Time]bool{}
	for _, s := range after {
		stays[s.StartsAt] = true
		slots.add(id, s.StartsAt, s.EndsAt, s.FirstSeq, s.Capacity, s.Issued)
	}
	for _, s := range before {
		if stays[s.StartsAt] {
			continue
		}
		statement := "DELETE FROM slots WHERE schedule_id = ? AND starts_at = ?"
		if s.Used {
			statement = "UPDATE slots SET capacity = 0 WHERE schedule_id = ? AND starts_at = ?"
		}
		if _, err := tx.ExecContext(ctx, statement, id, s.StartsAt); err != nil {
			return fmt.Errorf("take a slot away: %w", err)
		}
	}
	return slots.insert(ctx, tx)
}

// insertHalfDays writes new half-days, and puts their IDs into them.
func insertHalfDays(ctx context.Context, tx *sqlx.Tx, list []*HalfDay) error {
	if len(list) == 0 {
		return nil
	}
	schedules := rows{into: "schedules (id, hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, allocation, capacity, manual, version, change_set_id, stop_note)"}
	from, to := list[0].Date, list[0].Date
	for _, h := range list {
		var note *string
		if h.Status == Stopped {
			note = &h.Note
		}
		schedules.add(idOrNew(int64(h.ID)), h.Hospital, h.Department, h.Doctor, h.Date, h.Period, h.Kind, h.Fee, h.Room, h.Status, cmp.Or(h.Allocation, FirstCome), h.planned(), h.Manual, h.Version, h.Set, note)
		from, to = min(from, h.Date), max(to, h.Date)
	}
	if err := schedules.insert(ctx, tx); err != nil {
		return err
	}
	ids, err := existing(ctx, tx, list[0].Hospital, from, to)
	if err != nil {
		return err
	}
	slots := rows{into: "slots (schedule_id, starts_at, ends_at, first_seq, capacity)"}
	for _, h := range list {
		h.ID = ids[h.HalfKey]
		for _, s := range h.live() {
			slots.add(h.ID, s.StartsAt, s.EndsAt, s.FirstSeq, s.Capacity)
		}
	}
	return slots.insert(ctx, tx)
}
