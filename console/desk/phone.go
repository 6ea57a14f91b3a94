package desk

import (
	"fmt"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/staff"
)

func phonePage() page {
	return page{path: "phone", needs: staff.UnmaskPatients, nav: "work", list: phoneList}
}

// phoneList is whom no message tells that their clinic is stopped: somebody has to phone. Who was reached within a day stays in it, so that a
// wrong click can be taken back.
func phoneList(r *request) (lister, error) {
	return listing[booking.StopCase]{
		Name: "phone", Empty: "phone.empty", Note: r.say("phone.note"),
		Columns: []column[booking.StopCase]{
			{Key: "patient", Cell: func(k booking.StopCase) cell {
				return cell{Text: booking.MaskName(k.Visit.Patient.Name), Under: booking.MaskPhone(k.Visit.Patient.Phone), Href: at("phone/" + itoa(k.ID))}
			}},
			{Key: "doctor", Cell: func(k booking.StopCase) cell {
				return cell{Text: r.in(k.Visit.Doctor.Name), Under: r.in(k.Visit.Department.Name)}
			}},
			{Key: "time", Cell: func(k booking.StopCase) cell { return cell{Text: r.moment(k.Visit.Appointment.StartsAt)} }},
			{Key: "answer", Cell: r.answerCell},
			{Key: "told", Cell: func(k booking.StopCase) cell {
				c := r.toldCell(k)
				c.Href, c.Press = "", []press{r.reachedPress(k)}
				return c
			}},
		},
		Fetch: func(q query) ([]booking.StopCase, int, error) {
			return r.d.Booking.CasesToPhone(r.ctx, r.reach, q.Offset, q.Limit)
		},
	}, nil
}

// reachedPress is the one click that says that somebody was reached, or the one that takes it back.
func (r *request) reachedPress(k booking.StopCase) press {
	path := at("phone/" + itoa(k.ID))
	if k.Told == booking.ToldReached {
		return press{Action: path + "/unreached", Label: r.say("phone.unreached"), Tone: "quiet"}
	}
	return press{Action: path + "/reached", Label: r.say("phone.reached"), Tone: "primary"}
}

func callPage() page {
	return page{path: "phone/{id}", needs: staff.UnmaskPatients, show: showCall, acts: []act{
		{name: "reached", needs: staff.UnmaskPatients, do: markReached(true)},
		{name: "unreached", needs: staff.UnmaskPatients, do: markReached(false)},
		{name: "unmask", needs: staff.UnmaskPatients, do: unmaskCall},
		{name: "take", needs: staff.StopClinics, do: takeForPatient},
		{name: "refund", needs: staff.StopClinics, do: refundForPatient},
	}}
}

// call reads the case of the address; one outside of the reach does not exist.
func (r *request) call() (booking.StopCase, error) {
	id, err := r.id()
	if err != nil {
		return booking.StopCase{}, err
	}
	k, err := r.d.Booking.Case(r.ctx, booking.CaseID(id))
	if err == nil && !r.reach.Covers(k.Visit.Department) {
		err = booking.ErrNotFound
	}
	return k, err
}

func showCall(r *request) (*view, error) {
	k, err := r.call()
	if err != nil {
		return nil, err
	}
	return r.callView(k, false), nil
}

