package dialog_test

import (
	"regexp"
	"testing"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog"
)

// A payload fits both platforms, leads to what it names, and is the same for ever: posters are printed.
func TestPayloads(t *testing.T) {
	t.Parallel()
	fits := regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	for want, got := range map[string]string{
		"h1": dialog.Payload(booking.PlaceHospital, 1), "k12": dialog.Payload(booking.PlaceDepartment, 12), "d345": dialog.Payload(booking.PlaceDoctor, 345),
		"d9223372036854775807": dialog.Payload(booking.PlaceDoctor, 1<<63-1),
	} {
		if got != want || !fits.MatchString(got) {
			t.Errorf("the payload is %q, want %q", got, want)
		}
	}
}

// Whatever a payload says, it is answered within the limits, and only what exists is opened.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{"h1", "k2", "d3", "h0", "k-1", "d999999999999999999999", "H1", "h1 ", "", "第", "\xff", "take_1"} {
		f.Add(seed)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, payload string) {
		p := w.person(bots.Telegram, "zh")
		reply, err := p.does(bots.Update{Kind: bots.Command, Command: "start", Arg: payload})
		if err != nil {
			t.Fatal(err)
		}
		checkReply(t, reply)
		if state := p.session.State; state != "menu" && !regexp.MustCompile(`^[hkd][1-9][0-9]*$`).MatchString(payload) {
			t.Errorf("the payload %q leads to %q", payload, state)
		}
	})
}
