package bots

import (
	"sync"
	"time"
)

// debts is this replica's memory of updates that it could not handle. It is bounded, and lost with the process: the platform's
// own deliveries are what is relied on, this is a courtesy.
type debts struct {
	mu       sync.Mutex
	owed     map[person]debt
	attempts map[string]int // by platform and dedupe key
}

type person struct {
	platform Platform
	from     string
}

// debt is the newest update of a person that could not be handled.
type debt struct {
	person
	key  string
	lang string
	at   time.Time
}

const mostDebts = 2000

func newDebts() debts {
	return debts{owed: map[person]debt{}, attempts: map[string]int{}}
}

// owe notes that the person still waits for an answer. When too many do, the newest ones go without an apology.
func (d *debts) owe(u Update, now time.Time) {
	if u.Kind == Timeout || u.Kind == Unfollow {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := person{u.Platform, u.From}
	if _, known := d.owed[p]; known || len(d.owed) < mostDebts {
		d.owed[p] = debt{person: p, key: u.Key, lang: u.Lang, at: now}
	}
}

// attempt counts how often an update has failed.
func (d *debts) attempt(u Update) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.attempts) >= mostDebts {
		clear(d.attempts) // somebody gets a few tries more
	}
	key := string(u.Platform) + "/" + u.Key
	d.attempts[key]++
	return d.attempts[key]
}

// settle forgets a person who has got an answer.
func (d *debts) settle(u Update) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if u.Kind != Timeout {
		delete(d.owed, person{u.Platform, u.From})
	}
	delete(d.attempts, string(u.Platform)+"/"+u.Key)
}

// overdue takes those out who have waited since before the given moment.
func (d *debts) overdue(before time.Time) []debt {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []debt
	for p, x := range d.owed {
		if x.at.Before(before) {
			list = append(list, x)
			delete(d.owed, p)
		}
	}
	return list
}
