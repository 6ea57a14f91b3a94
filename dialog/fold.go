package dialog

import (
	"strings"
	"unicode"
)

// hasLetter tells whether there is anything in a line that could be a word.
func hasLetter(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) >= 0 }

// clip cuts a text to n characters, with an ellipsis in place of the rest.
func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}

// width is the room that a text takes, where a Chinese character takes 2.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}
