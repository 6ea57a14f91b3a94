package forecast

import "math"

// Score is how good a method has been in a backtest.
type Score struct {
	Method     Method  `json:"method"`
	Origins    int     `json:"origins"` // from how many moments in the past was forecast
	Points     int     `json:"points"`  // values that were forecast and compared
	MAPE       float64 `json:"mape"`    // mean error as a share of the real value; values of 0 are left out; 0.1 is ten per cent
	MASE       float64 `json:"mase"`    // mean error in units of what the naive forecast errs within the known data
	Coverage80 float64 `json:"coverage80"`
	Coverage95 float64 `json:"coverage95"`
}

// mostOrigins bounds the work of a backtest.
const mostOrigins = 12

// maker forecasts what comes after the first known values of a series.
type maker func(known int) ([]Point, error)

// Compare tries the methods that fit a series on its past, the naive one first. The error is ErrInput when there is no past to try them on.
func Compare(y []float64, o Options) ([]Score, error) {
	if err := checkSeries(y, o.Season, o.Horizon); err != nil {
		return nil, err
	}
	var scores []Score
	for _, method := range []Method{Naive, Additive, Multiplicative} {
		score, err := Backtest(y, o, method)
		if err != nil {
			if method == Multiplicative { // values of 0, or a recursion that fell to 0
				continue
			}
			return nil, err
		}
		scores = append(scores, score)
	}
	return scores, nil
}

// Backtest forecasts with a method from moments in the past (rolling origins), each time with nothing but what was known then, and compares.
func Backtest(y []float64, o Options, method Method) (Score, error) {
	from := func(known int) ([]Point, error) {
		past := o
		past.Method = method
		past.Horizon = min(o.Horizon, len(y)-known)
		if method == Naive {
			past.Fixed = Fixed{}
		}
		f, err := Make(y[:known], past)
		return f.Points, err
	}
	return backtest(method, y, o.Season, o.Horizon, 2*o.Season, from)
}

// origins are the moments in the past to forecast from: the last ones for which something is known, at equal distances, the horizon apart
// where there is room. least is how many values a method needs.
func origins(n, horizon, least int) []int {
	first := max(least, n-mostOrigins*horizon)
	last := n - min(horizon, max(1, (n-first+1)/2)) // a short series is tried on shorter horizons
	if last < first {
		return nil
	}
	stride := max(1, (last-first)/(mostOrigins-1))
	var list []int
	for at := last; at >= first && len(list) < mostOrigins; at -= stride {
		list = append(list, at)
	}
	return list
}

func backtest(method Method, y []float64, season, horizon, least int, predict maker) (Score, error) {
	from := origins(len(y), horizon, least)
	if len(from) == 0 {
		return Score{}, badf("%d values are too few to try a forecast on", len(y))
	}
	score := Score{Method: method, Origins: len(from)}
	percents := 0
	for _, known := range from {
		points, err := predict(known)
		if err != nil {
			return Score{}, err
		}
		scale := naiveError(y[:known], season)
		for h, p := range points {
			real := y[known+h]
			off := math.Abs(real - p.Value)
			score.Points++
			score.MASE += scaledError(off, scale)
			if real != 0 {
				score.MAPE += off / math.Abs(real)
				percents++
			}
			if within(real, p.Lower80, p.Upper80) {
				score.Coverage80++
			}
			if within(real, p.Lower95, p.Upper95) {
				score.Coverage95++
			}
		}
	}
	score.MASE /= float64(score.Points)
	score.MAPE /= float64(max(1, percents))
	score.Coverage80 /= float64(score.Points)
	score.Coverage95 /= float64(score.Points)
	return score, nil
}

// within tells whether a value lies in an interval, of which rounding must not decide where it has no width.
func within(x, lower, upper float64) bool {
	slack := 1e-9 * math.Max(1, math.Abs(x))
	return x >= lower-slack && x <= upper+slack
}

// naiveError is the mean error of repeating the season before, within known data.
func naiveError(y []float64, season int) float64 {
	sum := 0.0
	for t := season; t < len(y); t++ {
		sum += math.Abs(y[t] - y[t-season])
	}
	return sum / float64(max(1, len(y)-season))
}

// beyond stands for an error without bound.
const beyond = 1e6

// scaledError is off/scale; a series that repeats itself exactly has scale 0, and any error is without bound then.
func scaledError(off, scale float64) float64 {
	if off == 0 {
		return 0
	}
	return min(off/scale, beyond)
}

// Best is the method with the least MASE. The first score, that of the naive method, is the floor: another one must be truly below.
func Best(scores []Score) Method {
	best := scores[0]
	for _, s := range scores[1:] {
		if s.MASE < best.MASE*(1-1e-9) {
			best = s
		}
	}
	return best.Method
}
