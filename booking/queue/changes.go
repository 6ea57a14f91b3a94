package queue

import (
	"fmt"
	"slices"
	"time"
)

// Person is who joins.
type Person struct {
	ID     ID
	Number int
	Class  Class
	Room   string // "": any
	Late   bool   // came after the own time
}

// Join puts a person into the queue.
func (q Queue) Join(p Person, now time.Time) (Queue, error) {
	switch {
	case p.ID == 0 || p.Number < 1:
		return q, fmt.Errorf("%w: id %d with number %d", ErrEntry, p.ID, p.Number)
	case !slices.Contains(q.Rules.Classes, p.Class):
		return q, fmt.Errorf("%w: there is no class %q here", ErrEntry, p.Class)
	case p.Room != "" && q.room(p.Room) < 0:
		return q, ErrNoRoom
	case q.index(p.ID) >= 0:
		return q, ErrTwice
	}
	next := q.changed()
	e := Entry{ID: p.ID, Number: p.Number, Class: p.Class, Room: p.Room, Status: Waiting, Since: now}
	if p.Late {
		e.Behind = q.behind(p.Class)
	}
	next.Entries = append(next.Entries, e)
	return next, nil
}

// behind is how many places behind somebody is put.
func (q Queue) behind(c Class) int {
	if q.Rules.urgent(c) {
		return 0
	}
	return q.Rules.Behind
}

// Return lets somebody who was skipped, or who had left, wait again, some places behind.
func (q Queue) Return(id ID, now time.Time) (Queue, error) {
	return q.change(id, []Status{Skipped, Left}, func(_ *Queue, e *Entry) error {
		if e.Skips > q.Rules.MostSkips {
			return ErrTooOften
		}
		e.again(now, q.behind(e.Class))
		return nil
	})
}

// ComeBack lets somebody whom the doctor was done with wait for the same room again, in a class of their own: with the results of
// an examination, say (回诊).
func (q Queue) ComeBack(id ID, class Class, now time.Time) (Queue, error) {
	if !slices.Contains(q.Rules.Classes, class) {
		return q, fmt.Errorf("%w: there is no class %q here", ErrEntry, class)
	}
	return q.change(id, []Status{Done}, func(_ *Queue, e *Entry) error {
		e.Class = class
		e.again(now, 0)
		return nil
	})
}

// again puts an entry among those who wait.
func (e *Entry) again(now time.Time, behind int) {
	e.Status, e.Since, e.Behind, e.Calls = Waiting, now, behind, 0
}

// Leave takes a person out who goes home, or whose visit is cancelled.
func (q Queue) Leave(id ID) (Queue, error) {
	return q.change(id, []Status{Waiting, Called, Skipped}, func(next *Queue, e *Entry) error {
		next.vacate(*e)
		e.Status = Left
		return nil
	})
}

// Transfer sends a person to another room, or to any (""), with class and waiting time kept. Who was called to a room or is in it waits again, before
// everybody of the same class with a higher number.
func (q Queue) Transfer(id ID, room string) (Queue, error) {
	if room != "" && q.room(room) < 0 {
		return q, ErrNoRoom
	}
	return q.change(id, []Status{Waiting, Called, Inside}, func(next *Queue, e *Entry) error {
		next.vacate(*e)
		e.Status, e.Room, e.Calls = Waiting, room, 0
		return nil
	})
}

// Reclassify changes a person's class, when a nurse sees that it is more or less urgent than it seemed. What has been waited still counts.
func (q Queue) Reclassify(id ID, class Class) (Queue, error) {
	if !slices.Contains(q.Rules.Classes, class) {
		return q, fmt.Errorf("%w: there is no class %q here", ErrEntry, class)
	}
	return q.change(id, []Status{Waiting, Skipped}, func(next *Queue, e *Entry) error {
		e.Class = class
		if next.Rules.urgent(class) {
			e.Behind = 0
		}
		return nil
	})
}

// vacate frees the room that an entry was called to.
func (q *Queue) vacate(e Entry) {
	if i := q.room(e.At); i >= 0 && q.Rooms[i].With == e.ID {
		q.Rooms[i].With = 0
	}
}
