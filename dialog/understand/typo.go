package understand

import (
	"strings"
	"unicode/utf8"

	"guahao/booking"
	"guahao/dialog/hanzi"
)

// The shortest words in which a typing error is looked for: in shorter ones every word is like every other.
const (
	shortestZH = 3 // characters; of two, one may be another that sounds the same
	shortestEN = 5 // letters
	longestEN  = 30
	windowZH   = 8 // characters
)

// blurs finds words that were typed with one error. Its keys are words with one character put out (*) or left out.
type blurs map[string][]string

// add makes a word ready to be found.
func (b blurs) add(word string) {
	runes := []rune(word)
	if latin(word) && (len(runes) < shortestEN || len(runes) > longestEN) || len(runes) < 2 || len(runes) > longestEN {
		return
	}
	for i := range runes {
		b.note(blurred(runes, i, "*"), word)
		if latin(word) || len(runes) > shortestZH {
			b.note(blurred(runes, i, ""), word)
		}
	}
}

func (b blurs) note(key, word string) {
	for _, there := range b[key] {
		if there == word {
			return
		}
	}
	b[key] = append(b[key], word)
}

// blurred is a word with another text in place of its character i.
func blurred(runes []rune, i int, instead string) string {
	return string(runes[:i]) + instead + string(runes[i+1:])
}

// like gives the words from which a typed one differs by one error: another character, one too many, one too few, or two in the
// wrong order.
func (b blurs) like(typed string) []string {
	runes := []rune(typed)
	if len(runes) < 2 || (latin(typed) && (len(runes) < shortestEN-1 || len(runes) > longestEN)) {
		return nil
	}
	var list []string
	keep := func(words []string, fits func(string) bool) {
		for _, word := range words {
			if word != typed && latin(word) == latin(typed) && fits(word) {
				list = append(list, word)
			}
		}
	}
	for i := range runes {
		keep(b[blurred(runes, i, "*")], func(word string) bool { return substitutes(word, runes, i) })
		if len(runes) > shortestZH {
			without := blurred(runes, i, "")
			keep(b[blurred([]rune(without), 0, "*")], func(word string) bool { return word == without })
		}
		if i > 0 && len(runes) >= shortestZH && runes[i] != runes[i-1] {
			swapped := []rune(typed)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			turned := string(swapped)
			keep(b[blurred(swapped, 0, "*")], func(word string) bool { return word == turned })
		}
	}
	keep(b[typed], func(word string) bool { return utf8.RuneCountInString(word) == len(runes)+1 })
	return list
}

// substitutes tells whether the character that was typed at i may stand for the one that the word has there. In a word of two
// characters it has to sound the same.
func substitutes(word string, typed []rune, i int) bool {
	meant := []rune(word)
	if len(meant) != len(typed) {
		return false
	}
	if len(meant) >= shortestZH {
		return true
	}
	return soundsSame(meant[i], typed[i])
}

func soundsSame(a, b rune) bool {
	for _, x := range hanzi.Readings(a) {
		for _, y := range hanzi.Readings(b) {
			if x == y {
				return true
			}
		}
	}
	return false
}

// typos finds words with one typing error in and around what the sentence has left unexplained.
func (r *Reader) typos(text string, today booking.Date, chosen []span, d *Directory) []span {
	var spans []span
	for i := 0; i < len(chosen); i++ {
		from, open := chosen[i].from, false
		for i < len(chosen) && chosen[i].kind <= isBetween {
			open = open || (chosen[i].kind == isUnknown && sayings(text[chosen[i].from:chosen[i].to]) > 0)
			i++
		}
		if !open {
			continue
		}
		to := len(text)
		if i < len(chosen) {
			to = chosen[i].from
		}
		spans = append(spans, r.typosIn(text, from, to, today, d)...)
	}
	return spans
}

// typosIn tries each stretch of a part of the sentence.
func (r *Reader) typosIn(text string, from, to int, today booking.Date, d *Directory) []span {
	var spans []span
	for a := from; a < to; a++ {
		if !utf8.RuneStart(text[a]) || !beginsWord(text, a) {
			continue
		}
		for b, n := a, 0; b < to; {
			_, size := utf8.DecodeRuneInString(text[b:])
			b += size
			if n++; n > longestEN || (n > windowZH && !latin(text[a:b])) {
				break
			}
			if n < 2 || !endsWord(text, b) {
				continue
			}
			spans = append(spans, r.meant(text[a:b], a, b, today, d)...)
		}
	}
	return spans
}

// meant gives what a stretch may be with one error put right.
func (r *Reader) meant(typed string, from, to int, today booking.Date, d *Directory) []span {
	var spans []span
	for _, word := range r.blurs.like(typed) {
		spans = append(spans, r.whenAs(word, from, to, weighsTypo, today)...)
	}
	var all mention
	for _, word := range d.blurs.like(typed) {
		m, _ := d.mentioned(word)
		if m.person() && !likeName(word, typed) {
			continue
		}
		all.word, all.named, all.plaints = word, append(all.named, m.named...), append(all.plaints, m.plaints...)
	}
	if len(all.named) > 0 || len(all.plaints) > 0 {
		all.named, all.plaints = unique(all.named), unique(all.plaints)
		spans = append(spans, span{kind: isPlace, from: from, to: to, weight: weighsTypo, mention: all})
	}
	return spans
}

// likeName tells whether a Chinese name was typed with a character that sounds the same: another one makes another person of it.
func likeName(name, typed string) bool {
	if latin(name) {
		return true
	}
	a, b := []rune(name), []rune(typed)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !soundsSame(a[i], b[i]) {
			return false
		}
	}
	return true
}

// addBlurs makes the names ready to be found with an error in them.
func (d *Directory) addBlurs() {
	for _, names := range []map[string][]Place{d.names, d.plaints} {
		for name := range names {
			if !strings.ContainsAny(name, "*") {
				d.blurs.add(name)
			}
		}
	}
}

// whenAs reads a stretch as another word, for a day or a half of it.
func (r *Reader) whenAs(word string, from, to, weight int, today booking.Date) []span {
	var spans []span
	for _, s := range append(whenSpans(word, today), r.meanings(word, 0, len(word), &Directory{})...) {
		if s.from == 0 && s.to == len(word) && (s.kind == isDay || s.kind == isHalf) {
			s.from, s.to, s.weight = from, to, weight
			spans = append(spans, s)
		}
	}
	return spans
}
