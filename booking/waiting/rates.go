package waiting

import (
	"errors"
	"fmt"
	"math"
)

// What makes an answer impossible. Errors of this package wrap one of them and are sentences for a person.
var (
	ErrUnstable = errors.New("the queue grows without end")
	ErrInput    = errors.New("this number makes no sense")
)

// Beyond these a number is a slip of the unit or of the hand.
const (
	greatestRate = 1e9
	leastRate    = 1e-9
	mostServers  = 1_000_000
)

func badf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, args...))
}

// checkRate refuses what is no rate per unit of time.
func checkRate(name string, rate float64) error {
	switch {
	case math.IsNaN(rate):
		return badf("%s is not a number", name)
	case rate < 0:
		return badf("%s is %g, and a rate cannot be negative", name, rate)
	case rate == 0:
		return badf("%s is 0, and must be greater", name)
	case rate > greatestRate || rate < leastRate:
		return badf("%s is %g; it must be between %g and %g, so choose another unit of time", name, rate, leastRate, greatestRate)
	}
	return nil
}

func checkServers(servers int) error {
	if servers < 1 || servers > mostServers {
		return badf("%d servers; there must be between 1 and %d", servers, mostServers)
	}
	return nil
}

// checkRange refuses a number outside of a closed range, and what is not a number.
func checkRange(name string, x, least, most float64) error {
	if !(x >= least && x <= most) {
		return badf("%s is %g; it must be between %g and %g", name, x, least, most)
	}
	return nil
}

func unstable(lambda, capacity float64) error {
	return fmt.Errorf("%w: %g arrive in a unit of time, and at most %g can be served in it", ErrUnstable, lambda, capacity)
}
