package dialog

import (
	"errors"
	"slices"

	"guahao/booking"
)

// patientRows is the list of patients and the way to add one. The way is the same from the booking and from the list.
func patientRows() []row {
	return []row{
		{
			state: statePeople, flow: flowPatients, prompt: "people", accepts: acceptsNames,
			items: peopleItems, chosen: peopleChosen, goes: []State{statePerson, stateRelation},
		},
		{
			state: statePerson, flow: flowPatients, accepts: acceptsNames,
			items: personItems, chosen: personChosen, goes: []State{stateRecord, stateRemove, statePersonPhone, statePersonRelation, stateGuardian},
		},
		{
			state: stateRemove, flow: flowPatients, prompt: "remove", accepts: acceptsOptions,
			items: removeItems, chosen: removeChosen, goes: []State{statePeople},
		},
		{
			state: stateRelation, flow: flowPatients, prompt: "relation", accepts: acceptsOptions, idle: idleAsk,
			items: relationItems, chosen: relationChosen, goes: []State{stateName},
		},
		{
			state: stateName, flow: flowPatients, prompt: "name", accepts: acceptsEntry, idle: idleAsk,
			items: nameItems, chosen: nameChosen, typed: nameTyped, goes: []State{stateDocument, stateRelation},
		},
		{
			state: stateDocument, flow: flowPatients, prompt: "document", accepts: acceptsEntry, idle: idleAsk,
			items: documentItems, chosen: documentChosen, typed: documentTyped, passes: documentPasses, goes: []State{stateNumber, stateBirth, statePhone},
		},
		{
			state: stateNumber, flow: flowPatients, accepts: acceptsEntry, idle: idleAsk,
			items: numberItems, typed: numberTyped, goes: []State{stateBirth, statePhone},
		},
		{
			state: stateBirth, flow: flowPatients, prompt: "birth", accepts: acceptsEntry, idle: idleAsk,
			typed: birthTyped, goes: []State{stateSex},
		},
		{
			state: stateSex, flow: flowPatients, prompt: "sex", accepts: acceptsOptions, idle: idleAsk,
			items: sexItems, chosen: sexChosen, goes: []State{statePhone},
		},
		{
			state: statePhone, flow: flowPatients, prompt: "phone", accepts: acceptsEntry, idle: idleAsk,
			typed: phoneTyped, passes: phonePasses, goes: []State{stateGuardian},
		},
		{
			state: stateReview, flow: flowPatients, accepts: acceptsOptions, idle: idleAsk,
			items: reviewItems, chosen: reviewChosen, goes: []State{stateConfirm, stateWaitConfirm, stateDrawConfirm, statePeople, stateName, stateDocument, statePhone, stateGuardian},
		},
	}
}

func peopleItems(t *turn) (list, error) {
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	l := list{extra: []item{{choice: choice{Do: doAdd}, label: t.say("patient.add")}}}
	if len(people) == 0 {
		l.prompt = "people.none"
	}
	for _, p := range people {
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(p.ID)}, label: t.patientLabel(p, people),
			names: []string{p.Name, t.named("relation", string(p.Relation))}})
	}
	return l, nil
}

func peopleChosen(t *turn, c choice) error {
	if c.Do == doAdd {
		return t.move(stateRelation)
	}
	t.m.Draft.Patient = booking.PatientID(c.ID)
	return t.move(statePerson)
}

// person reads the patient of the draft, with how a message calls them.
func (t *turn) person() (booking.Patient, string, error) {
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return booking.Patient{}, "", err
	}
	at := slices.IndexFunc(people, func(p booking.Patient) bool { return p.ID == t.m.Draft.Patient })
	if at < 0 {
		return booking.Patient{}, "", booking.ErrNotFound
	}
	return people[at], t.patientName(people[at], people), nil
}

