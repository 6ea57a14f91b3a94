package dialog

import (
	"errors"
	"slices"
	"strings"

	"guahao/booking"
	"guahao/dialog/understand"
	"guahao/payments"
)

// payRows is what lies between taking a place and having paid for it.
func payRows() []row {
	return []row{
		{
			state: statePay, flow: flowBooking, accepts: acceptsOptions, before: payBefore, back: payBack, passes: payPasses,
			items: payItems, chosen: payChosen, typed: payTyped, goes: []State{stateGiveBack, stateVisit, stateLapsed},
		},
		{
			state: stateGiveBack, flow: flowBooking, prompt: "give_back", accepts: acceptsOptions, before: payBefore, back: giveBackLeave,
			items: giveBackItems, chosen: giveBackChosen, goes: []State{statePay, stateVisit, stateLapsed},
		},
		{
			state: stateLapsed, flow: flowBooking, prompt: "lapsed", accepts: acceptsOptions, before: payBefore,
			items: lapsedItems, chosen: lapsedChosen, goes: []State{stateDay, stateDoctor, stateVisit},
		},
	}
}

// ownVisit reads a visit of this user.
func (t *turn) ownVisit() (booking.Visit, error) {
	v, err := t.d.Booking.Visit(t.ctx, t.m.Draft.Visit)
	if err == nil && v.Appointment.User != t.user() {
		return booking.Visit{}, booking.ErrNotYours
	}
	return v, err
}

// payBefore looks at the visit before anything that a person does while a payment is waited for: it may have been paid,
// or its time may have run out.
func payBefore(t *turn) error {
	v, err := t.ownVisit()
	if errors.Is(err, booking.ErrNotFound) || errors.Is(err, booking.ErrNotYours) {
		t.note("vanished")
		return t.home()
	}
	if err != nil {
		return err
	}
	switch t.statusOf(v) {
	case booking.Booked:
		t.note("booked")
		return t.settle(stateVisit)
	case booking.Held:
		return nil
	case booking.Expired:
		if t.state != stateLapsed {
			return t.settle(stateLapsed)
		}
		return nil
	}
	return t.settle(stateVisit)
}

// payPasses goes on where there is nothing to pay in the chat: the fee is taken at the hospital.
func payPasses(t *turn) (State, error) {
	v, err := t.ownVisit()
	if err != nil || v.Appointment.Status != booking.Booked {
		return "", err
	}
	t.note("booked")
	return stateVisit, nil
}

// payItems asks for the payment: the app adds the QR code or the link to the charge.
func payItems(t *turn) (list, error) {
	v, err := t.ownVisit()
	if err != nil {
		return list{}, err
	}
	patient, err := t.nameOf(v)
	if err != nil {
		return list{}, err
	}
	l := list{items: []item{
		{choice: choice{Do: doPaid}, label: t.say("pay.paid"), yes: true, names: splitNames(t.say("pay.paid_names"))},
		{choice: choice{Do: doGiveBack}, label: t.say("pay.give_back")},
	}}
	until := v.Appointment.HoldUntil.In(v.Hospital.Location()).Format("15:04")
	charge, err := t.charge(v)
	if err != nil {
		return list{}, err
	}
	l.charge = charge.Token
	lines := append([]string{t.say("pay", "time", until, "fee", t.yuan(charge.Amount)), ""}, t.card(v, patient)...)
	policy, err := t.d.Booking.Policy(t.ctx, v.Hospital.ID)
	if err != nil {
		return list{}, err
	}
	if rule := t.refundRule(v, policy); rule != "" && policy.Version == v.Appointment.Policy {
		lines = append(lines, rule)
	}
	if charge.Amount < v.Appointment.Fee {
		lines = append(lines, "", t.say("pay.move"))
	} else if policy.PayAtDesk && policy.Version == v.Appointment.Policy {
		l.items = slices.Insert(l.items, 1, item{choice: choice{Do: doAtDesk}, label: t.say("pay.at_desk"), names: splitNames(t.say("pay.at_desk_names"))})
	}
	if l.charge != "" {
		lines = append(lines, "", t.say("pay.how"))
	} else {
		lines = append(lines, "", t.say("pay.off", "phone", v.Hospital.Phone))
	}
	l.text = strings.Join(lines, "\n")
	return l, nil
}

