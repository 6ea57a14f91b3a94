package waiting_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guahao/booking/waiting"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

func mustMMC(t testing.TB, lambda, mu float64, servers int) waiting.MMC {
	t.Helper()
	q, err := waiting.NewMMC(lambda, mu, servers)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// Worked by hand: M/M/1 from ρ/(1−ρ), M/M/3 from its eleven fractions.
func TestMMCAgainstFractions(t *testing.T) {
	t.Parallel()
	one := mustMMC(t, 4, 6, 1)
	near(t, "ρ", one.Rho, 2.0/3, 1e-14)
	near(t, "p0", one.P0, 1.0/3, 1e-14)
	near(t, "p_wait", one.PWait, 2.0/3, 1e-14)
	near(t, "lq", one.Lq, 4.0/3, 1e-14)
	near(t, "wq in minutes", one.Wq*60, 20, 1e-14)
	near(t, "l", one.L, 2, 1e-14)
	near(t, "w in minutes", one.W*60, 30, 1e-14)

	three := mustMMC(t, 10, 4, 3)
	near(t, "p0", three.P0, 4.0/89, 1e-14)
	near(t, "p_wait", three.PWait, 125.0/178, 1e-14)
	near(t, "lq", three.Lq, 625.0/178, 1e-14)
	near(t, "wq in minutes", three.Wq*60, 21.067415730, 5e-11)
	near(t, "w in minutes", three.W*60, 36.067415730, 5e-11)
}

// exactMMC solves the queue in 400 bits from the sum of aᵏ/k! itself.
func exactMMC(lambda, mu float64, servers int) (pWait, logP0 float64) {
	big0 := func(x float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(x) }
	load := new(big.Float).Quo(big0(lambda), big0(mu))
	term, sum := big0(1), big0(0)
	for k := 0; k < servers; k++ {
		sum.Add(sum, term)
		term.Mul(term, load)
		term.Quo(term, big0(float64(k+1)))
	}
	rho := new(big.Float).Quo(load, big0(float64(servers)))
	tail := new(big.Float).Quo(term, new(big.Float).Sub(big0(1), rho))
	sum.Add(sum, tail)
	pWait, _ = new(big.Float).Quo(tail, sum).Float64()
	mantissa := new(big.Float)
	exponent := sum.MantExp(mantissa)
	m, _ := mantissa.Float64()
	return pWait, -(math.Log(m) + float64(exponent)*math.Ln2)
}

func TestMMCAgainstLongArithmetic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lambda, mu float64
		servers    int
	}{
		{1, 3, 2}, {0.001, 5, 4}, {59, 6, 10}, {59.999, 6, 10}, {999, 1, 1000}, {9000, 1, 10_000}, {9900, 1, 10_000}, {9999.5, 1, 10_000}, {39_000, 4, 10_000},
	} {
		q := mustMMC(t, c.lambda, c.mu, c.servers)
		pWait, logP0 := exactMMC(c.lambda, c.mu, c.servers)
		near(t, "p_wait", q.PWait, pWait, 1e-10)
		near(t, "ln p0", q.LogP0(), logP0, 1e-12)
	}
}

func TestTenThousandServersAreStable(t *testing.T) {
	t.Parallel()
	q := mustMMC(t, 9950, 1, 10_000)
	for name, x := range map[string]float64{"rho": q.Rho, "p_wait": q.PWait, "lq": q.Lq, "wq": q.Wq, "l": q.L, "w": q.W, "ln p0": -q.LogP0()} {
		if math.IsNaN(x) || math.IsInf(x, 0) || x <= 0 {
			t.Errorf("%s is %g", name, x)
		}
	}
	// Where a square-root staffing rule holds (S. Halfin, W. Whitt, 1981) P(wait) is known in the limit: β = (1−ρ)√c.
	beta := (1 - q.Rho) * 100
	phi, cdf := math.Exp(-beta*beta/2)/math.Sqrt(2*math.Pi), 0.5*math.Erfc(-beta/math.Sqrt2)
	near(t, "p_wait against the limit of Halfin and Whitt", q.PWait, 1/(1+beta*cdf/phi), 0.01)
}

func TestMMCHoldsTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		servers := rapid.IntRange(1, 300).Draw(t, "servers")
		mu := rapid.Float64Range(1e-4, 1e4).Draw(t, "mu")
		rho := rapid.Float64Range(1e-6, 0.999).Draw(t, "rho")
		lambda := rho * mu * float64(servers)
		q, err := waiting.NewMMC(lambda, mu, servers)
		if err != nil {
			t.Skip(err)
		}
		relative := func(what string, a, b float64) {
			if math.Abs(a-b) > 1e-9*math.Max(math.Abs(a), math.Abs(b))+1e-300 { // below that a float64 has fewer digits
				t.Fatalf("%s: %g and %g", what, a, b)
			}
		}
		relative("Little's law for the line", q.Lq, lambda*q.Wq)
		relative("Little's law for all", q.L, lambda*q.W)
		relative("the wait beyond 0", q.WaitBeyond(0), q.PWait)
		if q.PWait < 0 || q.PWait > 1 || q.P0 < 0 || q.P0 > 1 {
			t.Fatalf("no probability: %+v", q.Steady)
		}
		p := rapid.Float64Range(0, 0.999999).Draw(t, "p")
		at, err := q.WaitQuantile(p)
		if err != nil {
			t.Fatal(err)
		}
		if at > 0 {
			relative("quantile and distribution", 1-q.WaitBeyond(at), p)
		}
		if more, err := waiting.NewMMC(lambda, mu, servers+1); err != nil || more.Wq > q.Wq {
			t.Fatalf("one more server makes the wait longer: %g, then %g (%v)", q.Wq, more.Wq, err)
		}
	})
}

// The mean is the integral of the tail, and for one server the stay is exponential.
func TestTheDistributionsHaveTheirMeans(t *testing.T) {
	t.Parallel()
	for _, q := range []waiting.MMC{mustMMC(t, 10, 4, 3), mustMMC(t, 4, 6, 1), mustMMC(t, 2, 1, 3), mustMMC(t, 50, 1, 60)} {
		var wait, stay float64
		const step = 1e-4
		for x := step / 2; x < 40; x += step {
			wait += q.WaitBeyond(x) * step
			stay += q.StayBeyond(x) * step
		}
		near(t, "the integral of the wait", wait, q.Wq, 1e-5)
		near(t, "the integral of the stay", stay, q.W, 1e-5)
	}
	near(t, "the stay of M/M/1", mustMMC(t, 4, 6, 1).StayBeyond(0.7), math.Exp(-2*0.7), 1e-12)
	near(t, "the stay where both rates are one", mustMMC(t, 2, 1, 3).StayBeyond(1.5), math.Exp(-1.5)*(1+mustMMC(t, 2, 1, 3).PWait*1.5), 1e-12)
}

func TestMG1(t *testing.T) {
	t.Parallel()
	exponential, err := waiting.MG1(4, 1.0/6, 1.0/6)
	if err != nil {
		t.Fatal(err)
	}
	mm1 := mustMMC(t, 4, 6, 1)
	for _, pair := range [][2]float64{{exponential.Rho, mm1.Rho}, {exponential.P0, mm1.P0}, {exponential.PWait, mm1.PWait}, {exponential.Lq, mm1.Lq},
		{exponential.Wq, mm1.Wq}, {exponential.L, mm1.L}, {exponential.W, mm1.W}} {
		near(t, "M/G/1 with exponential services", pair[0], pair[1], 1e-12)
	}
	// M/D/1 waits half as long as M/M/1.
	constant, err := waiting.MG1(4, 1.0/6, 0)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the wait of M/D/1", constant.Wq, mm1.Wq/2, 1e-12)
	if _, err := waiting.MG1(6, 1.0/6, 0); !errors.Is(err, waiting.ErrUnstable) {
		t.Errorf("a full server: %v", err)
	}
	for _, c := range [][3]float64{{-1, 1, 1}, {1, math.NaN(), 1}, {1, 0.1, -1}, {1, 0.1, math.NaN()}, {1, 0.1, math.Inf(1)}} {
		if _, err := waiting.MG1(c[0], c[1], c[2]); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("MG1%v: %v", c, err)
		}
	}
}

func TestWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lambda, mu float64
		servers    int
		says       string
		is         error
	}{
		{12, 4, 3, "grows without end", waiting.ErrUnstable},
		{13, 4, 3, "13 arrive in a unit of time, and at most 12", waiting.ErrUnstable},
		{math.NaN(), 4, 3, "lambda is not a number", waiting.ErrInput},
		{10, math.NaN(), 3, "mu is not a number", waiting.ErrInput},
		{-1, 4, 3, "negative", waiting.ErrInput},
		{math.Inf(-1), 4, 3, "negative", waiting.ErrInput},
		{10, 0, 3, "mu is 0", waiting.ErrInput},
		{0, 4, 3, "lambda is 0", waiting.ErrInput},
		{math.Inf(1), 4, 3, "another unit", waiting.ErrInput},
		{1e300, 1e300, 3, "another unit", waiting.ErrInput},
		{1e-300, 1, 3, "another unit", waiting.ErrInput},
		{10, 4, 0, "0 servers", waiting.ErrInput},
		{10, 4, -3, "-3 servers", waiting.ErrInput},
		{10, 4, 1 << 40, "between 1 and 1000000", waiting.ErrInput},
	} {
		_, err := waiting.NewMMC(c.lambda, c.mu, c.servers)
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("λ=%g μ=%g c=%d: %v, want %q", c.lambda, c.mu, c.servers, err, c.says)
		}
	}
	q := mustMMC(t, 4, 6, 1)
	for _, p := range []float64{-0.1, 1, 2, math.NaN()} {
		if _, err := q.WaitQuantile(p); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("the quantile for %g: %v", p, err)
		}
	}
}

func TestStaff(t *testing.T) {
	t.Parallel()
	// Ten an hour, four by each doctor: nine of ten within 20 minutes.
	servers, curve, err := waiting.Staff(10, 4, waiting.Target{Within: 20.0 / 60, Share: 0.9}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range curve {
		q := mustMMC(t, 10, 4, p.Servers)
		near(t, "the share", p.Within, 1-q.WaitBeyond(1.0/3), 1e-12)
		if p.Enough != (p.Servers >= servers) {
			t.Errorf("%d servers are enough: %v, and %d are the fewest", p.Servers, p.Enough, servers)
		}
	}
	if servers != 4 || len(curve) != 4 || curve[0].Servers != 3 {
		t.Errorf("%d servers, curve %+v", servers, curve)
	}
	if many, _, err := waiting.Staff(9500, 1, waiting.Target{Within: 0.01, Share: 0.95}, 0); err != nil || many < 9501 || many > 9800 {
		t.Errorf("%d servers, %v", many, err)
	}
	if whole, _, err := waiting.Staff(12, 4, waiting.Target{Within: 1, Share: 0.5}, 0); err != nil || whole != 4 {
		t.Errorf("a load that is whole: %d, %v", whole, err)
	}
	for _, bad := range []waiting.Target{{-1, 0.9}, {math.NaN(), 0.9}, {1, 0}, {1, 1}, {1, 1.5}, {1, math.NaN()}} {
		if _, _, err := waiting.Staff(10, 4, bad, 0); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("target %+v: %v", bad, err)
		}
	}
	if _, _, err := waiting.Staff(1e9, 1e-3, waiting.Target{Within: 1, Share: 0.5}, 0); !errors.Is(err, waiting.ErrInput) {
		t.Errorf("a load of 10¹²: %v", err)
	}
}

func BenchmarkMMC10000(b *testing.B) {
	for b.Loop() {
		mustMMC(b, 9950, 1, 10_000)
	}
}
