package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/booking/queue"
)

// queueFollows lets a queue follow a change of an appointment, in its transaction: who is checked in, by whatever way, joins it; who was cancelled or marked as missing
// leaves it; and who was seen is done.
func (s *Store) queueFollows(ctx context.Context, tx *sqlx.Tx, c Change) error {
	a := c.Appointment
	if a.Status != CheckedIn && c.From != CheckedIn {
		return nil
	}
	d, err := s.directoryFor(ctx, tx)
	if err != nil {
		return err
	}
	q, err := s.lockQueue(ctx, tx, d, a.Department, a.Date)
	if err != nil {
		return err
	}
	if a.Status == CheckedIn {
		return s.joinQueue(ctx, tx, d, q, c)
	}
	e, err := q.Entry(queue.ID(a.ID))
	if err != nil || e.Status == queue.Done || e.Status == queue.Left {
		return nil // checked in before there were queues, or the queue knows
	}
	return s.endInQueue(ctx, tx, q, e, a.Status)
}

// endInQueue lets a person of a queue be done, or leave.
func (s *Store) endInQueue(ctx context.Context, tx *sqlx.Tx, q *dayQueue, e queue.Entry, to Status) error {
	called := e.Status == queue.Called || e.Status == queue.Inside
	if to == Fulfilled && called {
		next, err := q.Finish(e.ID)
		err = q.do(queueEvent{kind: queueFinished, id: e.ID, room: e.At}, next, err)
		if err != nil {
			return err
		}
		return s.saveQueue(ctx, tx, q, 0)
	}
	next, err := q.Leave(e.ID)
	if err := q.do(queueEvent{kind: queueLeft, id: e.ID, room: e.At}, next, err); err != nil {
		return err
	}
	return s.saveQueue(ctx, tx, q, 0)
}

func (s *Store) joinQueue(ctx context.Context, tx *sqlx.Tx, d *directory, q *dayQueue, c Change) error {
	a := c.Appointment
	v, err := s.visit(ctx, tx, d, a.ID)
	if err != nil {
		return err
	}
	p := queue.Person{ID: queue.ID(a.ID), Number: a.Seq, Class: classOf(q.Rules, v.Patient.BirthDate, a.Date), Room: roomOf(a.Schedule), Late: !c.At.Before(v.Slot.EndsAt)}
	next, err := q.Join(p, c.At)
	if err := q.do(queueEvent{kind: queueJoined, id: p.ID, room: p.Room}, next, err); err != nil {
		return fmt.Errorf("join the queue: %w", err)
	}
	knows := queue.ID(0)
	if c.Told {
		knows = p.ID
	}
	if err := s.saveQueue(ctx, tx, q, knows); err != nil {
		return err
	}
	return s.notePromise(ctx, tx, q, a.ID)
}
