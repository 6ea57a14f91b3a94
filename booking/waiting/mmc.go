package waiting

import "math"

// Steady is the state that a queue settles to. Times are in the unit of time of the rates.
type Steady struct {
	Rho   float64 `json:"rho"`    // share of time that a server is busy
	P0    float64 `json:"p0"`     // probability that nobody is there
	PWait float64 `json:"p_wait"` // probability that somebody who comes has to wait
	Lq    float64 `json:"lq"`     // mean number of those who wait
	Wq    float64 `json:"wq"`     // mean wait, of those who do not wait too
	L     float64 `json:"l"`      // mean number of those who are there
	W     float64 `json:"w"`      // mean time there, service included
}

// MMC is an M/M/c queue: Poisson arrivals, exponential services, one line before c servers.
type MMC struct {
	Steady
	Servers int
	drain   float64 // cμ − λ: how fast a line that is there gets shorter
	logP0   float64
}

// NewMMC solves the queue with lambda arrivals and mu services by each server in a unit of time. The error is ErrUnstable when
// lambda ≥ servers·mu, otherwise ErrInput.
func NewMMC(lambda, mu float64, servers int) (MMC, error) {
	if err := checkRate("lambda", lambda); err != nil {
		return MMC{}, err
	}
	if err := checkRate("mu", mu); err != nil {
		return MMC{}, err
	}
	if err := checkServers(servers); err != nil {
		return MMC{}, err
	}
	blocked, logSum := erlangB(lambda/mu, servers)
	return newMMC(lambda, mu, servers, blocked, logSum)
}

// erlangB gives B(c), and ln Σ aᵏ/k! for k ≤ c. Both grow from one step to the next by numbers of moderate size, so nothing overflows.
func erlangB(load float64, servers int) (blocked, logSum float64) {
	blocked = 1
	for n := 1; n <= servers; n++ {
		blocked, logSum = erlangStep(load, n, blocked, logSum)
	}
	return blocked, logSum
}

// erlangStep goes from n−1 servers to n.
func erlangStep(load float64, n int, blocked, logSum float64) (float64, float64) {
	x := load * blocked
	return x / (float64(n) + x), logSum + math.Log1p(x/float64(n))
}

func newMMC(lambda, mu float64, servers int, blocked, logSum float64) (MMC, error) {
	capacity := float64(servers) * mu
	if lambda >= capacity {
		return MMC{}, unstable(lambda, capacity)
	}
	drain := capacity - lambda
	rho, idle := lambda/capacity, drain/capacity // idle is 1−ρ, without the loss of digits near saturation
	q := MMC{Servers: servers, drain: drain}
	q.Rho = rho
	q.PWait = blocked / (idle + rho*blocked)
	q.logP0 = -logSum - math.Log((1-blocked)+blocked/idle)
	q.P0 = math.Exp(q.logP0)
	q.Wq = q.PWait / drain
	q.Lq = q.PWait * rho / idle
	q.L = q.Lq + lambda/mu
	q.W = q.Wq + 1/mu
	return q, nil
}

// LogP0 is the natural logarithm of P0, also where P0 is too small for a float64.
func (q MMC) LogP0() float64 { return q.logP0 }

// WaitBeyond is the probability of a wait of more than t.
func (q MMC) WaitBeyond(t float64) float64 {
	if t < 0 {
		return 1
	}
	return q.PWait * math.Exp(-q.drain*t)
}

// WaitQuantile is the time that the share p of all waits no longer than; 0 where that share does not wait at all. p = 1 has no bound.
func (q MMC) WaitQuantile(p float64) (float64, error) {
	if !(p >= 0 && p < 1) {
		return 0, badf("the share is %g; it must be at least 0 and less than 1", p)
	}
	return max(0, math.Log(q.PWait/(1-p))/q.drain), nil
}

// StayBeyond is the probability of being there, service included, for more than t.
func (q MMC) StayBeyond(t float64) float64 {
	if t <= 0 {
		return 1
	}
	mu := 1 / (q.W - q.Wq)
	// The wait is 0 or exponential with rate drain, the service exponential with rate μ. The difference quotient of
	// e^(−xt) between both rates is written with expm1, so that equal rates are no special case but for 0/0.
	gap := q.drain - mu
	quotient := t
	if x := gap * t; x != 0 {
		quotient = -math.Expm1(-x) / gap
	}
	return math.Exp(-mu*t) * (1 + q.PWait*mu*quotient)
}
