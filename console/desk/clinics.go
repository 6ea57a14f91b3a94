package desk

import (
	"fmt"

	"guahao/booking"
	"guahao/internal/staff"
)

func clinicsPage() page {
	return page{path: "clinics", needs: staff.SeeDirectory, nav: "work", list: clinicsList}
}

// clinicsList is the half-days of some days: how full they are, and which are stopped.
func clinicsList(r *request) (lister, error) {
	d, err := r.day()
	if err != nil {
		return nil, err
	}
	last := booking.Date(r.value("to"))
	if last < d.date {
		last = d.date
	}
	q := booking.ClinicQuery{
		Reach: d.reach, First: d.date, Last: last, Department: booking.DepartmentID(r.number("department")), Doctor: booking.DoctorID(r.number("doctor")),
		Status: booking.ScheduleStatus(r.value("status")),
	}
	filters, err := r.placeFilters(d)
	if err != nil {
		return nil, err
	}
	filters = append([]field{
		{Name: "date", Label: "field.date", Kind: "date", Value: string(d.date)},
		{Name: "to", Label: "field.to", Kind: "date", Value: r.value("to")},
		r.field(field{Name: "status", Label: "field.status", Kind: "select", Value: r.value("status"), Options: []option{
			{Label: r.say("anything")}, {Value: "open", Label: r.say("clinic.open")}, {Value: "stopped", Label: r.say("clinic.stopped")},
		}}),
	}, filters...)
	return listing[booking.Clinic]{
		Name: "clinics", Filters: filters, Columns: r.clinicColumns(), Empty: "clinics.empty",
		Fetch: func(page query) ([]booking.Clinic, int, error) {
			q.Sort, q.Desc, q.Offset, q.Limit = page.Sort, page.Desc, page.Offset, page.Limit
			return r.d.Booking.BrowseClinics(r.ctx, q)
		},
	}, nil
}

func (r *request) clinicColumns() []column[booking.Clinic] {
	return []column[booking.Clinic]{
		{Key: "date", Sort: true, Cell: func(c booking.Clinic) cell {
			return cell{Text: string(c.Date), Under: r.say("period." + string(c.Period)), Href: at("clinics/" + itoa(c.ID))}
		}},
		{Key: "doctor", Sort: true, Cell: func(c booking.Clinic) cell {
			return cell{Text: r.doctorName(c.Doctor), Under: r.say("kind." + string(c.Kind))}
		}},
		{Key: "department", Sort: true, Cell: func(c booking.Clinic) cell {
			return cell{Text: r.departmentName(c.Department), Under: r.hospitalName(c.Hospital)}
		}},
		{Key: "room", Cell: func(c booking.Clinic) cell { return cell{Text: c.Room} }},
		{Key: "fee", Right: true, Cell: func(c booking.Clinic) cell { return cell{Text: yuan(c.Fee)} }},
		{Key: "taken", Sort: true, Right: true, Cell: func(c booking.Clinic) cell { return cell{Text: fmt.Sprintf("%d / %d", c.Taken, c.Capacity)} }},
		{Key: "free", Sort: true, Right: true, Cell: func(c booking.Clinic) cell { return cell{Text: itoa(c.Free())} }},
		{Key: "status", Cell: func(c booking.Clinic) cell { return r.clinicCell(c) }},
	}
}

func (r *request) clinicCell(c booking.Clinic) cell {
	if c.Status == booking.Stopped {
		return cell{Text: r.say("clinic.stopped"), Tone: "bad"}
	}
	return cell{Text: r.say("clinic.open"), Tone: "good"}
}

func (r *request) doctorName(id booking.DoctorID) string {
	d, err := r.d.Booking.Doctor(r.ctx, id)
	if err != nil {
		return itoa(id)
	}
	return r.in(d.Name)
}

func (r *request) departmentName(id booking.DepartmentID) string {
	d, err := r.d.Booking.Department(r.ctx, id)
	if err != nil {
		return itoa(id)
	}
	return r.in(d.Name)
}

func (r *request) hospitalName(id booking.HospitalID) string {
	h, err := r.d.Booking.Hospital(r.ctx, id)
	if err != nil {
		return itoa(id)
	}
	return r.in(h.Short)
}

func clinicPage() page {
	return page{path: "clinics/{id}", needs: staff.SeeDirectory, show: showClinic, acts: []act{
		{name: "stop", needs: staff.StopClinics, do: stopClinic},
		{name: "allocate", needs: staff.ChangePolicies, do: allocateClinic},
	}}
}

