package desk

import (
	"fmt"
	"time"

	"guahao/booking"
	"guahao/internal/staff"
)

func templatesPage() page {
	return page{path: "templates", needs: staff.SeeDirectory, nav: "hospital", show: showTemplates, acts: []act{{name: "add", needs: staff.ChangeSchedules, do: addTemplate}}}
}

// showTemplates is the usual week of a department's doctors, and the form for one more session.
func showTemplates(r *request) (*view, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	all, err := r.d.Booking.Templates(r.ctx, p.hospital.ID, 0)
	if err != nil {
		return nil, err
	}
	t := &table{Heads: r.heads("doctor", "weekday", "session", "valid"), Empty: "templates.empty"}
	for _, tpl := range all {
		if p.has(tpl.Doctor) {
			t.Rows = append(t.Rows, []cell{{Text: r.doctorName(tpl.Doctor)},
				{Text: r.weekday(tpl.Weekday) + " " + r.say("period."+string(tpl.Period)), Href: at("templates/" + itoa(tpl.ID))}, {Text: r.sessionWords(tpl.Session)}, {Text: r.validWords(tpl)}})
		}
	}
	t.Count = r.say("list.count", len(t.Rows))
	v := &view{Title: r.say("page.templates"), Blocks: []block{
		{Forms: []form{{Action: at("templates"), Get: true, Inline: true, Label: "list.filter", Fields: p.place()}}},
		{Title: r.in(p.department.Name), Table: t},
	}}
	if r.may(staff.ChangeSchedules, p.department) {
		tpl := booking.Template{Weekday: time.Monday, Session: booking.Session{Period: booking.Morning, Kind: booking.General, Fee: booking.FeeByPolicy, StartMinute: 480, SlotMinutes: 30, Slots: 8, PerSlot: 3}}
		f := form{Action: at("templates/add"), Label: "change.preview", Tone: "primary", Rows: true, Fields: append(p.hidden(),
			r.field(field{Name: "doctor", Label: "col.doctor", Kind: "select", Value: r.value("doctor"), Required: true, Options: r.doctorOptions(p, "choose")}))}
		f.Fields = append(f.Fields, r.templateFields(tpl)...)
		v.Blocks = append(v.Blocks, block{Title: r.say("template.new"), Text: r.say("template.note"), Forms: []form{f}})
	}
	return v, nil
}

func (r *request) templateFields(t booking.Template) []field {
	var days []option
	for _, d := range []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday, booking.OnHolidays} {
		days = append(days, option{Value: itoa(d), Label: r.weekday(d)})
	}
	list := append([]field{r.field(field{Name: "weekday", Label: "col.weekday", Kind: "select", Value: itoa(t.Weekday), Options: days})}, r.sessionFields(t.Session)...)
	return append(list,
		r.field(field{Name: "from", Label: "template.from", Kind: "date", Value: string(t.ValidFrom), Hint: r.say("template.from_hint")}),
		r.field(field{Name: "to", Label: "template.to", Kind: "date", Value: string(t.ValidTo), Hint: r.say("template.to_hint")}))
}

// templateOf reads the fields of a template.
func (r *request) templateOf(t booking.Template) (booking.Template, error) {
	s, err := r.session()
	if err != nil {
		return t, err
	}
	t.Session, t.Weekday, t.ValidFrom, t.ValidTo = s, time.Weekday(r.number("weekday")), booking.Date(r.value("from")), booking.Date(r.value("to"))
	return t, nil
}

func (r *request) validWords(t booking.Template) string {
	switch {
	case t.ValidFrom == "" && t.ValidTo == "":
		return r.say("template.always")
	case t.ValidTo == "":
		return r.say("template.since", t.ValidFrom)
	case t.ValidFrom == "":
		return r.say("template.until", t.ValidTo)
	}
	return fmt.Sprintf("%s – %s", t.ValidFrom, t.ValidTo)
}

func (r *request) templateName(t booking.Template) string {
	return fmt.Sprintf("%s · %s %s", r.doctorName(t.Doctor), r.weekday(t.Weekday), r.say("period."+string(t.Period)))
}

func (r *request) templateWords(t *booking.Template) string {
	if t == nil {
		return ""
	}
	return fmt.Sprintf("%s %s · %s · %s", r.weekday(t.Weekday), r.say("period."+string(t.Period)), r.sessionWords(t.Session), r.validWords(*t))
}

