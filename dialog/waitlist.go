package dialog

import (
	"context"
	"strings"

	"guahao/booking"
)

// Waitlist is what the conversation needs of the waitlist (候补); *booking.Store satisfies it.
type Waitlist interface {
	JoinWaitlist(ctx context.Context, request booking.JoinRequest) (booking.Waiting, error)
	Waits(ctx context.Context, user booking.UserID) ([]booking.Waiting, error)
	LeaveWaitlist(ctx context.Context, user booking.UserID, id booking.WaitID, key string) error
	AcceptOffer(ctx context.Context, user booking.UserID, id booking.AppointmentID, key string) (booking.Visit, error)
	DeclineOffer(ctx context.Context, user booking.UserID, id booking.AppointmentID, key string) error
}

// The states of the waitlist.
const (
	stateWish        State = "wish"
	stateWaitPatient State = "wait_patient"
	stateWaitConfirm State = "wait_confirm"
	stateWaits       State = "waits"
	stateWait        State = "wait"
	stateWaitLeave   State = "wait_leave"
)

const flowWaitlist flow = "waitlist"

// What may be done about a wait.
const (
	doWait    = "wait"
	doLeave   = "leave"
	doTake    = "take"
	doDecline = "decline"
	doOffer   = "offer"
)

// waitlistRows is the way into the waitlist, and "my waitlist".
func waitlistRows() []row {
	return []row{
		{
			state: stateWish, flow: flowWaitlist, prompt: "wish", accepts: acceptsOptions, idle: idleAsk,
			items: wishItems, chosen: wishChosen, typed: wishTyped, goes: []State{stateWaitPatient},
		},
		{
			state: stateWaitPatient, flow: flowWaitlist, prompt: "patient", accepts: acceptsOptions, idle: idleAsk,
			items: patientItems, chosen: patientThen(stateWaitConfirm), passes: patientPassesTo(stateWaitConfirm), goes: []State{stateRelation, stateWaitConfirm},
		},
		{
			state: stateWaitConfirm, flow: flowWaitlist, accepts: acceptsOptions, idle: idleAsk,
			items: waitConfirmItems, chosen: waitConfirmChosen, goes: []State{stateWait, stateWish, stateWaitPatient},
		},
		{
			state: stateWaits, flow: flowWaitlist, prompt: "waits", accepts: acceptsNames,
			items: waitsItems, chosen: waitsChosen, goes: []State{stateWait, stateHospital},
		},
		{
			state: stateWait, flow: flowWaitlist, accepts: acceptsNames,
			items: waitItems, chosen: waitChosen, goes: []State{stateWaitLeave, stateVisit, stateWaits},
		},
		{
			state: stateWaitLeave, flow: flowWaitlist, accepts: acceptsOptions,
			items: waitLeaveItems, chosen: waitLeaveChosen, goes: []State{stateWaits},
		},
	}
}

// beginWait asks what to wait for, from a place that is gone.
func (t *turn) beginWait() error {
	c, err := t.wanted()
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft.Hospital, t.m.Draft.Wish = c.Hospital, wishFor(c)
	return t.move(stateWish)
}

// wanted reads the half-day that was full.
func (t *turn) wanted() (booking.Schedule, error) {
	slot, err := t.d.Booking.Slot(t.ctx, t.m.Draft.Wanted)
	if err != nil {
		return booking.Schedule{}, err
	}
	return t.d.Booking.Schedule(t.ctx, slot.Schedule)
}

func wishFor(c booking.Schedule) booking.Wish {
	return booking.Wish{Department: c.Department, Doctor: c.Doctor, First: c.Date, Last: c.Date, Halves: booking.HalvesOf(c.Period)}
}

// wishes are the scopes that are offered: from the half-day that was full to the whole department on that day.
func (t *turn) wishes() ([]booking.Wish, error) {
	c, err := t.wanted()
	if err != nil {
		return nil, err
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, c.Doctor)
	if err != nil {
		return nil, err
	}
	w := wishFor(c)
	day, title, any := w, w, w
	day.Halves = booking.AnyHalf
	title.Doctor, title.Title = 0, doctor.Title
	any.Doctor, any.Title = 0, ""
	return []booking.Wish{w, day, title, any}, nil
}

