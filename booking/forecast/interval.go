package forecast

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Point is a forecast of one value: the value to expect, and what it lies within with 80 % and with 95 %.
type Point struct {
	Value            float64
	Lower80, Upper80 float64
	Lower95, Upper95 float64
}

// normal makes a point of a normal distribution.
func normal(value, deviation float64) Point {
	a, b := distuv.UnitNormal.Quantile(0.9)*deviation, distuv.UnitNormal.Quantile(0.975)*deviation
	return Point{value, value - a, value + a, value - b, value + b}
}

// scaled multiplies all of a point by a factor that is not negative.
func (p Point) scaled(by float64) Point {
	return Point{p.Value * by, p.Lower80 * by, p.Upper80 * by, p.Lower95 * by, p.Upper95 * by}
}

// variance of errors of which the fitted parameters have made the best.
func variance(sse float64, errors, fitted int) float64 { return sse / float64(max(1, errors-fitted)) }

// additivePoints forecasts with the variance that the recursion implies.
func (s *smoother) additivePoints(horizon int, variance float64) []Point {
	points := make([]Point, horizon)
	sum := 1.0
	for h := 1; h <= horizon; h++ {
		points[h-1] = normal(s.ahead(h), math.Sqrt(variance*sum))
		c := s.Alpha * (1 + float64(h)*s.Beta)
		if h%len(s.seasonal) == 0 {
			c += s.Gamma * (1 - s.Alpha)
		}
		sum += c * c
	}
	return points
}

// How many futures are drawn, and from what seed: the same series always has the same forecast.
const (
	futures    = 4000
	futureSeed = 19600101
)

// multiplicativePoints forecasts by drawing futures: each goes on by the recursion with relative errors that were seen, drawn with replacement.
// inflate is by how much they are larger than those of fitted parameters look.
func (s *smoother) multiplicativePoints(horizon int, seen []float64, inflate float64) []Point {
	random := rand.New(rand.NewPCG(futureSeed, 0))
	centre := average(seen)
	drawn := make([][]float64, horizon)
	for range futures {
		path := *s
		path.seasonal = slices.Clone(s.seasonal)
		for h := range horizon {
			foreseen := path.ahead(1)
			y := foreseen * (1 + inflate*(seen[random.IntN(len(seen))]-centre))
			drawn[h] = append(drawn[h], y)
			if !(y > 0 && foreseen > 0) { // gone down to nothing: it stays there
				for i := h + 1; i < horizon; i++ {
					drawn[i] = append(drawn[i], 0)
				}
				break
			}
			path.take(y)
		}
	}
	points := make([]Point, horizon)
	for h, list := range drawn {
		slices.Sort(list)
		at := func(q float64) float64 { return list[int(q*float64(len(list)-1)+0.5)] }
		points[h] = Point{s.ahead(h + 1), at(0.1), at(0.9), at(0.025), at(0.975)}
	}
	return points
}
