package booking

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"guahao/internal/money"
)

// HalfKey names a doctor's half-day.
type HalfKey struct {
	Doctor DoctorID `json:"doctor"`
	Date   Date     `json:"date"`
	Period Period   `json:"period"`
}

// HalfDay is a schedule with its slots as change sets see it. Places that staff added for single patients (加号) are not among the slots.
type HalfDay struct {
	HalfKey
	ID         ScheduleID     `json:"id,omitempty"` // 0 while it is not made
	Version    int            `json:"version"`      // raised by each change of staff
	Hospital   HospitalID     `json:"hospital"`
	Department DepartmentID   `json:"department"`
	Kind       ClinicKind     `json:"kind"`
	Fee        money.Fen      `json:"fee"`
	Room       string         `json:"room"`
	Status     ScheduleStatus `json:"status"`
	Allocation Allocation     `json:"allocation,omitempty"` // of its places; no change of a half-day changes it
	Note       string         `json:"note,omitempty"`       // of a stopped one
	Manual     bool           `json:"manual,omitempty"`     // decided by hand: the usual week leaves it alone
	Slots      []HalfSlot     `json:"slots"`
	Set        ChangeSetID    `json:"set,omitempty"` // the last one that changed it

	Taken   int       `json:"taken,omitempty"` // added places included
	Used    bool      `json:"used,omitempty"`  // somebody has or had an appointment in it
	ExtraAt time.Time `json:"-"`               // where the slot of the added places begins; zero when there is none
}

// HalfSlot is a slot of a half-day. One without places is there for the appointments that it had.
type HalfSlot struct {
	StartsAt time.Time `json:"starts"`
	EndsAt   time.Time `json:"ends"`
	FirstSeq int       `json:"first"`
	Capacity int       `json:"places"`

	Taken   int  `json:"taken,omitempty"`
	Highest int  `json:"highest,omitempty"` // the highest number that somebody has; 0: nobody has one
	Issued  int  `json:"issued,omitempty"`
	Used    bool `json:"used,omitempty"`
}

// end is the first number after the slot's.
func (s HalfSlot) end() int { return s.FirstSeq + s.Capacity }

// Places is how many there are; none when it is stopped or not there.
func (h *HalfDay) Places() int {
	if !h.open() {
		return 0
	}
	return h.planned()
}

// planned is how many places its slots have, stopped or not.
func (h *HalfDay) planned() int {
	n := 0
	for _, s := range h.Slots {
		n += s.Capacity
	}
	return n
}

// Span is from when to when somebody is seen.
func (h *HalfDay) Span() (from, to time.Time) {
	for _, s := range h.live() {
		if from.IsZero() || s.StartsAt.Before(from) {
			from = s.StartsAt
		}
		if s.EndsAt.After(to) {
			to = s.EndsAt
		}
	}
	return from, to
}

// live are the slots that have places.
func (h *HalfDay) live() []HalfSlot {
	if h == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(h.Slots), func(s HalfSlot) bool { return s.Capacity == 0 })
}

// open tells whether it is there and takes patients.
func (h *HalfDay) open() bool { return h != nil && h.Status == Open }

// same tells whether two are planned alike, whoever has booked.
func (h *HalfDay) same(o *HalfDay) bool {
	if h == nil || o == nil {
		return h == o
	}
	return h.Department == o.Department && h.Kind == o.Kind && h.Fee == o.Fee && h.Room == o.Room && h.Status == o.Status && h.Note == o.Note &&
		h.Manual == o.Manual && slices.EqualFunc(h.live(), o.live(), HalfSlot.same)
}

func (s HalfSlot) same(o HalfSlot) bool {
	return s.StartsAt.Equal(o.StartsAt) && s.EndsAt.Equal(o.EndsAt) && s.FirstSeq == o.FirstSeq && s.Capacity == o.Capacity
}

// clone gives one that can be changed.
func (h *HalfDay) clone() *HalfDay {
	c := *h
	c.Slots = slices.Clone(h.Slots)
	return &c
}

// stopped is the half-day after it was stopped.
func (h *HalfDay) stopped(note string) *HalfDay {
	c := h.clone()
	c.Status, c.Note = Stopped, note
	return c
}

