package dialog

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"guahao/booking"
	"guahao/dialog/triage"
	"guahao/dialog/understand"
)

// The states of triage: what hurts, what is worth asking, which departments see it, and which hospitals have the one that was chosen.
const (
	stateComplaint   State = "complaint"
	stateQuestion    State = "question"
	stateDepartments State = "departments"
	stateWhere       State = "where"
)

const flowTriage flow = "triage"

// wantTriage asks for it.
const wantTriage intent = "triage"

// What may be done.
const (
	doAnswer  = "answer"  // with Arg as the answer
	doEnough  = "enough"  // asks no more
	doRestate = "restate" // says it anew
	doBrowse  = "browse"  // chooses among all departments
	maxPlaint = 200       // characters of a complaint that are kept

	longestName = 4 // characters of a word that ends with 科 and is taken for the name of a department, not for a sentence
)

// plaint is a complaint that triage looks at. It is in the session only, encrypted like all of it.
type plaint struct {
	Words   string      `json:"words,omitzero"`
	Answers string      `json:"answers,omitzero"` // "spinning=yes,pregnant=no", in the order in which they were given
	Enough  bool        `json:"enough,omitzero"`
	Chosen  triage.Code `json:"chosen,omitzero"`
	// Restated is the complaint in the words of a model, to show that it was understood; "" for none.
	Restated string `json:"restated,omitzero"`
}

func triageRows() []row {
	return []row{
		{
			state: stateComplaint, flow: flowTriage, prompt: "complaint", accepts: acceptsNames, idle: idleAsk,
			typed: complaintTyped, goes: []State{stateQuestion},
		},
		{
			state: stateQuestion, flow: flowTriage, accepts: acceptsNames, idle: idleAsk,
			items: questionItems, chosen: questionChosen, passes: questionPasses, goes: []State{stateQuestion, stateDepartments},
		},
		{
			state: stateDepartments, flow: flowTriage, accepts: acceptsNames, idle: idleAsk,
			items: suggestedItems, chosen: suggestedChosen, goes: []State{stateWhere, stateHospital, stateComplaint},
		},
		{
			state: stateWhere, flow: flowTriage, prompt: "where", accepts: acceptsNames, idle: idleAsk,
			items: whereItems, chosen: whereChosen, goes: []State{stateHospital},
		},
	}
}

func complaintTyped(t *turn, line string) (bool, error) { return t.complains(line) }

// complains takes a line for a complaint, if triage understands it as one. What is said after one is added to it.
func (t *turn) complains(line string) (bool, error) {
	if !hasLetter(line) {
		return false, nil
	}
	m, err := t.meaning(line)
	if err != nil {
		return false, err
	}
	words := line
	if before := t.m.Draft.Asked.Plaint.Words; t.row().flow == flowTriage && before != "" {
		words = before + t.say("list.comma") + line
	}
	if utf8.RuneCountInString(words) > maxPlaint {
		words = line
	}
	who, err := t.sufferer(m)
	if err != nil {
		return false, err
	}
	var said, restated string
	if len(t.d.knowledge.Ask(line, who, nil).Suggestions) == 0 {
		if said, restated, err = t.consulted(line, who); err != nil || said == "" {
			return false, err
		}
	}
	t.remember()
	before := t.m.Draft
	t.onlyComplains(&m, line)
	t.m.Draft = draft{Patient: before.Patient, Asked: askedIn(m).over(asked{Relation: before.Asked.Relation, Sex: before.Asked.Sex})}
	if t.choosing() || t.row().flow == flowTriage {
		t.m.Draft.Hospital = before.Hospital
	}
	if m.Whom.Relation != "" {
		t.m.Draft.Patient = 0
	}
	t.m.Draft.Asked.Plaint = plaint{Words: words, Answers: said, Restated: restated}
	return true, t.enter(stateQuestion)
}

// hears keeps what a line that leads to a department says of a complaint (头晕，挂神经内科): the choice of a doctor takes it up. The names of hospitals
// and departments (皮肤科) are none.
func (t *turn) hears(line string) {
	from, err := t.d.Booking.Directory(t.ctx)
	if err != nil {
		return // nothing is lost but a reason
	}
	var names []string
	for _, h := range from.Hospitals {
		names = append(append(names, h.Name.ZH, h.Name.EN, h.Short.ZH, h.Short.EN), h.Aliases...)
	}
	for _, d := range from.Departments {
		names = append(names, d.Name.ZH, d.Name.EN)
	}
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }) {
		if strings.HasSuffix(word, "科") && utf8.RuneCountInString(word) <= longestName {
			names = append(names, word)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		if name != "" {
			line = strings.ReplaceAll(line, name, " ")
		}
	}
	if len(t.d.knowledge.Symptoms(line, nil)) > 0 {
		t.m.Draft.Asked.Plaint = plaint{Words: clip(line, maxPlaint)}
	}
}

