package desk

import (
	"fmt"

	"guahao/booking"
	"guahao/internal/staff"
)

// extraDays is for how many days ahead an extra place can be given here.
const extraDays = 14

func extraPage() page {
	return page{path: "extra", needs: staff.AddPlaces, show: showExtra, acts: []act{{name: "add", needs: staff.AddPlaces, do: addExtra}}}
}

// showExtra adds a place beyond a half-day's own (加号): who, then where, then the button.
func showExtra(r *request) (*view, error) {
	v := &view{Title: r.say("page.extra"), Up: []link{{r.say("page.appointments"), at("appointments")}}}
	p, found, err := r.extraPatient()
	if err != nil {
		return nil, err
	}
	keep := field{Name: "schedule", Kind: "hidden", Value: r.value("schedule")}
	who := form{Action: at("extra"), Get: true, Inline: true, Label: "extra.find", Fields: []field{
		r.field(field{Name: "document", Label: "patients.search", Kind: "search", Value: r.value("document"), Required: true}), keep,
	}}
	b := block{Title: r.say("extra.who"), Forms: []form{who}}
	switch {
	case found:
		b.Facts = []fact{{r.say("col.patient"), cell{Text: booking.MaskName(p.Name), Under: booking.MaskNumber(p.Number), Href: at("patients/" + itoa(p.ID))}}}
	case r.value("document") != "" || r.number("patient") != 0:
		b.Text, b.Tone = r.say("extra.unknown"), "warn"
	}
	v.Blocks = append(v.Blocks, b)
	if !found {
		return v, nil
	}
	where, err := r.extraPlaces(p)
	v.Blocks = append(v.Blocks, where)
	return v, err
}

// extraPatient is who the place is for: named by number, or found by a document.
func (r *request) extraPatient() (booking.Patient, bool, error) {
	if id := r.number("patient"); id != 0 {
		p, err := r.d.Booking.PatientWithin(r.ctx, booking.Reach{{}}, booking.PatientID(id))
		if booking.IsRefusal(err) {
			return p, false, nil
		}
		return p, err == nil, err
	}
	if r.value("document") == "" {
		return booking.Patient{}, false, nil
	}
	list, _, err := r.d.Booking.BrowsePatients(r.ctx, booking.Reach{{}}, r.value("document"), false, 0, 20)
	if err != nil {
		return booking.Patient{}, false, err
	}
	for _, line := range list {
		if line.Active {
			return line.Patient, true, nil
		}
	}
	return booking.Patient{}, false, nil
}

// extraPlaces is the form with the half-days that may get one more place.
func (r *request) extraPlaces(p booking.Patient) (block, error) {
	d, err := r.day()
	if err != nil {
		return block{}, err
	}
	q := booking.ClinicQuery{Reach: d.reach, First: d.date, Last: d.date.Add(extraDays), Status: booking.Open, Department: booking.DepartmentID(r.number("department")), Limit: 300}
	filters, err := r.placeFilters(d)
	if err != nil {
		return block{}, err
	}
	filters = append(filters, field{Name: "date", Label: "field.date", Kind: "date", Value: string(d.date)}, field{Name: "patient", Kind: "hidden", Value: itoa(p.ID)})
	clinics, _, err := r.d.Booking.BrowseClinics(r.ctx, q)
	if err != nil {
		return block{}, err
	}
	options := []option{{Label: r.say("choose")}}
	for _, c := range clinics {
		options = append(options, option{Value: itoa(c.ID), Label: fmt.Sprintf("%s %s · %s · %s (%d/%d)", c.Date, r.say("period."+string(c.Period)), r.departmentName(c.Department), r.doctorName(c.Doctor), c.Taken, c.Capacity)})
	}
	return block{Title: r.say("extra.where"), Text: r.say("extra.note"), Forms: []form{
		{Action: at("extra"), Get: true, Inline: true, Label: "list.filter", Fields: filters},
		{Action: at("extra/add"), Label: "extra.add", Tone: "primary", Fields: []field{
			{Name: "patient", Kind: "hidden", Value: itoa(p.ID)}, {Name: "key", Kind: "hidden", Value: newKey()},
			r.field(field{Name: "schedule", Label: "extra.half", Kind: "select", Required: true, Value: r.value("schedule"), Options: options}),
		}},
	}}, nil
}

func addExtra(r *request) (string, error) {
	c, err := r.d.Booking.Clinic(r.ctx, booking.ScheduleID(r.number("schedule")))
	if err != nil {
		return "", err
	}
	d, err := r.d.Booking.Department(r.ctx, c.Department)
	if err != nil {
		return "", err
	}
	if !r.reach.Covers(d) {
		return "", booking.ErrNotFound
	}
	patient := booking.PatientID(r.number("patient"))
	account, err := r.d.Booking.AccountOf(r.ctx, patient)
	if err != nil {
		return "", err
	}
	if account == 0 {
		return "", refuse("extra.no_account")
	}
	v, err := r.d.Booking.Overbook(r.ctx, booking.ExtraRequest{Staff: r.member.ID, Schedule: c.ID, Patient: patient, Account: account, Key: "desk:" + r.value("key")})
	if err != nil {
		return "", err
	}
	r.notice("extra.done", r.in(v.Appointment.Number()))
	return at("appointments/" + itoa(v.Appointment.ID)), nil
}
