package booking

import (
	"errors"
	"fmt"
	"time"

	"guahao/internal/money"
)

// Session is a doctor's half-day as planned: what a schedule and its slots are made of.
type Session struct {
	Period      Period
	Kind        ClinicKind
	Fee         money.Fen // FeeByPolicy: what the policy says for the doctor's title and the kind
	Room        string
	StartMinute int // of the first slot, in minutes after midnight on the hospital's clocks
	SlotMinutes int
	Slots       int
	PerSlot     int // places in each slot
}

// FeeByPolicy stands for no fee of its own.
const FeeByPolicy money.Fen = -1

// maxPlaces of a session keeps its numbers apart from those of places that staff add.
const maxPlaces = extraSeq - 1

// Validate tells what is wrong with a plan.
func (p Session) Validate() error {
	switch {
	case p.Period.order() < 0:
		return fmt.Errorf("a session has no period %q", p.Period)
	case p.Kind != General && p.Kind != Expert && p.Kind != Special:
		return fmt.Errorf("a session has no kind %q", p.Kind)
	case p.Fee < 0 && p.Fee != FeeByPolicy:
		return errors.New("a session's fee must not be negative")
	case p.SlotMinutes < 1 || p.Slots < 1 || p.PerSlot < 1:
		return errors.New("a session needs at least one slot of a minute with one place")
	case p.Slots > maxPlaces || p.PerSlot > maxPlaces/p.Slots:
		return fmt.Errorf("a session has at most %d places", maxPlaces)
	case p.StartMinute < 0 || p.StartMinute+p.Slots*p.SlotMinutes > 24*60:
		return errors.New("a session must lie within one day")
	}
	return nil
}

// slotsOn lays a session's slots out on a day: one after another without gaps, their numbers counted on from slot to slot.
func (p Session) slotsOn(date Date, zone *time.Location) []Slot {
	day := date.In(zone)
	list := make([]Slot, p.Slots)
	for i := range list {
		minute := p.StartMinute + i*p.SlotMinutes
		start := time.Date(day.Year(), day.Month(), day.Day(), 0, minute, 0, 0, zone)
		list[i] = Slot{
			StartsAt: start.UTC(),
			EndsAt:   start.Add(time.Duration(p.SlotMinutes) * time.Minute).UTC(),
			FirstSeq: 1 + i*p.PerSlot,
			Capacity: p.PerSlot,
		}
	}
	return list
}
