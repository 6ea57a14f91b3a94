package queue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking/queue"
)

var opening = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) // 08:00 in Shanghai

func at(minutes int) time.Time { return opening.Add(time.Duration(minutes) * time.Minute) }

// desk is a queue with what a test needs to be short. A person's id is the number.
type desk struct {
	testing.TB
	q queue.Queue
}

func open(t testing.TB, rooms ...string) *desk {
	t.Helper()
	q, err := queue.New(queue.Usual(), rooms...)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, q}
}

func (d *desk) must(q queue.Queue, err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
	d.q = q
}

func (d *desk) join(minute, number int, class queue.Class) {
	d.Helper()
	d.must(d.q.Join(queue.Person{ID: queue.ID(number), Number: number, Class: class}, at(minute)))
}

func (d *desk) call(minute int, room string) int {
	d.Helper()
	q, e, err := d.q.Call(room, at(minute))
	d.must(q, err)
	return e.Number
}

// seen calls and finishes until nobody waits, and gives the numbers.
func (d *desk) seen(minute int, room string) (numbers []int) {
	d.Helper()
	for {
		q, e, err := d.q.Call(room, at(minute))
		if errors.Is(err, queue.ErrEmpty) {
			return numbers
		}
		d.must(q, err)
		numbers = append(numbers, e.Number)
		d.must(d.q.Finish(e.ID))
	}
}

