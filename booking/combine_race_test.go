package booking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mariadb/mariadbtest"
)

// asked is the answer to a request.
type asked struct {
	visit booking.Visit
	err   error
}

// batch has requests for a clinic taken in one transaction, in their order: somebody else has locked the schedule, a first
// request waits for it, and those of the batch wait behind that.
func (w *world) batch(c booking.Schedule, requests ...booking.HoldRequest) []asked {
	w.t.Helper()
	blocker := w.db.MustBegin()
	defer func() { _ = blocker.Rollback() }()
	var id booking.ScheduleID
	must(w.t, blocker.Get(&id, "SELECT id FROM schedules WHERE id = ? FOR UPDATE", c.ID))
	answers := make([]asked, len(requests))
	var group sync.WaitGroup
	group.Go(func() {
		_, slots := w.clinic2(c)
		first := bookingtest.Patient(w.t, w.Store, 9999, 9999)
		if _, err := w.holdFor(slots[len(slots)-1].ID, first, "first"); err != nil {
			w.t.Errorf("the first request: %v", err)
		}
	})
	until(func() bool { waiting, busy := w.Waiting(c.ID); return busy && waiting == 0 })
	for i, r := range requests {
		group.Go(func() { answers[i].visit, answers[i].err = w.Hold(context.Background(), r) })
		until(func() bool { waiting, _ := w.Waiting(c.ID); return waiting == i+1 })
	}
	must(w.t, blocker.Rollback())
	group.Wait()
	return answers
}

// clinic2 lists the slots of a clinic.
func (w *world) clinic2(c booking.Schedule) (booking.Schedule, []booking.Slot) {
	w.t.Helper()
	slots, err := w.Slots(context.Background(), c.ID)
	must(w.t, err)
	return c, slots
}

func ask(slot booking.Slot, p booking.Patient, key string) booking.HoldRequest {
	return booking.HoldRequest{Slot: slot.ID, Patient: p.ID, User: p.User, Account: booking.AccountID(p.User) + 1000, Key: key}
}

// codes tells the answers as numbers of places and codes of refusals.
func codes(answers []asked) string {
	var list []string
	for _, a := range answers {
		var refusal *booking.Error
		switch {
		case errors.As(a.err, &refusal):
			list = append(list, string(refusal.Code))
		case a.err != nil:
			list = append(list, "error")
		default:
			list = append(list, fmt.Sprint(a.visit.Appointment.Seq))
		}
	}
	return strings.Join(list, " ")
}

// Of a batch each is answered for itself, in the order in which they came, with what the earlier ones got.
func TestBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, slots := w.clinic(5000, 3, 3)
	p := w.people(8)
	again := bookingtest.Patient(t, w.Store, 50, 3) // the third person, in another user's list
	removed := bookingtest.Patient(t, w.Store, 60, 60)
	must(t, w.RemovePatient(context.Background(), 60, removed.ID))
	stolen := ask(slots[0], p[6], "k")
	stolen.User = 1
	answers := w.batch(c,
		ask(slots[0], p[0], "k"), ask(slots[0], p[1], "k"),
		ask(slots[0], p[0], "k"),    // the same request once more
		ask(slots[1], p[0], "k"),    // its key for something else
		ask(slots[1], p[0], "k2"),   // the same half-day again
		ask(slots[0], removed, "k"), // nobody's
		stolen,
		ask(slots[0], p[2], "k"),
		ask(slots[1], again, "k"), // the same person, of which the other user learns no more
		ask(slots[0], p[3], "k"),  // one too many
		ask(slots[1], p[3], "k2"),
	)
	if got, want := codes(answers), "1 2 1 conflict duplicate not_found not_yours 3 limit slot_full 4"; got != want {
		t.Errorf("the answers are %s\nwant            %s", got, want)
	}
	if answers[0].visit.Appointment.ID != answers[2].visit.Appointment.ID {
		t.Error("the same request got two places")
	}
	for i, a := range answers {
		if a.err != nil {
			continue
		}
		v, err := w.Visit(context.Background(), a.visit.Appointment.ID)
		must(t, err)
		v.Schedule.Taken, v.Slot.Taken = a.visit.Schedule.Taken, a.visit.Slot.Taken // later ones of the batch count now
		if diff := cmp.Diff(v, a.visit); diff != "" {
			t.Errorf("answer %d is not what is there:\n%s", i, diff)
		}
	}
	check(t, w.db)
}

