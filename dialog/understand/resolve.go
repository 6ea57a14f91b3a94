package understand

import (
	"slices"
	"strings"

	"guahao/booking"
)

// mention is what a word of a sentence may name: what is called so; else where one goes with such a complaint; else who is good
// at it.
type mention struct {
	word                   string
	named, plaints, topics []Place
	complaint, part        bool
}

// person tells that a doctor is named.
func (m mention) person() bool {
	return len(m.named) > 0 && !slices.ContainsFunc(m.named, func(p Place) bool { return p.Doctor == 0 })
}

// mentioned looks a word up; the weight is 0 where it is nothing.
func (d *Directory) mentioned(word string) (mention, int) {
	m := mention{word: word, named: d.names[word], plaints: d.plaints[word], topics: d.topics[word], complaint: d.complaints[word], part: d.parts[word]}
	if rest, ok := strings.CutPrefix(word, "儿童"); ok && len(m.named) == 0 {
		m.named = d.names["小儿"+rest] // the one word is as good as the other
	}
	switch {
	case len(m.named) > 0 || len(m.plaints) > 0:
		return m, weighsWord
	case len(m.topics) > 0:
		return m, weighsTopic
	}
	return m, 0
}

// resolve finds what all mentions mean together. Places that were said and fit nothing else are the clash.
func (d *Directory) resolve(mentions []mention, child bool, here booking.HospitalID) (places, clash []Place) {
	ordered := slices.Clone(mentions)
	slices.SortStableFunc(ordered, func(a, b mention) int { return a.rank() - b.rank() })
	for _, m := range ordered {
		readings := d.readings(m, child)
		if len(places) == 0 {
			places = nearest(readings, here)
			continue
		}
		var both []Place
		for _, reading := range readings {
			if both = d.merged(places, reading); len(both) > 0 {
				break
			}
		}
		switch {
		case len(both) > 0:
			places = both
		case len(m.named) == 0: // a complaint that the doctor is not known for
		case len(clash) == 0:
			clash = m.named
			if more := m.named[0]; more.detail() > places[0].detail() {
				places, clash = m.named, places
			}
		}
	}
	return d.pick(places, here), clash
}

// complained tells that no place is named, and there is a complaint. A part of the body names none beside one: 眼睛 is no 眼科 in 头痛，眼睛也不舒服.
func complained(mentions []mention) bool {
	complaint := false
	for _, m := range mentions {
		if len(m.named) > 0 && !m.part {
			return false
		}
		complaint = complaint || m.complaint
	}
	return complaint
}

// rank tells what is taken first: names before complaints.
func (m mention) rank() int {
	if len(m.named) > 0 {
		return 0
	}
	return 1
}

// detail tells how much a place says.
func (p Place) detail() int {
	switch {
	case p.Doctor != 0:
		return 2
	case p.Department != 0:
		return 1
	}
	return 0
}

// readings gives what a mention may be, the likeliest first. Children go to children's departments where there are such.
func (d *Directory) readings(m mention, child bool) [][]Place {
	var all [][]Place
	young := d.young(m)
	if child {
		all = append(all, young)
	}
	all = append(all, m.named, m.plaints, m.topics)
	if !child {
		all = append(all, young)
	}
	return slices.DeleteFunc(all, func(places []Place) bool { return len(places) == 0 })
}

// young gives the children's departments for what is mentioned.
func (d *Directory) young(m mention) []Place {
	for _, before := range childWords {
		for _, in := range []map[string][]Place{d.names, d.topics} {
			if places := in[before+m.word]; len(places) > 0 {
				return places
			}
		}
	}
	var places []Place
	for _, at := range append(slices.Clone(m.named), m.plaints...) {
		if at.Doctor == 0 {
			places = append(places, d.children[at.Department]...)
		}
	}
	return unique(places)
}

// childWords begin the names of children's departments.
var childWords = []string{"小儿", "儿童", "儿"}

func unique(places []Place) []Place {
	var list []Place
	for _, p := range places {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// nearest gives the likeliest of the readings that has something in the chosen hospital, or the likeliest of all.
func nearest(readings [][]Place, here booking.HospitalID) []Place {
	for _, places := range readings {
		if slices.ContainsFunc(places, func(p Place) bool { return p.Hospital == here }) {
			return places
		}
	}
	return readings[0]
}

// merged gives the pairs of both lists that can be one place, each with all that both say.
func (d *Directory) merged(a, b []Place) []Place {
	var list []Place
	for _, p := range a {
		for _, q := range b {
			if both, ok := d.merge(p, q); ok && !slices.Contains(list, both) {
				list = append(list, both)
			}
		}
	}
	return list
}

func (d *Directory) merge(p, q Place) (Place, bool) {
	if p.detail() < q.detail() {
		p, q = q, p
	}
	switch {
	case p.Hospital != q.Hospital:
		return Place{}, false
	case q.Department == 0 || p.Department == q.Department || d.parent[p.Department] == q.Department:
		return p, q.Doctor == 0 || p.Doctor == q.Doctor
	case d.parent[q.Department] == p.Department && p.Doctor == 0:
		return q, true
	}
	return Place{}, false
}

// pick leaves out what is a part of another place in the list, and the other hospitals where the chosen one is among them.
func (d *Directory) pick(places []Place, here booking.HospitalID) []Place {
	var list []Place
	for _, p := range places {
		within := slices.ContainsFunc(places, func(q Place) bool {
			return q != p && q.Hospital == p.Hospital && q.Doctor == 0 && (q.Department == 0 || d.parent[p.Department] == q.Department)
		})
		if !within {
			list = append(list, p)
		}
	}
	near := slices.DeleteFunc(slices.Clone(list), func(p Place) bool { return p.Hospital != here })
	if len(near) > 0 {
		return near
	}
	return list
}