func addTemplate(r *request) (string, error) {
	p, err := r.plan()
	if err != nil {
		return "", err
	}
	t, err := r.templateOf(booking.Template{Doctor: booking.DoctorID(r.number("doctor"))})
	if err != nil {
		return "", err
	}
	return r.propose(p.hospital.ID, booking.ScheduleChange{Template: &t})
}

func templatePage() page {
	return page{path: "templates/{id}", needs: staff.SeeDirectory, show: showTemplate, acts: []act{
		{name: "set", needs: staff.ChangeSchedules, do: setTemplate},
		{name: "end", needs: staff.ChangeSchedules, do: endTemplate},
	}}
}

// template reads the template of the address; one outside of the reach does not exist.
func (r *request) template() (booking.Template, booking.Department, error) {
	id, err := r.id()
	if err != nil {
		return booking.Template{}, booking.Department{}, err
	}
	t, err := r.d.Booking.Template(r.ctx, booking.TemplateID(id))
	if err != nil {
		return t, booking.Department{}, err
	}
	d, err := r.d.Booking.Department(r.ctx, t.Department)
	if err == nil && !r.reach.Covers(d) {
		err = booking.ErrNotFound
	}
	return t, d, err
}

// showTemplate is one session of a usual week. A change holds from a day on: the session as it was ends the day before.
func showTemplate(r *request) (*view, error) {
	t, d, err := r.template()
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.templateName(t), Up: []link{{r.say("page.templates"), at("templates", "hospital", itoa(t.Hospital), "department", itoa(t.Department))}}, Blocks: []block{
		{Facts: []fact{{r.say("col.session"), cell{Text: r.sessionWords(t.Session)}}, {r.say("col.valid"), cell{Text: r.validWords(t)}}, {r.say("col.department"), cell{Text: r.in(d.Name)}}}},
	}}
	if !r.may(staff.ChangeSchedules, d) {
		return v, nil
	}
	today := string(booking.DateOf(r.d.Now(), r.zone()))
	base := func() []field {
		return []field{{Name: "key", Kind: "hidden", Value: newKey()}, {Name: "base", Kind: "hidden", Value: itoa(t.Version)}}
	}
	path := "templates/" + itoa(t.ID) + "/"
	v.Blocks = append(v.Blocks,
		block{Title: r.say("template.change"), Text: r.say("template.change_note"), Forms: []form{{Action: at(path + "set"), Label: "change.preview", Tone: "primary", Rows: true, Fields: append(base(), r.templateFields(t)...)}}},
		block{Title: r.say("template.end"), Text: r.say("template.end_note"), Forms: []form{{Action: at(path + "end"), Label: "change.preview", Tone: "danger", Fields: append(base(),
			r.field(field{Name: "last_from", Label: "template.end_from", Kind: "date", Value: today, Required: true}),
			r.field(field{Name: "note", Label: "field.patient_note", Kind: "text", Max: 200, Hint: r.say("clinic.note_hint")}))}}})
	return v, nil
}

// setTemplate changes a session. When the change holds from a later day than the session does, that one ends before, and a new one follows.
func setTemplate(r *request) (string, error) {
	was, _, err := r.template()
	if err != nil {
		return "", err
	}
	next, err := r.templateOf(was)
	if err != nil {
		return "", err
	}
	next.Version = int(r.number("base"))
	if next.ValidFrom <= was.ValidFrom {
		return r.propose(was.Hospital, booking.ScheduleChange{Template: &next})
	}
	from := next.ValidFrom
	next.ID, next.Version = 0, 0
	return r.propose(was.Hospital, booking.ScheduleChange{EndTemplate: &booking.TemplateEnd{ID: was.ID, Base: int(r.number("base")), From: from}}, booking.ScheduleChange{Template: &next})
}

func endTemplate(r *request) (string, error) {
	t, _, err := r.template()
	if err != nil {
		return "", err
	}
	return r.propose(t.Hospital, booking.ScheduleChange{EndTemplate: &booking.TemplateEnd{ID: t.ID, Base: int(r.number("base")), From: booking.Date(r.value("last_from"))}})
}
