package booking

import (
	"context"

	"guahao/booking/queue"
)

// CallNextAfter is CallNext to an empty room, with meanwhile between reading the queue and calling.
func (s *Store) CallNextAfter(ctx context.Context, c Calling, meanwhile func()) (AppointmentID, error) {
	var called AppointmentID
	err := s.calling(ctx, c, func(q *dayQueue, room string) error {
		meanwhile()
		next, e, err := q.Call(room, s.clock())
		called = AppointmentID(e.ID)
		return q.do(queueEvent{queueCalled, e.ID, room, c.By}, next, err)
	})
	return called, err
}

// ClassOf is the class in which somebody joins.
func ClassOf(r queue.Rules, birth, day Date) queue.Class { return classOf(r, birth, day) }
