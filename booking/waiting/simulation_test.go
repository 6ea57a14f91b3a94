package waiting_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"guahao/booking/waiting"
)

// poisson is a clinic that is an M/M/c queue: ten people an hour, four by each of three doctors.
func poisson() waiting.Clinic {
	return waiting.Clinic{Doctors: 3, Length: 4_000_000, WalkIn: 10, Mean: 15, Shape: waiting.Exponential, Calling: waiting.ByArrival, CutTail: true}
}

// batches gives the mean of something over stretches of a long run, without its beginning, and the standard error of that mean. One
// person's wait resembles the next one's, so single waits are not independent; stretches of many hours nearly are.
func batches(t *testing.T, day waiting.Day, of func(waiting.Visit) float64) (mean, deviation float64) {
	t.Helper()
	visits := day.Visits[2000:]
	const n = 50
	size := len(visits) / n
	var means []float64
	for i := range n {
		sum := 0.0
		for _, v := range visits[i*size : (i+1)*size] {
			sum += of(v)
		}
		means = append(means, sum/float64(size))
		mean += means[i] / n
	}
	for _, m := range means {
		deviation += (m - mean) * (m - mean) / (n - 1)
	}
	return mean, math.Sqrt(deviation / n)
}

func TestTheSimulationAgreesWithErlang(t *testing.T) {
	t.Parallel()
	day, err := poisson().Day(20261125, 0)
	if err != nil {
		t.Fatal(err)
	}
	right := mustMMC(t, 10, 4, 3)
	wrong := mustMMC(t, 10, 12, 1) // one doctor who is three times as quick is not the same as three doctors
	for _, c := range []struct {
		what         string
		of           func(waiting.Visit) float64
		right, wrong float64
	}{
		{"the mean wait in minutes", waiting.Visit.Wait, right.Wq * 60, wrong.Wq * 60},
		{"the share that waits", func(v waiting.Visit) float64 { return indicator(v.Wait() > 0) }, right.PWait, wrong.PWait},
		{"the share that waits beyond 20 minutes", func(v waiting.Visit) float64 { return indicator(v.Wait() > 20) }, right.WaitBeyond(1.0 / 3), wrong.WaitBeyond(1.0 / 3)},
		{"the mean stay in minutes", func(v waiting.Visit) float64 { return v.Left - v.Came }, right.W * 60, wrong.W * 60},
	} {
		mean, deviation := batches(t, day, c.of)
		if deviation > 0.05*c.right {
			t.Errorf("%s: ±%.3g is too vague to prove anything", c.what, deviation)
		}
		if math.Abs(mean-c.right) > 3.5*deviation {
			t.Errorf("%s is %.4f ± %.4f, by formula %.4f", c.what, mean, deviation, c.right)
		}
		if math.Abs(mean-c.wrong) < 3.5*deviation {
			t.Errorf("%s is %.4f ± %.4f, and so does a wrong formula say: %.4f", c.what, mean, deviation, c.wrong)
		}
	}
	q := right
	mean, deviation := batches(t, day, func(v waiting.Visit) float64 { return float64(v.Ahead) })
	if math.Abs(mean-q.Lq) > 3.5*deviation { // who comes sees what is there on average (PASTA)
		t.Errorf("who comes finds %.4f ± %.4f waiting, by formula %.4f", mean, deviation, q.Lq)
	}
}

