package dialog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"guahao/booking"
)

// Draws is what the conversation needs of places that are drawn by lot (抽签); *booking.Store satisfies it.
type Draws interface {
	Lottery(ctx context.Context, schedule booking.ScheduleID) (booking.Lottery, error)
	// Prospect tells what an application would be worth, or why it would be refused.
	Prospect(ctx context.Context, request booking.ApplyRequest) (booking.Prospect, error)
	Apply(ctx context.Context, request booking.ApplyRequest) (booking.Application, error)
	Application(ctx context.Context, user booking.UserID, id booking.ApplicationID) (booking.Application, error)
	Applications(ctx context.Context, user booking.UserID) ([]booking.Application, error)
	Withdraw(ctx context.Context, user booking.UserID, id booking.ApplicationID) error
}

// The states of places that are drawn.
const (
	stateDrawPatient  State = "draw_patient"
	stateDrawConfirm  State = "draw_confirm"
	stateDraws        State = "draws"
	stateDraw         State = "draw"
	stateDrawWithdraw State = "draw_withdraw"
)

const flowDraws flow = "draws"

// wantDraws asks for one's applications.
const wantDraws intent = "draws"

// What may be done about an application.
const (
	doApply    = "apply"
	doWithdraw = "withdraw"
	doVisit    = "visit"
)

// drawRows is the way to an application for a place that is drawn, and "my applications".
func drawRows() []row {
	return []row{
		{
			state: stateDrawPatient, flow: flowDraws, prompt: "patient", accepts: acceptsOptions, idle: idleAsk,
			items: patientItems, chosen: patientThen(stateDrawConfirm), passes: patientPassesTo(stateDrawConfirm), goes: []State{stateRelation, stateDrawConfirm},
		},
		{
			state: stateDrawConfirm, flow: flowDraws, accepts: acceptsOptions, idle: idleAsk,
			items: drawConfirmItems, chosen: drawConfirmChosen, goes: []State{stateDraw, stateDraws, stateDay, stateDrawPatient},
		},
		{
			state: stateDraws, flow: flowDraws, prompt: "draws", accepts: acceptsNames,
			items: drawsItems, chosen: drawsChosen, goes: []State{stateDraw, stateHospital},
		},
		{
			state: stateDraw, flow: flowDraws, accepts: acceptsNames,
			items: drawItems, chosen: drawChosen, goes: []State{stateDrawWithdraw, stateVisit, stateWait, stateDraws},
		},
		{
			state: stateDrawWithdraw, flow: flowDraws, accepts: acceptsOptions,
			items: drawWithdrawItems, chosen: drawWithdrawChosen, goes: []State{stateDraw, stateDraws},
		},
	}
}

// drawConfirmItems says what applying means and what it is worth, before anybody applies.
func drawConfirmItems(t *turn) (list, error) {
	d := t.m.Draft
	lines, err := t.clinicLines(d.Schedule, d.Patient)
	if err != nil {
		return list{}, err
	}
	lines = append([]string{t.say("draw.confirm")}, lines...)
	others := []item{
		{choice: choice{Do: doOtherDay}, label: t.say("confirm.day"), names: splitNames(t.say("confirm.day_names"))},
		{choice: choice{Do: doOtherPerson}, label: t.say("confirm.person")},
	}
	p, err := t.d.Booking.Prospect(t.ctx, t.application())
	var refusal *booking.Error
	switch {
	case errors.As(err, &refusal) && !errors.Is(err, booking.ErrNotFound):
		lines = append(lines, "", refusal.Message.In(t.lang))
		mine := item{choice: choice{Do: string(wantDraws)}, label: t.say("draw.mine")}
		return list{text: strings.Join(lines, "\n"), items: append([]item{mine}, others...)}, nil
	case err != nil:
		return list{}, err
	}
	about, err := t.prospectLines(p)
	if err != nil {
		return list{}, err
	}
	yes := item{choice: choice{Do: doApply}, label: t.say("draw.apply"), yes: true, names: splitNames(t.say("draw.apply_names"))}
	return list{text: strings.Join(append(append(lines, ""), about...), "\n"), items: append([]item{yes}, others...)}, nil
}

// application is what the draft asks for.
func (t *turn) application() booking.ApplyRequest {
	d := t.m.Draft
	return booking.ApplyRequest{Schedule: d.Schedule, Patient: d.Patient, User: t.user(), Account: t.account(), Key: t.effectKey()}
}

// prospectLines tells until when applications are taken, the chance, the lots with their reasons, and what comes after.
func (t *turn) prospectLines(p booking.Prospect) ([]string, error) {
	h, err := t.hospital(p.Lottery.Hospital)
	if err != nil {
		return nil, err
	}
	policy, err := t.d.Booking.Policy(t.ctx, h.ID)
	if err != nil {
		return nil, err
	}
	lines := []string{
		t.say("draw.window", "time", t.moment(p.Lottery.ClosesAt, h.Location())),
		t.say("draw.chance", "applied", p.Lottery.Applied(), "places", p.Lottery.Places, "chance", t.chance(p.Chance)),
	}
	if p.Lottery.Mode == booking.ByWeights {
		lines = append(lines, t.lots(p.Lots, p.Reasons))
	}
	return append(lines, "", t.say("draw.terms", "minutes", policy.PayMinutes())), nil
}

// chance writes a probability as a share of a hundred, which is never said to be certain when it is not.
func (t *turn) chance(p float64) string {
	switch {
	case p >= 1:
		return "100%"
	case p > 0.99:
		return t.say("draw.nearly")
	case p < 0.01:
		return t.say("draw.hardly")
	}
	return fmt.Sprintf("%.0f%%", math.Round(p*100))
}

// lots says how many lots somebody has, and why.
func (t *turn) lots(n int, reasons booking.Reasons) string {
	var why []string
	for _, r := range reasons {
		why = append(why, t.say("draw.reason", "for", t.named("draw_for", string(r.For)), "lots", r.Lots))
	}
	return t.say("draw.lots", "lots", n, "why", join(why, t.say("list.comma")))
}

// clinicLines tells of a half-day whose places are drawn: where, whose, when, for whom.
func (t *turn) clinicLines(id booking.ScheduleID, patient booking.PatientID) ([]string, error) {
	c, err := t.d.Booking.Schedule(t.ctx, id)
	if err != nil {
		return nil, err
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, c.Doctor)
	if err != nil {
		return nil, err
	}
	lines, err := t.wishLines(wishFor(c), patient)
	if err != nil {
		return nil, err
	}
	lines[1] = t.say("draw.what", "doctor", doctor.Name, "title", t.named("title", string(doctor.Title)), "day", t.day(c.Date), "period", t.named("period", string(c.Period)),
		"kind", t.named("kind", string(c.Kind)), "fee", t.yuan(c.Fee))
	return lines, nil
}

func drawConfirmChosen(t *turn, c choice) error {
	switch c.Do {
	case doOtherDay:
		t.m.Draft.forgetDay()
		return t.move(stateDay)
	case doOtherPerson:
		t.m.Draft.Patient = 0
		return t.move(stateDrawPatient)
	case string(wantDraws):
		return t.move(stateDraws)
	}
	a, err := t.d.Booking.Apply(t.ctx, t.application())
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft = draft{Hospital: t.m.Draft.Hospital, Application: a.ID}
	t.note("draw.applied")
	return t.settle(stateDraw)
}
