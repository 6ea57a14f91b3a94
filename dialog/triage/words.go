package triage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Complaint is a way to say a symptom in one word or phrase, with the department that it leads to.
type Complaint struct {
	Words string
	Part  bool     // a part of the body, which by itself is none
	Names []string // of the department, as hospitals may call it; then those of others that see as much of it
}

// Complaints lists what people complain of in one phrase each, for whoever reads sentences about more than that. Left out is what
// only speaks of children whose age is known, or names something that a department sees, and single characters.
func (k *Knowledge) Complaints() []Complaint {
	parts := map[string]bool{}
	for _, part := range k.parts {
		parts[part.String()] = true
	}
	var list []Complaint
	for i := range k.symptoms {
		s := &k.symptoms[i]
		var names []string
		for _, d := range k.leadsTo(s) {
			names = append(append(names, d.Name.Zh), d.also...)
		}
		for _, e := range s.expressions {
			if len(e) != 1 || len(e[0]) != 1 || s.known {
				continue
			}
			words := e[0][0].String()
			if len(words) > len("牙") && (parts[words] || !s.broad) {
				list = append(list, Complaint{Words: words, Names: names, Part: parts[words]})
			}
		}
	}
	return list
}

// leadsTo gives the departments that a symptom speaks for the most, the one that people come to most often first.
func (k *Knowledge) leadsTo(s *symptom) []Department {
	most := slices.Max(slices.Collect(maps.Values(s.weights)))
	list := slices.DeleteFunc(k.Departments(), func(d Department) bool { return s.weights[d.Code] < most })
	slices.SortStableFunc(list, func(a, b Department) int { return cmp.Compare(b.prior, a.prior) })
	return list
}

// String gives a phrase as it is written in the table.
func (p phrase) String() string {
	var out strings.Builder
	for i, t := range p {
		if i > 0 && !t.han() {
			out.WriteByte(' ')
		}
		out.WriteString(t.words)
	}
	return out.String()
}

// CanSay tells whether a code is of a symptom that this patient may have, and that says more than which department it belongs to.
func (k *Knowledge) CanSay(code string, who Patient) bool {
	s := k.bySymptom[code]
	return s != nil && !s.broad && s.fits(who)
}

// Vocabulary lists the symptoms, a line each: the code, and how people say it.
func (k *Knowledge) Vocabulary() string {
	const examples = 4
	var out strings.Builder
	for _, s := range k.symptoms {
		if s.broad {
			continue
		}
		out.WriteString(s.id + ":")
		n := 0
		for _, e := range s.expressions {
			if len(e) == 1 && n < examples {
				out.WriteString(" " + e[0][0].String())
				n++
			}
		}
		out.WriteString(" (" + s.why.En + ")\n")
	}
	return out.String()
}
