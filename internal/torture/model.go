package torture

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"guahao/booking"
)

// kind is what a step says about a schedule.
type kind string

// The kinds. The first three change who holds a place; the others say what somebody was told.
const (
	took       kind = "took"       // a patient got a number of a slot
	left       kind = "left"       // an appointment gave its number back
	moved      kind = "moved"      // both at once, within the schedule
	impossible kind = "impossible" // one request was given two answers: no order explains that
	full       kind = "full"       // the slot had no place left
	twice      kind = "twice"      // the patient had a place in the schedule already
	there      kind = "there"      // the appointment had its place
	notThere   kind = "not_there"  // the appointment had lost its place
	looked     kind = "looked"     // so many places were taken in each slot
	final      kind = "at_the_end" // who holds places when all is over
)

// step is one operation of a history: what was asked, and what was answered.
type step struct {
	Kind        kind                   `json:"kind"`
	By          string                 `json:"by"` // the request's key, or what the program did by itself
	Slot        booking.SlotID         `json:"slot,omitempty"`
	Patient     booking.PatientID      `json:"patient,omitempty"`
	Appointment booking.AppointmentID  `json:"appointment,omitempty"`
	Seq         int                    `json:"seq,omitempty"`
	From        booking.AppointmentID  `json:"from,omitempty"` // of a move: the old one
	Taken       map[booking.SlotID]int `json:"taken,omitempty"`
	Holders     []holder               `json:"holders,omitempty"`
	Pending     bool                   `json:"pending,omitempty"` // cut off before its end: it may not have happened
}

// effects tells whether the step changes who holds a place.
func (s step) effects() bool { return s.Kind == took || s.Kind == left || s.Kind == moved }

// holder has a place.
type holder struct {
	Appointment booking.AppointmentID `json:"appointment" db:"appointment"`
	Patient     booking.PatientID     `json:"patient" db:"patient"`
	Slot        booking.SlotID        `json:"slot" db:"slot"`
	Seq         int                   `json:"seq" db:"seq"`
}

// holders is the state of a schedule, in the order of appointments. It is never changed in place.
type holders []holder

// model is a schedule as the set of its holders. Slots are those of all schedules; each history is of one.
func model(slots map[booking.SlotID]booking.Slot) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return holders(nil) },
		Step: func(state, input, _ any) (bool, any) {
			before, s := state.(holders), input.(step)
			possible, after := before.apply(s, slots[s.Slot])
			if !possible && s.Pending {
				return true, before
			}
			return possible, after
		},
		Equal:             func(a, b any) bool { return slices.Equal(a.(holders), b.(holders)) },
		DescribeOperation: func(input, _ any) string { return input.(step).String() },
		DescribeState:     func(state any) string { return state.(holders).String() },
	}
}

// apply is the whole specification.
func (h holders) apply(s step, slot booking.Slot) (bool, holders) {
	at := slices.IndexFunc(h, func(x holder) bool { return x.Appointment == s.Appointment })
	switch s.Kind {
	case took:
		fits := at < 0 && h.in(s.Slot) < slot.Capacity && s.Seq >= slot.FirstSeq && s.Seq < slot.FirstSeq+slot.Capacity
		if !fits || h.has(func(x holder) bool { return x.Patient == s.Patient || x.Slot == s.Slot && x.Seq == s.Seq }) {
			return false, h
		}
		return true, h.with(holder{s.Appointment, s.Patient, s.Slot, s.Seq})
	case left:
		if at < 0 {
			return false, h
		}
		return true, slices.Concat(h[:at], h[at+1:])
	case moved:
		gone, without := h.apply(step{Kind: left, Appointment: s.From}, slot)
		s.Kind = took
		fits, after := without.apply(s, slot)
		if !gone || !fits {
			return false, h
		}
		return true, after
	case full:
		return h.in(s.Slot) >= slot.Capacity, h
	case twice:
		return h.has(func(x holder) bool { return x.Patient == s.Patient }), h
	case there:
		return at >= 0, h
	case notThere:
		return at < 0, h
	case looked:
		for slot, taken := range s.Taken {
			if h.in(slot) != taken {
				return false, h
			}
		}
		return true, h
	case final:
		return slices.Equal(h, holders(s.Holders)), h
	}
	return false, h
}

func (h holders) has(such func(holder) bool) bool { return slices.ContainsFunc(h, such) }

func (h holders) in(slot booking.SlotID) (n int) {
	for _, x := range h {
		if x.Slot == slot {
			n++
		}
	}
	return n
}

func (h holders) with(x holder) holders {
	at, _ := slices.BinarySearchFunc(h, x, func(a, b holder) int { return int(a.Appointment - b.Appointment) })
	return slices.Insert(slices.Clone(h), at, x)
}

func (h holders) String() string {
	var list []string
	for _, x := range h {
		list = append(list, fmt.Sprintf("slot %d no. %d: patient %d (appointment %d)", x.Slot, x.Seq, x.Patient, x.Appointment))
	}
	return "{" + strings.Join(list, "; ") + "}"
}

func (s step) String() string {
	what := ""
	switch s.Kind {
	case took:
		what = fmt.Sprintf("patient %d took slot %d no. %d (appointment %d)", s.Patient, s.Slot, s.Seq, s.Appointment)
	case left:
		what = fmt.Sprintf("appointment %d gave its place back", s.Appointment)
	case moved:
		what = fmt.Sprintf("patient %d moved to slot %d no. %d (appointment %d, was %d)", s.Patient, s.Slot, s.Seq, s.Appointment, s.From)
	case full:
		what = fmt.Sprintf("slot %d was full", s.Slot)
	case twice:
		what = fmt.Sprintf("patient %d had a place already", s.Patient)
	case there:
		what = fmt.Sprintf("appointment %d had its place", s.Appointment)
	case notThere:
		what = fmt.Sprintf("appointment %d had lost its place", s.Appointment)
	case looked:
		for _, slot := range slices.Sorted(maps.Keys(s.Taken)) {
			what += fmt.Sprintf("slot %d had %d taken; ", slot, s.Taken[slot])
		}
		what = strings.TrimSuffix(what, "; ")
	case final:
		what = "at the end " + holders(s.Holders).String()
	default:
		what = "one request, two answers"
	}
	if s.Pending {
		what += " (perhaps)"
	}
	return what + " [" + s.By + "]"
}
