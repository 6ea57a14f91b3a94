package forecast_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"guahao/booking/forecast"
)

func sample(seed uint64, n int, noise float64) (rows [][]float64, y []float64) {
	random := rand.New(rand.NewPCG(seed, 9))
	for range n {
		x := []float64{random.NormFloat64(), 10 + 3*random.NormFloat64(), random.Float64()}
		rows = append(rows, x)
		y = append(y, 5+2*x[0]-0.5*x[1]+7*x[2]+noise*random.NormFloat64())
	}
	return rows, y
}

// byHand solves the same regression by elimination of Gauss, with the centring written out.
func byHand(rows [][]float64, y []float64, penalty float64) func([]float64) float64 {
	n, k := float64(len(rows)), len(rows[0])
	centre, scale, meanY := make([]float64, k), make([]float64, k), 0.0
	for i, row := range rows {
		meanY += y[i] / n
		for j := range k {
			centre[j] += row[j] / n
		}
	}
	for _, row := range rows {
		for j := range k {
			scale[j] += (row[j] - centre[j]) * (row[j] - centre[j]) / n
		}
	}
	z := func(row []float64, j int) float64 { return (row[j] - centre[j]) / math.Sqrt(scale[j]) }
	a := make([][]float64, k)
	for i := range a {
		a[i] = make([]float64, k+1)
		a[i][i] = penalty
		for r, row := range rows {
			for j := range k {
				a[i][j] += z(row, i) * z(row, j)
			}
			a[i][k] += z(row, i) * (y[r] - meanY)
		}
	}
	for i := range k {
		for r := range k {
			if r != i {
				f := a[r][i] / a[i][i]
				for j := range k + 1 {
					a[r][j] -= f * a[i][j]
				}
			}
		}
	}
	return func(row []float64) float64 {
		sum := meanY
		for j := range k {
			sum += z(row, j) * a[j][k] / a[j][j]
		}
		return sum
	}
}

func TestRidgeAgainstElimination(t *testing.T) {
	t.Parallel()
	rows, y := sample(1, 40, 1)
	for _, penalty := range []float64{1e-6, 1, 50, 1e6} {
		predict, _, err := forecast.Ridge(rows, y, penalty)
		if err != nil {
			t.Fatal(err)
		}
		want := byHand(rows, y, penalty)
		for _, x := range [][]float64{{0, 0, 0}, {1, 10, 0.5}, {-3, 20, 1}} {
			near(t, "a prediction", predict(x), want(x), 1e-9)
		}
	}
	exact, flat := sample(2, 40, 0)
	predict, deviation, _ := forecast.Ridge(exact, flat, 1e-9)
	near(t, "a law without noise", predict([]float64{1, 2, 3}), 5+2-1+21, 1e-6)
	near(t, "its errors", deviation, 0, 1e-6)
	predict, _, _ = forecast.Ridge(rows, y, 1e12)
	mean := 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	near(t, "a penalty without end leaves the mean", predict([]float64{3, 3, 3}), mean, 1e-6)
}

// The leave-one-out errors are those of forty regressions without one row each, but for the centring, which is not done anew.
func TestLeaveOneOut(t *testing.T) {
	t.Parallel()
	rows, y := sample(3, 40, 1)
	_, deviation, err := forecast.Ridge(rows, y, 1e-9)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i := range rows {
		predict := byHand(slices.Delete(slices.Clone(rows), i, i+1), slices.Delete(slices.Clone(y), i, i+1), 1e-9)
		sum += math.Pow(y[i]-predict(rows[i]), 2) / 40
	}
	near(t, "the deviation", deviation, math.Sqrt(sum), 1e-6)
}

func TestThePenaltyIsFound(t *testing.T) {
	t.Parallel()
	clear, y := sample(4, 60, 0.1)
	_, low, err := forecast.BestRidge(clear, y)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 5))
	for i := range y {
		y[i] = random.NormFloat64() // nothing to learn
	}
	_, high, err := forecast.BestRidge(clear, y)
	if err != nil || low >= high {
		t.Errorf("the penalty is %g where all is clear and %g where nothing is (%v)", low, high, err)
	}
	constant := [][]float64{{1, 5}, {2, 5}, {3, 5}, {4, 5}}
	if predict, _, err := forecast.Ridge(constant, []float64{1, 2, 3, 4}, 1e-9); err != nil || math.Abs(predict([]float64{6, 5})-6) > 1e-6 || math.Abs(predict([]float64{6, 99})-6) > 1e-6 {
		t.Errorf("a column that never changes matters (%v)", err)
	}
}
