package forecast_test

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guahao/booking/forecast"
)

// small is three seasons of four values; yearly three years of months.
var (
	small  = []float64{10, 14, 8, 25, 16, 22, 14, 28, 15, 24, 15, 30}
	yearly = []float64{112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
		145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166}
)

func ptr(x float64) *float64 { return &x }

func mustMake(t testing.TB, y []float64, o forecast.Options) forecast.Forecast {
	t.Helper()
	f, err := forecast.Make(y, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

func nearAll(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		near(t, what, got[i], want[i], tolerance)
	}
}

// The numbers were computed with fractions of whole numbers, by another program, and rounded at the end.
func TestAgainstFractions(t *testing.T) {
	t.Parallel()
	given := forecast.Fixed{Alpha: ptr(0.3), Beta: ptr(0.1), Gamma: ptr(0.4)}
	for method, want := range map[forecast.Method]struct {
		sse    float64
		values []float64
	}{
		forecast.Additive: {107.80325620701356, []float64{20.402961246498762, 26.797068253117786, 19.729557421788208, 36.329849966753486, 25.110404315697856, 31.50451132231688}},
		forecast.Multiplicative: {423.9064286195525, []float64{18.943481054893407, 27.42818440590486, 16.47975854142906, 41.83645246991351, 22.519129809769403,
			32.37205743473955}},
	} {
		f := mustMake(t, small, forecast.Options{Season: 4, Horizon: 6, Method: method, Fixed: given})
		near(t, "l0", *f.L0, 14.25, 1e-14)
		near(t, "b0", *f.B0, 1.4375, 1e-14)
		near(t, "sse", f.SSE, want.sse, 1e-12)
		nearAll(t, string(method), f.Values, want.values, 1e-12)
	}
	months := mustMake(t, yearly, forecast.Options{Season: 12, Horizon: 3, Method: forecast.Additive, Fixed: given})
	near(t, "l0 of months", *months.L0, 380.0/3, 1e-12)
	near(t, "b0 of months", *months.B0, 13.0/12, 1e-12)
	near(t, "sse of months", months.SSE, 1224.8613835667186, 1e-11)
	nearAll(t, "months", months.Values, []float64{168.47147804972343, 175.2784579255511, 193.7951548007816}, 1e-11)
}

// bigAdditive is the recursion once more, in 200 bits, with all of the history kept.
func bigAdditive(y []float64, m int, alpha, beta, gamma float64, horizon int) []float64 {
	num := func(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }
	add := func(a, b *big.Float) *big.Float { return new(big.Float).Add(a, b) }
	sub := func(a, b *big.Float) *big.Float { return new(big.Float).Sub(a, b) }
	mul := func(a, b *big.Float) *big.Float { return new(big.Float).Mul(a, b) }
	mix := func(share float64, a, b *big.Float) *big.Float {
		return add(mul(num(share), a), mul(sub(num(1), num(share)), b))
	}
	mean := func(list []float64) *big.Float {
		sum := num(0)
		for _, x := range list {
			sum = add(sum, num(x))
		}
		return new(big.Float).Quo(sum, num(float64(len(list))))
	}
	l := mean(y[:m])
	b := new(big.Float).Quo(sub(mean(y[m:2*m]), l), num(float64(m)))
	var s []*big.Float
	for i := range m {
		s = append(s, sub(num(y[i]), l))
	}
	for t := m; t < len(y); t++ {
		before := l
		l = mix(alpha, sub(num(y[t]), s[t-m]), add(l, b))
		b = mix(beta, sub(l, before), b)
		s = append(s, mix(gamma, sub(num(y[t]), l), s[t-m]))
	}
	var out []float64
	for h := 1; h <= horizon; h++ {
		x, _ := add(add(l, mul(num(float64(h)), b)), s[len(y)-m+(h-1)%m]).Float64()
		out = append(out, x)
	}
	return out
}

func TestAgainstLongArithmetic(t *testing.T) {
	t.Parallel()
	unit := rapid.Float64Range(0, 1)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(1, 9).Draw(t, "season")
		y := rapid.SliceOfN(rapid.Float64Range(-1000, 1000), 2*m, 6*m).Draw(t, "y")
		a, b, g := unit.Draw(t, "alpha"), unit.Draw(t, "beta"), unit.Draw(t, "gamma")
		f, err := forecast.Make(y, forecast.Options{Season: m, Horizon: 2*m + 1, Method: forecast.Additive, Fixed: forecast.Fixed{Alpha: &a, Beta: &b, Gamma: &g}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range bigAdditive(y, m, a, b, g, 2*m+1) {
			if math.Abs(f.Values[i]-want) > 1e-6*math.Max(1, math.Abs(want)) {
				t.Fatalf("value %d is %.10g, want %.10g", i, f.Values[i], want)
			}
		}
	})
}

// The least sums were found by another program, from sixty random starts each.
func TestFittedParametersAreTheBest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		y      []float64
		season int
		method forecast.Method
		sse    float64
	}{
		{"months, additive", yearly, 12, forecast.Additive, 1129.0917428563266},
		{"months, multiplicative", yearly, 12, forecast.Multiplicative, 945.6027187038228},
		{"quarters, additive", small, 4, forecast.Additive, 92.36896327360127},
		{"quarters, multiplicative", small, 4, forecast.Multiplicative, 228.698363576775},
	} {
		f := mustMake(t, c.y, forecast.Options{Season: c.season, Horizon: 1, Method: c.method})
		if f.SSE > c.sse*(1+1e-7) {
			t.Errorf("%s: %.9g with α=%.4f β=%.4f γ=%.4f, and %.9g is possible", c.name, f.SSE, *f.Alpha, *f.Beta, *f.Gamma, c.sse)
		}
		again := mustMake(t, c.y, forecast.Options{Season: c.season, Horizon: 1, Method: c.method, Fixed: forecast.Fixed{Alpha: f.Alpha, Beta: f.Beta, Gamma: f.Gamma}})
		near(t, c.name+" with the fitted parameters given", again.SSE, f.SSE, 1e-12)
		half := mustMake(t, c.y, forecast.Options{Season: c.season, Horizon: 1, Method: c.method, Fixed: forecast.Fixed{Alpha: ptr(0.25)}})
		if *half.Alpha != 0.25 || half.SSE < f.SSE*(1-1e-9) {
			t.Errorf("%s: with alpha given, sse %.9g and alpha %g", c.name, half.SSE, *half.Alpha)
		}
	}
}

