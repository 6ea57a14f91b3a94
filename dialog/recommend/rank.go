package recommend

import (
	"cmp"
	"math"
	"slices"
)

// Candidate is a doctor as far as a choice between doctors goes.
type Candidate struct {
	ID       int64
	Order    int     // in the usual list; the first is the least
	Fit      float64 // of the speciality to what was said, 0 to 1
	Wait     int     // days until the first free place; less than 0: there is none
	Visits   int     // of the person with this doctor
	Ago      int     // days since the last of these
	Reviews  int
	Points   int // of all reviews together, 1 to 5 each
	Fee      int64
	Distance float64 // km
	Placed   bool    // Distance is known
}

// The weights of the terms; doc.go says why.
const (
	weightFit        = 0.34
	weightSoonest    = 0.20
	weightContinuity = 0.18
	weightRating     = 0.18
	weightDistance   = 0.06
	weightFee        = 0.04
)

// Ranked is a candidate with how it ranks and why.
type Ranked struct {
	Candidate
	Score   float64
	Rating  float64  // shrunk; see [Shrunk]
	Reasons []Reason // the strongest first
}

// Full tells that there is no free place.
func (r Ranked) Full() bool { return r.Wait < 0 }

// Reason is something that speaks for a candidate.
type Reason string

// The reasons, the strongest first.
const (
	Fits      Reason = "fits"     // treats what was said
	SeenThere Reason = "seen"     // has seen the person before
	Soonest   Reason = "soonest"  // nobody else has a sooner place
	WellRated Reason = "rated"    // notably better than the average, by enough reviews
	Near      Reason = "near"     // nobody else is nearer, and somebody is notably farther
	Cheapest  Reason = "cheapest" // nobody else is cheaper, and somebody is dearer
)

const (
	notableDays    = 3    // sooner than the first in the usual order
	notableKm      = 1.0  // nearer than the farthest
	notablePoints  = 0.05 // of the shrunk rating above what all come to
	notableReviews = 5
)

// Rank orders candidates, the best first, each with the reasons that speak for it.
func Rank(list []Candidate) []Ranked {
	all := field(list)
	ranked := make([]Ranked, len(list))
	for i, c := range list {
		c = c.sane()
		r := Ranked{Candidate: c, Rating: Shrunk(c.Points, c.Reviews, all.mean)}
		r.Score = weightFit*c.Fit + weightSoonest*c.soonest() + weightContinuity*c.continuity() + weightRating*(r.Rating-1)/4 +
			weightDistance*c.nearness() + weightFee*(1/(1+float64(c.Fee)/100_00))
		r.Reasons = all.reasons(r)
		ranked[i] = r
	}
	slices.SortFunc(ranked, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return ranked
}

// Suggest gives at most n of the ranked for whom there is a reason to go before the usual order; none where there is no such reason.
func Suggest(ranked []Ranked, n int) []Ranked {
	all := field(candidates(ranked))
	var some []Ranked
	for _, r := range ranked {
		if len(some) < n && all.prefers(r) {
			some = append(some, r)
		}
	}
	return some
}

func candidates(ranked []Ranked) []Candidate {
	list := make([]Candidate, len(ranked))
	for i, r := range ranked {
		list[i] = r.Candidate
	}
	return list
}

// sane leaves out numbers that make no sense.
func (c Candidate) sane() Candidate {
	c.Fit = clamp(c.Fit)
	c.Visits, c.Ago, c.Fee = max(c.Visits, 0), max(c.Ago, 0), max(c.Fee, 0)
	c.Reviews = max(c.Reviews, 0)
	c.Points = min(max(c.Points, c.Reviews), 5*c.Reviews)
	if !(c.Distance >= 0) || math.IsInf(c.Distance, 1) {
		c.Distance, c.Placed = 0, false
	}
	return c
}

// clamp keeps a share between 0 and 1; what is no number is 0.
func clamp(share float64) float64 {
	if !(share > 0) {
		return 0
	}
	return min(share, 1)
}

func (c Candidate) soonest() float64 {
	if c.Wait < 0 {
		return 0
	}
	return 1 / (1 + float64(c.Wait)/7)
}

func (c Candidate) continuity() float64 {
	v := float64(c.Visits)
	return v / (v + 1) * math.Exp2(-float64(c.Ago)/365)
}

func (c Candidate) nearness() float64 {
	if !c.Placed {
		return 0.5
	}
	return 1 / (1 + c.Distance/10)
}

// among is what all candidates come to, against which one is notable.
type among struct {
	mean              float64 // of all reviews
	soonest, latest   int     // days; maxWait stands for no place at all
	first             int     // days until the first place of who is first in the usual order, likewise
	nearest, farthest float64
	placed            int // how many have a distance
	cheapest, dearest int64
}

const maxWait = math.MaxInt

// field looks at all candidates together.
func field(list []Candidate) among {
	all := among{soonest: maxWait, nearest: math.Inf(1), cheapest: math.MaxInt64, first: maxWait}
	points, reviews, order := 0, 0, math.MaxInt
	for _, c := range list {
		c = c.sane()
		points, reviews = points+c.Points, reviews+c.Reviews
		wait := c.Wait
		if wait < 0 {
			wait = maxWait
		}
		all.soonest, all.latest = min(all.soonest, wait), max(all.latest, wait)
		if c.Order < order {
			order, all.first = c.Order, wait
		}
		all.cheapest, all.dearest = min(all.cheapest, c.Fee), max(all.dearest, c.Fee)
		if c.Placed {
			all.placed++
			all.nearest, all.farthest = min(all.nearest, c.Distance), max(all.farthest, c.Distance)
		}
	}
	all.mean = Shrunk(points, reviews, usualPoints)
	return all
}

func (a among) reasons(r Ranked) []Reason {
	var list []Reason
	for _, is := range []struct {
		reason Reason
		true   bool
	}{
		{Fits, r.Fit > 0},
		{SeenThere, r.Visits > 0},
		{Soonest, !r.Full() && r.Wait == a.soonest && a.latest > a.soonest},
		{WellRated, r.Reviews >= notableReviews && r.Rating >= a.mean+notablePoints},
		{Near, r.Placed && a.placed > 1 && r.Distance == a.nearest && a.farthest >= a.nearest+notableKm},
		{Cheapest, r.Fee == a.cheapest && a.dearest > a.cheapest},
	} {
		if is.true {
			list = append(list, is.reason)
		}
	}
	return list
}

// prefers tells whether something speaks for a candidate that the usual order does not know of.
func (a among) prefers(r Ranked) bool {
	has := func(reason Reason) bool { return slices.Contains(r.Reasons, reason) }
	if has(Fits) || has(SeenThere) {
		return true
	}
	if r.Full() {
		return false
	}
	return has(WellRated) || has(Near) || has(Soonest) && a.first-a.soonest >= notableDays
}
