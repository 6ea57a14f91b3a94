package booking

import (
	"context"
	"fmt"
	"time"

	"guahao/booking/queue"
)

// boardNext is how many of who is next a board shows for each doctor.
const boardNext = 4

// Board is what a screen before a department shows to everybody: nothing of a person but the number and the masked name.
type Board struct {
	Hospital   Hospital
	Department Department
	Date       Date
	Version    int // of the queue
	Rooms      []BoardRoom
}

// BoardRoom is a doctor's half-day on a board.
type BoardRoom struct {
	Clinic  Schedule
	Doctor  Doctor
	Paused  bool
	Called  *BoardPerson // nil: nobody
	Calls   int          // how often
	Next    []BoardPerson
	Waiting int // all who wait, those of Next included
	Skipped []BoardPerson
}

// BoardPerson is somebody on a board.
type BoardPerson struct {
	Number Text
	Name   string // masked; "" where the department, or the age, is nobody's business
}

// Board gives the board of a department for today: its half-days of now, and those that have somebody waiting.
func (s *Store) Board(ctx context.Context, id DepartmentID) (Board, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Board{}, err
	}
	department, err := found(d.department, id)
	if err != nil || !department.Leaf {
		return Board{}, ErrNotFound
	}
	hospital := d.hospital[department.Hospital]
	now := s.clock()
	q, err := s.queueOf(ctx, d, id, DateOf(now, hospital.Location()))
	if err != nil {
		return Board{}, err
	}
	board := Board{Hospital: hospital, Department: department, Date: q.date, Version: q.Version}
	var seen []AppointmentID
	rooms := make([]boardEntries, 0, len(q.clinics))
	for _, c := range q.clinics {
		shown := q.onBoard(roomOf(c.ID), now)
		if shown.empty() && c.idle(now.In(hospital.Location()).Hour()) {
			continue
		}
		board.Rooms = append(board.Rooms, BoardRoom{Clinic: c.Schedule, Doctor: d.doctor[c.Doctor], Paused: c.Paused})
		rooms, seen = append(rooms, shown), append(seen, shown.ids()...)
	}
	visits, err := s.visitsOf(ctx, seen)
	for i, shown := range rooms {
		shown.write(&board.Rooms[i], visits)
	}
	return board, err
}

// idle tells whether a half-day is of no interest by the hour of the clock: over, or still to come.
func (c queueClinic) idle(hour int) bool {
	switch c.Period {
	case Morning:
		return hour >= 13
	case Afternoon:
		return hour < 12 || hour >= 19
	}
	return hour < 17
}

// boardEntries is who of a room is on a board.
type boardEntries struct {
	called  []queue.Entry
	next    []queue.Entry
	waiting int
	skipped []queue.Entry
}

func (q *dayQueue) onBoard(room string, now time.Time) boardEntries {
	b := boardEntries{next: q.OrderFor(room, now)}
	b.waiting = len(b.next)
	b.next = b.next[:min(boardNext, len(b.next))]
	for _, e := range q.Entries {
		switch {
		case e.At != room:
		case e.Status == queue.Called || e.Status == queue.Inside:
			b.called = append(b.called, e)
		case e.Status == queue.Skipped:
			b.skipped = append(b.skipped, e)
		}
	}
	return b
}

func (b boardEntries) empty() bool { return len(b.called)+b.waiting+len(b.skipped) == 0 }

func (b boardEntries) ids() (ids []AppointmentID) {
	for _, list := range [][]queue.Entry{b.called, b.next, b.skipped} {
		for _, e := range list {
			ids = append(ids, AppointmentID(e.ID))
		}
	}
	return ids
}

func (b boardEntries) write(to *BoardRoom, visits map[AppointmentID]Visit) {
	person := func(e queue.Entry) BoardPerson {
		p := BoardPerson{Number: Appointment{Seq: e.Number}.Number()}
		if v := visits[AppointmentID(e.ID)]; !v.Quiet {
			p.Name = MaskName(v.Patient.Name)
		}
		return p
	}
	for _, e := range b.called {
		p := person(e)
		to.Called, to.Calls = &p, e.Calls
	}
	for _, e := range b.next {
		to.Next = append(to.Next, person(e))
	}
	for _, e := range b.skipped {
		to.Skipped = append(to.Skipped, person(e))
	}
	to.Waiting = b.waiting
}

// BoardMark changes when a board of today may show something else: with every change of the queue, with a clinic that is opened or stopped, with the
// directory, the hour and the day.
func (s *Store) BoardMark(ctx context.Context, id DepartmentID) (string, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return "", err
	}
	department, err := found(d.department, id)
	if err != nil || !department.Leaf {
		return "", ErrNotFound
	}
	now := s.clock().In(d.zone(department.Hospital))
	date := DateOf(now, now.Location())
	var mark struct{ Version, Open int }
	err = s.db.GetContext(ctx, &mark, `SELECT COALESCE((SELECT q.version FROM queues q WHERE q.department_id = ? AND q.visit_date = ?), 0) AS version,
		(SELECT COUNT(c.id) FROM schedules c WHERE c.department_id = ? AND c.visit_date = ? AND c.status = 'open') AS open`, id, date, id, date)
	if err != nil {
		return "", fmt.Errorf("look at a board: %w", err)
	}
	return fmt.Sprintf("%d/%d/%d/%s/%d", mark.Version, mark.Open, d.revision, date, now.Hour()), nil
}
