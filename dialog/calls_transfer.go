package dialog

import (
	"fmt"

	"guahao/booking"
)

// The states in which a nurse sends somebody to another doctor of the department.
const (
	stateCallWho State = "call_who"
	stateCallTo  State = "call_to"
)

const doTransfer = "transfer"

// toAnyone is the choice of whoever is free first.
const toAnyone = "anyone"

func transferRows() []row {
	return []row{
		{state: stateCallWho, prompt: "call.who", accepts: acceptsOptions, items: callWhoItems, chosen: callWhoChosen, goes: []State{stateCallTo}},
		{state: stateCallTo, accepts: acceptsOptions, items: callToItems, chosen: callToChosen, goes: []State{stateCall}},
	}
}

// callWhoItems offers who is called, who waits for this doctor and who was passed over.
func callWhoItems(t *turn) (list, error) {
	room, err := t.calling()
	if err != nil {
		return list{}, err
	}
	people := append(append([]booking.QueuePerson{}, room.Waiting...), room.Skipped...)
	if room.With != nil {
		people = append([]booking.QueuePerson{*room.With}, people...)
	}
	l := list{}
	if len(people) == 0 {
		l.prompt = "call.who.none"
	}
	for _, p := range people {
		number := p.Visit.Appointment.Number()
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(p.Visit.Appointment.ID)}, label: t.callName(p), names: []string{number.ZH, number.EN}})
	}
	return l, nil
}

func callWhoChosen(t *turn, c choice) error {
	t.m.Draft.Visit = booking.AppointmentID(c.ID)
	return t.move(stateCallTo)
}

// inThisQueue reads the person who is to be sent elsewhere, who must be of the queue that the nurse may call from.
func (t *turn) inThisQueue() (booking.QueueRoom, booking.Visit, error) {
	room, err := t.calling()
	if err != nil {
		return room, booking.Visit{}, err
	}
	v, err := t.d.Booking.Visit(t.ctx, t.m.Draft.Visit)
	if err == nil && (v.Department.ID != room.Clinic.Department || v.Appointment.Date != room.Clinic.Date) {
		err = booking.ErrNotInQueue
	}
	return room, v, err
}

// callToItems offers the other doctors of the department, with how many wait for each, and whoever is free first.
func callToItems(t *turn) (list, error) {
	room, v, err := t.inThisQueue()
	if err != nil {
		return list{}, err
	}
	reach, err := t.reach()
	if err != nil {
		return list{}, err
	}
	clinics, err := t.d.Calls.QueueSummaries(t.ctx, reach, room.Clinic.Hospital, room.Clinic.Date)
	if err != nil {
		return list{}, err
	}
	l := list{prompt: "call.to", args: []any{"who", t.callName(booking.QueuePerson{Visit: v})}}
	for _, c := range clinics {
		if c.Clinic.Department != room.Clinic.Department || c.Clinic.ID == room.Clinic.ID || c.Clinic.Period != room.Clinic.Period {
			continue
		}
		label := t.say("call.to.item", "doctor", c.Doctor.Name, "room", c.Clinic.RoomIn(t.lang), "waiting", c.Waiting)
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(c.Clinic.ID)}, label: label, names: []string{c.Doctor.Name.ZH, c.Doctor.Name.EN, c.Clinic.Room}})
	}
	if len(l.items) == 0 {
		l.prompt = "call.to.none"
		return l, nil
	}
	l.items = append(l.items, item{choice: choice{Do: toAnyone}, label: t.say("call.to.anyone")})
	return l, nil
}

// callToChosen sends the person there, with the class and the time waited kept, and shows this doctor's queue again.
func callToChosen(t *turn, c choice) error {
	_, v, err := t.inThisQueue()
	if err != nil {
		return t.refused(err)
	}
	m, err := t.member()
	if err != nil {
		return err
	}
	if err := t.d.Calls.SendTo(t.ctx, m.ID, v.Appointment.ID, booking.ScheduleID(c.ID)); err != nil {
		return t.refused(err)
	}
	to := t.say("call.to.anyone")
	if c.ID != 0 {
		other, err := t.d.Calls.QueueRoomOf(t.ctx, booking.ScheduleID(c.ID))
		if err != nil {
			return fmt.Errorf("look where somebody was sent: %w", err)
		}
		to = t.say("call.to.there", "doctor", other.Doctor.Name, "room", other.Clinic.RoomIn(t.lang))
	}
	t.note("call.sent", "who", t.callName(booking.QueuePerson{Visit: v}), "to", to)
	t.m.Draft.Visit = 0
	return t.move(stateCall)
}
