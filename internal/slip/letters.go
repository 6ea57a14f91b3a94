package slip

import (
	_ "embed" // the font
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

//go:embed font/NotoSansCJKsc-Regular-GBK.otf
var fontFile []byte

// parsed reads the font's tables once; the letters stay in the file until they are drawn.
var parsed = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(fontFile)
	if err != nil {
		panic("the font of the program is broken: " + err.Error())
	}
	return f
})

func newFace(size int) font.Face {
	face, err := opentype.NewFace(parsed(), &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic("the font of the program is broken: " + err.Error())
	}
	return face
}

// leading is the height of a line.
func leading(size int) int { return size * 3 / 2 }

// missing stands for a character that the font lacks, as printers have used it.
const missing = '〓'

// printable is the text as it can be drawn.
func printable(text string) string {
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsSpace(r) && r != '\u3000':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		case drawable(&buffer, r):
			return r
		case unicode.IsSymbol(r), unicode.IsMark(r):
			return -1
		}
		if plain, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r))); drawable(&buffer, plain) {
			return plain // a letter without its accent, as in Dvorak
		}
		return missing
	}, text)
}

func drawable(buffer *sfnt.Buffer, r rune) bool {
	i, err := parsed().GlyphIndex(buffer, r)
	return err == nil && i != 0
}
