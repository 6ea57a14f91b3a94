package desk

import (
	"errors"
	"slices"

	"guahao/booking"
	"guahao/internal/money"
	"guahao/internal/staff"
)

func hospitalsPage() page {
	return page{path: "directory/hospitals", needs: staff.SeeDirectory, show: showHospitals}
}

func showHospitals(r *request) (*view, error) {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil {
		return nil, err
	}
	t := &table{Heads: r.heads("hospital", "phone", "address"), Empty: "list.empty"}
	for _, h := range hospitals {
		if r.reach.Touches(h.ID) {
			t.Rows = append(t.Rows, []cell{{Text: r.in(h.Name), Under: r.in(h.Short), Href: at("directory/hospitals/" + itoa(h.ID))}, {Text: h.Phone}, {Text: r.in(h.Address)}})
		}
	}
	t.Count = r.say("list.count", len(t.Rows))
	return &view{Title: r.say("directory.hospitals"), Up: []link{{r.say("page.directory"), at("directory")}}, Blocks: []block{{Table: t}}}, nil
}

func departmentsPage() page {
	return page{path: "directory/departments", needs: staff.SeeDirectory, show: showDepartments}
}

func showDepartments(r *request) (*view, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	departments, err := r.leaves(p.hospital.ID)
	if err != nil {
		return nil, err
	}
	t := &table{Heads: r.heads("code", "department", "floor"), Count: r.say("list.count", len(departments)), Empty: "list.empty"}
	for _, d := range departments {
		t.Rows = append(t.Rows, []cell{{Text: d.Code, Mono: true}, {Text: r.in(d.Name), Href: at("directory/departments/" + itoa(d.ID))}, {Text: r.in(d.Floor)}})
	}
	v := &view{Title: r.say("directory.departments"), Up: []link{{r.say("page.directory"), at("directory")}}}
	if hospitals := p.filters[:len(p.filters)-2]; len(hospitals) > 0 {
		v.Blocks = append(v.Blocks, block{Forms: []form{{Action: at("directory/departments"), Get: true, Inline: true, Label: "list.filter", Fields: hospitals}}})
	}
	v.Blocks = append(v.Blocks, block{Title: r.in(p.hospital.Name), Table: t})
	return v, nil
}

// text gives the two fields of a text in both languages.
func (r *request) text(name, label string, t booking.Text, max int, need bool) []field {
	return []field{
		r.field(field{Name: name + "_zh", Label: r.say(label) + " · 中文", Kind: "text", Value: t.ZH, Max: max, Required: need}),
		r.field(field{Name: name + "_en", Label: r.say(label) + " · English", Kind: "text", Value: t.EN, Max: 2 * max}),
	}
}

func (r *request) textOf(name string) booking.Text {
	return booking.Text{ZH: r.value(name + "_zh"), EN: r.value(name + "_en")}
}

// edited says how an edit went. Who is overtaken sees what is there now beside what was typed.
func (r *request) edited(err error, now func() ([]change, error)) (string, error) {
	if errors.Is(err, &booking.Error{Code: booking.CodeOvertaken}) {
		changes, failed := now()
		if failed != nil {
			return "", failed
		}
		r.also = []block{{Title: r.say("directory.overtaken"), Text: r.say("directory.overtaken_note"), Tone: "warn", Changes: changes}}
	}
	if err != nil {
		return "", err
	}
	r.notice("directory.done")
	return "", nil
}

// differing leaves the lines out that are alike.
func differing(list ...change) []change {
	return slices.DeleteFunc(list, func(c change) bool { return c.Before == c.After })
}

func both(t booking.Text) string { return t.ZH + "\n" + t.EN }

func hospitalPage() page {
	return page{path: "directory/hospitals/{id}", needs: staff.SeeDirectory, show: showHospital, acts: []act{{name: "set", needs: staff.ChangeDirectory, do: setHospital}}}
}