func TestTheSimulationAgreesWithPollaczekAndKhinchine(t *testing.T) {
	t.Parallel()
	c := waiting.Clinic{Doctors: 1, Length: 600_000, WalkIn: 6, Mean: 7, CV: 0.6, Shape: waiting.LogNormal, Calling: waiting.ByArrival, CutTail: true}
	day, err := c.Day(7, 0)
	if err != nil {
		t.Fatal(err)
	}
	formula, err := waiting.MG1(6, 7.0/60, 0.6*7/60)
	if err != nil {
		t.Fatal(err)
	}
	without, _ := waiting.MG1(6, 7.0/60, 0)
	mean, deviation := batches(t, day, waiting.Visit.Wait)
	if math.Abs(mean-formula.Wq*60) > 3.5*deviation || math.Abs(mean-without.Wq*60) < 3.5*deviation {
		t.Errorf("the mean wait is %.4f ± %.4f, by formula %.4f, and %.4f without the spread", mean, deviation, formula.Wq*60, without.Wq*60)
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func anyClinic(t *rapid.T) waiting.Clinic {
	return waiting.Clinic{
		Doctors: rapid.IntRange(1, 5).Draw(t, "doctors"), Length: rapid.Float64Range(30, 300).Draw(t, "length"),
		Every: rapid.SampledFrom([]float64{0, 3, 8, 30}).Draw(t, "every"), Each: rapid.IntRange(0, 4).Draw(t, "each"),
		NoShow: rapid.Float64Range(0, 1).Draw(t, "no-show"), Early: rapid.Float64Range(-30, 30).Draw(t, "early"), Spread: rapid.Float64Range(0, 30).Draw(t, "spread"),
		WalkIn: rapid.Float64Range(0, 20).Draw(t, "walk-in"), Mean: rapid.Float64Range(1, 20).Draw(t, "mean"), CV: rapid.Float64Range(0, 2).Draw(t, "cv"),
		Shape: rapid.SampledFrom([]waiting.Shape{waiting.LogNormal, waiting.Exponential, waiting.Constant}).Draw(t, "shape"), PaceCV: rapid.Float64Range(0, 0.5).Draw(t, "pace"),
		Late: rapid.Float64Range(0, 30).Draw(t, "late"), Calling: rapid.SampledFrom([]waiting.Order{waiting.ByNumber, waiting.ByArrival}).Draw(t, "calling"),
	}
}

// Whatever the day: everybody is seen once, no doctor sees two at a time, and nobody waits while a doctor is idle.
func TestADayHoldsTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyClinic(t)
		seed := rapid.Uint64().Draw(t, "seed")
		day, err := c.Day(seed, 3)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := c.Day(seed, 3); !cmp.Equal(day, again, cmpopts.IgnoreUnexported(waiting.Visit{})) {
			t.Fatal("the same seed gives another day")
		}
		if day.Unseen != 0 {
			t.Fatalf("%d were not seen", day.Unseen)
		}
		numbers := map[int]bool{}
		last := make([]float64, c.Doctors)
		byCall := slices.Clone(day.Visits)
		slices.SortStableFunc(byCall, func(a, b waiting.Visit) int {
			if a.Called != b.Called {
				return int(math.Copysign(1, a.Called-b.Called))
			}
			return int(math.Copysign(1, a.Left-b.Left)) // a consultation of no length ends before the next one begins
		})
		for i, v := range byCall {
			if numbers[v.Number] || v.Called < v.Came || v.Called < 0 || v.Left < v.Called {
				t.Fatalf("%+v", v)
			}
			numbers[v.Number] = true
			if v.Called < last[v.Doctor] {
				t.Fatalf("doctor %d calls %+v while another is there until %g", v.Doctor, v, last[v.Doctor])
			}
			last[v.Doctor] = v.Left
			if c.Calling == waiting.ByArrival && i > 0 && byCall[i-1].Called < v.Called && byCall[i-1].Came > v.Came {
				t.Fatalf("%+v was called before %+v", byCall[i-1], v)
			}
		}
	})
}

// Two punctual doctors begin at the same moment, with people waiting for them: nobody's consultation is cut short.
func TestDoctorsBeginTogether(t *testing.T) {
	t.Parallel()
	c := waiting.Clinic{Doctors: 2, Length: 30, Every: 60, Each: 3, Early: 5, Mean: 10, Shape: waiting.Constant, Calling: waiting.ByNumber}
	day, err := c.Day(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	var waits []float64
	for _, v := range day.Visits {
		waits = append(waits, v.Wait())
	}
	slices.Sort(waits)
	if !slices.Equal(waits, []float64{0, 0, 10}) || day.Busy[0]+day.Busy[1] != 30 {
		t.Errorf("waits %v, busy %v", waits, day.Busy)
	}
}

// With one doctor who is on time and calls by arrival, the waits obey D. V. Lindley's recursion (1952): an implementation that shares
// nothing with the events.
func TestADayObeysLindley(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyClinic(t)
		c.Doctors, c.Late, c.Calling = 1, 0, waiting.ByArrival
		day, err := c.Day(rapid.Uint64().Draw(t, "seed"), 0)
		if err != nil {
			t.Fatal(err)
		}
		wait := 0.0
		for i, v := range day.Visits {
			if i > 0 {
				before := day.Visits[i-1]
				wait = max(0, wait+(before.Left-before.Called)-(max(v.Came, 0)-max(before.Came, 0)))
			}
			if math.Abs(v.Wait()-wait) > 1e-6 {
				t.Fatalf("number %d waits %g, by the recursion %g", v.Number, v.Wait(), wait)
			}
		}
	})
}

