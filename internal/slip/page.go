package slip

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// Ink is a colour of a slip.
type Ink uint8

// The inks. Black, Grey, Red and Green can be read on white by everybody; Pale is for lines, Orange for charts.
const (
	Black Ink = iota
	Grey
	Red
	Green
	Pale
	Orange
)

var inks = [...]color.RGBA{
	Black:  {0x16, 0x1a, 0x1f, 0xff},
	Grey:   {0x5b, 0x64, 0x70, 0xff},
	Red:    {0xb4, 0x23, 0x18, 0xff},
	Green:  {0x07, 0x6b, 0x3d, 0xff},
	Pale:   {0xd5, 0xda, 0xe1, 0xff},
	Orange: {0xb8, 0x63, 0x12, 0xff},
}

// palette is white, and each ink in the strengths that the edges of letters have. A picture of so few colours is a small file.
var palette = makePalette()

const strengths = 16

func makePalette() color.Palette {
	p := color.Palette{color.White}
	for _, ink := range inks {
		for s := 1; s <= strengths; s++ {
			p = append(p, mix(ink, s))
		}
	}
	return p
}

// mix is an ink on white, at a strength from 1 to strengths.
func mix(ink color.RGBA, s int) color.RGBA {
	channel := func(c uint8) uint8 { return uint8((int(c)*s + 255*(strengths-s)) / strengths) }
	return color.RGBA{channel(ink.R), channel(ink.G), channel(ink.B), 0xff}
}

// page is a slip while its parts are placed: what to draw is gathered, because the height is known only at the end.
type page struct {
	width int
	y     int // where the next part begins
	faces map[int]font.Face
	marks []func(*image.Paletted)
}

func newPage(width int) *page { return &page{width: width, y: margin, faces: map[int]font.Face{}} }

func (p *page) close() {
	for _, f := range p.faces {
		_ = f.Close()
	}
}

// inner is how wide a line may be.
func (p *page) inner() int { return p.width - 2*margin }

func (p *page) face(size int) font.Face {
	f, ok := p.faces[size]
	if !ok {
		f = newFace(size)
		p.faces[size] = f
	}
	return f
}

// left is where a line begins.
func (p *page) left(line string, size int, align Align) int {
	free := p.inner() - font.MeasureString(p.face(size), line).Ceil()
	switch align {
	case Centre:
		return margin + free/2
	case Right:
		return margin + free
	}
	return margin
}

// line writes one line whose top is p.y.
func (p *page) line(text string, x, size int, ink Ink) {
	face := p.face(size)
	dot := fixed.P(x, p.y+(leading(size)-size)/2+size*88/100) // 88 % of the size is above the baseline
	p.marks = append(p.marks, func(img *image.Paletted) { write(img, face, dot, text, ink) })
}

func (p *page) fill(r image.Rectangle, ink Ink) {
	p.marks = append(p.marks, func(img *image.Paletted) {
		draw.Draw(img, r, image.NewUniform(color.Color(palette[index(ink, strengths)])), image.Point{}, draw.Src)
	})
}

// write draws the letters of a line. The shade of a pixel is taken from the palette by its strength; image/draw would search the nearest
// colour for each.
func write(img *image.Paletted, face font.Face, dot fixed.Point26_6, text string, ink Ink) {
	for _, r := range text {
		box, mask, at, advance, ok := face.Glyph(dot, r)
		if ok {
			shade(img, box, mask, at, ink)
		}
		dot.X += advance
	}
}

func shade(img *image.Paletted, box image.Rectangle, mask image.Image, at image.Point, ink Ink) {
	visible := box.Intersect(img.Rect)
	for y := visible.Min.Y; y < visible.Max.Y; y++ {
		for x := visible.Min.X; x < visible.Max.X; x++ {
			_, _, _, a := mask.At(at.X+x-box.Min.X, at.Y+y-box.Min.Y).RGBA()
			if s := int(a*strengths+0x7fff) / 0xffff; s > 0 {
				img.SetColorIndex(x, y, index(ink, s))
			}
		}
	}
}

// index is the palette's entry for an ink at a strength from 1 to strengths. An ink that there is not is black.
func index(ink Ink, s int) uint8 {
	if int(ink) >= len(inks) {
		ink = Black
	}
	return uint8(int(ink)*strengths + s)
}
