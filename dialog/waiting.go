package dialog

import (
	"slices"
	"strings"

	"guahao/booking"
)

// ownWait reads a wait of this user that is not over.
func (t *turn) ownWait() (booking.Waiting, error) {
	waits, err := t.d.Booking.Waits(t.ctx, t.user())
	if err != nil {
		return booking.Waiting{}, err
	}
	at := slices.IndexFunc(waits, func(w booking.Waiting) bool { return w.ID == t.m.Draft.Wait })
	if at < 0 {
		return booking.Waiting{}, booking.ErrNotFound
	}
	return waits[at], nil
}

func waitsItems(t *turn) (list, error) {
	waits, err := t.d.Booking.Waits(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	l := list{}
	for _, w := range waits {
		wish, err := t.wish(w.Wish)
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(w.ID)}, label: t.say("waits.item", "wish", wish, "place", t.standing(w))})
	}
	if len(l.items) == 0 {
		l.prompt = "waits.none"
		l.items = []item{{choice: choice{Do: string(wantBook)}, label: t.say("menu.book")}}
	}
	return l, nil
}

// standing says where somebody stands in the line.
func (t *turn) standing(w booking.Waiting) string {
	if w.Offer != 0 {
		return t.say("waits.offered")
	}
	return t.say("waits.place", "place", w.Position)
}

func waitsChosen(t *turn, c choice) error {
	if c.Do == string(wantBook) {
		t.m.Draft = draft{}
		return t.move(stateHospital)
	}
	t.m.Draft.Wait = booking.WaitID(c.ID)
	return t.move(stateWait)
}

func waitItems(t *turn) (list, error) {
	w, err := t.ownWait()
	if err != nil {
		return list{}, err
	}
	h, err := t.hospital(w.Hospital)
	if err != nil {
		return list{}, err
	}
	lines, err := t.wishLines(w.Wish, w.Patient)
	if err != nil {
		return list{}, err
	}
	l := list{}
	if w.Offer != 0 {
		l.items = []item{{choice: choice{Do: doOffer, ID: int64(w.Offer)}, label: t.say("wait.offer")}}
	}
	l.items = append(l.items,
		item{choice: choice{Do: doLeave}, label: t.say("wait.leave")},
		item{choice: choice{Do: string(wantWaits)}, label: t.say("wait.all")})
	lines = append([]string{t.say("wait", "place", t.standing(w))}, lines...)
	lines = append(lines, "", t.say("wait.until", "time", t.moment(w.LeavesAt, h.Location())))
	l.text = strings.Join(lines, "\n")
	return l, nil
}

func waitChosen(t *turn, c choice) error {
	switch c.Do {
	case doOffer:
		t.m.Draft.Visit = booking.AppointmentID(c.ID)
		return t.move(stateVisit)
	case doLeave:
		return t.move(stateWaitLeave)
	}
	return t.move(stateWaits)
}

func waitLeaveItems(t *turn) (list, error) {
	w, err := t.ownWait()
	if err != nil {
		return list{}, err
	}
	lines, err := t.wishLines(w.Wish, w.Patient)
	if err != nil {
		return list{}, err
	}
	lines = append([]string{t.say("wait_leave")}, append(lines, "", t.say("wait_leave.ask", "word", t.named("word", doLeave)))...)
	return list{text: strings.Join(lines, "\n"), items: []item{
		{choice: choice{Do: doKeep}, label: t.say("wait_leave.no"), no: true},
		{choice: choice{Do: doLeave, Explicit: true}, label: t.named("word", doLeave), yes: true},
	}}, nil
}

func waitLeaveChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		return t.restore()
	}
	if err := t.d.Booking.LeaveWaitlist(t.ctx, t.user(), t.m.Draft.Wait, t.effectKey()); err != nil {
		return t.refused(err)
	}
	t.note("wait_leave.done")
	t.m.Draft = draft{}
	return t.settle(stateWaits)
}

// offerItems shows a place that is held for who waited, and asks.
func (t *turn) offerItems(v booking.Visit) (about string, items []item) {
	until := t.moment(v.Appointment.HoldUntil, v.Hospital.Location())
	return t.say("offer", "time", until), []item{
		{choice: choice{Do: doTake, Explicit: true}, label: t.named("word", doTake), yes: true},
		{choice: choice{Do: doDecline, Explicit: true}, label: t.named("word", doDecline), no: true},
	}
}

// answerOffer takes the place that is held for who waited, or declines it. Said twice it is done once; said too late it is answered
// kindly.
func (t *turn) answerOffer(do string, id booking.AppointmentID) error {
	if do == doDecline {
		if err := t.d.Booking.DeclineOffer(t.ctx, t.user(), id, t.effectKey()); err != nil {
			return t.refused(err)
		}
		t.note("offer.declined")
		return t.begins(stateWaits)
	}
	v, err := t.d.Booking.AcceptOffer(t.ctx, t.user(), id, t.effectKey())
	if err != nil {
		if err := t.refused(err); err != nil {
			return err
		}
		return t.begins(stateWaits)
	}
	t.m.Draft = draft{Hospital: v.Hospital.ID, Department: v.Department.ID, Doctor: v.Doctor.ID, Patient: v.Patient.ID, Visit: id}
	t.m.History, t.moved = nil, true
	switch t.statusOf(v) {
	case booking.Held:
		return t.enter(statePay)
	case booking.Booked:
		t.note("booked")
	}
	return t.enter(stateVisit)
}

// offerNamed takes the answer of a notice's button, which names the offer; false for any other command.
func (t *turn) offerNamed(name, arg string) (bool, error) {
	if name != doTake && name != doDecline {
		return false, nil
	}
	id := atoi(strings.TrimSpace(arg))
	if id == 0 {
		return true, t.offerMeant(name)
	}
	return true, t.answerOffer(name, booking.AppointmentID(id))
}

// offerMeant takes an answer that names no offer: it is meant for the one that is there, or the person chooses.
func (t *turn) offerMeant(do string) error {
	visits, err := t.d.Booking.Visits(t.ctx, t.user(), booking.VisitFilter{Upcoming: true})
	if err != nil {
		return err
	}
	var offers []booking.AppointmentID
	for _, v := range visits {
		if v.Appointment.Status == booking.Offered {
			offers = append(offers, v.Appointment.ID)
		}
	}
	switch len(offers) {
	case 0:
		t.note("offer.none")
		return t.begins(stateWaits)
	case 1:
		return t.answerOffer(do, offers[0])
	}
	t.note("offer.which")
	return t.begins(stateVisits)
}
