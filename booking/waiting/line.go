package waiting

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/stat/distuv"
)

// Line is what is before somebody who waits for one doctor.
type Line struct {
	Ahead    int       // who is here and will be called before
	Coming   []float64 // of each who is not here yet and would be called before when coming in time: in how many minutes that is expected, < 0: is overdue
	Chance   float64   // the share of those who come at all
	Spread   float64   // the standard deviation of when they come, in minutes
	Busy     bool      // somebody is with the doctor now
	Elapsed  float64   // for how many minutes
	Opens    float64   // minutes until the doctor should begin; 0 or less: the time has come
	Late     float64   // of a doctor who has not begun: how many minutes later it usually is
	Finished Session   // today's consultations so far
}

// mostAhead bounds what a line is reckoned for. Nobody waits behind more in one doctor's half-day.
const mostAhead = 500

// Promise is when somebody will be called, in minutes from now: as likely before as after Median, and with 80 % within Low and High.
type Promise struct {
	Low, Median, High float64
}

// Promise estimates the wait behind a line.
//
// What is before is a sum: the rest of the consultation that is under way, and one consultation for each who is ahead. Its distribution is the exact convolution of the
// distribution of one (by Fourier transform, on a grid of a quarter of a minute), stretched by today's pace, which itself is known with an error only.
//
// Who is not here yet counts with the probability of coming before the turn: it depends on the wait, and the wait on it, so it is reckoned twice.
func (p Pace) Promise(l Line) (Promise, error) {
	if len(p.one.mass) == 0 {
		return Promise{}, ErrUnknown
	}
	if err := l.check(); err != nil {
		return Promise{}, err
	}
	if !l.Busy && l.Ahead == 0 && l.Opens <= 0 && l.Late == 0 {
		return Promise{}, nil
	}
	factor, variance := p.today(l.Finished)
	rest := l.beginning()
	if l.Busy {
		rest = p.one.rest(l.Elapsed / factor)
	}
	opens := max(0, l.Opens)
	wait := p.one.line(rest, l.Ahead, nil)
	for range min(2, len(l.Coming)) {
		wait = p.one.line(rest, l.Ahead, l.before(opens+wait.stretched(0.5, factor, variance)))
	}
	at := func(q float64) float64 { return opens + wait.stretched(q, factor, variance) }
	return Promise{Low: at(0.1), Median: at(0.5), High: at(0.9)}, nil
}

func (l Line) check() error {
	if l.Ahead < 0 || l.Ahead+len(l.Coming) > mostAhead {
		return badf("%d people are ahead and %d are coming; a line has between 0 and %d", l.Ahead, len(l.Coming), mostAhead)
	}
	if err := checkRange("the chance that somebody comes", l.Chance, 0, 1); err != nil {
		return err
	}
	if err := checkRange("the lateness of the doctor", l.Late, 0, 24*60); err != nil {
		return err
	}
	if err := checkRange("the spread of arrivals", l.Spread, 0, 24*60); err != nil {
		return err
	}
	for _, in := range l.Coming {
		if err := checkRange("the time until somebody is expected", in, -24*60, 24*60); err != nil {
			return err
		}
	}
	if err := checkRange("the time until the doctor begins", l.Opens, -24*60, 24*60); err != nil {
		return err
	}
	return checkRange("the time of the consultation so far", l.Elapsed, 0, 24*60)
}

// beginning is how long after Opens the first person is called. Lateness is taken to be without memory, so that a doctor who is late already is expected
// to be as late from now on.
func (l Line) beginning() pmf {
	if l.Late > 0 {
		return exponential(l.Late)
	}
	now := newPMF()
	now.add(0, 1)
	return now
}

// before gives, of each who is coming, the probability of being here within so many minutes. Arrivals are normally distributed around
// their expected time. Of those who are not here yet the longer overdue are the likelier not to come at all (Bayes' rule).
func (l Line) before(minutes float64) []float64 {
	arrived := func(at, expected float64) float64 {
		return distuv.Normal{Mu: expected, Sigma: max(l.Spread, 0.01)}.CDF(at)
	}
	list := make([]float64, len(l.Coming))
	for i, in := range l.Coming {
		now := arrived(0, in)
		if still := l.Chance*(1-now) + 1 - l.Chance; still > 0 {
			list[i] = l.Chance * (arrived(minutes, in) - now) / still
		}
	}
	return list
}