// clinic reads the half-day of the address; one outside of the reach does not exist.
func (r *request) clinic() (booking.Clinic, error) {
	id, err := r.id()
	if err != nil {
		return booking.Clinic{}, err
	}
	c, err := r.d.Booking.Clinic(r.ctx, booking.ScheduleID(id))
	if err != nil {
		return c, err
	}
	d, err := r.d.Booking.Department(r.ctx, c.Department)
	if err == nil && !r.reach.Covers(d) {
		err = booking.ErrNotFound
	}
	return c, err
}

func showClinic(r *request) (*view, error) {
	c, err := r.clinic()
	if err != nil {
		return nil, err
	}
	v := &view{Title: fmt.Sprintf("%s · %s %s", r.doctorName(c.Doctor), c.Date, r.say("period."+string(c.Period))), Up: []link{{r.say("page.clinics"), at("clinics", "date", string(c.Date))}}}
	extras, err := r.d.Booking.Extras(r.ctx, c.ID)
	if err != nil {
		return nil, err
	}
	facts := []fact{
		{r.say("col.status"), r.clinicCell(c)},
		{r.say("col.department"), cell{Text: r.departmentName(c.Department), Under: r.hospitalName(c.Hospital)}},
		{r.say("col.room"), cell{Text: c.Room}},
		{r.say("col.fee"), cell{Text: yuan(c.Fee), Under: r.say("kind." + string(c.Kind))}},
		{r.say("col.taken"), cell{Text: fmt.Sprintf("%d / %d", c.Taken, c.Capacity), Under: r.say("clinic.extras", extras)}},
	}
	draw, err := r.drawFacts(c)
	if err != nil {
		return nil, err
	}
	facts = append(facts, draw...)
	if c.Status == booking.Stopped {
		facts = append(facts, fact{r.say("clinic.reason"), cell{Text: c.StopNote}}, fact{r.say("clinic.progress"), cell{Text: r.say("clinic.progress_go"), Href: at("stops/" + itoa(c.ID))}})
	}
	v.Links = []link{{r.say("page.schedule"), at("schedule/" + itoa(c.ID))}}
	v.Blocks = append(v.Blocks, block{Facts: facts, Forms: r.clinicForms(c)})
	if !r.member.May(staff.SeeAppointments) {
		return v, nil
	}
	visits, total, err := r.d.Booking.Browse(r.ctx, booking.VisitQuery{Reach: r.member.Reach(staff.SeeAppointments), Schedule: c.ID, Sort: "seq", Limit: 200})
	if err != nil {
		return nil, err
	}
	l := listing[booking.Visit]{Columns: r.visitColumns(), Fetch: func(query) ([]booking.Visit, int, error) { return visits, total, nil }}
	t, err := l.plain(r)
	v.Blocks = append(v.Blocks, block{Title: r.say("page.appointments"), Table: t})
	return v, err
}

func (r *request) clinicForms(c booking.Clinic) []form {
	d, err := r.d.Booking.Department(r.ctx, c.Department)
	if err != nil || c.Status != booking.Open {
		return nil
	}
	var list []form
	if r.may(staff.AddPlaces, d) {
		list = append(list, form{Action: at("extra"), Get: true, Label: "extra.go", Fields: []field{{Name: "schedule", Kind: "hidden", Value: itoa(c.ID)}}})
	}
	if r.may(staff.StopClinics, d) {
		list = append(list, form{Action: at("clinics/" + itoa(c.ID) + "/stop"), Label: "clinic.stop", Tone: "danger", Fold: true, Note: r.say("clinic.stop_note", c.Taken), Fields: []field{
			r.field(field{Name: "note", Label: "field.patient_note", Kind: "text", Max: 200, Hint: r.say("clinic.note_hint")}),
			r.field(field{Name: "sure", Label: "clinic.sure", Kind: "checkbox"}),
		}})
	}
	return append(list, r.allocateForm(c, d)...)
}

func stopClinic(r *request) (string, error) {
	c, err := r.clinic()
	if err != nil {
		return "", err
	}
	if r.value("sure") == "" {
		return "", refuse("error.sure")
	}
	n, err := r.d.Booking.StopSchedule(r.ctx, r.member.ID, c.ID, r.value("note"))
	if err != nil {
		return "", err
	}
	r.notice("clinic.stop_done", n)
	return at("stops/" + itoa(c.ID)), nil
}
