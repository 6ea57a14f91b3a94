package booking_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/money"
)

// crowd is a few people around a few small clinics, who do whatever comes to their minds.
type crowd struct {
	*world
	random  *rand.Rand
	people  []booking.Patient
	slots   []booking.Slot
	clinics []booking.Schedule
	done    []string
}

func (c *crowd) slot() booking.Slot       { return c.slots[c.random.IntN(len(c.slots))] }
func (c *crowd) person() booking.Patient  { return c.people[c.random.IntN(len(c.people))] }
func (c *crowd) clinic() booking.Schedule { return c.clinics[c.random.IntN(len(c.clinics))] }

// newCrowd gathers eight people around three clinics, of which the last is dearer.
func newCrowd(t *testing.T, seed uint64) *crowd {
	t.Helper()
	c := &crowd{world: newWorld(t), random: rand.New(rand.NewPCG(seed, 3))}
	for n := range 8 {
		c.people = append(c.people, bookingtest.Patient(t, c.Store, booking.UserID(n+1), n+1))
	}
	for days, fee := range []money.Fen{5000, 5000, 8000} {
		clinic, slots := bookingtest.Clinic(t, c.Store, c.doctor, today.Add(days+1), fee, 2+2*(days/2), 1)
		c.slots, c.clinics = append(c.slots, slots...), append(c.clinics, clinic)
	}
	return c
}

// visit is one of a person's appointments of a status; its ID is 0 when there is none.
func (c *crowd) visit(p booking.Patient, status booking.Status) booking.Visit {
	visits, err := c.Visits(context.Background(), p.User, booking.VisitFilter{})
	if err != nil {
		c.t.Error(err)
	}
	c.random.Shuffle(len(visits), func(i, j int) { visits[i], visits[j] = visits[j], visits[i] })
	for _, v := range visits {
		if v.Appointment.Status == status {
			return v
		}
	}
	return booking.Visit{}
}

// act lets somebody do something. What the rules refuse is not done.
func (c *crowd) act(step int) {
	if err := c.try(step); err != nil && !booking.IsRefusal(err) {
		c.t.Fatalf("%v", err)
	}
}

func (c *crowd) try(step int) error {
	ctx, p, key := context.Background(), c.person(), fmt.Sprint("step-", step)
	what, err := "", error(nil)
	switch c.random.IntN(9) {
	case 0, 1:
		what = "hold"
		_, err = c.holdFor(c.slot().ID, p, key)
	case 2:
		what = "pay"
		if v := c.visit(p, booking.Held); v.Appointment.ID != 0 {
			_, err = c.confirm(v.Appointment.ID)
		}
	case 3:
		what = "cancel"
		if v := c.visit(p, booking.Booked); v.Appointment.ID != 0 {
			_, _, err = c.Cancel(ctx, p.User, v.Appointment.ID, key)
		}
	case 4, 5:
		what = "join"
		at := c.clinic()
		_, err = c.JoinWaitlist(ctx, booking.JoinRequest{Patient: p.ID, User: p.User, Key: key, Wish: booking.Wish{
			Department: at.Department, First: at.Date, Last: at.Date, Halves: booking.Evenings}})
	case 6:
		what = "answer"
		if v := c.visit(p, booking.Offered); v.Appointment.ID != 0 && c.random.IntN(2) == 0 {
			_, err = c.AcceptOffer(ctx, p.User, v.Appointment.ID, key)
		} else if v.Appointment.ID != 0 {
			err = c.DeclineOffer(ctx, p.User, v.Appointment.ID, key)
		}
	case 7:
		what = "move"
		if v := c.visit(p, booking.Booked); v.Appointment.ID != 0 {
			_, err = c.Reschedule(ctx, booking.MoveRequest{Appointment: v.Appointment.ID, Slot: c.slot().ID, User: p.User, Key: key})
		}
	case 8:
		what = "time"
		c.clock.add(time.Duration(c.random.IntN(40)) * time.Minute)
		_, expired := c.ExpireHolds(ctx)
		_, served := c.ServeWaitlist(ctx)
		err = errors.Join(expired, served)
	}
	c.done = append(c.done, fmt.Sprintf("%s by %d: %v", what, p.ID, err))
	return err
}