func TestASeriesOfTheFormIsForecastExactly(t *testing.T) {
	t.Parallel()
	season := []float64{-3, 0, 7, -4}
	var y, next []float64
	for i := range 24 {
		y = append(y, 50+1.5*float64(i)+season[i%4])
	}
	for i := 24; i < 30; i++ {
		next = append(next, 50+1.5*float64(i)+season[i%4])
	}
	// The start takes the trend within the season for season: the parameters must let the season be learned anew.
	f := mustMake(t, y, forecast.Options{Season: 4, Horizon: 6, Method: forecast.Additive})
	nearAll(t, "a line with a season", f.Values, next, 0.02)
	for i := range f.Values {
		if f.Lower80[i] > f.Values[i] || f.Upper80[i] < f.Values[i] || f.Lower95[i] > f.Lower80[i] {
			t.Errorf("interval %d: %g, %g, %g", i, f.Lower80[i], f.Values[i], f.Upper80[i])
		}
	}
	same := slices.Repeat([]float64{5, 9, 2}, 5)
	for _, method := range []forecast.Method{forecast.Naive, forecast.Additive, forecast.Multiplicative, forecast.Auto} {
		f := mustMake(t, same, forecast.Options{Season: 3, Horizon: 6, Method: method})
		nearAll(t, string(method)+" of what repeats itself", f.Values, []float64{5, 9, 2, 5, 9, 2}, 1e-9)
		nearAll(t, string(method)+"'s lower bound", f.Lower80, f.Values, 1e-6)
	}
}

