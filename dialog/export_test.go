package dialog

import "guahao/booking"

// What people type, as the conversation reads it; for tests.
var (
	NumberIn = numberIn
	BirthIn  = birthIn
	Fold     = fold
)

// WhenIn gives what whenIn found, in parts.
func WhenIn(line string, today booking.Date) (booking.Date, booking.Period, int, bool) {
	w, ok := whenIn(line, today)
	return w.Date, w.Period, w.Minute, ok
}

// DangerIn tells what danger a line speaks of; "" is none.
func (d *Dialog) DangerIn(line string) string { return string(d.alarms.in(line)) }

// IntentOf tells what a line asks for everywhere; "" is nothing.
func (d *Dialog) IntentOf(line string) string { return string(d.words.intent(line)) }

// NameIn strips what people wrap around a name.
func (d *Dialog) NameIn(line string) string { return d.words.name(line) }

// States lists all states of the table.
func States() []string {
	var all []string
	for _, r := range table() {
		all = append(all, string(r.state))
	}
	return all
}
