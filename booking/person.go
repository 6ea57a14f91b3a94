package booking

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Lengths of names in characters.
const (
	minName = 2
	maxName = 50
)

// ParseName checks a person's name and normalises it: NFC, half-width letters, one kind of separator dot (·), single spaces.
// Letters of any script, separators only between them. The error is a bad_name.
func ParseName(text string) (string, error) {
	if len(text) > 2000 || !utf8.ValidString(text) {
		return "", ErrBadName
	}
	folded := norm.NFC.String(dots.Replace(width.Fold.String(text)))
	name := strings.Join(strings.Fields(folded), " ")
	if n := utf8.RuneCountInString(name); n < minName || n > maxName {
		return "", ErrBadName
	}
	letters, marks, after := 0, 0, true // after: a separator, where a letter must follow
	for _, r := range name {
		switch {
		case unicode.IsLetter(r) && !unicode.Is(unicode.Lm, r), r == '〇':
			letters, marks, after = letters+1, 0, false
		case unicode.In(r, unicode.Mn, unicode.Mc) && !after && marks < 2:
			marks++
		case strings.ContainsRune("· -'", r) && !after:
			after = true
		default:
			return "", ErrBadName
		}
	}
	if after || letters < minName {
		return "", ErrBadName
	}
	return name, nil
}

// dots are the characters that people type for the separator in 阿卜杜拉·买买提, and for an apostrophe.
var dots = strings.NewReplacer("•", "·", "・", "·", "･", "·", "‧", "·", "∙", "·", "．", "·", "’", "'", "‘", "'", "－", "-", "‐", "-", "–", "-")

var (
	mobileForm        = regexp.MustCompile(`^1[3-9]\d{9}$`)
	internationalForm = regexp.MustCompile(`^\+[1-9]\d{6,14}$`) // E.164
	phoneSeparators   = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "\u3000", "", "\t", "")
)

// ParsePhone checks a phone number: a mainland mobile number (with or without +86) becomes its 11 digits, an international one
// keeps its + and 7 to 15 digits. The error is a bad_phone.
func ParsePhone(text string) (string, error) {
	if len(text) > 200 {
		return "", ErrBadPhone
	}
	number := phoneSeparators.Replace(width.Fold.String(strings.TrimSpace(text)))
	for _, prefix := range []string{"+86", "0086", "86"} {
		if rest, ok := strings.CutPrefix(number, prefix); ok && mobileForm.MatchString(rest) {
			return rest, nil
		}
	}
	if mobileForm.MatchString(number) {
		return number, nil
	}
	if internationalForm.MatchString(number) && !strings.HasPrefix(number, "+86") {
		return number, nil
	}
	return "", ErrBadPhone
}
