package dialog

import (
	"context"
	"slices"
	"strings"

	"guahao/booking"
)

// Calls is what nurses do to the day's queue (叫号); *booking.Store satisfies it.
type Calls interface {
	// QueueSummaries are the half-days of a day within a reach, with how many wait.
	QueueSummaries(ctx context.Context, reach booking.Reach, hospital booking.HospitalID, date booking.Date) ([]booking.QueueSummary, error)
	QueueRoomOf(ctx context.Context, id booking.ScheduleID) (booking.QueueRoom, error)
	// What is done names who was called when the nurse looked, so that a press that comes too late does nothing.
	CallNext(ctx context.Context, c booking.Calling) (booking.AppointmentID, error)
	CallAgain(ctx context.Context, c booking.Calling) error
	PassOver(ctx context.Context, c booking.Calling) error
	FinishVisit(ctx context.Context, c booking.Calling) error
	PauseCalling(ctx context.Context, by booking.StaffID, id booking.ScheduleID) error
	ResumeCalling(ctx context.Context, by booking.StaffID, id booking.ScheduleID) error
	SendTo(ctx context.Context, by booking.StaffID, id booking.AppointmentID, to booking.ScheduleID) error
	BringBack(ctx context.Context, by booking.StaffID, id booking.AppointmentID) error
	CheckInWithin(ctx context.Context, by booking.StaffID, within booking.Reach, code string) (booking.Visit, error)
}

// The states of calling.
const (
	stateCallHospital State = "call_hospital"
	stateCallClinic   State = "call_clinic"
	stateCall         State = "call"
)

// wantCall begins it.
const wantCall intent = "call"

const (
	doCallNext  = "call_next"
	doCallAgain = "call_again"
	doPassOver  = "pass_over"
	doSeen      = "seen"
	doPause     = "pause"
	doResume    = "resume"
	doBringBack = "bring_back"
)

// shownWaiting is how many of who waits a nurse's message names.
const shownWaiting = 6

func (m Member) callReach() booking.Reach { return m.Call }

func callRows() []row {
	return append([]row{
		{
			state: stateCallHospital, prompt: "call.hospital", accepts: acceptsOptions, items: staffHospitalItems, chosen: callHospitalChosen,
			passes: callHospitalPasses, goes: []State{stateCallClinic},
		},
		{
			state: stateCallClinic, accepts: acceptsOptions, items: callClinicItems, chosen: callClinicChosen, goes: []State{stateCall},
		},
		{
			state: stateCall, accepts: acceptsOptions, items: callItems, chosen: callChosen, goes: []State{stateCallClinic, stateCallWho},
		},
	}, transferRows()...)
}

// callHospitalPasses leaves out the choice for those who work in one hospital.
func callHospitalPasses(t *turn) (State, error) { return t.onlyHospital(stateCallClinic) }

func callHospitalChosen(t *turn, c choice) error {
	t.m.Draft = draft{Hospital: booking.HospitalID(c.ID)}
	return t.move(stateCallClinic)
}

// callClinicItems offers today's half-days.
func callClinicItems(t *turn) (list, error) {
	reach, err := t.reach()
	if err != nil {
		return list{}, err
	}
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return list{}, err
	}
	clinics, err := t.d.Calls.QueueSummaries(t.ctx, reach, h.ID, t.today(h))
	if err != nil {
		return list{}, err
	}
	l := list{prompt: "call.clinic"}
	if len(clinics) == 0 {
		l.prompt = "call.clinic.none"
	}
	for _, c := range clinics {
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(c.Clinic.ID)}, names: []string{c.Doctor.Name.ZH, c.Doctor.Name.EN},
			label: t.say("call.clinic.item", "doctor", c.Doctor.Name, "department", c.Department.Name, "period", t.named("period", string(c.Clinic.Period)), "waiting", c.Waiting)})
	}
	return l, nil
}

func callClinicChosen(t *turn, c choice) error {
	t.m.Draft.Schedule = booking.ScheduleID(c.ID)
	return t.move(stateCall)
}

// calling reads the clinic that is called for, if it is within the member's reach.
func (t *turn) calling() (booking.QueueRoom, error) {
	room, err := t.d.Calls.QueueRoomOf(t.ctx, t.m.Draft.Schedule)
	if err != nil {
		return room, err
	}
	department, err := t.d.Booking.Department(t.ctx, room.Clinic.Department)
	if err != nil {
		return room, err
	}
	reach, err := t.reach()
	if err == nil && !reach.Covers(department) {
		err = booking.ErrNotYours
	}
	return room, err
}