// ofVisit are words with which a complaint says something of the visit, too.
var ofVisit = regexp.MustCompile(`(?i)挂|预约|约|有号|的号|看病|看医生|想看|能看|看看|来看|去看|\b(book|appointment|visit|see (a|the|you|somebody|someone)|come in)\b`)

// onlyComplains leaves out when it hurts: a day that has passed tells since when, and 晚上睡不着 or 这几天早上头晕 is no wish for a clinic
// then. A day to come is one, and so is whatever stands beside words of a visit.
func (t *turn) onlyComplains(m *understand.Meaning, line string) {
	today := booking.DateOf(t.now(), t.zone())
	if m.First != "" && m.Last < today {
		m.First, m.Last = "", ""
	}
	if m.First <= today && !ofVisit.MatchString(line) {
		m.First, m.Last, m.Halves, m.Time = "", "", 0, understand.Time{}
	}
}

// sufferer is who has the complaint, as far as the draft or the words tell. Of age and sex nothing else is used.
func (t *turn) sufferer(m understand.Meaning) (triage.Patient, error) {
	sexes := map[booking.Sex]triage.Sex{booking.Female: triage.Female, booking.Male: triage.Male}
	a := t.m.Draft.Asked
	who := triage.Patient{Sex: sexes[m.Whom.Sex]}
	if who.Sex == "" {
		who.Sex = sexes[a.Sex]
	}
	if m.Whom.Relation != "" || t.m.Draft.Patient == 0 {
		return who, nil
	}
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return who, err
	}
	at := slices.IndexFunc(people, func(p booking.Patient) bool { return p.ID == t.m.Draft.Patient })
	if at < 0 {
		return who, nil
	}
	who.Sex = sexes[people[at].Sex]
	who.Age, who.AgeKnown = booking.AgeOn(people[at].BirthDate, booking.DateOf(t.now(), t.zone()))
	return who, nil
}

// advice asks triage about what was said and answered so far.
func (t *turn) advice() (triage.Advice, error) {
	who, err := t.sufferer(understand.Meaning{})
	if err != nil {
		return triage.Advice{}, err
	}
	p := t.m.Draft.Asked.Plaint
	return t.d.knowledge.Ask(p.Words, who, p.answers()), nil
}

// answers gives what was answered.
func (p plaint) answers() triage.Answers {
	answers := triage.Answers{}
	for pair := range strings.SplitSeq(p.Answers, ",") {
		if id, answer, ok := strings.Cut(pair, "="); ok {
			answers[id] = triage.Answer(answer)
		}
	}
	return answers
}

func questionPasses(t *turn) (State, error) {
	advice, err := t.advice()
	if err != nil {
		return "", err
	}
	if advice.Question == nil || t.m.Draft.Asked.Plaint.Enough {
		return stateDepartments, nil
	}
	return "", nil
}

// questionItems asks what settles the most, and says between which departments.
func questionItems(t *turn) (list, error) {
	advice, err := t.advice()
	if err != nil || advice.Question == nil {
		return list{text: t.say("question.none"), items: []item{{choice: choice{Do: doEnough}, label: t.say("question.enough")}}}, err
	}
	text := t.say("question.why_one", "a", advice.Suggestions[0].Department.Name.In(t.lang))
	if len(advice.Suggestions) > 1 {
		text = t.say("question.why", "a", advice.Suggestions[0].Department.Name.In(t.lang), "b", advice.Suggestions[1].Department.Name.In(t.lang))
	}
	answer := func(a triage.Answer) choice { return choice{Do: doAnswer, Arg: advice.Question.ID + "=" + string(a)} }
	return list{text: text + "\n" + advice.Question.Text.In(t.lang), items: []item{
		{choice: answer(triage.Yes), label: t.say("question.yes"), yes: true, names: splitNames(t.say("question.yes_names"))},
		{choice: answer(triage.No), label: t.say("question.no"), no: true, names: splitNames(t.say("question.no_names"))},
		{choice: answer(triage.Unsure), label: t.say("question.unsure"), names: splitNames(t.say("question.unsure_names"))},
		{choice: choice{Do: doEnough}, label: t.say("question.enough")},
	}}, nil
}

func questionChosen(t *turn, c choice) error {
	t.remember()
	p := &t.m.Draft.Asked.Plaint
	if c.Do == doEnough {
		p.Enough = true
		return t.move(stateDepartments)
	}
	if p.Answers != "" {
		p.Answers += ","
	}
	p.Answers += c.Arg
	return t.move(stateQuestion)
}

