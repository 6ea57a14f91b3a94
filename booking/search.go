package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/width"
)

// MatchKind says what was found.
type MatchKind string

// The kinds of matches.
const (
	MatchHospital   MatchKind = "hospital"
	MatchDepartment MatchKind = "department"
	MatchDoctor     MatchKind = "doctor"
)

// Match is one thing that a typed text may mean.
type Match struct {
	Kind       MatchKind
	Hospital   HospitalID
	Department DepartmentID // of departments and doctors
	Doctor     DoctorID     // of doctors
	Leaf       bool         // of departments: has doctors itself
	Name       Text
	Within     Text // where it is: "华山路总医院 · 心内科"
	Exact      bool // the text is its whole name or alias, not a part of one
}

// maxMatches is how many Find lists.
const maxMatches = 20

// entry is something that can be found, with the words by which it can be.
type entry struct {
	match Match
	words []phrase // folded names and aliases
	sound []phrase // full pinyin and initials of those
}

// phrase is a folded text that remembers where its words began; each Chinese character is a word.
type phrase struct {
	text   string
	starts []int
}

func newPhrase(text string) phrase {
	var p phrase
	var folded strings.Builder
	begins := true
	for _, r := range width.Fold.String(text) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			begins = true
			continue
		}
		if begins || r > unicode.MaxASCII {
			p.starts = append(p.starts, folded.Len())
		}
		folded.WriteRune(unicode.ToLower(r))
		begins = r > unicode.MaxASCII
	}
	p.text = folded.String()
	return p
}

// begins tells whether one of the phrase's words begins with the query.
func (p phrase) begins(query string) bool {
	return slices.ContainsFunc(p.starts, func(at int) bool { return strings.HasPrefix(p.text[at:], query) })
}

// holds tells whether a name stands in the phrase, in whole words.
func (p phrase) holds(name string) bool {
	return slices.ContainsFunc(p.starts, func(at int) bool {
		end := at + len(name)
		return strings.HasPrefix(p.text[at:], name) && (end == len(p.text) || slices.Contains(p.starts, end))
	})
}

// How well a text fits, best first.
const (
	fitsName = iota
	fitsSound
	beginsName
	beginsSound
	withinName
	withinSound
	fitsNot
)

