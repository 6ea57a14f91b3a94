package bench

import (
	"maps"
	"slices"
	"time"
)

// record is what one client has seen within the measured time.
type record struct {
	from, to time.Time
	times    map[string][]time.Duration // by step, of the updates that began within it
	answered int                        // answers that came within it
	booked   int                        // bookings that were completed within it
	all      int                        // bookings, whenever completed
}

func newRecord(from, to time.Time) record {
	return record{from: from, to: to, times: map[string][]time.Duration{}}
}

func (r *record) covers(at time.Time) bool { return !at.Before(r.from) && at.Before(r.to) }

func (r *record) update(step string, start, end time.Time) {
	if r.covers(start) {
		r.times[step] = append(r.times[step], end.Sub(start))
	}
	if r.covers(end) {
		r.answered++
	}
}

func (r *record) booking(at time.Time) {
	r.all++
	if r.covers(at) {
		r.booked++
	}
}

// add takes in what another client has seen.
func (r *record) add(other record) {
	for step, times := range other.times {
		r.times[step] = append(r.times[step], times...)
	}
	r.answered += other.answered
	r.booked += other.booked
	r.all += other.all
}

// sorted gives the times of all steps in ascending order.
func (r *record) sorted() []time.Duration {
	var list []time.Duration
	for _, times := range r.times {
		list = append(list, times...)
	}
	slices.Sort(list)
	return list
}

// report says how long each step took.
func (r *record) report(o Options) {
	o.say("%-20s %8s %9s %9s", "step", "count", "p50 ms", "p99 ms")
	for _, step := range slices.Sorted(maps.Keys(r.times)) {
		times := slices.Sorted(slices.Values(r.times[step]))
		o.say("%-20s %8d %9.2f %9.2f", step, len(times), milliseconds(percentile(times, 50)), milliseconds(percentile(times, 99)))
	}
}
