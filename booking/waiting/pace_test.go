package waiting_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"guahao/booking/waiting"
)

func mustPace(t testing.TB, own waiting.History, colleagues ...waiting.History) waiting.Pace {
	t.Helper()
	p, err := waiting.NewPace(own, colleagues)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustPromise(t testing.TB, p waiting.Pace, l waiting.Line) waiting.Promise {
	t.Helper()
	promise, err := p.Promise(l)
	if err != nil {
		t.Fatal(err)
	}
	return promise
}

// sessions draws n sessions of 20 consultations with a mean and a variation.
func sessions(seed uint64, n int, mean, cv float64) waiting.History {
	r := rand.New(rand.NewPCG(seed, 1))
	sigma := math.Sqrt(math.Log1p(cv * cv))
	h := make(waiting.History, n)
	for i := range h {
		for range 20 {
			h[i] = append(h[i], mean*math.Exp(sigma*r.NormFloat64()-sigma*sigma/2))
		}
	}
	return h
}

func TestADoctorIsShrunkTowardsTheDepartment(t *testing.T) {
	t.Parallel()
	colleagues := []waiting.History{sessions(1, 20, 8, 0.5), sessions(2, 20, 9, 0.5), sessions(3, 20, 10, 0.5), sessions(4, 20, 11, 0.5)}
	department := mustPace(t, nil, colleagues...)
	near(t, "a new doctor's mean", department.Mean, 9.5, 0.04)
	if department.Weight != 0 || department.Used != 0 {
		t.Errorf("a new doctor: %+v", department)
	}
	last := department
	for _, n := range []int{1, 3, 10, 40} {
		p := mustPace(t, sessions(9, n, 16, 0.5), colleagues...)
		if p.Weight <= last.Weight || p.Mean <= last.Mean || p.Used != 20*n {
			t.Errorf("with %d sessions the doctor's own count %.3f and the mean is %.2f; before %.3f and %.2f", n, p.Weight, p.Mean, last.Weight, last.Mean)
		}
		last = p
	}
	near(t, "the mean of a doctor who is well known", last.Mean, 16, 0.05)
}

// By hand: doctors with session means {8, 12} and {14, 18}, all consultations of a session alike. Within: (4+4+4+4)/2 = 8. Between:
// 2·(3² + 3²) = 36, less 8, over 4−8/4 = 2, is 14. Weight of two sessions 2/(2+8/14) = 7/9; mean 7/9·10 + 2/9·13 = 96/9.
func TestCredibilityByHand(t *testing.T) {
	t.Parallel()
	p := mustPace(t, waiting.History{{8, 8}, {12, 12}}, waiting.History{{14, 14}, {18, 18}})
	near(t, "the weight", p.Weight, 7.0/9, 1e-12)
	near(t, "the mean", p.Mean, 96.0/9, 1e-12)
}

func TestConstantConsultationsAddUp(t *testing.T) {
	t.Parallel()
	own := waiting.History{{8, 8, 8}, {8, 8}, {8, 8, 8, 8}}
	for n := 1; n < 200; n++ { // many sessions leave no doubt about the mean but what is always left
		own = append(own, waiting.Session{8, 8, 8})
	}
	p := mustPace(t, own)
	promise := mustPromise(t, p, waiting.Line{Ahead: 3, Busy: true, Elapsed: 2, Finished: waiting.Session{8, 8, 8, 8, 8, 8}})
	near(t, "three ahead, six minutes to go", promise.Median, 30, 0.02)
	if promise.Low > 30 || promise.High < 30 {
		t.Errorf("%+v", promise)
	}
	near(t, "who finds nobody", mustPromise(t, p, waiting.Line{}).High, 0, 0)
	near(t, "the median of a doctor's lateness", mustPromise(t, p, waiting.Line{Opens: 25, Late: 10}).Median, 25+10*math.Ln2, 0.02)
	near(t, "who comes before the doctor", mustPromise(t, p, waiting.Line{Opens: 25}).Median, 25, 0.02)
}

// Today's pace and the doubt about it, alone: with no spread of single consultations the exact sum is two-pointed.
func TestTheSumIsExact(t *testing.T) {
	t.Parallel()
	var own waiting.History
	for range 400 {
		own = append(own, waiting.Session{4, 12}, waiting.Session{12, 4})
	}
	p := mustPace(t, own)
	// Four ahead: 16, 24, 32, 40 or 48 minutes with 1, 4, 6, 4, 1 sixteenths. The pace is known to some per cent.
	promise := mustPromise(t, p, waiting.Line{Ahead: 4, Finished: waiting.Session{8, 8, 8, 8, 8, 8, 8, 8, 8, 8}})
	near(t, "low", promise.Low, 24, 0.1)
	near(t, "median", promise.Median, 32, 0.06)
	near(t, "high", promise.High, 40, 0.1)
}

func TestTodaysPaceIsBelieved(t *testing.T) {
	t.Parallel()
	own := waiting.History{}
	for i := range 30 { // days differ by a fifth
		own = append(own, sessions(uint64(i), 1, 8*(1+0.2*math.Sin(float64(i)*2.4)*math.Sqrt2), 0.5)...)
	}
	p := mustPace(t, own)
	line := waiting.Line{Ahead: 5}
	usual := mustPromise(t, p, line)
	line.Finished = sessions(77, 1, 12, 0.5)[0]
	slow := mustPromise(t, p, line)
	line.Finished = sessions(77, 1, 5, 0.5)[0]
	quick := mustPromise(t, p, line)
	if !(quick.Median < usual.Median*0.85 && usual.Median*1.15 < slow.Median) {
		t.Errorf("a quick day %.1f, a usual one %.1f, a slow one %.1f", quick.Median, usual.Median, slow.Median)
	}
	if (slow.High-slow.Low)/slow.Median >= (usual.High-usual.Low)/usual.Median {
		t.Errorf("twenty consultations of today make nothing surer: %+v, %+v", usual, slow)
	}
}

func TestWhoIsExpectedCounts(t *testing.T) {
	t.Parallel()
	p := mustPace(t, sessions(5, 20, 8, 0.5))
	median := func(coming ...float64) float64 {
		return mustPromise(t, p, waiting.Line{Ahead: 3, Coming: coming, Chance: 0.9, Spread: 5}).Median
	}
	alone, soon, late, overdue := median(), median(5), median(90), median(-40)
	if !(soon > alone+5) || late != alone && late > alone+0.5 || overdue > alone+0.5 {
		t.Errorf("alone %.1f, with one who is due %.1f, due much later %.1f, long overdue %.1f", alone, soon, late, overdue)
	}
}

// However odd the history and the line, a promise is in order, finite, and longer with more people ahead.
func TestPromisesAreInOrder(t *testing.T) {
	t.Parallel()
	minutes := rapid.OneOf(rapid.Float64Range(0.2, 240), rapid.Float64Range(3, 15), rapid.SampledFrom([]float64{-1, 0, math.NaN(), math.Inf(1), 1e9}))
	session := rapid.Custom(func(t *rapid.T) waiting.Session { return rapid.SliceOfN(minutes, 0, 12).Draw(t, "session") })
	history := rapid.Custom(func(t *rapid.T) waiting.History { return rapid.SliceOfN(session, 0, 5).Draw(t, "history") })
	rapid.Check(t, func(t *rapid.T) {
		p, err := waiting.NewPace(history.Draw(t, "own"), rapid.SliceOfN(history, 0, 3).Draw(t, "colleagues"))
		if errors.Is(err, waiting.ErrUnknown) {
			t.Skip()
		}
		line := waiting.Line{
			Ahead: rapid.IntRange(0, 20).Draw(t, "ahead"), Coming: rapid.SliceOfN(rapid.Float64Range(-60, 120), 0, 4).Draw(t, "coming"),
			Chance: rapid.Float64Range(0, 1).Draw(t, "chance"), Spread: rapid.Float64Range(0, 30).Draw(t, "spread"), Busy: rapid.Bool().Draw(t, "busy"),
			Elapsed: rapid.Float64Range(0, 300).Draw(t, "elapsed"), Opens: rapid.Float64Range(-10, 60).Draw(t, "opens"), Late: rapid.Float64Range(0, 30).Draw(t, "late"), Finished: session.Draw(t, "today"),
		}
		a, err := p.Promise(line)
		if err != nil {
			t.Fatal(err)
		}
		if !(0 <= a.Low && a.Low <= a.Median && a.Median <= a.High && a.High < 1e6) {
			t.Fatalf("%+v", a)
		}
		line.Coming = nil
		b, _ := p.Promise(line)
		line.Ahead++
		c, err := p.Promise(line)
		if err != nil || c.Median+1e-6 < b.Median {
			t.Fatalf("one more ahead: %+v, then %+v (%v)", b, c, err)
		}
	})
}

func TestLinesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	if _, err := waiting.NewPace(nil, nil); !errors.Is(err, waiting.ErrUnknown) {
		t.Errorf("no history: %v", err)
	}
	if _, err := waiting.NewPace(waiting.History{{-3, 0, 5000}}, []waiting.History{{}}); !errors.Is(err, waiting.ErrUnknown) {
		t.Errorf("a history of slips: %v", err)
	}
	if _, err := (waiting.Pace{}).Promise(waiting.Line{Ahead: 1}); !errors.Is(err, waiting.ErrUnknown) {
		t.Errorf("an empty pace: %v", err)
	}
	p := mustPace(t, waiting.History{{8}})
	for _, l := range []waiting.Line{{Ahead: -1}, {Ahead: 501}, {Elapsed: -1}, {Elapsed: math.NaN()}, {Chance: 2}, {Spread: -1}, {Late: -1}, {Late: math.NaN()}, {Coming: []float64{math.NaN()}}, {Opens: math.Inf(1)}} {
		if _, err := p.Promise(l); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

func BenchmarkPromise(b *testing.B) {
	p := mustPace(b, sessions(5, 20, 8, 0.5))
	for b.Loop() {
		mustPromise(b, p, waiting.Line{Ahead: 30, Busy: true, Elapsed: 4, Coming: []float64{5, 10, 15}, Chance: 0.9, Spread: 10})
	}
}
