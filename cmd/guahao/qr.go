package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/skip2/go-qrcode"

	"guahao/bots"
	"guahao/internal/app"
)

// qrCommand draws the QR code of a poster. Whoever scans it comes to the chat, at a hospital, a department or a doctor.
func qrCommand(ctx context.Context, args []string) error {
	var cfg app.Config
	var poster app.Poster
	set := flag.NewFlagSet("guahao qr", flag.ContinueOnError)
	platform := set.String("platform", "", "wechat or telegram: where the code is scanned")
	set.StringVar(&poster.Hospital, "hospital", "", "the hospital's code")
	set.StringVar(&poster.Department, "department", "", "the code of a department of that hospital")
	set.StringVar(&poster.Doctor, "doctor", "", "the code of a doctor of that hospital")
	set.BoolVar(&poster.Arrivals, "arrivals", false, "the code at the hospital's door: whoever scans it checks in for today's visit there")
	size := set.Int("size", 1200, "width of the picture in pixels: 1200 are 10 cm in print")
	out := set.String("o", "", "the PNG file to write")
	if err := errors.Join(cfg.Flags(set, os.Getenv), set.Parse(args)); err != nil {
		return err
	}
	switch {
	case set.NArg() > 0:
		return fmt.Errorf("%q is too much: guahao qr -platform wechat -hospital CODE [-department CODE | -doctor CODE] -o FILE.png", set.Arg(0))
	case *out == "":
		return errors.New("name the file: -o poster.png")
	case *size < 200 || *size > 8000:
		return fmt.Errorf("%d pixels are too few or too many: want 200 to 8000", *size)
	case poster.Department != "" && poster.Doctor != "":
		return errors.New("a code opens a department or a doctor, not both")
	}
	if poster.Arrivals && (poster.Department != "" || poster.Doctor != "") {
		return errors.New("a check-in code is a hospital's: leave out -department and -doctor")
	}
	poster.Platform = bots.Platform(*platform)
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.Close()
	content, name, err := a.PosterCode(ctx, poster)
	if err != nil {
		return err
	}
	if err := qrcode.WriteFile(content, qrcode.Medium, *size, *out); err != nil {
		return fmt.Errorf("draw the QR code: %w", err)
	}
	opens := "opens"
	if poster.Arrivals {
		opens = "checks in at"
	}
	fmt.Printf("%s %s %s: %s\n", *out, opens, name.ZH, content)
	return nil
}
