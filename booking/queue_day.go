package booking

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking/queue"
)

// QueueID names the queue of a department's day.
type QueueID int64

// QueueClass is why somebody is called before others, and QueueStatus where a person of a queue stands: the words of package queue, for those who show them.
type (
	QueueClass  = queue.Class
	QueueStatus = queue.Status
)

// The statuses that others ask about.
const (
	QueueWaiting = queue.Waiting
	QueueCalled  = queue.Called
	QueueInside  = queue.Inside
	QueueSkipped = queue.Skipped
	QueueDone    = queue.Done
	QueueLeft    = queue.Left
)

// NearAhead is how many are still ahead of who is told that the turn is near.
const NearAhead = 3

// QueueFollower is a Follower that hears, in the transaction of the change, whom a queue has something to tell: that the turn is near, or has come.
type QueueFollower interface {
	QueueMoved(ctx context.Context, tx *sqlx.Tx, n QueueNews) error
}

// QueueNews is what somebody who waits is to be told.
type QueueNews struct {
	Appointment AppointmentID
	Called      bool // else the turn is near
	Version     int  // of the queue: each is another message
}

// dayQueue is the queue of a department's day, as it was read. Its rooms are the half-days of the day that are not stopped, by their ids.
type dayQueue struct {
	id         QueueID
	department Department
	date       Date
	clinics    []queueClinic
	told       map[queue.ID]bool
	queue.Queue

	was    queue.Queue // as it was read
	knew   map[queue.ID]bool
	events []queueEvent // what was done since
}

// queueClinic is a half-day as a room to be called to.
type queueClinic struct {
	Schedule
	Paused bool
}

// queueEvent is one change.
type queueEvent struct {
	kind string
	id   queue.ID // 0: about a room
	room string
	by   StaffID
}

// The kinds of events.
const (
	queueJoined       = "joined"
	queueCalled       = "called"
	queueRecalled     = "recalled"
	queueSkipped      = "skipped"
	queueFinished     = "finished"
	queueReturned     = "returned"
	queueCameBack     = "came_back"
	queueLeft         = "left"
	queueTransferred  = "transferred"
	queueReclassified = "reclassified"
	queuePaused       = "paused"
	queueResumed      = "resumed"
)

// roomOf names a half-day as a room; 0 is any of the department, as scheduleOf of "".
func roomOf(id ScheduleID) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(int64(id), 10)
}

func scheduleOf(room string) ScheduleID {
	n, _ := strconv.ParseInt(room, 10, 64)
	return ScheduleID(n)
}

// clinic gives the half-day of a room; false where it is stopped or of another queue.
func (q *dayQueue) clinic(id ScheduleID) (queueClinic, bool) {
	i := slices.IndexFunc(q.clinics, func(c queueClinic) bool { return c.ID == id })
	if i < 0 {
		return queueClinic{}, false
	}
	return q.clinics[i], true
}

// do makes one change.
func (q *dayQueue) do(e queueEvent, next queue.Queue, err error) error {
	if err != nil {
		return queueRefusal(err)
	}
	if next.Version != q.Version {
		q.events = append(q.events, e)
	}
	q.Queue = next
	return nil
}

// queueRefusal turns what the rules of queues refuse into a sentence.
func queueRefusal(err error) error {
	for _, r := range []struct {
		is  error
		say *Error
	}{
		{queue.ErrEmpty, ErrQueueEmpty}, {queue.ErrPaused, ErrQueuePaused}, {queue.ErrOccupied, ErrQueueMoved}, {queue.ErrNoRoom, ErrNotFound},
		{queue.ErrUnknown, ErrNotInQueue}, {queue.ErrState, ErrQueueMoved}, {queue.ErrTooOften, ErrSkippedTooOften}, {queue.ErrEntry, ErrQueueClass},
	} {
		if errors.Is(err, r.is) {
			return r.say
		}
	}
	return err
}

type queueRow struct {
	ID      QueueID
	Version int
}

