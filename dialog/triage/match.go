package triage

import (
	"cmp"
	"slices"
	"strings"
)

// farthest is how many tokens may lie between the parts of an expression.
const farthest = 8

// broadly is how much a broad symptom counts against others.
const broadly = 0.6

// found is a symptom that a text speaks of.
type found struct {
	symptom  *symptom
	places   []int // the tokens that say it, rising
	denied   bool
	loose    bool    // by its sound, or with a wrong letter
	strength float64 // how much it counts
}

// strengthOf is how much a symptom counts by the words that say it: a part of the body alone, a single character or a pair of them tell less than a phrase.
func strengthOf(list []token, places []int) float64 {
	parts, characters := 0, 0
	for _, at := range places {
		if list[at].part {
			parts++
		}
		if list[at].han() {
			characters++
		}
	}
	switch {
	case parts == len(places):
		return 0.5
	case characters == 1:
		return 0.6
	case characters == 2, characters == 0 && len(places) == 1:
		return 0.85
	}
	return 1
}

// read finds the symptoms of a text. Of several that use the same tokens the one with the most stays. Only in a clause that says nothing
// as it is written a typing error is looked for: anything sounds like something.
func (k *Knowledge) read(list []token) []found {
	all := k.search(list, false)
	said := map[int]bool{}
	for _, f := range all {
		said[list[f.places[0]].clause] = true
	}
	for _, f := range k.search(list, true) {
		if !said[list[f.places[0]].clause] {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(len(b.places), len(a.places)), compareBools(a.symptom.broad, b.symptom.broad), cmp.Compare(extent(a.places), extent(b.places)))
	})
	var kept []found
	for _, f := range all {
		if f.stands(kept) {
			f.strength = strengthOf(list, f.places)
			if f.symptom.broad {
				f.strength *= broadly
			}
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b found) int { return cmp.Compare(a.places[0], b.places[0]) })
	return kept
}

// extent is how far apart the first and the last token of a symptom are.
func extent(places []int) int { return places[len(places)-1] - places[0] }

// search finds every expression that a text has, as it is written or loosely.
func (k *Knowledge) search(list []token, loose bool) []found {
	var all []found
	for at := range list {
		for _, w := range k.waysAt(list[at], loose) {
			if places, denied := w.in(list, at, loose, k.parts); places != nil {
				all = append(all, found{symptom: w.symptom, places: places, denied: denied, loose: loose})
			}
		}
	}
	return all
}

// way is one phrase of the first group of an expression, under its first token in the index of the knowledge.
type way struct {
	symptom *symptom
	phrase  phrase
	rest    expression
}

// index files the ways to say every symptom: as written, and by sound or first letter.
func (k *Knowledge) index() {
	k.written, k.sounding = map[string][]way{}, map[string][]way{}
	for i := range k.symptoms {
		s := &k.symptoms[i]
		for _, e := range s.expressions {
			for _, p := range e[0] {
				w := way{symptom: s, phrase: p, rest: e[1:]}
				k.written[p[0].text] = append(k.written[p[0].text], w)
				k.sounding[p[0].loosely()] = append(k.sounding[p[0].loosely()], w)
			}
		}
	}
}

func (k *Knowledge) waysAt(t token, loose bool) []way {
	if loose {
		return k.sounding[t.loosely()]
	}
	return k.written[t.text]
}

// in finds the tokens that say an expression whose first part stands at a token: one phrase of each group, in one clause, near each
// other, in any order. It is denied where one of the parts is: 头不晕, no pain in the chest.
func (w way) in(list []token, at int, loose bool, parts []phrase) (places []int, isDenied bool) {
	if !w.phrase.at(list, at, loose) {
		return nil, false
	}
	places = span(at, w.phrase)
	isDenied = denied(list, at) || deniedAfter(list, at+len(w.phrase))
	for _, group := range w.rest {
		there, p := nearest(list, group, at, loose, parts)
		if p == nil {
			return nil, false
		}
		places = append(places, span(there, p)...)
		isDenied = isDenied || denied(list, there)
	}
	slices.Sort(places)
	return slices.Compact(places), isDenied
}

func span(at int, p phrase) []int {
	places := make([]int, len(p))
	for i := range p {
		places[i] = at + i
	}
	return places
}