// Find lists what a typed text may mean, in a hospital or (0) in all: hospitals, departments and doctors by name, alias, full
// pinyin or its initials; whole names first, then beginnings, then parts.
func (s *Store) Find(ctx context.Context, hospital HospitalID, text string) ([]Match, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	query := fold(text)
	if query == "" || len(query) > 100 {
		return nil, nil
	}
	type ranked struct {
		rank  int
		match Match
	}
	var list []ranked
	for _, e := range d.index {
		if hospital != 0 && e.match.Hospital != hospital {
			continue
		}
		if rank := e.fits(query); rank < fitsNot {
			match := e.match
			match.Exact = rank == fitsName
			list = append(list, ranked{rank, match})
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	matches := make([]Match, 0, maxMatches)
	for _, r := range list[:min(len(list), maxMatches)] {
		matches = append(matches, r.match)
	}
	return matches, nil
}

func (e entry) fits(query string) int {
	rank := fitsNot
	for _, word := range e.words {
		rank = min(rank, fit(word, query, fitsName, beginsName, withinName))
	}
	if !latin(query) {
		return rank
	}
	for _, sound := range e.sound {
		within := fitsNot
		if len(query) >= 3 { // two letters are within the pinyin of half the city
			within = withinSound
		}
		rank = min(rank, fit(sound, query, fitsSound, beginsSound, within))
	}
	return rank
}

func fit(word phrase, query string, whole, begin, within int) int {
	switch {
	case word.text == query:
		return whole
	case strings.HasPrefix(word.text, query):
		return begin
	case word.begins(query) && (!latin(query) || len(query) >= 3): // "yes" is not in "Eyes"
		return within
	}
	return fitsNot
}

// The shortest names that are looked for in a sentence: shorter ones stand in half of all sentences.
const (
	shortestZH = 2 // characters
	shortestEN = 4 // letters
)

// Mentioned gives the longest name or alias that stands in a sentence, "" where there is none: what a person means who says
// more than the name. Find then finds it.
func (s *Store) Mentioned(ctx context.Context, text string) (string, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return "", err
	}
	sentence := newPhrase(text)
	if len(sentence.text) > 600 {
		return "", nil
	}
	longest := ""
	for _, e := range d.index {
		for _, word := range e.words {
			shortest := shortestZH
			if latin(word.text) {
				shortest = shortestEN
			}
			length := utf8.RuneCountInString(word.text)
			if length >= shortest && length > utf8.RuneCountInString(longest) && sentence.holds(word.text) {
				longest = word.text
			}
		}
	}
	return longest, nil
}

// fold makes texts comparable: half-width, lower case, letters and digits only.
func fold(text string) string { return newPhrase(text).text }

func latin(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// entries is the index over the directory: hospitals, then departments, then doctors.
func (d *directory) entries() []entry {
	var index []entry
	for _, h := range d.hospitals {
		m := Match{Kind: MatchHospital, Hospital: h.ID, Name: h.Name, Within: h.Level}
		index = append(index, newEntry(m, append([]string{h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN}, h.Aliases...)))
	}
	for _, p := range d.departments {
		m := Match{Kind: MatchDepartment, Hospital: p.Hospital, Department: p.ID, Leaf: p.Leaf, Name: p.Name, Within: d.hospital[p.Hospital].Short}
		index = append(index, newEntry(m, append([]string{p.Name.ZH, p.Name.EN, strings.TrimSuffix(p.Name.ZH, "科")}, p.Aliases...)))
	}
	for _, doctor := range d.doctors {
		within := Text{
			ZH: d.hospital[doctor.Hospital].Short.ZH + " · " + d.department[doctor.Department].Name.ZH,
			EN: d.hospital[doctor.Hospital].Short.EN + " · " + d.department[doctor.Department].Name.EN,
		}
		m := Match{Kind: MatchDoctor, Hospital: doctor.Hospital, Department: doctor.Department, Doctor: doctor.ID, Name: doctor.Name, Within: within}
		index = append(index, newEntry(m, []string{doctor.Name.ZH, doctor.Name.EN, doctor.Name.ZH + "医生"}))
	}
	return index
}

func newEntry(m Match, texts []string) entry {
	e := entry{match: m}
	for _, text := range texts {
		word := newPhrase(text)
		if word.text == "" || hasPhrase(e.words, word) {
			continue
		}
		e.words = append(e.words, word)
		for _, sound := range sounds(word.text) {
			if sound := newPhrase(sound); !hasPhrase(e.sound, sound) {
				e.sound = append(e.sound, sound)
			}
		}
	}
	return e
}

func hasPhrase(list []phrase, p phrase) bool {
	return slices.ContainsFunc(list, func(other phrase) bool { return other.text == p.text })
}

// maxReadings bounds the combinations of characters that can be read in several ways.
const maxReadings = 16

// sounds gives the pinyin of a word and its initials, in all readings of its characters, with spaces between the characters;
// none for a word without any.
func sounds(word string) []string {
	if latin(word) {
		return nil
	}
	args := pinyin.NewArgs()
	args.Heteronym = true
	args.Fallback = func(r rune, _ pinyin.Args) []string { return []string{string(r)} }
	full, initials := []string{""}, []string{""}
	for _, readings := range pinyin.Pinyin(word, args) {
		full, initials = extend(full, readings, func(s string) string { return s }), extend(initials, readings, initial)
	}
	return append(full, initials...)
}

func initial(reading string) string {
	_, size := utf8.DecodeRuneInString(reading)
	return reading[:size]
}

func extend(heads, readings []string, part func(string) string) []string {
	var list []string
	for _, head := range heads {
		for _, reading := range readings {
			if reading == "" {
				continue
			}
			if next := head + " " + part(reading); !slices.Contains(list, next) && len(list) < maxReadings {
				list = append(list, next)
			}
		}
	}
	return list
}
