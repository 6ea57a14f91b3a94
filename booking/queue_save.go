package booking

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking/queue"
)

// saveQueue writes what was done to a locked queue, and lets those be told whose turn is near or has come. told is who knows already.
func (s *Store) saveQueue(ctx context.Context, tx *sqlx.Tx, q *dayQueue, told queue.ID) error {
	if len(q.events) == 0 {
		return nil
	}
	now := s.clock()
	news := q.news(now, told)
	if err := q.writeEntries(ctx, tx, now); err != nil {
		return err
	}
	if err := q.writeRooms(ctx, tx); err != nil {
		return err
	}
	if err := q.writeEvents(ctx, tx, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE queues SET version = ? WHERE id = ?", q.Version, q.id); err != nil {
		return fmt.Errorf("write a queue: %w", err)
	}
	follow, ok := s.follow.(QueueFollower)
	if !ok {
		return nil
	}
	for _, n := range news {
		if err := follow.QueueMoved(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// news is who is to be told something: who was called, and who is near for the first time since joining or returning.
func (q *dayQueue) news(now time.Time, knows queue.ID) []QueueNews {
	var list []QueueNews
	for i, e := range q.events {
		version := q.Version - len(q.events) + i + 1
		switch e.kind {
		case queueCalled, queueRecalled:
			list = append(list, QueueNews{Appointment: AppointmentID(e.id), Called: true, Version: version})
		case queueReturned, queueCameBack, queueTransferred:
			q.told[e.id] = false
		}
	}
	aheads := q.Aheads(now)
	for _, e := range q.Entries { // in the order of joining, not that of a map
		ahead, waits := aheads[e.ID]
		if !waits || ahead > NearAhead || q.told[e.ID] {
			continue
		}
		q.told[e.ID] = true
		if e.ID != knows {
			list = append(list, QueueNews{Appointment: AppointmentID(e.ID), Version: q.Version})
		}
	}
	return list
}

// writeEntries writes who has changed.
func (q *dayQueue) writeEntries(ctx context.Context, tx *sqlx.Tx, now time.Time) error {
	for i, e := range q.Entries {
		room, at, told := scheduleOf(e.Room), scheduleOf(e.At), q.told[e.ID]
		if i >= len(q.was.Entries) {
			_, err := tx.ExecContext(ctx, `INSERT INTO queue_entries (appointment_id, queue_id, number, class, room_id, status, since, behind, told, joined_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.ID, q.id, e.Number, e.Class, room, e.Status, e.Since, e.Behind, told, now)
			if err != nil {
				return fmt.Errorf("join a queue: %w", err)
			}
			continue
		}
		was := q.was.Entries[i]
		if e == was && told == q.knew[e.ID] {
			continue
		}
		var called sql.NullTime
		if e.Status == queue.Called && was.Status != queue.Called {
			called = sql.NullTime{Time: now, Valid: true}
		}
		_, err := tx.ExecContext(ctx, `UPDATE queue_entries SET class = ?, room_id = ?, status = ?, since = ?, behind = ?, at_id = ?, calls = ?, skips = ?, told = ?,
			called_at = COALESCE(called_at, ?) WHERE appointment_id = ?`, e.Class, room, e.Status, e.Since, e.Behind, at, e.Calls, e.Skips, told, called, e.ID)
		if err != nil {
			return fmt.Errorf("write who is in a queue: %w", err)
		}
	}
	return nil
}

func (q *dayQueue) writeRooms(ctx context.Context, tx *sqlx.Tx) error {
	for i, r := range q.Rooms {
		if r.Paused == q.was.Rooms[i].Paused {
			continue
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO queue_rooms (queue_id, schedule_id, paused) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE paused = ?",
			q.id, scheduleOf(r.Name), r.Paused, r.Paused)
		if err != nil {
			return fmt.Errorf("write a room of a queue: %w", err)
		}
	}
	return nil
}

// outcomes are the events that end a call, and as what.
var outcomes = map[string]string{queueSkipped: "skipped", queueFinished: "finished", queueTransferred: "transferred", queueLeft: "left"}

// writeEvents writes the trail, and the calls that begin and end with it.
func (q *dayQueue) writeEvents(ctx context.Context, tx *sqlx.Tx, now time.Time) error {
	for i, e := range q.events {
		entry, _ := q.Entry(e.id) // the zero entry for an event of a room
		_, err := tx.ExecContext(ctx, `INSERT INTO queue_events (queue_id, version, kind, appointment_id, schedule_id, class, staff_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			q.id, q.Version-len(q.events)+i+1, e.kind, e.id, scheduleOf(e.room), entry.Class, e.by, now)
		if err != nil {
			return fmt.Errorf("write the event of a queue: %w", err)
		}
		if outcome := outcomes[e.kind]; outcome != "" {
			_, err = tx.ExecContext(ctx, "UPDATE queue_calls SET ended_at = ?, outcome = ?, is_open = NULL WHERE appointment_id = ? AND is_open = 1", now, outcome, e.id)
		}
		if e.kind == queueCalled {
			c, _ := q.clinic(scheduleOf(e.room)) // the rules have found the room
			_, err = tx.ExecContext(ctx, `INSERT INTO queue_calls (queue_id, department_id, visit_date, schedule_id, doctor_id, appointment_id, called_at, is_open)
				VALUES (?, ?, ?, ?, ?, ?, ?, 1)`, q.id, q.department.ID, q.date, c.ID, c.Doctor, e.id, now)
		}
		if err != nil {
			return fmt.Errorf("write a call of a queue: %w", err)
		}
	}
	return nil
}
