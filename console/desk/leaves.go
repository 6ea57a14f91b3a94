package desk

import (
	"fmt"
	"strings"

	"guahao/booking"
	"guahao/internal/staff"
)

func leavesPage() page {
	return page{path: "leaves", needs: staff.SeeDirectory, nav: "work", show: showLeaves, acts: []act{
		{name: "add", needs: staff.ChangeSchedules, do: addLeave},
		{name: "end", needs: staff.ChangeSchedules, do: endLeave},
	}}
}

// showLeaves is which doctors of a department do not come, and the form for one more.
func showLeaves(r *request) (*view, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	today := booking.DateOf(r.d.Now(), p.zone)
	all, err := r.d.Booking.Leaves(r.ctx, p.hospital.ID, today)
	if err != nil {
		return nil, err
	}
	change := r.may(staff.ChangeSchedules, p.department)
	t := &table{Heads: r.heads("doctor", "days", "halves", "substitute"), Empty: "leaves.empty"}
	var back []form
	for _, l := range all {
		if !p.has(l.Doctor) {
			continue
		}
		row := []cell{{Text: r.doctorName(l.Doctor)}, {Text: string(l.First), Under: string(l.Last)}, {Text: r.halvesWords(l.Halves)}, {Text: "–"}}
		if l.Substitute != 0 {
			row[3].Text = r.doctorName(l.Substitute)
		}
		t.Rows = append(t.Rows, row)
		if change {
			back = append(back, form{Action: at("leaves/end"), Label: "leave.back", Fold: true, Title: fmt.Sprintf("%s · %s – %s", r.doctorName(l.Doctor), l.First, l.Last), Note: r.say("leave.back_note"),
				Fields: append(p.hidden(), field{Name: "leave", Kind: "hidden", Value: itoa(l.ID)}, field{Name: "base", Kind: "hidden", Value: itoa(l.Version)},
					r.field(field{Name: "from", Label: "leave.back_on", Kind: "date", Value: string(max(today, l.First)), Required: true}))})
		}
	}
	t.Count = r.say("list.count", len(t.Rows))
	v := &view{Title: r.say("page.leaves"), Links: []link{{r.say("page.schedule"), p.address()}}, Blocks: []block{
		{Forms: []form{{Action: at("leaves"), Get: true, Inline: true, Label: "list.filter", Fields: p.place()}}},
		{Title: r.in(p.department.Name), Table: t, Forms: back},
	}}
	if change {
		v.Blocks = append(v.Blocks, block{Title: r.say("leave.new"), Text: r.say("leave.note"), Forms: []form{r.leaveForm(p, today)}})
	}
	return v, nil
}

func (p plan) has(id booking.DoctorID) bool {
	for _, d := range p.doctors {
		if d.ID == id {
			return true
		}
	}
	return false
}

func (r *request) leaveForm(p plan, today booking.Date) form {
	fields := append(p.hidden(),
		r.field(field{Name: "doctor", Label: "col.doctor", Kind: "select", Value: r.value("doctor"), Required: true, Options: r.doctorOptions(p, "choose")}),
		r.field(field{Name: "first", Label: "leave.first", Kind: "date", Value: string(today.Add(1)), Required: true}),
		r.field(field{Name: "last", Label: "leave.last", Kind: "date", Value: string(today.Add(1)), Required: true}))
	for _, h := range []booking.Period{booking.Morning, booking.Afternoon, booking.Evening} {
		checked := ""
		if r.Method != "POST" || r.value("half_"+string(h)) != "" {
			checked = "1"
		}
		fields = append(fields, field{Name: "half_" + string(h), Label: r.say("period." + string(h)), Kind: "checkbox", Value: checked})
	}
	fields = append(fields,
		r.field(field{Name: "substitute", Label: "col.substitute", Kind: "select", Value: r.value("substitute"), Options: r.doctorOptions(p, "leave.nobody")}),
		r.field(field{Name: "note", Label: "field.patient_note", Kind: "text", Max: 200, Hint: r.say("clinic.note_hint")}))
	return form{Action: at("leaves/add"), Label: "change.preview", Tone: "primary", Rows: true, Fields: fields}
}

func (r *request) halvesWords(halves []booking.Period) string {
	if len(halves) == 0 {
		return r.say("leave.all_day")
	}
	var words []string
	for _, h := range halves {
		words = append(words, r.say("period."+string(h)))
	}
	return strings.Join(words, " ")
}

func (r *request) leaveWords(l *booking.Leave) string {
	if l == nil {
		return ""
	}
	text := fmt.Sprintf("%s – %s · %s", l.First, l.Last, r.halvesWords(l.Halves))
	if l.Substitute != 0 {
		text += " · " + r.say("col.substitute") + " " + r.doctorName(l.Substitute)
	}
	return text
}

func addLeave(r *request) (string, error) {
	p, err := r.plan()
	if err != nil {
		return "", err
	}
	l := booking.Leave{Doctor: booking.DoctorID(r.number("doctor")), First: booking.Date(r.value("first")), Last: booking.Date(r.value("last")), Substitute: booking.DoctorID(r.number("substitute"))}
	for _, h := range []booking.Period{booking.Morning, booking.Afternoon, booking.Evening} {
		if r.value("half_"+string(h)) != "" {
			l.Halves = append(l.Halves, h)
		}
	}
	switch len(l.Halves) {
	case 0:
		return "", refuse("leave.no_half")
	case 3:
		l.Halves = nil
	}
	return r.propose(p.hospital.ID, booking.ScheduleChange{Leave: &l})
}

func endLeave(r *request) (string, error) {
	p, err := r.plan()
	if err != nil {
		return "", err
	}
	return r.propose(p.hospital.ID, booking.ScheduleChange{EndLeave: &booking.LeaveEnd{ID: r.number("leave"), Base: int(r.number("base")), From: booking.Date(r.value("from"))}})
}