func wishItems(t *turn) (list, error) {
	wishes, err := t.wishes()
	if err != nil {
		return list{}, err
	}
	l := list{}
	for i, w := range wishes {
		label, err := t.wish(w)
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(i)}, label: label})
	}
	return l, nil
}

func wishChosen(t *turn, c choice) error {
	wishes, err := t.wishes()
	if err != nil {
		return t.refused(err)
	}
	if c.ID < 0 || c.ID >= int64(len(wishes)) {
		t.note("vanished")
		return nil
	}
	t.m.Draft.Wish = wishes[c.ID]
	return t.move(stateWaitPatient)
}

// wish says what somebody waits for: whom, when.
func (t *turn) wish(w booking.Wish) (string, error) {
	who := ""
	switch {
	case w.Doctor != 0:
		doctor, err := t.d.Booking.Doctor(t.ctx, w.Doctor)
		if err != nil {
			return "", err
		}
		who = doctor.Name.In(t.lang)
	case w.Title != "":
		who = t.say("wish.title", "title", t.named("title", string(w.Title)))
	default:
		who = t.say("wish.any")
	}
	if w.Kind != "" {
		who += " " + t.named("kind", string(w.Kind))
	}
	days := t.day(w.First)
	if w.Last != w.First {
		days += " – " + t.day(w.Last)
	}
	if w.Halves == booking.AnyHalf || w.Halves == 0 {
		return t.say("wish.item", "who", who, "days", days, "halves", t.say("wish.all_day")), nil
	}
	var halves []string
	for _, p := range []booking.Period{booking.Morning, booking.Afternoon, booking.Evening} {
		if w.Halves.Has(p) {
			halves = append(halves, t.named("period", string(p)))
		}
	}
	return t.say("wish.item", "who", who, "days", days, "halves", join(halves, t.say("list.comma"))), nil
}

// waitConfirmItems says what waiting means, before anybody waits.
func waitConfirmItems(t *turn) (list, error) {
	d := t.m.Draft
	lines, err := t.wishLines(d.Wish, d.Patient)
	if err != nil {
		return list{}, err
	}
	h, err := t.hospital(d.Hospital)
	if err != nil {
		return list{}, err
	}
	policy, err := t.d.Booking.Policy(t.ctx, d.Hospital)
	if err != nil {
		return list{}, err
	}
	until := t.moment(policy.LeavesAt(d.Wish.Last, h.Location()), h.Location())
	chance, err := t.waitChance(d.Wish)
	if err != nil {
		return list{}, err
	}
	lines = append([]string{t.say("wait.confirm")}, append(lines, "", chance, t.say("wait.terms", "time", until))...)
	return list{text: strings.Join(lines, "\n"), items: []item{
		{choice: choice{Do: doWait}, label: t.say("wait.yes"), yes: true},
		{choice: choice{Do: doOtherDay}, label: t.say("wait.range")},
		{choice: choice{Do: doOtherPerson}, label: t.say("confirm.person")},
	}}, nil
}

// wishLines tells of a wait: where, for what, for whom.
func (t *turn) wishLines(w booking.Wish, patient booking.PatientID) ([]string, error) {
	dep, err := t.d.Booking.Department(t.ctx, w.Department)
	if err != nil {
		return nil, err
	}
	h, err := t.hospital(dep.Hospital)
	if err != nil {
		return nil, err
	}
	wish, err := t.wish(w)
	if err != nil {
		return nil, err
	}
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return nil, err
	}
	where := shortName(h, t.lang)
	if !t.abroad() {
		where += " " + dep.Name.In(t.lang)
	}
	lines := []string{t.say("wait.where", "where", where), t.say("wait.wish", "wish", wish)}
	for _, p := range people {
		if p.ID == patient {
			lines = append(lines, t.say("card.patient", "name", t.patientName(p, people)))
		}
	}
	return lines, nil
}

func waitConfirmChosen(t *turn, c choice) error {
	switch c.Do {
	case doOtherDay:
		return t.move(stateWish)
	case doOtherPerson:
		t.m.Draft.Patient = 0
		return t.move(stateWaitPatient)
	}
	d := t.m.Draft
	w, err := t.d.Booking.JoinWaitlist(t.ctx, booking.JoinRequest{Wish: d.Wish, Patient: d.Patient, User: t.user(), Account: t.account(), Key: t.effectKey()})
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft = draft{Hospital: d.Hospital, Wait: w.ID}
	t.note("wait.joined")
	return t.settle(stateWait)
}
