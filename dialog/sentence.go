package dialog

import (
	"slices"

	"guahao/booking"
	"guahao/dialog/understand"
)

// sentence takes a line for what it says: a place, a day, whom it is for, what to do. What is found is filled in and shown, and
// what is missing is asked.
func (t *turn) sentence(line string) (bool, error) {
	patient, line, err := t.patientMeant(line)
	if err != nil {
		return false, err
	}
	m, err := t.meaning(line)
	if err != nil || (m.Empty() && patient == nil) {
		return false, err
	}
	if patient != nil && m.Complained {
		t.m.Draft.Patient = patient.id
	}
	if m.Complained && m.Intent != wantUnbook && m.Intent != wantMove {
		if done, err := t.complains(line); done || err != nil {
			return done, err
		}
	}
	switch m.Intent {
	case wantMove:
		if !t.choosing() || t.m.Draft.Slot == 0 || !m.When() { // else what is being chosen is meant (改到周四)
			return true, t.visitMeant(m)
		}
	case wantUnbook:
		return true, t.visitMeant(m)
	case wantBook:
		if len(m.Places) == 0 && askedIn(m) == (asked{}) && !m.AnyDoctor && patient == nil {
			return t.want(wantBook)
		}
	case "":
		if !t.choosing() && t.state != stateMenu && t.state != stateFound && len(m.Places) == 0 {
			return false, nil // a day or a person by itself is an answer to a step of the booking
		}
	default:
		return t.want(m.Intent)
	}
	return true, t.fillIn(line, m, patient)
}

// choosing tells that the person chooses a visit: what a sentence says goes with what the draft has. At every other step a sentence that
// says where begins afresh, and going back comes back to that step.
func (t *turn) choosing() bool { return t.row().flow == flowBooking && t.m.Draft.Visit == 0 }

// fillIn fills in what a sentence says and goes on with the first thing that is missing. A patient who was called by name is chosen.
func (t *turn) fillIn(line string, m understand.Meaning, patient *namedPatient) error {
	t.remember()
	d := t.draft()
	if !t.choosing() && t.state != stateFound {
		*d = draft{Patient: d.Patient}
	}
	t.doubts(&m)
	before := d.Asked
	if len(m.Places) > 0 {
		before = before.lasting()
	}
	otherDoctor := (m.Kind != "" || m.Title != "" || m.AnyDoctor) && len(m.Places) == 0 && d.Move == 0
	if otherDoctor {
		d.Doctor = 0
	}
	if otherDoctor || m.When() {
		d.forgetDay()
	}
	d.Asked = askedIn(m).over(before)
	if !slices.ContainsFunc(m.Places, func(p understand.Place) bool { return p.Doctor != 0 }) {
		t.hears(line)
	}
	if d.Asked.Relation != "" {
		d.Patient = 0
	}
	if patient != nil {
		d.Patient, d.Asked.Relation, d.Asked.Sex = patient.id, "", ""
	}
	if len(m.Places) > 1 {
		d.Query = line
		return t.enter(stateFound)
	}
	if len(m.Places) == 1 {
		if err := t.fill(m.Places[0]); err != nil {
			return t.refused(err)
		}
		if err := t.mismatch(m); err != nil {
			return err
		}
	}
	at := len(t.notes)
	switch {
	case patient != nil:
		m.Whom = understand.Whom{Word: patient.name}
	case t.m.Draft.Asked.Relation == "":
		m.Whom = understand.Whom{}
	}
	if err := t.enter(stateHospital); err != nil {
		return err
	}
	return t.repeat(at, m)
}

