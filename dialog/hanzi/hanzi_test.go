package hanzi

import (
	"strings"
	"testing"
	"unicode"
)

func TestTraditionalCharactersBecomeSimplifiedOnes(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(pairs) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for pair := range strings.FieldsSeq(line) {
			if runes := []rune(pair); len(runes) != 2 || !unicode.Is(unicode.Han, runes[0]) || !unicode.Is(unicode.Han, runes[1]) {
				t.Errorf("%q is no pair of characters", pair)
			}
		}
	}
	if got := Simplify("頭暈 and 嘔吐😀"); got != "头晕 and 呕吐😀" {
		t.Errorf("%q", got)
	}
}
