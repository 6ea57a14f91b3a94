package recommend_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"guahao/dialog/recommend"
)

func TestShrinkageByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		points, reviews int
		mean, want      float64
	}{
		{0, 0, 4.2, 4.2},             // nothing is known: what all come to
		{5, 1, 4.2, 47.0 / 11},       // (42 + 5) / 11
		{50, 10, 4, 4.5},             // as many as are imagined: half way
		{605, 126, 4.2, 647.0 / 136}, // an average of 4.80 stays 4.76
		{4990, 1000, 4.0, 5030. / 1010},
	} {
		if got := recommend.Shrunk(c.points, c.reviews, c.mean); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d points of %d reviews about %g: %g, want %g", c.points, c.reviews, c.mean, got, c.want)
		}
	}
	// One enthusiast does not go before a hundred who are content.
	ranked := recommend.Rank([]recommend.Candidate{{ID: 1, Order: 0, Reviews: 1, Points: 5}, {ID: 2, Order: 1, Reviews: 100, Points: 470}})
	if ranked[0].ID != 2 {
		t.Errorf("one review of 5 goes before a hundred of 4.7: %+v", ranked)
	}
}

// What should go before what, and why it is said to.
func TestRank(t *testing.T) {
	t.Parallel()
	plain := recommend.Candidate{Wait: 3, Fee: 50_00}
	with := func(id int64, change func(*recommend.Candidate)) recommend.Candidate {
		c := plain
		c.ID, c.Order = id, int(id)
		if change != nil {
			change(&c)
		}
		return c
	}
	for _, test := range []struct {
		name      string
		list      []recommend.Candidate
		want      []int64 // the rank
		suggested []int64
		reasons   []recommend.Reason // of the first
	}{
		{"nobody", nil, nil, nil, nil},
		{"one", []recommend.Candidate{plain}, []int64{0}, nil, nil},
		{"equals keep their order", []recommend.Candidate{with(1, nil), with(2, nil), with(3, nil)}, []int64{1, 2, 3}, nil, nil},
		{"who treats it", []recommend.Candidate{with(1, nil), with(2, func(c *recommend.Candidate) { c.Fit = 1; c.Wait = 6 })},
			[]int64{2, 1}, []int64{2}, []recommend.Reason{recommend.Fits}},
		{"who has seen the person", []recommend.Candidate{with(1, nil), with(2, func(c *recommend.Candidate) { c.Visits, c.Ago = 3, 30 })},
			[]int64{2, 1}, []int64{2}, []recommend.Reason{recommend.SeenThere}},
		{"long ago counts less", []recommend.Candidate{with(1, func(c *recommend.Candidate) { c.Visits, c.Ago = 1, 1000 }), with(2, func(c *recommend.Candidate) { c.Visits, c.Ago = 1, 10 })},
			[]int64{2, 1}, []int64{2, 1}, []recommend.Reason{recommend.SeenThere}},
		{"two days sooner change no list", []recommend.Candidate{with(1, nil), with(2, func(c *recommend.Candidate) { c.Wait = 1 })},
			[]int64{2, 1}, nil, []recommend.Reason{recommend.Soonest}},
		{"three days do", []recommend.Candidate{with(1, nil), with(2, func(c *recommend.Candidate) { c.Wait = 0 })},
			[]int64{2, 1}, []int64{2}, []recommend.Reason{recommend.Soonest}},
		{"a place goes before none", []recommend.Candidate{with(1, func(c *recommend.Candidate) { c.Wait = -1 }), with(2, nil)},
			[]int64{2, 1}, []int64{2}, []recommend.Reason{recommend.Soonest}},
		{"all are full", []recommend.Candidate{with(1, func(c *recommend.Candidate) { c.Wait = -1 }), with(2, func(c *recommend.Candidate) { c.Wait = -1; c.Points, c.Reviews = 500, 100 })},
			[]int64{2, 1}, nil, []recommend.Reason{recommend.WellRated}},
		{"full, but knows the person", []recommend.Candidate{with(1, nil), with(2, func(c *recommend.Candidate) { c.Wait = -1; c.Visits = 4; c.Fit = 1 })},
			[]int64{2, 1}, []int64{2}, []recommend.Reason{recommend.Fits, recommend.SeenThere}},
		{"well rated", []recommend.Candidate{with(1, func(c *recommend.Candidate) { c.Points, c.Reviews = 440, 110 }), with(2, func(c *recommend.Candidate) { c.Points, c.Reviews = 605, 126 })},
			[]int64{2, 1}, []int64{2}, []recommend.Reason{recommend.WellRated}},
		{"too few reviews", []recommend.Candidate{with(1, nil), with(2, func(c *recommend.Candidate) { c.Points, c.Reviews = 20, 4 })}, []int64{2, 1}, nil, nil},
		{"near", []recommend.Candidate{with(1, func(c *recommend.Candidate) { c.Placed, c.Distance = true, 8 }), with(2, func(c *recommend.Candidate) { c.Placed, c.Distance = true, 1.2 })},
			[]int64{2, 1}, []int64{2}, []recommend.Reason{recommend.Near}},
		{"cheap", []recommend.Candidate{with(1, nil), with(2, func(c *recommend.Candidate) { c.Fee = 25_00 })}, []int64{2, 1}, nil, []recommend.Reason{recommend.Cheapest}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ranked := recommend.Rank(test.list)
			if diff := cmp.Diff(test.want, ids(ranked)); diff != "" {
				t.Errorf("ranked (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.suggested, ids(recommend.Suggest(ranked, 3))); diff != "" {
				t.Errorf("suggested (-want +got):\n%s", diff)
			}
			if len(ranked) > 0 {
				if diff := cmp.Diff(test.reasons, ranked[0].Reasons); diff != "" {
					t.Errorf("reasons (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func ids(ranked []recommend.Ranked) []int64 {
	var list []int64
	for _, r := range ranked {
		list = append(list, r.ID)
	}
	return list
}

// someCandidates draws any, senseless ones too.
func someCandidates(t *rapid.T) []recommend.Candidate {
	odd := rapid.OneOf(rapid.Float64Range(0, 1), rapid.Just(math.NaN()), rapid.Just(math.Inf(1)), rapid.Just(math.Inf(-1)), rapid.Just(-1.0))
	far := rapid.OneOf(rapid.Float64Range(0, 50), rapid.Just(math.NaN()), rapid.Just(math.Inf(1)), rapid.Just(-3.0))
	list := make([]recommend.Candidate, rapid.IntRange(1, 8).Draw(t, "candidates"))
	for i := range list {
		reviews := rapid.IntRange(-1, 300).Draw(t, "reviews")
		list[i] = recommend.Candidate{
			ID: int64(i + 1), Order: i, Fit: odd.Draw(t, "fit"), Wait: rapid.IntRange(-1, 30).Draw(t, "wait"), Visits: rapid.IntRange(-1, 9).Draw(t, "visits"),
			Ago: rapid.IntRange(-1, 2000).Draw(t, "ago"), Reviews: reviews, Points: rapid.IntRange(-10, 1700).Draw(t, "points"),
			Fee: rapid.Int64Range(-1, 500_00).Draw(t, "fee"), Distance: far.Draw(t, "distance"), Placed: rapid.Bool().Draw(t, "placed"),
		}
	}
	return list
}

func TestRankIsOneOrderOfNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := someCandidates(t)
		ranked := recommend.Rank(list)
		for _, r := range ranked {
			if math.IsNaN(r.Score) || r.Score < 0 || r.Score > 1 || math.IsNaN(r.Rating) || r.Rating < 1 || r.Rating > 5 {
				t.Fatalf("%+v has the score %g, the rating %g", r.Candidate, r.Score, r.Rating)
			}
		}
		shuffled := rapid.Permutation(list).Draw(t, "shuffled")
		again := recommend.Rank(shuffled)
		if !slices.Equal(ids(ranked), ids(again)) || !slices.Equal(ids(recommend.Suggest(ranked, 3)), ids(recommend.Suggest(again, 3))) {
			t.Fatalf("%v, shuffled %v", ids(ranked), ids(again))
		}
		if got := recommend.Suggest(ranked, 3); len(got) > 3 {
			t.Fatalf("suggests %d", len(got))
		}
	})
}

// better are the ways in which a candidate can become better, one for each term.
var better = map[string]func(*recommend.Candidate){
	"fit": func(c *recommend.Candidate) { c.Fit = 1 },
	"soonest": func(c *recommend.Candidate) {
		if c.Wait != 0 {
			c.Wait = max(c.Wait-5, 0)
		}
	},
	"continuity": func(c *recommend.Candidate) { c.Visits, c.Ago = max(c.Visits, 0)+1, max(c.Ago-30, 0) },
	"rating":     func(c *recommend.Candidate) { c.Points = max(c.Points, 0) + 20 },
	"distance":   func(c *recommend.Candidate) { c.Distance /= 2 },
	"fee":        func(c *recommend.Candidate) { c.Fee /= 2 },
}

func TestRankIsMonotoneInEachTerm(t *testing.T) {
	t.Parallel()
	for term, improve := range better {
		t.Run(term, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				list := someCandidates(t)
				whose := rapid.IntRange(0, len(list)-1).Draw(t, "whose")
				before := slices.Index(ids(recommend.Rank(list)), list[whose].ID)
				changed := slices.Clone(list)
				improve(&changed[whose])
				if after := slices.Index(ids(recommend.Rank(changed)), list[whose].ID); after > before {
					t.Fatalf("with a better %s candidate %d went from %d to %d", term, list[whose].ID, before, after)
				}
			})
		})
	}
}
