package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"guahao/booking/queue"
	"guahao/booking/waiting"
)

const (
	// paceDays is how far back consultations tell how long one takes: a few weeks follow changes and are enough.
	paceDays = 28
	// enoughSeen is from how many visits on a department's own habits count, and not those of a typical one.
	enoughSeen = 30
)

// pace is what a department's last weeks say: how long each doctor's consultations took (from the call to the end of it), and when people come.
type pace struct {
	doctors map[DoctorID]waiting.History
	chance  float64 // that who has an appointment comes
	spread  float64 // minutes
	late    float64 // minutes after its time that a doctor calls the first, on average
}

// paces keeps what was read until its day is over: the past does not change. It is safe for concurrent use.
type paces struct {
	mu  sync.Mutex
	day map[DepartmentID]Date
	of  map[DepartmentID]pace
}

func (p *paces) get(department DepartmentID, day Date) (pace, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of[department], p.day[department] == day
}

func (p *paces) put(department DepartmentID, day Date, found pace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.day, p.of = map[DepartmentID]Date{}, map[DepartmentID]pace{}
	}
	p.day[department], p.of[department] = day, found
}

// paceOf reads a department's last weeks before a day.
func (s *Store) paceOf(ctx context.Context, from queryer, department DepartmentID, day Date) (pace, error) {
	if found, ok := s.paces.get(department, day); ok {
		return found, nil
	}
	calls, err := finishedCalls(ctx, from, department, day)
	if err != nil {
		return pace{}, err
	}
	found := pace{doctors: historiesOf(calls), late: waiting.Typical().Late}
	if found.chance, found.spread, err = habits(ctx, from, department, day); err != nil {
		return pace{}, err
	}
	s.paces.put(department, day, found)
	return found, nil
}

// finishedCall is a consultation.
type finishedCall struct {
	Doctor   DoctorID
	Schedule ScheduleID
	CalledAt time.Time `db:"called_at"`
	EndedAt  time.Time `db:"ended_at"`
}

func finishedCalls(ctx context.Context, from queryer, department DepartmentID, day Date) ([]finishedCall, error) {
	var calls []finishedCall
	err := from.SelectContext(ctx, &calls, `SELECT doctor_id AS doctor, schedule_id AS schedule, called_at, ended_at FROM queue_calls
		WHERE department_id = ? AND outcome = 'finished' AND visit_date >= ? AND visit_date < ? ORDER BY doctor_id, schedule_id, called_at, id`,
		department, day.Add(-paceDays), day)
	if err != nil {
		return nil, fmt.Errorf("read how long consultations took: %w", err)
	}
	return calls, nil
}

// historiesOf makes a session of each half-day. The calls are in the order of doctors and half-days.
func historiesOf(calls []finishedCall) map[DoctorID]waiting.History {
	histories := map[DoctorID]waiting.History{}
	last := ScheduleID(0)
	for _, c := range calls {
		h := histories[c.Doctor]
		if c.Schedule != last {
			h, last = append(h, nil), c.Schedule
		}
		h[len(h)-1] = append(h[len(h)-1], c.EndedAt.Sub(c.CalledAt).Minutes())
		histories[c.Doctor] = h
	}
	return histories
}

// habits are how likely people of a department's last weeks came, and how their coming spread around their time, in minutes.
func habits(ctx context.Context, from queryer, department DepartmentID, day Date) (chance, spread float64, err error) {
	typical := waiting.Typical()
	chance, spread = 1-typical.NoShow, typical.Spread
	var came struct {
		Missed, Seen int
		Spread       float64
	}
	err = from.GetContext(ctx, &came, `SELECT COALESCE(SUM(a.status = 'no_show'), 0) AS missed, COALESCE(SUM(a.status IN ('checked_in', 'fulfilled')), 0) AS seen,
		COALESCE(STDDEV_POP(TIMESTAMPDIFF(SECOND, a.starts_at, e.joined_at)), 0) / 60 AS spread
		FROM appointments a LEFT JOIN queue_entries e ON e.appointment_id = a.id
		WHERE a.department_id = ? AND a.visit_date >= ? AND a.visit_date < ? AND a.status IN ('no_show', 'checked_in', 'fulfilled')`, department, day.Add(-paceDays), day)
	if err != nil {
		return 0, 0, fmt.Errorf("read when people come: %w", err)
	}
	if all := came.Missed + came.Seen; all >= enoughSeen {
		chance = float64(came.Seen) / float64(all)
		if came.Spread > 0 {
			spread = min(came.Spread, 120)
		}
	}
	return chance, spread, nil
}

