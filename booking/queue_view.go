package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"guahao/booking/queue"
)

// QueuePerson is somebody of a queue, as staff see them.
type QueuePerson struct {
	Visit  Visit
	Class  queue.Class
	Status queue.Status
	Since  time.Time // joined, or returned
	Calls  int
	Skips  int
	Behind int // how many others are called first, because of coming late or after being passed over
}

// QueueRoom is a doctor's half-day as a room that patients are called to.
type QueueRoom struct {
	Clinic   Schedule
	Doctor   Doctor
	Paused   bool
	Classes  []queue.Class // of the department
	With     *QueuePerson  // called, or with the doctor; nil: nobody
	Waiting  []QueuePerson // in the order of their turns
	Skipped  []QueuePerson
	Gone     []QueuePerson // seen, or left: they may come back
	Awaited  []Visit       // booked, and not here yet
	Version  int           // of the queue of the department
	Siblings []Schedule    // other half-days of the queue, to which somebody can be sent
}

// QueueRoomOf is the queue before one doctor, for staff.
func (s *Store) QueueRoomOf(ctx context.Context, id ScheduleID) (QueueRoom, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return QueueRoom{}, err
	}
	c, err := s.Schedule(ctx, id)
	if err != nil {
		return QueueRoom{}, err
	}
	q, err := s.queueOf(ctx, d, c.Department, c.Date)
	if err != nil {
		return QueueRoom{}, err
	}
	room := QueueRoom{Clinic: c, Doctor: d.doctor[c.Doctor], Classes: q.Rules.Classes, Version: q.Version, Paused: q.paused(roomOf(id))}
	for _, other := range q.clinics {
		if other.ID != id {
			room.Siblings = append(room.Siblings, other.Schedule)
		}
	}
	visits, err := s.visitsOf(ctx, q.around(id))
	if err != nil {
		return room, err
	}
	room.fill(q, visits, s.clock())
	room.Awaited, err = s.visits(ctx, "WHERE a.schedule_id = ? AND a.status = 'booked' ORDER BY a.seq LIMIT 300", id)
	return room, err
}

// around are those of a queue who wait for a room, or are or were there.
func (q *dayQueue) around(id ScheduleID) []AppointmentID {
	room := roomOf(id)
	var ids []AppointmentID
	for _, e := range q.Entries {
		if e.Room == room || e.Room == "" || e.At == room {
			ids = append(ids, AppointmentID(e.ID))
		}
	}
	return ids
}

// visitsOf reads visits by their ids.
func (s *Store) visitsOf(ctx context.Context, ids []AppointmentID) (map[AppointmentID]Visit, error) {
	found := map[AppointmentID]Visit{}
	if len(ids) == 0 {
		return found, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	list, err := s.visits(ctx, "WHERE a.id IN (?"+strings.Repeat(", ?", len(ids)-1)+")", args...)
	for _, v := range list {
		found[v.Appointment.ID] = v
	}
	return found, err
}

func (r *QueueRoom) fill(q *dayQueue, visits map[AppointmentID]Visit, now time.Time) {
	room := roomOf(r.Clinic.ID)
	person := func(e queue.Entry) QueuePerson {
		return QueuePerson{Visit: visits[AppointmentID(e.ID)], Class: e.Class, Status: e.Status, Since: e.Since, Calls: e.Calls, Skips: e.Skips, Behind: e.Behind}
	}
	for _, e := range q.OrderFor(room, now) {
		r.Waiting = append(r.Waiting, person(e))
	}
	for _, e := range q.Entries {
		switch p := person(e); {
		case (e.Status == queue.Called || e.Status == queue.Inside) && e.At == room:
			r.With = &p
		case e.Status == queue.Skipped && e.At == room:
			r.Skipped = append(r.Skipped, p)
		case (e.Status == queue.Done || e.Status == queue.Left) && (e.At == room || e.At == "" && e.Room == room):
			r.Gone = append(r.Gone, p)
		}
	}
}

// QueueSummary is how a doctor's half-day stands.
type QueueSummary struct {
	Clinic                         Schedule
	Doctor                         Doctor
	Department                     Department
	Paused                         bool
	Waiting, Skipped, Seen, Coming int
	With                           Text // the number that is called; empty: nobody
}

// QueueSummaries are the half-days of a day within a reach that are not stopped, by department.
func (s *Store) QueueSummaries(ctx context.Context, reach Reach, hospital HospitalID, date Date) ([]QueueSummary, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	var list []QueueSummary
	for _, department := range d.departments {
		if department.Hospital != hospital || !department.Leaf || !reach.Covers(department) {
			continue
		}
		q, err := s.queueOf(ctx, d, department.ID, date)
		if err != nil {
			return nil, err
		}
		for _, c := range q.clinics {
			list = append(list, q.summary(d, c))
		}
	}
	return list, s.countComing(ctx, hospital, date, list)
}

func (q *dayQueue) summary(d *directory, c queueClinic) QueueSummary {
	sum := QueueSummary{Clinic: c.Schedule, Doctor: d.doctor[c.Doctor], Department: q.department, Paused: c.Paused}
	room := roomOf(c.ID)
	for _, e := range q.Entries {
		switch {
		case e.Status == queue.Waiting && (e.Room == room || e.Room == ""):
			sum.Waiting++
		case e.Status == queue.Skipped && e.At == room:
			sum.Skipped++
		case e.Status == queue.Done && e.At == room:
			sum.Seen++
		case (e.Status == queue.Called || e.Status == queue.Inside) && e.At == room:
			sum.With = Appointment{Seq: e.Number}.Number()
		}
	}
	return sum
}

// countComing fills in how many are booked and not here yet.
func (s *Store) countComing(ctx context.Context, hospital HospitalID, date Date, list []QueueSummary) error {
	var rows []struct {
		Schedule ScheduleID
		Count    int
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT c.id AS schedule, COUNT(a.id) AS count FROM schedules c JOIN appointments a ON a.schedule_id = c.id AND a.status = 'booked'
		WHERE c.hospital_id = ? AND c.visit_date = ? GROUP BY c.id`, hospital, date)
	if err != nil {
		return fmt.Errorf("count who is still to come: %w", err)
	}
	for _, row := range rows {
		if i := slices.IndexFunc(list, func(q QueueSummary) bool { return q.Clinic.ID == row.Schedule }); i >= 0 {
			list[i].Coming = row.Count
		}
	}
	return nil
}
