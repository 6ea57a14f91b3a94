package queue

import (
	"cmp"
	"slices"
	"time"
)

// Order is everybody who waits, in the order in which one room that all may go to would call them now.
func (q Queue) Order(now time.Time) []Entry { return q.order(now, func(Entry) bool { return true }) }

// OrderFor is the same for a room: who waits for it or for any.
func (q Queue) OrderFor(room string, now time.Time) []Entry {
	return q.order(now, func(e Entry) bool { return e.mayGoTo(room) })
}

func (e Entry) mayGoTo(room string) bool { return e.Room == "" || e.Room == room }

// order sorts those who wait, then lets them be called one by one, so that who is put behind comes where calling would bring them.
func (q Queue) order(now time.Time, may func(Entry) bool) []Entry {
	var waiting []Entry
	for _, e := range q.Entries {
		if e.Status == Waiting && may(e) {
			waiting = append(waiting, e)
		}
	}
	slices.SortFunc(waiting, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(q.Rules.level(a, now), q.Rules.level(b, now)), cmp.Compare(a.Number, b.Number), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	behind := make([]int, len(waiting))
	for i, e := range waiting {
		behind[i] = e.Behind
	}
	order := make([]Entry, 0, len(waiting))
	for len(waiting) > 0 {
		next := 0
		for i := range waiting { // the first who need not let others pass, otherwise who must let the fewest
			if behind[i] < behind[next] {
				next = i
			}
		}
		order = append(order, waiting[next])
		waiting, behind = slices.Delete(waiting, next, next+1), slices.Delete(behind, next, next+1)
		for i := range behind {
			behind[i] = max(0, behind[i]-1)
		}
	}
	return order
}
