package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"guahao/booking"
)

// rounds is how often each contestant has its turn. The order changes from round to round; of a contestant's results the median
// counts.
const rounds = 5

// contestant takes places in its own way.
type contestant interface {
	take(ctx context.Context, w wish) (seat, error)
}

// event is one contestant in one kind of rush.
type event struct {
	name  string
	by    contestant
	drive func(t *tournament, by contestant, turn string) func(ctx context.Context, client, n int) (seat, bool)
	rates []float64
}

// tournament lets the contestants take turns on one database. Each turn begins with every place free.
type tournament struct {
	program     *program
	o           Options
	people      people
	hot, spread []clinicSlots
	naive       *naive
	raw         *raw
	events      []*event
	oversold    int
	lost        int
}

func newTournament(ctx context.Context, p *program, o Options) (t *tournament, err error) {
	t = &tournament{program: p, o: o}
	if t.people, err = addPeople(ctx, p, o); err != nil {
		return nil, err
	}
	if t.hot, err = clinicsOf(ctx, p, 1); err != nil {
		return nil, err
	}
	if t.spread, err = clinicsOf(ctx, p, 2); err != nil {
		return nil, err
	}
	policy, err := t.setRules(ctx)
	if err != nil {
		return nil, err
	}
	if t.raw, err = newRaw(ctx, p); err != nil {
		return nil, err
	}
	if t.naive, err = newNaive(ctx, p, policy); err != nil {
		return nil, errors.Join(err, t.raw.close())
	}
	t.events = []*event{
		{name: "raw UPDATE, one slot", by: t.raw, drive: rush},
		{name: "naive, one half-day", by: t.naive, drive: rush},
		{name: "naive, 1,008 half-days", by: t.naive, drive: stroll},
		{name: "guahao, one half-day", by: product{p.Booking}, drive: rush},
		{name: "guahao, 1,008 half-days", by: product{p.Booking}, drive: stroll},
	}
	return t, nil
}

func (t *tournament) setRules(ctx context.Context) (booking.Policy, error) {
	hospitals, err := t.program.Booking.Hospitals(ctx)
	if err != nil {
		return booking.Policy{}, err
	}
	policy, err := t.program.Booking.Policy(ctx, hospitals[0].ID)
	if err != nil {
		return booking.Policy{}, err
	}
	return t.program.Booking.SetPolicy(ctx, hospitals[0].ID, bookingRules(policy))
}

func (t *tournament) close() error { return errors.Join(t.raw.close(), t.naive.close()) }

// play has every contestant take its turns. The last of all is the program's rush.
func (t *tournament) play(ctx context.Context) error {
	each := t.o.duration() / rounds
	t.o.say("%d clients, %d rounds of %d turns of %.1f s …", t.o.Clients, rounds, len(t.events), each.Seconds())
	for round := range rounds {
		for i := range t.events {
			e := t.events[(round+i)%len(t.events)]
			rate, err := t.turn(ctx, e, fmt.Sprintf("r%d", round), each)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			e.rates = append(e.rates, rate)
		}
	}
	return nil
}

// turn lets one contestant take places for a while and looks at what it has done. It gives the places taken a second.
func (t *tournament) turn(ctx context.Context, e *event, name string, each time.Duration) (float64, error) {
	if err := t.clear(ctx); err != nil {
		return 0, err
	}
	do := e.drive(t, e.by, name)
	told := make([][]seat, t.o.Clients)
	group, working := errgroup.WithContext(ctx)
	start := time.Now()
	for client := range t.o.Clients {
		group.Go(func() error {
			for n := 0; time.Since(start) < each && working.Err() == nil; n++ {
				got, ok := do(working, client, n)
				if ok {
					told[client] = append(told[client], got)
				}
			}
			return working.Err()
		})
	}
	err := group.Wait()
	took := time.Since(start)
	all := slices.Concat(told...)
	if err != nil || e.by == contestant(t.raw) {
		return perSecond(len(all), took), err
	}
	oversold, err := t.program.audit(ctx)
	if err != nil {
		return 0, err
	}
	missing, err := lost(ctx, t.program, all)
	t.oversold, t.lost = t.oversold+oversold, t.lost+missing
	return perSecond(len(all), took), err
}

// clear gives every place back.
func (t *tournament) clear(ctx context.Context) error {
	for _, statement := range []string{
		"TRUNCATE TABLE appointments", "TRUNCATE TABLE appointment_events", "TRUNCATE TABLE charges", "TRUNCATE TABLE charge_events",
		"UPDATE slots SET taken = 0, issued = 0 WHERE taken > 0", "UPDATE schedules SET taken = 0 WHERE taken > 0",
	} {
		if _, err := t.program.database.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("give the places back: %w", err)
		}
	}
	return nil
}

// rush has all clients want the same half-day until a slot of it is full, and then the next one.
func rush(t *tournament, by contestant, turn string) func(ctx context.Context, client, n int) (seat, bool) {
	var current atomic.Int64
	return func(ctx context.Context, client, n int) (seat, bool) {
		at := current.Load()
		c := t.hot[int(at)%len(t.hot)]
		got, err := by.take(ctx, t.people.wish(turn, client, n, c, c.slots[(client+n)%len(c.slots)]))
		if errors.Is(err, booking.ErrSlotFull) {
			current.CompareAndSwap(at, at+1)
		}
		return got, t.fine(ctx, err)
	}
}

// stroll has each client want another half-day each time.
func stroll(t *tournament, by contestant, turn string) func(ctx context.Context, client, n int) (seat, bool) {
	return func(ctx context.Context, client, n int) (seat, bool) {
		c := t.spread[(client*len(t.spread)/t.o.Clients+n)%len(t.spread)]
		got, err := by.take(ctx, t.people.wish(turn, client, n, c, c.slots[(client+n)%len(c.slots)]))
		return got, t.fine(ctx, err)
	}
}

// fine tells whether a place was taken, and complains about what is neither that nor "full".
func (t *tournament) fine(ctx context.Context, err error) bool {
	if err != nil && !errors.Is(err, booking.ErrSlotFull) && ctx.Err() == nil {
		t.program.log.add("take a place: %v", err)
	}
	return err == nil
}

// product is the program.
type product struct{ *booking.Store }

func (p product) take(ctx context.Context, w wish) (seat, error) {
	v, err := p.Hold(ctx, w.HoldRequest)
	a := v.Appointment
	return seat{ID: a.ID, Patient: a.Patient, Slot: a.Slot, Seq: a.Seq}, err
}
