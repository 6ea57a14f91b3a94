package desk

import (
	"errors"

	"guahao/booking"
	"guahao/internal/staff"
	"guahao/payments"
)

func appointmentPage() page {
	return page{path: "appointments/{id}", needs: staff.SeeAppointments, show: showAppointment, acts: []act{
		{name: "check_in", needs: staff.AttendAppointments, do: checkIn},
		{name: "fulfil", needs: staff.AttendAppointments, do: fulfil},
		{name: "reinstate", needs: staff.DecideRecords, do: reinstate},
		{name: "cancel", needs: staff.CancelAppointments, password: true, do: cancelAppointment},
	}}
}

// visit reads the appointment of the address; one outside of the reach does not exist.
func (r *request) visit() (booking.Visit, error) {
	id, err := r.id()
	if err != nil {
		return booking.Visit{}, err
	}
	v, err := r.d.Booking.Visit(r.ctx, booking.AppointmentID(id))
	if err == nil && !r.reach.Covers(v.Department) {
		err = booking.ErrNotFound
	}
	return v, err
}

func showAppointment(r *request) (*view, error) {
	v, err := r.visit()
	if err != nil {
		return nil, err
	}
	a := v.Appointment
	shown := &view{Title: r.say("appointment.title", a.ID), Up: []link{{r.say("page.appointments"), at("appointments", "date", string(a.Date))}}}
	shown.Blocks = append(shown.Blocks, block{Facts: r.visitFacts(v)})
	if forms := r.visitForms(v); len(forms) > 0 {
		shown.Blocks = append(shown.Blocks, block{Title: r.say("appointment.do"), Forms: forms})
	}
	trail, err := r.d.Booking.Trail(r.ctx, a.ID)
	if err != nil {
		return nil, err
	}
	rows := &table{Heads: r.heads("at", "from", "to", "reason", "refund", "note"), Count: r.say("list.count", len(trail))}
	for _, c := range trail {
		from := cell{Text: "–"}
		if c.From != "" {
			from = r.statusCell(c.From)
		}
		refund := ""
		if c.Refund > 0 {
			refund = yuan(c.Refund)
		}
		rows.Rows = append(rows.Rows, []cell{{Text: r.moment(c.At)}, from, r.statusCell(c.Appointment.Status), {Text: r.say("reason." + string(c.Reason))}, {Text: refund}, {Text: c.Note}})
	}
	shown.Blocks = append(shown.Blocks, block{Title: r.say("appointment.trail"), Table: rows})
	return shown, nil
}

// heads are the titles of a table that cannot be sorted.
func (r *request) heads(keys ...string) []head {
	list := make([]head, len(keys))
	for i, k := range keys {
		list[i] = head{Text: r.say("col." + k)}
	}
	return list
}

func (r *request) visitFacts(v booking.Visit) []fact {
	a := v.Appointment
	zone := v.Hospital.Location()
	facts := []fact{
		{r.say("col.status"), r.statusCell(a.Status)},
		{r.say("col.time"), cell{Text: a.StartsAt.In(zone).Format("2006-01-02 15:04") + "–" + v.Slot.EndsAt.In(zone).Format("15:04")}},
		{r.say("col.number"), cell{Text: r.in(a.Number())}},
		{r.say("col.patient"), r.patientCell(v)},
		{r.say("col.doctor"), cell{Text: r.in(v.Doctor.Name), Under: r.say("title." + string(v.Doctor.Title))}},
		{r.say("field.department"), cell{Text: r.in(v.Department.Name), Under: r.in(v.Hospital.Name)}},
		{r.say("col.fee"), r.feeCell(v)},
		{r.say("appointment.made"), cell{Text: r.moment(a.CreatedAt), Under: r.say("appointment.rules", a.Policy)}},
	}
	for _, c := range r.earlierPayments(v) {
		facts = append(facts, fact{r.say("appointment.also_paid"), cell{Text: yuan(c.Amount), Under: r.say("charge." + string(c.Status)), Href: at("payments/" + c.OutTradeNo)}})
	}
	if a.Status == booking.Held || a.Status == booking.Offered {
		facts = append(facts, fact{r.say("appointment.until"), cell{Text: r.moment(a.HoldUntil)}})
	}
	if a.Status == booking.Booked {
		facts = append(facts, fact{r.say("appointment.cancel_until"), cell{Text: r.moment(v.CancelUntil)}})
	}
	return facts
}

// earlierPayments are what was paid for a visit before its newest payment, because it was moved to one that costs more.
func (r *request) earlierPayments(v booking.Visit) []payments.Charge {
	if !r.member.Reach(staff.SeePayments).Whole(v.Hospital.ID) {
		return nil
	}
	paid, err := r.d.Payments.PaidFor(r.ctx, r.d.ChargeRef(v.Appointment.ID))
	if err != nil || len(paid) < 2 {
		return nil
	}
	return paid[:len(paid)-1]
}

