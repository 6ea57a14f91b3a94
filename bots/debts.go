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
	key   string
	lang  string
	since time.Time // the first failure
	at    time.Time // the last one
}

const mostDebts = 2000

func newDebts() debts {
	return debts{owed: map[person]debt{}, attempts: map[string]int{}}
}

// owe notes that the person still waits for an answer. When too many do, the newest ones go without an apology.
func (d *debts) owe(u Update, now time.Time) {
	switch u.Kind {
	case Timeout, Answer, Release, Unfollow:
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := person{u.Platform, u.From}
	old, known := d.owed[p]
	if !known && len(d.owed) >= mostDebts {
		return
	}
	owed := debt{person: p, key: u.Key, lang: u.Lang, since: now, at: now}
	if known {
		owed.since = old.since
	}
	d.owed[p] = owed
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

// settle forgets a person who gets an answer now, and tells since when they have been waiting for it: zero if they have not.
func (d *debts) settle(u Update) (since time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.attempts, string(u.Platform)+"/"+u.Key)
	if u.Kind != Timeout {
		p := person{u.Platform, u.From}
		since = d.owed[p].since
		delete(d.owed, p)
	}
	return since
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