// pmf is a distribution on a grid of minutes.
type pmf struct{ mass []float64 }

const step = 0.25 // minutes between the points of a grid

func newPMF() pmf { return pmf{} }

// add puts mass at x, on the two points beside it so that the mean is kept.
func (d *pmf) add(x, mass float64) {
	at := x / step
	low := int(at)
	for len(d.mass) < low+2 {
		d.mass = append(d.mass, 0)
	}
	share := at - float64(low)
	d.mass[low] += mass * (1 - share)
	d.mass[low+1] += mass * share
}

func (d pmf) mean() float64 {
	sum := 0.0
	for i, m := range d.mass {
		sum += float64(i) * step * m
	}
	return sum
}

// rest is how long a consultation still takes that has taken elapsed minutes. When none ever took that long, it is taken to go on as
// if it had just begun, without memory: exponential with the mean of all.
func (d pmf) rest(elapsed float64) pmf {
	first := int(math.Ceil(elapsed / step))
	out, total := newPMF(), 0.0
	for i := first; i < len(d.mass); i++ {
		total += d.mass[i]
	}
	if total > 1e-3 {
		for i := first; i < len(d.mass); i++ {
			if d.mass[i] > 0 {
				out.add(float64(i)*step-elapsed, d.mass[i]/total)
			}
		}
		return out
	}
	return exponential(d.mean())
}

// exponential is that distribution on the grid, without its last three thousandths of a per cent.
func exponential(mean float64) pmf {
	out := newPMF()
	for x := 0.0; x < 10.5*mean; x += step {
		out.add(x+step/2, math.Exp(-x/mean)-math.Exp(-(x+step)/mean))
	}
	return out
}

// line is the distribution of rest, one of d for each who is ahead, and one of d with each of the probabilities of maybe. A circle long
// enough for the longest sum does not overlap itself.
func (d pmf) line(rest pmf, ahead int, maybe []float64) pmf {
	n := 1
	for n < len(rest.mass)+(ahead+len(maybe))*len(d.mass) {
		n *= 2
	}
	fft := fourier.NewFFT(n)
	one, sum := fft.Coefficients(nil, padded(d.mass, n)), fft.Coefficients(nil, padded(rest.mass, n))
	for i := range sum {
		sum[i] *= power(one[i], ahead)
		for _, chance := range maybe {
			sum[i] *= complex(1-chance, 0) + complex(chance, 0)*one[i]
		}
	}
	mass := fft.Sequence(nil, sum)
	for i := range mass {
		mass[i] = max(0, mass[i]/float64(n)) // the inverse is not scaled, and rounds below 0
	}
	return pmf{mass}
}

// power is x^n. For n = 0 it is 1, also where x is 0.
func power(x complex128, n int) complex128 {
	if n == 0 {
		return 1
	}
	return cmplx.Pow(x, complex(float64(n), 0))
}

func padded(list []float64, n int) []float64 {
	out := make([]float64, n)
	copy(out, list)
	return out
}

// paces is how many equally probable values stand for a pace that is not known.
const paces = 25

// stretched is the quantile q of the distribution times a log-normal factor with that mean and relative variance.
func (d pmf) stretched(q, factor, variance float64) float64 {
	total := make([]float64, len(d.mass)+1)
	for i, m := range d.mass {
		total[i+1] = total[i] + m
	}
	sigma := math.Sqrt(math.Log1p(variance))
	var stretch [paces]float64
	for i := range stretch {
		z := distuv.UnitNormal.Quantile((float64(i) + 0.5) / paces)
		stretch[i] = factor * math.Exp(sigma*z-sigma*sigma/2)
	}
	below := func(t float64) float64 {
		sum := 0.0
		for _, s := range stretch {
			// The mass of a point of the grid lies evenly within half a step around it.
			at := t/(s*step) + 0.5
			if low := int(at); low >= len(d.mass) {
				sum += total[len(d.mass)]
			} else {
				sum += total[low] + (at-float64(low))*d.mass[low]
			}
		}
		return sum / paces
	}
	low, high := 0.0, float64(len(d.mass))*step*stretch[paces-1]
	if below(0) >= q {
		return 0
	}
	for range 50 {
		if middle := (low + high) / 2; below(middle) < q {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
