package dialog

import (
	"errors"

	"guahao/booking"
	"guahao/bots"
)

// statePast is the list of visits that are over.
const statePast State = "past"

// What may be done with a visit beside changing it. Those that bring a file are named as the app names the files.
const (
	doPast     = "past"
	doAgain    = "again"
	doSlip     = "slip"
	doCalendar = "calendar"
	doReceipt  = "receipt"
)

func pastItems(t *turn) (list, error) {
	visits, err := t.d.Booking.Visits(t.ctx, t.user(), booking.VisitFilter{Past: true})
	if err != nil {
		return list{}, err
	}
	l := list{}
	for _, v := range visits {
		l.items = append(l.items, t.visitItem(v))
	}
	if len(l.items) == 0 {
		l.prompt = "past.none"
		l.items = []item{{choice: choice{Do: string(wantBook)}, label: t.say("menu.book")}}
	}
	return l, nil
}

func pastChosen(t *turn, c choice) error {
	if c.Do == string(wantBook) {
		t.m.Draft = draft{}
		return t.move(stateHospital)
	}
	t.m.Draft.Visit = booking.AppointmentID(c.ID)
	return t.move(stateVisit)
}

// over tells that a visit's time is over, or that it does not take place.
func (t *turn) over(v booking.Visit) bool {
	switch t.statusOf(v) {
	case booking.Fulfilled, booking.NoShow, booking.Cancelled, booking.Expired:
		return true
	}
	return !t.now().Before(v.Slot.EndsAt)
}

// takeAlong offers what a patient takes along to a visit that takes place. For one that was cancelled, the calendar file takes it out of the
// calendar again.
func (t *turn) takeAlong(v booking.Visit) []item {
	s := v.Appointment.Status
	if s == booking.Cancelled && t.now().Before(v.Slot.EndsAt) {
		return []item{{choice: choice{Do: doCalendar}, label: t.say("visit.uncalendar"), names: splitNames(t.say("visit.calendar_names"))}}
	}
	if t.over(v) || (s != booking.Booked && s != booking.CheckedIn) {
		return nil
	}
	return []item{
		{choice: choice{Do: doSlip}, label: t.say("visit.slip"), names: splitNames(t.say("visit.slip_names"))},
		{choice: choice{Do: doCalendar}, label: t.say("visit.calendar"), names: splitNames(t.say("visit.calendar_names"))},
	}
}

// afterwards offers what a patient does when a visit is over.
func (t *turn) afterwards(v booking.Visit) []item {
	if !t.over(v) {
		return nil
	}
	return []item{{choice: choice{Do: doAgain}, label: t.say("visit.again", "doctor", v.Doctor.Name), names: splitNames(t.say("visit.again_names"))}}
}

// bring sends the visit's slip, calendar file or receipt along with the card.
func (t *turn) bring(kind string) error {
	v, err := t.ownVisit()
	if err != nil {
		return t.refused(err)
	}
	said := key("visit.brings_slip")
	switch {
	case kind == doCalendar && v.Appointment.Status == booking.Cancelled:
		said = "visit.brings_uncalendar"
	case kind == doCalendar:
		said = "visit.brings_calendar"
	case kind == doReceipt:
		said = "visit.brings_receipt"
	}
	t.note(said)
	if kind == doSlip && t.m.Large {
		kind = doSlipLarge
	}
	t.attach = append(t.attach, bots.Attachment{Kind: kind, Of: int64(v.Appointment.ID)})
	return nil
}

// bringMeant brings what a word asks for, wherever it is said: of the visit that is shown, or of the only one that is to come.
func (t *turn) bringMeant(kind string) error {
	if t.state == stateVisit {
		if done, err := t.offeredDoing(kind); done || err != nil {
			return err
		}
	}
	visits, err := t.d.Booking.Visits(t.ctx, t.user(), booking.VisitFilter{Upcoming: true})
	if err != nil {
		return err
	}
	var certain []booking.Visit
	for _, v := range visits {
		if len(t.takeAlong(v)) > 0 {
			certain = append(certain, v)
		}
	}
	if len(certain) != 1 {
		if len(certain) > 1 {
			t.note("visits.which")
		}
		return t.begins(stateVisits)
	}
	t.remember()
	t.m.Draft = draft{Visit: certain[0].Appointment.ID}
	if err := t.enter(stateVisit); err != nil {
		return err
	}
	return t.bring(kind)
}

// bookAgain begins a booking with the doctor of a visit, for the same patient if they are still in the list. Of a doctor who has left, the department is
// what remains.
func (t *turn) bookAgain() error {
	v, err := t.ownVisit()
	if err != nil {
		return t.refused(err)
	}
	dep, err := t.d.Booking.Department(t.ctx, v.Department.ID)
	if err != nil {
		return t.refused(err)
	}
	again := draft{Hospital: v.Hospital.ID, Group: dep.Parent, Department: dep.ID, Doctor: v.Doctor.ID, Patient: v.Patient.ID}
	to := stateDay
	switch _, err := t.d.Booking.Doctor(t.ctx, v.Doctor.ID); {
	case errors.Is(err, booking.ErrNotFound):
		t.note("visit.doctor_left", "doctor", v.Doctor.Name)
		again.Doctor, to = 0, stateDoctor
	case err != nil:
		return err
	}
	t.remember()
	t.m.Draft = again
	return t.move(to)
}
