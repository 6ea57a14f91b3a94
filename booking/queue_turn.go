package booking

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/booking/queue"
	"guahao/booking/waiting"
)

// Turn is where a visit's patient stands in the day's queue.
type Turn struct {
	Status  queue.Status
	Class   queue.Class
	Ahead   int             // of who waits: how many are called before
	Known   bool            // there is an estimate
	Promise waiting.Promise // minutes from now until the call
	Paused  bool            // the doctor calls nobody just now
	Calls   int             // how often called, of who is called
	Room    Schedule        // the half-day waited for, or called to
	Doctor  Doctor          // of Room
	Version int             // of the queue
}

// Turn tells where the patient of a visit stands in the queue: [ErrNotInQueue] for who was not checked in.
func (s *Store) Turn(ctx context.Context, id AppointmentID) (Turn, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Turn{}, err
	}
	a, err := appointment(ctx, s.db, id)
	if err != nil {
		return Turn{}, err
	}
	q, err := s.queueOf(ctx, d, a.Department, a.Date)
	if err != nil {
		return Turn{}, err
	}
	return s.turn(ctx, s.db, d, q, queue.ID(id))
}

func (s *Store) turn(ctx context.Context, from queryer, d *directory, q *dayQueue, id queue.ID) (Turn, error) {
	e, err := q.Entry(id)
	if err != nil {
		return Turn{}, ErrNotInQueue
	}
	at := e.Room
	if e.Status == queue.Called || e.Status == queue.Inside {
		at = e.At
	}
	st := Turn{Status: e.Status, Class: e.Class, Calls: e.Calls, Version: q.Version, Paused: q.paused(at)}
	if c, ok := q.clinic(scheduleOf(at)); ok {
		st.Room, st.Doctor = c.Schedule, d.doctor[c.Doctor]
	}
	if e.Status != queue.Waiting {
		return st, nil
	}
	if st.Ahead, err = q.Ahead(id, s.clock()); err != nil {
		return st, err
	}
	st.Promise, err = s.promise(ctx, from, q, e, st.Ahead)
	if errors.Is(err, waiting.ErrUnknown) {
		return st, nil
	}
	st.Known = err == nil
	return st, err
}

// notePromise keeps what is said to somebody who joins, so that it can be compared with what came.
func (s *Store) notePromise(ctx context.Context, tx *sqlx.Tx, q *dayQueue, id AppointmentID) error {
	e, err := q.Entry(queue.ID(id))
	if err != nil {
		return err
	}
	ahead, err := q.Ahead(e.ID, s.clock())
	if err != nil {
		return err
	}
	p, err := s.promise(ctx, tx, q, e, ahead)
	if errors.Is(err, waiting.ErrUnknown) {
		return nil
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE queue_entries SET promised_ahead = ?, promised_low = ?, promised_median = ?, promised_high = ? WHERE appointment_id = ?",
			ahead, p.Low, p.Median, p.High, id)
	}
	if err != nil {
		return fmt.Errorf("note what was promised: %w", err)
	}
	return nil
}

// Promises are what was said to people of a reach when they joined a queue, with how long it was until they were first called, from a day on to a day. Of
// one doctor's half-day all have the same Day.
func (s *Store) Promises(ctx context.Context, reach Reach, from, to Date) ([]waiting.Outcome, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	where, args, err := reach.sql(d, "q")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Ahead, Day             int
		Low, Median, High, Sec float64
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT e.promised_ahead AS ahead, e.room_id AS day, e.promised_low AS low, e.promised_median AS median, e.promised_high AS high,
		TIMESTAMPDIFF(MICROSECOND, e.joined_at, e.called_at) / 1000000 AS sec FROM queue_entries e JOIN queues q ON q.id = e.queue_id
		WHERE e.promised_ahead IS NOT NULL AND e.called_at IS NOT NULL AND q.visit_date >= ? AND q.visit_date <= ? AND `+where+` ORDER BY e.appointment_id LIMIT 200000`,
		append([]any{from, to}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read the promises: %w", err)
	}
	list := make([]waiting.Outcome, len(rows))
	for i, r := range rows {
		list[i] = waiting.Outcome{Promise: waiting.Promise{Low: r.Low, Median: r.Median, High: r.High}, Real: r.Sec / 60, Ahead: r.Ahead, Day: r.Day}
	}
	return list, nil
}
