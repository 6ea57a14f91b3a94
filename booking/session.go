package booking

import (
	"time"

	"guahao/internal/money"
)

// Session is a doctor's half-day as planned: what a schedule and its slots are made of.
type Session struct {
	Period      Period     `json:"period"`
	Kind        ClinicKind `json:"kind"`
	Fee         money.Fen  `json:"fee"` // FeeByPolicy: what the policy says for the doctor's title and the kind
	Room        string     `json:"room"`
	StartMinute int        `json:"start"` // of the first slot, in minutes after midnight on the hospital's clocks
	SlotMinutes int        `json:"minutes"`
	Slots       int        `json:"slots"`
	PerSlot     int        `json:"per_slot"`             // places in each slot
	Allocation  Allocation `json:"allocation,omitempty"` // "": as the policy says
}

// FeeByPolicy stands for no fee of its own.
const FeeByPolicy money.Fen = -1

// maxPlaces of a session keeps its numbers apart from those of places that staff add.
const maxPlaces = extraSeq - 1

// Validate tells what is wrong with a plan, as a refusal.
func (p Session) Validate() error {
	switch {
	case p.Period.order() < 0:
		return badf("没有这个时段：%s", "a session has no period %q", p.Period)
	case p.Kind != General && p.Kind != Expert && p.Kind != Special:
		return badf("没有这种门诊：%s", "a session has no kind %q", p.Kind)
	case p.Allocation != "" && !p.Allocation.known():
		return badf("没有这种放号方式：%s", "a session's places cannot be given by %q", p.Allocation)
	case p.Fee < 0 && p.Fee != FeeByPolicy:
		return badf("挂号费不能小于 0。", "a session's fee must not be negative")
	case p.SlotMinutes < 1 || p.Slots < 1 || p.PerSlot < 1:
		return badf("至少要有一个 1 分钟的时段和 1 个号。", "a session needs at least one slot of a minute with one place")
	case p.Slots > maxPlaces || p.PerSlot > maxPlaces/p.Slots:
		return badf("一个半天最多 %d 个号。", "a session has at most %d places", maxPlaces)
	case p.StartMinute < 0 || p.SlotMinutes > 24*60 || p.StartMinute+p.Slots*p.SlotMinutes > 24*60:
		return badf("出诊时间必须在同一天之内。", "a session must lie within one day")
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
