package desk

import (
	"slices"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/internal/staff"
)

// priorityBlock is what is stated about a patient for weighted draws, for those who may state it.
func (r *request) priorityBlock(p booking.Patient) ([]block, error) {
	reach := r.member.Reach(staff.AttendAppointments)
	if reach.Nowhere() {
		return nil, nil
	}
	stated, err := r.d.Booking.Priorities(r.ctx, p.ID)
	if err != nil {
		return nil, err
	}
	b := block{Title: r.say("priority.title"), Text: r.say("priority.note")}
	for _, one := range stated {
		d, err := r.d.Booking.Department(r.ctx, one.Department)
		if err != nil {
			return nil, err
		}
		if !reach.Covers(d) {
			continue
		}
		b.Facts = append(b.Facts, fact{r.say("priority." + string(one.Ground)), cell{Text: r.departmentName(one.Department), Under: r.say("priority.until", one.Until)}})
		b.Forms = append(b.Forms, form{Action: at("patients/" + itoa(p.ID) + "/unstate"), Label: "priority.withdraw", Fold: true, Note: r.say("priority." + string(one.Ground)), Fields: []field{
			{Name: "id", Kind: "hidden", Value: itoa(one.ID)}, r.field(field{Name: "why", Label: "field.reason", Kind: "text", Required: true, Max: 200}),
		}})
	}
	departments, err := r.statedIn(reach)
	if err != nil || len(departments) == 0 {
		return nil, err
	}
	b.Forms = append([]form{{Action: at("patients/" + itoa(p.ID) + "/state"), Label: "priority.state", Fold: true, Note: r.say("priority.state_note"), Fields: []field{
		r.field(field{Name: "ground", Label: "priority.ground", Kind: "select", Options: []option{
			{Value: string(allocation.ForUrgency), Label: r.say("priority.urgent")}, {Value: string(allocation.ForReferral), Label: r.say("priority.referral")},
		}}),
		r.field(field{Name: "department", Label: "col.department", Kind: "select", Options: departments}),
		{Name: "until", Label: "priority.until_field", Kind: "date", Required: true},
		r.field(field{Name: "why", Label: "field.reason", Kind: "text", Required: true, Max: 200}),
	}}}, b.Forms...)
	return []block{b}, nil
}

// statedIn are the departments with doctors within a reach.
func (r *request) statedIn(reach booking.Reach) ([]option, error) {
	all, err := r.d.Booking.Directory(r.ctx)
	if err != nil {
		return nil, err
	}
	var list []option
	for _, d := range all.Departments {
		if d.Leaf && reach.Covers(d) {
			list = append(list, option{Value: itoa(d.ID), Label: r.hospitalName(d.Hospital) + " · " + r.in(d.Name)})
		}
	}
	return list, nil
}

func statePriority(r *request) (string, error) {
	p, err := r.patient()
	if err != nil {
		return "", err
	}
	d, err := r.d.Booking.Department(r.ctx, booking.DepartmentID(r.number("department")))
	if err != nil {
		return "", err
	}
	if !r.may(staff.AttendAppointments, d) {
		return "", booking.ErrNotFound
	}
	_, err = r.d.Booking.StatePriority(r.ctx, booking.NewPriority{
		Staff: r.member.ID, Patient: p.ID, Department: d.ID, Ground: allocation.Ground(r.value("ground")), Until: booking.Date(r.value("until")), Why: r.value("why"),
	})
	if err != nil {
		return "", err
	}
	r.notice("priority.stated")
	return "", nil
}

func withdrawPriority(r *request) (string, error) {
	p, err := r.patient()
	if err != nil {
		return "", err
	}
	if r.value("why") == "" {
		return "", refuse("error.reason")
	}
	stated, err := r.d.Booking.Priorities(r.ctx, p.ID)
	if err != nil {
		return "", err
	}
	id := booking.PriorityID(r.number("id"))
	at := slices.IndexFunc(stated, func(one booking.Priority) bool { return one.ID == id })
	if at < 0 {
		return "", booking.ErrNotFound
	}
	d, err := r.d.Booking.Department(r.ctx, stated[at].Department)
	if err != nil {
		return "", err
	}
	if !r.may(staff.AttendAppointments, d) {
		return "", booking.ErrNotFound
	}
	if err := r.d.Booking.WithdrawPriority(r.ctx, p.ID, id, r.value("why")); err != nil {
		return "", err
	}
	r.notice("priority.withdrawn")
	return "", nil
}
