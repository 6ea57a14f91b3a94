package triage

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var fit = flag.Float64("fit", 0, "estimate the weights of symptoms.tsv anew from the part \"tune\" of tuning.tsv, with this penalty for each step away from what is there, and write them")

// fitCase is a complaint as the knowledge reads it.
type fitCase struct {
	symptoms []found
	who      Patient
	right    []Code
	tune     bool
}

func fitCases(t *testing.T, k *Knowledge) []fitCase {
	t.Helper()
	data, err := os.ReadFile("testdata/tuning.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []fitCase
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || f[5] == "yes" {
			continue
		}
		who := Patient{Sex: map[string]Sex{"f": Female, "m": Male}[f[3]]}
		if years, err := strconv.ParseFloat(f[2], 64); err == nil {
			who.Age, who.AgeKnown = int(years), true
		}
		c := fitCase{tune: f[0] == "tune"}
		c.symptoms, c.who = k.hear(f[1], tokens(f[1]), who)
		for code := range strings.SplitSeq(f[4], "|") {
			c.right = append(c.right, Code(code))
		}
		list = append(list, c)
	}
	return list
}

// loss is how surprising the right departments are, in nats: the first counts most.
func (k *Knowledge) loss(c fitCase) float64 {
	shares := k.chances(c.symptoms, nil, c.who)
	p := 0.0
	for _, code := range c.right {
		p += shares[code]
	}
	return -math.Log(max(p, 1e-6))
}

func (k *Knowledge) hits(cases []fitCase, tune bool) (first, three float64) {
	n := 0.0
	for _, c := range cases {
		if c.tune != tune {
			continue
		}
		n++
		shares := k.chances(c.symptoms, nil, c.who)
		var list []Code
		for _, d := range k.departments {
			if shares[d.Code] > 0 {
				list = append(list, d.Code)
			}
		}
		slices.SortStableFunc(list, func(a, b Code) int {
			switch {
			case shares[a] > shares[b]:
				return -1
			case shares[a] < shares[b]:
				return 1
			}
			return 0
		})
		if i := slices.IndexFunc(list, func(code Code) bool { return slices.Contains(c.right, code) }); i == 0 {
			first, three = first+1, three+1
		} else if i > 0 && i < 3 {
			three++
		}
	}
	return 100 * first / n, 100 * three / n
}

// TestFit estimates the weights: one at a time is moved by one where that makes the right departments less surprising by more than the penalty.
func TestFit(t *testing.T) {
	if *fit == 0 {
		t.Skip("only with -fit")
	}
	k, err := load()
	if err != nil {
		t.Fatal(err)
	}
	cases := fitCases(t, k)
	report := func(round int, total float64) {
		a, b := k.hits(cases, true)
		c, d := k.hits(cases, false)
		fmt.Printf("round %d: loss %.1f, tuned %.1f %.1f, checked %.1f %.1f\n", round, total, a, b, c, d)
	}
	losses, uses := make([]float64, len(cases)), map[*symptom][]int{}
	total := 0.0
	for i, c := range cases {
		if !c.tune {
			continue
		}
		losses[i] = k.loss(c)
		total += losses[i]
		for _, f := range c.symptoms {
			if !slices.Contains(uses[f.symptom], i) {
				uses[f.symptom] = append(uses[f.symptom], i)
			}
		}
	}
	reviewed := map[*symptom]map[Code]int{}
	told := map[*symptom]float64{}
	for i := range k.symptoms {
		s := &k.symptoms[i]
		reviewed[s] = map[Code]int{}
		for c, w := range s.weights {
			reviewed[s][c] = w
		}
		told[s] = s.tells
	}
	report(0, total)
	gain := func(s *symptom) (float64, []float64) {
		sum, list := 0.0, make([]float64, len(uses[s]))
		for n, i := range uses[s] {
			list[n] = k.loss(cases[i])
			sum += losses[i] - list[n]
		}
		return sum, list
	}
	keep := func(s *symptom, list []float64) {
		for n, i := range uses[s] {
			total += list[n] - losses[i]
			losses[i] = list[n]
		}
	}
	for round := 1; round <= 4; round++ {
		changed := 0
		for i := range k.symptoms {
			s := &k.symptoms[i]
			if len(uses[s]) == 0 {
				continue
			}
			for _, d := range k.departments {
				w := s.weights[d.Code]
				for _, next := range []int{w - 1, w + 1} {
					if next < 0 || next > 5 {
						continue
					}
					s.weights[d.Code] = next
					cost := *fit * (math.Abs(float64(next-reviewed[s][d.Code])) - math.Abs(float64(w-reviewed[s][d.Code])))
					if reviewed[s][d.Code] == 0 && w == 0 {
						cost += *fit
					}
					if g, list := gain(s); g > cost+1e-9 {
						keep(s, list)
						changed++
						break
					}
					s.weights[d.Code] = w
				}
				if s.weights[d.Code] == 0 {
					delete(s.weights, d.Code)
				}
			}
			for _, factor := range []float64{0.8, 1.25} {
				old := s.tells
				s.tells = min(2, max(0.2, math.Round(old*factor*100)/100))
				cost := *fit * (math.Abs(math.Log(s.tells/told[s])) - math.Abs(math.Log(old/told[s]))) / math.Log(1.25)
				if g, list := gain(s); g > cost+1e-9 {
					keep(s, list)
					changed++
					break
				}
				s.tells = old
			}
		}
		report(round, total)
		if changed == 0 {
			break
		}
	}
	writeFit(t, k)
}

func writeFit(t *testing.T, k *Knowledge) {
	t.Helper()
	data, err := os.ReadFile("knowledge/symptoms.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if s := k.bySymptom[f[0]]; s != nil && len(s.weights) > 0 {
			var pairs []string
			for weight := 5; weight > 0; weight-- {
				for _, d := range k.departments {
					if s.weights[d.Code] == weight {
						pairs = append(pairs, fmt.Sprint(d.Code, " ", weight))
					}
				}
			}
			f[3], f[4] = strings.Join(pairs, ", "), strconv.FormatFloat(s.tells, 'f', -1, 64)
		}
		out.WriteString(strings.Join(f, "\t") + "\n")
	}
	if err := os.WriteFile("knowledge/symptoms.tsv", []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
