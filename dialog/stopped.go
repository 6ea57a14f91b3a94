package dialog

import (
	"context"
	"strings"

	"guahao/booking"
	"guahao/internal/money"
)

// Stops is what the conversation needs of stopped clinics (停诊) and what is offered instead; *booking.Store satisfies it.
type Stops interface {
	StopCaseOf(ctx context.Context, id booking.AppointmentID) (booking.StopCase, error)
	TakeStopOffer(ctx context.Context, user booking.UserID, account booking.AccountID, offer booking.AppointmentID, key string) (booking.Move, error)
	RefundStopped(ctx context.Context, user booking.UserID, id booking.AppointmentID, key string) (money.Fen, error)
}

// The states of a visit whose clinic is stopped.
const (
	stateStopped    State = "stopped"
	stateStopRefund State = "stop_refund"
)

// What may be done about it.
const (
	doStopped    = "stopped" // choose
	doSwitch     = "switch"  // take a place that is held
	doStopRefund = "refund"
)

// stoppedRows is what a patient chooses instead of a visit whose clinic is stopped.
func stoppedRows() []row {
	return []row{
		{
			state: stateStopped, flow: flowVisits, accepts: acceptsNames, passes: stoppedPasses,
			items: stoppedItems, chosen: stoppedChosen, goes: []State{statePay, stateStopRefund, stateVisit, stateVisits, stateDay},
		},
		{
			state: stateStopRefund, flow: flowVisits, accepts: acceptsOptions, passes: stoppedPasses,
			items: stopRefundItems, chosen: stopRefundChosen, goes: []State{stateStopped, stateVisit},
		},
	}
}

// undecided tells whether a visit's clinic is stopped, and the patient may choose.
func undecided(v booking.Visit) bool {
	return v.Schedule.Status == booking.Stopped && (v.Appointment.Status == booking.Booked || v.Appointment.Status == booking.CheckedIn)
}

// visitPasses leads from a visit to what can be chosen instead of it.
func visitPasses(t *turn) (State, error) {
	v, err := t.ownVisit()
	if err != nil || !undecided(v) {
		return "", ignoreRefusal(err)
	}
	return stateStopped, nil
}

// stoppedPasses leads back to the visit when there is nothing to choose any more.
func stoppedPasses(t *turn) (State, error) {
	v, err := t.ownVisit()
	if err != nil || undecided(v) {
		return "", ignoreRefusal(err)
	}
	return stateVisit, nil
}

// ignoreRefusal leaves it to the step to say what is refused.
func ignoreRefusal(err error) error {
	if booking.IsRefusal(err) {
		return nil
	}
	return err
}

// ownCase reads what this user may choose.
func (t *turn) ownCase() (booking.StopCase, error) {
	if _, err := t.ownVisit(); err != nil {
		return booking.StopCase{}, err
	}
	return t.d.Booking.StopCaseOf(t.ctx, t.m.Draft.Visit)
}

func stoppedItems(t *turn) (list, error) {
	k, err := t.ownCase()
	if err != nil {
		return list{}, err
	}
	patient, err := t.nameOf(k.Visit)
	if err != nil {
		return list{}, err
	}
	v := k.Visit
	zone := v.Hospital.Location()
	lines := []string{t.say("stopped"), "", t.say("card.hospital", "name", v.Hospital.Name),
		t.say("card.doctor", "name", v.Doctor.Name, "title", t.named("title", string(v.Doctor.Title))),
		t.say("card.time", "day", t.day(v.Schedule.Date), "time", clockSpan(v.Slot, zone)), t.say("card.patient", "name", patient)}
	if k.Note != "" {
		lines = append(lines, t.say("stopped.note", "note", k.Note))
	}
	l := list{}
	switch {
	case k.Paying != nil:
		lines = append(lines, "", t.say("stopped.paying", "time", t.moment(k.Paying.Appointment.HoldUntil, zone)))
		l.items = append(l.items, item{choice: choice{Do: doPay, ID: int64(k.Paying.Appointment.ID)}, label: t.say("visit.pay")})
	case len(k.Offers) > 0:
		lines = append(lines, "", t.say("stopped.offers"))
	default:
		lines = append(lines, "", t.say("stopped.no_offers"))
	}
	for _, o := range k.Offers {
		lines = append(lines, t.offerLine(k, o))
		l.items = append(l.items, item{choice: choice{Do: doSwitch, ID: int64(o.Visit.Appointment.ID)}, label: t.offerLabel(o),
			names: []string{o.Visit.Doctor.Name.ZH, o.Visit.Doctor.Name.EN, t.day(o.Visit.Schedule.Date)}})
	}
	if k.Visit.Appointment.Status == booking.Booked && k.Paying == nil {
		l.items = append(l.items, item{choice: choice{Do: doMove}, label: t.say("stopped.other"), names: splitNames(t.say("stopped.other_names"))})
	}
	l.items = append(l.items, item{choice: choice{Do: doStopRefund}, label: t.refundLabel(k), names: splitNames(t.say("stopped.refund_names"))},
		item{choice: choice{Do: string(wantVisits)}, label: t.say("visit.all")})
	l.text = strings.Join(lines, "\n")
	return l, nil
}