// doctor is the pace of one doctor. Of a department of which nothing is known from before, today's consultations are what there is; then they are
// not counted once more as today's.
func (p pace) doctor(id DoctorID, today map[DoctorID]waiting.Session) (pace waiting.Pace, finished waiting.Session, err error) {
	pace, err = waiting.NewPace(p.doctors[id], others(p.doctors, id))
	if !errors.Is(err, waiting.ErrUnknown) {
		return pace, today[id], err
	}
	histories := map[DoctorID]waiting.History{}
	for doctor, session := range today {
		histories[doctor] = waiting.History{session}
	}
	pace, err = waiting.NewPace(histories[id], others(histories, id))
	return pace, nil, err
}

// others are the histories of all but one, in a fixed order.
func others(all map[DoctorID]waiting.History, id DoctorID) []waiting.History {
	var ids []DoctorID
	for doctor := range all {
		if doctor != id {
			ids = append(ids, doctor)
		}
	}
	slices.Sort(ids)
	list := make([]waiting.History, len(ids))
	for i, doctor := range ids {
		list[i] = all[doctor]
	}
	return list
}

// todayCalls are the calls of a day so far, by doctor and by room.
type todayCalls struct {
	finished map[DoctorID]waiting.Session
	began    map[ScheduleID]bool      // somebody was called
	open     map[ScheduleID]time.Time // when who is with the doctor was called
}

func readToday(ctx context.Context, from queryer, id QueueID) (todayCalls, error) {
	t := todayCalls{finished: map[DoctorID]waiting.Session{}, began: map[ScheduleID]bool{}, open: map[ScheduleID]time.Time{}}
	var calls []struct {
		finishedCall
		Outcome string
	}
	err := from.SelectContext(ctx, &calls, `SELECT doctor_id AS doctor, schedule_id AS schedule, called_at, COALESCE(ended_at, called_at) AS ended_at, outcome
		FROM queue_calls WHERE queue_id = ? ORDER BY called_at, id`, id)
	if err != nil {
		return t, fmt.Errorf("read the day's calls: %w", err)
	}
	for _, c := range calls {
		t.began[c.Schedule] = true
		switch c.Outcome {
		case "finished":
			t.finished[c.Doctor] = append(t.finished[c.Doctor], c.EndedAt.Sub(c.CalledAt).Minutes())
		case "":
			t.open[c.Schedule] = c.CalledAt
		}
	}
	return t, nil
}

// promise estimates the wait of somebody who waits for one doctor. The error is waiting.ErrUnknown where nothing is known yet.
func (s *Store) promise(ctx context.Context, from queryer, q *dayQueue, e queue.Entry, ahead int) (waiting.Promise, error) {
	room, ok := q.clinic(scheduleOf(e.Room))
	if !ok || q.paused(e.Room) {
		return waiting.Promise{}, waiting.ErrUnknown
	}
	known, err := s.paceOf(ctx, from, q.department.ID, q.date)
	if err != nil {
		return waiting.Promise{}, err
	}
	today, err := readToday(ctx, from, q.id)
	if err != nil {
		return waiting.Promise{}, err
	}
	doctor, finished, err := known.doctor(room.Doctor, today.finished)
	if err != nil {
		return waiting.Promise{}, err
	}
	now := s.clock()
	line := waiting.Line{Ahead: ahead, Chance: known.chance, Spread: known.spread, Finished: finished}
	if since, busy := today.open[room.ID]; busy {
		line.Busy, line.Elapsed = true, now.Sub(since).Minutes()
	}
	if !today.began[room.ID] {
		line.Late = known.late
	}
	if err := s.readComing(ctx, from, room.ID, e, now, &line, !today.began[room.ID]); err != nil {
		return waiting.Promise{}, err
	}
	p, err := doctor.Promise(line)
	if errors.Is(err, waiting.ErrInput) { // beyond what can be reckoned with: a line of hundreds
		err = waiting.ErrUnknown
	}
	return p, err
}

// readComing adds to a line those with lower numbers who are not here yet, and when the doctor should begin.
func (s *Store) readComing(ctx context.Context, from queryer, room ScheduleID, e queue.Entry, now time.Time, line *waiting.Line, opens bool) error {
	var coming []time.Time
	err := from.SelectContext(ctx, &coming, "SELECT starts_at FROM appointments WHERE schedule_id = ? AND status = 'booked' AND seq < ? ORDER BY seq", room, e.Number)
	if err != nil {
		return fmt.Errorf("read who is still to come: %w", err)
	}
	for _, at := range coming {
		line.Coming = append(line.Coming, at.Sub(now).Minutes()-waiting.Typical().Early)
	}
	if !opens {
		return nil
	}
	var first time.Time
	if err := from.GetContext(ctx, &first, "SELECT MIN(starts_at) FROM slots WHERE schedule_id = ?", room); err != nil {
		return fmt.Errorf("read when the doctor begins: %w", err)
	}
	line.Opens = first.Sub(now).Minutes()
	return nil
}

// paused tells whether a room calls nobody just now.
func (q *dayQueue) paused(room string) bool {
	return slices.ContainsFunc(q.Rooms, func(r queue.Room) bool { return r.Name == room && r.Paused })
}
