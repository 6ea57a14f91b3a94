package waiting

import "math"

// MG1 solves the queue with lambda Poisson arrivals in a unit of time before one server whose services have that mean and standard
// deviation, whatever their distribution. The error is ErrUnstable when lambda·mean ≥ 1, otherwise ErrInput.
func MG1(lambda, mean, deviation float64) (Steady, error) {
	if err := checkRate("lambda", lambda); err != nil {
		return Steady{}, err
	}
	if err := checkRate("the mean service", mean); err != nil {
		return Steady{}, err
	}
	if err := checkRange("the standard deviation", deviation, 0, greatestRate); err != nil {
		return Steady{}, err
	}
	rho := lambda * mean
	if rho >= 1 {
		return Steady{}, unstable(lambda, 1/mean)
	}
	wq := rho * mean * (1 + math.Pow(deviation/mean, 2)) / (2 * (1 - rho))
	return Steady{Rho: rho, P0: 1 - rho, PWait: rho, Lq: lambda * wq, Wq: wq, L: lambda*wq + rho, W: wq + mean}, nil
}
