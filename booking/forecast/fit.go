package forecast

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// Fixed are the parameters that are given; nil ones are fitted.
type Fixed struct{ Alpha, Beta, Gamma *float64 }

// check refuses parameters outside of 0 to 1.
func (f Fixed) check() error {
	for _, p := range []struct {
		name  string
		value *float64
	}{{"alpha", f.Alpha}, {"beta", f.Beta}, {"gamma", f.Gamma}} {
		if p.value != nil && !(*p.value >= 0 && *p.value <= 1) {
			return badf("%s is %g; it must be between 0 and 1", p.name, *p.value)
		}
	}
	return nil
}

// free is how many parameters are fitted.
func (f Fixed) free() int {
	n := 0
	for _, p := range []*float64{f.Alpha, f.Beta, f.Gamma} {
		if p == nil {
			n++
		}
	}
	return n
}

// with fills the free parameters from a point of the unit cube, whose sides it is moved into.
func (f Fixed) with(point []float64) Smoothing {
	i := 0
	next := func(given *float64) float64 {
		if given != nil {
			return *given
		}
		i++
		return min(1, max(0, point[i-1]))
	}
	return Smoothing{next(f.Alpha), next(f.Beta), next(f.Gamma)}
}

// starts is from how many points of the grid the least sum is looked for.
const starts = 6

// fit gives the parameters with the least squared one-step errors.
func fit(y []float64, m int, multiplicative bool, fixed Fixed) (Smoothing, float64) {
	sse := func(point []float64) float64 {
		s := startSmoother(y, m, multiplicative, fixed.with(point))
		return s.run(y, nil)
	}
	points := grid(fixed.free(), gridSteps(len(y)))
	if len(points) == 1 {
		return fixed.with(points[0].at), sse(points[0].at)
	}
	for i := range points {
		points[i].sse = sse(points[i].at)
	}
	slices.SortStableFunc(points, func(a, b candidate) int { return cmp.Compare(a.sse, b.sse) })
	best := points[0]
	for _, start := range points[:min(starts, len(points))] {
		if found := descend(sse, start); found.sse < best.sse {
			best = found
		}
	}
	best = polish(sse, best)
	return fixed.with(best.at), best.sse
}

// candidate is a point of the unit cube and what it comes to.
type candidate struct {
	at  []float64
	sse float64
}

// gridSteps makes the grid coarser where each point costs more.
func gridSteps(values int) int {
	if values > 2000 {
		return 4
	}
	return 10
}

// grid is all points of the unit cube whose coordinates are whole numbers of steps; of no dimensions it is one point.
func grid(dimensions, steps int) []candidate {
	points := []candidate{{}}
	for range dimensions {
		var more []candidate
		for _, p := range points {
			for i := range steps + 1 {
				more = append(more, candidate{at: append(slices.Clone(p.at), float64(i)/float64(steps))})
			}
		}
		points = more
	}
	return points
}

// descend goes down from a point by a simplex. Outside of the cube the sum is that of the nearest point in it, and more the further away.
func descend(sse func([]float64) float64, from candidate) candidate {
	if math.IsInf(from.sse, 1) {
		return from
	}
	scale := max(from.sse, math.SmallestNonzeroFloat64)
	problem := optimize.Problem{Func: func(x []float64) float64 {
		inside, out := make([]float64, len(x)), 0.0
		for i := range x {
			inside[i] = min(1, max(0, x[i]))
			out += math.Abs(x[i] - inside[i])
		}
		return sse(inside)/scale + out
	}}
	settings := &optimize.Settings{FuncEvaluations: 600, Converger: &optimize.FunctionConverge{Absolute: 1e-12, Relative: 1e-12, Iterations: 40}}
	result, err := optimize.Minimize(problem, from.at, settings, &optimize.NelderMead{SimplexSize: 0.05})
	if err != nil || result == nil {
		return from
	}
	at := slices.Clone(result.X)
	for i := range at {
		at[i] = min(1, max(0, at[i]))
	}
	return candidate{at, sse(at)}
}

// polish tries smaller and smaller steps along each side of the cube: a simplex may stop short of a side.
func polish(sse func([]float64) float64, best candidate) candidate {
	for step := 0.02; step > 1e-9; {
		better := false
		for i := range best.at {
			for _, by := range []float64{step, -step} {
				at := slices.Clone(best.at)
				at[i] = min(1, max(0, at[i]+by))
				if x := sse(at); x < best.sse {
					best, better = candidate{at, x}, true
				}
			}
		}
		if !better {
			step /= 2
		}
	}
	return best
}
