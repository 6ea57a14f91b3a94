package allocation_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking/allocation"
)

func mustChance(t testing.TB, own int, others map[int]int, places int) float64 {
	t.Helper()
	p, err := allocation.Chance(own, others, places)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheChanceInALotteryIsExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		others, places int
		want           float64
	}{{33, 10, 10.0 / 34}, {0, 1, 1}, {9, 10, 1}, {10, 10, 10.0 / 11}, {5, 0, 0}, {199_999, 1, 1.0 / 200_000}} {
		if got := mustChance(t, 1, map[int]int{1: c.others}, c.places); got != c.want {
			t.Errorf("%d others, %d places: %g, want %g", c.others, c.places, got, c.want)
		}
		if got := mustChance(t, 7, map[int]int{7: c.others, 3: 0}, c.places); got != c.want {
			t.Errorf("with seven lots each: %g, want %g", got, c.want)
		}
	}
}

// By the probabilities of all orders, for up to six applications.
func TestTheChanceByEnumeration(t *testing.T) {
	t.Parallel()
	for _, lots := range [][]int{{1, 2}, {2, 1, 1}, {1, 2, 3, 4}, {10, 1, 5, 5, 2}, {3, 1, 1, 1, 1, 20}} {
		others := map[int]int{}
		for _, w := range lots[1:] {
			others[w]++
		}
		all := orders(lots)
		for places := 1; places <= len(lots); places++ {
			want := 0.0
			for order, p := range all {
				for _, number := range strings.Fields(strings.Trim(order, "[]"))[:places] {
					if number == "1" {
						want += p
					}
				}
			}
			if got := mustChance(t, lots[0], others, places); math.Abs(got-want) > 1e-12 {
				t.Errorf("lots %v, %d places: %.12f, by all orders %.12f", lots, places, got, want)
			}
			if got := allocation.Integrated(lots[0], others, places); math.Abs(got-want) > 1e-9 {
				t.Errorf("lots %v, %d places: the integral is %.12f, by all orders %.12f", lots, places, got, want)
			}
		}
	}
}

func TestTheIntegralIsExact(t *testing.T) {
	t.Parallel()
	// Of equal lots the answer is known for any number.
	for _, n := range []int{20, 300, 3000} {
		for _, places := range []int{1, 7, n / 2, n - 1} {
			got := allocation.Integrated(5, map[int]int{5: n - 1}, places)
			if want := float64(places) / float64(n); math.Abs(got-want) > 1e-8 {
				t.Errorf("%d of %d: %.12f, want %.12f", places, n, got, want)
			}
		}
	}
	// The chances of all add up to the places.
	classes := map[int]int{1: 3, 10: 80, 12: 30, 35: 8, 1000: 1}
	for _, places := range []int{1, 10, 60, 121} {
		sum := 0.0
		for own, n := range classes {
			classes[own]--
			sum += float64(n) * mustChance(t, own, classes, places)
			classes[own]++
		}
		if math.Abs(sum-float64(places)) > 1e-7*float64(places) {
			t.Errorf("%d places: the chances add up to %.10f", places, sum)
		}
	}
}

// The chance that was told is the share of draws that are won.
func TestTheChanceIsKept(t *testing.T) {
	t.Parallel()
	lots := []int{10, 10, 10, 10, 10, 15, 15, 15, 20, 20, 30, 10, 10, 10, 10}
	numbers, others := make([]int, len(lots)), map[int]int{}
	for i := range lots {
		numbers[i] = i + 1
		if i != 10 {
			others[lots[i]]++
		}
	}
	const n = 1500
	won := 0
	for i := range n {
		if r := record(t, seedOf(i), numbers, lots); r.Rank(11) <= 4 {
			won++
		}
	}
	want := mustChance(t, 30, others, 4)
	if got := float64(won) / n; math.Abs(got-want) > 3.5*math.Sqrt(want*(1-want)/n) {
		t.Errorf("told %.4f, won %.4f", want, got)
	}
}

