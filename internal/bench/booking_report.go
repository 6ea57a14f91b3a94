package bench

import (
	"fmt"
	"slices"
	"strings"
)

// report fills in the result and shows the table.
func (t *tournament) report(r *BookingResult) {
	raw, naive, spreadNaive, hot, spread := t.events[0].median(), t.events[1].median(), t.events[2].median(), t.events[3].median(), t.events[4].median()
	r.RawUpdatePerS, r.NaivePerS, r.SpreadNaivePerS, r.HotPerS, r.SpreadPerS = raw, naive, spreadNaive, hot, spread
	r.RatioNaive, r.RatioRawUpdate, r.RatioSpread = ratio(hot, naive), ratio(hot, raw), ratio(spread, spreadNaive)
	r.Oversold, r.Lost = t.oversold, t.lost
	t.o.say("%-26s %9s   %s", "places a second", "median", "turns")
	for _, e := range t.events {
		t.o.say("%-26s %9.1f   %s", e.name, e.median(), turns(e.rates))
	}
	t.o.say("%-26s %9.2f   aim: 10", "one half-day / naive", r.RatioNaive)
	t.o.say("%-26s %9.2f   aim: 2", "one half-day / raw UPDATE", r.RatioRawUpdate)
	t.o.say("%-26s %9.2f   aim: 1", "1,008 half-days / naive", r.RatioSpread)
	t.o.say("%-26s %9d   aim: 0", "oversold", r.Oversold)
	t.o.say("%-26s %9d   aim: 0", "lost", r.Lost)
}

func turns(rates []float64) string {
	list := make([]string, len(rates))
	for i, rate := range rates {
		list[i] = fmt.Sprintf("%.0f", rate)
	}
	return strings.Join(list, " ")
}

// median is the middle one of the turns' rates; of an even number the mean of the two in the middle.
func (e *event) median() float64 {
	sorted := slices.Sorted(slices.Values(e.rates))
	if len(sorted) == 0 {
		return 0
	}
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return rounded((sorted[middle-1]+sorted[middle])/2, 10)
}

// ratio has two decimals; 0 when there is nothing to compare with.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return rounded(a/b, 100)
}
