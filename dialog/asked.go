package dialog

import (
	"slices"

	"guahao/booking"
	"guahao/dialog/understand"
)

// asked is what a sentence said that later steps take up, each its part. What is taken up or cannot be had is forgotten.
type asked struct {
	First    booking.Date       `json:"first,omitzero"` // of the days
	Last     booking.Date       `json:"last,omitzero"`
	Halves   booking.Halves     `json:"halves,omitzero"`
	Minute   int                `json:"minute,omitzero"` // of the day; 0: none
	Kind     booking.ClinicKind `json:"kind,omitzero"`
	Title    booking.Title      `json:"title,omitzero"`
	Relation booking.Relation   `json:"relation,omitzero"` // whom the visit is for
	Sex      booking.Sex        `json:"sex,omitzero"`
	Plaint   plaint             `json:"plaint,omitzero"` // what hurts
}

// lasting is what stays when the day, the time or the doctor are chosen anew: for whom it is, and what hurts.
func (a asked) lasting() asked { return asked{Relation: a.Relation, Sex: a.Sex, Plaint: a.Plaint} }

// askedIn gives what a meaning asks for, beside the place.
func askedIn(m understand.Meaning) asked {
	a := asked{First: m.First, Last: m.Last, Halves: m.Halves, Kind: m.Kind, Title: m.Title, Relation: m.Whom.Relation, Sex: m.Whom.Sex}
	if m.Time.Said {
		a.Minute = m.Time.Minute
	}
	return a
}

// over gives what was asked for, where what is said now goes before what was said earlier.
func (a asked) over(before asked) asked {
	if a.First == "" && a.Halves == 0 && a.Minute == 0 {
		a.First, a.Last, a.Halves, a.Minute = before.First, before.Last, before.Halves, before.Minute
	}
	if a.Kind == "" && a.Title == "" {
		a.Kind, a.Title = before.Kind, before.Title
	}
	if a.Relation == "" {
		a.Relation, a.Sex = before.Relation, before.Sex
	}
	if a.Plaint == (plaint{}) {
		a.Plaint = before.Plaint
	}
	return a
}

// clinics tells that it says something about half-days.
func (a asked) clinics() bool { return a.First != "" || a.Halves != 0 || a.Kind != "" || a.Title != "" }

// fits tells whether a half-day is asked for.
func (a asked) fits(c booking.Schedule) bool {
	return (a.First == "" || (c.Date >= a.First && c.Date <= a.Last)) && (a.Halves == 0 || a.Halves.Has(c.Period)) && (a.Kind == "" || a.Kind == c.Kind)
}

// inWords says what is asked for of a clinic: 11月26日 周四 下午 专家门诊.
func (t *turn) inWords(a asked) string {
	var parts []string
	if a.First != "" {
		day := t.day(a.First)
		if a.Last != a.First {
			day = t.say("asked.days", "first", t.day(a.First), "last", t.day(a.Last))
		}
		parts = append(parts, day)
	}
	for _, p := range []booking.Period{booking.Morning, booking.Afternoon, booking.Evening} {
		if a.Halves != booking.AnyHalf && a.Halves.Has(p) {
			parts = append(parts, t.named("period", string(p)))
		}
	}
	if a.Kind != "" {
		parts = append(parts, t.named("kind", string(a.Kind)))
	}
	if a.Title != "" {
		parts = append(parts, t.named("title", string(a.Title)))
	}
	return join(parts, " ")
}

const doAll = "all"