func personItems(t *turn) (list, error) {
	p, name, err := t.person()
	if err != nil {
		return list{}, err
	}
	l := list{prompt: "person", args: []any{"name", name, "relation", t.named("relation", string(p.Relation)),
		"document", t.named("document", string(p.Document)), "number", booking.MaskNumber(p.Number), "phone", booking.MaskPhone(p.Phone)}}
	if t.abroad() {
		l.prompt = "person.abroad"
	}
	if p.Guardian.Name != "" {
		l.text = t.say(l.prompt, l.args...) + "\n" + t.guardian(p.Guardian)
	}
	if !p.Default {
		l.items = []item{{choice: choice{Do: doPrefer}, label: t.say("person.prefer"), names: splitNames(t.say("person.prefer_names"))}}
	}
	l.items = append(l.items,
		item{choice: choice{Do: doFixPhone}, label: t.say("person.phone")},
		item{choice: choice{Do: doFixRelation}, label: t.say("person.relation")})
	if booking.NeedsGuardian(p.BirthDate, booking.DateOf(t.now(), t.zone())) {
		l.items = append(l.items, item{choice: choice{Do: doFixGuardian}, label: t.say("review.guardian")})
	}
	l.items = append(l.items,
		item{choice: choice{Do: doRecord}, label: t.say("person.record")},
		item{choice: choice{Do: doRemove}, label: t.say("person.remove")})
	return l, nil
}

const doRemove = "remove"

func personChosen(t *turn, c choice) error {
	switch c.Do {
	case doRecord:
		return t.move(stateRecord)
	case doFixPhone:
		return t.move(statePersonPhone)
	case doFixRelation:
		return t.move(statePersonRelation)
	case doFixGuardian:
		return t.changeGuardian()
	case doPrefer:
		return t.prefer()
	}
	return t.move(stateRemove)
}

func removeItems(t *turn) (list, error) {
	_, name, err := t.person()
	if err != nil {
		return list{}, err
	}
	return list{args: []any{"name", name}, items: []item{
		{choice: choice{Do: doKeep}, label: t.say("remove.no"), no: true},
		{choice: choice{Do: doRemove, Explicit: true}, label: t.named("word", doRemove), yes: true},
	}}, nil
}

func removeChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		return t.restore()
	}
	err := t.d.Booking.RemovePatient(t.ctx, t.user(), t.m.Draft.Patient)
	if err != nil && !errors.Is(err, booking.ErrNotFound) {
		return t.refused(err)
	}
	t.note("remove.done")
	t.m.Draft = draft{}
	return t.settle(statePeople)
}

var relations = []booking.Relation{booking.Self, booking.Child, booking.Parent, booking.Spouse, booking.Relative}

func relationItems(t *turn) (list, error) {
	l := list{}
	if t.abroad() {
		l.prompt = "relation.abroad"
	}
	for _, r := range relations {
		l.items = append(l.items, item{choice: choice{Do: doPick, Arg: string(r)}, label: t.named("relation", string(r)),
			names: splitNames(t.named("relation_names", string(r)))})
	}
	return l, nil
}

func relationChosen(t *turn, c choice) error {
	t.m.Draft.New.Relation, t.m.Draft.New.Heard = booking.Relation(c.Arg), false
	return t.move(stateName)
}

// nameItems offers to correct a relation that was only heard in a sentence; then what is kept secret has not been said yet, either.
func nameItems(t *turn) (list, error) {
	n := t.m.Draft.New
	l := list{args: []any{"who", t.named("whose", string(n.Relation))}}
	if !n.Heard {
		return l, nil
	}
	if t.abroad() {
		l.prompt = "name.abroad"
	}
	l.items = []item{{choice: choice{Do: doFixRelation}, label: t.say("name.relation", "relation", t.named("relation", string(n.Relation))), no: true}}
	return l, nil
}

func nameChosen(t *turn, _ choice) error { return t.move(stateRelation) }

func nameTyped(t *turn, line string) (bool, error) {
	t.forget = true
	if not, err := t.noName(line); not || err != nil {
		return true, err
	}
	name, err := booking.ParseName(line)
	if err != nil {
		return true, t.refused(err)
	}
	t.m.Draft.New.Name = name
	return true, t.move(stateDocument)
}

