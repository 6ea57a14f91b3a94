package allocation

import (
	"cmp"
	"slices"
	"time"
)

// LeastReleases is from how many releases of the past on something is said about the next one.
const LeastReleases = 6

// Speed is how quickly places that are given to whoever comes first were gone.
type Speed struct {
	Releases int           // that it comes from
	SoldOut  int           // of these, how many ever were full
	Usual    time.Duration // the median after their release; NeverSoldOut where at least half were never full
	Safe     time.Duration // who came sooner had a place at every one of them: the shortest; NeverSoldOut where none was ever full
}

// SpeedOf sums up how long after their release comparable clinics sold out. ErrUnknown for fewer than [LeastReleases].
func SpeedOf(soldOut []time.Duration) (Speed, error) {
	if len(soldOut) < LeastReleases {
		return Speed{}, ErrUnknown
	}
	s := Speed{Releases: len(soldOut), Usual: Median(soldOut), Safe: NeverSoldOut}
	for _, t := range soldOut {
		if t < 0 {
			continue
		}
		s.SoldOut++
		if s.Safe == NeverSoldOut || t < s.Safe {
			s.Safe = t
		}
	}
	return s, nil
}

// Median of times after a release, of which those that never sold out are later than all; NeverSoldOut where it is one of these, and for no times.
func Median(soldOut []time.Duration) time.Duration {
	if len(soldOut) == 0 {
		return NeverSoldOut
	}
	sorted := slices.Clone(soldOut)
	slices.SortFunc(sorted, func(a, b time.Duration) int { return cmp.Compare(uint64(a), uint64(b)) }) // less than 0 is more than any
	return sorted[len(sorted)/2]
}
