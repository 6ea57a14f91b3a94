package triage

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/width"
)

// token is a Chinese character or a Latin word.
type token struct {
	text  string // folded; a word without its ending
	sound string // the pinyin of a character
	words string // as it was typed
	at    int    // where it stands in the text, in bytes
	// clause numbers the part between two marks of punctuation.
	clause int
}

func (t token) han() bool { return t.sound != "" }

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
			list = append(list, token{text: string(r), sound: sound(r), words: string(r), at: at, clause: clause})
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
func sound(r rune) string {
	if found := pinyin.SinglePinyin(r, pinyin.NewArgs()); len(found) > 0 {
		return found[0]
	}
	return string(r)
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
	return len(want.text) >= 5 && oneApart(want.text, got.text)
}

// traditional are characters of common complaints that are only written otherwise: they are no errors.
const traditional = "頭暈嘔瀉癢腫脹經腳臉喉嚨齒關節發燒過體檢壓貧膚腸鼻咽氣喘脫髮瘡濕蕁麻膽腎視聽覺絕懷產預針藥護復損傷斷頸腦癌瘤"

// stays tells whether a typed character is the same as one of an expression, or the same in another script.
func (t token) stays(got token) bool {
	return t.text == got.text || strings.Contains(traditional, got.text)
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
