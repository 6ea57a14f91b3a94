package triage

import (
	"cmp"
	"slices"
	"strings"
)

// farthest is how many tokens may lie between the parts of an expression.
const farthest = 8

// found is a symptom that a text speaks of.
type found struct {
	symptom *symptom
	places  []int // the tokens that say it, rising
	denied  bool
	loose   bool // by its sound, or with a wrong letter
}

// read finds the symptoms of a text. Of several that use the same tokens the one with the most stays.
func (k *Knowledge) read(list []token) []found {
	var all []found
	for i := range k.symptoms {
		s := &k.symptoms[i]
		for _, e := range s.expressions {
			for _, loose := range []bool{false, true} {
				if places := e.in(list, loose); places != nil {
					all = append(all, found{symptom: s, places: places, loose: loose})
					break
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(len(b.places), len(a.places)), compareBools(a.loose, b.loose))
	})
	var kept []found
	for _, f := range all {
		if f.stands(kept) {
			f.denied = denied(list, f.places[0])
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b found) int { return cmp.Compare(a.places[0], b.places[0]) })
	return kept
}

// stands tells whether something that was found says more than what is kept already: another symptom may use some of the same
// tokens when it says as much by as many, but never fewer of them only. What only sounds alike must have tokens of its own.
func (f found) stands(kept []found) bool {
	for _, other := range kept {
		if other.symptom == f.symptom {
			return false
		}
		shared := 0
		for _, p := range f.places {
			if slices.Contains(other.places, p) {
				shared++
			}
		}
		switch {
		case shared == 0:
		case f.loose, shared == len(f.places) && len(f.places) < len(other.places):
			return false
		}
	}
	return true
}

// in finds the tokens that say an expression: one phrase of each group, in one clause, near each other, in any order.
func (e expression) in(list []token, loose bool) []int {
	var places []int
	for _, p := range e[0] {
		for at := range list {
			if !p.at(list, at, loose) {
				continue
			}
			places = places[:0]
			for i := range p {
				places = append(places, at+i)
			}
			if e.rest(list, at, loose, &places) {
				slices.Sort(places)
				return slices.Compact(places)
			}
		}
	}
	return nil
}

// rest finds the other groups near the first.
func (e expression) rest(list []token, at int, loose bool, places *[]int) bool {
	for _, group := range e[1:] {
		if !near(list, group, at, loose, places) {
			return false
		}
	}
	return true
}

func near(list []token, group []phrase, at int, loose bool, places *[]int) bool {
	for _, p := range group {
		for there := max(0, at-farthest); there < min(len(list), at+farthest+1); there++ {
			if list[there].clause != list[at].clause || !p.at(list, there, loose && len(p) > 1) {
				continue
			}
			for i := range p {
				*places = append(*places, there+i)
			}
			return true
		}
	}
	return false
}

// at tells whether a phrase stands at a token. One character by its sound would be anything, so a single one must be exact, and one of two: 一直 is no 移植.
func (p phrase) at(list []token, at int, loose bool) bool {
	if at+len(p) > len(list) || (loose && len(p) == 1 && p[0].han()) {
		return false
	}
	for i, want := range p {
		got := list[at+i]
		if got.clause != list[at].clause || !alike(want, got, loose) {
			return false
		}
	}
	return !loose || len(p) != 2 || !p[0].han() || p[0].stays(list[at]) || p[1].stays(list[at+1])
}

// no are the words before a symptom that deny it, and between what may stand between them and it.
var (
	no      = phrases("不|没|没有|没再|无|未|不是|不会|no|not|without|don't|doesn't|didn't|never|don't have|doesn't have|haven't|no more")
	between = phrases("太|大|很|再|会|是|有|出现|发生|明显|觉得|感到|感觉|怎么|任何|什么|啥|过|any|a|an|the|have|had|more|longer|really|been")
)

// denied tells whether one of these stands right before a token, or with a word between that leaves it a denial. 是不是 and 要不要 ask, and
// 睡不好头疼 and 不停咳嗽 deny nothing.
func denied(list []token, at int) bool {
	if deniedRight(list, at) {
		return true
	}
	return slices.ContainsFunc(between, func(p phrase) bool {
		start := at - len(p)
		return start >= 0 && p.at(list, start, false) && list[start].clause == list[at].clause && deniedRight(list, start)
	})
}

func deniedRight(list []token, at int) bool {
	return slices.ContainsFunc(no, func(p phrase) bool {
		start := at - len(p)
		return start >= 0 && p.at(list, start, false) && (at == len(list) || list[start].clause == list[at].clause) && !asked(list, start)
	})
}

// asked tells whether a token that denies stands between two that are alike, as it does in questions: 有没有, 是不是, 能不能.
func asked(list []token, at int) bool {
	return at > 0 && at+1 < len(list) && list[at].han() && list[at-1].text == list[at+1].text
}

// words gives what a person typed between the first and the last token of a symptom.
func words(text string, list []token, places []int) string {
	first, last := list[places[0]], list[places[len(places)-1]]
	return strings.TrimSpace(text[first.at : last.at+len(last.words)])
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