func TestDaysSumUp(t *testing.T) {
	t.Parallel()
	// Five constant consultations of 10 minutes, one due every 5: waits of 0, 5, 10, 15, 20, and 60−25 minutes of overtime.
	c := waiting.Clinic{Doctors: 1, Length: 25, Every: 5, Each: 1, Mean: 10, Shape: waiting.Constant, Calling: waiting.ByNumber}
	got, err := c.Days(1, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := waiting.Summary{Days: 3, Patients: 5, Wait: waiting.Spread{Mean: 10, Median: 10, P80: 16, P90: 20, Worst: 20}, Within: 0.6, Busy: 1,
		Overtime: waiting.Spread{Mean: 25, Median: 25, P80: 25, P90: 25, Worst: 25}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	first, err := waiting.Typical().Days(1, 200, 20)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := waiting.Typical().Days(1, 200, 20); again != first {
		t.Errorf("the same seed gives %+v, then %+v", first, again)
	}
	if other, _ := waiting.Typical().Days(2, 200, 20); other == first {
		t.Error("another seed gives the same days")
	}
	if first.Patients < 24 || first.Patients > 29 || first.Absent < 1.5 || first.Absent > 3 {
		t.Errorf("a typical day: %+v", first)
	}
}

func TestStaffForADay(t *testing.T) {
	t.Parallel()
	c := waiting.Clinic{Length: 240, WalkIn: 20, Mean: 12, CV: 0.6, Shape: waiting.LogNormal, Calling: waiting.ByNumber}
	target := waiting.Target{Within: 20, Share: 0.9}
	doctors, curve, err := c.Staff(1, 300, target, 12)
	if err != nil || doctors < 4 || doctors > 7 || len(curve) != doctors+1 {
		t.Fatalf("%d doctors, %+v, %v", doctors, curve, err)
	}
	for i, p := range curve {
		if p.Enough != (p.Servers >= doctors) || i > 0 && p.Within < curve[i-1].Within {
			t.Errorf("a curve that does not rise: %+v", curve)
		}
	}
	c.Late = 400
	if _, _, err := c.Staff(1, 20, target, 3); !errors.Is(err, waiting.ErrInput) {
		t.Errorf("doctors who do not come: %v", err)
	}
}

func TestDaysThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*waiting.Clinic){
		"no doctor": func(c *waiting.Clinic) { c.Doctors = 0 }, "a negative mean": func(c *waiting.Clinic) { c.Mean = -1 },
		"NaN": func(c *waiting.Clinic) { c.NoShow = math.NaN() }, "a share above 1": func(c *waiting.Clinic) { c.NoShow = 8 },
		"no shape": func(c *waiting.Clinic) { c.Shape = "" }, "no order": func(c *waiting.Clinic) { c.Calling = "loud" },
		"a crowd": func(c *waiting.Clinic) { c.WalkIn, c.Length = 10_000, 1e6 }, "appointments without end": func(c *waiting.Clinic) { c.Every = 1e-9 },
		"endless": func(c *waiting.Clinic) { c.Length = math.Inf(1) },
	} {
		c := waiting.Typical()
		spoil(&c)
		if _, err := c.Day(1, 0); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []int{0, -1, 1 << 30} {
		if _, err := waiting.Typical().Days(1, n, 20); !errors.Is(err, waiting.ErrInput) {
			t.Errorf("%d days: %v", n, err)
		}
	}
	if _, err := waiting.Typical().Days(1, 10, math.NaN()); !errors.Is(err, waiting.ErrInput) {
		t.Errorf("a target that is no number: %v", err)
	}
}

func BenchmarkDays(b *testing.B) {
	for b.Loop() {
		if _, err := waiting.Typical().Days(1, 1000, 20); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Minutes(), "days/min")
}