// askedDoctors offers the doctors who have what was asked for. Where nobody has it, it says so and offers the same on other days, or else
// all doctors.
func (t *turn) askedDoctors(l list, doctors []booking.DoctorSummary) (list, error) {
	a := t.m.Draft.Asked
	clinics, err := t.d.Booking.Clinics(t.ctx, doctors[0].Doctor.Department)
	if err != nil {
		return list{}, err
	}
	l.prompt, l.args = "doctor.asked", append(l.args, "asked", t.inWords(a))
	if l.items = t.doctorsWith(a, doctors, clinics); len(l.items) == 0 {
		l.prompt = "doctor.asked_none"
		if a.Kind != "" || a.Title != "" {
			l.items = t.doctorsWith(asked{Kind: a.Kind, Title: a.Title}, doctors, clinics)
		}
	}
	if len(l.items) > 0 {
		l.extra = []item{{choice: choice{Do: doAll}, label: t.say("doctor.asked_all")}}
		return l, nil
	}
	for _, d := range doctors {
		l.items = append(l.items, t.doctorItem(d, t.doctorLabel(d)))
	}
	return l, nil
}

// doctorsWith gives the doctors who have places in half-days that are asked for.
func (t *turn) doctorsWith(a asked, doctors []booking.DoctorSummary, clinics []booking.Schedule) []item {
	var items []item
	for _, d := range doctors {
		if a.Title != "" && d.Doctor.Title != a.Title {
			continue
		}
		free, lots, next := 0, false, booking.Date("")
		for _, c := range clinics {
			if c.Doctor != d.Doctor.ID || !a.fits(c) || !c.Takes() {
				continue
			}
			lots = lots || c.Allocation.ByLot()
			if free += c.Free(); next == "" {
				next = c.Date
			}
		}
		switch {
		case free > 0:
			items = append(items, t.doctorItem(d, t.say("doctor.item.asked", "name", d.Doctor.Name, "title", t.named("title", string(d.Doctor.Title)),
				"fee", t.yuan(d.FeeFrom), "free", many(free), "day", t.shortDay(next))))
		case lots:
			items = append(items, t.doctorItem(d, t.say("doctor.item.lot", "name", d.Doctor.Name, "title", t.named("title", string(d.Doctor.Title)), "fee", t.yuan(d.FeeFrom))))
		}
	}
	return items
}

// whenTyped takes a line that says when and nothing else, if it says enough for this step.
func (t *turn) whenTyped(line string, enough func(understand.Meaning) bool) (bool, error) {
	m, err := t.meaning(line)
	if err != nil || !enough(m) || len(m.Places) > 0 || (m.Intent != "" && m.Intent != wantBook) {
		return false, err
	}
	if t.pastDay(&m) && !m.When() {
		return true, nil
	}
	d := t.draft()
	switch t.state {
	case stateDay, statePeriod:
		d.Schedule = 0
		if m.First != "" || t.state == stateDay {
			d.Date = ""
		}
	}
	d.Asked = askedIn(m).over(asked{Kind: d.Asked.Kind, Title: d.Asked.Title, Relation: d.Asked.Relation, Sex: d.Asked.Sex, Plaint: d.Asked.Plaint})
	return true, t.again()
}

// again goes through this step once more, with what the draft has now.
func (t *turn) again() error {
	from := t.state
	if t.m.Draft.Date == "" && (from == statePeriod || from == stateTime) {
		from = stateDay
	}
	page := t.m.Page
	if err := t.enter(from); err != nil {
		return err
	}
	if t.state == t.was.State {
		t.m.Page = page
		return nil
	}
	t.remember()
	return nil
}

// askedDay chooses the day that was asked for; of several the only one that has something.
func (t *turn) askedDay() (State, error) {
	_, days, err := t.clinic()
	if err != nil {
		return "", err
	}
	d := t.draft()
	var there, free []booking.Day
	for _, day := range days {
		if day.Date < d.Asked.First || day.Date > d.Asked.Last {
			continue
		}
		there = append(there, day)
		if slices.ContainsFunc(day.Schedules, func(c booking.Schedule) bool { return d.Asked.fits(c) && c.Takes() }) {
			free = append(free, day)
		}
	}
	single := d.Asked.First == d.Asked.Last
	switch {
	case len(free) == 1:
		d.Date = free[0].Date
		d.Asked.First, d.Asked.Last = "", ""
		return statePeriod, nil
	case len(free) > 1:
		return "", nil // the list shows these days
	case !single:
		t.note("asked.no_days", "asked", t.inWords(d.Asked))
	case len(there) == 0:
		t.note("day.not_there", "day", t.day(d.Asked.First))
	case there[0].Free == 0:
		return t.askedFull(there[0])
	default:
		t.note("asked.other_half", "asked", t.inWords(d.Asked))
		d.Date = there[0].Date
		d.Asked = d.Asked.lasting()
		return statePeriod, nil
	}
	d.Asked.First, d.Asked.Last = "", ""
	return "", nil
}

