package hanzi

import (
	"slices"
	"testing"

	"github.com/mozillazg/go-pinyin"
)

// The readings are those of the pinyin library, in its order; but for the few sounds without a vowel of their own.
func TestReadingsAreTheLibrarys(t *testing.T) {
	t.Parallel()
	args := pinyin.NewArgs()
	args.Heteronym = true
	for code := rune(0x4e00); code <= 0x9fff; code += 7 {
		want := pinyin.SinglePinyin(code, args)
		if got := Readings(code); len(want) > 0 && !slices.Equal(got, want) {
			t.Errorf("%c is read %q, want %q", code, got, want)
		}
	}
	if got := Readings('A'); !slices.Equal(got, []string{"A"}) {
		t.Errorf("what is no character is read %q", got)
	}
	if got := Readings('绿'); !slices.Equal(got, []string{"lv", "lu"}) {
		t.Errorf("ü is %q", got)
	}
}