// resized gives the slots with other numbers of places. A number that somebody has stays theirs and within its slot: slots keep their numbers when
// one of the half-day's was ever given. Places that do not fit before the next slot's numbers get a slot of their own in the second half of
// the stretch, with numbers after all others. What cannot be is a refusal.
func (h *HalfDay) resized(places map[time.Time]int) ([]HalfSlot, error) {
	list := slices.Clone(h.Slots)
	for i, s := range list {
		want, named := places[s.StartsAt]
		if !named {
			continue
		}
		if want < 0 || want > maxPlaces {
			return nil, refusef(CodeBadSchedule, "号数须在 0 到 %d 之间。", "The number of places must be from 0 to %d.", maxPlaces)
		}
		list[i].Capacity = want
		if err := s.holds(list[i]); err != nil {
			return nil, err
		}
	}
	if !h.Used {
		return numbered(list), nil
	}
	return h.fitted(list)
}

// numbered counts the numbers on from slot to slot.
func numbered(list []HalfSlot) []HalfSlot {
	list = slices.DeleteFunc(list, func(s HalfSlot) bool { return s.Capacity == 0 })
	next := 1
	for i := range list {
		list[i].FirstSeq, list[i].Issued = next, 0
		next += list[i].Capacity
	}
	return list
}

// fitted keeps the slots' first numbers, and moves what does not fit.
func (h *HalfDay) fitted(list []HalfSlot) ([]HalfSlot, error) {
	next := 1
	for _, s := range h.Slots {
		next = max(next, s.end())
	}
	var more []HalfSlot
	for i, s := range list {
		room := extraSeq - s.FirstSeq
		for _, o := range h.Slots {
			if o.FirstSeq > s.FirstSeq {
				room = min(room, o.FirstSeq-s.FirstSeq)
			}
		}
		if s.Capacity <= room {
			next = max(next, s.end())
			continue
		}
		beside := HalfSlot{StartsAt: s.StartsAt.Add(s.EndsAt.Sub(s.StartsAt) / 2).Truncate(time.Minute), EndsAt: s.EndsAt, Capacity: s.Capacity - room}
		taken := func(o HalfSlot) bool { return o.StartsAt.Equal(beside.StartsAt) }
		if slices.ContainsFunc(list, taken) || slices.ContainsFunc(more, taken) || !beside.StartsAt.After(s.StartsAt) {
			return nil, refuse(CodeBadSchedule, "这个时段前后的号已有人约，排不下更多的号了。请把号加在别的时段。",
				"The numbers around this time are booked, so no more places fit into it. Please add them at another time.")
		}
		list[i].Capacity = room
		more = append(more, beside)
	}
	for i := range more {
		more[i].FirstSeq = next
		next += more[i].Capacity
	}
	list = append(list, more...)
	slices.SortFunc(list, func(a, b HalfSlot) int { return a.StartsAt.Compare(b.StartsAt) })
	return list, nil
}

// holds refuses a slot that is too small for who has a number in s.
func (s HalfSlot) holds(next HalfSlot) error {
	if next.Capacity >= s.Taken && (s.Highest == 0 || s.FirstSeq == next.FirstSeq && s.Highest < next.end()) {
		return nil
	}
	return &inTheWay{slot: s, want: next.Capacity}
}

// inTheWay says that somebody has a number that would be gone.
type inTheWay struct {
	slot HalfSlot
	want int
}

func (e *inTheWay) Error() string { return "booking: booked numbers are in the way" }

// allows tells whether a half-day as it is may become another one, or not be there any more (nil). Nobody who has a place may lose it; a
// half-day with patients is stopped by other means.
func (h *HalfDay) allows(next *HalfDay) error {
	if h == nil {
		return nil
	}
	if !next.open() {
		if h.Taken > 0 {
			return &inTheWay{slot: HalfSlot{Taken: h.Taken}}
		}
		return nil
	}
	for _, s := range h.Slots {
		i := slices.IndexFunc(next.Slots, func(o HalfSlot) bool { return o.StartsAt.Equal(s.StartsAt) })
		to := HalfSlot{}
		if i >= 0 {
			to = next.Slots[i]
		}
		if s.Taken == 0 && s.Highest == 0 {
			continue
		}
		if err := s.holds(to); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(next.live(), func(s HalfSlot) bool { return !h.ExtraAt.IsZero() && s.StartsAt.Equal(h.ExtraAt) }); i >= 0 {
		return refuse(CodeBadSchedule, "这个时间已经用于加号，不能再排门诊。请换一个时间。", "Places were added by hand at this time, so no clinic can be there. Please choose another time.")
	}
	return nil
}

// byKey orders half-days by day, half and doctor.
func byKey(a, b HalfKey) int {
	return cmp.Or(strings.Compare(string(a.Date), string(b.Date)), cmp.Compare(a.Period.order(), b.Period.order()), cmp.Compare(a.Doctor, b.Doctor))
}
