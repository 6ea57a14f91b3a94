package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"guahao/booking"
	"guahao/internal/sandbox"
)

// The booking bench's world.
const (
	// mostHotPlaces are in a hot slot: about as many as a half-hour with a popular doctor ever has. Taking a place reads the slot's
	// numbers, so a slot of thousands would measure something that no hospital has.
	mostHotPlaces = 32
	// hotRate and spreadRate are how many places a second are kept ready: more than a server gives away.
	hotRate, spreadRate = 4000, 10000

	spreadSlots, spreadPlaces = 6, 20

	halfDays = 2 * daysAhead // that can be booked with one doctor, today left out

	// patientsEach is how many patients each client books for, in turn. Nobody gets two places in one half-day, so there must be more
	// than mostHotPlaces of them; and since it is a prime, a patient meets a schedule again only after all the other schedules.
	patientsEach = 37
)

// bookingCity has a department whose doctors have one slot in each half-day, to be sold out one after the other, and one with
// room for everybody.
func bookingCity(o Options) city {
	hotPlaces := min(max(o.Clients, 4), mostHotPlaces) // few clients shall sell a slot out, too
	hot := 1 + o.Seconds*hotRate/(hotPlaces*halfDays)
	spread := 20 + o.Seconds*spreadRate/(spreadSlots*spreadPlaces*halfDays)
	if spread%patientsEach == 0 {
		spread++
	}
	return city{hospitals: 1, groups: [][]clinic{{
		{fee: "20", doctors: hot, afternoons: true, slots: 1, places: hotPlaces},
		{fee: "20", doctors: spread, afternoons: true, slots: spreadSlots, places: spreadPlaces},
	}}}
}

// Booking measures how fast places are given away, and counts those that were given to two.
func Booking(ctx context.Context, o Options) (result BookingResult, err error) {
	result = BookingResult{Bench: "booking", Clients: o.Clients, Seconds: o.Seconds}
	if err := o.check(); err != nil {
		return result, err
	}
	p, err := newProgram(ctx, o, sandbox.PlatformOptions{}, bookingCity(o), nil)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	b := &bookers{program: p, o: o, people: make([][]booking.PatientID, o.Clients)}
	if err := b.addPeople(ctx); err != nil {
		return result, err
	}
	if result.HotPerS, err = b.hot(ctx); err != nil {
		return result, err
	}
	if result.SpreadPerS, err = b.spread(ctx); err != nil {
		return result, err
	}
	if result.Oversold, err = p.audit(ctx); err != nil {
		return result, err
	}
	result.Errors = p.log.total()
	return result, nil
}

// audit counts the oversold places, and complains about counters that are wrong.
func (p *program) audit(ctx context.Context) (oversold int, err error) {
	if oversold, err = Oversold(ctx, p.database.DB); err != nil {
		return 0, err
	}
	wrong, err := miscounted(ctx, p.database.DB)
	if wrong > 0 {
		p.log.add("%d counters of places are wrong", wrong)
	}
	return oversold, err
}

// bookers are the clients of the booking bench. A client books for patients of its own.
type bookers struct {
	program *program
	o       Options
	people  [][]booking.PatientID
	taken   atomic.Int64
}

func (b *bookers) addPeople(ctx context.Context) error {
	b.o.say("Adding %d patients …", b.o.Clients*patientsEach)
	group, ctx := errgroup.WithContext(ctx)
	for client := range b.o.Clients {
		group.Go(func() error {
			for n := range patientsEach {
				who := inventPerson(client*patientsEach + n)
				patient, err := b.program.Booking.AddPatient(ctx, user(client), booking.NewPatient{
					Name: who.name, Document: booking.ResidentID, Number: who.document, Phone: who.phone,
				}, fmt.Sprintf("bench:%d", n))
				if err != nil {
					return fmt.Errorf("add a patient: %w", err)
				}
				b.people[client] = append(b.people[client], patient.ID)
			}
			return nil
		})
	}
	return group.Wait()
}