// lockQueue locks the queue of a department's day, which is made where there is none yet. Of the locks of booking it is the last.
func (s *Store) lockQueue(ctx context.Context, tx *sqlx.Tx, d *directory, department DepartmentID, date Date) (*dayQueue, error) {
	row, err := findQueue(ctx, tx, department, date, s.forUpdate)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = tx.ExecContext(ctx, "INSERT INTO queues (hospital_id, department_id, visit_date, created_at) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = id",
			d.department[department].Hospital, department, date, s.clock())
		if err == nil {
			row, err = findQueue(ctx, tx, department, date, s.forUpdate)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock a queue: %w", err)
	}
	return readQueue(ctx, tx, d, row, department, date)
}

// queueOf reads the queue of a department's day without a lock; one that nobody has joined is empty.
func (s *Store) queueOf(ctx context.Context, d *directory, department DepartmentID, date Date) (*dayQueue, error) {
	row, err := findQueue(ctx, s.db, department, date, "")
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read a queue: %w", err)
	}
	return readQueue(ctx, s.db, d, row, department, date)
}

func findQueue(ctx context.Context, q queryer, department DepartmentID, date Date, lock string) (row queueRow, err error) {
	err = q.GetContext(ctx, &row, "SELECT id, version FROM queues WHERE department_id = ? AND visit_date = ?"+lock, department, date)
	return row, err
}

// entryRow is a person in a queue as the table has it.
type entryRow struct {
	ID     queue.ID
	Number int
	Class  queue.Class
	Room   ScheduleID
	Status queue.Status
	Since  time.Time
	Behind int
	At     ScheduleID
	Calls  int
	Skips  int
	Told   bool
}

func readQueue(ctx context.Context, from queryer, d *directory, row queueRow, department DepartmentID, date Date) (*dayQueue, error) {
	q := &dayQueue{id: row.ID, department: d.department[department], date: date, told: map[queue.ID]bool{}}
	q.Version = row.Version
	q.Rules = d.queueRules(q.department)
	err := from.SelectContext(ctx, &q.clinics, `SELECT `+scheduleColumns+`, c.capacity, c.taken, COALESCE(r.paused, 0) AS paused
		FROM schedules c LEFT JOIN queue_rooms r ON r.queue_id = ? AND r.schedule_id = c.id
		WHERE c.department_id = ? AND c.visit_date = ? AND c.status = 'open' ORDER BY c.id`, row.ID, department, date)
	if err != nil {
		return nil, fmt.Errorf("read the rooms of a queue: %w", err)
	}
	var entries []entryRow
	err = from.SelectContext(ctx, &entries, `SELECT appointment_id AS id, number, class, room_id AS room, status, since, behind, at_id AS at, calls, skips, told
		FROM queue_entries WHERE queue_id = ? ORDER BY joined_at, appointment_id`, row.ID)
	if err != nil {
		return nil, fmt.Errorf("read who is in a queue: %w", err)
	}
	for _, c := range q.clinics {
		q.Rooms = append(q.Rooms, queue.Room{Name: roomOf(c.ID), Paused: c.Paused})
	}
	for _, e := range entries {
		q.add(e)
	}
	q.was, q.knew = q.Queue, maps.Clone(q.told)
	return q, nil
}

// add puts a row into the state. A class that the department's rules have no longer is the ordinary one.
func (q *dayQueue) add(e entryRow) {
	if !slices.Contains(q.Rules.Classes, e.Class) {
		e.Class = ordinary(q.Rules)
	}
	entry := queue.Entry{ID: e.ID, Number: e.Number, Class: e.Class, Room: roomOf(e.Room), Status: e.Status, Since: e.Since,
		Behind: e.Behind, At: roomOf(e.At), Calls: e.Calls, Skips: e.Skips}
	q.Entries = append(q.Entries, entry)
	q.told[e.ID] = e.Told
	if e.Status != queue.Called && e.Status != queue.Inside {
		return
	}
	for i := range q.Rooms {
		if q.Rooms[i].Name == entry.At {
			q.Rooms[i].With = e.ID
		}
	}
}
