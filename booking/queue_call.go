package booking

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/booking/queue"
	"guahao/internal/audit"
)

// Calling is what staff do in a doctor's half-day. Seen is who was called to the doctor, or in the room, when they looked (0: nobody): if that has changed
// meanwhile, what they meant is not done ([ErrQueueMoved]), so that two who press at once never call one patient twice nor pass one over.
type Calling struct {
	By       StaffID
	Schedule ScheduleID
	Seen     AppointmentID
}

// CallNext calls the next patient to a doctor. Whoever is with the doctor has been seen. It gives who is called.
func (s *Store) CallNext(ctx context.Context, c Calling) (called AppointmentID, err error) {
	err = s.calling(ctx, c, func(q *dayQueue, room string) error {
		if c.Seen != 0 {
			if err := q.finish(c, room); err != nil {
				return err
			}
		}
		next, e, err := q.Call(room, s.clock())
		if errors.Is(err, queue.ErrEmpty) && c.Seen != 0 {
			called = 0
			return nil // the one before is done all the same
		}
		called = AppointmentID(e.ID)
		return q.do(queueEvent{queueCalled, e.ID, room, c.By}, next, err)
	})
	return called, err
}

// FinishVisit says that the patient who was called has been seen, and calls nobody.
func (s *Store) FinishVisit(ctx context.Context, c Calling) error {
	return s.calling(ctx, c, func(q *dayQueue, room string) error {
		if c.Seen == 0 {
			return ErrNobodyCalled
		}
		return q.finish(c, room)
	})
}

// CallAgain calls the same patient once more.
func (s *Store) CallAgain(ctx context.Context, c Calling) error {
	return s.calling(ctx, c, func(q *dayQueue, room string) error {
		if c.Seen == 0 {
			return ErrNobodyCalled
		}
		next, err := q.Recall(queue.ID(c.Seen))
		return q.do(queueEvent{queueRecalled, queue.ID(c.Seen), room, c.By}, next, err)
	})
}

// PassOver passes over the patient who was called and did not come (过号).
func (s *Store) PassOver(ctx context.Context, c Calling) error {
	return s.calling(ctx, c, func(q *dayQueue, room string) error {
		if c.Seen == 0 {
			return ErrNobodyCalled
		}
		next, err := q.Skip(queue.ID(c.Seen))
		return q.do(queueEvent{queueSkipped, queue.ID(c.Seen), room, c.By}, next, err)
	})
}

// PauseCalling lets a doctor call nobody until ResumeCalling. Doing it twice is doing it once.
func (s *Store) PauseCalling(ctx context.Context, by StaffID, id ScheduleID) error {
	return s.pausing(ctx, queueEvent{kind: queuePaused, by: by}, id, queue.Queue.Pause)
}

// ResumeCalling goes on.
func (s *Store) ResumeCalling(ctx context.Context, by StaffID, id ScheduleID) error {
	return s.pausing(ctx, queueEvent{kind: queueResumed, by: by}, id, queue.Queue.Resume)
}

func (s *Store) pausing(ctx context.Context, e queueEvent, id ScheduleID, do func(queue.Queue, string) (queue.Queue, error)) error {
	return s.inQueueOf(ctx, id, func(q *dayQueue) error {
		e.room = roomOf(id)
		next, err := do(q.Queue, e.room)
		return q.do(e, next, err)
	})
}

// finish says that who is with the doctor has been seen.
func (q *dayQueue) finish(c Calling, room string) error {
	id := queue.ID(c.Seen)
	next, err := q.Finish(id)
	return q.do(queueEvent{queueFinished, id, room, c.By}, next, err)
}

// calling does something in a room as the caller has seen it.
func (s *Store) calling(ctx context.Context, c Calling, do func(q *dayQueue, room string) error) error {
	return s.inQueueOf(ctx, c.Schedule, func(q *dayQueue) error {
		room := roomOf(c.Schedule)
		for _, r := range q.Rooms {
			if r.Name == room && r.With != queue.ID(c.Seen) {
				return ErrQueueMoved
			}
		}
		return do(q, room)
	})
}

// inQueueOf does something in the queue of a half-day, under its lock, and writes it. Who was seen is fulfilled with it.
func (s *Store) inQueueOf(ctx context.Context, id ScheduleID, do func(q *dayQueue) error) error {
	c, err := s.Schedule(ctx, id)
	if err != nil {
		return err
	}
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	if today := DateOf(s.clock(), d.zone(c.Hospital)); c.Date != today {
		return refusef(CodeTooLate, "只能对当天（%s）的门诊叫号，这次门诊是 %s 的。", "Only today's clinics (%s) can be called; this one is on %s.", today, c.Date)
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		q, err := s.lockQueue(ctx, tx, d, c.Department, c.Date)
		if err != nil {
			return err
		}
		if _, ok := q.clinic(id); !ok {
			return ErrScheduleStopped
		}
		if err := do(q); err != nil {
			return err
		}
		return s.settleQueue(ctx, tx, q)
	})
}

// settleQueue writes what was done, and what follows from it outside of the queue.
func (s *Store) settleQueue(ctx context.Context, tx *sqlx.Tx, q *dayQueue) error {
	if err := s.saveQueue(ctx, tx, q, 0); err != nil {
		return err
	}
	for _, e := range q.events {
		if e.kind == queueFinished {
			if err := s.fulfilCalled(ctx, tx, AppointmentID(e.id), e.by); err != nil {
				return err
			}
		}
	}
	for _, e := range q.events {
		if err := s.auditQueue(ctx, tx, q, e); err != nil {
			return err
		}
	}
	return nil
}

// fulfilCalled makes the appointment of who was seen fulfilled. Who came back with results is so already.
func (s *Store) fulfilCalled(ctx context.Context, tx *sqlx.Tx, id AppointmentID, by StaffID) error {
	a, err := appointment(ctx, tx, id)
	if err != nil || a.Status != CheckedIn {
		return err
	}
	done, err := s.makeStep(ctx, tx, a, step{id: id, to: Fulfilled, reason: attending(by), by: by})
	if err == nil && !done {
		err = ErrQueueMoved
	}
	return err
}

// auditQueue writes down what changes a patient's turn. Calls are in the queue's own trail, with who made them.
func (s *Store) auditQueue(ctx context.Context, tx *sqlx.Tx, q *dayQueue, e queueEvent) error {
	switch e.kind {
	case queueSkipped, queueReturned, queueCameBack, queueLeft, queueTransferred, queueReclassified:
	default:
		return nil
	}
	about := func(state queue.Queue) map[string]any {
		entry, err := state.Entry(e.id)
		if err != nil {
			return nil
		}
		return map[string]any{"status": entry.Status, "class": entry.Class, "schedule": entry.Room}
	}
	return audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: "queue." + e.kind, Subject: fmt.Sprintf("appointment:%d", e.id), Hospital: int64(q.department.Hospital), Before: about(q.was), After: about(q.Queue),
	})
}
