// Package hanzi knows Chinese characters: the simplified one for a traditional one, and how one is read. It is pure, and never changed.
package hanzi

import (
	_ "embed"
	"strings"
	"sync"
)

// The pairs of traditional.txt: it is a list of what people say about days, doctors and illness, and of family names.
//
//go:embed traditional.txt
var pairs string

var simplified = sync.OnceValue(func() map[rune]rune {
	list := map[rune]rune{}
	for line := range strings.Lines(pairs) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for pair := range strings.FieldsSeq(line) {
			runes := []rune(pair)
			list[runes[0]] = runes[1]
		}
	}
	return list
})

// Simplify turns traditional characters into simplified ones, one for one. Everything else stays.
func Simplify(text string) string {
	list := simplified()
	return strings.Map(func(r rune) rune {
		if simple, ok := list[r]; ok {
			return simple
		}
		return r
	}, text)
}
