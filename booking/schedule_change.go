package booking

import (
	"fmt"
	"time"
)

// ChangeSetID names a change set.
type ChangeSetID int64

// ScheduleChange is one thing that staff want to change: exactly one of its fields is set.
//
// Base, where a change has it, is the version that its author saw; when it is another one by now, the change is refused with what became of it.
// 0 stands for whatever it is.
type ScheduleChange struct {
	Template    *Template     `json:"template,omitempty"`     // a new session of a usual week, or (with ID and Version) another content of one
	EndTemplate *TemplateEnd  `json:"end_template,omitempty"` // a session of a usual week that takes place no more
	Day         *CalendarDay  `json:"day,omitempty"`          // a holiday, a make-up day, or a day that is neither
	Leave       *Leave        `json:"leave,omitempty"`        // a doctor who does not come, with or without a substitute
	EndLeave    *LeaveEnd     `json:"end_leave,omitempty"`    // a doctor who comes back earlier
	Extra       *ExtraClinic  `json:"extra,omitempty"`        // a half-day beyond the usual week
	Places      *PlacesChange `json:"places,omitempty"`       // more or fewer places in slots of a half-day
	Room        *RoomChange   `json:"room,omitempty"`         // another room for a half-day
	Cancel      *ClinicRef    `json:"cancel,omitempty"`       // a half-day that does not take place
	Reopen      *ClinicRef    `json:"reopen,omitempty"`       // a stopped half-day that takes place after all
}

// TemplateEnd ends a session of a usual week: From is the first day without it.
type TemplateEnd struct {
	ID   TemplateID `json:"id"`
	Base int        `json:"base,omitempty"`
	From Date       `json:"from"`
}

// LeaveEnd ends a leave: From is the first day on which the doctor is back. Half-days that were stopped for it stay stopped until they are
// reopened.
type LeaveEnd struct {
	ID   int64 `json:"id"`
	Base int   `json:"base,omitempty"`
	From Date  `json:"from"`
}

// ExtraClinic is a half-day beyond the usual week.
type ExtraClinic struct {
	Doctor DoctorID `json:"doctor"`
	Date   Date     `json:"date"`
	Session
}

func (e ExtraClinic) key() HalfKey { return HalfKey{e.Doctor, e.Date, e.Period} }

// ClinicRef names a half-day.
type ClinicRef struct {
	HalfKey
	Base int `json:"base,omitempty"`
}

// PlacesChange gives slots of a half-day other numbers of places.
type PlacesChange struct {
	ClinicRef
	Slots []SlotPlaces `json:"slots"`
}

// SlotPlaces is how many places the slot has that starts so many minutes after midnight on the hospital's clocks.
type SlotPlaces struct {
	Minute int `json:"minute"`
	Places int `json:"places"`
}

// RoomChange gives a half-day another room.
type RoomChange struct {
	ClinicRef
	Room string `json:"room"`
}

// maxRoom is the length of a room's name in characters.
const maxRoom = 50

// kinds counts how many of the fields are set.
func (c ScheduleChange) kinds() int {
	n := 0
	for _, set := range []bool{c.Template != nil, c.EndTemplate != nil, c.Day != nil, c.Leave != nil, c.EndLeave != nil, c.Extra != nil, c.Places != nil,
		c.Room != nil, c.Cancel != nil, c.Reopen != nil} {
		if set {
			n++
		}
	}
	return n
}

// clinic is the half-day that a change names, if it is about one.
func (c ScheduleChange) clinic() (ClinicRef, bool) {
	switch {
	case c.Places != nil:
		return c.Places.ClinicRef, true
	case c.Room != nil:
		return c.Room.ClinicRef, true
	case c.Cancel != nil:
		return *c.Cancel, true
	case c.Reopen != nil:
		return *c.Reopen, true
	case c.Extra != nil:
		return ClinicRef{HalfKey: c.Extra.key()}, true
	}
	return ClinicRef{}, false
}

// Pair is how something is, and how it becomes; nil is not there.
type Pair[T any] struct {
	Before, After *T
}

func (p Pair[T]) reversed() Pair[T] { return Pair[T]{p.After, p.Before} }

// Effect is what a change set does to one half-day or one rule: one of the pairs is set.
type Effect struct {
	Clinic   *Pair[HalfDay]
	Template *Pair[Template]
	Day      *Pair[CalendarDay]
	Leave    *Pair[Leave]
	// Stop: patients have booked, so the half-day is stopped (StopSchedule) and they are told. After is how it is then.
	Stop bool
}

// Problem says why a change cannot be made.
type Problem struct {
	Change   int // which of the changes, from 0; -1: the set as a whole
	Code     Code
	Message  Text
	Clinic   HalfKey  // where it is about one
	InTheWay *HalfDay // where somebody has booked what would be gone; with the place's slot in InSlot, or zero for all of it
	InSlot   time.Time
}

// Kept is a half-day that the rules would change, and that stays as it is.
type Kept struct {
	Clinic HalfDay
	Why    Text
}

// Overtaken is something that was changed after a change set was drafted: how it was then and is now.
type Overtaken struct {
	Effect
	Set ChangeSetID // the change set that did it, or 0
}

// badf is a refusal of a change.
func badf(zh, en string, args ...any) error { return refusef(CodeBadSchedule, zh, en, args...) }

// clockTime writes minutes after midnight as a time of day.
func clockTime(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
