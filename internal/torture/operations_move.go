package torture

import (
	"context"
	"slices"

	"guahao/booking"
)

// wantMove chooses one of the client's appointments and another place that is in demand.
func (c *client) wantMove() (request, bool) {
	q, possible := c.anyOwn()
	to := c.world.demanded(c.random, c.progress())
	q.Schedule, q.Slot = to.schedule, to.slot
	return q, possible
}

func performMove(ctx context.Context, r *replica, q request) (answer, error) {
	m, err := r.Booking.Reschedule(ctx, booking.MoveRequest{
		Appointment: q.Appointment, Slot: q.Slot, User: q.User, Account: booking.AccountID(q.User), Key: q.Key,
	})
	a := m.Visit.Appointment
	return answer{Appointment: a.ID, Seq: a.Seq, Version: a.Version, Held: a.Status == booking.Held}, err
}

// moved keeps the old one in mind as long as the new one waits for its payment.
func (c *client) moved(q request, a answer) {
	if a.Code != "" {
		return
	}
	c.own = append(c.own, own{a.Appointment, place{q.Schedule, q.Slot}})
	if !a.Held {
		c.own = slices.DeleteFunc(c.own, func(o own) bool { return o.id == q.Appointment })
	}
}
