package dialog

import (
	"strings"

	"guahao/booking"
)

// receiptShown is how many characters of a receipt are shown: enough to find it in the public list.
const receiptShown = 12

func drawsItems(t *turn) (list, error) {
	applications, err := t.d.Booking.Applications(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	l := list{}
	for _, a := range applications {
		c, err := t.d.Booking.Schedule(t.ctx, a.Schedule)
		if err != nil {
			return list{}, err
		}
		doctor, err := t.d.Booking.Doctor(t.ctx, c.Doctor)
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(a.ID)}, names: []string{doctor.Name.ZH, doctor.Name.EN},
			label: t.say("draws.item", "doctor", doctor.Name, "day", t.shortDay(c.Date), "status", t.named("draw_status", string(a.Status)))})
	}
	if len(l.items) == 0 {
		l.prompt = "draws.none"
		l.items = []item{{choice: choice{Do: string(wantBook)}, label: t.say("menu.book")}}
	}
	return l, nil
}

func drawsChosen(t *turn, c choice) error {
	if c.Do == string(wantBook) {
		t.m.Draft = draft{}
		return t.move(stateHospital)
	}
	t.m.Draft.Application = booking.ApplicationID(c.ID)
	return t.move(stateDraw)
}

// drawItems is the card of an application: what it is for, where it stands, the slip, and where anybody can check the draw.
func drawItems(t *turn) (list, error) {
	a, err := t.d.Booking.Application(t.ctx, t.user(), t.m.Draft.Application)
	if err != nil {
		return list{}, err
	}
	l, err := t.d.Booking.Lottery(t.ctx, a.Schedule)
	if err != nil {
		return list{}, err
	}
	lines, err := t.clinicLines(a.Schedule, a.Patient)
	if err != nil {
		return list{}, err
	}
	standing, err := t.drawStanding(a, l)
	if err != nil {
		return list{}, err
	}
	lines = append([]string{t.say("draw", "status", t.named("draw_status", string(a.Status)), "number", a.Number)}, lines...)
	if l.Mode == booking.ByWeights {
		lines = append(lines, t.lots(a.Lots, a.Reasons))
	}
	lines = append(lines, t.say("draw.receipt", "number", a.Number, "receipt", string(a.Receipt)[:receiptShown]), "", standing)
	if t.d.DrawPage != nil {
		lines = append(lines, "", t.say("draw.page", "url", t.d.DrawPage(a)))
	}
	var items []item
	switch {
	case a.Status == booking.InDraw && l.Takes(t.now()):
		items = append(items, item{choice: choice{Do: doWithdraw}, label: t.say("draw.withdraw")})
	case a.Appointment != 0:
		items = append(items, item{choice: choice{Do: doVisit, ID: int64(a.Appointment)}, label: t.say("draw.visit")})
	case a.Wait != 0:
		items = append(items, item{choice: choice{Do: doWait, ID: int64(a.Wait)}, label: t.say("draw.wait")})
	}
	items = append(items, item{choice: choice{Do: string(wantDraws)}, label: t.say("draw.all")})
	return list{text: strings.Join(lines, "\n"), items: items}, nil
}

// drawStanding says what will become of an application, or what became of it.
func (t *turn) drawStanding(a booking.Application, l booking.Lottery) (string, error) {
	h, err := t.hospital(l.Hospital)
	if err != nil {
		return "", err
	}
	switch {
	case a.Status == booking.InDraw && l.Takes(t.now()):
		chance, err := l.Chance(a.Lots, a.Lots)
		if err != nil {
			return "", err
		}
		return t.say("draw.open", "time", t.moment(l.ClosesAt, h.Location()), "applied", l.Applied(), "places", l.Places, "chance", t.chance(chance)), nil
	case a.Status == booking.InDraw:
		return t.say("draw.drawing"), nil
	}
	end := map[booking.ApplicationStatus]key{
		booking.Won: "draw.end.won", booking.Lost: "draw.end.lost", booking.Barred: "draw.end.barred", booking.Void: "draw.end.void", booking.Withdrawn: "draw.end.withdrawn",
	}
	return t.say(end[a.Status], "position", a.Position, "applied", l.Applied()), nil
}

func drawChosen(t *turn, c choice) error {
	switch c.Do {
	case doVisit:
		t.m.Draft.Visit = booking.AppointmentID(c.ID)
		return t.move(stateVisit)
	case doWait:
		t.m.Draft.Wait = booking.WaitID(c.ID)
		return t.move(stateWait)
	case doWithdraw:
		return t.move(stateDrawWithdraw)
	}
	return t.move(stateDraws)
}

func drawWithdrawItems(t *turn) (list, error) {
	a, err := t.d.Booking.Application(t.ctx, t.user(), t.m.Draft.Application)
	if err != nil {
		return list{}, err
	}
	lines, err := t.clinicLines(a.Schedule, a.Patient)
	if err != nil {
		return list{}, err
	}
	lines = append([]string{t.say("draw_withdraw")}, append(lines, "", t.say("draw_withdraw.ask", "word", t.named("word", doWithdraw)))...)
	return list{text: strings.Join(lines, "\n"), items: []item{
		{choice: choice{Do: doKeep}, label: t.say("draw_withdraw.no"), no: true},
		{choice: choice{Do: doWithdraw, Explicit: true}, label: t.named("word", doWithdraw), yes: true},
	}}, nil
}

func drawWithdrawChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		return t.restore()
	}
	if err := t.d.Booking.Withdraw(t.ctx, t.user(), t.m.Draft.Application); err != nil {
		if err := t.refused(err); err != nil {
			return err
		}
		return t.settle(stateDraw)
	}
	t.note("draw_withdraw.done")
	t.m.Draft = draft{}
	return t.settle(stateDraws)
}