func TestChancesMakeSense(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		others := rapid.MapOfN(rapid.IntRange(1, 60), rapid.IntRange(0, 9), 0, 5).Draw(t, "others")
		own, places := rapid.IntRange(1, 60).Draw(t, "own"), rapid.IntRange(0, 50).Draw(t, "places")
		p, err := allocation.Chance(own, others, places)
		if err != nil || p < 0 || p > 1 {
			t.Fatal(p, err)
		}
		more, _ := allocation.Chance(own+1, others, places)
		another, _ := allocation.Chance(own, others, places+1)
		if more < p-1e-9 || another < p-1e-9 {
			t.Fatalf("chance %g, with one lot more %g, with one place more %g", p, more, another)
		}
	})
	for _, c := range []struct {
		own, places int
		others      map[int]int
	}{{0, 1, nil}, {1001, 1, nil}, {1, -1, nil}, {1, 1, map[int]int{0: 1}}, {1, 1, map[int]int{1: -1}}, {1, 1, map[int]int{1: 1 << 30}}, {1, 1, map[int]int{1: 199_999, 2: 199_999}}} {
		if _, err := allocation.Chance(c.own, c.others, c.places); !errors.Is(err, allocation.ErrInput) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestFirstCome(t *testing.T) {
	t.Parallel()
	past := []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, allocation.NeverSoldOut}
	last := 2.0
	for after, had := range map[time.Duration]float64{0: 5, 90 * time.Second: 4, 2 * time.Minute: 3, time.Hour: 1} {
		e, err := allocation.FirstCome(past, after)
		if want := (had + 0.5) / 6; err != nil || math.Abs(e.Value-want) > 1e-12 || e.Releases != 5 || !(e.Low < e.Value && e.Value < e.High) {
			t.Errorf("after %s: %+v, %v, want %g", after, e, err, want)
		}
	}
	curve, err := allocation.SellOutCurve(past, []time.Duration{0, time.Minute, 4 * time.Minute, 20 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range curve {
		if p.Value > last {
			t.Errorf("the chance rises with time: %+v", curve)
		}
		last = p.Value
	}
	if _, err := allocation.FirstCome(nil, 0); !errors.Is(err, allocation.ErrUnknown) {
		t.Errorf("without a past: %v", err)
	}
	for _, c := range []struct {
		past  []time.Duration
		after time.Duration
	}{{past, -time.Second}, {[]time.Duration{-time.Hour}, 0}} {
		if _, err := allocation.FirstCome(c.past, c.after); !errors.Is(err, allocation.ErrInput) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestLots(t *testing.T) {
	t.Parallel()
	w := allocation.Weights{Base: 10, Credit: 1, Referral: 5, Urgent: 20, LostVisit: 8, MostLost: 2}
	for _, c := range []struct {
		merits allocation.Merits
		want   string
	}{
		{allocation.Merits{}, "10 [{everybody 10}]"},
		{allocation.Merits{Credit: 3, Referred: true}, "18 [{everybody 10} {credit 3} {referral 5}]"},
		{allocation.Merits{Urgent: true, LostVisits: 9}, "46 [{everybody 10} {urgent 20} {lost_visit 16}]"},
	} {
		lots, reasons, err := w.Lots(c.merits)
		if got := fmt.Sprint(lots, reasons); err != nil || got != c.want {
			t.Errorf("%+v: %s, %v, want %s", c.merits, got, err, c.want)
		}
	}
	for _, bad := range []allocation.Weights{{}, {Base: 1, Urgent: -1}, {Base: 1, Credit: 500}, {Base: 1, LostVisit: 100, MostLost: 100}, {Base: 5000}} {
		if err := bad.Check(); !errors.Is(err, allocation.ErrInput) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, bad := range []allocation.Merits{{Credit: -1}, {Credit: 11}, {LostVisits: -1}} {
		if _, _, err := w.Lots(bad); !errors.Is(err, allocation.ErrInput) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func BenchmarkChanceOf5000(b *testing.B) {
	others := map[int]int{10: 3000, 12: 1500, 30: 499}
	for b.Loop() {
		mustChance(b, 20, others, 60)
	}
}
