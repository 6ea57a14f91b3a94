package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"guahao/bots/telegram/telegramtest"
)

// finishing is how long updates that began in time may take to their answer.
const finishing = 20 * time.Second

// dialogCity has something to choose at each step, clinics with and without a fee, and room for everybody.
func dialogCity() city {
	group := []clinic{{fee: "0", doctors: 4, slots: 6, places: 40}, {fee: "20", doctors: 4, slots: 6, places: 40}}
	return city{hospitals: 2, groups: [][]clinic{group, group}}
}

// crowd is everybody who chats.
type crowd struct {
	o        Options
	log      *complaints
	telegram *telegramtest.Server
	till     *till
	steps    []step
	city     city
	begins   string // what somebody writes first
	visits   int    // that one person books
	pace     *pace
	patients []*patient
}

// Dialog measures how many people the program can talk to, and how long they wait for its answers.
func Dialog(ctx context.Context, o Options) (result DialogResult, err error) {
	result = DialogResult{Bench: "dialog", Clients: o.Clients, Seconds: o.Seconds}
	if err := o.check(); err != nil {
		return result, err
	}
	c := &crowd{o: o, till: &till{}, steps: regularSteps(), city: regularCity(), begins: bookCommand, visits: visitsEach}
	if o.Newcomers {
		c.steps, c.city, c.begins, c.visits = steps(), dialogCity(), "/start", bookingsEach
	}
	for client := range o.Clients {
		c.patients = append(c.patients, newPatient(c, client))
	}
	s, err := openStage(ctx, c)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var seen record
	var used usage
	err = s.whileRunning(ctx, func(ctx context.Context) error {
		meter := s.meter(ctx, c.o.warmUp(), c.o.duration())
		seen = c.chat(ctx)
		used = <-meter
		return ctx.Err()
	})
	if err != nil {
		return result, err
	}
	if err := s.inspect(ctx, seen); err != nil {
		return result, err
	}
	seen.report(o)
	times := seen.sorted()
	result.Bookings, result.Updates = perSecond(seen.booked, o.duration()), perSecond(seen.answered, o.duration())
	result.P50, result.P99 = milliseconds(percentile(times, 50)), milliseconds(percentile(times, 99))
	result.Errors = c.log.total()
	if !o.Newcomers {
		result.PerBooking = updatesPerBooking
	}
	s.describe(&result, used, seen.answered)
	return result, nil
}

// warmUp is how long people chat before it counts. They join one after the other meanwhile, so that they are at all steps of
// a booking when it begins to count.
func (o Options) warmUp() time.Duration { return min(2*time.Second, o.duration()/2) }

// chat has everybody book until the time is over, and until the updates that began in time are answered.
func (c *crowd) chat(ctx context.Context) record {
	start := time.Now()
	from := start.Add(c.o.warmUp())
	to := from.Add(c.o.duration())
	c.o.say("%d people book, for %d s …", c.o.Clients, c.o.Seconds)
	ctx, cancel := context.WithDeadline(ctx, to.Add(finishing))
	defer cancel()
	c.pace = newPace(c.o.Rate, start, to)
	machine := listenToNoise(ctx)
	var group sync.WaitGroup
	group.Go(func() { c.pace.run(ctx) })
	for _, p := range c.patients {
		p.record = newRecord(from, to)
		joins := start.Add(c.o.warmUp() * time.Duration(p.client) / time.Duration(c.o.Clients))
		group.Go(func() {
			if pause(ctx, time.Until(joins)) {
				p.live(ctx)
			}
		})
	}
	group.Wait()
	machine.report(c.o)
	seen := newRecord(from, to)
	for _, p := range c.patients {
		seen.add(p.record)
	}
	if left := c.pace.left(); left > 0 {
		c.log.add("%d updates of the schedule never began", left)
	}
	return seen
}

// pause waits; false when ctx ended before that.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// patientOf finds who has a chat now; nil when nobody does.
func (c *crowd) patientOf(chat int64) *patient {
	client := (chat - firstChat) % maxClients
	if chat < firstChat || client >= int64(len(c.patients)) || c.patients[client].chat.Load() != chat {
		return nil
	}
	return c.patients[client]
}

func (c *crowd) begun(chat int64, at time.Time) {
	if p := c.patientOf(chat); p != nil {
		p.begun.CompareAndSwap(0, at.UnixNano())
	}
}

func (c *crowd) said(chat int64, m shown) {
	p := c.patientOf(chat)
	if p == nil {
		return
	}
	select {
	case p.messages <- m:
	default:
		c.log.add("client %d gets more messages than it can read", p.client)
	}
}
