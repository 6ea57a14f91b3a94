package booking_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"guahao/booking"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"张三": "张三", " 张三丰 ": "张三丰", "欧阳娜娜": "欧阳娜娜", "阿卜杜拉•买买提": "阿卜杜拉·买买提", "阿卜杜拉・买买提": "阿卜杜拉·买买提",
		"John  Smith": "John Smith", "Ｊｏｈｎ Ｓｍｉｔｈ": "John Smith", "Anne-Marie O’Neill": "Anne-Marie O'Neill", "Jose\u0301 Ruiz": "José Ruiz", "𠮷田健": "𠮷田健",
		"": "", "张": "", "张三1": "", "张三😀": "", "张三;": "", "· ·": "", "-张三": "", "张三-": "", "张--三": "", "<b>张三</b>": "", "' OR 1=1 --": "",
		strings.Repeat("张", 50): strings.Repeat("张", 50), strings.Repeat("张", 51): "", strings.Repeat("张", 5000): "", "\xff\xfe": "", "张\u202e三": "",
	} {
		got, err := booking.ParseName(text)
		if got != want || (err == nil) != (want != "") || (err != nil && !errors.Is(err, booking.ErrBadName)) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
}

func TestParsePhone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"13812345678": "13812345678", "+86 138 1234 5678": "13812345678", "0086-13812345678": "13812345678", "１３８１２３４５６７８": "13812345678",
		"8613812345678": "13812345678", "+852 9123 4567": "+85291234567", "+1 (415) 555-0123": "+14155550123",
		"": "", "1381234567": "", "12812345678": "", "138123456789": "", "+86 21 6555 0123": "", "+0123456789": "", "+123456": "", "+1234567890123456": "",
		"电话": "", "010-65550123": "", "138123456七8": "",
	} {
		got, err := booking.ParsePhone(text)
		if got != want || (err == nil) != (want != "") || (err != nil && !errors.Is(err, booking.ErrBadPhone)) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		booking.MaskName("张三"): "张*", booking.MaskName("张小三"): "张*三", booking.MaskName("欧阳娜娜"): "欧**娜", booking.MaskName(""): "",
		booking.MaskName("Maximilian Smith"): "M***h", booking.MaskNumber("110105194912311234"): "110***********1234",
		booking.MaskNumber("H12345678"): "H*****678", booking.MaskNumber("123"): "***", booking.MaskPhone("13812341234"): "138****1234", booking.MaskPhone("12"): "**",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// However a patient gets into a message or a log line, nothing of it can be read.
func TestNothingPersonalIsPrinted(t *testing.T) {
	t.Parallel()
	p := booking.Patient{ID: 5, Name: "张小三", Document: booking.ResidentID, Number: "11010519491231002X", Phone: "13812341234", BirthDate: "1949-12-31"}
	n := booking.NewPatient{Name: p.Name, Number: p.Number, Phone: p.Phone, BirthDate: p.BirthDate}
	d := booking.Document{Kind: booking.ResidentID, Number: p.Number, BirthDate: p.BirthDate}
	v := booking.Visit{Patient: p}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		for _, value := range []any{p, &p, n, &n, d, &d, v, &v} {
			slog.New(handler).Info("test", "value", value)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, value := range []any{p, &p, n, &n, d, &d, v, []booking.Patient{p}, struct{ P booking.Patient }{p}, map[string]booking.Document{"d": d}} {
			fmt.Fprintf(&log, verb+"\n", value)
		}
	}
	fmt.Fprintln(&log, p, n, d, errors.Join(fmt.Errorf("patient %v", p)))
	for _, secret := range []string{p.Name, "小", p.Number, "19491231", "1949-12-31", p.Phone} {
		if at := strings.Index(log.String(), secret); at >= 0 {
			t.Errorf("%s was printed: %s", secret, log.String()[max(0, at-100):at+30])
		}
	}
	stored, err := json.Marshal(p) // how the dialog keeps a draft, encrypted
	must(t, err)
	var back booking.Patient
	must(t, json.Unmarshal(stored, &back))
	if back != p {
		t.Error("a patient does not survive JSON")
	}
}

func FuzzParseName(f *testing.F) {
	for _, text := range []string{"张三", "阿卜杜拉•买买提", "Jose\u0301", "O’Neill", "😀", strings.Repeat("̈a", 40)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := booking.ParseName(text)
		if err != nil {
			return
		}
		again, err := booking.ParseName(name)
		if n := utf8.RuneCountInString(name); err != nil || again != name || n < 2 || n > 50 || strings.ContainsAny(name, "0123456789<>;\"\n\x00") {
			t.Errorf("%q became %q, and that %q (%v)", text, name, again, err)
		}
		booking.MaskName(name)
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, text := range []string{"13812345678", "+86 13812345678", "+852 9123 4567", "１３８", "+++"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		phone, err := booking.ParsePhone(text)
		if err != nil {
			return
		}
		again, err := booking.ParsePhone(phone)
		if err != nil || again != phone || len(phone) < 8 || len(phone) > 16 {
			t.Errorf("%q became %q, and that %q (%v)", text, phone, again, err)
		}
		if masked := booking.MaskPhone(phone); masked == phone || len(masked) > len(phone)+8 {
			t.Errorf("%q is masked as %q", phone, masked)
		}
	})
}