// feeCell is the fee, with the way to its newest payment for those who may see it.
func (r *request) feeCell(v booking.Visit) cell {
	c := cell{Text: yuan(v.Appointment.Fee)}
	if v.Appointment.Fee == 0 {
		return c
	}
	c.Under = r.say(map[bool]string{true: "paid.online", false: "paid.desk"}[v.Paid])
	charge, err := r.d.Payments.ByRef(r.ctx, r.d.ChargeRef(v.Appointment.ID))
	switch {
	case errors.Is(err, payments.ErrNotFound):
	case err == nil && r.member.Reach(staff.SeePayments).Whole(v.Hospital.ID):
		c.Under, c.Href = r.say("charge."+string(charge.Status)), at("payments/"+charge.OutTradeNo)
	}
	return c
}

// visitForms are what the member may do with an appointment as it is.
func (r *request) visitForms(v booking.Visit) []form {
	id, here := v.Appointment.ID, v.Department
	path := "appointments/" + itoa(id) + "/"
	can := func(p staff.Permission, to booking.Status) bool {
		return r.may(p, here) && booking.Allowed(v.Appointment.Status, to, booking.ByStaff)
	}
	var list []form
	if v.Appointment.Status == booking.Booked && can(staff.AttendAppointments, booking.CheckedIn) {
		list = append(list, form{Action: at(path + "check_in"), Label: "appointment.check_in", Tone: "primary"})
	}
	if v.Appointment.Status == booking.CheckedIn && can(staff.AttendAppointments, booking.Fulfilled) {
		list = append(list, form{Action: at(path + "fulfil"), Label: "appointment.fulfil", Tone: "primary"})
	}
	if v.Appointment.Status == booking.NoShow && can(staff.DecideRecords, booking.Fulfilled) {
		list = append(list, form{Action: at(path + "reinstate"), Label: "appointment.reinstate", Fold: true, Note: r.say("appointment.reinstate_note"), Fields: []field{
			r.field(field{Name: "note", Label: "field.reason", Kind: "text", Max: 200, Required: true}),
		}})
	}
	if can(staff.CancelAppointments, booking.Cancelled) {
		fields := []field{{Name: "key", Kind: "hidden", Value: newKey()}}
		if v.Paid {
			fields = append(fields, r.field(field{Name: "refund", Label: "appointment.refund", Kind: "select", Value: "full", Options: []option{
				{Value: "full", Label: r.say("refund.full", yuan(v.Appointment.Fee))}, {Value: "rules", Label: r.say("refund.rules")}, {Value: "none", Label: r.say("refund.none")},
			}}))
		}
		fields = append(fields, r.field(field{Name: "note", Label: "field.patient_note", Kind: "text", Max: 200, Hint: r.say("appointment.note_hint")}))
		list = append(list, form{Action: at(path + "cancel"), Label: "appointment.cancel", Tone: "danger", Fold: true, Note: r.say("appointment.cancel_note"), Fields: fields})
	}
	return list
}

func checkIn(r *request) (string, error) {
	v, err := r.visit()
	if err == nil {
		_, err = r.d.Booking.CheckIn(r.ctx, r.member.ID, v.Appointment.ID)
	}
	if err != nil {
		return "", err
	}
	r.notice("appointment.checked_in")
	return "", nil
}

func fulfil(r *request) (string, error) {
	v, err := r.visit()
	if err == nil {
		_, err = r.d.Booking.Fulfil(r.ctx, r.member.ID, v.Appointment.ID)
	}
	if err != nil {
		return "", err
	}
	r.notice("appointment.fulfilled")
	return "", nil
}

func reinstate(r *request) (string, error) {
	v, err := r.visit()
	if err == nil {
		_, err = r.d.Booking.UndoNoShow(r.ctx, r.member.ID, v.Appointment.ID, r.value("note"))
	}
	if err != nil {
		return "", err
	}
	r.notice("appointment.reinstated")
	return "", nil
}

func cancelAppointment(r *request) (string, error) {
	v, err := r.visit()
	if err != nil {
		return "", err
	}
	give := booking.StaffRefund(r.value("refund"))
	if give == "" {
		give = booking.GiveNone // nothing was paid here: there is nothing to choose
	}
	_, refund, err := r.d.Booking.CancelByStaff(r.ctx, booking.StaffCancel{
		Appointment: v.Appointment.ID, Refund: give, Note: r.value("note"), Key: "desk:" + r.value("key"),
	})
	if err != nil {
		return "", err
	}
	if refund > 0 {
		r.notice("appointment.cancelled_refund", yuan(refund))
	} else {
		r.notice("appointment.cancelled")
	}
	return "", nil
}