// charge gives the visit's charge; one without a token where it cannot be paid here.
func (t *turn) charge(v booking.Visit) (payments.Charge, error) {
	none := payments.Charge{Amount: v.Appointment.Fee}
	if t.d.Payments == nil {
		return none, nil
	}
	charge, err := t.d.Payments.ByRef(t.ctx, "appointment:"+itoa(v.Appointment.ID))
	if errors.Is(err, payments.ErrNotFound) {
		return none, nil
	}
	return charge, err
}

func payChosen(t *turn, c choice) error {
	switch c.Do {
	case doGiveBack:
		return t.move(stateGiveBack)
	case doAtDesk:
		return t.payAtDesk()
	}
	t.asks = true
	t.note("pay.not_yet")
	return nil
}

const doAtDesk = "desk"

// payAtDesk leaves the fee to the hospital's cashier: the place is certain at once.
func (t *turn) payAtDesk() error {
	err := t.d.Booking.PayAtDesk(t.ctx, t.user(), t.m.Draft.Visit)
	if err == nil {
		t.note("pay.booked_at_desk")
		return t.settle(stateVisit)
	}
	if err := t.refused(err); err != nil {
		return err
	}
	return payBefore(t)
}

// payTyped shows the way to pay again to whoever types that they want to pay.
func payTyped(t *turn, line string) (bool, error) {
	for _, word := range splitNames(t.say("pay.words")) {
		if understand.Tight(word) == understand.Tight(line) {
			return true, nil
		}
	}
	return false, nil
}

// payBack asks before it gives the place back.
func payBack(t *turn) error { return t.move(stateGiveBack) }

func giveBackItems(t *turn) (list, error) {
	v, err := t.ownVisit()
	if err != nil {
		return list{}, err
	}
	until := v.Appointment.HoldUntil.In(v.Hospital.Location()).Format("15:04")
	return list{args: []any{"time", until}, items: []item{
		{choice: choice{Do: doKeep}, label: t.say("give_back.no"), no: true},
		{choice: choice{Do: doGiveBack, Explicit: true}, label: t.named("word", doGiveBack), yes: true},
	}}, nil
}

func giveBackChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		return t.restore()
	}
	err := t.d.Booking.GiveBack(t.ctx, t.user(), t.m.Draft.Visit, t.effectKey())
	if err == nil {
		t.note("give_back.done")
		return t.home()
	}
	if err := t.refused(err); err != nil {
		return err
	}
	return payBefore(t)
}

// giveBackLeave goes to the main menu and leaves the place as it is: it lapses by itself, or is paid from "my appointments".
func giveBackLeave(t *turn) error {
	v, err := t.ownVisit()
	if err != nil {
		return t.refused(err)
	}
	t.note("give_back.later", "time", v.Appointment.HoldUntil.In(v.Hospital.Location()).Format("15:04"))
	return t.home()
}

func lapsedItems(t *turn) (list, error) {
	return list{items: []item{
		{choice: choice{Do: doOtherDay}, label: t.say("lapsed.again"), yes: true},
		{choice: choice{Do: doOtherDoctor}, label: t.say("alternatives.doctor")},
	}}, nil
}

// lapsedChosen looks again for a place with the same doctor, or another one, for the same patient. The old place is given back
// first, because one and the same patient may not have two.
func lapsedChosen(t *turn, c choice) error {
	v, err := t.ownVisit()
	if err != nil {
		return t.refused(err)
	}
	dep, err := t.d.Booking.Department(t.ctx, v.Schedule.Department)
	if err != nil {
		return t.refused(err)
	}
	if err := t.d.Booking.GiveBack(t.ctx, t.user(), v.Appointment.ID, t.effectKey()); err != nil {
		if !errors.Is(err, booking.ErrWrongStatus) {
			return t.refused(err)
		}
		return payBefore(t) // the payment was faster
	}
	t.m.Draft = draft{Hospital: v.Hospital.ID, Group: dep.Parent, Department: dep.ID, Patient: v.Patient.ID}
	t.m.History, t.moved = []snapshot{{State: stateMenu}}, true
	if c.Do == doOtherDoctor {
		return t.move(stateDoctor)
	}
	t.m.Draft.Doctor = v.Doctor.ID
	return t.move(stateDay)
}