func (d *desk) want(what string, got, want []int) {
	d.Helper()
	if !slices.Equal(got, want) {
		d.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestByNumberWithinClasses(t *testing.T) {
	t.Parallel()
	d := open(t, "1")
	for _, p := range []struct {
		number int
		class  queue.Class
	}{{9, queue.Regular}, {4, queue.Regular}, {7, queue.Over80}, {5, queue.Results}, {8, queue.Emergency}, {6, queue.Severe}, {3, queue.Disabled}, {2, queue.Over80}} {
		d.join(0, p.number, p.class)
	}
	d.want("the order", d.seen(5, "1"), []int{8, 6, 2, 7, 3, 5, 4, 9})
}

func TestWaitingMakesOlder(t *testing.T) {
	t.Parallel()
	d := open(t, "1")
	d.join(0, 20, queue.Regular)
	d.join(79, 21, queue.Severe)
	d.join(79, 30, queue.Emergency)
	d.join(79, 5, queue.Severe)
	// Regular is four classes below severe: after 80 minutes number 20 stands there, before 21 and behind 5; the emergency goes first.
	d.want("after 79 minutes", numbers(d.q.Order(at(79))), []int{30, 5, 21, 20})
	d.want("after 80 minutes", numbers(d.q.Order(at(80))), []int{30, 5, 20, 21})
}

func numbers(list []queue.Entry) (n []int) {
	for _, e := range list {
		n = append(n, e.Number)
	}
	return n
}

func TestTheLateComeBehind(t *testing.T) {
	t.Parallel()
	d := open(t, "1")
	for n := 2; n <= 7; n++ {
		d.join(0, n, queue.Regular)
	}
	d.must(d.q.Join(queue.Person{ID: 1, Number: 1, Class: queue.Regular, Late: true}, at(1)))
	if ahead, err := d.q.Ahead(1, at(1)); ahead != 3 || err != nil {
		t.Errorf("%d ahead, %v", ahead, err)
	}
	d.want("the order", d.seen(1, "1"), []int{2, 3, 4, 1, 5, 6, 7})
	few := open(t, "1")
	few.join(0, 2, queue.Regular)
	few.must(few.q.Join(queue.Person{ID: 1, Number: 1, Class: queue.Regular, Late: true}, at(0)))
	few.want("with few people", few.seen(0, "1"), []int{2, 1})
	urgent := open(t, "1")
	urgent.join(0, 2, queue.Regular)
	urgent.must(urgent.q.Join(queue.Person{ID: 3, Number: 3, Class: queue.Emergency, Late: true}, at(0)))
	urgent.want("an emergency is not late", urgent.seen(0, "1"), []int{3, 2})
}

func TestSkippedAndReturned(t *testing.T) {
	t.Parallel()
	d := open(t, "1")
	for n := 1; n <= 6; n++ {
		d.join(0, n, queue.Regular)
	}
	if n := d.call(0, "1"); n != 1 {
		t.Fatalf("called %d", n)
	}
	d.must(d.q.Recall(1))
	if e, _ := d.q.Entry(1); e.Calls != 2 {
		t.Errorf("called %d times", e.Calls)
	}
	d.must(d.q.Skip(1))
	d.must(d.q.Return(1, at(2)))
	d.want("the order", numbers(d.q.Order(at(2))), []int{2, 3, 4, 1, 5, 6})
	for range 3 { // skipped four times in all
		for {
			n := d.call(3, "1")
			if n == 1 {
				break
			}
			d.must(d.q.Finish(queue.ID(n)))
		}
		d.must(d.q.Skip(1))
		q, err := d.q.Return(1, at(3))
		if e, _ := d.q.Entry(1); e.Skips == 4 {
			if !errors.Is(err, queue.ErrTooOften) {
				t.Errorf("skipped %d times, and returns: %v", e.Skips, err)
			}
			break
		}
		d.must(q, err)
	}
	if e, _ := d.q.Entry(1); e.Skips != 4 || e.Status != queue.Skipped {
		t.Errorf("%+v", e)
	}
}

func TestRooms(t *testing.T) {
	t.Parallel()
	d := open(t, "1", "2")
	for n := 1; n <= 4; n++ {
		d.join(0, n, queue.Regular)
	}
	d.must(d.q.Transfer(1, "2"))
	if a, b := d.call(0, "1"), d.call(0, "2"); a != 2 || b != 1 {
		t.Errorf("rooms called %d and %d", a, b)
	}
	if _, _, err := d.q.Call("1", at(0)); !errors.Is(err, queue.ErrOccupied) {
		t.Errorf("a room calls two: %v", err)
	}
	d.must(d.q.Start(2))
	d.must(d.q.Transfer(2, "2")) // sent on to the other doctor: before 3 and 4 there
	d.must(d.q.Pause("1"))
	if _, _, err := d.q.Call("1", at(0)); !errors.Is(err, queue.ErrPaused) {
		t.Errorf("a paused room calls: %v", err)
	}
	again := d.q
	d.must(d.q.Pause("1"))
	if d.q.Version != again.Version {
		t.Error("pausing twice changes something")
	}
	d.must(d.q.Finish(1))
	if n := d.call(0, "2"); n != 2 {
		t.Errorf("called %d", n)
	}
	d.must(d.q.Resume("1"))
	if n := d.call(0, "1"); n != 3 {
		t.Errorf("called %d", n)
	}
	d.must(d.q.Leave(3))
	if n := d.call(0, "1"); n != 4 {
		t.Errorf("who left keeps the room: called %d", n)
	}
	if _, err := d.q.Ahead(4, at(0)); !errors.Is(err, queue.ErrState) {
		t.Errorf("who is called waits: %v", err)
	}
}

func TestAheadCountsTheOwnRoomOnly(t *testing.T) {
	t.Parallel()
	d := open(t, "1", "2")
	for n := 1; n <= 5; n++ {
		d.join(0, n, queue.Regular)
	}
	d.must(d.q.Transfer(1, "1"))
	d.must(d.q.Transfer(2, "2"))
	d.must(d.q.Transfer(4, "2"))
	for id, want := range map[queue.ID]int{1: 0, 2: 0, 3: 2, 4: 2, 5: 4} {
		if got, err := d.q.Ahead(id, at(0)); got != want || err != nil {
			t.Errorf("number %d has %d ahead, want %d (%v)", id, got, want, err)
		}
	}
}

// Who was put behind lets others of the own room pass, and nobody of another: what is told is what calling does.
func TestAheadIsWhatCallingDoes(t *testing.T) {
	t.Parallel()
	d := open(t, "1", "2")
	for n, room := range map[int]string{1: "1", 2: "2", 3: "1", 4: "1", 5: "1", 6: "1"} {
		d.must(d.q.Join(queue.Person{ID: queue.ID(n), Number: n, Class: queue.Regular, Room: room, Late: n == 1}, at(0)))
	}
	if ahead, err := d.q.Ahead(5, at(0)); ahead != 2 || err != nil {
		t.Errorf("number 5 has %d ahead, %v", ahead, err)
	}
	d.want("the order", d.seen(0, "1"), []int{3, 4, 5, 1, 6})
}

// Who has left by mistake waits again, and who is seen comes back with results; neither can be had from another state.
func TestComingBack(t *testing.T) {
	t.Parallel()
	d := open(t, "1")
	for n := 1; n <= 3; n++ {
		d.join(0, n, queue.Regular)
	}
	d.must(d.q.Leave(2))
	d.must(d.q.Return(2, at(1)))
	d.call(1, "1")
	d.must(d.q.Finish(1))
	if _, err := d.q.ComeBack(1, "friend", at(2)); !errors.Is(err, queue.ErrEntry) {
		t.Errorf("in an odd class: %v", err)
	}
	if _, err := d.q.ComeBack(2, queue.Results, at(2)); !errors.Is(err, queue.ErrState) {
		t.Errorf("who waits comes back: %v", err)
	}
	d.must(d.q.ComeBack(1, queue.Results, at(2)))
	d.want("the order", d.seen(2, "1"), []int{1, 3, 2})
}

func TestANurseReclassifies(t *testing.T) {
	t.Parallel()
	d := open(t, "1")
	d.join(0, 1, queue.Regular)
	d.must(d.q.Join(queue.Person{ID: 2, Number: 2, Class: queue.Regular, Late: true}, at(0)))
	d.must(d.q.Reclassify(2, queue.Emergency))
	d.want("the order", numbers(d.q.Order(at(0))), []int{2, 1})
}

// Two nurses read the same state. Both would call the same person; the version lets the second one's write fail, and with the new state
// another person is called.
func TestTwoNursesCallTwoPeople(t *testing.T) {
	t.Parallel()
	d := open(t, "1", "2")
	d.join(0, 1, queue.Regular)
	d.join(0, 2, queue.Regular)
	stored := d.q
	write := func(read int, next queue.Queue) bool {
		if stored.Version != read {
			return false
		}
		stored = next
		return true
	}
	first, a, _ := stored.Call("1", at(0))
	second, b, _ := stored.Call("2", at(0))
	if a.ID != b.ID {
		t.Fatal("this test proves nothing")
	}
	read := stored.Version
	if !write(read, first) || write(read, second) {
		t.Fatal("both were written")
	}
	if _, again, err := stored.Call("2", at(0)); err != nil || again.ID != 2 {
		t.Errorf("called %d, %v", again.ID, err)
	}
}

func TestWhatCannotBeDone(t *testing.T) {
	t.Parallel()
	d := open(t, "1")
	d.join(0, 1, queue.Regular)
	person := func(p queue.Person) func() error {
		return func() error { _, err := d.q.Join(p, at(0)); return err }
	}
	one := func(f func(queue.ID) (queue.Queue, error), id queue.ID) func() error {
		return func() error { _, err := f(id); return err }
	}
	before := d.q
	for name, c := range map[string]struct {
		do   func() error
		want error
	}{
		"joining twice":           {person(queue.Person{ID: 1, Number: 7, Class: queue.Regular}), queue.ErrTwice},
		"no number":               {person(queue.Person{ID: 2, Class: queue.Regular}), queue.ErrEntry},
		"no id":                   {person(queue.Person{Number: 2, Class: queue.Regular}), queue.ErrEntry},
		"an odd class":            {person(queue.Person{ID: 2, Number: 2, Class: "friend"}), queue.ErrEntry},
		"another room":            {person(queue.Person{ID: 2, Number: 2, Class: queue.Regular, Room: "9"}), queue.ErrNoRoom},
		"calling elsewhere":       {func() error { _, _, err := d.q.Call("9", at(0)); return err }, queue.ErrNoRoom},
		"pausing elsewhere":       {func() error { _, err := d.q.Pause("9"); return err }, queue.ErrNoRoom},
		"sending elsewhere":       {func() error { _, err := d.q.Transfer(1, "9"); return err }, queue.ErrNoRoom},
		"skipping who waits":      {one(d.q.Skip, 1), queue.ErrState},
		"recalling who waits":     {one(d.q.Recall, 1), queue.ErrState},
		"starting who waits":      {one(d.q.Start, 1), queue.ErrState},
		"finishing who waits":     {one(d.q.Finish, 1), queue.ErrState},
		"returning who waits":     {func() error { _, err := d.q.Return(1, at(0)); return err }, queue.ErrState},
		"finishing a stranger":    {one(d.q.Finish, 99), queue.ErrUnknown},
		"leaving as a stranger":   {one(d.q.Leave, 99), queue.ErrUnknown},
		"asking for a stranger":   {func() error { _, err := d.q.Ahead(99, at(0)); return err }, queue.ErrUnknown},
		"a class that is unknown": {func() error { _, err := d.q.Reclassify(1, "friend"); return err }, queue.ErrEntry},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if diff := cmp.Diff(before, d.q); diff != "" {
		t.Errorf("a refusal changed something: %s", diff)
	}
}

func TestRulesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*queue.Rules){
		"no class": func(r *queue.Rules) { r.Classes = nil }, "a class twice": func(r *queue.Rules) { r.Classes = append(r.Classes, queue.Severe) },
		"an empty class": func(r *queue.Rules) { r.Classes[0] = "" }, "all urgent": func(r *queue.Rules) { r.Urgent = 6 }, "urgent below 0": func(r *queue.Rules) { r.Urgent = -1 },
		"nobody rises": func(r *queue.Rules) { r.AgeMinutes = 0 }, "far behind": func(r *queue.Rules) { r.Behind = 1000 }, "skips below 0": func(r *queue.Rules) { r.MostSkips = -1 },
	} {
		r := queue.Usual()
		spoil(&r)
		if _, err := queue.New(r, "1"); !errors.Is(err, queue.ErrRules) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, rooms := range [][]string{{}, {""}, {"1", "1"}} {
		if _, err := queue.New(queue.Usual(), rooms...); !errors.Is(err, queue.ErrRules) {
			t.Errorf("rooms %q: %v", rooms, err)
		}
	}
}

// A restart in the middle of the morning loses nothing.
func TestTheStateSurvivesStoring(t *testing.T) {
	t.Parallel()
	d := open(t, "1", "2")
	for n := 1; n <= 5; n++ {
		d.join(n, n, queue.Regular)
	}
	d.call(6, "1")
	d.call(6, "2")
	d.must(d.q.Skip(2))
	d.must(d.q.Return(2, at(7)))
	text, err := json.Marshal(d.q)
	if err != nil {
		t.Fatal(err)
	}
	var read queue.Queue
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.q, read); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkCall(b *testing.B) {
	d := open(b, "1")
	for n := 1; n <= 200; n++ {
		d.join(0, n, queue.Regular)
	}
	for b.Loop() {
		if _, _, err := d.q.Call("1", at(10)); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleQueue_Call() {
	q, _ := queue.New(queue.Usual(), "诊室 3")
	for _, p := range []queue.Person{{ID: 101, Number: 1, Class: queue.Regular}, {ID: 102, Number: 2, Class: queue.Regular}, {ID: 103, Number: 3, Class: queue.Over80}} {
		q, _ = q.Join(p, opening)
	}
	q, next, _ := q.Call("诊室 3", opening)
	ahead, _ := q.Ahead(102, opening)
	fmt.Printf("请 %d 号到诊室 3。2 号前面还有 %d 位。\n", next.Number, ahead)
	// Output: 请 3 号到诊室 3。2 号前面还有 1 位。
}
