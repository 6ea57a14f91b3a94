package slip

import (
	"fmt"
	"image"

	qrcode "github.com/skip2/go-qrcode"
	"golang.org/x/image/font"
)

// Align says where the lines of a text stand.
type Align uint8

// The ways to align.
const (
	Left Align = iota
	Centre
	Right
)

// Text is a paragraph. Line feeds in it are kept.
type Text struct {
	Text  string
	Size  int // in pixels; 0 means Normal
	Align Align
	Ink   Ink
}

func (t Text) place(p *page) error {
	size := sizeOr(t.Size, Normal)
	for _, line := range wrap(printable(t.Text), p.face(size), p.inner()) {
		p.line(line, p.left(line, size, t.Align), size, t.Ink)
		p.y += leading(size)
	}
	return nil
}

// Field is a label and its value: side by side, or below each other where the value is large. The value's lines stand flush right
// when they fit one line, so that columns of amounts agree.
type Field struct {
	Label, Value string
	Size         int // of the value, in pixels; 0 means Normal. The label is never larger than Normal
	Ink          Ink // of the value
}

func (f Field) place(p *page) error {
	size := sizeOr(f.Size, Normal)
	small, label, value := min(size, Normal), printable(f.Label), printable(f.Value)
	start := font.MeasureString(p.face(small), label).Ceil() + small
	room := p.inner() - start
	if size > Normal || room < p.inner()/2 {
		p.line(label, margin, small, Grey)
		p.y += leading(small)
		start, room = 0, p.inner()
	} else {
		p.line(label, margin, small, Grey)
	}
	lines := wrap(value, p.face(size), room)
	for _, line := range lines {
		x := margin + start
		if len(lines) == 1 && start > 0 {
			x = p.left(line, size, Right)
		}
		p.line(line, x, size, f.Ink)
		p.y += leading(size)
	}
	if len(lines) == 0 {
		p.y += leading(small)
	}
	return nil
}

// Rule is a thin line across the slip.
type Rule struct{}

func (Rule) place(p *page) error {
	p.y += Small / 2
	p.fill(image.Rect(margin, p.y, p.width-margin, p.y+2), Pale)
	p.y += Small/2 + 2
	return nil
}

// Space keeps parts apart.
type Space struct {
	Height int // in pixels; what is negative counts as nothing
}

func (s Space) place(p *page) error {
	p.y += min(max(s.Height, 0), maxHeight)
	return nil
}

// QR is a code in the middle of the slip, with the quiet zone that scanners want.
type QR struct {
	Content string
	Size    int // in pixels, at least; 0 means 360. It never is wider than the slip
}

func (q QR) place(p *page) error {
	code, err := qrcode.New(q.Content, qrcode.Medium)
	if err != nil {
		return fmt.Errorf("the QR code of a slip: %w", err)
	}
	dots := code.Bitmap() // with four light modules around it
	n := len(dots)
	scale := max(1, min((sizeOr(q.Size, 360)+n-1)/n, p.width/n))
	x0, y0 := (p.width-n*scale)/2, p.y
	for row := range dots {
		for column, dark := range dots[row] {
			if dark {
				x, y := x0+column*scale, y0+row*scale
				p.fill(image.Rect(x, y, x+scale, y+scale), Black)
			}
		}
	}
	p.y += n * scale
	return nil
}

func sizeOr(size, usual int) int {
	if size <= 0 {
		return usual
	}
	return min(size, 400)
}
