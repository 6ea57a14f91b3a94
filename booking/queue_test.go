package booking_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/booking/queue"
)

// hall is the evening of the small hospital's cardiology: two doctors, each with a clinic of 18:00 to 20:00 in which everybody has booked.
type hall struct {
	*world
	ctx    context.Context
	news   *newsFollower
	rooms  []booking.Schedule
	visits [][]booking.AppointmentID // by room, in the order of the numbers
	people int
}

// newsFollower remembers who was to be told what.
type newsFollower struct {
	follower
	told []booking.QueueNews
}

func (f *newsFollower) QueueMoved(_ context.Context, _ *sqlx.Tx, n booking.QueueNews) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = append(f.told, n)
	return nil
}

// take gives what was heard since it was asked last, as words: an appointment's place among all, and near or called.
func (h *hall) heard() string {
	h.news.mu.Lock()
	defer h.news.mu.Unlock()
	var words []string
	for _, n := range h.news.told {
		what := "near"
		if n.Called {
			what = "called"
		}
		words = append(words, fmt.Sprint(h.number(n.Appointment), " ", what))
	}
	h.news.told = nil
	return strings.Join(words, ", ")
}

// number is where an appointment stands in its room, from 1; of the second room from 101.
func (h *hall) number(id booking.AppointmentID) int {
	for r, list := range h.visits {
		if i := slices.Index(list, id); i >= 0 {
			return 100*r + i + 1
		}
	}
	return 0
}

func newHall(t *testing.T, people ...int) *hall {
	t.Helper()
	w := newWorld(t)
	h := &hall{world: w, ctx: context.Background(), news: &newsFollower{}}
	w.Store = booking.New(w.db, w.keys, w.clock.now, h.news)
	for i, n := range people {
		doctor := bookingtest.Called(t, w.Store, []string{"曾一", "李二"}[i]).Doctor
		c, slots := bookingtest.Clinic(t, w.Store, doctor, today, 0, 8, 5)
		h.rooms = append(h.rooms, c)
		h.visits = append(h.visits, nil)
		for range n {
			h.people++
			slot := slots[len(h.visits[i])/5]
			h.visits[i] = append(h.visits[i], h.booked(slot.ID, h.people))
		}
	}
	h.clock.set(evening)
	return h
}

// evening is when the clinics open: the time of the first slot.
var evening = time.Date(2026, 3, 2, 18, 0, 0, 0, shanghai)

func (h *hall) booked(slot booking.SlotID, n int) booking.AppointmentID {
	h.t.Helper()
	v := h.mustHold(slot, n)
	_, err := h.confirm(v.Appointment.ID)
	must(h.t, err)
	return v.Appointment.ID
}

// confirm confirms through this store, whose follower hears of it.
func (h *hall) confirm(id booking.AppointmentID) (booking.Appointment, error) {
	return confirm(h.db, h.Store, id)
}

// arrive checks people of a room in, by their numbers.
func (h *hall) arrive(room int, numbers ...int) {
	h.t.Helper()
	for _, n := range numbers {
		_, err := h.CheckIn(h.ctx, 1, h.visits[room][n-1])
		must(h.t, err)
	}
}

func (h *hall) room(i int) booking.QueueRoom {
	h.t.Helper()
	r, err := h.QueueRoomOf(h.ctx, h.rooms[i].ID)
	must(h.t, err)
	return r
}

// seen is a call as a nurse of a room makes it who has just looked.
func (h *hall) seen(i int) booking.Calling {
	h.t.Helper()
	c := booking.Calling{By: 7, Schedule: h.rooms[i].ID}
	if with := h.room(i).With; with != nil {
		c.Seen = with.Visit.Appointment.ID
	}
	return c
}

// next calls the next one to a room, and gives the number.
func (h *hall) next(i int) int {
	h.t.Helper()
	id, err := h.CallNext(h.ctx, h.seen(i))
	must(h.t, err)
	return h.number(id)
}

// waiting are the numbers of who waits for a room, in the order of their turns.
func (h *hall) waiting(i int) []int {
	h.t.Helper()
	var list []int
	for _, p := range h.room(i).Waiting {
		list = append(list, h.number(p.Visit.Appointment.ID))
	}
	return list
}

