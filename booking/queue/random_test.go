package queue_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking/queue"
)

// morning is a queue and what a test has seen of it.
type morning struct {
	q      queue.Queue
	minute int
	joined map[queue.ID]bool
	calls  map[queue.ID]int // that were not skipped
}

// Whatever nurses and patients do: nobody is lost, nobody is called twice, nobody is in two rooms, and a room calls who is first.
func TestNobodyIsLostOrCalledTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := queue.Usual()
		rules.Behind, rules.MostSkips = rapid.IntRange(0, 5).Draw(t, "behind"), rapid.IntRange(0, 2).Draw(t, "skips")
		q, err := queue.New(rules, "1", "2", "3")
		if err != nil {
			t.Fatal(err)
		}
		m := &morning{q: q, joined: map[queue.ID]bool{}, calls: map[queue.ID]int{}}
		room := rapid.SampledFrom([]string{"1", "2", "3"})
		id := rapid.Custom(func(t *rapid.T) queue.ID { return queue.ID(rapid.IntRange(1, 25).Draw(t, "id")) })
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				p := queue.Person{ID: id.Draw(t, "who"), Number: rapid.IntRange(1, 30).Draw(t, "number"), Class: rapid.SampledFrom(rules.Classes).Draw(t, "class"),
					Room: rapid.SampledFrom([]string{"", "", "1", "2"}).Draw(t, "only"), Late: rapid.Bool().Draw(t, "late")}
				next, err := m.q.Join(p, at(m.minute))
				if (err == nil) == m.joined[p.ID] {
					t.Fatalf("%d joins: %v", p.ID, err)
				}
				m.joined[p.ID], m.q = true, next
			},
			"call":   func(t *rapid.T) { m.call(t, room.Draw(t, "room")) },
			"recall": func(t *rapid.T) { m.try(m.q.Recall(id.Draw(t, "who"))) },
			"start":  func(t *rapid.T) { m.try(m.q.Start(id.Draw(t, "who"))) },
			"finish": func(t *rapid.T) { m.try(m.q.Finish(id.Draw(t, "who"))) },
			"leave":  func(t *rapid.T) { m.try(m.q.Leave(id.Draw(t, "who"))) },
			"return": func(t *rapid.T) { m.try(m.q.Return(id.Draw(t, "who"), at(m.minute))) },
			"come back": func(t *rapid.T) {
				m.again(func(id queue.ID) (queue.Queue, error) { return m.q.ComeBack(id, queue.Results, at(m.minute)) }, id.Draw(t, "who"))
			},
			"pause":  func(t *rapid.T) { m.try(m.q.Pause(room.Draw(t, "room"))) },
			"resume": func(t *rapid.T) { m.try(m.q.Resume(room.Draw(t, "room"))) },
			"class": func(t *rapid.T) {
				m.try(m.q.Reclassify(id.Draw(t, "who"), rapid.SampledFrom(rules.Classes).Draw(t, "class")))
			},
			"time":     func(t *rapid.T) { m.minute += rapid.IntRange(1, 30).Draw(t, "minutes") },
			"skip":     func(t *rapid.T) { m.again(m.q.Skip, id.Draw(t, "who")) },
			"transfer": func(t *rapid.T) { m.transfer(id.Draw(t, "who"), room.Draw(t, "room")) },
			"":         m.check,
		})
	})
}

func (m *morning) try(next queue.Queue, err error) bool {
	if err == nil {
		m.q = next
	}
	return err == nil
}

// again does what lets a person be called once more.
func (m *morning) again(do func(queue.ID) (queue.Queue, error), id queue.ID) {
	if m.try(do(id)) {
		m.calls[id] = 0
	}
}

func (m *morning) transfer(id queue.ID, room string) {
	m.again(func(id queue.ID) (queue.Queue, error) { return m.q.Transfer(id, room) }, id)
}

func (m *morning) call(t *rapid.T, room string) {
	order := m.q.OrderFor(room, at(m.minute))
	before := m.q
	next, e, err := m.q.Call(room, at(m.minute))
	if err != nil {
		if errors.Is(err, queue.ErrEmpty) && len(order) > 0 || next.Version != before.Version {
			t.Fatalf("%v, and %d wait", err, len(order))
		}
		return
	}
	m.q = next
	m.calls[e.ID]++
	if m.calls[e.ID] > 1 {
		t.Fatalf("%d is called twice", e.ID)
	}
	if e.ID != order[0].ID || e.Status != queue.Called || e.At != room {
		t.Fatalf("%+v is called, and %+v is first", e, order[0])
	}
	// Who comes next is who came next before: calling one does not change the order of the others.
	after := next.OrderFor(room, at(m.minute))
	for i, e := range after {
		if e.ID != order[i+1].ID {
			t.Fatalf("after the call %d stands at %d, before it was %d", e.ID, i, order[i+1].ID)
		}
	}
}

