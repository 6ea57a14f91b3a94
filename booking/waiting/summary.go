package waiting

import (
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// mostDays bounds what one command plays.
const mostDays = 1_000_000

// Summary is what many days come to. Times are minutes.
type Summary struct {
	Days     int     `json:"days"`
	Patients float64 `json:"patients"` // seen in a day, on average
	Absent   float64 `json:"absent"`   // who did not come, in a day
	Wait     Spread  `json:"wait"`
	Within   float64 `json:"within"`      // share of patients that waits no longer than asked
	Error    float64 `json:"within_se"`   // standard error of Within: days differ as a whole, so it is taken over days
	Busy     float64 `json:"utilization"` // share of the day, overtime included, that doctors are with patients
	Overtime Spread  `json:"overtime"`    // of a day: how long after Length the last patient leaves
}

// Spread is a distribution in five numbers.
type Spread struct {
	Mean   float64 `json:"mean"`
	Median float64 `json:"p50"`
	P80    float64 `json:"p80"`
	P90    float64 `json:"p90"`
	Worst  float64 `json:"max"`
}

// Days plays n days, the numbers 0 to n−1 of the seed, and says what they come to; within is the wait that Summary.Within counts.
func (c Clinic) Days(seed uint64, n int, within float64) (Summary, error) {
	if err := c.Check(); err != nil {
		return Summary{}, err
	}
	if err := checkRange("the wait that is asked for", within, 0, 1e6); err != nil {
		return Summary{}, err
	}
	if n < 1 || n > mostDays || float64(n)*c.people() > 1e8 {
		return Summary{}, badf("%d days; there must be between 1 and %d, with no more than a hundred million patients in all", n, mostDays)
	}
	days := make([]Day, n)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range days {
		group.Go(func() error {
			days[i] = c.play(seed, uint64(i), nil)
			return nil
		})
	}
	_ = group.Wait() // playing a day that was checked cannot fail
	return c.summarise(days, within), nil
}

func (c Clinic) summarise(days []Day, within float64) Summary {
	s := Summary{Days: len(days)}
	var waits, overtime, good, seen []float64
	var busy, open float64
	for _, d := range days {
		in := 0.0
		for _, v := range d.Visits {
			waits = append(waits, v.Wait())
			if v.Wait() <= within {
				in++
			}
		}
		good, seen = append(good, in), append(seen, float64(len(d.Visits)))
		overtime = append(overtime, max(0, d.End-c.Length))
		for _, b := range d.Busy {
			busy += b
		}
		open += float64(c.Doctors) * max(d.End, c.Length)
		s.Absent += float64(d.Absent) / float64(len(days))
	}
	s.Patients = mean(seen)
	s.Wait, s.Overtime, s.Busy = spread(waits), spread(overtime), busy/open
	s.Within, s.Error = ratio(good, seen)
	return s
}

// ratio estimates Σpart/Σwhole and its standard error, where the pairs, not what they count, are independent.
func ratio(part, whole []float64) (share, deviation float64) {
	total, n := 0.0, float64(len(whole))
	for i := range whole {
		share += part[i]
		total += whole[i]
	}
	if total == 0 {
		return 1, 0
	}
	share /= total
	for i := range whole {
		deviation += math.Pow(part[i]-share*whole[i], 2)
	}
	if n < 2 {
		return share, math.Sqrt(share * (1 - share) / total)
	}
	return share, math.Sqrt(deviation*n/(n-1)) / total
}

func spread(list []float64) Spread {
	if len(list) == 0 {
		return Spread{}
	}
	slices.Sort(list)
	return Spread{Mean: mean(list), Median: quantile(list, 0.5), P80: quantile(list, 0.8), P90: quantile(list, 0.9), Worst: list[len(list)-1]}
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum / max(1, float64(len(list)))
}

// quantile of a sorted list, interpolated between neighbours.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Staff plays n days with more and more doctors, and gives the fewest that meet the target, with the chart of all that were tried. Each
// number of doctors gets the same patients with the same needs. The error is ErrInput when not even most doctors are enough.
func (c Clinic) Staff(seed uint64, n int, target Target, most int) (doctors int, curve []Staffed, err error) {
	if err := target.check(); err != nil {
		return 0, nil, err
	}
	for c.Doctors = 1; c.Doctors <= most; c.Doctors++ {
		s, err := c.Days(seed, n, target.Within)
		if err != nil {
			return 0, nil, err
		}
		curve = append(curve, Staffed{Servers: c.Doctors, Rho: s.Busy, Wq: s.Wait.Mean, Within: s.Within, Enough: s.Within >= target.Share})
		if s.Within >= target.Share && doctors == 0 {
			doctors = c.Doctors
		}
		if doctors != 0 && c.Doctors > doctors {
			return doctors, curve, nil
		}
	}
	if doctors == 0 {
		return 0, curve, badf("with %d doctors %.0f%% wait no longer than %g minutes, and not %.0f%%: more doctors do not help who waits for a late beginning",
			most, 100*curve[len(curve)-1].Within, target.Within, 100*target.Share)
	}
	return doctors, curve, nil
}