func (h *hall) want(what string, got, want any) {
	h.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// An evening from the first check-in to the last call, as everybody sees it.
func TestAnEveningOfTheQueue(t *testing.T) {
	t.Parallel()
	h := newHall(t, 8, 2)
	h.arrive(0, 5, 2, 3, 1, 4, 7)
	h.arrive(1, 1)
	h.want("the order", h.waiting(0), []int{1, 2, 3, 4, 5, 7})
	h.want("told on arrival", h.heard(), "5 near, 2 near, 3 near, 1 near, 4 near, 101 near") // once each, however it moves
	turn, err := h.Turn(h.ctx, h.visits[0][3])
	must(t, err)
	if turn.Status != queue.Waiting || turn.Ahead != 3 || turn.Known || turn.Doctor.Name.ZH != "曾一" {
		t.Errorf("number 4 reads %+v", turn)
	}
	h.want("called", h.next(0), 1)
	h.want("told", h.heard(), "1 called")
	must(t, h.CallAgain(h.ctx, h.seen(0)))
	h.want("told", h.heard(), "1 called")
	must(t, h.PassOver(h.ctx, h.seen(0)))
	h.clock.add(10 * time.Minute)
	h.want("called", h.next(0), 2)
	h.clock.add(6 * time.Minute)
	h.want("called next", h.next(0), 3)
	h.want("told", h.heard(), "2 called, 7 near, 3 called")
	h.status(0, 2, booking.Fulfilled)
	must(t, h.BringBack(h.ctx, 7, h.visits[0][0]))
	h.want("back, three places behind", h.waiting(0), []int{4, 5, 7, 1})
	h.want("told once more", h.heard(), "1 near")
	turn, err = h.Turn(h.ctx, h.visits[0][6])
	must(t, err)
	if !turn.Known || turn.Ahead != 2 || turn.Promise.Median < 8 || turn.Promise.Median > 25 || turn.Promise.Low > turn.Promise.Median || turn.Promise.High < turn.Promise.Median {
		t.Errorf("behind two and one inside, at six minutes each: %+v", turn)
	}
	must(t, h.PauseCalling(h.ctx, 7, h.rooms[0].ID))
	if _, err := h.CallNext(h.ctx, h.seen(0)); !errors.Is(err, booking.ErrQueuePaused) {
		t.Errorf("a paused doctor calls: %v", err)
	}
	h.status(0, 3, booking.CheckedIn) // and nobody was sent away by the refusal
	must(t, h.FinishVisit(h.ctx, h.seen(0)))
	must(t, h.ResumeCalling(h.ctx, 7, h.rooms[0].ID))
	must(t, h.SendTo(h.ctx, 7, h.visits[0][3], h.rooms[1].ID))
	h.want("the other doctor's", h.waiting(1), []int{101, 4})
	for _, want := range []int{5, 7, 1, 0} {
		h.want("called", h.next(0), want)
	}
	must(t, h.BringBack(h.ctx, 7, h.visits[0][1]))
	h.want("back with results", h.next(0), 2)
	check(t, h.db)
	h.consistent(t)
}

func (h *hall) status(room, number int, want booking.Status) {
	h.t.Helper()
	v, err := h.Visit(h.ctx, h.visits[room][number-1])
	must(h.t, err)
	if v.Appointment.Status != want {
		h.t.Errorf("number %d is %s, want %s", number, v.Appointment.Status, want)
	}
}

// consistent is what holds of every queue at any time.
func (h *hall) consistent(t interface{ Errorf(string, ...any) }) {
	for what, query := range map[string]string{
		"versions": `SELECT CONCAT('queue ', q.id) FROM queues q LEFT JOIN queue_events e ON e.queue_id = q.id GROUP BY q.id, q.version HAVING COUNT(e.id) <> q.version OR COALESCE(MAX(e.version), 0) <> q.version`,
		"calls": `SELECT CONCAT('appointment ', e.appointment_id) FROM queue_entries e LEFT JOIN queue_calls c ON c.appointment_id = e.appointment_id AND c.outcome = ''
			GROUP BY e.appointment_id, e.status, e.at_id HAVING COUNT(c.id) <> (e.status IN ('called', 'inside')) OR COALESCE(MAX(c.schedule_id), e.at_id) <> e.at_id`,
		"two in a room":   `SELECT CONCAT('schedule ', schedule_id) FROM queue_calls WHERE outcome = '' GROUP BY schedule_id HAVING COUNT(id) > 1`,
		"two rooms":       `SELECT CONCAT('appointment ', appointment_id) FROM queue_calls WHERE outcome = '' GROUP BY appointment_id HAVING COUNT(id) > 1`,
		"not in the list": `SELECT CONCAT('appointment ', a.id) FROM appointments a LEFT JOIN queue_entries e ON e.appointment_id = a.id WHERE a.status IN ('checked_in', 'fulfilled') AND e.appointment_id IS NULL`,
		"done":            `SELECT CONCAT('appointment ', a.id) FROM appointments a JOIN queue_entries e ON e.appointment_id = a.id WHERE e.status = 'done' AND a.status <> 'fulfilled'`,
	} {
		var rows []string
		if err := h.db.Select(&rows, query); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for _, row := range rows {
			t.Errorf("%s: %s", what, row)
		}
	}
}

// Who was there when the program ended is there when it starts again, in the same order, with who is called.
func TestTheQueueSurvivesARestart(t *testing.T) {
	t.Parallel()
	h := newHall(t, 6)
	h.arrive(0, 1, 2, 3, 4, 5, 6)
	h.next(0)
	before, order := h.heard(), h.waiting(0)
	h.Store = booking.New(h.db, h.keys, h.clock.now, h.news)
	h.want("the order", h.waiting(0), order)
	h.want("called", h.seen(0).Seen, h.visits[0][0])
	h.want("called next", h.next(0), 2)
	if heard := h.heard(); !strings.Contains(before, "4 near") || heard != "2 called, 6 near" && heard != "2 called" {
		t.Errorf("before %q, after the restart %q: somebody is told twice", before, heard)
	}
}

// Eight nurses press at once, again and again, each with what they saw last: every patient is called once, in the order of the numbers, and every
// press that came too late says so.
func TestNursesCallingAtOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t, 12, 3)
	for n := range 12 {
		h.arrive(0, n+1)
	}
	h.arrive(1, 1, 2, 3)
	for _, id := range h.visits[0][:6] { // some wait for either doctor
		must(t, h.SendTo(h.ctx, 7, id, 0))
	}
	var mu sync.Mutex
	called := map[booking.AppointmentID]int{}
	for {
		before := []booking.Calling{h.seen(0), h.seen(1)}
		done := 0
		together(8, func(i int) {
			id, err := h.CallNext(h.ctx, before[i%2])
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && id != 0:
				called[id]++
				done++
			case err != nil && !errors.Is(err, booking.ErrQueueMoved) && !errors.Is(err, booking.ErrQueueEmpty):
				t.Errorf("a nurse reads %v", err)
			}
		})
		if done > 2 {
			t.Fatalf("eight presses for two doctors called %d", done)
		}
		if len(h.waiting(0))+len(h.waiting(1)) == 0 {
			break
		}
	}
	for _, id := range slices.Concat(h.visits...) {
		if called[id] != 1 {
			t.Errorf("number %d was called %d times", h.number(id), called[id])
		}
	}
	h.consistent(t)
}

