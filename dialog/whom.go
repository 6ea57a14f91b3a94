package dialog

import (
	"regexp"
	"strings"

	"guahao/booking"
	"guahao/dialog/understand"
)

// namedPatient is one of the person's patients whom a sentence calls by name.
type namedPatient struct {
	id   booking.PatientID
	name string // as a message may call them
}

// beforeName are the words before the name of the one whom a visit is for. Without one of them a name is a doctor's.
const beforeName = `(?:给|帮|替|为|陪|带|\bfor )\s*`

var speaksForSomebody = regexp.MustCompile(beforeName)

// patientMeant finds the patient whom a sentence calls by name (给林晓梅挂心内科), and gives the sentence without it. A message with a
// name in it is deleted where messages leave the country.
func (t *turn) patientMeant(line string) (*namedPatient, string, error) {
	if !speaksForSomebody.MatchString(understand.Fold(line)) {
		return nil, line, nil
	}
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return nil, line, err
	}
	folded := understand.Fold(line)
	for _, p := range people {
		name, err := regexp.Compile(beforeName + regexp.QuoteMeta(understand.Fold(p.Name)))
		if err != nil || p.Name == "" {
			continue
		}
		if at := name.FindStringIndex(folded); at != nil {
			t.forget = true
			rest := strings.TrimSpace(folded[:at[0]] + " " + folded[at[1]:])
			return &namedPatient{id: p.ID, name: t.patientName(p, people)}, rest, nil
		}
	}
	return nil, line, nil
}
