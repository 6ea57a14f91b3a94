package forecast

import (
	"math"
	"slices"
	"time"
)

// Advice is what to do about a day's capacity.
type Advice struct {
	Short  float64 // places that will be missing, by the value to expect; less than 0: places to spare
	Extra  int     // clinics to add: only where the waitlist and the forecast agree
	Spare  bool    // even the upper end of 80 % leaves a whole clinic without patients
	Likely bool    // the places will not be enough even by the lower end of 80 %
}

// Advise compares a day foreseen with its places and with who already waits for it; clinic is how many places one clinic has.
func Advise(day Foreseen, waiting int, clinic int) (Advice, error) {
	if clinic < 1 || waiting < 0 {
		return Advice{}, badf("a clinic of %d places, %d people waiting", clinic, waiting)
	}
	a := Advice{Short: day.Value - day.Places, Likely: day.Lower80 > day.Places, Spare: day.Upper80 < day.Places-float64(clinic)}
	// A waitlist alone may be the same people who wait for everything, a forecast alone may be wrong: the smaller need of both is served.
	if need := math.Min(a.Short, float64(waiting)); need > 0 && a.Likely {
		a.Extra = int(math.Ceil(need / float64(clinic)))
	}
	return a, nil
}

// leastReleases is how many releases in the past an alarm needs.
const leastReleases = 8

// SoldOutEarly tells whether a day that sold out took notably less time from its release than such days have: less than all but a twentieth of
// them, and less than half the usual time. past are the times of comparable releases; those that never sold out have a negative one.
func SoldOutEarly(past []time.Duration, took time.Duration) bool {
	if len(past) < leastReleases {
		return false
	}
	times := slices.Clone(past)
	for i, t := range times {
		if t < 0 {
			times[i] = math.MaxInt64
		}
	}
	slices.Sort(times)
	earlier, _ := slices.BinarySearch(times, took)
	return earlier <= len(times)/20 && took < times[len(times)/2]/2
}
