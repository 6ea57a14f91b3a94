package desk

import (
	"strconv"

	"guahao/booking"
	"guahao/internal/staff"
	"guahao/reminders"
)

func broadcastsPage() page {
	return page{path: "broadcasts", needs: staff.SeeBroadcasts, nav: "talk", list: broadcastsList, acts: []act{
		{name: "send", needs: staff.SendBroadcasts, do: sendBroadcast},
	}}
}

// broadcastsList is what was written to many, and what became of it.
func broadcastsList(r *request) (lister, error) {
	above := []block{}
	if r.member.May(staff.SendBroadcasts) {
		f, err := r.broadcastForm()
		if err != nil {
			return nil, err
		}
		above = append(above, block{Title: r.say("broadcast.new"), Fold: true, Forms: []form{f}})
	}
	return listing[reminders.Written]{
		Name: "broadcasts", Above: above, Empty: "broadcasts.empty",
		Columns: []column[reminders.Written]{
			{Key: "id", Cell: func(b reminders.Written) cell { return cell{Text: itoa(b.ID)} }},
			{Key: "at", Cell: func(b reminders.Written) cell { return cell{Text: r.moment(b.CreatedAt), Under: r.staffName(b.Staff)} }},
			{Key: "audience", Cell: func(b reminders.Written) cell { return cell{Text: r.audienceWords(b.All, b.Filter)} }},
			{Key: "text", Cell: func(b reminders.Written) cell { return cell{Text: b.Text} }},
			{Key: "sent", Right: true, Cell: func(b reminders.Written) cell {
				return cell{Text: strconv.Itoa(b.Report.Sent), Under: r.say("today.of", b.Report.Total)}
			}},
			{Key: "failed", Right: true, Cell: func(b reminders.Written) cell {
				return cell{Text: strconv.Itoa(b.Report.Blocked + b.Report.Unreachable + b.Report.Failed)}
			}},
			{Key: "status", Cell: func(b reminders.Written) cell {
				if b.Report.Finished {
					return cell{Text: r.say("broadcast.finished"), Tone: "good"}
				}
				return cell{Text: r.say("broadcast.sending"), Tone: "warn"}
			}},
		},
		Fetch: func(q query) ([]reminders.Written, int, error) { return r.broadcasts(q) },
	}, nil
}

// broadcasts are those whose audience lies within reach.
func (r *request) broadcasts(q query) ([]reminders.Written, int, error) {
	if r.reach.Everywhere() {
		return r.d.Reminders.Browse(r.ctx, q.Offset, q.Limit)
	}
	all, _, err := r.d.Reminders.Browse(r.ctx, 0, maxExport)
	if err != nil {
		return nil, 0, err
	}
	var mine []reminders.Written
	for _, b := range all {
		if !b.All && r.reach.Touches(b.Filter.Hospital) {
			mine = append(mine, b)
		}
	}
	return sliced(mine, q)
}

func (r *request) staffName(id booking.StaffID) string {
	m, err := r.d.Staff.Member(r.ctx, id)
	if err != nil {
		return "#" + itoa(id)
	}
	return m.Name
}

func (r *request) audienceWords(all bool, f booking.AudienceFilter) string {
	switch {
	case all:
		return r.say("broadcast.everybody")
	case f.Hospital == 0:
		return r.say("broadcast.all_patients")
	}
	text := r.hospitalName(f.Hospital)
	if f.Department != 0 {
		text += " · " + r.departmentName(f.Department)
	}
	if f.Doctor != 0 {
		text += " · " + r.doctorName(f.Doctor)
	}
	if f.Date != "" {
		text += " · " + string(f.Date)
	}
	return text
}

