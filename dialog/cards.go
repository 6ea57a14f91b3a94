package dialog

import (
	"strconv"

	"guahao/booking"
)

// card gives the lines that tell of a visit. full says that the department is named even where messages leave the country:
// on the way to the appointment, where the person has just chosen it.
func (t *turn) card(v booking.Visit, patient string, full bool) []string {
	zone := v.Hospital.Location()
	lines := []string{t.say("card.hospital", "name", v.Hospital.Name)}
	switch {
	case !full && t.abroad():
		lines = append(lines, t.say("card.floor", "floor", v.Department.Floor, "room", v.Schedule.Room))
	default:
		lines = append(lines, t.say("card.department", "name", v.Department.Name, "floor", v.Department.Floor, "room", v.Schedule.Room))
	}
	lines = append(lines,
		t.say("card.doctor", "name", v.Doctor.Name, "title", t.named("title", string(v.Doctor.Title))),
		t.say("card.time", "day", t.day(v.Schedule.Date), "time", clockSpan(v.Slot, zone)))
	if v.Appointment.Seq > 0 {
		lines = append(lines, t.say("card.number", "number", v.Appointment.Number()))
	}
	lines = append(lines,
		t.say("card.patient", "name", patient),
		t.say("card.fee", "fee", t.yuan(v.Schedule.Fee)))
	over := v.Appointment.Status != "" && !v.Appointment.Status.Upcoming()
	if !over && v.CancelUntil.After(t.now()) {
		lines = append(lines, t.say("card.cancel_until", "time", t.moment(v.CancelUntil, zone)))
	}
	return lines
}

// patientLabel tells of a patient in a menu: never the name where messages leave the country.
func (t *turn) patientLabel(p booking.Patient, all []booking.Patient) string {
	if t.abroad() {
		return t.patientName(p, all)
	}
	return t.say("patient.item", "name", booking.MaskName(p.Name), "relation", t.named("relation", string(p.Relation)))
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
