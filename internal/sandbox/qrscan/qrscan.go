package qrscan

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/png" // the format of drawn codes
)

// maxPixels bounds the picture that is read, on a side.
const maxPixels = 4096

// errNone says that the picture shows no code.
var errNone = errors.New("there is no QR code in the picture")

// Decode gives the text of the QR code in a PNG picture.
func Decode(picture []byte) (string, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return "", fmt.Errorf("the picture cannot be read: %w", err)
	}
	if config.Width > maxPixels || config.Height > maxPixels {
		return "", fmt.Errorf("the picture is larger than %d pixels", maxPixels)
	}
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return "", fmt.Errorf("the picture cannot be read: %w", err)
	}
	whole, band := boxes(img)
	s, err := locate(img, whole)
	if err != nil {
		s, err = locate(img, band)
	}
	if err != nil {
		return "", err
	}
	level, mask, err := s.format()
	if err != nil {
		return "", err
	}
	content, err := deinterleave(s.codewords(mask), s.version(), level)
	if err != nil {
		return "", err
	}
	return text(content, s.version())
}

// symbol is the code as modules: dark[y][x].
type symbol struct {
	size int
	dark [][]bool
}

func (s symbol) version() int { return (s.size - 17) / 4 }

// locate finds the code's modules in the box that it fills by the upper left finder pattern, whose upper edge is seven modules
// long.
func locate(img image.Image, box image.Rectangle) (symbol, error) {
	run := 0
	for x := box.Min.X; x < box.Max.X && isDark(img, x, box.Min.Y); x++ {
		run++
	}
	if run < 7 || box.Dx() != box.Dy() {
		return symbol{}, errNone
	}
	size := (box.Dx()*7 + run/2) / run
	s := symbol{size: size}
	if size < 21 || size > 57 || (size-17)%4 != 0 {
		return symbol{}, errNone
	}
	for y := range size {
		row := make([]bool, size)
		for x := range size {
			row[x] = isDark(img, box.Min.X+(2*x+1)*box.Dx()/(2*size), box.Min.Y+(2*y+1)*box.Dy()/(2*size))
		}
		s.dark = append(s.dark, row)
	}
	return s, nil
}

// boxes are where a code may be: the bounding box of all that is dark, and that of the tallest band between light rows, where there are
// lines of text above and below it.
func boxes(img image.Image) (whole, tallest image.Rectangle) {
	var band image.Rectangle
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := image.Rectangle{}
		for x := b.Min.X; x < b.Max.X; x++ {
			if isDark(img, x, y) {
				row = row.Union(image.Rect(x, y, x+1, y+1))
			}
		}
		if band = band.Union(row); row.Empty() {
			band = row
		}
		whole = whole.Union(row)
		if band.Dy() > tallest.Dy() {
			tallest = band
		}
	}
	return whole, tallest
}

func isDark(img image.Image, x, y int) bool {
	r, g, b, a := img.At(x, y).RGBA()
	return a > 0x7fff && (r+g+b)/3 < 0x8000
}

// format reads the level and the mask from the copy around the upper left finder pattern. Of the 32 words that there
// are it takes the one that is read; they differ in seven bits at least.
func (s symbol) format() (level, mask int, err error) {
	read := 0
	for i := range 15 {
		x, y := 8, i // bits 0 to 7 go down column 8, around the timing row
		switch {
		case i == 6 || i == 7:
			y = i + 1
		case i == 8:
			x, y = 7, 8
		case i > 8:
			x, y = 14-i, 8
		}
		if s.dark[y][x] {
			read |= 1 << i
		}
	}
	for word := range 32 {
		rest := word << 10
		for bit := 14; bit >= 10; bit-- {
			if rest>>bit&1 == 1 {
				rest ^= 0x537 << (bit - 10)
			}
		}
		if (word<<10|rest)^0x5412 == read {
			return word >> 3, word & 7, nil
		}
	}
	return 0, 0, errors.New("the QR code's format cannot be read")
}

// codewords reads the data area in its zigzag order and takes the mask off.
func (s symbol) codewords(mask int) []byte {
	fixed := s.fixed()
	var out []byte
	current, bits := byte(0), 0
	up := true
	for right := s.size - 1; right > 0; right -= 2 {
		if right == 6 { // the vertical timing pattern
			right--
		}
		for step := range s.size {
			y := step
			if up {
				y = s.size - 1 - step
			}
			for x := right; x > right-2; x-- {
				if fixed[y][x] {
					continue
				}
				current <<= 1
				if s.dark[y][x] != masked(mask, x, y) {
					current |= 1
				}
				if bits++; bits == 8 {
					out = append(out, current)
					current, bits = 0, 0
				}
			}
		}
		up = !up
	}
	return out
}

func masked(mask, x, y int) bool {
	switch mask {
	case 0:
		return (x+y)%2 == 0
	case 1:
		return y%2 == 0
	case 2:
		return x%3 == 0
	case 3:
		return (x+y)%3 == 0
	case 4:
		return (y/2+x/3)%2 == 0
	case 5:
		return x*y%2+x*y%3 == 0
	case 6:
		return (x*y%2+x*y%3)%2 == 0
	default:
		return ((x+y)%2+x*y%3)%2 == 0
	}
}

// fixed marks the modules that carry no data: finders, separators, timing, alignment, format and version.
func (s symbol) fixed() [][]bool {
	n, v := s.size, s.version()
	grid := make([][]bool, n)
	for y := range grid {
		grid[y] = make([]bool, n)
	}
	fill := func(x0, y0, w, h int) {
		for y := y0; y < y0+h; y++ {
			for x := x0; x < x0+w; x++ {
				grid[y][x] = true
			}
		}
	}
	fill(0, 0, 9, 9)
	fill(n-8, 0, 8, 9)
	fill(0, n-8, 9, 8)
	fill(0, 6, n, 1)
	fill(6, 0, 1, n)
	centres := alignment[v]
	for i, cy := range centres {
		for j, cx := range centres {
			last := len(centres) - 1
			if (i == 0 && (j == 0 || j == last)) || (i == last && j == 0) {
				continue // a finder pattern is there
			}
			fill(cx-2, cy-2, 5, 5)
		}
	}
	if v >= 7 {
		fill(n-11, 0, 3, 6)
		fill(0, n-11, 6, 3)
	}
	return grid
}
