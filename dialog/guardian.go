package dialog

import (
	"slices"
	"strings"

	"guahao/booking"
)

// The states that ask who answers for a patient under age.
const (
	stateGuardian      State = "guardian"
	stateGuardianPhone State = "guardian_phone"
)

const doFixGuardian = "guardian"

// guardianRows come before the review of a new patient, and from the card of one who is known. Adults pass.
func guardianRows() []row {
	return []row{
		{
			state: stateGuardian, flow: flowPatients, prompt: "guardian", accepts: acceptsEntry, idle: idleAsk,
			items: guardianItems, chosen: guardianChosen, typed: guardianTyped, passes: guardianPasses, goes: []State{stateGuardianPhone, stateReview, statePerson},
		},
		{
			state: stateGuardianPhone, flow: flowPatients, prompt: "guardian_phone", accepts: acceptsEntry, idle: idleAsk,
			typed: guardianPhoneTyped, goes: []State{stateReview, statePerson},
		},
	}
}

// minor tells whether the patient who is being added is under age today.
func (t *turn) minor() bool {
	return booking.NeedsGuardian(t.m.Draft.New.Birth, booking.DateOf(t.now(), t.zone()))
}

func guardianPasses(t *turn) (State, error) {
	if t.m.Draft.New.Saved == 0 && (!t.minor() || t.m.Draft.New.Guardian.Phone != "") {
		return stateReview, nil
	}
	return "", nil
}

// myself is the person's own record, where it is an adult's: a parent who adds a child.
func (t *turn) myself() (booking.Patient, bool, error) {
	if t.m.Draft.New.Relation != booking.Child {
		return booking.Patient{}, false, nil
	}
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return booking.Patient{}, false, err
	}
	today := booking.DateOf(t.now(), t.zone())
	at := slices.IndexFunc(people, func(p booking.Patient) bool {
		return p.Relation == booking.Self && !booking.NeedsGuardian(p.BirthDate, today)
	})
	if at < 0 {
		return booking.Patient{}, false, nil
	}
	return people[at], true, nil
}

func guardianItems(t *turn) (list, error) {
	me, ok, err := t.myself()
	if err != nil || !ok {
		return list{}, err
	}
	label := t.say("guardian.me", "name", booking.MaskName(me.Name))
	if t.abroad() {
		label = t.say("guardian.me_abroad")
	}
	return list{prompt: "guardian.offer", items: []item{
		{choice: choice{Do: doPick}, label: label, yes: true},
	}}, nil
}

func guardianChosen(t *turn, _ choice) error {
	me, ok, err := t.myself()
	if err != nil || !ok { // removed meanwhile: the name is asked for
		return err
	}
	return t.guarded(booking.Guardian{Name: me.Name, Phone: me.Phone})
}

// changeGuardian asks who answers from now on for the patient whose card is shown.
func (t *turn) changeGuardian() error {
	p, _, err := t.person()
	if err != nil {
		return t.refused(err)
	}
	t.remember()
	t.m.Draft.New = newPatient{Saved: p.ID, Relation: p.Relation, Birth: p.BirthDate}
	return t.move(stateGuardian)
}

// guarded takes the guardian, and goes on to the review of a new patient or back to the card of one who is known.
func (t *turn) guarded(g booking.Guardian) error {
	known := t.m.Draft.New.Saved
	if known == 0 {
		t.m.Draft.New.Guardian = g
		return t.move(stateReview)
	}
	if err := t.d.Booking.EditPatient(t.ctx, t.user(), known, booking.PatientEdit{Guardian: g}); err != nil {
		return t.refused(err)
	}
	t.note("person.changed")
	for t.state == stateGuardian || t.state == stateGuardianPhone {
		if err := t.restore(); err != nil {
			return err
		}
	}
	return nil
}

// guardMyself takes the person as the guardian where they are known, and asks for the name where they are not.
func (t *turn) guardMyself() error {
	if t.m.Draft.New.Relation == booking.Self {
		t.note("guardian.not_me")
		return nil
	}
	if _, ok, err := t.myself(); err != nil || ok {
		return guardianChosen(t, choice{})
	}
	t.note("guardian.name")
	return nil
}

// meansMe tells whether a line is a word for oneself, which could be taken for a name.
func (t *turn) meansMe(line string) bool {
	words := append(splitNames(t.named("relation_names", string(booking.Self))), t.named("relation", string(booking.Self)))
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, strings.TrimSpace(line)) })
}

func guardianTyped(t *turn, line string) (bool, error) {
	t.forget = true
	if t.meansMe(line) {
		return true, t.guardMyself()
	}
	if not, err := t.noName(line); not || err != nil {
		return true, err
	}
	name, err := booking.ParseName(line)
	if err != nil {
		return true, t.refused(err)
	}
	t.m.Draft.New.Guardian = booking.Guardian{Name: name}
	return true, t.move(stateGuardianPhone)
}

func guardianPhoneTyped(t *turn, line string) (bool, error) {
	t.forget = true
	phone, err := booking.ParsePhone(line)
	if err != nil {
		return true, t.refused(err)
	}
	return true, t.guarded(booking.Guardian{Name: t.m.Draft.New.Guardian.Name, Phone: phone})
}

// guardian says who answers for a patient: masked, and on Telegram only that there is somebody.
func (t *turn) guardian(g booking.Guardian) string {
	if t.abroad() {
		return t.say("guardian.is_abroad")
	}
	return t.say("guardian.is", "name", booking.MaskName(g.Name), "phone", booking.MaskPhone(g.Phone))
}