// wrongs are states that the waitlist and moves must never leave behind.
func (w *world) wrongs() []string {
	found := troubles(w.t, w.db)
	for what, query := range map[string]string{
		"an offered wait without a place": `SELECT e.id FROM waitlist_entries e WHERE e.status = 'offered' AND NOT EXISTS (SELECT o.id FROM waitlist_offers o
			JOIN appointments a ON a.id = o.appointment_id WHERE o.entry_id = e.id AND o.answer = '' AND a.status = 'offered')`,
		"an offered place without a wait": `SELECT a.id FROM appointments a WHERE a.status = 'offered' AND NOT EXISTS (SELECT o.id FROM waitlist_offers o
			JOIN waitlist_entries e ON e.id = o.entry_id WHERE o.appointment_id = a.id AND o.answer = '' AND e.status = 'offered')
			AND NOT EXISTS (SELECT o.case_id FROM stop_offers o JOIN stop_cases k ON k.id = o.case_id WHERE o.appointment_id = a.id AND k.state = 'offered')`,
		"a case of a stop that is over or not": `SELECT k.id FROM stop_cases k JOIN appointments a ON a.id = k.appointment_id
			WHERE (k.state = 'done') = (a.status IN ('offered', 'held', 'booked', 'checked_in')) OR (k.state = 'done') = (k.outcome = '')`,
		"an answer without its effect": `SELECT o.id FROM waitlist_offers o JOIN appointments a ON a.id = o.appointment_id
			WHERE (o.answer = '') <> (a.status = 'offered') OR (o.answer = 'no' AND a.active = 1)`,
		"a wait that is active or not": `SELECT id FROM waitlist_entries WHERE (active IS NULL) = (status IN ('waiting', 'offered'))`,
		"a move with two places or none": `SELECT m.appointment_id FROM appointment_moves m JOIN appointments n ON n.id = m.appointment_id JOIN appointments o ON o.id = m.moves_id
			JOIN appointment_events e ON e.appointment_id = n.id AND e.to_status = 'booked' WHERE o.active = 1`,
	} {
		var ids []int64
		must(w.t, w.db.Select(&ids, query))
		for _, id := range ids {
			found = append(found, fmt.Sprintf("%s: %d", what, id))
		}
	}
	return found
}

// Whatever people do in whatever order, the waitlist, the places and the moves agree after every step.
func TestACrowdAroundTheWaitlist(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t, seed)
			for step := range 300 {
				c.act(step)
				if found := c.wrongs(); len(found) > 0 {
					t.Fatalf("after\n%s\n%s", strings.Join(c.done, "\n"), strings.Join(found, "\n"))
				}
			}
			var offers, moves int
			must(t, c.db.Get(&offers, "SELECT COUNT(id) FROM waitlist_offers"))
			must(t, c.db.Get(&moves, "SELECT COUNT(appointment_id) FROM appointment_moves"))
			if offers == 0 || moves == 0 {
				t.Errorf("nothing was tried: %d offers, %d moves", offers, moves)
			}
		})
	}
}

// The same by eight at once, on two replicas: nothing fails but what the rules refuse, and in the end all agrees.
func TestACrowdAtOnce(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, 7)
	replica := *c.world
	replica.Store = booking.New(c.db, c.keys, c.clock.now, nil)
	together(8, func(i int) {
		mine := *c
		mine.done, mine.random = nil, rand.New(rand.NewPCG(uint64(i), 11))
		if i%2 == 1 {
			mine.world = &replica
		}
		for step := range 80 {
			if err := mine.try((i+1)*1000 + step); err != nil && !booking.IsRefusal(err) {
				t.Errorf("%s: %v", mine.done[len(mine.done)-1], err)
				return
			}
		}
	})
	if found := c.wrongs(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}