// hospital reads the hospital of the address; one outside of the reach does not exist.
func (r *request) hospital() (booking.Hospital, error) {
	id, err := r.id()
	if err != nil {
		return booking.Hospital{}, err
	}
	h, err := r.d.Booking.Hospital(r.ctx, booking.HospitalID(id))
	if err == nil && !r.reach.Touches(h.ID) {
		err = booking.ErrNotFound
	}
	return h, err
}

func showHospital(r *request) (*view, error) {
	h, err := r.hospital()
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.in(h.Name), Up: []link{{r.say("page.directory"), at("directory")}, {r.say("directory.hospitals"), at("directory/hospitals")}}, Blocks: []block{{Facts: []fact{
		{r.say("directory.name"), cell{Text: h.Name.ZH, Under: h.Name.EN}}, {r.say("directory.short"), cell{Text: h.Short.ZH, Under: h.Short.EN}}, {r.say("directory.level"), cell{Text: h.Level.ZH, Under: h.Level.EN}},
		{r.say("col.address"), cell{Text: h.Address.ZH, Under: h.Address.EN}}, {r.say("col.phone"), cell{Text: h.Phone}}, {r.say("directory.emergency"), cell{Text: orDash(h.Emergency.ZH), Under: h.Emergency.EN}},
	}}}}
	if !r.member.Reach(staff.ChangeDirectory).Whole(h.ID) {
		return v, nil
	}
	f := form{Action: at("directory/hospitals/" + itoa(h.ID) + "/set"), Label: "directory.save", Tone: "primary", Fields: slices.Concat(
		[]field{{Name: "base", Kind: "hidden", Value: itoa(h.Version)}}, r.text("name", "directory.name", h.Name, 100, true), r.text("short", "directory.short", h.Short, 50, true),
		r.text("level", "directory.level", h.Level, 50, false), r.text("address", "col.address", h.Address, 150, false),
		[]field{r.field(field{Name: "phone", Label: "col.phone", Kind: "text", Value: h.Phone, Max: 40})}, r.text("emergency", "directory.emergency", h.Emergency, 150, false))}
	v.Blocks = append(v.Blocks, block{Title: r.say("directory.edit"), Text: r.say("directory.edit_note"), Forms: []form{f}})
	return v, nil
}

func setHospital(r *request) (string, error) {
	h, err := r.hospital()
	if err != nil {
		return "", err
	}
	if !r.reach.Whole(h.ID) {
		return "", refuse("error.outside")
	}
	next := h
	next.Version, next.Name, next.Short, next.Level, next.Address = int(r.number("base")), r.textOf("name"), r.textOf("short"), r.textOf("level"), r.textOf("address")
	next.Phone, next.Emergency = r.value("phone"), r.textOf("emergency")
	return r.edited(r.d.Booking.SetHospital(r.ctx, next), func() ([]change, error) {
		return differing(change{r.say("directory.name"), both(h.Name), both(next.Name)}, change{r.say("directory.short"), both(h.Short), both(next.Short)},
			change{r.say("directory.level"), both(h.Level), both(next.Level)}, change{r.say("col.address"), both(h.Address), both(next.Address)},
			change{r.say("col.phone"), h.Phone, next.Phone}, change{r.say("directory.emergency"), both(h.Emergency), both(next.Emergency)}), nil
	})
}

func departmentPage() page {
	return page{path: "directory/departments/{id}", needs: staff.SeeDirectory, show: showDepartment, acts: []act{{name: "set", needs: staff.ChangeDirectory, do: setDepartment}}}
}

func (r *request) department() (booking.Department, error) {
	id, err := r.id()
	if err != nil {
		return booking.Department{}, err
	}
	d, err := r.d.Booking.Department(r.ctx, booking.DepartmentID(id))
	if err == nil && !r.reach.Covers(d) {
		err = booking.ErrNotFound
	}
	return d, err
}