// A request that comes again after its appointment is over is told of it, in a batch as alone, and its neighbours notice nothing. So is
// one that the rules would refuse by now.
func TestARequestComesAgainWhenItsVisitIsOver(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 1, 4)
	p := w.people(6)
	first, err := w.Hold(ctx, ask(slots[0], p[0], "k"))
	must(t, err)
	must(t, w.GiveBack(ctx, p[0].User, first.Appointment.ID, "g"))
	answers := w.batch(c, ask(slots[0], p[1], "k"), ask(slots[0], p[0], "k"), ask(slots[0], p[2], "k"), ask(slots[0], p[3], "k"))
	if got := codes(answers); got != "2 1 3 4" || answers[1].visit.Appointment.ID != first.Appointment.ID || answers[1].visit.Appointment.Status != booking.Cancelled {
		t.Errorf("the answers are %s, again %+v", got, answers[1].visit.Appointment)
	}
	other := ask(slots[0], p[0], "k")
	if v, err := w.Hold(ctx, other); err != nil || v.Appointment.ID != first.Appointment.ID { // the slot is full by now
		t.Errorf("again, when it is full: %v, %v", v.Appointment.ID, err)
	}
	must(t, w.CheckHold(ctx, other))
	check(t, w.db)
}

// What a batch remembers of a place decides nothing: what has changed since, and what others have taken or given back, is seen under the locks.
func TestARememberedPlaceDecidesNothing(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 2, 4)
	p := w.people(8)
	pair := func(slot booking.Slot, first int) []asked {
		return w.batch(c, ask(slot, p[first], "k"), ask(slot, p[first+1], "k"))
	}
	if got := codes(pair(slots[0], 0)); got != "1 2" {
		t.Fatalf("the first two got %s", got)
	}
	w.db.MustExec("UPDATE schedules SET fee = 7000, room = 'elsewhere' WHERE id = ?", c.ID)
	for i, a := range pair(slots[0], 2) {
		if must(t, a.err); a.visit.Appointment.Fee != 7000 || a.visit.Schedule.Room != "elsewhere" {
			t.Errorf("request %d got a visit for %s in %q", i, a.visit.Appointment.Fee, a.visit.Schedule.Room)
		}
	}
	if got := codes(pair(slots[0], 4)); got != "slot_full slot_full" {
		t.Errorf("of a full slot they got %s", got)
	}
	first, err := w.Hold(ctx, ask(slots[0], p[0], "k")) // finds its own again
	must(t, err)
	must(t, w.GiveBack(ctx, p[0].User, first.Appointment.ID, "g"))
	if got := codes(pair(slots[0], 6)); got != "1 slot_full" {
		t.Errorf("of one returned place they got %s", got)
	}
	check(t, w.db)
}

// A database that counts up in steps, as Galera's do, gives the same answers.
func TestBatchOnADatabaseThatCountsInSteps(t *testing.T) {
	t.Parallel()
	dsn, err := mysqldriver.ParseDSN(mariadbtest.DSN(t))
	must(t, err)
	dsn.Params = map[string]string{"auto_increment_increment": "3"}
	w := newWorldOn(t, mariadbtest.Open(t, dsn.FormatDSN()))
	c, slots := w.clinic(5000, 2, 4)
	p := w.people(6)
	for turn := range 2 {
		var requests []booking.HoldRequest
		for i := range 3 {
			requests = append(requests, ask(slots[i%2], p[3*turn+i], "k"))
		}
		for i, a := range w.batch(c, requests...) {
			must(t, a.err)
			if got := w.read(a.visit.Appointment.ID); got.Patient != requests[i].Patient || got.Seq != a.visit.Appointment.Seq {
				t.Errorf("turn %d, request %d was told of %+v, there is %+v", turn, i, a.visit.Appointment, got)
			}
		}
	}
	check(t, w.db)
}

// A follower's error undoes the one booking that it is about.
func TestBatchWithAFailingFollower(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, slots := w.clinic(5000, 1, 10)
	p := w.people(5)
	w.follow.fail = func(c booking.Change) error {
		if c.Appointment.Patient == p[2].ID {
			return errors.New("no")
		}
		return nil
	}
	var requests []booking.HoldRequest
	for _, who := range p {
		requests = append(requests, ask(slots[0], who, "k"))
	}
	if got, want := codes(w.batch(c, requests...)), "2 3 error 4 5"; got != want {
		t.Errorf("the answers are %s, want %s", got, want)
	}
	check(t, w.db)
}

// Two clinics whose requests share a lane: limits count over both.
func TestBatchOfTwoClinics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, slots := w.clinic(5000, 1, 5)
	p := w.people(3)
	_, others := w.sharingLane(c)
	rules := policy()
	rules.Limits = booking.Limits{Open: 1}
	_, err := w.SetPolicy(context.Background(), w.hosp, rules)
	must(t, err)
	answers := w.batch(c, ask(others[0], p[0], "a"), ask(slots[0], p[0], "b"), ask(slots[0], p[1], "a"), ask(others[0], p[1], "b"), ask(others[0], p[2], "a"))
	if got, want := codes(answers), "1 limit 2 limit 2"; got != want {
		t.Errorf("the answers are %s, want %s", got, want)
	}
	check(t, w.db)
}