// repeat says before the notes from at on what a sentence was taken for, where it said more than a place.
func (t *turn) repeat(at int, m understand.Meaning) error {
	said := askedIn(m)
	if said == (asked{}) && m.Whom.Word == "" {
		return nil
	}
	trail, err := t.trail(t.m.Draft)
	if err != nil {
		return err
	}
	var parts []string
	if t.m.Draft.Date != "" {
		said.First = "" // the trail has it
	}
	for _, part := range []string{trail, t.inWords(said)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if m.Whom.Word != "" {
		parts = append(parts, t.say("asked.for", "who", m.Whom.Word))
	}
	t.notes = slices.Insert(t.notes, at, t.say("asked", "said", join(parts, " › ")))
	return nil
}

// doubts points out what does not fit together, and leaves the less certain part out.
func (t *turn) doubts(m *understand.Meaning) {
	t.pastDay(m)
	if m.Against != "" && m.First != "" {
		t.note("asked.two_days", "day", t.day(m.First), "other", t.day(m.Against))
	}
	if len(m.Clash) > 0 && len(m.Places) > 0 {
		said, err := t.placeItem(m.Clash[0])
		meant, err2 := t.placeItem(m.Places[0])
		if err == nil && err2 == nil {
			t.note("asked.clash", "said", said.label, "meant", meant.label)
		}
	}
}

// pastDay leaves a day out that has passed, and says so.
func (t *turn) pastDay(m *understand.Meaning) bool {
	if m.First == "" || m.Last >= booking.DateOf(t.now(), t.zone()) {
		return false
	}
	t.note("asked.past", "day", t.day(m.First))
	m.First, m.Last = "", ""
	return true
}

// mismatch points out that those whom the sentence is about are not treated in the place that it names. Only what holds for everybody
// called so is looked at: the card looks at the document of the patient.
func (t *turn) mismatch(m understand.Meaning) error {
	if m.Whom.Relation == "" {
		return nil
	}
	p := m.Places[0]
	policy, err := t.d.Booking.Policy(t.ctx, p.Hospital)
	if err != nil {
		return t.refused(err)
	}
	codes, err := t.departmentCodes(p)
	if err != nil {
		return err
	}
	for _, code := range codes {
		at := slices.IndexFunc(policy.Admissions, func(a booking.Admission) bool { return a.Department == code && excludes(a, m.Whom) })
		if at < 0 {
			if p.Department == 0 {
				return nil // there is a department for them
			}
			continue
		}
		rule := policy.Admissions[at]
		place, err := t.placeItem(understand.Place{Hospital: p.Hospital, Department: p.Department})
		if err != nil {
			return err
		}
		k := key("asked.age")
		switch rule.Sex {
		case booking.Female:
			k = "asked.sex.female"
		case booking.Male:
			k = "asked.sex.male"
		}
		t.note(k, "place", place.label, "age", rule.MaxAge, "who", m.Whom.Word)
		t.m.Draft.Asked.Relation, t.m.Draft.Asked.Sex = "", ""
		return nil
	}
	return nil
}

// excludes tells that nobody called so is treated under a rule.
func excludes(rule booking.Admission, whom understand.Whom) bool {
	if rule.Sex != "" && whom.Sex != "" && rule.Sex != whom.Sex {
		return true
	}
	return whom.Grown && rule.MaxAge > 0 && rule.MaxAge <= 18
}

// departmentCodes gives the codes by which rules speak of a department; of a hospital, those of its departments.
func (t *turn) departmentCodes(p understand.Place) ([]string, error) {
	var codes []string
	if p.Department == 0 {
		departments, err := t.d.Booking.Departments(t.ctx, p.Hospital, 0)
		for _, d := range departments {
			codes = append(codes, d.Code)
		}
		return codes, err
	}
	for id := p.Department; id != 0; {
		d, err := t.d.Booking.Department(t.ctx, id)
		if err != nil {
			return nil, err
		}
		codes, id = append(codes, d.Code), d.Parent
	}
	return codes, nil
}

// visitMeant opens the appointment that a sentence wants to cancel or to move; where it may be several, they are listed.
func (t *turn) visitMeant(m understand.Meaning) error {
	visits, err := t.d.Booking.Visits(t.ctx, t.user(), booking.VisitFilter{Upcoming: true})
	if err != nil {
		return err
	}
	of := m
	if m.Intent == wantMove { // the day is where it is to be moved to
		of.First, of.Last, of.Halves = m.Against, m.Against, 0
	}
	fit := slices.DeleteFunc(slices.Clone(visits), func(v booking.Visit) bool { return t.statusOf(v) == booking.Expired || !meant(v, of) })
	switch {
	case t.state == stateVisit && m.First == "" && len(m.Places) == 0: // the one that is shown
		fit = slices.DeleteFunc(slices.Clone(visits), func(v booking.Visit) bool { return v.Appointment.ID != t.m.Draft.Visit })
	}
	switch {
	case len(fit) == 0 && len(visits) > 0:
		t.note("asked.no_visit")
		return t.begins(stateVisits)
	case len(fit) == 0: // the list says that there are none
		return t.begins(stateVisits)
	case len(fit) > 1 && m.Intent == wantMove:
		t.note("visits.pick_move")
		return t.begins(stateVisits)
	case len(fit) > 1:
		t.note("visits.pick")
		return t.begins(stateVisits)
	}
	if id := fit[0].Appointment.ID; t.state != stateVisit || t.m.Draft.Visit != id {
		t.remember()
		t.m.Draft = draft{Visit: id}
	}
	if err := t.enter(stateVisit); err != nil || fit[0].Appointment.Status != booking.Booked || t.now().After(fit[0].CancelUntil) {
		return err
	}
	if m.Intent == wantUnbook {
		return t.move(stateCancel)
	}
	if err := t.moveVisit(); err != nil || t.state != stateDay {
		return err
	}
	t.pastDay(&m)
	t.m.Draft.Asked = askedIn(m)
	return t.enter(stateDay)
}

// meant tells whether a sentence may speak of a visit.
func meant(v booking.Visit, m understand.Meaning) bool {
	a := v.Appointment
	if m.First != "" && (a.Date < m.First || a.Date > m.Last) || m.Halves != 0 && !m.Halves.Has(a.Period) {
		return false
	}
	if m.Whom.Relation != "" && m.Whom.Relation != v.Patient.Relation {
		return false
	}
	return len(m.Places) == 0 || slices.ContainsFunc(m.Places, func(p understand.Place) bool {
		return p.Hospital == a.Hospital && (p.Department == 0 || p.Department == a.Department || p.Department == v.Department.Parent) && (p.Doctor == 0 || p.Doctor == a.Doctor)
	})
}
