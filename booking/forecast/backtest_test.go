package forecast_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"guahao/booking/forecast"
)

// weekly is a series with a week, a trend and noise: additive, or in proportion to the level.
func weekly(seed uint64, n int, trend, noise float64, proportional bool) []float64 {
	random := rand.New(rand.NewPCG(seed, 3))
	week := []float64{1.3, 1.15, 1.05, 1, 0.95, 0.35, 0.2}
	y := make([]float64, n)
	for i := range y {
		level := 100 + trend*float64(i)
		if proportional {
			y[i] = level * week[i%7] * (1 + noise*random.NormFloat64())
		} else {
			y[i] = level + 100*week[i%7] + 100*noise*random.NormFloat64()
		}
	}
	return y
}

func TestBacktestByHand(t *testing.T) {
	t.Parallel()
	// From 4 known values 5, 5 are forecast for 6, 4, and from 5 known 5 for 4. All err by 1, as the known do on average.
	y := []float64{4, 4, 5, 5, 6, 4}
	score, err := forecast.Backtest(y, forecast.Options{Season: 2, Horizon: 2}, forecast.Naive)
	if err != nil {
		t.Fatal(err)
	}
	if score.Origins != 2 || score.Points != 3 {
		t.Errorf("%+v", score)
	}
	near(t, "MASE", score.MASE, 1, 1e-12)
	long := []float64{4, 4, 5, 5, 6, 4, 7, 3}
	score, err = forecast.Backtest(long, forecast.Options{Season: 2, Horizon: 2}, forecast.Naive)
	if err != nil {
		t.Fatal(err)
	}
	// From 6 known values 6, 4 are forecast for 7, 3, from 5 known 5, 6 for 4, 7, from 4 known 5, 5 for 6, 4. All err by 1, as the known do.
	near(t, "MASE of more", score.MASE, 1, 1e-12)
	if score.Origins != 3 || score.Points != 6 {
		t.Errorf("%+v", score)
	}
	near(t, "MAPE", score.MAPE, (1.0/7+1.0/3+1.0/4+1.0/7+1.0/6+1.0/4)/6, 1e-12)
}

func TestTheRightMethodIsChosen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		y    []float64
		want forecast.Method
	}{
		{"in proportion", weekly(1, 140, 2, 0.03, true), forecast.Multiplicative},
		{"added", weekly(2, 140, 2, 0.05, false), forecast.Additive},
	} {
		scores, err := forecast.Compare(c.y, forecast.Options{Season: 7, Horizon: 14})
		if err != nil {
			t.Fatal(err)
		}
		f := mustMake(t, c.y, forecast.Options{Season: 7, Horizon: 14, Method: forecast.Auto})
		if f.Method != c.want || forecast.Best(scores) != c.want {
			t.Errorf("%s: %s was chosen; %+v", c.name, f.Method, scores)
		}
	}
	// A walk without direction: what was is the best guess, and the floor holds.
	random := rand.New(rand.NewPCG(4, 4))
	walk := make([]float64, 60)
	for i := 1; i < len(walk); i++ {
		walk[i] = walk[i-1] + random.NormFloat64()
	}
	scores, err := forecast.Compare(walk, forecast.Options{Season: 7, Horizon: 7})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scores {
		if s.Method == forecast.Best(scores) && s.MASE > scores[0].MASE {
			t.Errorf("%s was chosen with %.3f, and the floor is %.3f", s.Method, s.MASE, scores[0].MASE)
		}
	}
	if short := mustMake(t, []float64{1, 2, 3, 4}, forecast.Options{Season: 2, Horizon: 2, Method: forecast.Auto}); short.Method != forecast.Naive {
		t.Errorf("with nothing to try it on, %s was chosen", short.Method)
	}
	if _, err := forecast.Compare([]float64{1, 2, 3, 4}, forecast.Options{Season: 2, Horizon: 2}); !errors.Is(err, forecast.ErrInput) {
		t.Errorf("nothing to try it on: %v", err)
	}
}

// Over many series the intervals cover what they say. The control: an interval of half the width does not.
func TestCoverageIsMeasured(t *testing.T) {
	t.Parallel()
	for _, method := range []forecast.Method{forecast.Additive, forecast.Multiplicative} {
		var in80, in95, half, all float64
		for seed := range uint64(20) {
			y := weekly(seed, 98, 1, 0.1, method == forecast.Multiplicative)
			f := mustMake(t, y[:84], forecast.Options{Season: 7, Horizon: 14, Method: method})
			for h, real := range y[84:] {
				all++
				p := f.Points[h]
				in80 += indicator(real >= p.Lower80 && real <= p.Upper80)
				in95 += indicator(real >= p.Lower95 && real <= p.Upper95)
				half += indicator(math.Abs(real-p.Value) <= (p.Upper80-p.Lower80)/4)
			}
		}
		if c := in80 / all; c < 0.74 || c > 0.88 {
			t.Errorf("%s: the interval of 80 %% covers %.3f", method, c)
		}
		if c := in95 / all; c < 0.90 || c > 0.99 {
			t.Errorf("%s: the interval of 95 %% covers %.3f", method, c)
		}
		if c := half / all; c > 0.65 {
			t.Errorf("%s: an interval of half the width covers %.3f, so this test proves nothing", method, c)
		}
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
