package forecast

import (
	"math"
	"time"
)

// Day is a department's day: how many wanted to be seen on it (visits and who asked in vain), and how many places there were.
type Day struct {
	Date   time.Time // any moment of the day, in the hospital's zone
	Demand float64
	Places float64 // 0: not known
}

// Foreseen is a day to come.
type Foreseen struct {
	Day    // Demand is the value to expect
	Point  // the same, with the intervals; nothing below 0
	Kind   Kind
	Weekly bool // the calendar of holidays does not reach this day: it is foreseen as an ordinary one
}

// Outlook is a department's forecast.
type Outlook struct {
	Method Method
	Days   []Foreseen
	Scores []Score // of all methods that could be tried, the naive one first
}

const (
	week      = 7
	leastDays = 4 * week // of history
	mostWeeks = 12       // ahead
)

// Foresee forecasts a department's days after its history by the method that has been best on it. The history has every day, one after the other, closed ones
// with 0; places are those released for the days ahead, 0 where that is not known.
func Foresee(history []Day, horizon int, places []float64, calendar Calendar) (Outlook, error) {
	if err := checkDays(history, horizon, places); err != nil {
		return Outlook{}, err
	}
	future := make([]Day, horizon)
	last := history[len(history)-1].Date
	for i := range future {
		future[i].Date = time.Date(last.Year(), last.Month(), last.Day()+i+1, 12, 0, 0, 0, last.Location())
		if i < len(places) {
			future[i].Places = places[i]
		}
	}
	demand := make([]float64, len(history))
	for i, d := range history {
		demand[i] = d.Demand
	}
	out := Outlook{}
	methods := map[Method]forecaster{
		Naive: adjusted(Naive, calendar), Additive: adjusted(Additive, calendar), Multiplicative: adjusted(Multiplicative, calendar), Learned: learned(calendar),
	}
	least := leastDays // all methods are tried from the same moments, so that their scores can be compared
	if enough := learnedFrom(horizon); len(history) >= enough+2*horizon {
		least = enough
	}
	for _, method := range []Method{Naive, Additive, Multiplicative, Learned} {
		try := func(known int) ([]Point, error) {
			return methods[method](history[:known], history[known:min(len(history), known+horizon)])
		}
		if score, err := backtest(method, demand, week, horizon, least, try); err == nil {
			out.Scores = append(out.Scores, score)
		}
	}
	out.Method = Naive
	if len(out.Scores) > 0 && out.Scores[0].Method == Naive {
		out.Method = Best(out.Scores)
	}
	points, err := methods[out.Method](history, future)
	if err != nil {
		return Outlook{}, err
	}
	for i, p := range points {
		day := Foreseen{Day: future[i], Point: p.notBelow0()}
		day.Demand = day.Value
		kind, known := calendar.Kind(future[i].Date)
		day.Kind, day.Weekly = kind, !known
		out.Days = append(out.Days, day)
	}
	return out, nil
}

// forecaster forecasts the days that follow a history. Of those days it looks at date and places only.
type forecaster func(history, future []Day) ([]Point, error)

func (p Point) notBelow0() Point {
	return Point{max(0, p.Value), max(0, p.Lower80), max(0, p.Upper80), max(0, p.Lower95), max(0, p.Upper95)}
}

func checkDays(history []Day, horizon int, places []float64) error {
	switch {
	case len(history) < leastDays:
		return badf("%d days are known; a forecast needs %d", len(history), leastDays)
	case len(history) > mostValues:
		return badf("%d days; at most %d", len(history), mostValues)
	case horizon < 1 || horizon > mostWeeks*week:
		return badf("a horizon of %d days; it is between 1 and %d", horizon, mostWeeks*week)
	case len(places) > horizon:
		return badf("places for %d days and a horizon of %d", len(places), horizon)
	}
	for i, d := range history {
		if !(d.Demand >= 0 && d.Demand < greatestValue) || !(d.Places >= 0 && d.Places < greatestValue) {
			return badf("%s has a demand of %g and %g places", d.Date.Format(time.DateOnly), d.Demand, d.Places)
		}
		if i > 0 && dayNumber(d.Date) != dayNumber(history[i-1].Date)+1 {
			return badf("%s follows %s; a history has every day once, with 0 where nobody came", d.Date.Format(time.DateOnly), history[i-1].Date.Format(time.DateOnly))
		}
	}
	for _, p := range places {
		if !(p >= 0 && p < greatestValue) || math.IsNaN(p) {
			return badf("%g places", p)
		}
	}
	return nil
}
