package dialog

import (
	"errors"
	"slices"
	"strings"

	"guahao/booking"
)

// What may be done on the cards.
const (
	doConfirm     = "confirm"
	doOtherDay    = "day"
	doOtherTime   = "time"
	doOtherDoctor = "doctor"
	doOtherPerson = "person"
	doPaid        = "paid"
	doPay         = "pay"
	doKeep        = "keep"
)

func patientItems(t *turn) (list, error) {
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	l := list{}
	for _, p := range people {
		name := t.patientName(p, people)
		i := item{choice: choice{Do: doPick, ID: int64(p.ID)}, label: t.patientLabel(p, people), names: []string{p.Name, name, t.named("relation", string(p.Relation))}}
		if p.Default {
			l.items = append([]item{i}, l.items...)
			continue
		}
		l.items = append(l.items, i)
	}
	add := t.say("patient.add")
	if n := t.m.Draft.New; n.Heard {
		add = t.say("patient.add_as", "relation", t.named("relation", string(n.Relation)))
	}
	l.extra = []item{{choice: choice{Do: doAdd}, label: add, names: []string{t.say("patient.add")}}}
	return l, nil
}

func patientChosen(t *turn, c choice) error {
	switch {
	case c.Do == doAdd && t.m.Draft.New.Heard:
		return t.move(stateName)
	case c.Do == doAdd:
		return t.move(stateRelation)
	}
	p, err := t.d.Booking.Patient(t.ctx, t.user(), booking.PatientID(c.ID))
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft.Patient = p.ID
	return t.move(stateConfirm)
}

// patientThen takes the patient that is chosen and goes on.
func patientThen(next State) func(*turn, choice) error {
	return func(t *turn, c choice) error {
		if c.Do == doAdd {
			return t.move(stateRelation)
		}
		p, err := t.d.Booking.Patient(t.ctx, t.user(), booking.PatientID(c.ID))
		if err != nil {
			return t.refused(err)
		}
		t.m.Draft.Patient = p.ID
		return t.move(next)
	}
}

// patientPassesTo is patientPasses where something else than booking comes next.
func patientPassesTo(next State) func(*turn) (State, error) {
	return func(t *turn) (State, error) {
		to, err := patientPasses(t)
		if to == stateConfirm {
			to = next
		}
		return to, err
	}
}

// patientPasses goes on with who is chosen already, and begins to add somebody where there is nobody to choose.
func patientPasses(t *turn) (State, error) {
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return "", err
	}
	if len(people) == 0 {
		t.note("patient.first")
		if t.addAsked() {
			return stateName, nil
		}
		return stateRelation, nil
	}
	if t.m.Draft.Move != 0 {
		return stateConfirm, nil
	}
	t.askedPatient(people)
	chosen := func(p booking.Patient) bool { return p.ID == t.m.Draft.Patient }
	if t.m.Draft.Patient == 0 || !slices.ContainsFunc(people, chosen) {
		t.m.Draft.Patient = 0
		return "", nil
	}
	return stateConfirm, nil
}

// planned is the visit that the draft has chosen, before it is taken.
func (t *turn) planned() (booking.Visit, error) {
	schedule, err := t.d.Booking.Schedule(t.ctx, t.m.Draft.Schedule)
	if err != nil {
		return booking.Visit{}, err
	}
	v := booking.Visit{Schedule: schedule}
	if v.Slot, err = t.d.Booking.Slot(t.ctx, t.m.Draft.Slot); err != nil {
		return v, err
	}
	if v.Hospital, err = t.hospital(schedule.Hospital); err != nil {
		return v, err
	}
	if v.Department, err = t.d.Booking.Department(t.ctx, schedule.Department); err != nil {
		return v, err
	}
	if v.Doctor, err = t.d.Booking.Doctor(t.ctx, schedule.Doctor); err != nil {
		return v, err
	}
	policy, err := t.d.Booking.Policy(t.ctx, v.Hospital.ID)
	v.CancelUntil = policy.CancelUntil(booking.Appointment{Date: schedule.Date, StartsAt: v.Slot.StartsAt}, v.Hospital.Location())
	return v, err
}

