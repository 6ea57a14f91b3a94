package understand

import "guahao/booking"

// Meaning is what a sentence says. What it does not say is the zero value.
type Meaning struct {
	Intent Intent
	// First and Last are the day, or the first and the last of several; both or none.
	First, Last booking.Date
	Against     booking.Date // a day that was said too and is none of these
	Halves      booking.Halves
	Time        Time
	Kind        booking.ClinicKind
	Title       booking.Title
	AnyDoctor   bool // it need not be a certain doctor
	Whom        Whom
	// Places are the hospital, department or doctor that is meant; several where the words fit several.
	Places []Place
	// Named are the words of the sentence that led to Places, as they are compared.
	Named string
	// Complained tells that a complaint led to Places, and no name: where one goes with it is for triage to say.
	Complained bool
	// Clash are places that were said too and fit none of Places: a hospital that does not have the department.
	Clash []Place
}

// Time is a time of the day.
type Time struct {
	Said   bool
	Minute int // of the day
}

// Whom tells for whom a visit is.
type Whom struct {
	Relation booking.Relation
	Sex      booking.Sex // "" where the word does not tell
	Grown    bool        // certainly of age: a parent
	Word     string      // as it was typed: 妈妈
}

// Place is a hospital, a department of it or a doctor there. What is not said is 0.
type Place struct {
	Hospital   booking.HospitalID
	Department booking.DepartmentID
	Doctor     booking.DoctorID
}

// Period is the half of the day, where one was said.
func (m Meaning) Period() booking.Period {
	for _, p := range []booking.Period{booking.Morning, booking.Afternoon, booking.Evening} {
		if m.Halves == booking.HalvesOf(p) {
			return p
		}
	}
	return ""
}

// When tells that the sentence says a day, a half of it or a time.
func (m Meaning) When() bool { return m.First != "" || m.Halves != 0 || m.Time.Said }

// Empty tells that nothing was understood.
func (m Meaning) Empty() bool {
	return m.Intent == "" && !m.When() && m.Kind == "" && m.Title == "" && !m.AnyDoctor && m.Whom.Relation == "" && len(m.Places) == 0
}
