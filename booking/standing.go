package booking

import (
	"cmp"
	"slices"
	"time"
)

// Strike is a no-show (爽约) as the rules see it: judged by the policy under which its appointment was made.
type Strike struct {
	Appointment AppointmentID
	At          time.Time // when the visit would have started
	Weight      int       // how many ordinary ones it counts for
	Rule        NoShowRule
}

// Standing is how a person stands with a hospital because of no-shows.
type Standing struct {
	Count          int       // what counts now, by weight
	Limit          int       // at which the person is suspended; 0 when the hospital has no such rule
	Days           int       // for how long a no-show counts
	SuspendedUntil time.Time // zero when the person may book
	Suspensions    int       // how many there were within a year, this one included
}

// Suspended tells whether the person may not book at an instant.
func (s Standing) Suspended(now time.Time) bool { return now.Before(s.SuspendedUntil) }

// escalationMemory is for how many days a suspension makes the next one longer.
const escalationMemory = 365

// StandingOf goes through the no-shows in the order of their visits. Enough of them within the days of the rule suspend the person
// from the last one on, and start the count anew; each suspension within a year is as long as the next step of the rule
// says. What staff forgave counts for nothing: neither the no-shows before it, nor their suspensions. A clinic that was
// stopped makes no no-show, so none of it is here.
func StandingOf(rule NoShowRule, strikes []Strike, pardons []time.Time, now time.Time) Standing {
	s := Standing{Limit: rule.Count, Days: rule.Days}
	var forgiven time.Time
	for _, at := range pardons {
		if at.After(forgiven) {
			forgiven = at
		}
	}
	strikes = slices.Clone(strikes)
	slices.SortStableFunc(strikes, func(a, b Strike) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Appointment, b.Appointment)) })
	var counted []Strike
	var suspended []time.Time
	for _, k := range strikes {
		if !k.At.After(forgiven) || k.Rule.Count == 0 {
			continue
		}
		counted = append(within(counted, k.At, k.Rule.Days), k)
		if sum(counted) < k.Rule.Count {
			continue
		}
		suspended = slices.DeleteFunc(suspended, func(at time.Time) bool { return at.AddDate(0, 0, escalationMemory).Before(k.At) })
		days := k.Rule.SuspendDays[min(len(suspended), len(k.Rule.SuspendDays)-1)]
		if until := k.At.AddDate(0, 0, days); until.After(s.SuspendedUntil) {
			s.SuspendedUntil = until
		}
		suspended, counted = append(suspended, k.At), nil
	}
	s.Count, s.Suspensions = sum(within(counted, now, rule.Days)), len(suspended)
	if !s.Suspended(now) {
		s.SuspendedUntil = time.Time{}
	}
	return s
}

// within keeps those that lie at most so many days before an instant.
func within(strikes []Strike, at time.Time, days int) []Strike {
	return slices.DeleteFunc(slices.Clone(strikes), func(k Strike) bool { return k.At.AddDate(0, 0, days).Before(at) })
}

func sum(strikes []Strike) int {
	n := 0
	for _, k := range strikes {
		n += k.Weight
	}
	return n
}

// ReturnKind says how a place came back.
type ReturnKind string

// The kinds of returns.
const (
	ReturnCancelled ReturnKind = "cancelled" // a booked visit was cancelled by the patient
	ReturnUnpaid    ReturnKind = "unpaid"    // a hold was given back or ran out
	ReturnMoved     ReturnKind = "moved"     // anything that is not the patient's doing, and a visit that was moved
)

// Return is a place that a user gave back.
type Return struct {
	Kind ReturnKind
	At   time.Time
}

// maxSlowdown is the longest that anybody waits for having cancelled too often.
const maxSlowdown = 7 * 24 * time.Hour

// SlowedUntil is until when a user who gave back too many places waits before the next one; the zero time when there is no wait.
// Each return beyond the number that is allowed doubles the wait, to at most a week after the last one.
func (r SlowdownRule) SlowedUntil(returns []Return, now time.Time) time.Time {
	if !r.on() {
		return time.Time{}
	}
	since := now.AddDate(0, 0, -r.Days)
	count := map[ReturnKind]int{}
	last := map[ReturnKind]time.Time{}
	for _, back := range returns {
		if back.At.After(since) {
			count[back.Kind]++
			if back.At.After(last[back.Kind]) {
				last[back.Kind] = back.At
			}
		}
	}
	var until time.Time
	for kind, limit := range map[ReturnKind]int{ReturnCancelled: r.Cancels, ReturnUnpaid: r.Unpaid} {
		if limit == 0 || count[kind] < limit {
			continue
		}
		wait := min(maxSlowdown, time.Duration(r.WaitMinutes)*time.Minute<<min(count[kind]-limit, 13))
		if end := last[kind].Add(wait); end.After(until) {
			until = end
		}
	}
	if !until.After(now) {
		return time.Time{}
	}
	return until
}
