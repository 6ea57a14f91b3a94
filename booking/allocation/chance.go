package allocation

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// Chance is the probability of a place for somebody with own lots beside others, given as how many of them have how many lots. With all
// lots equal it is places/(others+1), exactly.
func Chance(own int, others map[int]int, places int) (float64, error) {
	total, equal := 1, true
	for lots, n := range others {
		if lots < 1 || lots > mostLots || n < 0 || n > mostApplications {
			return 0, badf("%d others with %d lots each", n, lots)
		}
		total += n
		equal = equal && (lots == own || n == 0)
	}
	switch {
	case own < 1 || own > mostLots:
		return 0, badf("%d lots; there are between 1 and %d", own, mostLots)
	case places < 0 || total > mostApplications:
		return 0, badf("%d places and %d applications", places, total)
	case places == 0:
		return 0, nil
	case places >= total:
		return 1, nil
	case equal:
		return float64(places) / float64(total), nil
	case total <= mostEnumerated:
		return enumerated(own, others, places), nil
	}
	return integrated(own, others, places), nil
}

// mostEnumerated bounds the number of sets of winners.
const mostEnumerated = 12

// enumerated goes through all sets of the first winners. The probability of a set is the sum, over who was drawn last, of the
// probability of the set without that one times the share of its lots in those that were left.
func enumerated(own int, others map[int]int, places int) float64 {
	lots := []int{own} // own is bit 0
	for w := 1; w <= mostLots; w++ {
		for range others[w] {
			lots = append(lots, w)
		}
	}
	n := len(lots)
	probability, left := make([]float64, 1<<n), make([]int, 1<<n)
	probability[0] = 1
	for _, w := range lots {
		left[0] += w
	}
	chance := 0.0
	for set := 1; set < 1<<n; set++ {
		size := bits.OnesCount(uint(set))
		if size > places {
			continue
		}
		first := bits.TrailingZeros(uint(set))
		left[set] = left[set&^(1<<first)] - lots[first]
		for i := range n {
			if before := set &^ (1 << i); before != set {
				probability[set] += probability[before] * float64(lots[i]) / float64(left[before])
			}
		}
		if size == places && set&1 != 0 {
			chance += probability[set]
		}
	}
	return chance
}

// panels are where the interval of the integral is cut, in v = 1−u: finely near 0, where few of many win, and near 1, where u^(w_j/w) may be steep.
var panels = []float64{0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97, 0.99, 0.997, 0.999,
	0.9997, 0.9999, 0.99999, 1}

// nodes of Gauss and Legendre's rule in each panel.
const nodes = 16

func integrated(own int, others map[int]int, places int) float64 {
	inside := func(v float64) float64 {
		better := []float64{1} // distribution of how many others are better, up to places−1
		for w := 1; w <= mostLots; w++ {
			if n := others[w]; n > 0 {
				better = convolved(better, binomial(n, -math.Expm1(float64(w)/float64(own)*math.Log1p(-v)), places), places)
			}
		}
		sum := 0.0
		for _, p := range better {
			sum += p
		}
		return sum
	}
	total := 0.0
	for i := 1; i < len(panels); i++ {
		total += quad.Fixed(inside, panels[i-1], panels[i], nodes, quad.Legendre{}, 0)
	}
	return min(1, max(0, total))
}

// binomial gives the probabilities of 0 to most−1 successes.
func binomial(n int, p float64, most int) []float64 {
	list := make([]float64, min(n+1, most))
	d := distuv.Binomial{N: float64(n), P: p}
	for k := range list {
		switch {
		case p <= 0:
			list[k] = float64(count(k == 0))
		case p >= 1:
			list[k] = float64(count(k == n))
		default:
			list[k] = d.Prob(float64(k))
		}
	}
	return list
}

// convolved is the distribution of a sum, up to most−1.
func convolved(a, b []float64, most int) []float64 {
	out := make([]float64, min(len(a)+len(b)-1, most))
	for i, x := range a {
		for j := 0; j < len(b) && i+j < len(out); j++ {
			out[i+j] += x * b[j]
		}
	}
	return out
}
