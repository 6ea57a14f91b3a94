package dialog

import "guahao/bots"

// stateCarry asks whether to go on here with what was begun on the other platform.
const stateCarry State = "carry"

func carryRows() []row {
	return []row{{
		state: stateCarry, flow: flowAnywhere, accepts: acceptsNames, items: carryItems, chosen: carryChosen, goes: []State{stateHospital},
	}}
}

// carries asks whether to go on with what the person has begun on the other platform; false when there is nothing to ask.
func (t *turn) carries() (bool, error) {
	if flow := t.row().flow; flow == flowBooking || flow == flowPatients || t.state == stateCarry {
		return false, nil // something is begun here too, or the answer is no
	}
	_, _, ok, err := t.sibling()
	if err != nil || !ok {
		return false, err
	}
	return true, t.jump(stateCarry)
}

func carryItems(t *turn) (list, error) {
	began, platform, ok, err := t.sibling()
	if err != nil {
		return list{}, err
	}
	if !ok { // it was finished meanwhile
		return list{prompt: "menu", items: []item{{choice: choice{Do: doNo}, label: t.say("menu.book"), no: true}}}, nil
	}
	chosen, err := t.trail(began)
	if err != nil {
		return list{}, err
	}
	return list{text: t.say("carry", "platform", t.platform(platform), "chosen", chosen), items: []item{
		{choice: choice{Do: doYes}, label: t.say("carry.yes"), yes: true},
		{choice: choice{Do: doNo}, label: t.say("carry.no"), no: true},
	}}, nil
}

// carryChosen goes on where the other platform stands, at the first thing that is missing, or begins anew.
func carryChosen(t *turn, c choice) error {
	t.m.Draft = draft{}
	if c.Do == doYes {
		began, _, ok, err := t.sibling()
		if err != nil {
			return err
		}
		if ok {
			t.m.Draft = began
		}
	}
	return t.move(stateHospital)
}

// sibling is the unfinished booking of the person's other account, to be gone on with here; false when there is none. Only what was
// chosen is taken: nothing that is held or paid there, and nothing of a patient who is being added.
func (t *turn) sibling() (draft, bots.Platform, bool, error) {
	if t.d.Links == nil {
		return draft{}, "", false, nil
	}
	session, platform, ok, err := t.d.Links.SiblingSession(t.ctx, t.in.Account)
	if err != nil || !ok {
		return draft{}, "", false, err
	}
	r := t.d.rows[State(session.State)]
	m, readable := recall(session.Data)
	began := m.Draft
	if r != nil && r.state == stateResume && len(m.History) > 0 {
		last := m.History[len(m.History)-1]
		r, began = t.d.rows[last.State], last.Draft
	}
	if r == nil || !readable {
		return draft{}, "", false, nil
	}
	unfinished := r.flow == flowBooking || r.flow == flowPatients && began.Slot != 0
	if !unfinished || began.Visit != 0 || began.Move != 0 || began.Hospital == 0 {
		return draft{}, "", false, nil
	}
	return draft{Hospital: began.Hospital, Group: began.Group, Department: began.Department, Doctor: began.Doctor, Date: began.Date,
		Schedule: began.Schedule, Slot: began.Slot, Patient: began.Patient}, platform, true, nil
}
