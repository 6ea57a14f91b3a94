package waiting

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Outcome is a promise and what came. Outcomes of the same Day are not independent of each other.
type Outcome struct {
	Promise
	Real  float64 // minutes
	Ahead int
	Day   int
}

// Calibration compares promises with what came. A coverage that is right is close to 0.8.
type Calibration struct {
	Promises int     `json:"promises"`
	Days     int     `json:"days"`
	Coverage float64 `json:"coverage80"`    // share of real waits between Low and High, both included
	Error    float64 `json:"coverage80_se"` // its standard error, taken over days
	Earlier  float64 `json:"earlier"`       // share that was called before Low: should be 0.1
	Later    float64 `json:"later"`         // share that was called after High: should be 0.1
	Bias     float64 `json:"bias"`          // mean of real − median, minutes
	Off      float64 `json:"off"`           // mean distance of real and median, minutes
	Width    float64 `json:"width"`         // mean width of the interval, minutes: of two that cover alike the narrower is better
	ByAhead  []Band  `json:"by_ahead"`
}

// Band is the calibration of promises with a similar number of people ahead.
type Band struct {
	From     int     `json:"from"`
	To       int     `json:"to"`
	Promises int     `json:"promises"`
	Coverage float64 `json:"coverage80"`
	Bias     float64 `json:"bias"`
	Width    float64 `json:"width"`
}

// bandEnds are the greatest numbers ahead of the bands.
var bandEnds = []int{0, 2, 5, 10, mostAhead}

// slack is for the rounding of times to the grid: a wait of exactly what was promised is kept.
const slack = 1e-6

// Calibrate makes the report. The error is ErrInput for numbers that are no waits, and when there are no outcomes.
func Calibrate(outcomes []Outcome) (Calibration, error) {
	if len(outcomes) == 0 {
		return Calibration{}, badf("there are no promises to compare")
	}
	c := Calibration{Promises: len(outcomes)}
	kept, all := map[int]float64{}, map[int]float64{}
	bands := make([]Band, len(bandEnds))
	for i, o := range outcomes {
		if err := o.check(); err != nil {
			return Calibration{}, fmt.Errorf("promise %d: %w", i+1, err)
		}
		n := float64(len(outcomes))
		all[o.Day]++
		switch {
		case o.Real < o.Low-slack:
			c.Earlier += 1 / n
		case o.Real > o.High+slack:
			c.Later += 1 / n
		default:
			kept[o.Day]++
		}
		c.Bias += (o.Real - o.Median) / n
		c.Off += math.Abs(o.Real-o.Median) / n
		c.Width += (o.High - o.Low) / n
		at, _ := slices.BinarySearch(bandEnds, min(o.Ahead, mostAhead))
		bands[at].add(o)
	}
	c.Days = len(all)
	c.Coverage, c.Error = ratioOf(kept, all)
	for i := range bands {
		if b := bands[i]; b.Promises > 0 {
			c.ByAhead = append(c.ByAhead, b.averaged(i))
		}
	}
	return c, nil
}

func (o Outcome) check() error {
	for _, x := range []float64{o.Low, o.Median, o.High, o.Real} {
		if !(x >= 0 && x < 1e6) {
			return badf("a wait of %g minutes", x)
		}
	}
	if o.Low > o.Median || o.Median > o.High || o.Ahead < 0 {
		return badf("a promise from %g to %g minutes with %g in the middle, behind %d", o.Low, o.High, o.Median, o.Ahead)
	}
	return nil
}

func (b *Band) add(o Outcome) {
	b.Promises++
	if o.Real >= o.Low-slack && o.Real <= o.High+slack {
		b.Coverage++
	}
	b.Bias += o.Real - o.Median
	b.Width += o.High - o.Low
}

// averaged turns sums into means.
func (b Band) averaged(i int) Band {
	n := float64(b.Promises)
	from := 0
	if i > 0 {
		from = bandEnds[i-1] + 1
	}
	return Band{From: from, To: bandEnds[i], Promises: b.Promises, Coverage: b.Coverage / n, Bias: b.Bias / n, Width: b.Width / n}
}

func ratioOf(part, whole map[int]float64) (share, deviation float64) {
	var parts, wholes []float64
	days := make([]int, 0, len(whole))
	for day := range whole {
		days = append(days, day)
	}
	slices.SortFunc(days, cmp.Compare)
	for _, day := range days {
		parts, wholes = append(parts, part[day]), append(wholes, whole[day])
	}
	return ratio(parts, wholes)
}