func showDepartment(r *request) (*view, error) {
	d, err := r.department()
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.in(d.Name), Up: []link{{r.say("page.directory"), at("directory")}, {r.say("directory.departments"), at("directory/departments", "hospital", itoa(d.Hospital))}}, Blocks: []block{{Facts: []fact{
		{r.say("directory.name"), cell{Text: d.Name.ZH, Under: d.Name.EN}}, {r.say("col.floor"), cell{Text: d.Floor.ZH, Under: d.Floor.EN}}, {r.say("col.hospital"), cell{Text: r.hospitalName(d.Hospital)}},
	}}}}
	if r.may(staff.ChangeDirectory, d) {
		v.Blocks = append(v.Blocks, block{Title: r.say("directory.edit"), Text: r.say("directory.edit_note"), Forms: []form{{Action: at("directory/departments/" + itoa(d.ID) + "/set"), Label: "directory.save", Tone: "primary", Fields: slices.Concat(
			[]field{{Name: "base", Kind: "hidden", Value: itoa(d.Version)}}, r.text("name", "directory.name", d.Name, 100, true), r.text("floor", "col.floor", d.Floor, 100, false))}}})
	}
	return v, nil
}

func setDepartment(r *request) (string, error) {
	d, err := r.department()
	if err != nil {
		return "", err
	}
	next := d
	next.Version, next.Name, next.Floor = int(r.number("base")), r.textOf("name"), r.textOf("floor")
	return r.edited(r.d.Booking.SetDepartment(r.ctx, next), func() ([]change, error) {
		return differing(change{r.say("directory.name"), both(d.Name), both(next.Name)}, change{r.say("col.floor"), both(d.Floor), both(next.Floor)}), nil
	})
}

func doctorPage() page {
	return page{path: "directory/doctors/{id}", needs: staff.SeeDirectory, show: showDoctor, acts: []act{
		{name: "set", needs: staff.ChangeDirectory, do: setDoctor},
		{name: "sessions", needs: staff.ChangeSchedules, do: setSessions},
	}}
}

// doctor reads the doctor of the address, and the department; one outside of the reach does not exist.
func (r *request) doctor() (booking.Doctor, booking.Department, error) {
	id, err := r.id()
	if err != nil {
		return booking.Doctor{}, booking.Department{}, err
	}
	who, err := r.d.Booking.Doctor(r.ctx, booking.DoctorID(id))
	if err != nil {
		return who, booking.Department{}, err
	}
	d, err := r.d.Booking.Department(r.ctx, who.Department)
	if err == nil && !r.reach.Covers(d) {
		err = booking.ErrNotFound
	}
	return who, d, err
}

// showDoctor is a doctor with the sessions of the usual week.
func showDoctor(r *request) (*view, error) {
	who, d, err := r.doctor()
	if err != nil {
		return nil, err
	}
	templates, err := r.d.Booking.Templates(r.ctx, who.Hospital, who.ID)
	if err != nil {
		return nil, err
	}
	where := []string{"hospital", itoa(d.Hospital), "department", itoa(d.ID)}
	v := &view{Title: r.in(who.Name), Up: []link{{r.say("page.directory"), at("directory")}}, Links: []link{{r.say("page.schedule"), at("schedule", where...)}}, Blocks: []block{{Facts: []fact{
		{r.say("directory.name"), cell{Text: who.Name.ZH, Under: who.Name.EN}}, {r.say("col.rank"), cell{Text: r.say("title." + string(who.Title))}},
		{r.say("col.department"), cell{Text: r.in(d.Name), Under: r.hospitalName(d.Hospital)}}, {r.say("col.code"), cell{Text: who.Code, Mono: true}},
		{r.say("col.speciality"), cell{Text: orDash(who.Speciality.ZH), Under: who.Speciality.EN}},
	}}}}
	t := &table{Heads: r.heads("weekday", "session", "valid"), Count: r.say("list.count", len(templates)), Empty: "templates.empty"}
	for _, tpl := range templates {
		t.Rows = append(t.Rows, []cell{{Text: r.weekday(tpl.Weekday) + " " + r.say("period."+string(tpl.Period)), Href: at("templates/" + itoa(tpl.ID))}, {Text: r.sessionWords(tpl.Session)}, {Text: r.validWords(tpl)}})
	}
	if r.may(staff.ChangeDirectory, d) {
		v.Blocks = append(v.Blocks, r.doctorForm(who))
	}
	week := block{Title: r.say("page.templates"), Table: t}
	if len(templates) > 0 && r.may(staff.ChangeSchedules, d) {
		week.Forms = []form{{Action: at("directory/doctors/" + itoa(who.ID) + "/sessions"), Label: "change.preview", Title: r.say("doctor.sessions"), Note: r.say("doctor.sessions_note"), Fields: []field{
			{Name: "key", Kind: "hidden", Value: newKey()},
			r.field(field{Name: "room", Label: "col.room", Kind: "text", Max: 50}),
			r.field(field{Name: "fee", Label: "session.fee", Kind: "text", Max: 12}),
		}}}
	}
	v.Blocks = append(v.Blocks, week)
	return v, nil
}