// askedFull offers other places for a day that has none left.
func (t *turn) askedFull(day booking.Day) (State, error) {
	slots, err := t.d.Booking.Slots(t.ctx, day.Schedules[0].ID)
	if err != nil {
		return "", err
	}
	t.note("day.full")
	t.m.Draft.Asked.First, t.m.Draft.Asked.Last = "", ""
	if len(slots) == 0 {
		return "", nil
	}
	t.m.Draft.Wanted = slots[0].ID
	return stateAlternatives, nil
}

// askedHalf chooses the half-day that was asked for, where there is one.
func (t *turn) askedHalf(schedules []booking.Schedule) bool {
	d := t.draft()
	if d.Asked.Halves == 0 && d.Asked.Kind == "" {
		return false
	}
	here := d.Asked
	here.First = ""
	var free []booking.Schedule
	for _, c := range schedules {
		if here.fits(c) && c.Takes() {
			free = append(free, c)
		}
	}
	if len(free) == 1 {
		d.Schedule = free[0].ID
		d.Asked.Halves, d.Asked.Kind, d.Asked.Title = 0, "", ""
		return true
	}
	if len(free) == 0 && len(schedules) > 0 && d.Asked.Halves != 0 {
		t.note("period.not_there", "period", t.inWords(asked{Halves: d.Asked.Halves}), "day", t.day(d.Date))
		d.Asked.Halves, d.Asked.Minute = 0, 0
	}
	return false
}

// askedTime chooses the slot that holds the time that was asked for.
func (t *turn) askedTime() (State, error) {
	d := t.draft()
	h, err := t.hospital(d.Hospital)
	if err != nil {
		return "", err
	}
	slots, err := t.d.Booking.Slots(t.ctx, d.Schedule)
	if err != nil {
		return "", err
	}
	asked := d.Asked.Minute
	d.Asked.Minute = 0
	for _, minute := range []int{asked, asked + 12*60} {
		for _, s := range slots {
			if minute < minuteOf(s.StartsAt, h.Location()) || minute >= minuteOf(s.EndsAt, h.Location()) {
				continue
			}
			if s.Free() == 0 {
				t.note("time.full")
				d.Wanted = s.ID
				return stateAlternatives, nil
			}
			d.Slot = s.ID
			return statePatient, nil
		}
	}
	t.note("time.not_there")
	return "", nil
}

// askedPatient chooses the patient whom a sentence was about, where only one fits.
func (t *turn) askedPatient(people []booking.Patient) {
	d := t.draft()
	if d.Asked.Relation == "" {
		return
	}
	var fit []booking.Patient
	for _, p := range people {
		if p.Relation == d.Asked.Relation && (d.Asked.Sex == "" || p.Sex == d.Asked.Sex || p.Sex == booking.UnknownSex) {
			fit = append(fit, p)
		}
	}
	switch len(fit) {
	case 1:
		d.Patient = fit[0].ID
		d.Asked.Relation, d.Asked.Sex = "", ""
	case 0:
		t.note("asked.no_patient", "relation", t.named("relation", string(d.Asked.Relation)))
		t.addAsked()
	}
}

// addAsked begins a patient with the relation that a sentence told, where nobody is in the list for whom it fits.
func (t *turn) addAsked() bool {
	d := t.draft()
	heard := d.Asked.Relation
	d.Asked.Relation, d.Asked.Sex = "", ""
	if heard == "" || d.New.Name != "" {
		return false
	}
	d.New = newPatient{Relation: heard, Heard: true}
	return true
}