// nearest finds the phrase of a group that stands nearest to a token, of those at the same distance the longest. Where another part of
// the body stands between, they do not belong together: 膝盖疼头晕.
func nearest(list []token, group []phrase, at int, loose bool, parts []phrase) (int, phrase) {
	for distance := 0; distance <= farthest; distance++ {
		var best phrase
		where := 0
		for _, there := range []int{at + distance, at - distance} {
			if there < 0 || there >= len(list) || list[there].clause != list[at].clause {
				continue
			}
			for _, p := range group {
				if len(p) > len(best) && p.at(list, there, loose && len(p) > 1) {
					best, where = p, there
				}
			}
		}
		if best != nil {
			if parted(list, min(at, where), max(at, where), parts) {
				return 0, nil
			}
			return where, best
		}
	}
	return 0, nil
}

// joining are words that hold two parts of the body together: 脖子和肩膀疼.
var joining = phrases("和|跟|与|及|连|连着|带|到|还有|以及|加|and|or")

// parted tells whether another part of the body begins between two tokens, and is not joined to the first.
func parted(list []token, from, to int, parts []phrase) bool {
	if from+1 >= to || !anyAt(list, from, parts) {
		return false
	}
	other := false
	for at := from + 1; at < to; at++ {
		if anyAt(list, at, joining) {
			return false
		}
		other = other || (!list[at-1].part && list[at].part)
	}
	return other
}

func anyAt(list []token, at int, of []phrase) bool {
	return slices.ContainsFunc(of, func(p phrase) bool { return p.at(list, at, false) })
}

// stands tells whether something that was found says more than what is kept already: another symptom may use some of the same
// tokens when it says as much by as many, but never fewer of them only, unless the other is a broad one. What only sounds alike must have tokens of its own.
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
		case f.loose, shared == len(f.places) && len(f.places) < len(other.places) && (f.symptom.broad || !other.symptom.broad):
			return false
		}
	}
	return true
}

// at tells whether a phrase stands at a token. One character by its sound would be anything, so a single one must be exact, and the first of two: 一直 is no 移植.
// A single character that is part of another word is none of its own: 头 in 石头.
func (p phrase) at(list []token, at int, loose bool) bool {
	if at+len(p) > len(list) || (len(p) == 1 && p[0].han() && (loose || list[at].hidden)) {
		return false
	}
	for i, want := range p {
		got := list[at+i]
		if got.clause != list[at].clause || !alike(want, got, loose) {
			return false
		}
	}
	return !loose || len(p) != 2 || !p[0].han() || p[0].text == list[at].text
}

// mark tells which tokens are a part of the body, and which belong to a longer word.
func (k *Knowledge) mark(list []token) {
	for at := 0; at < len(list); {
		whole, part := longest(list, at, k.wholes), longest(list, at, k.parts)
		for i := at; i < at+max(whole, part); i++ {
			list[i].part = part >= whole && part > 0
			list[i].hidden = whole > 1 && whole >= part
		}
		at += max(whole, part, 1)
	}
}

// longest gives how many tokens the longest of some phrases takes at a place; 0 where none stands there.
func longest(list []token, at int, of []phrase) int {
	most := 0
	for _, p := range of {
		if len(p) > most && p.at(list, at, false) {
			most = len(p)
		}
	}
	return most
}

// no are the words before a symptom that deny it, and between what may stand between them and it.
var (
	no      = phrases("不|没|没有|没再|无|未|冇|唔|不是|不会|no|not|without|don't|doesn't|didn't|never|don't have|doesn't have|haven't|no more|isn't|aren't|wasn't")
	between = phrases("太|大|很|再|会|是|有|出现|发生|明显|觉得|感到|感觉|怎么|任何|什么|啥|过|any|a|an|the|have|had|more|longer|really|been")
	// fine is what says after a part of the body that nothing is wrong with it: 脚不疼, bowels are fine.
	fine = phrases("不疼|不痛|不肿|不痒|不麻|不晕|不红|不响|不高|不烧|没事|正常|没问题|都正常|是正常|都好|也好|都好好的|阴性|没感觉|不难受|is fine|are fine|is normal|are normal|is ok|are ok|is clear|negative|normal|was normal|were normal|were fine|was fine|也不疼|也不痛|倒不疼|都不疼|也正常|也没事|又没事|冇事|唔痛")
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

// deniedAfter tells whether it is said right behind a symptom that it is none.
func deniedAfter(list []token, at int) bool {
	return at > 0 && at < len(list) && list[at].clause == list[at-1].clause && anyAt(list, at, fine)
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