// suggestedItems lists the departments that may help, each with its reason in the person's own words, and says that it is no diagnosis.
func suggestedItems(t *turn) (list, error) {
	advice, err := t.advice()
	if err != nil {
		return list{}, err
	}
	l := list{prompt: "departments"}
	var lines []string
	if restated := t.m.Draft.Asked.Plaint.Restated; restated != "" {
		lines = append(lines, t.say("departments.restated", "words", restated))
	}
	lines = append(lines, t.say("departments"))
	for n, s := range advice.Suggestions {
		name := s.Department.Name.In(t.lang)
		lines = append(lines, t.say("departments.line", "n", n+1, "department", name, "why", t.reasons(s)))
		l.items = append(l.items, item{choice: choice{Do: doPick, Arg: string(s.Department.Code)}, label: t.say("departments.item", "department", name),
			names: append([]string{s.Department.Name.Zh, s.Department.Name.En}, t.d.knowledge.Names(s.Department.Code)...)})
	}
	if len(advice.Suggestions) == 0 {
		lines = []string{t.say("departments.none")}
	}
	l.text = strings.Join(append(lines, t.say("departments.no_diagnosis")), "\n")
	l.extra = []item{
		{choice: choice{Do: doRestate}, label: t.say("departments.again")},
		{choice: choice{Do: doBrowse}, label: t.say("departments.browse")},
	}
	return l, nil
}

const maxReasons = 2 // that stand with a department

// reasons says why a department is suggested: “膝盖疼”：关节的问题. Where messages leave the country, they are the person's own words still:
// they have just been typed there.
func (t *turn) reasons(s triage.Suggestion) string {
	var parts []string
	for _, r := range s.Reasons {
		part := r.Why.In(t.lang)
		if r.Words != "" {
			part = t.say("departments.reason", "words", clip(r.Words, 20), "why", part)
		}
		if !slices.Contains(parts, part) && len(parts) < maxReasons {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, t.say("departments.and"))
}

func suggestedChosen(t *turn, c choice) error {
	switch c.Do {
	case doRestate:
		t.remember()
		t.m.Draft.Asked.Plaint = plaint{}
		return t.move(stateComplaint)
	case doBrowse:
		return t.move(stateHospital)
	}
	t.remember()
	t.m.Draft.Asked.Plaint.Chosen = triage.Code(c.Arg)
	places, err := t.placesFor(triage.Code(c.Arg))
	if err != nil {
		return err
	}
	switch len(places) {
	case 0:
		t.note("where.none")
		return t.move(stateHospital)
	case 1:
		return t.goTo(places[0])
	}
	return t.move(stateWhere)
}

// placesFor gives the departments of hospitals that see what a code stands for: in the hospital that was chosen, if it has one; each
// hospital by the best of the names, the nearest first where the person said where they are.
func (t *turn) placesFor(code triage.Code) ([]understand.Place, error) {
	d, err := t.directory()
	if err != nil {
		return nil, err
	}
	var places []understand.Place
	seen := map[booking.HospitalID]bool{}
	for _, name := range t.d.knowledge.Names(code) {
		for _, p := range d.Called(name) {
			if p.Department != 0 && p.Doctor == 0 && !seen[p.Hospital] {
				seen[p.Hospital] = true
				places = append(places, p)
			}
		}
	}
	here := t.m.Draft.Hospital
	if at := slices.IndexFunc(places, func(p understand.Place) bool { return p.Hospital == here }); at >= 0 {
		return places[at : at+1], nil
	}
	if t.m.Place.known() {
		hospitals := map[booking.HospitalID]booking.Hospital{}
		for _, p := range places {
			if hospitals[p.Hospital], err = t.hospital(p.Hospital); err != nil {
				return nil, err
			}
		}
		slices.SortStableFunc(places, func(a, b understand.Place) int {
			return cmp.Compare(t.m.Place.far(hospitals[a.Hospital]), t.m.Place.far(hospitals[b.Hospital]))
		})
	}
	return places, nil
}

func whereItems(t *turn) (list, error) {
	code := t.m.Draft.Asked.Plaint.Chosen
	places, err := t.placesFor(code)
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"department", t.say("asks.department")}}
	if dep, ok := t.d.knowledge.Department(code); ok {
		l.args = []any{"department", dep.Name.In(t.lang)}
	}
	for _, p := range places {
		i, err := t.placeItem(p)
		if err != nil {
			return list{}, err
		}
		h, err := t.hospital(p.Hospital)
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, i)
		l.about = append(l.about, t.hospitalAbout(h))
	}
	return t.advisedAcross(l, places)
}

func whereChosen(t *turn, c choice) error { return t.goTo(placeWith(booking.PlaceKind(c.Do), c.ID)) }
