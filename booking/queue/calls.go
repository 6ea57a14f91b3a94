package queue

import "time"

// Call calls the next person to a room.
func (q Queue) Call(room string, now time.Time) (Queue, Entry, error) {
	r := q.room(room)
	switch {
	case r < 0:
		return q, Entry{}, ErrNoRoom
	case q.Rooms[r].Paused:
		return q, Entry{}, ErrPaused
	case q.Rooms[r].With != 0:
		return q, Entry{}, ErrOccupied
	}
	order := q.OrderFor(room, now)
	if len(order) == 0 {
		return q, Entry{}, ErrEmpty
	}
	next := q.changed()
	next.Rooms[r].With = order[0].ID
	for i := range next.Entries {
		switch e := &next.Entries[i]; {
		case e.ID == order[0].ID:
			e.Status, e.At, e.Calls, e.Behind = Called, room, 1, 0
			order[0] = *e
		case e.Status == Waiting && e.mayGoTo(room):
			e.Behind = max(0, e.Behind-1)
		}
	}
	return next, order[0], nil
}

// Recall calls the person once more who was called to a room and is not there yet.
func (q Queue) Recall(id ID) (Queue, error) {
	return q.change(id, []Status{Called}, func(_ *Queue, e *Entry) error {
		e.Calls++
		return nil
	})
}

// Skip passes over a person who was called and did not come (过号). The room is free.
func (q Queue) Skip(id ID) (Queue, error) {
	return q.change(id, []Status{Called}, func(next *Queue, e *Entry) error {
		next.vacate(*e)
		e.Status = Skipped
		e.Skips++
		return nil
	})
}

// Start says that a person who was called is with the doctor.
func (q Queue) Start(id ID) (Queue, error) {
	return q.change(id, []Status{Called}, func(_ *Queue, e *Entry) error {
		e.Status = Inside
		return nil
	})
}

// Finish says that the doctor is done with a person. It does for one who was only called, too: few press a button for each who enters.
func (q Queue) Finish(id ID) (Queue, error) {
	return q.change(id, []Status{Called, Inside}, func(next *Queue, e *Entry) error {
		next.vacate(*e)
		e.Status = Done
		return nil
	})
}

// Pause stops calling to a room, and Resume goes on. Who is in it stays. Doing it twice is doing it once.
func (q Queue) Pause(room string) (Queue, error)  { return q.pause(room, true) }
func (q Queue) Resume(room string) (Queue, error) { return q.pause(room, false) }

func (q Queue) pause(room string, paused bool) (Queue, error) {
	i := q.room(room)
	if i < 0 {
		return q, ErrNoRoom
	}
	if q.Rooms[i].Paused == paused {
		return q, nil
	}
	next := q.changed()
	next.Rooms[i].Paused = paused
	return next, nil
}
