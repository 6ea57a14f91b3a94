package slip

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
)

// Sizes of text, in pixels of a picture that is DefaultWidth wide. Any other number is as good.
const (
	Small  = 26
	Normal = 32
	Large  = 44
	Huge   = 64
)

// Dimensions of a picture in pixels. Telegram takes photos of at most 10,000 pixels of width and height together, and at most 20 times
// as high as wide.
const (
	DefaultWidth = 750
	minWidth     = 200
	maxWidth     = 2000
	maxHeight    = 6000
	margin       = 48
)

// ErrTooHigh says that the parts of a slip do not fit one picture.
var ErrTooHigh = errors.New("the slip is too long for a picture")

// Slip is a picture to be shown on a phone or printed.
type Slip struct {
	Width int // in pixels, from 200 to 2000; 0 means DefaultWidth
	Parts []Part
}

// Part is one thing on a slip: [Text], [Field], [Rule], [Space], [QR], [Picture].
type Part interface {
	// place adds the part to the page below what is there.
	place(p *page) error
}

// PNG draws the slip. It fails with ErrTooHigh, and when a QR code cannot hold its content.
func (s Slip) PNG() ([]byte, error) {
	if s.Width == 0 {
		s.Width = DefaultWidth
	}
	if s.Width < minWidth || s.Width > maxWidth {
		return nil, fmt.Errorf("a slip of %d pixels' width: it must have from %d to %d", s.Width, minWidth, maxWidth)
	}
	img, err := s.draw()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("write a slip: %w", err)
	}
	return out.Bytes(), nil
}

// draw places all parts, which tells the height, and then draws what was placed.
func (s Slip) draw() (image.Image, error) {
	p := newPage(s.Width)
	defer p.close()
	for _, part := range s.Parts {
		if err := part.place(p); err != nil {
			return nil, err
		}
		if p.y > maxHeight-margin {
			return nil, ErrTooHigh
		}
	}
	img := image.NewPaletted(image.Rect(0, 0, s.Width, p.y+margin), palette)
	for _, m := range p.marks {
		m(img)
	}
	return img, nil
}
