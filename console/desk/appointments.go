package desk

import (
	"guahao/booking"
	"guahao/internal/staff"
)

func appointmentsPage() page {
	return page{path: "appointments", needs: staff.SeeAppointments, nav: "work", list: appointmentsList}
}

// appointmentsList is the visits of some days: today's, where nothing is chosen.
func appointmentsList(r *request) (lister, error) {
	d, err := r.day()
	if err != nil {
		return nil, err
	}
	first, last := d.date, booking.Date(r.value("to"))
	if last < first {
		last = first
	}
	q := booking.VisitQuery{
		Reach: d.reach, First: first, Last: last, Status: booking.Status(r.value("status")), Department: booking.DepartmentID(r.number("department")),
		Doctor: booking.DoctorID(r.number("doctor")), Schedule: booking.ScheduleID(r.number("schedule")), Search: r.value("q"),
	}
	filters, err := r.placeFilters(d)
	if err != nil {
		return nil, err
	}
	filters = append([]field{
		r.field(field{Name: "q", Label: "field.search", Kind: "search", Value: r.value("q"), Hint: r.say("appointments.search_hint")}),
		{Name: "date", Label: "field.date", Kind: "date", Value: string(first)},
		{Name: "to", Label: "field.to", Kind: "date", Value: string(booking.Date(r.value("to")))},
		r.field(field{Name: "status", Label: "field.status", Kind: "select", Value: r.value("status"), Options: r.statusOptions()}),
	}, filters...)
	return listing[booking.Visit]{
		Name: "appointments", Filters: filters, Columns: r.visitColumns(), Empty: "appointments.empty",
		Fetch: func(page query) ([]booking.Visit, int, error) {
			q.Sort, q.Desc, q.Offset, q.Limit = page.Sort, page.Desc, page.Offset, page.Limit
			return r.d.Booking.Browse(r.ctx, q)
		},
		Links: r.extraLink(),
	}, nil
}

// extraLink leads to adding a place, for those who may.
func (r *request) extraLink(pairs ...string) []link {
	if !r.member.May(staff.AddPlaces) {
		return nil
	}
	return []link{{r.say("extra.go"), at("extra", pairs...)}}
}

func (r *request) visitColumns() []column[booking.Visit] {
	return []column[booking.Visit]{
		{Key: "id", Sort: true, Cell: func(v booking.Visit) cell {
			return cell{Text: itoa(v.Appointment.ID), Href: at("appointments/" + itoa(v.Appointment.ID))}
		}},
		{Key: "time", Sort: true, Cell: func(v booking.Visit) cell {
			t := v.Appointment.StartsAt.In(v.Hospital.Location())
			return cell{Text: t.Format("15:04"), Under: t.Format("2006-01-02")}
		}},
		{Key: "number", Cell: func(v booking.Visit) cell { return cell{Text: r.in(v.Appointment.Number())} }},
		{Key: "patient", Cell: r.patientCell},
		{Key: "doctor", Sort: true, Cell: func(v booking.Visit) cell { return cell{Text: r.in(v.Doctor.Name), Under: r.in(v.Department.Name)} }},
		{Key: "hospital", Cell: func(v booking.Visit) cell { return cell{Text: r.in(v.Hospital.Short)} }},
		{Key: "fee", Sort: true, Right: true, Cell: func(v booking.Visit) cell {
			c := cell{Text: yuan(v.Appointment.Fee)}
			if v.Appointment.Fee > 0 {
				c.Under = r.say(map[bool]string{true: "paid.online", false: "paid.desk"}[v.Paid])
			}
			return c
		}},
		{Key: "status", Sort: true, Cell: func(v booking.Visit) cell { return r.statusCell(v.Appointment.Status) }},
	}
}

func (r *request) patientCell(v booking.Visit) cell {
	c := cell{Text: booking.MaskName(v.Patient.Name), Under: booking.MaskPhone(v.Patient.Phone)}
	if r.member.May(staff.SeePatients) {
		c.Href = at("patients/" + itoa(v.Patient.ID))
	}
	return c
}

func (r *request) statusCell(s booking.Status) cell {
	return cell{Text: r.say("status." + string(s)), Tone: map[booking.Status]string{
		booking.Booked: "mute", booking.CheckedIn: "good", booking.Fulfilled: "good", booking.NoShow: "bad", booking.Held: "warn", booking.Offered: "warn",
		booking.Cancelled: "mute", booking.Expired: "mute",
	}[s]}
}

func (r *request) statusOptions() []option {
	list := []option{{Label: r.say("anything")}}
	for _, s := range booking.Statuses() {
		list = append(list, option{Value: string(s), Label: r.say("status." + string(s))})
	}
	return list
}

// dayAndPlace is what a list is about, with the choices of a hospital and a department.
func (r *request) dayAndPlace() (day, []field, error) {
	d, err := r.day()
	if err != nil {
		return d, nil, err
	}
	filters, err := r.placeFilters(d)
	return d, filters, err
}

// placeFilters are the choices of a hospital, and of a department once there is only one.
func (r *request) placeFilters(d day) ([]field, error) {
	hospitals, err := r.hospitalOptions(true)
	if err != nil {
		return nil, err
	}
	var list []field
	if len(hospitals) > 2 {
		list = append(list, r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(d.hospital), Options: hospitals}))
	}
	hospital := d.hospital
	if hospital == 0 {
		hospital = r.reach.Only()
	}
	if hospital == 0 {
		return list, nil
	}
	departments, err := r.departmentOptions(hospital)
	if err != nil {
		return nil, err
	}
	return append(list, r.field(field{Name: "department", Label: "field.department", Kind: "select", Value: itoa(r.number("department")), Options: departments})), nil
}

// departmentOptions are the departments of a hospital with doctors that are within reach.
func (r *request) departmentOptions(hospital booking.HospitalID) ([]option, error) {
	list := []option{{Value: "0", Label: r.say("all_departments")}}
	departments, err := r.leaves(hospital)
	for _, d := range departments {
		list = append(list, option{Value: itoa(d.ID), Label: r.in(d.Name)})
	}
	return list, err
}

// leaves are the departments of a hospital that have doctors and are within reach.
func (r *request) leaves(hospital booking.HospitalID) ([]booking.Department, error) {
	top, err := r.d.Booking.Departments(r.ctx, hospital, 0)
	if err != nil {
		return nil, err
	}
	var list []booking.Department
	for _, t := range top {
		below := []booking.Department{t}
		if !t.Leaf {
			if below, err = r.d.Booking.Departments(r.ctx, hospital, t.ID); err != nil {
				return nil, err
			}
		}
		for _, d := range below {
			if r.reach.Covers(d) {
				list = append(list, d)
			}
		}
	}
	return list, nil
}