func (m *morning) check(t *rapid.T) {
	seen := map[queue.ID]int{}
	inRoom := map[queue.ID]string{}
	for _, r := range m.q.Rooms {
		if r.With != 0 {
			if other, twice := inRoom[r.With]; twice {
				t.Fatalf("%d is in rooms %s and %s", r.With, other, r.Name)
			}
			inRoom[r.With] = r.Name
		}
	}
	for _, e := range m.q.Entries {
		seen[e.ID]++
		where, inside := inRoom[e.ID]
		if should := e.Status == queue.Called || e.Status == queue.Inside; should != inside || inside && where != e.At {
			t.Fatalf("%+v is in room %q", e, where)
		}
	}
	waiting := map[queue.ID]bool{}
	for _, e := range m.q.Order(at(m.minute)) {
		waiting[e.ID] = true
	}
	for id := range m.joined {
		e, err := m.q.Entry(id)
		if err != nil || seen[id] != 1 || waiting[id] != (e.Status == queue.Waiting) {
			t.Fatalf("%d is there %d times: %+v, %v", id, seen[id], e, err)
		}
	}
	if len(m.q.Entries) != len(m.joined) {
		t.Fatalf("%d joined, %d are there", len(m.joined), len(m.q.Entries))
	}
}

// served lets a regular patient wait while severe cases with higher numbers come without end, one for each call, and tells after how many calls
// the patient is called; 0: never.
func served(t testing.TB, rules queue.Rules, calls int) int {
	t.Helper()
	q, err := queue.New(rules, "1")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t, q}
	d.join(0, 50, queue.Regular)
	for n := 1; n <= calls; n++ {
		minute := 5 * n
		d.join(minute, 50+n, queue.Severe)
		number := d.call(minute, "1")
		if number == 50 {
			return n
		}
		d.must(d.q.Finish(queue.ID(number)))
	}
	return 0
}

// The bound: after (class − urgent)·AgeMinutes nobody with a higher number passes but the urgent. A regular patient is four classes below severe, and rises
// each 20 minutes: with a call each 5 minutes it is the sixteenth. The control: when people rise once a day, the same patient starves.
func TestNobodyStarves(t *testing.T) {
	t.Parallel()
	if n := served(t, queue.Usual(), 200); n != 16 {
		t.Errorf("called at call %d, want 16", n)
	}
	slow := queue.Usual()
	slow.AgeMinutes = 24 * 60
	if n := served(t, slow, 200); n != 0 {
		t.Errorf("without aging called at call %d: the test proves nothing", n)
	}
}

func TestTheBoundHoldsForAnyStream(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := queue.Usual()
		rules.AgeMinutes = rapid.IntRange(5, 40).Draw(t, "age")
		class := rapid.SampledFrom(rules.Classes[rules.Urgent:]).Draw(t, "class")
		q, err := queue.New(rules, "1")
		if err != nil {
			t.Fatal(err)
		}
		const mine = 40
		q, _ = q.Join(queue.Person{ID: 1000, Number: mine, Class: class}, opening)
		aged := opening.Add(time.Duration(rules.AgeMinutes*len(rules.Classes)) * time.Minute)
		now := opening
		for id := queue.ID(1); id <= 150; id++ {
			now = now.Add(time.Duration(rapid.IntRange(1, 10).Draw(t, "minutes")) * time.Minute)
			p := queue.Person{ID: id, Number: rapid.IntRange(1, 100).Draw(t, "number"), Class: rapid.SampledFrom(rules.Classes).Draw(t, "other"), Late: rapid.Bool().Draw(t, "late")}
			if q, err = q.Join(p, now); err != nil {
				t.Fatal(err)
			}
			next, e, err := q.Call("1", now)
			if err != nil {
				t.Fatal(err)
			}
			if e.ID == 1000 {
				return
			}
			if now.After(aged) && e.Number > mine && e.Class != queue.Emergency {
				t.Fatalf("%+v passes somebody who has waited %s", e, now.Sub(opening))
			}
			if q, err = next.Finish(e.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}
