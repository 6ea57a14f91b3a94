package dialog

import (
	"strconv"

	"guahao/booking"
)

// card gives the lines that tell of a visit. Where messages leave the country it says where to go, not to which department: the card
// stays in the chat's history, while the menus before it are overwritten.
func (t *turn) card(v booking.Visit, patient string) []string {
	zone := v.Hospital.Location()
	lines := []string{t.say("card.hospital", "name", v.Hospital.Name)}
	switch {
	case t.abroad():
		lines = append(lines, t.say("card.floor", "floor", v.Department.Floor, "room", v.Schedule.RoomIn(t.lang)))
	default:
		lines = append(lines, t.say("card.department", "name", v.Department.Name, "floor", v.Department.Floor, "room", v.Schedule.RoomIn(t.lang)))
	}
	lines = append(lines,
		t.say("card.doctor", "name", v.Doctor.Name, "title", t.named("title", string(v.Doctor.Title))),
		t.say("card.time", "day", t.day(v.Schedule.Date), "time", clockSpan(v.Slot, zone)))
	if v.Appointment.Seq > 0 {
		lines = append(lines, t.say("card.number", "number", v.Appointment.Number()))
	} else if v.Appointment.ID == 0 { // nothing is taken yet, and somebody else may be faster
		lines = append(lines, t.say("card.number_later"))
	}
	fee := key("card.fee")
	if t.atDesk(v) {
		fee = "card.fee_desk"
	}
	lines = append(lines,
		t.say("card.patient", "name", patient),
		t.say(fee, "fee", t.yuan(v.Schedule.Fee)))
	over := v.Appointment.Status != "" && !v.Appointment.Status.Upcoming()
	if !over && v.CancelUntil.After(t.now()) {
		lines = append(lines, t.say("card.cancel_until", "time", t.moment(v.CancelUntil, zone)))
	}
	return lines
}

// atDesk tells that a visit costs something that is not paid here but at the hospital: nobody was charged for it, or will be.
func (t *turn) atDesk(v booking.Visit) bool {
	switch {
	case t.d.Payments == nil || v.Schedule.Fee == 0:
		return false
	case v.Appointment.ID == 0:
		return !t.d.Payments.On()
	case v.Appointment.Status != booking.Booked && v.Appointment.Status != booking.CheckedIn:
		return false
	}
	return !v.Paid
}

// refundRule says what cancelling this visit will give back, and until when; "" where nothing is paid here.
func (t *turn) refundRule(v booking.Visit, p booking.Policy) string {
	if v.Schedule.Fee == 0 || t.atDesk(v) || !v.CancelUntil.After(t.now()) {
		return ""
	}
	var rules []string
	for _, step := range p.RefundSteps(v.Schedule.Fee, t.now(), v.Slot.StartsAt, v.CancelUntil) {
		k := key("card.refund_part")
		switch step.Amount {
		case 0:
			k = "card.refund_none"
		case v.Schedule.Fee:
			k = "card.refund_full"
		}
		rules = append(rules, t.say(k, "time", t.moment(step.Until, v.Hospital.Location()), "refund", t.yuan(step.Amount)))
	}
	return t.say("card.refund", "rules", join(rules, t.say("list.semicolon")))
}

// patientLabel tells of a patient in a menu: never the name where messages leave the country.
func (t *turn) patientLabel(p booking.Patient, all []booking.Patient) string {
	label := t.patientName(p, all)
	if !t.abroad() {
		label = t.say("patient.item", "name", booking.MaskName(p.Name), "relation", t.named("relation", string(p.Relation)))
	}
	if p.Default && len(all) > 1 {
		label = t.say("patient.default", "patient", label)
	}
	return label
}

// patientName is how a message calls a patient: masked, or only by relation where messages leave the country.
func (t *turn) patientName(p booking.Patient, all []booking.Patient) string {
	if !t.abroad() {
		return booking.MaskName(p.Name)
	}
	name, same := t.named("relation", string(p.Relation)), 0
	for _, other := range all {
		if other.Relation == p.Relation {
			if same++; other.ID == p.ID && same > 1 {
				return name + " " + strconv.Itoa(same)
			}
		}
	}
	return name
}

// nameOf is how a message calls the patient of a visit.
func (t *turn) nameOf(v booking.Visit) (string, error) {
	all, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return "", err
	}
	return t.patientName(v.Patient, all), nil
}
