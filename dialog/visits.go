package dialog

import (
	"errors"
	"slices"
	"strings"

	"guahao/booking"
)

// visitRows is "my appointments".
func visitRows() []row {
	return []row{
		{
			state: stateVisits, flow: flowVisits, prompt: "visits", accepts: acceptsNames,
			items: visitsItems, chosen: visitsChosen, goes: []State{stateVisit, stateHospital, stateWaits, statePast},
		},
		{
			state: statePast, flow: flowVisits, prompt: "past", accepts: acceptsNames,
			items: pastItems, chosen: pastChosen, goes: []State{stateVisit, stateHospital},
		},
		{
			state: stateVisit, flow: flowVisits, accepts: acceptsNames, passes: visitPasses,
			items: visitItems, chosen: visitChosen, goes: []State{stateStopped, stateCancel, statePay, stateGiveBack, stateVisits, stateDoctor, stateDay, stateRating, stateQueue},
		},
		{
			state: stateCancel, flow: flowVisits, accepts: acceptsOptions,
			before: cancelBefore, items: cancelItems, chosen: cancelChosen, goes: []State{stateVisit},
		},
	}
}

func visitsItems(t *turn) (list, error) {
	visits, err := t.d.Booking.Visits(t.ctx, t.user(), booking.VisitFilter{Upcoming: true})
	if err != nil {
		return list{}, err
	}
	l := list{}
	for _, v := range visits {
		if t.statusOf(v) == booking.Expired {
			continue
		}
		l.items = append(l.items, t.visitItem(v))
	}
	if len(l.items) == 0 {
		l.prompt = "visits.none"
		l.items = []item{{choice: choice{Do: string(wantBook)}, label: t.say("menu.book")}}
	}
	waits, err := t.d.Booking.Waits(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	if len(waits) > 0 {
		l.extra = []item{{choice: choice{Do: string(wantWaits)}, label: t.say("visits.waits", "count", len(waits))}}
	}
	past, err := t.d.Booking.Visits(t.ctx, t.user(), booking.VisitFilter{Past: true, Limit: 1})
	if err != nil {
		return list{}, err
	}
	if len(past) > 0 {
		l.extra = append(l.extra, item{choice: choice{Do: doPast}, label: t.say("visits.past"), names: splitNames(t.say("visits.past_names"))})
	}
	return l, nil
}

// visitItem is a visit in a list.
func (t *turn) visitItem(v booking.Visit) item {
	return item{choice: choice{Do: doPick, ID: int64(v.Appointment.ID)}, names: []string{v.Doctor.Name.ZH, v.Doctor.Name.EN},
		label: t.say("visits.item", "day", t.shortDay(v.Appointment.Date), "time", v.Appointment.StartsAt.In(v.Hospital.Location()).Format("15:04"),
			"doctor", v.Doctor.Name, "status", t.standingOf(v))}
}

// standingOf is a visit's status in words.
func (t *turn) standingOf(v booking.Visit) string {
	if undecided(v) {
		return t.say("status.stopped")
	}
	return t.named("status", string(t.statusOf(v)))
}

// statusOf is a visit's status, where a place whose time to pay is over counts as expired before the job has come round.
func (t *turn) statusOf(v booking.Visit) booking.Status {
	if v.Appointment.Status == booking.Held && !t.now().Before(v.Appointment.HoldUntil) {
		return booking.Expired
	}
	return v.Appointment.Status
}

func visitsChosen(t *turn, c choice) error {
	switch c.Do {
	case string(wantBook):
		t.m.Draft = draft{}
		return t.move(stateHospital)
	case string(wantWaits):
		return t.move(stateWaits)
	case doPast:
		return t.move(statePast)
	}
	t.m.Draft.Visit = booking.AppointmentID(c.ID)
	return t.move(stateVisit)
}

func visitItems(t *turn) (list, error) {
	v, err := t.ownVisit()
	if err != nil {
		return list{}, err
	}
	patient, err := t.nameOf(v)
	if err != nil {
		return list{}, err
	}
	lines := append([]string{t.say("visit", "status", t.named("status", string(t.statusOf(v))))}, t.card(v, patient)...)
	l := list{}
	switch {
	case v.Appointment.Status == booking.Offered:
		about, items := t.offerItems(v)
		lines, l.items = append(lines, "", about), items
	case t.statusOf(v) == booking.Held:
		until := v.Appointment.HoldUntil.In(v.Hospital.Location()).Format("15:04")
		lines = append(lines, "", t.say("visit.held", "time", until))
		l.items = []item{
			{choice: choice{Do: doPay}, label: t.say("visit.pay")},
			{choice: choice{Do: doGiveBack}, label: t.say("pay.give_back")},
		}
	case undecided(v): // since the card was shown
		lines = append(lines, "", t.say("stopped"))
		l.items = []item{{choice: choice{Do: doStopped}, label: t.say("visit.stopped")}}
	case v.Appointment.Status == booking.Booked && t.now().Before(v.Appointment.StartsAt):
		if t.now().After(v.CancelUntil) {
			lines = append(lines, "", t.tooLate(v))
		} else {
			lines = append(lines, "", t.say("visit.booked", "address", v.Hospital.Address))
			l.items = []item{{choice: choice{Do: doCancel}, label: t.say("visit.cancel")}, {choice: choice{Do: doMove}, label: t.say("visit.move")}}
		}
	}
	said, reviews, err := t.reviewLine(v)
	if err != nil {
		return list{}, err
	}
	if said != "" {
		lines = append(lines, said)
	}
	l.items = slices.Concat(t.takeAlong(v), l.items, reviews, t.afterwards(v))
	if v.Appointment.Status == booking.CheckedIn {
		turn, err := t.d.Booking.Turn(t.ctx, v.Appointment.ID)
		if err == nil {
			lines = append(lines, "", t.turnLine(v, turn))
			l.items = append([]item{{choice: choice{Do: string(wantQueue)}, label: t.say("visit.queue"), command: "queue"}}, l.items...)
		} else if !booking.IsRefusal(err) {
			return list{}, err
		}
	}
	if v.Appointment.Status == booking.Booked && !undecided(v) {
		switch err := t.d.Booking.MayCheckIn(t.ctx, t.user(), v.Appointment.ID); {
		case err == nil:
			l.items = append([]item{{choice: choice{Do: doCheckIn}, label: t.say("visit.check_in"), names: []string{"签到", "check in"}}}, l.items...)
		case !booking.IsRefusal(err):
			return list{}, err
		}
	}
	if v.Paid {
		l.items = append(l.items, item{choice: choice{Do: doReceipt}, label: t.say("visit.receipt"), names: splitNames(t.say("visit.receipt_names"))})
	}
	l.items = append(l.items, item{choice: choice{Do: string(wantVisits)}, label: t.say("visit.all")})
	l.text = strings.Join(lines, "\n")
	return l, nil
}

// tooLate says until when the visit could be cancelled and what to do now.
func (t *turn) tooLate(v booking.Visit) string {
	return t.say("cancel.too_late", "time", t.moment(v.CancelUntil, v.Hospital.Location()), "phone", v.Hospital.Phone)
}

func visitChosen(t *turn, c choice) error {
	switch c.Do {
	case doPay:
		return t.move(statePay)
	case doGiveBack:
		return t.move(stateGiveBack)
	case doCancel:
		return t.move(stateCancel)
	case doMove:
		return t.moveVisit()
	case doStopped:
		return t.move(stateStopped)
	case doCheckIn:
		return t.checkInAt(t.m.Draft.Visit, booking.Arrival{})
	case string(wantQueue):
		return t.move(stateQueue)
	case doTake, doDecline:
		return t.answerOffer(c.Do, t.m.Draft.Visit)
	case doSlip, doCalendar, doReceipt:
		return t.bring(c.Do)
	case doAgain:
		return t.bookAgain()
	case doReview:
		return t.move(stateRating)
	}
	return t.move(stateVisits)
}

const doCheckIn = "check_in"

// cancelBefore goes back to the card when there is nothing to cancel any longer; the card says why.
func cancelBefore(t *turn) error {
	v, err := t.ownVisit()
	if err != nil || (v.Appointment.Status == booking.Booked && !t.now().After(v.CancelUntil)) {
		return t.refused(err)
	}
	return t.settle(stateVisit)
}

// cancelItems previews what a cancellation gives back, and asks.
func cancelItems(t *turn) (list, error) {
	v, err := t.ownVisit()
	if err != nil {
		return list{}, err
	}
	patient, err := t.nameOf(v)
	if err != nil {
		return list{}, err
	}
	refund, _, err := t.d.Booking.RefundPreview(t.ctx, t.user(), v.Appointment.ID)
	if errors.Is(err, booking.ErrTooLate) || errors.Is(err, booking.ErrWrongStatus) {
		return list{text: t.tooLate(v)}, nil
	}
	if err != nil {
		return list{}, err
	}
	k := key("cancel.refund")
	switch {
	case v.Appointment.Fee == 0:
		k = "cancel.free"
	case t.atDesk(v):
		k = "cancel.at_desk"
	case refund == 0:
		k = "cancel.no_refund"
	case v.Cash:
		k = "cancel.refund_cash"
	}
	lines := append([]string{t.say("cancel")}, t.card(v, patient)...)
	lines = append(lines, "", t.say(k, "refund", t.yuan(refund), "fee", t.yuan(v.Appointment.Fee)), t.say("cancel.ask", "word", t.named("word", doCancel)))
	return list{text: strings.Join(lines, "\n"), items: []item{
		{choice: choice{Do: doKeep}, label: t.say("cancel.no"), no: true},
		{choice: choice{Do: doCancel, Explicit: true}, label: t.named("word", doCancel), yes: true},
	}}, nil
}

func cancelChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		return t.restore()
	}
	v, refund, err := t.d.Booking.Cancel(t.ctx, t.user(), t.m.Draft.Visit, t.effectKey())
	if err != nil {
		if err := t.refused(err); err != nil {
			return err
		}
		return t.restore()
	}
	switch {
	case refund > 0 && v.Cash:
		t.note("cancel.done_refund_cash", "refund", t.yuan(refund))
	case refund > 0:
		t.note("cancel.done_refund", "refund", t.yuan(refund))
	default:
		t.note("cancel.done")
	}
	t.m.Draft = draft{Visit: v.Appointment.ID}
	return t.settle(stateVisit)
}
