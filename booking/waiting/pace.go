package waiting

import (
	"errors"
	"math"
)

// ErrUnknown says that there is nothing to estimate from. Then people are told how many are before them, and no time.
var ErrUnknown = errors.New("nothing is known yet of how long consultations take here")

// Session is how long each consultation of one doctor's half-day took, in minutes, in order.
type Session []float64

// History is a doctor's sessions. How far back it goes is the caller's choice; a few weeks follow changes and are enough.
type History []Session

// Consultations outside of these bounds are slips of the hand (a press by mistake, a forgotten one) and are left out.
const (
	shortest = 0.2
	longest  = 240
)

// What is assumed of the variation of means where there is too little to measure it, as shares of the mean: between a doctor's
// sessions, and between the doctors of a department. leastBetween keeps a doctor with a long history from being pulled towards
// colleagues that happened to be alike.
const (
	assumedWithin  = 0.20
	assumedBetween = 0.30
	leastBetween   = 0.05
)

// Pace is what is known of how long a doctor takes.
type Pace struct {
	Mean   float64 // minutes of a consultation, before today's are looked at
	Weight float64 // how much the doctor's own sessions count in it, from 0 to 1; the rest is the department's
	Used   int     // the doctor's consultations that it rests on
	one    pmf     // one consultation on a day of usual pace

	noise     float64 // relative variance of one consultation
	daily     float64 // relative variance of the pace from day to day
	uncertain float64 // relative variance of Mean as an estimate
}

// NewPace learns from a doctor's own sessions and those of the others in the department. The error is ErrUnknown when none has any.
//
// The unit of evidence is the session, not the consultation: a slow day is slow as a whole. With s² the variance of session means of one doctor and a that
// between doctors, the doctor's J sessions count J/(J+s²/a): Bühlmann's credibility.
func NewPace(own History, colleagues []History) (Pace, error) {
	self := clean(own)
	var all []History
	for _, h := range append([]History{self}, cleanAll(colleagues)...) {
		if len(h) > 0 {
			all = append(all, h)
		}
	}
	if len(all) == 0 {
		return Pace{}, ErrUnknown
	}
	means := sessionMeans(all)
	department := 0.0
	for _, m := range means {
		department += mean(m) / float64(len(means))
	}
	within := varianceWithin(means, department)
	between := varianceBetween(means, within, department)
	p := Pace{Mean: department, noise: consultationNoise(all)}
	if len(self) > 0 {
		p.Weight = float64(len(self)) / (float64(len(self)) + within/between)
		p.Mean = p.Weight*mean(means[0]) + (1-p.Weight)*department
	}
	for _, s := range self {
		p.Used += len(s)
	}
	p.uncertain = between * (1 - p.Weight) / (department * department)
	p.daily = max(0, within/(department*department)-p.noise*meanInverse(all))
	p.one = p.mix(self, all)
	return p, nil
}

func cleanAll(list []History) []History {
	out := make([]History, len(list))
	for i, h := range list {
		out[i] = clean(h)
	}
	return out
}

// clean leaves out what cannot be a consultation, and sessions without any.
func clean(h History) History {
	var out History
	for _, s := range h {
		var kept Session
		for _, x := range s {
			if x >= shortest && x <= longest {
				kept = append(kept, x)
			}
		}
		if len(kept) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

func sessionMeans(all []History) [][]float64 {
	out := make([][]float64, len(all))
	for i, h := range all {
		for _, s := range h {
			out[i] = append(out[i], mean(s))
		}
	}
	return out
}

// varianceWithin is how much the session means of one doctor vary, pooled over the doctors.
func varianceWithin(means [][]float64, department float64) float64 {
	sum, freedom := 0.0, 0
	for _, doctor := range means {
		m := mean(doctor)
		for _, x := range doctor {
			sum += (x - m) * (x - m)
		}
		freedom += len(doctor) - 1
	}
	if assumed := math.Pow(assumedWithin*department, 2); freedom == 0 || sum == 0 {
		return assumed
	}
	return sum / float64(freedom)
}

// varianceBetween is how much doctors differ, by the unbiased estimator of H. Bühlmann and E. Straub (1970).
func varianceBetween(means [][]float64, within, department float64) float64 {
	if len(means) < 2 {
		return math.Pow(assumedBetween*department, 2)
	}
	total, squares, grand := 0.0, 0.0, 0.0
	for _, doctor := range means {
		n := float64(len(doctor))
		total, squares, grand = total+n, squares+n*n, grand+n*mean(doctor)
	}
	grand /= total
	sum := 0.0
	for _, doctor := range means {
		sum += float64(len(doctor)) * math.Pow(mean(doctor)-grand, 2)
	}
	between := (sum - float64(len(means)-1)*within) / (total - squares/total)
	return max(between, math.Pow(leastBetween*department, 2))
}

// consultationNoise is the relative variance of one consultation around the mean of its session.
func consultationNoise(all []History) float64 {
	sum, freedom := 0.0, 0
	for _, h := range all {
		for _, s := range h {
			m := mean(s)
			for _, x := range s {
				sum += math.Pow(x/m-1, 2)
			}
			freedom += len(s) - 1
		}
	}
	return sum / float64(max(1, freedom))
}

// meanInverse is the mean of 1/n over sessions of n consultations.
func meanInverse(all []History) float64 {
	sum, n := 0.0, 0
	for _, h := range all {
		for _, s := range h {
			sum += 1 / float64(len(s))
			n++
		}
	}
	return sum / float64(n)
}

// mix is the distribution of one consultation: the doctor's own times with Weight and everybody's with the rest, each doctor's scaled
// so that the mean is Mean.
func (p Pace) mix(self History, all []History) pmf {
	out := newPMF()
	add := func(h History, weight float64) {
		total, n := 0.0, 0
		for _, s := range h {
			for _, x := range s {
				total, n = total+x, n+1
			}
		}
		for _, s := range h {
			for _, x := range s {
				out.add(x/(total/float64(n))*p.Mean, weight/float64(n))
			}
		}
	}
	if len(self) > 0 {
		add(self, p.Weight)
	}
	for _, h := range all {
		add(h, (1-p.Weight)/float64(len(all)))
	}
	return out
}

// today is the factor by which today is slower than usual, and the relative variance of what remains unknown. The finished
// consultations are believed as much as they prove against the usual variation of days: credibility once more.
func (p Pace) today(done Session) (factor, variance float64) {
	prior := p.daily + p.uncertain
	kept := clean(History{done})
	if len(kept) == 0 || prior == 0 {
		return 1, prior
	}
	n := float64(len(kept[0]))
	z := n / (n + p.noise/prior)
	return 1 + z*(mean(kept[0])/p.Mean-1), prior * (1 - z)
}