// confirmItems shows the whole card before anything is taken.
func confirmItems(t *turn) (list, error) {
	d := t.m.Draft
	v, err := t.planned()
	if err != nil {
		return list{}, err
	}
	if d.Move != 0 {
		return t.moveItems(v)
	}
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	at := slices.IndexFunc(people, func(p booking.Patient) bool { return p.ID == d.Patient })
	if at < 0 {
		return list{}, booking.ErrNotFound
	}
	policy, err := t.d.Booking.Policy(t.ctx, v.Hospital.ID)
	if err != nil {
		return list{}, err
	}
	lines := append([]string{t.say("confirm")}, t.card(v, t.patientName(people[at], people))...)
	ask := key("confirm.ask")
	switch {
	case t.atDesk(v):
		ask = "confirm.ask_desk"
	case v.Schedule.Fee > 0:
		ask = "confirm.ask_pay"
	}
	if rule := t.refundRule(v, policy); rule != "" {
		lines = append(lines, rule)
	}
	others := []item{
		{choice: choice{Do: doOtherDay}, label: t.say("confirm.day"), names: splitNames(t.say("confirm.day_names"))},
		{choice: choice{Do: doOtherTime}, label: t.say("confirm.time")},
		{choice: choice{Do: doOtherPerson}, label: t.say("confirm.person")},
		{choice: choice{Do: doOtherDoctor}, label: t.say("confirm.doctor")},
	}
	refusal, err := t.previewed()
	if err != nil {
		return list{}, err
	}
	if refusal != "" {
		lines = append(lines, "", refusal, t.say("confirm.refused"))
		return list{text: strings.Join(lines, "\n"), items: others}, nil
	}
	lines = append(lines, "", t.say(ask, "minutes", policy.HoldMinutes, "fee", t.yuan(v.Schedule.Fee)))
	yes := item{choice: choice{Do: doConfirm}, label: t.say("confirm.yes"), yes: true, names: []string{t.say("confirm.yes")}}
	return list{text: strings.Join(lines, "\n"), items: append([]item{yes}, others...)}, nil
}

// previewed tells what a rule about this patient would say to the booking, before it is asked for; "" when nothing stands
// against it. That a place is gone meanwhile is for the booking itself to find.
func (t *turn) previewed() (string, error) {
	err := t.d.Booking.CheckHold(t.ctx, booking.HoldRequest{Slot: t.m.Draft.Slot, Patient: t.m.Draft.Patient, User: t.user(), Account: t.account(), Key: t.effectKey()})
	var refusal *booking.Error
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &refusal):
		return "", err
	case aboutPatient(refusal.Code):
		return refusal.Message.In(t.lang), nil
	}
	return "", nil
}

// aboutPatient tells whether a refusal is because of who the patient is and has already, and not of the place.
func aboutPatient(code booking.Code) bool {
	return slices.Contains([]booking.Code{booking.CodeSuspended, booking.CodeSlowedDown, booking.CodeNotAdmitted, booking.CodeLimit, booking.CodeDuplicate}, code)
}

func confirmChosen(t *turn, c choice) error {
	switch c.Do {
	case doOtherDay:
		t.m.Draft.forgetDay()
		return t.move(stateDay)
	case doOtherTime:
		t.m.Draft.Slot = 0
		return t.move(stateTime)
	case doOtherPerson:
		t.m.Draft.Patient = 0
		return t.move(statePatient)
	case doOtherDoctor:
		like := t.m.Draft.Slot
		t.m.Draft.forgetDay()
		t.m.Draft.Doctor, t.m.Draft.Like = 0, like
		return t.move(stateDoctor)
	case doMove:
		return t.reschedule()
	}
	return t.hold()
}

// hold takes the place. It is the only place in the conversation where one is taken.
func (t *turn) hold() error {
	d := t.m.Draft
	visit, err := t.d.Booking.Hold(t.ctx, booking.HoldRequest{
		Slot: d.Slot, Patient: d.Patient, User: t.user(), Account: t.account(), Key: t.effectKey(),
	})
	switch {
	case errors.Is(err, booking.ErrSlotFull), errors.Is(err, booking.ErrScheduleStopped):
		if err := t.refused(err); err != nil {
			return err
		}
		t.m.Draft.Wanted = d.Slot
		t.m.Draft.Slot = 0
		return t.move(stateAlternatives)
	case err != nil:
		if said, failed := t.previewed(); failed != nil || said != "" {
			return failed // the card says it
		}
		if err := t.refused(err); err != nil {
			return err
		}
		t.note("confirm.refused")
		return nil
	}
	t.m.Draft = draft{Hospital: d.Hospital, Department: d.Department, Doctor: d.Doctor, Patient: d.Patient, Visit: visit.Appointment.ID}
	if visit.Appointment.Status == booking.Booked {
		t.note("booked")
		return t.settle(stateVisit)
	}
	return t.settle(statePay)
}