func user(client int) booking.UserID { return booking.UserID(client + 1) }

// hold asks for a place with the client's n-th request of a phase.
func (b *bookers) hold(ctx context.Context, phase string, client, n int, slot booking.SlotID) error {
	_, err := b.program.Booking.Hold(ctx, booking.HoldRequest{
		Slot: slot, Patient: b.people[client][n%patientsEach], User: user(client), Account: booking.AccountID(client + 1),
		Key: fmt.Sprintf("bench:%s:%d", phase, n),
	})
	if err == nil {
		b.taken.Add(1)
	}
	return err
}

// hot has all clients want the same slot until it is full, and then the next one.
func (b *bookers) hot(ctx context.Context) (float64, error) {
	slots, err := b.slots(ctx, 1)
	if err != nil {
		return 0, err
	}
	b.o.say("Everybody wants the same slot, for %d s …", b.o.Seconds)
	var current atomic.Int64
	return b.run(ctx, func(client, n int) bool {
		at := current.Load()
		if at >= int64(len(slots)) {
			return false
		}
		err := b.hold(ctx, "hot", client, n, slots[at][0])
		switch {
		case errors.Is(err, booking.ErrSlotFull):
			current.CompareAndSwap(at, at+1)
		case err != nil:
			b.program.log.add("hold a place of the hot slot: %v", err)
		}
		return true
	})
}

// spread has each client want another slot each time.
func (b *bookers) spread(ctx context.Context) (float64, error) {
	schedules, err := b.slots(ctx, 2)
	if err != nil {
		return 0, err
	}
	b.o.say("Everybody wants something else, for %d s …", b.o.Seconds)
	return b.run(ctx, func(client, n int) bool {
		slots := schedules[(client*len(schedules)/b.o.Clients+n)%len(schedules)]
		slot := slots[(client+n)%len(slots)]
		if err := b.hold(ctx, "spread", client, n, slot); err != nil {
			b.program.log.add("hold a place of many: %v", err)
		}
		return true
	})
}

// run has all clients make one request after another until the time is over or do says that there is nothing left. It gives
// the places taken a second.
func (b *bookers) run(ctx context.Context, do func(client, n int) bool) (float64, error) {
	b.taken.Store(0)
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	end := start.Add(b.o.duration())
	for client := range b.o.Clients {
		group.Go(func() error {
			for n := 0; time.Now().Before(end) && ctx.Err() == nil; n++ {
				if !do(client, n) {
					return nil
				}
			}
			return ctx.Err()
		})
	}
	err := group.Wait()
	return perSecond(int(b.taken.Load()), time.Since(start)), err
}

// slots lists what can be booked from tomorrow on in a department of the city (counted from 1), by schedule.
func (b *bookers) slots(ctx context.Context, department int) ([][]booking.SlotID, error) {
	var rows []struct {
		Schedule booking.ScheduleID
		Slot     booking.SlotID
	}
	today := booking.DateOf(time.Now(), zone())
	const query = `SELECT c.id AS schedule, s.id AS slot FROM departments d
		JOIN schedules c ON c.department_id = d.id JOIN slots s ON s.schedule_id = c.id
		WHERE d.code = ? AND c.visit_date BETWEEN ? AND ? ORDER BY c.id, s.id`
	err := b.program.database.SelectContext(ctx, &rows, query, departmentCode(1, department), today.Add(1), today.Add(daysAhead))
	if err != nil {
		return nil, fmt.Errorf("list the bench's slots: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("the bench's city has no slots")
	}
	var schedules [][]booking.SlotID
	for i, row := range rows {
		if i == 0 || row.Schedule != rows[i-1].Schedule {
			schedules = append(schedules, nil)
		}
		last := &schedules[len(schedules)-1]
		*last = append(*last, row.Slot)
	}
	return schedules, nil
}
