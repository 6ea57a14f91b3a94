package understand

import (
	"slices"
	"strings"
	"unicode/utf8"

	"guahao/booking"
)

// Directory is who sees patients and where, made ready to be found in sentences. It is never changed after it was made.
type Directory struct {
	Revision int64
	names    map[string][]Place // names, aliases, and the words of the grammar for departments
	plaints  map[string][]Place // what people complain of
	// complaints are all words for that, also those that somebody is good at.
	complaints map[string]bool
	parts      map[string]bool    // of the body: words for a department only where nothing is complained of
	topics     map[string][]Place // the specialities of doctors, and parts of them
	surnames   map[string][]Place // family names of doctors
	sounds     map[string][]Place // pinyin
	initials   map[string][]Place // and the initials of it
	blurs      blurs              // names that may be misspelt
	parent     map[booking.DepartmentID]booking.DepartmentID
	children   map[booking.DepartmentID][]Place // the children's departments for the same
	longest    int                              // bytes of the longest key
	index      []entry                          // for Find
}

// Directory makes the places of a city ready.
func (r *Reader) Directory(from booking.Directory) *Directory {
	d := &Directory{Revision: from.Revision, names: map[string][]Place{}, plaints: map[string][]Place{}, topics: map[string][]Place{}, complaints: map[string]bool{}, parts: map[string]bool{},
		surnames: map[string][]Place{}, sounds: map[string][]Place{}, initials: map[string][]Place{}, blurs: blurs{},
		parent: map[booking.DepartmentID]booking.DepartmentID{}, children: map[booking.DepartmentID][]Place{}}
	for _, p := range from.Departments {
		d.parent[p.ID] = p.Parent
	}
	r.addNames(d, from)
	for _, c := range r.departments {
		addWords(d.names, c.words, d.called(c.names))
	}
	for _, doctor := range from.Doctors {
		r.addTopics(d, doctor)
	}
	for _, c := range r.complaints {
		for _, word := range c.words {
			d.complaints[word] = !c.part || d.complaints[word]
			d.parts[word] = d.parts[word] || c.part
		}
		if len(d.topics[c.words[0]]) == 0 { // else there is somebody who is good at it
			addWords(d.plaints, c.words, d.called(c.names))
		}
	}
	for _, p := range from.Departments {
		d.children[p.ID] = d.childrens(p)
	}
	d.addSounds()
	d.addBlurs()
	d.index = r.entries(from)
	for _, keys := range []map[string][]Place{d.names, d.plaints, d.topics, d.sounds} {
		for key := range keys {
			d.longest = max(d.longest, len(key))
		}
	}
	return d
}

// addNames takes the names of everything, as they are.
func (r *Reader) addNames(d *Directory, from booking.Directory) {
	for _, h := range from.Hospitals {
		r.name(d, Place{Hospital: h.ID}, append([]string{h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN}, h.Aliases...)...)
	}
	for _, p := range from.Departments {
		at := Place{Hospital: p.Hospital, Department: p.ID}
		r.name(d, at, append([]string{p.Name.ZH, p.Name.EN}, p.Aliases...)...)
		for _, alias := range append([]string{p.Name.ZH}, p.Aliases...) { // 皮肤 for 皮肤科, and the other way round
			if short, ok := strings.CutSuffix(alias, "科"); ok && utf8.RuneCountInString(short) > 1 {
				r.name(d, at, short)
			} else if !ok && !latin(alias) && !strings.HasSuffix(alias, "门诊") {
				r.name(d, at, alias+"科")
			}
		}
	}
	for _, doctor := range from.Doctors {
		at := Place{Hospital: doctor.Hospital, Department: doctor.Department, Doctor: doctor.ID}
		r.name(d, at, doctor.Name.ZH, doctor.Name.EN)
		if given, family, ok := strings.Cut(doctor.Name.EN, " "); ok {
			r.name(d, at, family+" "+given)
			d.surnames[plain(family)] = append(d.surnames[plain(family)], at)
		}
		family := r.familyName(plain(doctor.Name.ZH))
		d.surnames[family] = append(d.surnames[family], at)
	}
}

