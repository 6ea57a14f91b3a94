package forecast

import "math"

// Smoothing are the parameters of Holt–Winters: how much the level, the trend and the season follow what is new, each from 0 to 1.
type Smoothing struct{ Alpha, Beta, Gamma float64 }

// smoother is the state of Holt–Winters after some values.
type smoother struct {
	Smoothing
	multiplicative bool
	level, trend   float64
	seasonal       []float64 // of each place in the season, the latest
	at             int       // the place in the season of the next value
}

// startSmoother is the state after the first season; y has at least two.
func startSmoother(y []float64, m int, multiplicative bool, p Smoothing) smoother {
	first, second := average(y[:m]), average(y[m:2*m])
	s := smoother{Smoothing: p, multiplicative: multiplicative, level: first, trend: (second - first) / float64(m), seasonal: make([]float64, m)}
	for i := range m {
		s.seasonal[i] = s.without(y[i], first)
	}
	return s
}

// without takes part out of y, and with puts it back.
func (s *smoother) without(y, part float64) float64 {
	if s.multiplicative {
		return y / part
	}
	return y - part
}

func (s *smoother) with(level, seasonal float64) float64 {
	if s.multiplicative {
		return level * seasonal
	}
	return level + seasonal
}

// ahead forecasts the value h steps after the latest.
func (s *smoother) ahead(h int) float64 {
	return s.with(s.level+float64(h)*s.trend, s.seasonal[(s.at+h-1)%len(s.seasonal)])
}

// take learns a value.
func (s *smoother) take(y float64) {
	before, seasonal := s.level, s.seasonal[s.at]
	s.level = s.Alpha*s.without(y, seasonal) + (1-s.Alpha)*(before+s.trend)
	s.trend = s.Beta*(s.level-before) + (1-s.Beta)*s.trend
	s.seasonal[s.at] = s.Gamma*s.without(y, s.level) + (1-s.Gamma)*seasonal
	s.at = (s.at + 1) % len(s.seasonal)
}

// run takes all values after the first season. errors gets the one-step errors, relative ones for the multiplicative form, unless it is nil.
// The sum is infinite when the recursion leaves what makes sense.
func (s *smoother) run(y []float64, errors *[]float64) (sse float64) {
	for _, x := range y[len(s.seasonal):] {
		foreseen := s.ahead(1)
		e := x - foreseen
		sse += e * e
		if errors != nil {
			if s.multiplicative {
				e /= foreseen
			}
			*errors = append(*errors, e)
		}
		s.take(x)
		if s.multiplicative && !(s.level > 0 && s.seasonal[(s.at+len(s.seasonal)-1)%len(s.seasonal)] > 0) {
			return math.Inf(1)
		}
	}
	if math.IsNaN(sse) {
		return math.Inf(1)
	}
	return sse
}

func average(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum / float64(len(list))
}