// The control: without the lock and the keys behind it, two nurses who look at the same moment call one patient to two rooms.
func TestWithoutTheLockOneIsCalledTwice(t *testing.T) {
	t.Parallel()
	h := newHall(t, 2, 1)
	h.arrive(0, 1, 2)
	must(t, h.SendTo(h.ctx, 7, h.visits[0][0], 0))
	h.db.MustExec("ALTER TABLE queue_calls DROP KEY uk_queue_calls_room, DROP KEY uk_queue_calls_person")
	h.db.MustExec("ALTER TABLE queue_events DROP KEY uk_queue_events")
	open := booking.WithoutLocks(h.Store)
	var other booking.AppointmentID
	first, err := open.CallNextAfter(h.ctx, booking.Calling{By: 7, Schedule: h.rooms[0].ID}, func() {
		var err error
		other, err = open.CallNext(h.ctx, booking.Calling{By: 8, Schedule: h.rooms[1].ID})
		must(t, err)
	})
	must(t, err)
	if first != other {
		t.Errorf("called %d and %d: the tests of the lock prove nothing", first, other)
	}
}

// What must not be done is said in words, and nothing has changed.
func TestWhatTheQueueRefuses(t *testing.T) {
	t.Parallel()
	h := newHall(t, 4, 1)
	h.arrive(0, 1, 2)
	h.next(0)
	before := h.room(0).Version
	tomorrow, _ := h.clinic(0, 1, 1)
	for name, c := range map[string]struct {
		do   func() error
		want error
	}{
		"a press that comes too late": {func() error { _, err := h.CallNext(h.ctx, booking.Calling{Schedule: h.rooms[0].ID}); return err }, booking.ErrQueueMoved},
		"finishing somebody else": {func() error {
			return h.FinishVisit(h.ctx, booking.Calling{Schedule: h.rooms[0].ID, Seen: h.visits[0][1]})
		}, booking.ErrQueueMoved},
		"passing over nobody":          {func() error { return h.PassOver(h.ctx, booking.Calling{Schedule: h.rooms[1].ID}) }, booking.ErrNobodyCalled},
		"calling nobody again":         {func() error { return h.CallAgain(h.ctx, booking.Calling{Schedule: h.rooms[1].ID}) }, booking.ErrNobodyCalled},
		"an empty queue":               {func() error { _, err := h.CallNext(h.ctx, booking.Calling{Schedule: h.rooms[1].ID}); return err }, booking.ErrQueueEmpty},
		"tomorrow's clinic":            {func() error { _, err := h.CallNext(h.ctx, booking.Calling{Schedule: tomorrow.ID}); return err }, booking.ErrTooLate},
		"a clinic that is not there":   {func() error { _, err := h.CallNext(h.ctx, booking.Calling{Schedule: 9999}); return err }, booking.ErrNotFound},
		"who is not checked in":        {func() error { return h.Classify(h.ctx, 7, h.visits[0][3], queue.Severe) }, booking.ErrNotInQueue},
		"a class that is unknown":      {func() error { return h.Classify(h.ctx, 7, h.visits[0][1], "friend") }, booking.ErrQueueClass},
		"to a doctor of another day":   {func() error { return h.SendTo(h.ctx, 7, h.visits[0][1], tomorrow.ID) }, booking.ErrNotFound},
		"to the same doctor":           {func() error { return h.SendTo(h.ctx, 7, h.visits[0][1], h.rooms[0].ID) }, booking.ErrQueueMoved},
		"bringing back who waits":      {func() error { return h.BringBack(h.ctx, 7, h.visits[0][1]) }, booking.ErrQueueMoved},
		"the turn of who is not there": {func() error { _, err := h.Turn(h.ctx, h.visits[0][3]); return err }, booking.ErrNotInQueue},
		"the board of a group": {func() error {
			_, err := h.Board(h.ctx, bookingtest.Called(t, h.Store, "内科").Department)
			return err
		}, booking.ErrNotFound},
		"the board of no department":     {func() error { _, err := h.Board(h.ctx, 9999); return err }, booking.ErrNotFound},
		"classifying who is called away": {func() error { return h.Classify(h.ctx, 7, h.visits[0][0], queue.Severe) }, booking.ErrQueueMoved},
	} {
		err := c.do()
		if !errors.Is(err, c.want) || !booking.IsRefusal(err) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	h.want("the version", h.room(0).Version, before)
}

// Late is who comes after the own time; who is 80 or older comes before others of the same kind; a nurse's emergency before all.
func TestClassesAndLateness(t *testing.T) {
	t.Parallel()
	h := newHall(t, 8)
	h.clock.set(evening.Add(15 * time.Minute)) // the first five are late
	h.arrive(0, 1, 6, 7, 8)
	h.want("the late one comes behind three", h.waiting(0), []int{6, 7, 8, 1})
	must(t, h.Classify(h.ctx, 7, h.visits[0][7], queue.Severe))
	must(t, h.Classify(h.ctx, 7, h.visits[0][0], queue.Emergency))
	h.want("by class", h.waiting(0), []int{1, 8, 6, 7})
	for birth, want := range map[booking.Date]queue.Class{"1946-03-02": queue.Over80, "1946-03-03": queue.Regular, "": queue.Regular} {
		if got := booking.ClassOf(queue.Usual(), birth, today); got != want {
			t.Errorf("born %q is %s", birth, got)
		}
	}
	if got := booking.ClassOf(queue.Rules{Classes: []queue.Class{"vip", "all"}, AgeMinutes: 5}, "1930-01-01", today); got != "all" {
		t.Errorf("where nobody is over 80: %s", got)
	}
}

// A hospital sets the classes of a department in its rules; the queue goes by them at once, and who has a class that is no more is an ordinary patient.
func TestADepartmentsOwnClasses(t *testing.T) {
	t.Parallel()
	h := newHall(t, 3)
	h.arrive(0, 1, 2, 3)
	must(t, h.Classify(h.ctx, 7, h.visits[0][2], queue.Severe))
	h.want("by the usual classes", h.waiting(0), []int{3, 1, 2})
	p, err := h.Policy(h.ctx, h.hosp)
	must(t, err)
	own := queue.Rules{Classes: []queue.Class{"pregnant", queue.Regular}, AgeMinutes: 15, Behind: 2, MostSkips: 1}
	p.Queues = []booking.QueueRule{{Department: "A", Rules: own}}
	_, err = h.SetPolicy(h.ctx, h.hosp, p)
	must(t, err)
	h.want("a class that is no more", h.waiting(0), []int{1, 2, 3})
	must(t, h.Classify(h.ctx, 7, h.visits[0][1], "pregnant"))
	h.want("by the own classes", h.waiting(0), []int{2, 1, 3})
	for name, bad := range map[string][]booking.QueueRule{
		"all urgent":         {{Rules: queue.Rules{Classes: []queue.Class{"a"}, Urgent: 1, AgeMinutes: 5}}},
		"twice":              {{Rules: own}, {Rules: own}},
		"another hospital's": {{Department: "Z9", Rules: own}},
	} {
		p.Queues = bad
		if _, err := h.SetPolicy(h.ctx, h.hosp, p); !errors.Is(err, booking.ErrBadPolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What happens to an appointment elsewhere happens in the queue.
func TestTheQueueFollowsAppointments(t *testing.T) {
	t.Parallel()
	h := newHall(t, 4)
	h.arrive(0, 1, 2, 3)
	h.next(0)
	_, err := h.Fulfil(h.ctx, 7, h.visits[0][0])
	must(t, err)
	if with := h.room(0).With; with != nil {
		t.Errorf("who was marked as seen is still in the room: %+v", with)
	}
	_, _, err = h.CancelByStaff(h.ctx, booking.StaffCancel{Appointment: h.visits[0][1], Refund: booking.GiveNone, Key: "x"})
	must(t, err)
	h.want("who was cancelled has left", h.waiting(0), []int{3})
	_, err = h.StopSchedule(h.ctx, 1, h.rooms[0].ID, "")
	must(t, err)
	if _, err := h.CallNext(h.ctx, booking.Calling{Schedule: h.rooms[0].ID}); !errors.Is(err, booking.ErrScheduleStopped) {
		t.Errorf("a stopped clinic calls: %v", err)
	}
	turn, err := h.Turn(h.ctx, h.visits[0][2])
	must(t, err)
	h.want("who waited", turn.Status, queue.Left)
	h.consistent(t)
}

// The board names nobody: numbers and masked names, and only the number where a department is nobody's business.
func TestTheBoard(t *testing.T) {
	t.Parallel()
	h := newHall(t, 7)
	h.arrive(0, 1, 2, 3, 4, 5, 6, 7)
	h.next(0)
	must(t, h.PassOver(h.ctx, h.seen(0)))
	h.next(0)
	b, err := h.Board(h.ctx, h.dept)
	must(t, err)
	if len(b.Rooms) != 1 {
		t.Fatalf("%d rooms", len(b.Rooms))
	}
	r := b.Rooms[0]
	if r.Called == nil || r.Called.Number.ZH != "2" || r.Called.Name != "张*三" || r.Calls != 1 || r.Waiting != 5 || len(r.Next) != 4 || r.Next[0].Number.ZH != "3" || len(r.Skipped) != 1 {
		t.Errorf("the board shows %+v", r)
	}
	for _, p := range append(r.Next, r.Skipped...) {
		if !strings.Contains(p.Name, "*") {
			t.Errorf("a name is not masked: %s", p.Name)
		}
	}
	h.rules(func(p *booking.Policy) { p.Quiet = []string{"A1"} })
	b, err = h.Board(h.ctx, h.dept)
	must(t, err)
	h.want("the name in a quiet department", b.Rooms[0].Called.Name, "")
}
