package dialog

import (
	"context"
	"errors"
	"strings"

	"guahao/booking"
	"guahao/internal/money"
)

// Moves is what the conversation needs to move a visit to another time; *booking.Store satisfies it.
type Moves interface {
	PreviewMove(ctx context.Context, request booking.MoveRequest) (money.Fen, error)
	Reschedule(ctx context.Context, request booking.MoveRequest) (booking.Move, error)
}

const doMove = "move"

// moveVisit begins to look for another time with the same doctor. The steps are those of booking; the draft remembers which visit
// is to be moved.
func (t *turn) moveVisit() error {
	v, err := t.ownVisit()
	if err != nil {
		return t.refused(err)
	}
	dep, err := t.d.Booking.Department(t.ctx, v.Department.ID)
	if err != nil {
		return t.refused(err)
	}
	t.remember()
	t.m.Draft = draft{
		Hospital: v.Hospital.ID, Group: dep.Parent, Department: dep.ID, Doctor: v.Doctor.ID, Patient: v.Patient.ID, Move: v.Appointment.ID,
	}
	if undecided(v) {
		t.note("stopped.begin")
	} else {
		t.note("move.begin")
	}
	return t.move(stateDay)
}

func (t *turn) moveRequest(key string) booking.MoveRequest {
	return booking.MoveRequest{Appointment: t.m.Draft.Move, Slot: t.m.Draft.Slot, User: t.user(), Account: t.account(), Key: key}
}

// moveItems shows both times, and what the change costs, before anything is moved.
func (t *turn) moveItems(to booking.Visit) (list, error) {
	from, err := t.d.Booking.Visit(t.ctx, t.m.Draft.Move)
	if err != nil {
		return list{}, err
	}
	if from.Appointment.User != t.user() {
		return list{}, booking.ErrNotYours
	}
	patient, err := t.nameOf(from)
	if err != nil {
		return list{}, err
	}
	zone := from.Hospital.Location()
	lines := []string{t.say("move", "doctor", from.Doctor.Name, "day", t.day(from.Schedule.Date), "time", clockSpan(from.Slot, zone))}
	lines = append(lines, t.card(to, patient)...)
	l := list{items: []item{{choice: choice{Do: doOtherDay}, label: t.say("confirm.day")}}}
	difference, err := t.d.Booking.PreviewMove(t.ctx, t.moveRequest(""))
	var refusal *booking.Error
	switch {
	case errors.As(err, &refusal):
		l.text = strings.Join(append(lines, "", refusal.Message.In(t.lang)), "\n")
		return l, nil
	case err != nil:
		return list{}, err
	}
	lines = append(lines, "", t.cost(difference), t.say("move.ask", "word", t.named("word", doMove)))
	l.items = append([]item{{choice: choice{Do: doMove, Explicit: true}, label: t.named("word", doMove), yes: true}}, l.items...)
	l.text = strings.Join(lines, "\n")
	return l, nil
}

// cost says what a change of the fee means.
func (t *turn) cost(difference money.Fen) string {
	switch {
	case difference > 0:
		return t.say("move.more", "fee", t.yuan(difference))
	case difference < 0:
		return t.say("move.less", "fee", t.yuan(-difference))
	}
	return t.say("move.same")
}

// reschedule moves the visit, once for each update.
func (t *turn) reschedule() error {
	d := t.m.Draft
	m, err := t.d.Booking.Reschedule(t.ctx, t.moveRequest(t.effectKey()))
	switch {
	case errors.Is(err, booking.ErrSlotFull), errors.Is(err, booking.ErrScheduleStopped):
		if err := t.refused(err); err != nil {
			return err
		}
		t.m.Draft.Wanted, t.m.Draft.Slot = d.Slot, 0
		return t.move(stateAlternatives)
	case err != nil:
		return t.refused(err)
	}
	t.m.Draft = draft{Hospital: d.Hospital, Department: d.Department, Doctor: d.Doctor, Patient: d.Patient, Visit: m.Visit.Appointment.ID}
	if m.Visit.Appointment.Status == booking.Held {
		return t.settle(statePay)
	}
	t.note("move.done")
	if m.Difference < 0 {
		t.note("move.refund", "fee", t.yuan(-m.Difference))
	}
	return t.settle(stateVisit)
}
