package qrscan_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	qrcode "github.com/skip2/go-qrcode"
	"pgregory.net/rapid"

	"guahao/internal/sandbox/qrscan"
)

var levels = []qrcode.RecoveryLevel{qrcode.Low, qrcode.Medium, qrcode.High, qrcode.Highest}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"weixin://wxpay/bizpayurl?pr=5mHCrUE00", "0123456789012", "HELLO WORLD 42", "挂号 ¥50.00", "https://a.example/pay/x?y=1&z=00000000000000",
	} {
		for _, level := range levels {
			picture, err := qrcode.Encode(text, level, 360)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := qrscan.Decode(picture); err != nil || got != text {
				t.Errorf("%q at level %d: got %q, %v", text, level, got, err)
			}
		}
	}
}

func TestDecodeWhatWasEncoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z0-9A-Z:/?=&._-]{1,100}`).Draw(t, "text")
		picture, err := qrcode.Encode(text, rapid.SampledFrom(levels).Draw(t, "level"), -3)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := qrscan.Decode(picture); err != nil || got != text {
			t.Fatalf("got %q, %v", got, err)
		}
	})
}

func TestDamageIsRefused(t *testing.T) {
	t.Parallel()
	code, err := qrcode.New("weixin://wxpay/bizpayurl?pr=5mHCrUE00", qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	clean := code.Image(-4)
	damaged := image.NewRGBA(clean.Bounds())
	draw.Draw(damaged, damaged.Bounds(), clean, image.Point{}, draw.Src)
	middle := damaged.Bounds().Dx() / 2
	draw.Draw(damaged, image.Rect(middle, middle, middle+12, middle+12), image.NewUniform(color.White), image.Point{}, draw.Src)
	if got, err := qrscan.Decode(encode(t, damaged)); err == nil {
		t.Errorf("a damaged code was read as %q", got)
	}
	if got, err := qrscan.Decode(encode(t, clean)); err != nil || got != "weixin://wxpay/bizpayurl?pr=5mHCrUE00" {
		t.Errorf("the clean one: got %q, %v", got, err)
	}
}

func TestNoCode(t *testing.T) {
	t.Parallel()
	if _, err := qrscan.Decode(encode(t, image.NewGray(image.Rect(0, 0, 8, 8)))); err == nil {
		t.Error("a black square was read as a code")
	}
	if _, err := qrscan.Decode([]byte("no picture")); err == nil {
		t.Error("what is no picture was read as a code")
	}
}

func FuzzDecode(f *testing.F) {
	picture, err := qrcode.Encode("weixin://wxpay/bizpayurl?pr=5mHCrUE00", qrcode.Medium, -2)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(picture)
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(_ *testing.T, picture []byte) { _, _ = qrscan.Decode(picture) })
}

func encode(t *testing.T, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