// callView is what somebody says on the phone: whom to call, what is stopped, and what they may choose.
func (r *request) callView(k booking.StopCase, clear bool) *view {
	v := k.Visit
	name, phone := booking.MaskName(v.Patient.Name), booking.MaskPhone(v.Patient.Phone)
	if clear {
		name, phone = v.Patient.Name, v.Patient.Phone
	}
	path := at("phone/" + itoa(k.ID))
	shown := &view{Title: r.say("phone.title", v.Appointment.ID), Up: []link{{r.say("page.phone"), at("phone")}}, Links: []link{{r.say("stop.all"), at("stops/" + itoa(v.Schedule.ID))}}}
	told := r.toldCell(k)
	told.Href = ""
	if k.Told == booking.ToldPhone || k.Told == booking.ToldReached {
		told.Press = []press{r.reachedPress(k)}
	}
	facts := block{Facts: []fact{
		{r.say("col.patient"), cell{Text: name}},
		{r.say("col.phone"), cell{Text: phone, Mono: true}},
		{r.say("stop.visit"), cell{Text: r.in(v.Doctor.Name) + " " + r.moment(v.Appointment.StartsAt), Under: r.in(v.Department.Name)}},
		{r.say("clinic.reason"), cell{Text: k.Note}},
		{r.say("col.told"), told},
		{r.say("col.answer"), r.answerCell(k)},
	}}
	if !clear {
		facts.Forms = []form{{Action: path + "/unmask", Label: "phone.show", Note: r.say("phone.show_note")}}
	}
	shown.Blocks = []block{facts}
	if k.State != booking.CaseOffered || !r.may(staff.StopClinics, v.Department) {
		return shown
	}
	choose := block{Title: r.say("phone.choose"), Text: r.say("phone.choose_note")}
	for _, o := range k.Offers {
		if o.Difference > 0 { // has to be paid in the chat
			continue
		}
		choose.Forms = append(choose.Forms, form{
			Action: path + "/take", Label: "phone.take", Fields: []field{{Name: "offer", Kind: "hidden", Value: itoa(o.Visit.Appointment.ID)}},
			Note: r.say("phone.offer", r.in(o.Visit.Doctor.Name), r.moment(o.Visit.Appointment.StartsAt), r.moment(o.Visit.Appointment.HoldUntil)),
		})
	}
	choose.Forms = append(choose.Forms, form{Action: path + "/refund", Label: "phone.refund", Tone: "danger", Fold: true, Note: r.say("phone.refund_note", yuan(k.Refund))})
	shown.Blocks = append(shown.Blocks, choose)
	return shown
}

func markReached(reached bool) func(*request) (string, error) {
	return func(r *request) (string, error) {
		k, err := r.call()
		if err == nil {
			err = r.d.Booking.MarkReached(r.ctx, r.member.ID, k.ID, reached)
		}
		if err != nil {
			return "", err
		}
		if reached {
			r.notice("phone.reached_done")
		} else {
			r.notice("phone.unreached_done")
		}
		return at("phone"), nil
	}
}

// unmaskCall shows the name and the number, once, and writes down who wanted to see them.
func unmaskCall(r *request) (string, error) {
	k, err := r.call()
	if err != nil {
		return "", err
	}
	err = r.d.Audit.Alone(r.ctx, audit.Entry{
		Action: "patient.unmask", Subject: fmt.Sprintf("patient:%d", k.Visit.Patient.ID), Hospital: int64(k.Visit.Hospital.ID), Note: r.say("phone.why"),
	})
	if err != nil {
		return "", err
	}
	v := r.callView(k, true)
	v.page = callPage()
	r.render(200, v)
	return answered, nil
}

func takeForPatient(r *request) (string, error) {
	k, err := r.call()
	if err != nil {
		return "", err
	}
	offer := booking.AppointmentID(r.number("offer"))
	for _, o := range k.Offers {
		if o.Visit.Appointment.ID == offer && o.Difference <= 0 {
			a := k.Visit.Appointment
			if _, err := r.d.Booking.TakeStopOffer(r.ctx, a.User, a.Account, offer, fmt.Sprintf("phone:%d", offer)); err != nil {
				return "", err
			}
			r.notice("phone.taken")
			return "", nil
		}
	}
	return "", booking.ErrStopOver
}

func refundForPatient(r *request) (string, error) {
	k, err := r.call()
	if err != nil {
		return "", err
	}
	a := k.Visit.Appointment
	refund, err := r.d.Booking.RefundStopped(r.ctx, a.User, a.ID, fmt.Sprintf("phone:%d", a.ID))
	if err != nil {
		return "", err
	}
	r.notice("phone.refunded", yuan(refund))
	return "", nil
}
