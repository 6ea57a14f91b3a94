package forecast

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mat"
)

const (
	lookBack  = 5 * week // how far before the latest day that may be looked at features reach
	leastRows = 4 * week // how many days a regression is learned from at least
)

// learnedFrom is how many days must be known to learn for so many ahead.
func learnedFrom(horizon int) int {
	return (horizon+week-1)/week*week + lookBack + leastRows
}

// learned forecasts by ridge regression. A day w weeks ahead is foreseen by a regression that looks at what was known w weeks before a day, so the
// spread of its errors is that of a forecast so far ahead.
func learned(calendar Calendar) forecaster {
	return func(history, future []Day) ([]Point, error) {
		ordinary, _ := ordinaryDays(history, calendar)
		var points []Point
		for first := 0; first < len(future); first += week {
			look := first + week // how many days before a day the latest known one lies, at most
			var rows [][]float64
			var y []float64
			for t := look + lookBack; t < len(history); t++ {
				rows = append(rows, features(history[t], t, look, ordinary, calendar))
				y = append(y, history[t].Demand)
			}
			if len(rows) < leastRows {
				return nil, badf("%d days are too few to learn from", len(history))
			}
			model, err := fitRidge(rows, y)
			if err != nil {
				return nil, err
			}
			for i := first; i < min(first+week, len(future)); i++ {
				x := features(future[i], len(history)+i, look, ordinary, calendar)
				points = append(points, normal(model.predict(x), model.deviation))
			}
		}
		return points, nil
	}
}

// features are what a day's demand is learned from. t is the number of the day after the first of the history, look the distance to the latest day
// that may be looked at.
func features(d Day, t, look int, ordinary []float64, calendar Calendar) []float64 {
	x := make([]float64, 0, 20)
	for w := time.Sunday; w <= time.Saturday; w++ {
		x = append(x, indicator(d.Date.Weekday() == w))
	}
	kind, _ := calendar.Kind(d.Date)
	for _, k := range specialKinds {
		x = append(x, indicator(kind == k))
	}
	month := 0.0
	for i := t - look; i > t-look-4*week; i-- {
		month += ordinary[i] / (4 * week)
	}
	usual := (ordinary[t-look] + ordinary[t-look-week]) / 2
	for _, k := range specialKinds { // a holiday's effect is a share of what the day would have been
		x = append(x, indicator(kind == k)*usual)
	}
	angle := 2 * math.Pi * float64(d.Date.YearDay()) / 365.25
	return append(x, ordinary[t-look], ordinary[t-look-week], month, d.Places, float64(t)/365, math.Sin(angle), math.Cos(angle))
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// ridge is a linear regression with a penalty on large coefficients.
type ridge struct {
	centre, scale, coefficients []float64
	intercept                   float64
	penalty                     float64
	deviation                   float64 // of the leave-one-out errors
}

// penalties are tried, in units of the number of rows.
var penalties = []float64{1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10}

// fitRidge learns with the penalty whose leave-one-out errors are least.
func fitRidge(rows [][]float64, y []float64) (ridge, error) {
	best := ridge{deviation: math.Inf(1)}
	x, centre, scale := standardised(rows)
	for _, penalty := range penalties {
		r, err := solveRidge(x, y, penalty*float64(len(rows)))
		if err != nil {
			return ridge{}, err
		}
		if r.deviation < best.deviation {
			r.centre, r.scale = centre, scale
			best = r
		}
	}
	return best, nil
}

// standardised gives the rows with each column centred and of variance 1; a column without variance becomes 0.
func standardised(rows [][]float64) (x *mat.Dense, centre, scale []float64) {
	n, k := len(rows), len(rows[0])
	x = mat.NewDense(n, k, nil)
	for j := range k {
		mean, square := 0.0, 0.0
		for _, row := range rows {
			mean += row[j] / float64(n)
		}
		for _, row := range rows {
			square += (row[j] - mean) * (row[j] - mean) / float64(n)
		}
		deviation := math.Sqrt(square)
		if deviation <= 1e-9*math.Max(1, math.Abs(mean)) {
			deviation = math.Inf(1)
		}
		centre, scale = append(centre, mean), append(scale, deviation)
		for i, row := range rows {
			x.Set(i, j, (row[j]-mean)/deviation)
		}
	}
	return x, centre, scale
}

// solveRidge minimises |y − mean − Xb|² + penalty·|b|² by Cholesky's decomposition of XᵀX + penalty·I. What a row would have been foreseen as without
// itself follows from its leverage h: the error is e/(1−h).
func solveRidge(x *mat.Dense, y []float64, penalty float64) (ridge, error) {
	n, k := x.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	for j := range k {
		gram.SetSym(j, j, gram.At(j, j)+penalty)
	}
	var factor mat.Cholesky
	if !factor.Factorize(&gram) {
		return ridge{}, badf("the regression has no solution")
	}
	mean := average(y)
	centred := mat.NewVecDense(n, nil)
	for i := range y {
		centred.SetVec(i, y[i]-mean)
	}
	var right, b mat.VecDense
	right.MulVec(x.T(), centred)
	var hat mat.Dense
	if err := factor.SolveVecTo(&b, &right); err != nil {
		return ridge{}, badf("the regression has no solution: %v", err)
	}
	if err := factor.SolveTo(&hat, x.T()); err != nil {
		return ridge{}, badf("the regression has no solution: %v", err)
	}
	r := ridge{coefficients: b.RawVector().Data, intercept: mean, penalty: penalty}
	press := 0.0
	for i := range n {
		row := x.RawRowView(i)
		leverage, fitted := 1/float64(n), 0.0
		for j, v := range row {
			leverage += v * hat.At(j, i)
			fitted += v * r.coefficients[j]
		}
		e := (centred.AtVec(i) - fitted) / math.Max(1e-9, 1-leverage)
		press += e * e
	}
	r.deviation = math.Sqrt(press / float64(n))
	return r, nil
}

func (r ridge) predict(x []float64) float64 {
	sum := r.intercept
	for j, v := range x {
		sum += r.coefficients[j] * (v - r.centre[j]) / r.scale[j]
	}
	return sum
}