// offerLine says a place that is held, until when, and what it costs more or less.
func (t *turn) offerLine(k booking.StopCase, o booking.StopOffer) string {
	v := o.Visit
	line := t.say("stopped.offer", "doctor", v.Doctor.Name, "title", t.named("title", string(v.Doctor.Title)), "day", t.day(v.Schedule.Date),
		"time", clockSpan(v.Slot, v.Hospital.Location()), "until", t.moment(v.Appointment.HoldUntil, v.Hospital.Location()))
	switch {
	case o.Difference > 0:
		line += t.say("stopped.more", "fee", t.yuan(o.Difference))
	case o.Difference < 0:
		line += t.say("stopped.less", "fee", t.yuan(-o.Difference))
	}
	return line
}

func (t *turn) offerLabel(o booking.StopOffer) string {
	v := o.Visit
	return t.say("stopped.take", "doctor", v.Doctor.Name, "day", t.shortDay(v.Schedule.Date), "time", v.Appointment.StartsAt.In(v.Hospital.Location()).Format("15:04"))
}

func (t *turn) refundLabel(k booking.StopCase) string {
	if k.Refund == 0 {
		return t.say("stopped.give_up")
	}
	return t.say("stopped.refund", "refund", t.yuan(k.Refund))
}

func stoppedChosen(t *turn, c choice) error {
	switch c.Do {
	case doSwitch:
		return t.takeStopOffer(booking.AppointmentID(c.ID))
	case doPay:
		t.remember()
		t.m.Draft.Visit = booking.AppointmentID(c.ID)
		return t.enter(statePay)
	case doMove:
		return t.moveVisit()
	case doStopRefund:
		return t.move(stateStopRefund)
	}
	return t.move(stateVisits)
}

// takeStopOffer takes a place that is held. Said twice it is done once; said too late it is answered kindly, with what can still be chosen.
func (t *turn) takeStopOffer(offer booking.AppointmentID) error {
	m, err := t.d.Booking.TakeStopOffer(t.ctx, t.user(), t.account(), offer, t.effectKey())
	if err != nil {
		if err := t.refused(err); err != nil {
			return err
		}
		if t.state == stateStopped {
			return t.enter(stateStopped)
		}
		return t.begins(stateVisits)
	}
	v := m.Visit
	t.m.Draft = draft{Hospital: v.Hospital.ID, Department: v.Department.ID, Doctor: v.Doctor.ID, Patient: v.Patient.ID, Visit: v.Appointment.ID}
	t.m.History, t.moved = nil, true
	switch t.statusOf(v) {
	case booking.Held:
		return t.enter(statePay)
	case booking.Booked:
		t.note("stopped.taken")
		if m.Difference < 0 && v.Paid {
			t.note("move.refund", "fee", t.yuan(-m.Difference))
		}
	}
	return t.enter(stateVisit)
}

func stopRefundItems(t *turn) (list, error) {
	k, err := t.ownCase()
	if err != nil {
		return list{}, err
	}
	ask := key("stop_refund.free")
	if k.Refund > 0 {
		ask = "stop_refund.paid"
	}
	return list{text: t.say(ask, "doctor", k.Visit.Doctor.Name, "day", t.day(k.Visit.Schedule.Date), "refund", t.yuan(k.Refund), "word", t.named("word", doStopRefund)), items: []item{
		{choice: choice{Do: doKeep}, label: t.say("stop_refund.no"), no: true},
		{choice: choice{Do: doStopRefund, Explicit: true}, label: t.named("word", doStopRefund), yes: true},
	}}, nil
}

func stopRefundChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		return t.settle(stateStopped)
	}
	refund, err := t.d.Booking.RefundStopped(t.ctx, t.user(), t.m.Draft.Visit, t.effectKey())
	if err != nil {
		if err := t.refused(err); err != nil {
			return err
		}
		return t.settle(stateStopped)
	}
	if refund > 0 {
		t.note("cancel.done_refund", "refund", t.yuan(refund))
	} else {
		t.note("cancel.done")
	}
	return t.settle(stateVisit)
}

// stopNamed takes the answer of a notice's button, which names the place or the visit; false for any other command.
func (t *turn) stopNamed(name, arg string) (bool, error) {
	id := booking.AppointmentID(atoi(strings.TrimSpace(arg)))
	switch {
	case name == "stops":
		return t.wantAsStaff(wantStops)
	case name != doSwitch && name != doStopRefund:
		return false, nil
	case id == 0:
		return true, t.begins(stateVisits)
	case name == doSwitch:
		return true, t.takeStopOffer(id)
	}
	t.remember()
	t.m.Draft = draft{Visit: id}
	return true, t.enter(stateStopRefund)
}