// noName says so of a line that is a word of ours, a time, or a sentence with a time and a place (明天上午心内科). A place alone may be
// somebody's name.
func (t *turn) noName(line string) (bool, error) {
	not := t.d.reader.Word(line) != "" || t.d.reader.OnlyWhen(line, booking.DateOf(t.now(), t.zone()))
	if !not {
		m, err := t.meaning(line)
		if err != nil {
			return false, err
		}
		not = m.When() && len(m.Places) > 0
	}
	if not {
		t.missed = true
		t.note("name.not")
	}
	return not, nil
}

var documents = []booking.DocumentKind{booking.ResidentID, booking.Passport, booking.HKMacauPermit, booking.TaiwanPermit}

func documentItems(t *turn) (list, error) {
	l := list{}
	for _, d := range documents {
		l.items = append(l.items, item{choice: choice{Do: doPick, Arg: string(d)}, label: t.named("document", string(d)),
			names: splitNames(t.named("document_names", string(d)))})
	}
	return l, nil
}

func documentChosen(t *turn, c choice) error {
	t.m.Draft.New.Document = booking.DocumentKind(c.Arg)
	return t.move(stateNumber)
}

// documentPasses goes on when only the name is being changed; phonePasses when something else than the phone is.
func documentPasses(t *turn) (State, error) {
	if t.m.Draft.New.Number != "" {
		return statePhone, nil
	}
	return "", nil
}

func phonePasses(t *turn) (State, error) {
	if t.m.Draft.New.Phone != "" {
		return stateGuardian, nil
	}
	return "", nil
}

// documentTyped takes the number right away, when it tells by itself what kind of document it belongs to.
func documentTyped(t *turn, line string) (bool, error) {
	kind, ok := booking.GuessDocument(line)
	switch {
	case birthIn(line) != "": // eight digits can be a permit's number too
		return false, nil
	case !ok && digits(line) < 8:
		return false, nil
	case !ok:
		kind = booking.ResidentID
	case kind != booking.ResidentID:
		t.note("document.guessed", "document", t.named("document", string(kind)))
	}
	return true, t.identify(kind, line)
}

func numberItems(t *turn) (list, error) {
	return list{prompt: "number." + key(t.m.Draft.New.Document)}, nil
}

func numberTyped(t *turn, line string) (bool, error) {
	return true, t.identify(t.m.Draft.New.Document, line)
}

// identify takes a document's number, or says what is wrong with it.
func (t *turn) identify(kind booking.DocumentKind, line string) error {
	t.forget = true
	document, err := booking.ParseDocument(kind, line)
	if err == nil {
		err = booking.CheckBirthDate(document.BirthDate, booking.DateOf(t.now(), t.zone()))
	}
	if err != nil {
		return t.refused(err)
	}
	n := &t.m.Draft.New
	n.Document, n.Number, n.Birth, n.Sex = document.Kind, document.Number, document.BirthDate, document.Sex
	if n.Birth == "" {
		return t.move(stateBirth)
	}
	return t.move(statePhone)
}

func birthTyped(t *turn, line string) (bool, error) {
	t.forget = true
	birth := birthIn(line)
	if birth == "" {
		t.note("birth.bad")
		return true, nil
	}
	if err := booking.CheckBirthDate(birth, booking.DateOf(t.now(), t.zone())); err != nil {
		return true, t.refused(err)
	}
	t.m.Draft.New.Birth = birth
	return true, t.move(stateSex)
}

func sexItems(t *turn) (list, error) {
	return list{items: []item{
		{choice: choice{Do: doPick, Arg: string(booking.Male)}, label: t.named("sex", string(booking.Male)), names: []string{"男性", "男", "male", "m"}},
		{choice: choice{Do: doPick, Arg: string(booking.Female)}, label: t.named("sex", string(booking.Female)), names: []string{"女性", "女", "female", "f"}},
	}}, nil
}

