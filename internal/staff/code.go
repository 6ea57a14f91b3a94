package staff

import (
	"crypto/rand"
	"strings"
	"unicode"
)

const (
	prefix = "BIND"
	// alphabet has 32 characters, none of them 0, O, 1 or I: a code may be read out over the telephone.
	alphabet   = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	codeLength = 8
)

func newCode() string {
	random := make([]byte, codeLength)
	rand.Read(random)
	for i, b := range random {
		random[i] = alphabet[b%byte(len(alphabet))]
	}
	return prefix + "-" + string(random)
}

// FindCode finds a code in what a person typed and gives it in its normal form, BIND-XXXXXXXX. Lower case, full-width letters,
// spaces, any kind of dash and words around it do no harm. It does not tell whether the code is good.
func FindCode(text string) (string, bool) {
	letters := []rune(text)
	for i := range letters {
		if i > 0 && isWord(letters[i-1]) {
			continue
		}
		if code, ok := codeAt(letters[i:]); ok {
			return code, true
		}
	}
	return "", false
}

// codeAt reads a code that begins with the first letter and ends before anything that would make it longer.
func codeAt(letters []rune) (string, bool) {
	var code strings.Builder
	for i, r := range letters {
		r = narrow(r)
		n := code.Len()
		switch {
		case n == len(prefix)+codeLength:
			return format(code.String()), !isWord(letters[i])
		case n < len(prefix) && r == rune(prefix[n]), n >= len(prefix) && strings.ContainsRune(alphabet, r):
			code.WriteRune(r)
		case n > 0 && isGap(r):
		default:
			return "", false
		}
	}
	return format(code.String()), code.Len() == len(prefix)+codeLength
}

func format(letters string) string {
	if len(letters) != len(prefix)+codeLength {
		return ""
	}
	return letters[:len(prefix)] + "-" + letters[len(prefix):]
}

// narrow gives full-width ASCII as ASCII, in upper case.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	return r
}

func isGap(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '_' || r == '−' || r == '\u200b'
}

// isWord tells whether a letter next to a code would be part of it. Chinese is written without spaces: it would not.
func isWord(r rune) bool {
	r = narrow(r)
	return r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
