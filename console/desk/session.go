package desk

import (
	"fmt"
	"strconv"
	"time"

	"guahao/booking"
	"guahao/internal/money"
)

// sessionFields are the fields of a half-day's plan: what session reads back.
func (r *request) sessionFields(s booking.Session) []field {
	fee := ""
	if s.Fee != booking.FeeByPolicy {
		fee = s.Fee.String()
	}
	var halves, kinds []option
	for _, p := range []booking.Period{booking.Morning, booking.Afternoon, booking.Evening} {
		halves = append(halves, option{Value: string(p), Label: r.say("period." + string(p))})
	}
	for _, k := range []booking.ClinicKind{booking.General, booking.Expert, booking.Special} {
		kinds = append(kinds, option{Value: string(k), Label: r.say("kind." + string(k))})
	}
	return []field{
		r.field(field{Name: "period", Label: "session.period", Kind: "select", Value: string(s.Period), Options: halves}),
		r.field(field{Name: "start", Label: "session.start", Kind: "time", Value: clock(s.StartMinute), Required: true}),
		r.field(field{Name: "minutes", Label: "session.minutes", Kind: "number", Value: strconv.Itoa(s.SlotMinutes), Required: true}),
		r.field(field{Name: "slots", Label: "session.slots", Kind: "number", Value: strconv.Itoa(s.Slots), Required: true}),
		r.field(field{Name: "per_slot", Label: "session.per_slot", Kind: "number", Value: strconv.Itoa(s.PerSlot), Required: true}),
		r.field(field{Name: "room", Label: "col.room", Kind: "text", Value: s.Room, Max: 50}),
		r.field(field{Name: "kind", Label: "session.kind", Kind: "select", Value: string(s.Kind), Options: kinds}),
		r.field(field{Name: "fee", Label: "session.fee", Kind: "text", Value: fee, Hint: r.say("session.fee_hint"), Max: 12}),
	}
}

// session reads a half-day's plan. What is wrong with its values booking says.
func (r *request) session() (booking.Session, error) {
	s := booking.Session{Period: booking.Period(r.value("period")), Kind: booking.ClinicKind(r.value("kind")), Fee: booking.FeeByPolicy, Room: r.value("room"),
		SlotMinutes: int(r.number("minutes")), Slots: int(r.number("slots")), PerSlot: int(r.number("per_slot"))}
	start, err := time.Parse("15:04", r.value("start"))
	if err != nil {
		return s, refuse("session.bad_start")
	}
	s.StartMinute = start.Hour()*60 + start.Minute()
	if text := r.value("fee"); text != "" {
		if s.Fee, err = money.Parse(text); err != nil {
			return s, refuse("session.bad_fee")
		}
	}
	return s, nil
}

// clock writes minutes after midnight as a time of day.
func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// sessionWords says a plan in one line.
func (r *request) sessionWords(s booking.Session) string {
	fee := r.say("session.by_policy")
	if s.Fee != booking.FeeByPolicy {
		fee = yuan(s.Fee)
	}
	return fmt.Sprintf("%s–%s · %s · %s · %s · %s", clock(s.StartMinute), clock(s.StartMinute+s.Slots*s.SlotMinutes), r.say("session.words", s.Slots, s.SlotMinutes, s.PerSlot),
		r.say("kind."+string(s.Kind)), fee, orDash(s.Room))
}
