package dialog

import (
	"encoding/json"
	"time"

	"guahao/booking"
)

const (
	memoryVersion = 1
	maxHistory    = 24
	maxMemory     = 24 << 10 // bytes of JSON; the oldest steps are forgotten beyond it
)

// memory is what one conversation remembers between two updates: [bots.Session]'s Data. It is encrypted at rest, because
// the draft of a patient is in it.
type memory struct {
	Version int        `json:"v"`
	Draft   draft      `json:"draft,omitzero"`
	Page    int        `json:"page,omitzero"`
	History []snapshot `json:"history,omitempty"` // oldest first
	Offered []offer    `json:"offered,omitempty"` // what the last reply offered, so that a number means what was read
	Misses  int        `json:"misses,omitzero"`   // misunderstandings in a row
	Seen    time.Time  `json:"seen,omitzero"`
	Place   place      `json:"place,omitzero"`
	Large   bool       `json:"large,omitzero"`   // few choices a message, in short lines
	Human   human      `json:"human,omitzero"`   // who answers instead of the bot
	Said    []spoken   `json:"said,omitempty"`   // the last messages, for whoever takes over; kept only where somebody can
	Alarmed bool       `json:"alarmed,omitzero"` // the last reply answered a word of danger
}

// snapshot is a step as the person saw it; going back restores it.
type snapshot struct {
	State State `json:"state"`
	Draft draft `json:"draft,omitzero"`
	Page  int   `json:"page,omitzero"`
}

// offer is one option of the last reply.
type offer struct {
	Index  int    `json:"i"`
	Choice choice `json:"c"`
	Label  string `json:"l,omitempty"` // its beginning, for a transcript; kept only where somebody reads one
}

// choice is what an option stands for. What it means is the business of the state that offered it.
type choice struct {
	Do  string `json:"do"`
	ID  int64  `json:"id,omitzero"`
	Arg string `json:"arg,omitzero"`
	// Explicit choices cost money or a place: a button or the whole word, a mere number is not enough.
	Explicit bool `json:"explicit,omitzero"`
}

// draft is what has been chosen so far. It holds plain values only, so that a copy is a copy.
type draft struct {
	Hospital    booking.HospitalID    `json:"hospital,omitzero"`
	Group       booking.DepartmentID  `json:"group,omitzero"`
	Department  booking.DepartmentID  `json:"department,omitzero"`
	Doctor      booking.DoctorID      `json:"doctor,omitzero"`
	Date        booking.Date          `json:"date,omitzero"`
	Schedule    booking.ScheduleID    `json:"schedule,omitzero"`
	Slot        booking.SlotID        `json:"slot,omitzero"`
	Wanted      booking.SlotID        `json:"wanted,omitzero"` // the full slot that alternatives are looked for
	Like        booking.SlotID        `json:"like,omitzero"`   // the slot whose day and time another doctor should have
	Patient     booking.PatientID     `json:"patient,omitzero"`
	Visit       booking.AppointmentID `json:"visit,omitzero"`
	Query       string                `json:"query,omitzero"` // a line that several things answer to
	Asked       asked                 `json:"asked,omitzero"` // what a sentence said that later steps take up
	New         newPatient            `json:"new,omitzero"`
	Move        booking.AppointmentID `json:"move,omitzero"` // the visit that is to be moved to the slot
	Wish        booking.Wish          `json:"wish,omitzero"` // what is to be waited for
	Wait        booking.WaitID        `json:"wait,omitzero"`
	Application booking.ApplicationID `json:"application,omitzero"` // for a place that is drawn
	Sent        int64                 `json:"sent,omitzero"`        // a broadcast that was sent
	Everyone    bool                  `json:"everyone,omitzero"`    // a broadcast to all followers
	Words       string                `json:"words,omitzero"`       // what staff write
	Sending     sending               `json:"sending,omitzero"`     // how that goes out
}

// newPatient is a patient being added.
type newPatient struct {
	Relation booking.Relation     `json:"relation,omitzero"`
	Name     string               `json:"name,omitzero"`
	Document booking.DocumentKind `json:"document,omitzero"`
	Number   string               `json:"number,omitzero"`
	Birth    booking.Date         `json:"birth,omitzero"`
	Sex      booking.Sex          `json:"sex,omitzero"`
	Phone    string               `json:"phone,omitzero"`
	Guardian booking.Guardian     `json:"guardian,omitzero"`
	Saved    booking.PatientID    `json:"saved,omitzero"` // who is known already, and only has another guardian
	Heard    bool                 `json:"heard,omitzero"` // the relation is what a sentence said (给妈妈挂号), and may be corrected
}

// recall reads a session's data; false means that it cannot be used.
func recall(data json.RawMessage) (memory, bool) {
	if len(data) == 0 {
		return memory{Version: memoryVersion}, true
	}
	var m memory
	if err := json.Unmarshal(data, &m); err != nil || m.Version != memoryVersion || m.Page < 0 {
		return memory{Version: memoryVersion}, false
	}
	return m, true
}

// encode gives the session's data, forgetting the oldest steps where it is too much.
func (m *memory) encode() (json.RawMessage, error) {
	for {
		data, err := json.Marshal(m)
		if err != nil || len(data) <= maxMemory || len(m.History) == 0 {
			return data, err
		}
		m.History = m.History[1:]
	}
}

// push remembers a step to come back to.
func (m *memory) push(s snapshot) {
	m.History = append(m.History, s)
	if extra := len(m.History) - maxHistory; extra > 0 {
		m.History = m.History[extra:]
	}
}

// pop takes the last step to come back to.
func (m *memory) pop() (snapshot, bool) {
	if len(m.History) == 0 {
		return snapshot{}, false
	}
	last := m.History[len(m.History)-1]
	m.History = m.History[:len(m.History)-1]
	return last, true
}

// labelled gives the label of the option of the last reply that has this number.
func (m *memory) labelled(index int) string {
	for _, o := range m.Offered {
		if o.Index == index {
			return o.Label
		}
	}
	return ""
}

// offered finds the option of the last reply that has this number.
func (m *memory) offered(index int) (choice, bool) {
	for _, o := range m.Offered {
		if o.Index == index {
			return o.Choice, true
		}
	}
	return choice{}, false
}
