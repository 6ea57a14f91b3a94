package allocation

import (
	"errors"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// ErrUnknown says that there are no past releases to tell a chance from.
var ErrUnknown = errors.New("no comparable places have been released before")

// NeverSoldOut is the time of a release of which places were left to the end.
const NeverSoldOut time.Duration = -1

// Estimate is a probability that is not known exactly: it lies between Low and High with 80 %.
type Estimate struct {
	Value, Low, High float64
	Releases         int // that it comes from
}

// FirstCome estimates the chance of a place for who comes that long after the release, from how long after their release
// comparable clinics sold out.
func FirstCome(soldOut []time.Duration, after time.Duration) (Estimate, error) {
	if after < 0 {
		return Estimate{}, badf("%s before the release", -after)
	}
	if len(soldOut) == 0 {
		return Estimate{}, ErrUnknown
	}
	had := 0
	for _, t := range soldOut {
		if t == NeverSoldOut || t > after {
			had++
		} else if t < 0 {
			return Estimate{}, badf("a release that sold out after %s", t)
		}
	}
	return estimate(had, len(soldOut)), nil
}

// estimate is a share that was seen, by Jeffreys' prior, with the interval of 80 %.
func estimate(had, of int) Estimate {
	posterior := distuv.Beta{Alpha: float64(had) + 0.5, Beta: float64(of-had) + 0.5}
	return Estimate{Value: posterior.Mean(), Low: posterior.Quantile(0.1), High: posterior.Quantile(0.9), Releases: of}
}

// CurvePoint is a point of a sell-out curve.
type CurvePoint struct {
	After time.Duration
	Estimate
}

// SellOutCurve is the chance at several times after a release, for a chart.
func SellOutCurve(soldOut, at []time.Duration) ([]CurvePoint, error) {
	points := make([]CurvePoint, len(at))
	for i, after := range at {
		e, err := FirstCome(soldOut, after)
		if err != nil {
			return nil, err
		}
		points[i] = CurvePoint{after, e}
	}
	return points, nil
}
