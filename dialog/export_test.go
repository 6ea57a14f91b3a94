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
