package queue

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why something cannot be done. Nothing has changed then.
var (
	ErrEmpty    = errors.New("nobody waits for this room")
	ErrPaused   = errors.New("this room is paused")
	ErrOccupied = errors.New("somebody is called to this room or in it")
	ErrNoRoom   = errors.New("there is no such room in this queue")
	ErrUnknown  = errors.New("this person is not in this queue")
	ErrTwice    = errors.New("this person is in this queue already")
	ErrState    = errors.New("this cannot be done now")
	ErrTooOften = errors.New("this person was skipped too often, and has to ask at the desk")
	ErrEntry    = errors.New("this person cannot join the queue")
)

// ID is who waits: an appointment's id, say.
type ID int64

// Status is where a person stands.
type Status string

// The statuses.
const (
	Waiting Status = "waiting"
	Called  Status = "called"
	Inside  Status = "inside" // with the doctor
	Done    Status = "done"
	Skipped Status = "skipped"
	Left    Status = "left"
)

// Entry is a person in the queue.
type Entry struct {
	ID     ID        `json:"id"`
	Number int       `json:"number"` // 序号
	Class  Class     `json:"class"`
	Room   string    `json:"room"` // the only one to be called to; "": any
	Status Status    `json:"status"`
	Since  time.Time `json:"since"`  // when this person joined, or returned
	Behind int       `json:"behind"` // how many others are called first
	At     string    `json:"at"`     // the room called to last
	Calls  int       `json:"calls"`  // how often, since joining or returning
	Skips  int       `json:"skips"`
}

// Room is where a doctor sees patients.
type Room struct {
	Name   string `json:"name"`
	Paused bool   `json:"paused"`
	With   ID     `json:"with"` // who is called to it or in it; 0: nobody
}

// Queue is the state of one. Its functions leave it as it is and give another one.
type Queue struct {
	Rules   Rules   `json:"rules"`
	Rooms   []Room  `json:"rooms"`
	Entries []Entry `json:"entries"` // everybody of the day
	Version int     `json:"version"` // of the state: rises with each change
}

// New makes an empty queue for rooms.
func New(rules Rules, rooms ...string) (Queue, error) {
	if err := rules.Check(); err != nil {
		return Queue{}, err
	}
	q := Queue{Rules: rules}
	for i, name := range rooms {
		if name == "" || slices.Contains(rooms[:i], name) {
			return Queue{}, fmt.Errorf("%w: room %q is empty or there twice", ErrRules, name)
		}
		q.Rooms = append(q.Rooms, Room{Name: name})
	}
	if len(rooms) == 0 {
		return Queue{}, fmt.Errorf("%w: a queue has at least one room", ErrRules)
	}
	return q, nil
}

// Entry gives a person of the queue.
func (q Queue) Entry(id ID) (Entry, error) {
	if i := q.index(id); i >= 0 {
		return q.Entries[i], nil
	}
	return Entry{}, ErrUnknown
}

// Ahead is how many who wait would be called before a waiting person if nobody else came: what a chat shows as 前面还有 3 位. Who
// waits for another room than the person does is not before.
func (q Queue) Ahead(id ID, now time.Time) (int, error) {
	mine, err := q.Entry(id)
	if err != nil {
		return 0, err
	}
	if mine.Status != Waiting {
		return 0, fmt.Errorf("%w: number %d is %s", ErrState, mine.Number, mine.Status)
	}
	return q.Aheads(now)[id], nil
}

// Aheads is Ahead of everybody who waits.
func (q Queue) Aheads(now time.Time) map[ID]int {
	ahead, rooms := map[ID]int{}, map[string]bool{}
	for _, e := range q.Entries {
		if e.Status != Waiting || rooms[e.Room] {
			continue
		}
		rooms[e.Room] = true
		order := q.Order(now)
		if e.Room != "" {
			order = q.OrderFor(e.Room, now)
		}
		for i, other := range order {
			if other.Room == e.Room {
				ahead[other.ID] = i
			}
		}
	}
	return ahead
}

func (q Queue) index(id ID) int {
	return slices.IndexFunc(q.Entries, func(e Entry) bool { return e.ID == id })
}

func (q Queue) room(name string) int {
	return slices.IndexFunc(q.Rooms, func(r Room) bool { return r.Name == name })
}

// changed gives a copy that may be written to.
func (q Queue) changed() Queue {
	q.Entries, q.Rooms = slices.Clone(q.Entries), slices.Clone(q.Rooms)
	q.Version++
	return q
}

// change gives a copy with one entry of one of the statuses changed.
func (q Queue) change(id ID, from []Status, do func(next *Queue, e *Entry) error) (Queue, error) {
	i := q.index(id)
	if i < 0 {
		return q, ErrUnknown
	}
	if e := q.Entries[i]; !slices.Contains(from, e.Status) {
		return q, fmt.Errorf("%w: number %d is %s", ErrState, e.Number, e.Status)
	}
	next := q.changed()
	if err := do(&next, &next.Entries[i]); err != nil {
		return q, err
	}
	return next, nil
}
