package dialog

import "guahao/booking"

// The states in which a patient is changed.
const (
	statePersonPhone    State = "person_phone"
	statePersonRelation State = "person_relation"
)

const (
	doPrefer      = "prefer"
	doFixRelation = "relation"
)

// personRows change what may be changed of a patient. With another name or document it is another patient.
func personRows() []row {
	return []row{
		{
			state: statePersonPhone, flow: flowPatients, prompt: "phone", accepts: acceptsEntry,
			typed: personPhoneTyped, goes: []State{statePerson},
		},
		{
			state: statePersonRelation, flow: flowPatients, prompt: "relation", accepts: acceptsOptions,
			items: personRelationItems, chosen: personRelationChosen, goes: []State{statePerson},
		},
	}
}

// prefer makes the patient the first to choose. The card shows it.
func (t *turn) prefer() error {
	if err := t.d.Booking.PreferPatient(t.ctx, t.user(), t.m.Draft.Patient); err != nil {
		return t.refused(err)
	}
	t.note("person.preferred")
	return nil
}

func personPhoneTyped(t *turn, line string) (bool, error) {
	t.forget = true
	return true, t.edit(booking.PatientEdit{Phone: line})
}

func personRelationItems(t *turn) (list, error) {
	l := list{}
	for _, r := range relations {
		l.items = append(l.items, item{choice: choice{Do: doPick, Arg: string(r)}, label: t.named("relation", string(r)),
			names: splitNames(t.named("relation_names", string(r)))})
	}
	return l, nil
}

func personRelationChosen(t *turn, c choice) error {
	return t.edit(booking.PatientEdit{Relation: booking.Relation(c.Arg)})
}

// edit changes the patient and goes back to the card.
func (t *turn) edit(edit booking.PatientEdit) error {
	if err := t.d.Booking.EditPatient(t.ctx, t.user(), t.m.Draft.Patient, edit); err != nil {
		return t.refused(err)
	}
	t.note("person.changed")
	return t.restore()
}
