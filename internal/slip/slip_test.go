package slip_test

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"image/png"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"guahao/internal/sandbox/qrscan"
	"guahao/internal/slip"
)

func TestSlipShowsEachPartWithinItsMargins(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]slip.Part{
		"text":             slip.Text{Text: "同仁医院", Size: slip.Large, Align: slip.Centre},
		"a long paragraph": slip.Text{Text: strings.Repeat("请带上身份证（或者医保卡）。Please bring your ID card. ", 9), Align: slip.Right},
		"a long word":      slip.Text{Text: strings.Repeat("W", 200)},
		"field":            slip.Field{Label: "金额", Value: "¥100.00", Ink: slip.Green},
		"a long field":     slip.Field{Label: "就诊科室", Value: strings.Repeat("青光眼专病门诊", 20)},
		"a long label":     slip.Field{Label: "Name of the department that you go to", Value: "Ophthalmology"},
		"an old man's":     slip.Field{Label: "就诊时间", Value: "11月26日 周四 09:00–09:30", Size: slip.Huge},
		"rule":             slip.Rule{},
		"code":             slip.QR{Content: "https://guahao.example.org/v/abc", Size: 5000},
		"unknown ink":      slip.Text{Text: "墨", Ink: 77},
	} {
		img := drawn(t, slip.Slip{Parts: []slip.Part{part}})
		if img.Bounds().Dx() != slip.DefaultWidth {
			t.Errorf("%s: %d pixels wide", name, img.Bounds().Dx())
		}
		ink := inked(img)
		if ink.Empty() {
			t.Errorf("%s: nothing is drawn", name)
		}
		if inside := img.Bounds().Inset(20); !ink.In(inside) {
			t.Errorf("%s: drawn on %v, outside of %v", name, ink, inside)
		}
	}
}

func TestSlipIsTheSameEachTimeAndFromManyGoroutines(t *testing.T) {
	t.Parallel()
	s := slip.Slip{Parts: []slip.Part{slip.Text{Text: "挂号 Guahao"}, slip.QR{Content: "guahao"}}}
	want, err := s.PNG()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got, err := s.PNG(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("another picture, error %v", err)
			}
		})
	}
	all.Wait()
}

func TestCodeOfASlipCanBeScanned(t *testing.T) {
	t.Parallel()
	const content = "https://guahao.example.org/v/abcdefghijklmnopqrstuvwxyz"
	title := []slip.Part{slip.Text{Text: "就诊凭证"}}
	above := inked(drawn(t, slip.Slip{Parts: title})).Max.Y
	img := drawn(t, slip.Slip{Parts: append(title, slip.QR{Content: content})})
	code := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()-above))
	draw.Draw(code, code.Rect, img, image.Pt(0, above), draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, code); err != nil {
		t.Fatal(err)
	}
	if got, err := qrscan.Decode(out.Bytes()); err != nil || got != content {
		t.Errorf("scanned %q, %v", got, err)
	}
}

func TestSlipRefusesWhatNoPictureHolds(t *testing.T) {
	t.Parallel()
	if _, err := (slip.Slip{Parts: []slip.Part{slip.Text{Text: strings.Repeat("长", 20_000)}}}).PNG(); !errors.Is(err, slip.ErrTooHigh) {
		t.Errorf("a slip that is too high: %v", err)
	}
	if _, err := (slip.Slip{Parts: []slip.Part{slip.Space{Height: 1 << 40}}}).PNG(); !errors.Is(err, slip.ErrTooHigh) {
		t.Errorf("a space that is too high: %v", err)
	}
	if _, err := (slip.Slip{Width: 100_000}).PNG(); err == nil {
		t.Error("a slip that is too wide is drawn")
	}
	if _, err := (slip.Slip{Parts: []slip.Part{slip.QR{Content: strings.Repeat("x", 5000)}}}).PNG(); err == nil {
		t.Error("a QR code that cannot hold its content is drawn")
	}
}

// Whatever stands in a name or a hint of a hospital, a picture comes of it.
func TestSlipTakesAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 200, 800).Draw(t, "text")
		size := rapid.IntRange(-5, 120).Draw(t, "size")
		_, err := slip.Slip{Width: 320, Parts: []slip.Part{
			slip.Text{Text: text, Size: size}, slip.Field{Label: text, Value: text, Size: size},
		}}.PNG()
		if err != nil && !errors.Is(err, slip.ErrTooHigh) {
			t.Fatal(err)
		}
	})
}

func drawn(t *testing.T, s slip.Slip) image.Image {
	t.Helper()
	picture, err := s.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// inked is the smallest rectangle that holds all that is not white.
func inked(img image.Image) image.Rectangle {
	var ink image.Rectangle
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); r&g&b != 0xffff {
				ink = ink.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return ink
}
