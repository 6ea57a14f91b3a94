package slip

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// wrap breaks a text into lines of at most width pixels. Chinese breaks between any two characters, but no line begins with what closes
// or ends with what opens; a Latin word or a number stays whole unless it is longer than a line.
func wrap(text string, face font.Face, width int) []string {
	var lines []string
	for _, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n") {
		lines = append(lines, wrapParagraph(strings.TrimRight(paragraph, " "), face, fixed.I(width))...)
	}
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines
}

func wrapParagraph(text string, face font.Face, width fixed.Int26_6) []string {
	var lines []string
	line, used := "", fixed.Int26_6(0)
	end := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, used = "", 0
	}
	for _, piece := range pieces(text) {
		wide := font.MeasureString(face, piece)
		if line != "" && used+font.MeasureString(face, strings.TrimRight(piece, " ")) > width {
			end()
		}
		for wide > width && utf8.RuneCountInString(piece) > 1 { // longer than a line by itself
			head := fitting(piece, face, width)
			line, piece = head, piece[len(head):]
			end()
			wide = font.MeasureString(face, piece)
		}
		if line == "" && len(lines) > 0 {
			piece = strings.TrimLeft(piece, " ")
			wide = font.MeasureString(face, piece)
		}
		line, used = line+piece, used+wide
	}
	end()
	return lines
}

// fitting is the longest beginning of a piece that a line holds, at least one character.
func fitting(piece string, face font.Face, width fixed.Int26_6) string {
	used := fixed.Int26_6(0)
	for i, r := range piece {
		advance, _ := face.GlyphAdvance(r)
		if used += advance; used > width && i > 0 {
			return piece[:i]
		}
	}
	return piece
}

const (
	closing = "，。、；：！？）》〉」』】〕”’…—,.;:!?)]}%％℃°·～"
	opening = "（《〈「『【〔“‘([{¥￥$#"
)

// pieces are what must not be broken.
func pieces(text string) []string {
	var all []string
	begin, last := 0, rune(0)
	for i, r := range text {
		if i > begin && mayBreak(last, r) {
			all, begin = append(all, text[begin:i]), i
		}
		last = r
	}
	if begin < len(text) {
		all = append(all, text[begin:])
	}
	return all
}

// mayBreak tells whether a line may end between two characters.
func mayBreak(before, after rune) bool {
	switch {
	case after == ' ' || strings.ContainsRune(closing, after) || strings.ContainsRune(opening, before):
		return false
	case before == ' ':
		return true
	}
	return isWide(before) || isWide(after)
}

// isWide tells Chinese characters and their punctuation from letters and digits.
func isWide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r < 0x3040 || r >= 0xff00 && r < 0xff61
}
