package waiting

import "math"

// Target is what is asked of a clinic: the share of patients that waits no longer than Within.
type Target struct {
	Within float64 // in the unit of time of what it is compared with: of the rates, or minutes for a clinic day
	Share  float64 // 0.9: nine of ten
}

// check refuses a target that nothing or everything meets.
func (t Target) check() error {
	if err := checkRange("the wait of the target", t.Within, 0, greatestRate); err != nil {
		return err
	}
	if !(t.Share > 0 && t.Share < 1) {
		return badf("the share of the target is %g; it must be greater than 0 and less than 1 (0.9 is nine of ten)", t.Share)
	}
	return nil
}

// Staffed is what a number of servers comes to: a point of the chart that answers "how many".
type Staffed struct {
	Servers int     `json:"servers"`
	Rho     float64 `json:"rho"`
	Wq      float64 `json:"wq"`     // mean wait
	Within  float64 `json:"within"` // share that waits no longer than the target says
	Enough  bool    `json:"enough"` // the target is met
}

// Staff gives the fewest servers of an M/M/c queue that meet the target, and the points from the fewest that are stable at all to
// beyond of more than enough.
func Staff(lambda, mu float64, target Target, beyond int) (servers int, curve []Staffed, err error) {
	if err := target.check(); err != nil {
		return 0, nil, err
	}
	if err := checkRate("lambda", lambda); err != nil {
		return 0, nil, err
	}
	if err := checkRate("mu", mu); err != nil {
		return 0, nil, err
	}
	load := lambda / mu
	if load >= mostServers {
		return 0, nil, badf("%g servers would be busy all the time; more than %d cannot be reckoned with", load, mostServers)
	}
	blocked, logSum := erlangB(load, int(math.Floor(load)))
	for n := int(math.Floor(load)) + 1; servers == 0 || n <= servers+beyond; n++ {
		blocked, logSum = erlangStep(load, n, blocked, logSum)
		q, err := newMMC(lambda, mu, n, blocked, logSum)
		if err != nil { // a load that is whole but for rounding
			continue
		}
		within := 1 - q.WaitBeyond(target.Within)
		curve = append(curve, Staffed{Servers: n, Rho: q.Rho, Wq: q.Wq, Within: within, Enough: within >= target.Share})
		if servers == 0 && within >= target.Share {
			servers = n
		}
	}
	return servers, curve, nil
}