func sexChosen(t *turn, c choice) error {
	t.m.Draft.New.Sex = booking.Sex(c.Arg)
	return t.move(statePhone)
}

func phoneTyped(t *turn, line string) (bool, error) {
	t.forget = true
	phone, err := booking.ParsePhone(line)
	if err != nil {
		return true, t.refused(err)
	}
	t.m.Draft.New.Phone = phone
	return true, t.move(stateGuardian)
}

// What may be done on the review of a new patient.
const (
	doSave        = "save"
	doFixName     = "name"
	doFixDocument = "document"
	doFixPhone    = "phone"
)

func reviewItems(t *turn) (list, error) {
	n := t.m.Draft.New
	l := list{prompt: "review", args: []any{
		"relation", t.named("relation", string(n.Relation)), "document", t.named("document", string(n.Document)),
		"name", booking.MaskName(n.Name), "number", booking.MaskNumber(n.Number), "phone", booking.MaskPhone(n.Phone),
		"letters", len([]rune(n.Name)), "digits", len(n.Number),
	}}
	if t.abroad() {
		l.prompt = "review.abroad"
	}
	l.items = []item{
		{choice: choice{Do: doSave}, label: t.say("review.yes"), yes: true},
		{choice: choice{Do: doFixName}, label: t.say("review.name")},
		{choice: choice{Do: doFixDocument}, label: t.say("review.document")},
		{choice: choice{Do: doFixPhone}, label: t.say("review.phone")},
	}
	if t.minor() {
		l.text = t.say(l.prompt, l.args...) + "\n" + t.guardian(n.Guardian)
		l.items = append(l.items, item{choice: choice{Do: doFixGuardian}, label: t.say("review.guardian")})
	}
	return l, nil
}

func reviewChosen(t *turn, c choice) error {
	n := &t.m.Draft.New
	switch c.Do {
	case doFixName:
		return t.move(stateName)
	case doFixDocument:
		n.Document, n.Number, n.Birth, n.Sex = "", "", "", ""
		return t.move(stateDocument)
	case doFixPhone:
		n.Phone = ""
		return t.move(statePhone)
	case doFixGuardian:
		n.Guardian = booking.Guardian{}
		return t.move(stateGuardian)
	}
	p, err := t.d.Booking.AddPatient(t.ctx, t.user(), booking.NewPatient{
		Name: n.Name, Document: n.Document, Number: n.Number, Phone: n.Phone, BirthDate: n.Birth, Sex: n.Sex, Relation: n.Relation, Guardian: n.Guardian,
	}, t.effectKey())
	if errors.Is(err, booking.ErrNeedsGuardian) { // the draft is older than the question
		if err := t.refused(err); err != nil {
			return err
		}
		return t.move(stateGuardian)
	}
	if err != nil {
		return t.refused(err)
	}
	t.note("review.saved")
	return t.saved(p)
}

// saved goes back to where the patient is needed. Nothing of the draft with personal data is left in the session.
func (t *turn) saved(p booking.Patient) error {
	t.m.Draft.New = newPatient{}
	t.m.History = slices.DeleteFunc(t.m.History, func(s snapshot) bool {
		return t.d.rows[s.State].flow == flowPatients && s.State != statePeople
	})
	for i := range t.m.History {
		t.m.History[i].Draft.New = newPatient{}
	}
	t.moved = true
	if t.m.Draft.Wish.Department != 0 {
		t.m.Draft.Patient = p.ID
		return t.move(stateWaitConfirm)
	}
	if t.m.Draft.Slot == 0 && t.m.Draft.Schedule != 0 { // only a draw is asked for without a time
		t.m.Draft.Patient = p.ID
		return t.move(stateDrawConfirm)
	}
	if t.m.Draft.Slot == 0 {
		return t.move(statePeople)
	}
	t.m.Draft.Patient = p.ID
	return t.move(stateConfirm)
}
