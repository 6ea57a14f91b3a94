package slip

import (
	"image"
	"image/color"
)

// Picture is a picture as it is, in the middle of the slip: a chart. Its colours become the nearest of the slip's.
type Picture struct{ Image image.Image }

func (c Picture) place(p *page) error {
	size := c.Image.Bounds()
	at := image.Pt(max(0, (p.width-size.Dx())/2), p.y)
	p.marks = append(p.marks, func(img *image.Paletted) {
		nearest := map[color.Color]uint8{} // a chart has few colours, and many pixels of each
		where := image.Rectangle{Min: at, Max: at.Add(size.Size())}.Intersect(img.Rect)
		for y := where.Min.Y; y < where.Max.Y; y++ {
			for x := where.Min.X; x < where.Max.X; x++ {
				c := c.Image.At(size.Min.X+x-at.X, size.Min.Y+y-at.Y)
				i, known := nearest[c]
				if !known {
					i = uint8(palette.Index(c))
					nearest[c] = i
				}
				img.SetColorIndex(x, y, i)
			}
		}
	})
	p.y += size.Dy()
	return nil
}
