package understand

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"guahao/booking"
)

const (
	maxRead  = 600 // bytes of a plain sentence that are looked at
	maxTyped = 240 // bytes up to which typing errors are looked for
	maxSound = 5   // Latin words that together may be the pinyin of one name
)

// Read says what a sentence means on a day, by the directory. Where the words fit places in several hospitals, those in the hospital
// that is chosen already, here, are meant.
func (r *Reader) Read(line string, today booking.Date, d *Directory, here booking.HospitalID) Meaning {
	if want := r.Word(line); want != "" {
		return Meaning{Intent: want}
	}
	text := plain(line)
	if len(text) > maxRead {
		text = text[:maxRead]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	spans := r.spans(text, today, d)
	chosen := cover(text, spans)
	if len(text) <= maxTyped {
		if fixed := r.typos(text, today, chosen, d); len(fixed) > 0 {
			chosen = cover(text, append(spans, fixed...))
		}
	}
	return r.assemble(text, today, chosen, d, here)
}

// spans finds everything that a stretch of the sentence may be.
func (r *Reader) spans(text string, today booking.Date, d *Directory) []span {
	spans := whenSpans(text, today)
	longest := max(r.longest, d.longest)
	for from := range text {
		if !beginsWord(text, from) {
			continue
		}
		for to := from; to < len(text) && to-from < longest; {
			_, size := utf8.DecodeRuneInString(text[to:])
			to += size
			if endsWord(text, to) {
				spans = append(spans, r.meanings(text, from, to, d)...)
			}
		}
	}
	spans = append(spans, r.addressed(text, d)...)
	return append(spans, r.spoken(text, today, d)...)
}

// meanings gives what one stretch may be.
func (r *Reader) meanings(text string, from, to int, d *Directory) []span {
	word := text[from:to]
	var spans []span
	if s, ok := r.phrases[word]; ok {
		s.from, s.to, s.weight = from, to, weighsWord
		if s.kind <= isBetween {
			s.weight = weighsFiller
		}
		if s.kind == isWhom {
			s.whom.Word = word
		}
		spans = append(spans, s)
	}
	if m, weight := d.mentioned(word); weight > 0 {
		spans = append(spans, span{kind: isPlace, from: from, to: to, weight: weight, mention: m})
	}
	return spans
}

var doctorEN = regexp.MustCompile(`\b(?:dr\.?|doctor|prof\.?|professor) ?([a-z]+)\b`)

// addressed finds doctors by family name: 王医生, 李主任, Dr. Wang.
func (r *Reader) addressed(text string, d *Directory) []span {
	var spans []span
	for _, word := range r.doctors {
		for at := 0; ; {
			i := strings.Index(text[at:], word)
			if i < 0 {
				break
			}
			at += i
			_, size := utf8.DecodeLastRuneInString(text[:at])
			_, before := utf8.DecodeLastRuneInString(text[:at-size])
			for _, from := range []int{at - size, at - size - before} {
				if places := d.surnames[text[from:at]]; from < at && len(places) > 0 {
					spans = append(spans, span{kind: isPlace, from: from, to: at + len(word), weight: weighsWord, mention: mention{word: text[from:at], named: places}})
				}
			}
			at += len(word)
		}
	}
	for _, at := range doctorEN.FindAllStringSubmatchIndex(text, -1) {
		if places := d.surnames[text[at[2]:at[3]]]; len(places) > 0 {
			spans = append(spans, span{kind: isPlace, from: at[0], to: at[3], weight: weighsWord, mention: mention{word: text[at[2]:at[3]], named: places}})
		}
	}
	return spans
}

// assemble puts together what the spans of a sentence say.
func (r *Reader) assemble(text string, today booking.Date, chosen []span, d *Directory, here booking.HospitalID) Meaning {
	a := assembly{text: text}
	for i := range chosen {
		a.take(chosen, i)
	}
	m := a.meaning(today)
	m.Places, m.Clash = d.resolve(a.mentions, m.Whom.Relation == booking.Child, here)
	var named []string
	for _, mention := range a.mentions {
		named = append(named, mention.word)
	}
	m.Named = strings.Join(named, " ")
	m.Complained = m.Kind == "" && m.Title == "" && complained(a.mentions) // a specialist is asked for by what they are good at
	m.Intent = a.intent(m)
	if len(m.Places) == 0 && a.doubtful() {
		return Meaning{} // a few words by chance in what is about something else
	}
	return m
}
