package dialog

import (
	"slices"

	"guahao/booking"
	"guahao/dialog/understand"
)

// BirthIn is what the tests see of how a birth date is read.
var BirthIn = birthIn

// DangerIn tells what danger a line speaks of; "" is none.
func (d *Dialog) DangerIn(line string) string { return string(d.alarms.in(line)) }

// IntentOf tells what a line asks for everywhere; "" is nothing.
func (d *Dialog) IntentOf(line string) string { return string(d.reader.Word(line)) }

// Edges gives, for each state of the table, where it leads.
func Edges() map[string][]string {
	edges := map[string][]string{}
	for _, r := range table() {
		edges[string(r.state)] = nil
		for _, to := range r.goes {
			edges[string(r.state)] = append(edges[string(r.state)], string(to))
		}
	}
	return edges
}

// OfStaff tells whether a state is one of staff's.
func OfStaff(state string) bool {
	return slices.ContainsFunc(table(), func(r row) bool { return string(r.state) == state && r.flow == flowStaff })
}

// WishIn is what the tests see of how a wish is read.
func WishIn(d *Dialog, line string, there booking.Wish, today booking.Date) (booking.Wish, bool) {
	return wishFrom(d.reader.Read(line, today, d.reader.Directory(booking.Directory{}), 0), there)
}

// Read is what the tests see of how a sentence is read.
func (d *Dialog) Read(line string, today booking.Date) understand.Meaning {
	return d.reader.Read(line, today, d.reader.Directory(booking.Directory{}), 0)
}

// Presentable tells whether a sentence of a model may be shown.
func (d *Dialog) Presentable(sentence string) bool { return (&turn{d: d}).presentable(sentence) }
