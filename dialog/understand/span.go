package understand

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"guahao/booking"
)

// kind is what a stretch of a sentence is.
type kind int

const (
	isUnknown kind = iota
	isFiller       // says nothing
	isWeak         // a verb like 看, which asks for a booking only beside something to book
	isBetween      // stands between the first and the last of a range
	isNot          // takes what follows back
	isElse         // is about something that we do not do
	isDay
	isHalf
	isTime
	isClinic
	isTitle
	isAny
	isWhom
	isIntent
	isPlace
)

// span is a stretch of a sentence and what it means.
type span struct {
	kind     kind
	from, to int // bytes of the plain sentence
	weight   int // how much each of its characters counts

	first, last booking.Date
	partial     bool // a day without its month, which a day before it may have
	halves      booking.Halves
	minute      int
	clinic      booking.ClinicKind
	title       booking.Title
	whom        Whom
	intent      Intent
	mention     mention
}

// Weights for each character of a span: what is written as it stands counts more than what only sounds or looks like it, and
// what says something more than what does not.
const (
	weighsWord   = 20
	weighsFiller = 18
	weighsSound  = 16
	weighsTopic  = 15
	weighsTypo   = 12
	costsSpan    = 6 // of each span: one long word is likelier than two short ones
)

func (s span) worth(text string) int {
	return s.weight*utf8.RuneCountInString(text[s.from:s.to]) - costsSpan
}

// cover chooses the spans, none over another, that together explain most of a sentence. They come in the order of the sentence,
// with what nothing explains between them.
func cover(text string, spans []span) []span {
	ends := make([][]span, len(text)+1)
	for _, s := range spans {
		ends[s.to] = append(ends[s.to], s)
	}
	best := make([]int, len(text)+1)
	last := make([]*span, len(text)+1)
	for at := 1; at <= len(text); at++ {
		best[at] = best[at-1]
		for i, s := range ends[at] {
			if worth := best[s.from] + s.worth(text); worth > best[at] {
				best[at], last[at] = worth, &ends[at][i]
			}
		}
	}
	var chosen []span
	for at := len(text); at > 0; {
		s := last[at]
		if s == nil {
			to := at
			for at > 0 && last[at] == nil {
				at--
			}
			chosen = append(chosen, span{kind: isUnknown, from: at, to: to})
			continue
		}
		chosen = append(chosen, *s)
		at = s.from
	}
	slices.Reverse(chosen)
	return chosen
}

// starts and ends of words: a Latin word is found whole, a Chinese one anywhere.
func beginsWord(text string, at int) bool {
	if at == 0 {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	here, _ := utf8.DecodeRuneInString(text[at:])
	return !latinLetter(before) || !latinLetter(here)
}

func endsWord(text string, at int) bool {
	return at == len(text) || beginsWord(text, at)
}

func latinLetter(r rune) bool { return r < 0x2e80 && unicode.IsLetter(r) }

func latin(text string) bool {
	for _, r := range text {
		if r > unicode.MaxASCII {
			return false
		}
	}
	return true
}

// sayings counts what a text says: a Chinese character is 1, a Latin word or a number 2.
func sayings(text string) int {
	n, within := 0, false
	for _, r := range text {
		switch {
		case !letterOrDigit(r):
			within = false
		case r >= 0x2e80:
			n++
			within = false
		case !within:
			n += 2
			within = true
		}
	}
	return n
}