// sharingLane opens clinics of other doctors until one has the lane of a clinic.
func (w *world) sharingLane(c booking.Schedule) (booking.Schedule, []booking.Slot) {
	w.t.Helper()
	for _, name := range []string{"李二", "王三"} {
		doctor := bookingtest.Called(w.t, w.Store, name).Doctor
		for day := range 7 {
			other, slots := bookingtest.Clinic(w.t, w.Store, doctor, today.Add(day+1), 5000, 1, 5)
			if uint64(other.ID)%booking.Lanes == uint64(c.ID)%booking.Lanes {
				return other, slots
			}
		}
	}
	w.t.Fatal("no other clinic shares the lane")
	return booking.Schedule{}, nil
}

// A returned number is sold again within a batch, and numbers that are cooling are not.
func TestBatchWithReturnedNumbers(t *testing.T) {
	t.Parallel()
	for _, enter := range []booking.ReturnEntry{booking.AtOnce, booking.AtTail, booking.Cooling} {
		t.Run(string(enter), func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t), context.Background()
			c, slots := w.clinic(5000, 2, 6)
			p := w.people(8)
			rules := policy()
			rules.Returns = booking.ReturnRule{Enter: enter, Minutes: 30}
			if enter != booking.Cooling {
				rules.Returns.Minutes = 0
			}
			_, err := w.SetPolicy(ctx, w.hosp, rules)
			must(t, err)
			var before [3]booking.Visit
			for i := range before {
				before[i], err = w.holdFor(slots[0].ID, p[i], "before")
				must(t, err)
			}
			for _, v := range before[:2] {
				must(t, w.GiveBack(ctx, v.Appointment.User, v.Appointment.ID, "back"))
			}
			answers := w.batch(c, ask(slots[0], p[3], "k"), ask(slots[0], p[4], "k"), ask(slots[0], p[5], "k"), ask(slots[0], p[6], "k"))
			want := map[booking.ReturnEntry]string{booking.AtOnce: "1 2 4 5", booking.AtTail: "4 5 6 1", booking.Cooling: "4 5 6 slot_full"}
			if got := codes(answers); got != want[enter] {
				t.Errorf("the answers are %s, want %s", got, want[enter])
			}
			check(t, w.db)
		})
	}
}

// Four replicas, several clinics, everybody at once and some giving back meanwhile: every answer is true, every refusal too.
func TestReplicasInARush(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 3, 20)
	replicas := []*booking.Store{w.Store}
	for range 3 {
		replicas = append(replicas, booking.New(w.db, w.keys, w.clock.now, nil))
	}
	people := w.people(120)
	var sold, back atomic.Int64
	together(len(people), func(i int) {
		s, p := replicas[i%4], people[i]
		v, err := s.Hold(ctx, ask(slots[i%3], p, "k"))
		switch {
		case errors.Is(err, booking.ErrSlotFull):
			return
		case err != nil:
			t.Errorf("person %d: %v", i, err)
			return
		}
		sold.Add(1)
		if i%5 == 0 {
			must(t, s.GiveBack(ctx, p.User, v.Appointment.ID, "back"))
			back.Add(1)
		}
	})
	var taken int64
	must(t, w.db.Get(&taken, "SELECT taken FROM schedules WHERE id = ?", c.ID))
	if taken != sold.Load()-back.Load() || sold.Load() < 60 {
		t.Errorf("%d were sold, %d given back, the schedule says %d", sold.Load(), back.Load(), taken)
	}
	check(t, w.db)
}

// The negative control of the above: two replicas that do not lock, with no key behind them, give one number to two; with
// the lock they do not, and with the keys they cannot.
func TestRushWithoutLocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ locks, keys bool }{"no guard": {}, "keys": {keys: true}, "locks": {locks: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, slots := w.clinic(5000, 1, 10)
			people := w.people(2)
			if !c.keys {
				w.dropKeys()
			}
			gate := newBarrier(2)
			together(2, func(i int) {
				var calls atomic.Int32
				s := booking.New(w.db, w.keys, func() time.Time {
					if calls.Add(1) == 3 && !c.locks { // the decision: what is free was read just before it
						gate.wait()
					}
					return w.clock.now()
				}, nil)
				if !c.locks {
					s = booking.WithoutLocks(s)
				}
				_, _ = s.Hold(context.Background(), ask(slots[0], people[i], "k"))
			})
			found := strings.Join(troubles(t, w.db), "\n")
			if doubled := strings.Contains(found, "twice: "); doubled != (!c.locks && !c.keys) {
				t.Errorf("a number was sold twice: %t\n%s", doubled, found)
			}
		})
	}
}