// callItems is a doctor's queue with what can be done. The choices name who is called now.
func callItems(t *turn) (list, error) {
	room, err := t.calling()
	if err != nil {
		return list{}, err
	}
	lines := []string{t.say("call", "doctor", room.Doctor.Name, "room", room.Clinic.RoomIn(t.lang), "period", t.named("period", string(room.Clinic.Period)))}
	seen := int64(0)
	var l list
	add := func(do string, label, names key) {
		l.items = append(l.items, item{choice: choice{Do: do, ID: seen}, label: t.say(label), names: splitNames(t.say(names))})
	}
	if room.With != nil {
		seen = int64(room.With.Visit.Appointment.ID)
		lines = append(lines, t.say("call.with", "who", t.callName(*room.With), "calls", room.With.Calls))
	} else {
		lines = append(lines, t.say("call.nobody"))
	}
	if room.Paused {
		lines = append(lines, t.say("call.is_paused"))
	}
	lines = append(lines, t.callNames("call.waiting", room.Waiting), t.callNames("call.skipped", room.Skipped), t.say("call.awaited", "count", len(room.Awaited)))
	if len(room.Waiting) > 0 && !room.Paused {
		add(doCallNext, "call.next", "call.next_names")
	}
	if room.With != nil {
		add(doCallAgain, "call.again", "call.again_names")
		add(doPassOver, "call.pass_over", "call.pass_over_names")
		add(doSeen, "call.seen", "call.seen_names")
	}
	if room.With != nil || len(room.Waiting)+len(room.Skipped) > 0 {
		add(doTransfer, "call.transfer", "call.transfer_names")
	}
	if room.Paused {
		add(doResume, "call.resume", "call.resume_names")
	} else {
		add(doPause, "call.pause", "call.pause_names")
	}
	add(doRefresh, "call.refresh", "call.refresh_names")
	for _, p := range room.Skipped {
		l.items = append(l.items, item{choice: choice{Do: doBringBack, ID: int64(p.Visit.Appointment.ID)}, label: t.say("call.bring_back", "who", t.callName(p))})
	}
	l.text = strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
	return l, nil
}

// callName is somebody as a nurse calls them. Abroad it is the number alone.
func (t *turn) callName(p booking.QueuePerson) string {
	number := p.Visit.Appointment.Number()
	if t.abroad() {
		return t.say("call.number", "number", number)
	}
	return t.say("call.name", "number", number, "name", booking.MaskName(p.Visit.Patient.Name))
}

// callNames is a line of people; "" where there are none, but for those who wait.
func (t *turn) callNames(k key, people []booking.QueuePerson) string {
	if len(people) == 0 {
		if k == "call.waiting" {
			return t.say("call.waiting_none")
		}
		return ""
	}
	var names []string
	for _, p := range people[:min(shownWaiting, len(people))] {
		names = append(names, t.callName(p))
	}
	if len(people) > shownWaiting {
		names = append(names, "…")
	}
	return t.say(k, "count", len(people), "names", strings.Join(names, t.say("list.comma")))
}

func callChosen(t *turn, c choice) error {
	if c.Do == doTransfer {
		return t.move(stateCallWho)
	}
	room, err := t.calling()
	if err != nil {
		return t.refused(err)
	}
	m, err := t.member()
	if err != nil {
		return err
	}
	return t.refused(t.call(c, booking.Calling{By: m.ID, Schedule: room.Clinic.ID, Seen: t.sawCalled(c)}))
}

// sawCalled is who was called when the nurse read the last message. A typed label is looked up among the options of now, in which somebody else
// may be called already.
func (t *turn) sawCalled(c choice) booking.AppointmentID {
	for _, o := range t.m.Offered {
		if o.Choice.Do == c.Do && c.Do != doBringBack {
			return booking.AppointmentID(o.Choice.ID)
		}
	}
	return booking.AppointmentID(c.ID)
}

// call does what a nurse wants. What is shown next is the queue as it is then.
func (t *turn) call(c choice, calling booking.Calling) error {
	switch c.Do {
	case doCallNext:
		called, err := t.d.Calls.CallNext(t.ctx, calling)
		if err == nil && called == 0 {
			t.note("call.empty")
		}
		return err
	case doCallAgain:
		return t.d.Calls.CallAgain(t.ctx, calling)
	case doPassOver:
		return t.d.Calls.PassOver(t.ctx, calling)
	case doSeen:
		return t.d.Calls.FinishVisit(t.ctx, calling)
	case doPause:
		return t.d.Calls.PauseCalling(t.ctx, calling.By, calling.Schedule)
	case doResume:
		return t.d.Calls.ResumeCalling(t.ctx, calling.By, calling.Schedule)
	case doBringBack:
		return t.d.Calls.BringBack(t.ctx, calling.By, calling.Seen)
	}
	return nil
}

// slipShown checks in the patient who shows a nurse a slip.
func (t *turn) slipShown(m Member, code string) error {
	v, err := t.d.Calls.CheckInWithin(t.ctx, m.ID, m.Call, code)
	if err != nil {
		return t.refused(err)
	}
	t.note("call.checked_in", "who", t.callName(booking.QueuePerson{Visit: v}), "doctor", v.Doctor.Name)
	return nil
}
