package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"guahao/booking"
)

const (
	maxAttempts  = 5
	mostOwn      = 6    // appointments that a client keeps trying things with
	giveUpChance = 0.15 // to ask no more after a failure
	repeatChance = 0.1  // to ask for the same again after an answer
	laterChance  = 0.2  // to pay a code some time after it was shown
)

// client is a person with a list of patients.
type client struct {
	*torment
	number   int
	random   *rand.Rand
	patients []booking.PatientID
	own      []own
	codes    []string // shown, and not paid yet
	offers   []offer  // of the waitlist
	requests int
}

// own is an appointment that the client was given.
type own struct {
	id   booking.AppointmentID
	what place
}

// place names a slot.
type place struct {
	schedule booking.ScheduleID
	slot     booking.SlotID
}

func (c *client) user() booking.UserID { return booking.UserID(c.number + 1) }

// run does one thing after another until the time is over.
func (c *client) run(ctx context.Context) {
	choices := operations()
	total := 0
	for _, o := range choices {
		total += o.weight
	}
	for ctx.Err() == nil && !c.over() {
		c.payLater()
		at := c.random.IntN(total)
		for _, o := range choices {
			if at -= o.weight; at < 0 {
				c.one(ctx, o)
				break
			}
		}
		c.rest(ctx, time.Duration(c.random.IntN(8))*time.Millisecond)
	}
}

func (c *client) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// one asks for one thing, again and again with the same key until there is an answer or the client has enough.
func (c *client) one(ctx context.Context, o operation) {
	q, possible := o.ask(c)
	if !possible {
		return
	}
	c.requests++
	q.Op, q.User, q.Key = o.name, c.user(), fmt.Sprintf("torture-%d-%d", c.number, c.requests)
	a, answered := c.ask(ctx, q)
	if !answered {
		return
	}
	if o.learn != nil {
		o.learn(c, q, a)
	}
	if c.random.Float64() < repeatChance {
		c.ask(ctx, q)
	}
}

// ask makes a request of any replicas until one answers, and records it.
func (c *client) ask(ctx context.Context, q request) (a answer, answered bool) {
	r := Record{Client: c.number, Request: q, Start: c.elapsed()}
	for r.Attempts = 1; ; r.Attempts++ {
		a, answered = c.fleet.ask(ctx, c.random.IntN(c.o.Replicas), q)
		r.End = c.elapsed()
		if answered || r.Attempts == maxAttempts || c.random.Float64() < giveUpChance || ctx.Err() != nil {
			break
		}
		c.rest(ctx, time.Duration(20+c.random.IntN(180))*time.Millisecond)
	}
	r.Answered, r.Answer = answered, a
	c.record(r)
	return a, answered
}

// wantPlace chooses a patient and one of the places that are in demand just now.
func (c *client) wantPlace() (request, bool) {
	if len(c.own) >= mostOwn {
		return request{}, false
	}
	p := c.world.demanded(c.random, c.progress())
	return request{Patient: c.patients[c.random.IntN(len(c.patients))], Schedule: p.schedule, Slot: p.slot}, true
}

func (c *client) gotPlace(q request, a answer) {
	if a.Code != "" {
		return
	}
	c.own = append(c.own, own{a.Appointment, place{q.Schedule, q.Slot}})
}

func (c *client) anySchedule() (request, bool) {
	return request{Schedule: c.world.demanded(c.random, c.progress()).schedule}, true
}

func (c *client) anyOwn() (request, bool) {
	if len(c.own) == 0 {
		return request{}, false
	}
	mine := c.own[c.random.IntN(len(c.own))]
	return request{Appointment: mine.id, Schedule: mine.what.schedule, Slot: mine.what.slot}, true
}

// gone forgets an appointment that is over. What cannot be given back is booked.
func (c *client) gone(q request, a answer) {
	if q.Op == opGiveBack && a.Code != "" {
		return
	}
	c.own = slices.DeleteFunc(c.own, func(o own) bool { return o.id == q.Appointment })
}

// payCode scans the code, now or later.
func (c *client) payCode(_ request, a answer) {
	if a.CodeURL == "" {
		return
	}
	if c.random.Float64() < laterChance {
		c.codes = append(c.codes, a.CodeURL)
		return
	}
	c.world.scan(a.CodeURL)
}

// payLater pays, once in a while, what the client has forgotten: by then the hold may have run out.
func (c *client) payLater() {
	if len(c.codes) == 0 || c.random.Float64() > 0.05 {
		return
	}
	c.world.scan(c.codes[0])
	c.codes = c.codes[1:]
}
