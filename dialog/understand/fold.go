package understand

import (
	"embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"guahao/dialog/hanzi"
)

//go:embed grammar
var grammarFiles embed.FS

// Clean removes what cannot be seen from a typed line: control characters, zero-width marks, variation selectors.
func Clean(s string) string {
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

// Narrow turns full-width letters, digits and signs into the ordinary ones.
func Narrow(s string) string {
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

// Fold brings a typed line into the form in which words are compared: visible, narrow, in lower case, without the
// punctuation around it.
func Fold(s string) string {
	s = strings.ToLower(Narrow(Clean(s)))
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(".,!?;:~-_\"'“”‘’「」『』【】《》<>…·*`", r)
	})
}

// Tight is Fold without any space, for words in Chinese that were typed with spaces between.
func Tight(s string) string { return strings.ReplaceAll(Fold(s), " ", "") }

// plain is the form in which sentences are read and the names of the directory are kept: folded, simplified, with a space only
// where one separates two Latin words.
func plain(text string) string {
	text = hanzi.Simplify(strings.ToLower(Narrow(Clean(text))))
	var b strings.Builder
	b.Grow(len(text))
	before := rune(0)
	for i, r := range text {
		if r == ' ' {
			next, _ := utf8.DecodeRuneInString(text[i+1:])
			if !wordy(before) || !wordy(next) {
				continue
			}
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// wordy tells that a character is part of a word that is set off by spaces.
func wordy(r rune) bool { return r < 0x2e80 && r != 0 }

// letterOrDigit tells that a character says something.
func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
