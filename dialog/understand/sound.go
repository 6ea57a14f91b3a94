package understand

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"guahao/booking"
	"guahao/dialog/hanzi"
)

// maxReadings bounds the combinations of characters that can be read in several ways.
const maxReadings = 16

// sounds gives the pinyin of a word and its initials, in all readings of its characters, with spaces between the characters;
// none for a word without any.
func sounds(word string) (full, initials []string) {
	if latin(word) {
		return nil, nil
	}
	full, initials = []string{""}, []string{""}
	for _, r := range word {
		readings := hanzi.Readings(r)
		full, initials = extend(full, readings, func(s string) string { return s }), extend(initials, readings, initial)
	}
	return full, initials
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

// addSounds lets everything that has a Chinese name be found by its pinyin, and by the initials of that.
func (d *Directory) addSounds() {
	for what, names := range []map[string][]Place{d.names, d.plaints} {
		for name, places := range names {
			full, initials := sounds(name)
			for _, sound := range full {
				addPlaces(d.sounds, strings.ReplaceAll(sound, " ", ""), places)
			}
			if what == 1 { // what people complain of is never put into initials
				continue
			}
			for _, sound := range initials {
				addPlaces(d.initials, strings.ReplaceAll(sound, " ", ""), places)
			}
		}
	}
}

// spoken finds names that were typed in pinyin, in one word or one for each character, or by initials.
func (r *Reader) spoken(text string, today booking.Date, d *Directory) []span {
	var spans []span
	var words [][2]int
	for at := 0; at < len(text); {
		if text[at] < 'a' || text[at] > 'z' {
			at++
			continue
		}
		to := at
		for to < len(text) && text[to] >= 'a' && text[to] <= 'z' {
			to++
		}
		words = append(words, [2]int{at, to})
		at = to
	}
	for i := range words {
		for j := i; j < min(len(words), i+maxSound); j++ {
			from, to := words[i][0], words[j][1]
			if j > i && strings.TrimFunc(text[words[j-1][1]:words[j][0]], unicode.IsSpace) != "" {
				break
			}
			word := strings.ReplaceAll(text[from:to], " ", "")
			places := d.sounds[word]
			if len(places) == 0 && j == i {
				places = d.initials[word]
			}
			if when := r.sounds[word]; when != "" {
				spans = append(spans, r.whenAs(when, from, to, weighsSound, today)...)
			}
			if len(places) > 0 {
				spans = append(spans, span{kind: isPlace, from: from, to: to, weight: weighsSound, mention: mention{word: word, named: places}})
			}
		}
	}
	return spans
}