func (r *request) doctorForm(who booking.Doctor) block {
	var titles []option
	for _, t := range []booking.Title{booking.Chief, booking.AssociateChief, booking.Attending, booking.Resident} {
		titles = append(titles, option{Value: string(t), Label: r.say("title." + string(t))})
	}
	return block{Title: r.say("directory.edit"), Text: r.say("directory.edit_note"), Forms: []form{{Action: at("directory/doctors/" + itoa(who.ID) + "/set"), Label: "directory.save", Tone: "primary", Fields: slices.Concat(
		[]field{{Name: "base", Kind: "hidden", Value: itoa(who.Version)}}, r.text("name", "directory.name", who.Name, 100, true),
		[]field{r.field(field{Name: "title", Label: "col.rank", Kind: "select", Value: string(who.Title), Options: titles})}, r.text("speciality", "col.speciality", who.Speciality, 300, false))}}}
}

func setDoctor(r *request) (string, error) {
	who, _, err := r.doctor()
	if err != nil {
		return "", err
	}
	next := who
	next.Version, next.Name, next.Title, next.Speciality = int(r.number("base")), r.textOf("name"), booking.Title(r.value("title")), r.textOf("speciality")
	return r.edited(r.d.Booking.SetDoctor(r.ctx, next), func() ([]change, error) {
		return differing(change{r.say("directory.name"), both(who.Name), both(next.Name)}, change{r.say("col.rank"), r.say("title." + string(who.Title)), r.say("title." + string(next.Title))},
			change{r.say("col.speciality"), both(who.Speciality), both(next.Speciality)}), nil
	})
}

// setSessions gives all sessions of a doctor's usual week another room or fee, as a change set.
func setSessions(r *request) (string, error) {
	who, _, err := r.doctor()
	if err != nil {
		return "", err
	}
	templates, err := r.d.Booking.Templates(r.ctx, who.Hospital, who.ID)
	if err != nil {
		return "", err
	}
	room, fee := r.value("room"), r.value("fee")
	if room == "" && fee == "" {
		return "", refuse("doctor.nothing")
	}
	var changes []booking.ScheduleChange
	for _, t := range templates {
		was := t
		if room != "" {
			t.Room = room
		}
		if fee != "" {
			if t.Fee, err = money.Parse(fee); err != nil {
				return "", refuse("session.bad_fee")
			}
		}
		if ended := t.ValidTo != "" && t.ValidTo < booking.DateOf(r.d.Now(), r.zone()); t != was && !ended {
			changes = append(changes, booking.ScheduleChange{Template: &t})
		}
	}
	if len(changes) == 0 {
		return "", refuse("policy.nothing")
	}
	return r.propose(who.Hospital, changes...)
}
