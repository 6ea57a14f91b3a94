package hanzi

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// Readings gives how a character may be read, without tones; what is no Chinese character is read as it is. It reads the
// library's dictionary itself: the library's own way to take tones off costs a regular expression each time, which is most of what
// it takes to know a directory or the complaints of triage.
func Readings(r rune) []string {
	found, ok := pinyin.PinyinDict[int(r)]
	if !ok {
		return []string{string(r)}
	}
	var list []string // the commonest first
	for reading := range strings.SplitSeq(strings.Map(toneless, found), ",") {
		if !slices.Contains(list, reading) {
			list = append(list, reading)
		}
	}
	return list
}

// toneless takes the mark of a tone off a vowel, and writes ü as it is typed.
func toneless(r rune) rune {
	switch r {
	case 'ā', 'á', 'ǎ', 'à':
		return 'a'
	case 'ē', 'é', 'ě', 'è', 'ê', 'ế', 'ề':
		return 'e'
	case 'ī', 'í', 'ǐ', 'ì':
		return 'i'
	case 'ō', 'ó', 'ǒ', 'ò':
		return 'o'
	case 'ū', 'ú', 'ǔ', 'ù':
		return 'u'
	case 'ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ':
		return 'v'
	case 'ń', 'ň', 'ǹ':
		return 'n'
	case 'ḿ':
		return 'm'
	}
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}
