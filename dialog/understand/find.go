package understand

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"guahao/booking"
	"guahao/dialog/hanzi"
)

// Found is one thing that a typed text may name.
type Found struct {
	Place
	Exact bool // the text is its whole name or alias, not a part of one
}

// maxFound is how many Find lists.
const maxFound = 20

// entry is something that can be found, with the words by which it can be.
type entry struct {
	place Place
	words []phrase // folded names and aliases
	sound []phrase // full pinyin and initials of those
}

// phrase is a folded text that remembers where its words began; each Chinese character is a word.
type phrase struct {
	text   string
	starts []int
}

func (r *Reader) phrase(text string) phrase {
	var p phrase
	var folded strings.Builder
	begins := true
	for _, c := range hanzi.Simplify(width.Fold.String(text)) {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			begins = true
			continue
		}
		if begins || c > unicode.MaxASCII {
			p.starts = append(p.starts, folded.Len())
		}
		folded.WriteRune(unicode.ToLower(c))
		begins = c > unicode.MaxASCII
	}
	p.text = folded.String()
	return p
}

// begins tells whether one of the phrase's words begins with the query.
func (p phrase) begins(query string) bool {
	return slices.ContainsFunc(p.starts, func(at int) bool { return strings.HasPrefix(p.text[at:], query) })
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

// Find lists what a typed text may name, in a hospital or (0) in all: hospitals, departments and doctors by name, alias, full
// pinyin or its initials; whole names first, then beginnings, then parts.
func (r *Reader) Find(d *Directory, hospital booking.HospitalID, text string) []Found {
	query := r.phrase(text).text
	if query == "" || len(query) > 100 {
		return nil
	}
	type ranked struct {
		rank  int
		found Found
	}
	var list []ranked
	for _, e := range d.index {
		if hospital != 0 && e.place.Hospital != hospital {
			continue
		}
		if rank := e.fits(query); rank < fitsNot {
			list = append(list, ranked{rank, Found{Place: e.place, Exact: rank == fitsName}})
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	found := make([]Found, 0, maxFound)
	for _, r := range list[:min(len(list), maxFound)] {
		found = append(found, r.found)
	}
	return found
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

// entries is the index over the directory: hospitals, then departments, then doctors.
func (r *Reader) entries(from booking.Directory) []entry {
	var index []entry
	for _, h := range from.Hospitals {
		index = append(index, r.entry(Place{Hospital: h.ID}, append([]string{h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN}, h.Aliases...)))
	}
	for _, p := range from.Departments {
		at := Place{Hospital: p.Hospital, Department: p.ID}
		index = append(index, r.entry(at, append([]string{p.Name.ZH, p.Name.EN, strings.TrimSuffix(p.Name.ZH, "科")}, p.Aliases...)))
	}
	for _, doctor := range from.Doctors {
		at := Place{Hospital: doctor.Hospital, Department: doctor.Department, Doctor: doctor.ID}
		index = append(index, r.entry(at, []string{doctor.Name.ZH, doctor.Name.EN, doctor.Name.ZH + "医生"}))
	}
	return index
}

func (r *Reader) entry(at Place, texts []string) entry {
	e := entry{place: at}
	for _, text := range texts {
		word := r.phrase(text)
		if word.text == "" || hasPhrase(e.words, word) {
			continue
		}
		e.words = append(e.words, word)
		full, initials := sounds(word.text)
		for _, sound := range append(full, initials...) {
			if sound := r.phrase(sound); !hasPhrase(e.sound, sound) {
				e.sound = append(e.sound, sound)
			}
		}
	}
	return e
}

func hasPhrase(list []phrase, p phrase) bool {
	return slices.ContainsFunc(list, func(other phrase) bool { return other.text == p.text })
}

// Best gives the places that were found by their whole name; where there is none, all of them.
func Best(found []Found) []Place {
	var exact, all []Place
	for _, f := range found {
		all = append(all, f.Place)
		if f.Exact {
			exact = append(exact, f.Place)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return all
}
