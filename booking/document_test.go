package booking_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

func TestParseDocument(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		kind booking.DocumentKind
		text string
		want booking.Document // zero: refused
	}{
		{"the example of GB 11643", booking.ResidentID, "11010519491231002X", booking.Document{Kind: booking.ResidentID, Number: "11010519491231002X", BirthDate: "1949-12-31", Sex: booking.Female}},
		{"another, a man", booking.ResidentID, "440524188001010014", booking.Document{Kind: booking.ResidentID, Number: "440524188001010014", BirthDate: "1880-01-01", Sex: booking.Male}},
		{"lower case x", booking.ResidentID, "11010519491231002x", booking.Document{Kind: booking.ResidentID, Number: "11010519491231002X", BirthDate: "1949-12-31", Sex: booking.Female}},
		{"full-width, with spaces", booking.ResidentID, " １１０１０５ １９４９１２３１ ００２Ｘ ", booking.Document{Kind: booking.ResidentID, Number: "11010519491231002X", BirthDate: "1949-12-31", Sex: booking.Female}},
		{"a wrong check digit", booking.ResidentID, "110105194912310021", booking.Document{}},
		{"two digits swapped", booking.ResidentID, "11010519491213002X", booking.Document{}},
		{"the 30th of February", booking.ResidentID, "110105199002300013", booking.Document{}},
		{"no such province", booking.ResidentID, "99010519491231002X", booking.Document{}},
		{"15 digits", booking.ResidentID, "110105491231002", booking.Document{}},
		{"17 digits", booking.ResidentID, "11010519491231002", booking.Document{}},
		{"an X in the middle", booking.ResidentID, "1101051949X231002X", booking.Document{}},
		{"nothing", booking.ResidentID, "", booking.Document{}},
		{"an emoji", booking.ResidentID, "😀", booking.Document{}},
		{"a passport", booking.Passport, "e 1234 5678", booking.Document{Kind: booking.Passport, Number: "E12345678", Sex: booking.UnknownSex}},
		{"a passport of letters only", booking.Passport, "ABCDEFGH", booking.Document{}},
		{"a passport with SQL", booking.Passport, "E1'; DROP", booking.Document{}},
		{"Hong Kong, 8 digits", booking.HKMacauPermit, "h12345678", booking.Document{Kind: booking.HKMacauPermit, Number: "H12345678", Sex: booking.UnknownSex}},
		{"Macau, 10 digits", booking.HKMacauPermit, "M1234567801", booking.Document{Kind: booking.HKMacauPermit, Number: "M1234567801", Sex: booking.UnknownSex}},
		{"Hong Kong, 9 digits", booking.HKMacauPermit, "H123456789", booking.Document{}},
		{"Taiwan", booking.TaiwanPermit, "12345678", booking.Document{Kind: booking.TaiwanPermit, Number: "12345678", Sex: booking.UnknownSex}},
		{"Taiwan, 7 digits", booking.TaiwanPermit, "1234567", booking.Document{}},
		{"an unknown kind", "library_card", "12345678", booking.Document{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := booking.ParseDocument(c.kind, c.text)
			if (c.want == booking.Document{}) {
				var refusal *booking.Error
				if !errors.Is(err, booking.ErrBadDocument) || !errors.As(err, &refusal) || refusal.Message.ZH == "" || refusal.Message.EN == "" {
					t.Fatalf("got %v", err)
				}
				if c.text != "" && strings.Contains(err.Error(), c.text) {
					t.Errorf("the error repeats the number: %v", err)
				}
				return
			}
			must(t, err)
			if got != c.want {
				t.Errorf("got kind %s, birth %s, sex %s, the number right: %t", got.Kind, got.BirthDate, got.Sex, got.Number == c.want.Number)
			}
		})
	}
}

func TestGuessDocument(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]booking.DocumentKind{
		"11010519491231002x": booking.ResidentID, "110105491231002": booking.ResidentID, "H12345678": booking.HKMacauPermit,
		"12345678": booking.TaiwanPermit, "E12345678": booking.Passport, "你好": "", "13800001234": "", "": "",
	} {
		if got, ok := booking.GuessDocument(text); got != want || ok != (want != "") {
			t.Errorf("%q looks like %q", text, got)
		}
	}
}

func TestCheckBirthDate(t *testing.T) {
	t.Parallel()
	for birth, fine := range map[booking.Date]bool{
		"": true, today: true, today.Add(1): false, "1900-01-01": true, "1876-03-02": true, "1876-03-01": false, "1990-13-01": false, "yesterday": false,
	} {
		if err := booking.CheckBirthDate(birth, today); (err == nil) != fine {
			t.Errorf("%q: %v", birth, err)
		}
	}
}

// Every change of one character of a valid number is found.
func TestResidentIDFindsEveryTypo(t *testing.T) {
	t.Parallel()
	valid := bookingtest.ResidentID(12345)
	for i := range valid {
		for _, r := range "0123456789X" {
			typo := valid[:i] + string(r) + valid[i+1:]
			if _, err := booking.ParseDocument(booking.ResidentID, typo); (err == nil) != (typo == valid) {
				t.Errorf("character %d as %c: %v", i, r, err)
			}
		}
	}
}

func FuzzParseDocument(f *testing.F) {
	for _, text := range []string{"11010519491231002X", "１１０１０５19491231002x", "H12345678", "12345678", "E12345678", "😀", "' OR 1=1 --", strings.Repeat("1", 5000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []booking.DocumentKind{booking.ResidentID, booking.Passport, booking.HKMacauPermit, booking.TaiwanPermit} {
			got, err := booking.ParseDocument(kind, text)
			if err != nil {
				continue
			}
			again, err := booking.ParseDocument(kind, got.Number)
			if err != nil || !cmp.Equal(again, got) || len(got.Number) > 18 || strings.ToUpper(got.Number) != got.Number {
				t.Errorf("%q became %q, and that %q (%v)", text, got.Number, again.Number, err)
			}
		}
		booking.GuessDocument(text)
	})
}
