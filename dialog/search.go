package dialog

import (
	"slices"
	"unicode/utf8"

	"guahao/booking"
)

const maxQuery = 30 // characters of a name that is looked for

// search takes a line for the name of a hospital, a department or a doctor: first in the hospital that was chosen, then
// anywhere. One match is gone to at once, several are offered.
func (t *turn) search(line string) (bool, error) {
	query, matches, err := t.findIn(line)
	if err != nil {
		return false, err
	}
	switch len(matches) {
	case 0:
		return false, nil
	case 1:
		return true, t.goTo(matches[0])
	}
	t.remember()
	t.m.Draft.Query = query
	return true, t.enter(stateFound)
}

// findIn looks a line up as it stands, then without what people wrap around a name, and then for the longest name in it.
func (t *turn) findIn(line string) (query string, matches []booking.Match, err error) {
	for _, query := range []string{fold(line), t.d.words.name(line)} {
		if query == "" || utf8.RuneCountInString(query) > maxQuery {
			continue
		}
		if matches, err := t.find(query); err != nil || len(matches) > 0 {
			return query, matches, err
		}
	}
	if query, err = t.d.Booking.Mentioned(t.ctx, line); err != nil || query == "" {
		return "", nil, err
	}
	matches, err = t.find(query)
	return query, matches, err
}

// find looks a name up, in the hospital that was chosen or else in all. A whole name is meant rather than the longer ones
// that it is a part of.
func (t *turn) find(query string) ([]booking.Match, error) {
	matches, err := t.d.Booking.Find(t.ctx, t.m.Draft.Hospital, query)
	if err != nil {
		return nil, err
	}
	if len(matches) == 0 && t.m.Draft.Hospital != 0 {
		if matches, err = t.d.Booking.Find(t.ctx, 0, query); err != nil {
			return nil, err
		}
	}
	exact := slices.DeleteFunc(slices.Clone(matches), func(m booking.Match) bool { return !m.Exact })
	if len(exact) > 0 {
		return exact, nil
	}
	return matches, nil
}

// goTo fills in what was found and goes on with the first thing that is missing.
func (t *turn) goTo(m booking.Match) error {
	return t.fill(string(m.Kind), matchID(m))
}

// fill chooses a thing by its kind and ID, and goes on with the first thing that is missing.
func (t *turn) fill(kind string, id int64) error {
	d := t.draft()
	switch booking.MatchKind(kind) {
	case booking.MatchHospital:
		*d = draft{Hospital: booking.HospitalID(id), Patient: d.Patient}
	case booking.MatchDepartment:
		dep, err := t.d.Booking.Department(t.ctx, booking.DepartmentID(id))
		if err != nil {
			return t.refused(err)
		}
		d.narrowTo(dep)
	case booking.MatchDoctor:
		doctor, err := t.d.Booking.Doctor(t.ctx, booking.DoctorID(id))
		if err != nil {
			return t.refused(err)
		}
		d.seenBy(doctor)
	}
	t.remember()
	return t.enter(stateHospital)
}

func matchID(m booking.Match) int64 {
	switch m.Kind {
	case booking.MatchHospital:
		return int64(m.Hospital)
	case booking.MatchDepartment:
		return int64(m.Department)
	}
	return int64(m.Doctor)
}

// foundItems offers what a name may mean. The list is read again when it is shown, so that going back works.
func foundItems(t *turn) (list, error) {
	matches, err := t.find(t.m.Draft.Query)
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"text", clip(t.m.Draft.Query, 20)}}
	if len(matches) == 0 {
		l.prompt = "found.none"
	}
	for _, m := range matches {
		label, err := t.matchLabel(m)
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, item{choice: choice{Do: string(m.Kind), ID: matchID(m)}, label: label, names: []string{m.Name.ZH, m.Name.EN}})
	}
	return l, nil
}

func foundChosen(t *turn, c choice) error { return t.fill(c.Do, c.ID) }

// matchLabel tells of a match by itself: a department with its hospital, a doctor with the department too.
func (t *turn) matchLabel(m booking.Match) (string, error) {
	if m.Kind == booking.MatchHospital {
		return m.Name.In(t.lang), nil
	}
	h, err := t.hospital(m.Hospital)
	if err != nil {
		return "", err
	}
	if m.Kind == booking.MatchDepartment {
		return t.say("found.department", "name", m.Name, "hospital", shortName(h, t.lang)), nil
	}
	dep, err := t.d.Booking.Department(t.ctx, m.Department)
	if err != nil {
		return "", err
	}
	return t.say("found.doctor", "name", m.Name, "department", dep.Name, "hospital", shortName(h, t.lang)), nil
}
