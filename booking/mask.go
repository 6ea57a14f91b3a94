package booking

import (
	"fmt"
	"log/slog"
	"strings"
)

// MaskName keeps the first and the last character: 张*三, 张*.
func MaskName(name string) string {
	runes := []rune(name)
	switch n := len(runes); {
	case n == 0:
		return ""
	case n <= 2:
		return string(runes[0]) + "*"
	default:
		return string(runes[0]) + strings.Repeat("*", min(n-2, 3)) + string(runes[n-1])
	}
}

// MaskNumber keeps of a resident ID the region and the last four: 110***********1234; of shorter numbers the last three.
func MaskNumber(number string) string {
	n := len(number)
	switch {
	case n >= 15:
		return number[:3] + strings.Repeat("*", n-7) + number[n-4:]
	case n >= 6:
		return number[:1] + strings.Repeat("*", n-4) + number[n-3:]
	}
	return strings.Repeat("*", n)
}

// MaskPhone keeps the first three and the last four: 138****1234.
func MaskPhone(phone string) string {
	if n := len(phone); n >= 9 {
		return phone[:3] + strings.Repeat("*", n-7) + phone[n-4:]
	}
	return strings.Repeat("*", len(phone))
}

// What follows keeps personal data out of logs and of messages made with fmt: every verb prints the masked form. (JSON is not
// masked: it is how these values are stored, encrypted.)

func (p Patient) masked() string {
	return fmt.Sprintf("patient %d (%s, %s %s, %s)", p.ID, MaskName(p.Name), p.Document, MaskNumber(p.Number), MaskPhone(p.Phone))
}

// String is the masked form.
func (p Patient) String() string { return p.masked() }

// GoString is the masked form.
func (p Patient) GoString() string { return p.masked() }

// Format prints the masked form for every verb.
func (p Patient) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.masked())) }

// LogValue is the ID only: a log line needs no more.
func (p Patient) LogValue() slog.Value { return slog.Int64Value(int64(p.ID)) }

func (n NewPatient) masked() string {
	return fmt.Sprintf("new patient (%s, %s %s, %s)", MaskName(n.Name), n.Document, MaskNumber(n.Number), MaskPhone(n.Phone))
}

// String is the masked form.
func (n NewPatient) String() string { return n.masked() }

// GoString is the masked form.
func (n NewPatient) GoString() string { return n.masked() }

// Format prints the masked form for every verb.
func (n NewPatient) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(n.masked())) }

// LogValue is the masked form.
func (n NewPatient) LogValue() slog.Value { return slog.StringValue(n.masked()) }

func (d Document) masked() string { return fmt.Sprintf("%s %s", d.Kind, MaskNumber(d.Number)) }

// String is the masked form.
func (d Document) String() string { return d.masked() }

// GoString is the masked form.
func (d Document) GoString() string { return d.masked() }

// Format prints the masked form for every verb.
func (d Document) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(d.masked())) }

// LogValue is the masked form.
func (d Document) LogValue() slog.Value { return slog.StringValue(d.masked()) }

// LogValue is the appointment's ID, status and version.
func (v Visit) LogValue() slog.Value {
	a := v.Appointment
	return slog.GroupValue(slog.Int64("appointment", int64(a.ID)), slog.String("status", string(a.Status)), slog.Int("version", a.Version))
}
