package triage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"guahao/dialog/hanzi"
)

// token is a Chinese character or a Latin word.
type token struct {
	text  string // folded and simplified; a word without its ending
	sound string // the pinyin of a character
	words string // as it was typed
	at    int    // where it stands in the text, in bytes
	// clause numbers the part between two marks of punctuation.
	clause int
	part   bool // of a word for a part of the body
	hidden bool // in a longer word that means something else
}

func (t token) han() bool { return t.sound != "" }

// loosely is what stays of a token when it is typed wrongly: the sound of a character, the first letter of a word.
func (t token) loosely() string {
	if t.han() {
		return "=" + t.sound
	}
	return t.text[:1]
}

// tokens splits a text. Digits and everything that is neither a letter nor a mark that ends a clause only separates.
func tokens(text string) []token {
	var list []token
	clause, word := 0, -1 // word: where the current Latin word begins
	end := func(at int) {
		if word >= 0 {
			typed := text[word:at]
			list = append(list, token{text: stem(strings.ToLower(width.Fold.String(typed))), words: typed, at: word, clause: clause})
			word = -1
		}
	}
	for at, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			end(at)
			simple := hanzi.Simplify(string(r))
			list = append(list, token{text: simple, sound: sound(simple), words: string(r), at: at, clause: clause})
		case unicode.IsLetter(r), (r == '\'' || r == '’') && word >= 0:
			if word < 0 {
				word = at
			}
		default:
			end(at)
			if strings.ContainsRune(",.;!?，。；！？、\n", r) {
				clause++
			}
		}
	}
	end(len(text))
	return list
}

// sound gives the most usual pinyin of a character, without its tone; the character itself where there is none.
func sound(character string) string {
	r, _ := utf8.DecodeRuneInString(character)
	return hanzi.Readings(r)[0]
}

// endings are taken off a word, the first that leaves three letters or more.
var endings = [...]string{"ing", "ed", "es", "s", "e"}

// stem takes the ending off an English word, so that hurts, hurting and hurt are one.
func stem(word string) string {
	word = strings.NewReplacer("’", "'").Replace(word)
	for _, ending := range endings {
		if rest, ok := strings.CutSuffix(word, ending); ok && len(rest) >= 3 && !strings.HasSuffix(rest, "s") {
			return rest
		}
	}
	return word
}

// alike tells whether a typed token may stand for one of an expression. Where sounds count, so do single wrong letters.
func alike(want, got token, loose bool) bool {
	if want.text == got.text {
		return true
	}
	if !loose || want.han() != got.han() {
		return false
	}
	if want.han() {
		return want.sound == got.sound
	}
	return len(want.text) >= 5 && len(got.words) >= 6 && want.text[0] == got.text[0] && oneApart(want.text, got.text)
}

// oneApart tells whether two words differ by one letter: another, a missing, an additional one, or two neighbours swapped.
func oneApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	start := 0
	for start < len(a) && a[start] == b[start] {
		start++
	}
	tailA, tailB := a[start:], b[start:]
	switch {
	case len(a) != len(b):
		return tailA == tailB[1:]
	case tailA == "" || tailA[1:] == tailB[1:]:
		return true
	}
	return len(tailA) > 1 && tailA[0] == tailB[1] && tailA[1] == tailB[0] && tailA[2:] == tailB[2:]
}
