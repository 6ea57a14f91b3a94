package dialog

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"guahao/booking"
	"guahao/dialog/understand"
)

var birthForm = regexp.MustCompile(`^(\d{4})(?:[-/.年 ]+(\d{1,2})[-/.月 ]+(\d{1,2})|(\d{2})(\d{2}))[日号]?$`)

// birthIn reads a birth date as people type it: 1990-03-07, 1990年3月7日, 19900307. "" if it is none.
func birthIn(line string) booking.Date {
	m := birthForm.FindStringSubmatch(strings.TrimSpace(understand.Narrow(understand.Clean(line))))
	if m == nil {
		return ""
	}
	year, month, day := int(atoi(m[1])), int(atoi(m[2]+m[4])), int(atoi(m[3]+m[5]))
	return understand.Date(year, month, day)
}

// digits counts the digits of a line.
func digits(line string) int {
	n := 0
	for _, r := range line {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// personal tells whether a line looks like a document's number or a telephone number, wherever it was typed.
func personal(line string) bool {
	if digits(line) < 7 || birthIn(line) != "" {
		return false
	}
	_, document := booking.GuessDocument(line)
	_, err := booking.ParsePhone(line)
	return document || err == nil || digits(line) >= 15
}

// splitNames reads a list of the catalogue: names with commas between.
func splitNames(s string) []string { return strings.Split(s, ",") }

// zone is where the person's "today" is: of the hospital that was chosen, else of China.
func (t *turn) zone() *time.Location {
	if t.m.Draft.Hospital != 0 {
		if h, err := t.hospital(t.m.Draft.Hospital); err == nil {
			return h.Location()
		}
	}
	return time.FixedZone("CST", 8*60*60)
}