// name lets a place be found by names.
func (r *Reader) name(d *Directory, at Place, names ...string) {
	for _, name := range names {
		if key := r.key(name); key != "" && !slices.Contains(d.names[key], at) {
			d.names[key] = append(d.names[key], at)
		}
	}
}

// key is a name as it stands in a plain sentence.
func (r *Reader) key(name string) string {
	return strings.Trim(plain(name), " .,!?;:~-'\"")
}

// familyName gives the first character of a Chinese name, or two where the name has them.
func (r *Reader) familyName(name string) string {
	for _, double := range doubleNames {
		if strings.HasPrefix(name, double) {
			return double
		}
	}
	_, size := utf8.DecodeRuneInString(name)
	return name[:size]
}

// doubleNames are the family names of two characters that are still common.
var doubleNames = []string{"欧阳", "上官", "司马", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "夏侯", "令狐", "端木", "长孙", "宇文", "南宫", "闻人"}

// called gives the places that have one of these names, in each hospital by the first that it has.
func (d *Directory) called(names []string) []Place {
	var places []Place
	for _, name := range names {
		var more []Place
		for _, at := range d.names[name] {
			if !hasHospital(places, at.Hospital) {
				more = append(more, at)
			}
		}
		places = append(places, more...)
	}
	return places
}

// addWords lets places be found by words too, where the hospital itself does not say what such a word means.
func addWords(to map[string][]Place, words []string, places []Place) {
	for _, word := range words {
		own := slices.Clone(to[word])
		for _, at := range places {
			if !hasHospital(own, at.Hospital) {
				addPlaces(to, word, []Place{at})
			}
		}
	}
}

func hasHospital(places []Place, id booking.HospitalID) bool {
	return slices.ContainsFunc(places, func(p Place) bool { return p.Hospital == id })
}

func addPlaces(to map[string][]Place, word string, places []Place) {
	for _, at := range places {
		if !slices.Contains(to[word], at) {
			to[word] = append(to[word], at)
		}
	}
}

// addTopics takes what a doctor is good at: each part of it, and what begins or ends a part.
func (r *Reader) addTopics(d *Directory, doctor booking.Doctor) {
	at := Place{Hospital: doctor.Hospital, Department: doctor.Department, Doctor: doctor.ID}
	add := func(topic string) {
		if _, dull := r.dull[topic]; topic != "" && !dull && !slices.Contains(d.topics[topic], at) {
			d.topics[topic] = append(d.topics[topic], at)
		}
	}
	for _, topic := range strings.FieldsFunc(plain(doctor.Speciality.ZH), func(c rune) bool { return strings.ContainsRune("、,;与和及", c) }) {
		add(topic)
		for _, tail := range r.tails {
			topic = strings.TrimSuffix(topic, tail)
		}
		runes := []rune(topic)
		for n := 2; n <= len(runes); n++ {
			add(string(runes[:n]))
			add(string(runes[len(runes)-n:]))
		}
	}
	for _, topic := range strings.FieldsFunc(plain(doctor.Speciality.EN), func(c rune) bool { return c == ',' || c == ';' }) {
		topic = strings.TrimSpace(topic)
		add(topic)
		for _, word := range strings.Fields(topic) {
			if len(word) >= 5 {
				add(word)
			}
		}
	}
}

// childrens gives the departments that treat children for what this one treats: 小儿眼科 for 眼科.
func (d *Directory) childrens(p booking.Department) []Place {
	var places []Place
	for _, name := range append([]string{p.Name.ZH}, p.Aliases...) {
		for _, form := range []string{name, strings.Replace(name, "内科", "科", 1), name + "科"} {
			for _, before := range childWords {
				places = append(places, d.names[before+form]...)
			}
		}
	}
	return slices.DeleteFunc(unique(places), func(at Place) bool { return at.Department == 0 || at.Department == p.ID })
}

// Called gives what is called so, or has it for an alias.
func (d *Directory) Called(name string) []Place { return d.names[name] }
