package forecast

import (
	"fmt"
	"math"
)

// Method is a way to forecast.
type Method string

// The methods. Auto takes the one that has been best; Learned needs dates and is for [Foresee] only.
const (
	Additive       Method = "hw-add"
	Multiplicative Method = "hw-mul"
	Naive          Method = "naive"
	Auto           Method = "auto"
	Learned        Method = "ridge"
)

// Options say what is wanted of a forecast.
type Options struct {
	Season  int // values in a season; 7 for days
	Horizon int // how many values are forecast
	Method  Method
	Fixed   // parameters of Holt–Winters that are not to be fitted
}

// Forecast is what comes after a series. What a method does not have is nil.
type Forecast struct {
	Method  Method    `json:"method"`
	Alpha   *float64  `json:"alpha"`
	Beta    *float64  `json:"beta"`
	Gamma   *float64  `json:"gamma"`
	L0      *float64  `json:"l0"` // level and trend that the recursion starts with
	B0      *float64  `json:"b0"`
	SSE     float64   `json:"sse"` // sum of squared one-step errors, from the second season on
	Values  []float64 `json:"forecast"`
	Lower80 []float64 `json:"lower80"`
	Upper80 []float64 `json:"upper80"`
	Lower95 []float64 `json:"-"`
	Upper95 []float64 `json:"-"`
	Points  []Point   `json:"-"` // the same, value by value
}

// Make forecasts a series.
func Make(y []float64, o Options) (Forecast, error) {
	if err := checkSeries(y, o.Season, o.Horizon); err != nil {
		return Forecast{}, err
	}
	if err := o.Fixed.check(); err != nil {
		return Forecast{}, err
	}
	switch o.Method {
	case Auto:
		return automatic(y, o)
	case Naive:
		if o.Fixed.free() < 3 {
			return Forecast{}, badf("the naive method has no alpha, beta or gamma")
		}
		return naive(y, o), nil
	case Additive, Multiplicative:
		return holtWinters(y, o)
	}
	return Forecast{}, badf("there is no method %q: it is %s, %s, %s or %s", o.Method, Additive, Multiplicative, Naive, Auto)
}

// naive repeats the last season.
func naive(y []float64, o Options) Forecast {
	n, m := len(y), o.Season
	sse := 0.0
	for t := m; t < n; t++ {
		sse += (y[t] - y[t-m]) * (y[t] - y[t-m])
	}
	points := make([]Point, o.Horizon)
	for h := range points {
		seasons := float64(h/m + 1)
		points[h] = normal(y[n-m+h%m], math.Sqrt(variance(sse, n-m, 0)*seasons))
	}
	return Forecast{Method: Naive, SSE: sse}.with(points)
}

func holtWinters(y []float64, o Options) (Forecast, error) {
	multiplicative := o.Method == Multiplicative
	if multiplicative {
		for i, x := range y {
			if x <= 0 {
				return Forecast{}, badf("%s needs values greater than 0, and value %d (line %d) is %g; use %s", Multiplicative, i+1, i+1, x, Additive)
			}
		}
	}
	p, _ := fit(y, o.Season, multiplicative, o.Fixed)
	s := startSmoother(y, o.Season, multiplicative, p)
	l0, b0 := s.level, s.trend
	var errors []float64
	sse := s.run(y, &errors)
	if math.IsInf(sse, 1) {
		return Forecast{}, badf("with alpha %g, beta %g and gamma %g the level or the season falls to 0; use other parameters or %s", p.Alpha, p.Beta, p.Gamma, Additive)
	}
	f := Forecast{Method: o.Method, Alpha: &p.Alpha, Beta: &p.Beta, Gamma: &p.Gamma, L0: &l0, B0: &b0, SSE: sse}
	if multiplicative {
		inflate := math.Sqrt(float64(len(errors)) / float64(max(1, len(errors)-o.Fixed.free())))
		return f.with(s.multiplicativePoints(o.Horizon, errors, inflate)), nil
	}
	return f.with(s.additivePoints(o.Horizon, variance(sse, len(errors), o.Fixed.free()))), nil
}

func (f Forecast) with(points []Point) Forecast {
	f.Points = points
	for _, p := range points {
		f.Values = append(f.Values, p.Value)
		f.Lower80, f.Upper80 = append(f.Lower80, p.Lower80), append(f.Upper80, p.Upper80)
		f.Lower95, f.Upper95 = append(f.Lower95, p.Lower95), append(f.Upper95, p.Upper95)
	}
	return f
}

// automatic takes the method that a backtest finds best. Where the series is too short for one, it is the naive one.
func automatic(y []float64, o Options) (Forecast, error) {
	best := Naive
	if scores, err := Compare(y, o); err == nil {
		best = Best(scores)
	}
	o.Method = best
	if best == Naive {
		o.Fixed = Fixed{}
	}
	f, err := Make(y, o)
	if err != nil {
		return Forecast{}, fmt.Errorf("%s, which was chosen: %w", best, err)
	}
	return f, nil
}
