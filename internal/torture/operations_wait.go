package torture

import (
	"context"
	"slices"

	"guahao/booking"
)

// wantWait chooses what to wait for: the doctor of a place that is in demand, or any of the department on that day.
func (c *client) wantWait() (request, bool) {
	wanted := c.world.schedules[c.world.demanded(c.random, c.progress()).schedule]
	wish := booking.Wish{Department: wanted.Department, Doctor: wanted.Doctor, First: wanted.Date, Last: wanted.Date, Halves: booking.Evenings}
	if c.random.IntN(2) == 0 {
		wish.Doctor = 0
	}
	return request{Patient: c.patients[c.random.IntN(len(c.patients))], Wish: &wish}, true
}

func performJoin(ctx context.Context, r *replica, q request) (answer, error) {
	_, err := r.Booking.JoinWaitlist(ctx, booking.JoinRequest{
		Wish: *q.Wish, Patient: q.Patient, User: q.User, Account: booking.AccountID(q.User), Key: q.Key,
	})
	return answer{}, err
}

func (c *client) anything() (request, bool) { return request{}, true }

func performWaits(ctx context.Context, r *replica, q request) (answer, error) {
	waits, err := r.Booking.Waits(ctx, q.User)
	var a answer
	for _, w := range waits {
		if w.Offer == 0 {
			continue
		}
		v, err := r.Booking.Visit(ctx, w.Offer)
		if err != nil {
			return answer{}, err
		}
		a.Offers = append(a.Offers, offer{w.Offer, v.Schedule.ID, v.Slot.ID})
	}
	return a, err
}

func (c *client) sawOffers(_ request, a answer) {
	if a.Code == "" {
		c.offers = a.Offers
	}
}

func (c *client) anyOffer() (request, bool) {
	if len(c.offers) == 0 {
		return request{}, false
	}
	o := c.offers[c.random.IntN(len(c.offers))]
	return request{Appointment: o.Appointment, Schedule: o.Schedule, Slot: o.Slot}, true
}

func performAccept(ctx context.Context, r *replica, q request) (answer, error) {
	v, err := r.Booking.AcceptOffer(ctx, q.User, q.Appointment, q.Key)
	return answer{Appointment: v.Appointment.ID, Seq: v.Appointment.Seq, Version: v.Appointment.Version}, err
}

func (c *client) accepted(q request, a answer) {
	c.declined(q, a)
	if a.Code == "" {
		c.own = append(c.own, own{q.Appointment, place{q.Schedule, q.Slot}})
	}
}

func performDecline(ctx context.Context, r *replica, q request) (answer, error) {
	return answer{Appointment: q.Appointment}, r.Booking.DeclineOffer(ctx, q.User, q.Appointment, q.Key)
}

func (c *client) declined(q request, _ answer) {
	c.offers = slices.DeleteFunc(c.offers, func(o offer) bool { return o.Appointment == q.Appointment })
}