// broadcastForm writes to patients who have a visit to come.
func (r *request) broadcastForm() (form, error) {
	reach := r.reach
	r.reach = r.member.Reach(staff.SendBroadcasts)
	defer func() { r.reach = reach }()
	hospitals, err := r.hospitalOptions(false)
	if err != nil {
		return form{}, err
	}
	departments := []option{{Value: "0", Label: r.say("all_departments")}}
	all, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil {
		return form{}, err
	}
	for _, h := range all {
		leaves, err := r.leaves(h.ID)
		if err != nil {
			return form{}, err
		}
		for _, d := range leaves {
			departments = append(departments, option{Value: itoa(d.ID), Label: r.in(h.Short) + " · " + r.in(d.Name)})
		}
	}
	return form{Action: at("broadcasts/send"), Label: "broadcast.preview", Tone: "primary", Note: r.say("broadcast.note"), Fields: []field{
		{Name: "key", Kind: "hidden", Value: newKey()},
		r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Options: hospitals, Required: true}),
		r.field(field{Name: "department", Label: "field.department", Kind: "select", Options: departments}),
		r.field(field{Name: "date", Label: "broadcast.date", Kind: "date", Hint: r.say("broadcast.date_hint")}),
		r.field(field{Name: "text", Label: "broadcast.text", Kind: "textarea", Rows: 5, Required: true, Max: reminders.MaxText}),
	}}, nil
}

// draft reads a broadcast from the form and refuses what is out of reach.
func (r *request) draft() (reminders.Draft, error) {
	d := reminders.Draft{Staff: r.member.ID, Account: r.member.Account, Text: r.value("text")}
	d.Filter = booking.AudienceFilter{Hospital: booking.HospitalID(r.number("hospital")), Department: booking.DepartmentID(r.number("department")), Date: booking.Date(r.value("date"))}
	if d.Filter.Date != "" && d.Filter.Date.In(r.zone()).IsZero() {
		return d, refuse("error.date")
	}
	if d.Filter.Department != 0 {
		dep, err := r.d.Booking.Department(r.ctx, d.Filter.Department)
		if err != nil {
			return d, err
		}
		d.Filter.Hospital = dep.Hospital
		if !r.reach.Covers(dep) {
			return d, staff.ErrOutside
		}
		return d, nil
	}
	if d.Filter.Hospital == 0 || !r.reach.Whole(d.Filter.Hospital) {
		return d, staff.ErrOutside
	}
	return d, nil
}

// sendBroadcast shows the message as patients will read it and how many they are, and sends it once that was confirmed.
func sendBroadcast(r *request) (string, error) {
	d, err := r.draft()
	if err != nil {
		return "", err
	}
	if n := len([]rune(d.Text)); n == 0 || n > reminders.MaxText {
		return "", refuse("error.text", reminders.MaxText)
	}
	count, err := r.d.Reminders.Count(r.ctx, d)
	if err != nil {
		return "", err
	}
	if count == 0 {
		return "", refuse("broadcast.nobody")
	}
	if r.value("sure") == "" {
		return answered, r.previewBroadcast(d, count)
	}
	if _, err := r.d.Reminders.StartBroadcast(r.ctx, d, "desk:"+r.value("key")); err != nil {
		return "", err
	}
	r.notice("broadcast.started", count)
	return at("broadcasts"), nil
}

func (r *request) previewBroadcast(d reminders.Draft, count int) error {
	text, err := r.d.Reminders.Preview(d, r.lang)
	if err != nil {
		return err
	}
	fields := []field{{Name: "sure", Kind: "hidden", Value: "1"}}
	for _, name := range []string{"key", "hospital", "department", "date", "text"} {
		fields = append(fields, field{Name: name, Kind: "hidden", Value: r.value(name)})
	}
	r.render(200, &view{Title: r.say("broadcast.new"), Up: []link{{r.say("page.broadcasts"), at("broadcasts")}}, page: broadcastsPage(), Blocks: []block{
		{Facts: []fact{{r.say("col.audience"), cell{Text: r.audienceWords(false, d.Filter)}}, {r.say("broadcast.count"), cell{Text: strconv.Itoa(count)}}}},
		{Title: r.say("broadcast.reads"), Pre: text},
		{Forms: []form{{Action: at("broadcasts/send"), Label: "broadcast.go", Tone: "primary", Note: r.say("broadcast.go_note"), Fields: fields}, {Action: at("broadcasts"), Get: true, Label: "broadcast.back"}}},
	}})
	return nil
}
