package dialog

import (
	"errors"
	"slices"
	"unicode/utf8"

	"guahao/booking"
	"guahao/dialog/understand"
)

const maxQuery = 30 // characters of a name that is looked for

// directory gives the places of the city ready to be found, made anew when something about them has changed.
func (t *turn) directory() (*understand.Directory, error) {
	from, err := t.d.Booking.Directory(t.ctx)
	if err != nil {
		return nil, err
	}
	if known := t.d.known.Load(); known != nil && known.Revision == from.Revision {
		return known, nil
	}
	made := t.d.reader.Directory(from)
	t.d.known.Store(made)
	return made, nil
}

// meaning reads a sentence, on the day that it is where the person is.
func (t *turn) meaning(line string) (understand.Meaning, error) {
	d, err := t.directory()
	if err != nil {
		return understand.Meaning{}, err
	}
	return t.d.reader.Read(line, booking.DateOf(t.now(), t.zone()), d, t.m.Draft.Hospital), nil
}

// search takes a line for a name or a part of one, in pinyin too: first in the hospital that was chosen, then anywhere. One match is
// gone to at once, several are offered.
func (t *turn) search(line string) (bool, error) {
	for _, query := range []string{understand.Fold(line), t.d.reader.Name(line)} {
		places, err := t.find(query)
		if err != nil {
			return false, err
		}
		switch len(places) {
		case 0:
			continue
		case 1:
			if places[0].Doctor == 0 {
				t.hears(line)
			}
			return true, t.goTo(places[0])
		}
		t.remember()
		t.m.Draft.Query = query
		return true, t.enter(stateFound)
	}
	return false, nil
}

// find looks a name up, in the hospital that was chosen or else in all. A whole name is meant rather than the longer ones
// that it is a part of.
func (t *turn) find(query string) ([]understand.Place, error) {
	if query == "" || utf8.RuneCountInString(query) > maxQuery {
		return nil, nil
	}
	d, err := t.directory()
	if err != nil {
		return nil, err
	}
	found := t.d.reader.Find(d, t.m.Draft.Hospital, query)
	if len(found) == 0 && t.m.Draft.Hospital != 0 {
		found = t.d.reader.Find(d, 0, query)
	}
	return understand.Best(found), nil
}

// goTo fills in a place and goes on with the first thing that is missing.
func (t *turn) goTo(p understand.Place) error {
	if err := t.fill(p); err != nil {
		return t.refused(err)
	}
	t.remember()
	return t.enter(stateHospital)
}

// fill chooses a place.
func (t *turn) fill(p understand.Place) error {
	d := t.draft()
	switch {
	case p.Doctor != 0:
		doctor, err := t.d.Booking.Doctor(t.ctx, p.Doctor)
		if err != nil {
			return err
		}
		dep, err := t.d.Booking.Department(t.ctx, doctor.Department)
		if err != nil {
			return err
		}
		d.narrowTo(dep)
		d.seenBy(doctor)
	case p.Department != 0:
		dep, err := t.d.Booking.Department(t.ctx, p.Department)
		if err != nil {
			return err
		}
		d.narrowTo(dep)
	default:
		d.goTo(p.Hospital)
	}
	return nil
}

// foundItems offers what a line may mean. The list is read again when it is shown, so that going back works.
func foundItems(t *turn) (list, error) {
	m, err := t.meaning(t.m.Draft.Query)
	if err != nil {
		return list{}, err
	}
	places := m.Places
	if len(places) == 0 {
		if places, err = t.find(t.m.Draft.Query); err != nil {
			return list{}, err
		}
	}
	l := list{args: []any{"text", clip(t.m.Draft.Query, 20)}}
	if len(places) == 0 {
		l.prompt = "found.none"
	}
	for _, p := range places {
		i, err := t.placeItem(p)
		if errors.Is(err, booking.ErrNotFound) {
			continue
		}
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, i)
	}
	return l, nil
}

func foundChosen(t *turn, c choice) error { return t.goTo(placeWith(booking.PlaceKind(c.Do), c.ID)) }

// placeWith gives a place by its kind and ID.
func placeWith(kind booking.PlaceKind, id int64) understand.Place {
	switch kind {
	case booking.PlaceHospital:
		return understand.Place{Hospital: booking.HospitalID(id)}
	case booking.PlaceDepartment:
		return understand.Place{Department: booking.DepartmentID(id)}
	}
	return understand.Place{Doctor: booking.DoctorID(id)}
}

// placeItem tells of a place by itself: a department with its hospital, a doctor with the department too.
func (t *turn) placeItem(p understand.Place) (item, error) {
	h, err := t.hospital(p.Hospital)
	if err != nil {
		return item{}, err
	}
	if p.Department == 0 {
		return item{choice: choice{Do: string(booking.PlaceHospital), ID: int64(h.ID)}, label: h.Name.In(t.lang), names: []string{h.Name.ZH, h.Name.EN}}, nil
	}
	dep, err := t.d.Booking.Department(t.ctx, p.Department)
	if err != nil {
		return item{}, err
	}
	if p.Doctor == 0 {
		return item{choice: choice{Do: string(booking.PlaceDepartment), ID: int64(dep.ID)}, label: t.say("found.department", "name", dep.Name, "hospital", shortName(h, t.lang)),
			names: []string{dep.Name.ZH, dep.Name.EN}}, nil
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, p.Doctor)
	if err != nil {
		return item{}, err
	}
	return item{choice: choice{Do: string(booking.PlaceDoctor), ID: int64(doctor.ID)}, names: []string{doctor.Name.ZH, doctor.Name.EN},
		label: t.say("found.doctor", "name", doctor.Name, "department", dep.Name, "hospital", shortName(h, t.lang))}, nil
}

// doctorsCalled gives the doctors that a typed name may mean, in a hospital or (0) in all.
func (t *turn) doctorsCalled(hospital booking.HospitalID, query string) ([]booking.DoctorID, error) {
	d, err := t.directory()
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(t.d.reader.Find(d, hospital, query), func(f understand.Found) bool { return f.Doctor == 0 })
	var doctors []booking.DoctorID
	for _, p := range understand.Best(found) {
		doctors = append(doctors, p.Doctor)
	}
	return doctors, nil
}
