package forecast

// adjusted forecasts by a method that knows of weeks and not of holidays: special days are replaced before, and put back after.
func adjusted(method Method, calendar Calendar) forecaster {
	return func(history, future []Day) ([]Point, error) {
		ordinary, effects := ordinaryDays(history, calendar)
		f, err := Make(ordinary, Options{Season: week, Horizon: len(future), Method: method})
		if err != nil {
			return nil, err
		}
		for i := range f.Points {
			kind, _ := calendar.Kind(future[i].Date)
			if by, special := effects[kind]; special {
				f.Points[i] = f.Points[i].scaled(by)
			}
		}
		return f.Points, nil
	}
}

// neighbours is how many weeks before and after a special day show what an ordinary one would have been.
const neighbours = 4

// doubtfulDays is how many days of no effect an effect starts with: one holiday alone proves little.
const doubtfulDays = 0.5

// ordinaryDays replaces special days by what an ordinary day of that weekday would have been, and tells for each kind that has been seen the
// ratio of what was to what would have been.
func ordinaryDays(history []Day, calendar Calendar) ([]float64, map[Kind]float64) {
	y := make([]float64, len(history))
	was, would, days := map[Kind]float64{}, map[Kind]float64{}, map[Kind]float64{}
	for i, d := range history {
		y[i] = d.Demand
		kind, _ := calendar.Kind(d.Date)
		if kind == Ordinary {
			continue
		}
		usual, ok := usualDay(history, i, calendar)
		if !ok {
			continue
		}
		y[i] = usual
		was[kind] += d.Demand
		would[kind] += usual
		days[kind]++
	}
	effects := map[Kind]float64{}
	for kind, n := range days {
		doubt := would[kind] / n * doubtfulDays
		effects[kind] = 1
		if would[kind] > 0 {
			effects[kind] = (was[kind] + doubt) / (would[kind] + doubt)
		}
	}
	return y, effects
}

// usualDay is the mean of the ordinary days of the same weekday around a day.
func usualDay(history []Day, at int, calendar Calendar) (float64, bool) {
	sum, n := 0.0, 0
	for i := at - neighbours*week; i <= at+neighbours*week; i += week {
		if i < 0 || i >= len(history) || i == at {
			continue
		}
		if kind, _ := calendar.Kind(history[i].Date); kind == Ordinary {
			sum += history[i].Demand
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}