// The variance that the interval is made of is that of the recursion: futures of it, drawn with normal errors, spread as it says.
func TestTheIntervalIsThatOfTheRecursion(t *testing.T) {
	t.Parallel()
	p := forecast.Fixed{Alpha: ptr(0.4), Beta: ptr(0.2), Gamma: ptr(0.3)}
	o := forecast.Options{Season: 4, Horizon: 10, Method: forecast.Additive, Fixed: p}
	f := mustMake(t, small, o)
	sigma := math.Sqrt(f.SSE / float64(len(small)-4))
	random := rand.New(rand.NewPCG(1, 2))
	const n = 4000
	inside := make([]int, 10)
	for range n {
		future := slices.Clone(small)
		for h := range 10 {
			one := mustMake(t, future, forecast.Options{Season: 4, Horizon: 1, Method: forecast.Additive, Fixed: p})
			y := one.Values[0] + sigma*random.NormFloat64()
			if y >= f.Lower80[h] && y <= f.Upper80[h] {
				inside[h]++
			}
			future = append(future, y)
		}
	}
	for h, in := range inside {
		if share := float64(in) / n; math.Abs(share-0.8) > 0.025 {
			t.Errorf("%d steps ahead %.3f of the futures are within the interval of 80 %%", h+1, share)
		}
	}
}

func TestWhatCannotBeForecast(t *testing.T) {
	t.Parallel()
	good := forecast.Options{Season: 4, Horizon: 3, Method: forecast.Additive}
	for _, c := range []struct {
		name   string
		y      []float64
		change func(*forecast.Options)
		says   string
	}{
		{"a long season", small, func(o *forecast.Options) { o.Season = 7 }, "longer than half of the data: there are 12 values"},
		{"no season", small, func(o *forecast.Options) { o.Season = 0 }, "a season of 0"},
		{"a negative season", small, func(o *forecast.Options) { o.Season = -4 }, "a season of -4"},
		{"no horizon", small, func(o *forecast.Options) { o.Horizon = 0 }, "a horizon of 0"},
		{"a horizon without end", small, func(o *forecast.Options) { o.Horizon = math.MaxInt }, "a horizon of"},
		{"an odd method", small, func(o *forecast.Options) { o.Method = "tea leaves" }, "no method \"tea leaves\""},
		{"alpha above 1", small, func(o *forecast.Options) { o.Alpha = ptr(1.5) }, "alpha is 1.5"},
		{"beta below 0", small, func(o *forecast.Options) { o.Beta = ptr(-0.1) }, "beta is -0.1"},
		{"gamma that is no number", small, func(o *forecast.Options) { o.Gamma = ptr(math.NaN()) }, "gamma is NaN"},
		{"alpha for the naive method", small, func(o *forecast.Options) { o.Method, o.Alpha = forecast.Naive, ptr(0.5) }, "has no alpha"},
		{"a zero, multiplied", []float64{1, 2, 3, 4, 5, 0, 7, 8}, func(o *forecast.Options) { o.Method = forecast.Multiplicative }, "value 6 (line 6) is 0"},
		{"NaN", []float64{1, 2, 3, 4, 5, math.NaN(), 7, 8}, func(*forecast.Options) {}, "value 6 is NaN"},
		{"infinity", []float64{1, 2, 3, 4, 5, 6, 7, math.Inf(1)}, func(*forecast.Options) {}, "value 8 is +Inf"},
		{"nothing", nil, func(*forecast.Options) {}, "longer than half"},
	} {
		o := good
		c.change(&o)
		if _, err := forecast.Make(c.y, o); !errors.Is(err, forecast.ErrInput) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

func BenchmarkFit(b *testing.B) {
	for b.Loop() {
		mustMake(b, yearly, forecast.Options{Season: 12, Horizon: 12, Method: forecast.Additive})
	}
}
