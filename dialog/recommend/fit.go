package recommend

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed specialities.tsv
var specialities string

// matter is a line of specialities.tsv: what a speciality may say, and the symptoms that are its matter.
type matter struct {
	words    []string // in lower case; any of them
	symptoms []string
}

var matters = sync.OnceValue(func() []matter {
	var list []matter
	for line := range strings.Lines(specialities) {
		if words, symptoms, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && words != "words" {
			list = append(list, matter{strings.Split(words, "|"), strings.Fields(symptoms)})
		}
	}
	return list
})

// Symptoms lists those that some speciality treats, sorted.
func Symptoms() []string {
	var list []string
	for _, m := range matters() {
		list = append(list, m.symptoms...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Match is how a speciality fits what was said.
type Match struct {
	Share float64  // of what was said, 0 to 1
	Items []string // of the speciality, as it is written, that match
}

// Fit compares a doctor's speciality with a complaint: the words that were said and the symptoms that triage heard in them. The speciality is
// given as it is shown and in the other language; items come from the first.
func Fit(shown, other, said string, symptoms []string) Match {
	both, said := strings.ToLower(shown+"\n"+other), strings.ToLower(said)
	var mine []matter // of this speciality
	for _, m := range matters() {
		if m.in(both) {
			mine = append(mine, m)
		}
	}
	heard, covered := 0, map[string]bool{}
	for i, symptom := range symptoms {
		if slices.Contains(symptoms[:i], symptom) || !slices.ContainsFunc(matters(), func(m matter) bool { return slices.Contains(m.symptoms, symptom) }) {
			continue
		}
		heard++
		if slices.ContainsFunc(mine, func(m matter) bool { return slices.Contains(m.symptoms, symptom) }) {
			covered[symptom] = true
		}
	}
	var match Match
	for _, item := range items(shown) {
		matches := slices.ContainsFunc(mine, func(m matter) bool {
			return m.in(strings.ToLower(item)) && slices.ContainsFunc(m.symptoms, func(s string) bool { return covered[s] })
		})
		if matches || names(said, strings.ToLower(item)) {
			match.Items = append(match.Items, item)
		}
	}
	hits := len(covered)
	if hits == 0 && slices.ContainsFunc(items(both), func(item string) bool { return names(said, item) }) {
		hits, heard = 1, max(heard, 1)
	}
	if hits > 0 {
		match.Share = float64(hits) / float64(heard)
	}
	return match
}

func (m matter) in(text string) bool {
	return slices.ContainsFunc(m.words, func(word string) bool { return strings.Contains(text, word) })
}

// items are the parts of a speciality, as people write lists in Chinese and English.
func items(speciality string) []string {
	var list []string
	for _, part := range strings.FieldsFunc(speciality, func(r rune) bool { return strings.ContainsRune("、，,；;。\n", r) }) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// names tells whether something that was said names an item outright, and does not deny it. Both are in lower case.
func names(said, item string) bool {
	if len(item) < 4 { // 疝 and flu stand in too many words
		return false
	}
	for _, clause := range strings.FieldsFunc(said, func(r rune) bool { return strings.ContainsRune("，。；！？,.;!?\n", r) }) {
		if before, _, is := strings.Cut(clause, item); is && !denies(before) {
			return true
		}
	}
	return false
}

// denies tells whether the beginning of a clause denies what follows.
func denies(before string) bool {
	for _, word := range []string{"没", "不", "无", "未", "no ", "not ", "never ", "without ", "n't "} {
		if strings.Contains(before, word) {
			return true
		}
	}
	return false
}
