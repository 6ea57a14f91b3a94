package allocation_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"guahao/booking/allocation"
)

// chiSquare is the probability that so large a difference between counts and their expectations comes about by chance.
func chiSquare(counts map[string]int, probability map[string]float64, draws int) float64 {
	sum := 0.0
	for outcome, p := range probability {
		expected := p * float64(draws)
		sum += math.Pow(float64(counts[outcome])-expected, 2) / expected
	}
	return distuv.ChiSquared{K: float64(len(probability) - 1)}.Survival(sum)
}

// orders gives the probability of each order of numbers 1…n with those lots: the exact enumeration of sampling without replacement.
func orders(lots []int) map[string]float64 {
	all := map[string]float64{}
	var next func(order []int, p float64)
	next = func(order []int, p float64) {
		left := 0
		for i, w := range lots {
			if !slices.Contains(order, i+1) {
				left += w
			}
		}
		if left == 0 {
			all[fmt.Sprint(order)] += p
			return
		}
		for i, w := range lots {
			if !slices.Contains(order, i+1) {
				next(append(slices.Clone(order), i+1), p*float64(w)/float64(left))
			}
		}
	}
	next(nil, 1)
	return all
}

// seedOf numbers seeds, so that the test is the same each time.
func seedOf(i int) allocation.Seed {
	sum := sha256.Sum256(fmt.Appendf(nil, "fairness %d", i))
	return allocation.Seed(hex.EncodeToString(sum[:]))
}

const draws = 6000

func drawn(t *testing.T, lots []int) map[string]int {
	t.Helper()
	numbers := make([]int, len(lots))
	for i := range numbers {
		numbers[i] = i + 1
	}
	counts := map[string]int{}
	for i := range draws {
		counts[fmt.Sprint(record(t, seedOf(i), numbers, lots).Order)]++
	}
	return counts
}

// Each order comes as often as it should: all alike in a lottery, by the lots in a weighted draw.
func TestDrawsAreFair(t *testing.T) {
	t.Parallel()
	for _, lots := range [][]int{{1, 1, 1, 1}, {3, 3, 3}, {1, 2, 3, 4}, {10, 1, 1}, {1, 5, 5, 2}} {
		probability := orders(lots)
		total := 0.0
		for _, p := range probability {
			total += p
		}
		if math.Abs(total-1) > 1e-12 {
			t.Fatalf("the probabilities of all orders add up to %g", total)
		}
		if p := chiSquare(drawn(t, lots), probability, draws); p < 0.001 {
			t.Errorf("lots %v: so uneven by chance only with p = %.2g", lots, p)
		}
	}
}

// Controls: what looks fair and is not fails the same test.
func TestUnfairDrawsFail(t *testing.T) {
	t.Parallel()
	even := orders([]int{1, 1, 1, 1})
	random := rand.New(rand.NewPCG(1, 1))
	swaps := map[string]int{}
	for range draws { // exchanging each with any other: the classic wrong shuffle
		order := []int{1, 2, 3, 4}
		for i := range order {
			j := random.IntN(4)
			order[i], order[j] = order[j], order[i]
		}
		swaps[fmt.Sprint(order)]++
	}
	if p := chiSquare(swaps, even, draws); p > 1e-6 {
		t.Errorf("a wrong shuffle passes with p = %.2g", p)
	}
	if p := chiSquare(drawn(t, []int{2, 1, 1, 1}), even, draws); p > 1e-6 {
		t.Errorf("an applicant with two lots passes as equal with p = %.2g", p)
	}
	if p := chiSquare(drawn(t, []int{1, 2, 3, 4}), orders([]int{1, 4, 9, 16}), draws); p > 1e-6 {
		t.Errorf("lots pass as their squares with p = %.2g", p)
	}
	late := map[string]int{}
	for i := range draws { // an operator who knows the seed and takes the better of two beacons for number 1
		r := record(t, seedOf(i), []int{1, 2, 3, 4}, []int{1, 1, 1, 1})
		other := r
		other.Beacon = "another"
		if other, _ = other.Draw(); other.Rank(1) < r.Rank(1) {
			r = other
		}
		late[fmt.Sprint(r.Order)]++
	}
	if p := chiSquare(late, even, draws); p > 1e-6 {
		t.Errorf("a chosen beacon passes with p = %.2g", p)
	}
}

// The keys of Efraimidis and Spirakis, u^(1/w) with the greatest first, give the same orders as lots do.
func TestLotsAreTheKeysOfEfraimidisAndSpirakis(t *testing.T) {
	t.Parallel()
	lots := []int{1, 2, 3, 4}
	random := rand.New(rand.NewPCG(2, 2))
	keys := map[string]int{}
	for range draws {
		value := make([]float64, len(lots))
		order := []int{1, 2, 3, 4}
		for i, w := range lots {
			value[i] = math.Pow(random.Float64(), 1/float64(w))
		}
		slices.SortFunc(order, func(a, b int) int {
			if value[a-1] > value[b-1] {
				return -1
			}
			return 1
		})
		keys[fmt.Sprint(order)]++
	}
	if p := chiSquare(keys, orders(lots), draws); p < 0.001 {
		t.Errorf("u^(1/w): p = %.2g", p)
	}
}
