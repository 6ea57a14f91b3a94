package slip

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	face := newFace(10) // Chinese characters are ten pixels wide
	for name, c := range map[string]struct {
		text  string
		width int
		want  []string
	}{
		"nothing":                           {"", 50, nil},
		"what fits":                         {"挂号", 50, []string{"挂号"}},
		"between characters":                {"请到三楼眼科报到", 50, []string{"请到三楼眼", "科报到"}},
		"no line begins with a comma":       {"请到三楼眼，报到", 50, []string{"请到三楼", "眼，报到"}},
		"no line ends with an open bracket": {"请到三楼（眼科）", 50, []string{"请到三楼", "（眼科）"}},
		"words stay whole":                  {"bring your card", 60, []string{"bring your", "card"}},
		"a number beside characters":        {"请到三楼1234室", 60, []string{"请到三楼", "1234室"}},
		"line feeds are kept":               {"一\n\n二", 50, []string{"一", "", "二"}},
		"a word longer than a line":         {"挂号号号号", 5, []string{"挂", "号", "号", "号", "号"}},
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, face, c.width)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// Wrapping loses nothing but spaces at the ends of lines, and no line is too wide.
func TestWrapLosesNothing(t *testing.T) {
	t.Parallel()
	face := newFace(10)
	rapid.Check(t, func(t *rapid.T) {
		text := printable(rapid.StringOf(rapid.SampledFrom([]rune("挂号，。（）abc 12 \n“”¥𠮷"))).Draw(t, "text"))
		width := rapid.IntRange(10, 80).Draw(t, "width")
		lines := wrap(text, face, width)
		bare := strings.NewReplacer(" ", "", "\n", "")
		if got, want := bare.Replace(strings.Join(lines, "")), bare.Replace(text); got != want {
			t.Fatalf("%q became %q", want, got)
		}
		for _, line := range lines {
			if wide := font.MeasureString(face, line).Ceil(); wide > width+1 && utf8.RuneCountInString(line) > 1 {
				t.Fatalf("the line %q is %d wide, not %d", line, wide, width)
			}
		}
	})
}

func TestFontHasTheCharactersThatItShall(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("font/characters.txt")
	if err != nil {
		t.Fatal(err)
	}
	var buffer sfnt.Buffer
	if n := utf8.RuneCount(text); n < 21_000 {
		t.Errorf("there are %d characters only", n)
	}
	for _, r := range string(text) + "喆堃䶮壹佰元整零仟万亿角分¥￥〓" {
		if !drawable(&buffer, r) {
			t.Errorf("the font lacks %q", r)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"🏥同仁\tA\u200d": "同仁 A",
		"Dvořák":       "Dvorák",
		"𠮷田":           "〓田",
		"a\x00\ufe0fb": "ab",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}

func BenchmarkSlip(b *testing.B) {
	for b.Loop() {
		if _, err := (Slip{Parts: []Part{Text{Text: strings.Repeat("请在开始前到三楼报到。", 10)}, QR{Content: "guahao"}}}).PNG(); err != nil {
			b.Fatal(err)
		}
	}
}
