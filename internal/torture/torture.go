package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"guahao/booking"
)

// grace is how long after the last that was heard of it an operation may still have an effect: a COMMIT that stands in a socket.
const grace = 2 * time.Second

// Record is one operation of a client as it was seen from outside. Times are since the start of the torture.
type Record struct {
	Client   int           `json:"client"`
	Request  request       `json:"request"`
	Start    time.Duration `json:"start_ns"`
	End      time.Duration `json:"end_ns"`
	Attempts int           `json:"attempts"`
	Answered bool          `json:"answered"`
	Answer   answer        `json:"answer"`
}

// torment is one run.
type torment struct {
	o       Options
	world   *world
	fleet   *fleet
	random  *rand.Rand // of the nemesis
	begins  time.Duration
	quiet   time.Duration   // when settling began
	settled time.Duration   // and when it was done
	kills   []time.Duration // of the database
	faults  map[string]int
	itself  map[string]int // what no client had asked for, by reason
	found   []string       // violations that were seen on the way

	mu      sync.Mutex
	records []Record
}

// Run torments the program. A violation is no error: it is in the result.
func Run(ctx context.Context, o Options) (result Result, err error) {
	if err := o.check(); err != nil {
		return result, err
	}
	o.say("A private database with full durability, %d replicas, %d clients, %d s, seed %d.", o.Replicas, o.Clients, o.Seconds, o.Seed)
	w, err := newWorld(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	t := &torment{o: o, world: w, random: rand.New(rand.NewPCG(o.Seed, 0)), faults: map[string]int{}, itself: map[string]int{}}
	t.skewed()
	if o.prepared != nil {
		if err := o.prepared(w); err != nil {
			return result, err
		}
	}
	clients, err := t.addClients(ctx)
	if err != nil {
		return result, err
	}
	if _, err := w.replica(0, o.Replicas); err != nil {
		return result, err
	}
	t.fleet = newFleet(ctx, o.Replicas, o.env, t.elapsed, func(number int) replicaConfig {
		c, _ := w.replica(number, o.Replicas) // it was asked for once already
		return c
	})
	w.notices = t.fleet
	defer t.fleet.close()
	if err := t.await(ctx, func() bool { up, _ := t.fleet.up(); return up == o.Replicas }); err != nil {
		_, why := t.fleet.up()
		return result, errors.Join(err, why)
	}
	if err := t.suffer(ctx, clients); err != nil {
		return result, err
	}
	if err := t.settle(ctx); err != nil {
		return result, err
	}
	t.fleet.close()
	t.found = append(t.found, t.fleet.heard()...)
	return t.judge(ctx)
}

// skewed counts the clocks that are wrong as a fault.
func (t *torment) skewed() {
	for number := range t.o.Replicas {
		if skewOf(number, t.o.Replicas) != 0 {
			t.faults["clock_skewed"]++
		}
	}
}

func (t *torment) elapsed() time.Duration { return time.Since(t.world.clock.base) }

func (t *torment) over() bool { return t.elapsed()-t.begins >= t.o.duration() }

// progress is how much of the time has passed, from 0 to 1.
func (t *torment) progress() float64 {
	return min(1, float64(t.elapsed()-t.begins)/float64(t.o.duration()))
}

func (t *torment) record(r Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records = append(t.records, r)
}

func (t *torment) addClients(ctx context.Context) ([]*client, error) {
	list := make([]*client, t.o.Clients)
	for n := range list {
		list[n] = &client{torment: t, number: n, random: rand.New(rand.NewPCG(t.o.Seed, uint64(n)+1))}
		for i := range patientsEach {
			p, err := t.world.store.AddPatient(ctx, list[n].user(), newPatient(n*patientsEach+i), fmt.Sprintf("torture-%d", i))
			if err != nil {
				return nil, fmt.Errorf("add a patient: %w", err)
			}
			list[n].patients = append(list[n].patients, p.ID)
		}
	}
	return list, nil
}

// newPatient is the nth of a row of people who do not exist.
func newPatient(n int) booking.NewPatient {
	digits := "110101" + time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n/1000).Format("20060102") + fmt.Sprintf("%03d", n%1000)
	sum := 0 // GB 11643
	for _, d := range digits {
		sum = (sum + int(d-'0')) * 2
	}
	return booking.NewPatient{
		Name: "张一", Document: booking.ResidentID, Number: digits + string("0123456789X"[(12-sum%11)%11]), Phone: fmt.Sprintf("138%08d", n), Relation: booking.Relative,
	}
}

// suffer lets clients and nemesis at the program until the time is over.
func (t *torment) suffer(ctx context.Context, clients []*client) error {
	t.begins = t.elapsed()
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range clients {
		group.Go(func() error { c.run(ctx); return nil })
	}
	for number := range t.o.Replicas {
		group.Go(func() error { t.work(ctx, number); return nil })
	}
	group.Go(func() error { return t.torment(ctx) })
	group.Go(func() error { t.report(ctx); return nil })
	return group.Wait()
}

// work has a replica do its jobs again and again.
func (t *torment) work(ctx context.Context, number int) {
	for ctx.Err() == nil && !t.over() {
		t.fleet.ask(ctx, number, request{Op: opTick})
		pause(ctx, 300*time.Millisecond)
	}
}

func (t *torment) report(ctx context.Context) {
	for last := 0; ctx.Err() == nil && !t.over(); last++ {
		if last%20 == 19 {
			t.mu.Lock()
			operations := len(t.records)
			t.mu.Unlock()
			t.o.say("%3.0f s: %d operations", (t.elapsed() - t.begins).Seconds(), operations)
		}
		pause(ctx, 250*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// await waits for a condition, for half a minute at most.
func (t *torment) await(ctx context.Context, done func() bool) error {
	for deadline := time.Now().Add(30 * time.Second); !done(); {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return errors.Join(ctx.Err(), errors.New("the replicas do not come up"))
		}
		pause(ctx, 10*time.Millisecond)
	}
	return nil
}
