package booking

import (
	"context"
	"slices"

	"guahao/booking/queue"
)

// What staff do about one person of a queue. Each is in the audit log, because it changes somebody's turn.

// SendTo sends a person to another doctor of the department (0: whoever is free first), with the class and the time waited kept.
func (s *Store) SendTo(ctx context.Context, by StaffID, id AppointmentID, to ScheduleID) error {
	return s.aboutPerson(ctx, id, func(q *dayQueue, e queue.Entry) error {
		room := roomOf(to)
		if e.Room == room && e.Status == queue.Waiting {
			return refuse(CodeQueueMoved, "这位患者本来就在等这位医生。", "This patient is waiting for that doctor already.")
		}
		next, err := q.Transfer(e.ID, room)
		return q.do(queueEvent{queueTransferred, e.ID, room, by}, next, err)
	})
}

// Classify changes a person's class: a nurse sees that it is more, or less, urgent than it seemed.
func (s *Store) Classify(ctx context.Context, by StaffID, id AppointmentID, class queue.Class) error {
	return s.aboutPerson(ctx, id, func(q *dayQueue, e queue.Entry) error {
		next, err := q.Reclassify(e.ID, class)
		return q.do(queueEvent{queueReclassified, e.ID, e.Room, by}, next, err)
	})
}

// BringBack lets a person wait again who was passed over, has left, or comes back to the doctor with results (回诊).
func (s *Store) BringBack(ctx context.Context, by StaffID, id AppointmentID) error {
	return s.aboutPerson(ctx, id, func(q *dayQueue, e queue.Entry) error {
		if e.Status != queue.Done {
			next, err := q.Return(e.ID, s.clock())
			return q.do(queueEvent{queueReturned, e.ID, e.Room, by}, next, err)
		}
		class := queue.Results
		if !slices.Contains(q.Rules.Classes, class) {
			class = ordinary(q.Rules)
		}
		next, err := q.ComeBack(e.ID, class, s.clock())
		return q.do(queueEvent{queueCameBack, e.ID, e.Room, by}, next, err)
	})
}

// SendAway takes a person out of the queue who goes home. The appointment stays as it is.
func (s *Store) SendAway(ctx context.Context, by StaffID, id AppointmentID) error {
	return s.aboutPerson(ctx, id, func(q *dayQueue, e queue.Entry) error {
		next, err := q.Leave(e.ID)
		return q.do(queueEvent{queueLeft, e.ID, e.At, by}, next, err)
	})
}

// aboutPerson does something about a person, in the queue that the person is in.
func (s *Store) aboutPerson(ctx context.Context, id AppointmentID, do func(*dayQueue, queue.Entry) error) error {
	a, err := appointment(ctx, s.db, id)
	if err != nil {
		return err
	}
	return s.inQueueOf(ctx, a.Schedule, func(q *dayQueue) error {
		e, err := q.Entry(queue.ID(id))
		if err != nil {
			return queueRefusal(err)
		}
		return do(q, e)
	})
}
