package waiting

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
)

// Day is what a day has been.
type Day struct {
	Visits []Visit   // who was seen, in the order of coming
	Absent int       // who had an appointment and did not come
	Unseen int       // who still waited when a day with CutTail ended
	Busy   []float64 // minutes that each doctor was with patients
	End    float64   // when the last patient left
}

// Day plays one day. The same seed and number give the same day, on any machine.
func (c Clinic) Day(seed, number uint64) (Day, error) {
	if err := c.Check(); err != nil {
		return Day{}, err
	}
	return c.play(seed, number, nil), nil
}

// watcher is told of everybody who comes, after joining the line.
type watcher func(now float64, f *floor, v *Visit)

// floor is a day under way. Patients are known by their index in visits.
type floor struct {
	clinic Clinic
	visits []Visit     // who comes
	absent []Visit     // who does not
	line   line        // those who wait
	events eventQueue  // what will happen
	with   []int       // of each doctor: the patient who is there, or nobody
	since  []float64   // of each doctor: since when that patient is there
	done   [][]float64 // of each doctor: how long today's consultations took
	pace   []float64   // of each doctor: by how much today's consultations take longer than usual
	opens  []float64   // of each doctor: when the day begins
	watch  watcher
	called []bool // of each patient
	end    float64
}

const nobody = -1

func (c Clinic) play(seed, number uint64, watch watcher) Day {
	people, doctors := rand.New(rand.NewPCG(seed, number)), rand.New(rand.NewPCG(^seed, number))
	visits, absent := c.arrivals(people)
	f := &floor{clinic: c, visits: visits, absent: absent, called: make([]bool, len(visits)), watch: watch}
	f.line.before = f.before
	for d := range c.Doctors {
		f.with, f.since, f.done = append(f.with, nobody), append(f.since, 0), append(f.done, nil)
		f.pace, f.opens = append(f.pace, logNormal(doctors, c.PaceCV)), append(f.opens, c.Late*doctors.ExpFloat64())
		f.events.add(event{at: f.opens[d], kind: opens, who: d})
	}
	for i, v := range visits {
		f.events.add(event{at: v.Came, kind: comes, who: i})
	}
	for len(f.events) > 0 {
		f.step(heap.Pop(&f.events).(event))
	}
	return f.result()
}

// step lets one thing happen.
func (f *floor) step(e event) {
	switch {
	case f.clinic.CutTail && e.at > f.clinic.Length:
		return
	case e.kind == comes:
		v := &f.visits[e.who]
		heap.Push(&f.line, e.who)
		for _, other := range f.line.waiting {
			if other != e.who && f.before(other, e.who) {
				v.Ahead++
			}
		}
		if f.watch != nil {
			f.watch(e.at, f, v)
		}
	case e.kind == free:
		f.done[e.who] = append(f.done[e.who], e.at-f.since[e.who])
		f.with[e.who] = nobody
		f.end = e.at
	}
	for d := range f.with {
		if f.with[d] == nobody && f.line.Len() > 0 && e.at >= f.opens[d] {
			f.call(d, e.at)
		}
	}
}

func (f *floor) call(doctor int, now float64) {
	patient := heap.Pop(&f.line).(int)
	v := &f.visits[patient]
	v.Called, v.Left, v.Doctor = now, now+v.need*f.pace[doctor], doctor
	f.called[patient] = true
	f.with[doctor], f.since[doctor] = patient, now
	f.events.add(event{at: v.Left, kind: free, who: doctor})
}

// before tells who of two waiting people is called first.
func (f *floor) before(a, b int) bool {
	if f.clinic.Calling == ByNumber {
		return f.visits[a].Number < f.visits[b].Number
	}
	return a < b // visits are in the order of coming
}

func (f *floor) result() Day {
	day := Day{Absent: len(f.absent), End: f.end, Busy: make([]float64, f.clinic.Doctors)}
	for d, times := range f.done {
		for _, t := range times {
			day.Busy[d] += t
		}
	}
	for i, v := range f.visits {
		if f.called[i] {
			day.Visits = append(day.Visits, v)
		}
	}
	day.Unseen = len(f.visits) - len(day.Visits)
	return day
}

// event is a patient who comes, a doctor who begins the day, or one who is done with a patient, at a time.
type event struct {
	at   float64
	kind kind
	who  int
}

type kind int

// At the same moment a doctor is free before somebody comes: who leaves is not in the way of who enters.
const (
	opens kind = iota
	free
	comes
)

// eventQueue is a heap by time, then by kind and number, so that the same day goes the same way.
type eventQueue []event

func (q *eventQueue) add(e event) { heap.Push(q, e) }

// Len, Less, Swap, Push and Pop are what heap wants.
func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[i].at, q[j].at), cmp.Compare(q[i].kind, q[j].kind), cmp.Compare(q[i].who, q[j].who)) < 0
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// line is a heap of those who wait.
type line struct {
	waiting []int
	before  func(a, b int) bool
}

// Len, Less, Swap, Push and Pop are what heap wants.
func (l *line) Len() int           { return len(l.waiting) }
func (l *line) Less(i, j int) bool { return l.before(l.waiting[i], l.waiting[j]) }
func (l *line) Swap(i, j int)      { l.waiting[i], l.waiting[j] = l.waiting[j], l.waiting[i] }
func (l *line) Push(x any)         { l.waiting = append(l.waiting, x.(int)) }
func (l *line) Pop() any {
	last := l.waiting[len(l.waiting)-1]
	l.waiting = l.waiting[:len(l.waiting)-1]
	return last
}
