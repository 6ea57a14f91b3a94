package waiting

import (
	"math"
	"math/rand/v2"
)

// Shape is the distribution of how long a consultation takes.
type Shape string

// The shapes. Real consultations are skewed, which the log-normal distribution fits well; the others are for comparison with formulas.
const (
	LogNormal   Shape = "lognormal"
	Exponential Shape = "exponential"
	Constant    Shape = "constant"
)

// Order is who of those who are there is called next.
type Order string

// The orders.
const (
	ByNumber  Order = "number"  // the lowest number, as in the queue of a hospital; who walks in has a number for the moment of coming
	ByArrival Order = "arrival" // who came first
)

// Clinic describes a day before one line that all doctors call from. Times are minutes; the day opens at 0.
type Clinic struct {
	Doctors int     `json:"doctors"`
	Length  float64 `json:"length"` // how long appointments are given and people may walk in

	Every  float64 `json:"every"`   // time between two appointment times; 0: there are no appointments
	Each   int     `json:"each"`    // appointments at each of those times
	NoShow float64 `json:"no_show"` // share of them that does not come
	Early  float64 `json:"early"`   // how long before their time people come, on average
	Spread float64 `json:"spread"`  // the standard deviation of that
	WalkIn float64 `json:"walk_in"` // people an hour who come without an appointment, as a Poisson process

	Mean    float64 `json:"mean"`    // of a consultation
	CV      float64 `json:"cv"`      // its standard deviation as a share of the mean (log-normal only)
	Shape   Shape   `json:"shape"`   //
	PaceCV  float64 `json:"pace_cv"` // how much a doctor's pace differs from day to day: standard deviation as a share of the mean
	Late    float64 `json:"late"`    // how late doctors begin, on average (exponential)
	Calling Order   `json:"calling"` //
	CutTail bool    `json:"-"`       // the day ends at Length, and who waits then is not counted: for comparison with a steady state
}

// Typical is a half-day of one doctor of a large outpatient department: 27 appointments in three and a half hours, of which some are missed.
// The figures are a starting point to be overwritten with a hospital's own.
func Typical() Clinic {
	return Clinic{Doctors: 1, Length: 210, Every: 8, Each: 1, NoShow: 0.08, Early: 12, Spread: 12, WalkIn: 0.5,
		Mean: 7, CV: 0.55, Shape: LogNormal, PaceCV: 0.12, Late: 4, Calling: ByNumber}
}

// Check refuses a day that cannot be played.
func (c Clinic) Check() error {
	if c.Doctors < 1 || c.Doctors > 1000 {
		return badf("%d doctors; there must be between 1 and 1000", c.Doctors)
	}
	if c.Each < 0 || c.Each > 1000 {
		return badf("%d appointments at a time; there must be between 0 and 1000", c.Each)
	}
	for _, x := range []struct {
		name              string
		value, least, top float64
	}{
		{"the length of the day", c.Length, 1, 1e7}, {"the time between appointments", c.Every, 0, 1e6}, {"the share of missed appointments", c.NoShow, 0, 1},
		{"the time people come early", c.Early, -600, 600}, {"the spread of arrivals", c.Spread, 0, 600}, {"the number that walks in in an hour", c.WalkIn, 0, 10_000},
		{"the mean consultation", c.Mean, 0.01, 600}, {"the variation of consultations", c.CV, 0, 5}, {"the variation of the pace", c.PaceCV, 0, 2},
		{"the lateness of doctors", c.Late, 0, 600},
	} {
		if err := checkRange(x.name, x.value, x.least, x.top); err != nil {
			return err
		}
	}
	switch {
	case c.Every > 0 && c.Every < 0.1:
		return badf("the time between appointments is %g minutes; it must be at least 0.1, or 0 for a day without", c.Every)
	case c.Shape != LogNormal && c.Shape != Exponential && c.Shape != Constant:
		return badf("the shape of consultations is %q; it must be %s, %s or %s", c.Shape, LogNormal, Exponential, Constant)
	case c.Calling != ByNumber && c.Calling != ByArrival:
		return badf("people are called by %q; it must be %s or %s", c.Calling, ByNumber, ByArrival)
	case c.people() > 1e6:
		return badf("about %.0f people come in a day; more than a million cannot be played", c.people())
	}
	return nil
}

// people is about how many come.
func (c Clinic) people() float64 {
	n := c.WalkIn * c.Length / 60
	if c.Every > 0 {
		n += math.Ceil(c.Length/c.Every) * float64(c.Each)
	}
	return n
}

// consultation draws how long one takes at the usual pace.
func (c Clinic) consultation(r *rand.Rand) float64 {
	switch c.Shape {
	case Constant:
		return c.Mean
	case Exponential:
		return c.Mean * r.ExpFloat64()
	}
	return c.Mean * logNormal(r, c.CV)
}

// logNormal draws a positive number with mean 1 and standard deviation cv.
func logNormal(r *rand.Rand, cv float64) float64 {
	variance := math.Log1p(cv * cv)
	return math.Exp(math.Sqrt(variance)*r.NormFloat64() - variance/2)
}
