package dialog

import (
	"strings"
	"unicode"
)

// clean removes what cannot be seen from a typed line: control characters, zero-width marks, variation selectors.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r),
			r == '\u20e3', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// narrow turns full-width letters, digits and signs into the ordinary ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		case r == '。', r == '｡':
			return '.'
		case r == '、', r == '､':
			return ','
		}
		return r
	}, s)
}

// fold brings a typed line into the form in which words are compared: visible, narrow, in lower case, without the
// punctuation around it.
func fold(s string) string {
	s = strings.ToLower(narrow(clean(s)))
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(".,!?;:~-_\"'“”‘’「」『』【】《》<>…·*`", r)
	})
}

// tight is fold without any space, for words in Chinese that were typed with spaces between.
func tight(s string) string { return strings.ReplaceAll(fold(s), " ", "") }

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
