package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/staff"
)

// grid is a table of days: a row for each doctor, with what each has on each day.
type grid struct {
	Label string
	Heads []gridHead
	Rows  []gridRow
}

type gridHead struct{ Text, Under, Tone string }

type gridRow struct {
	Head cell
	Days [][]chip
}

// chip is a half-day in a grid, or the place of one that can be added. Label is what is read out.
type chip struct{ Text, Under, Href, Tone, Label string }

func schedulePage() page {
	return page{path: "schedule", needs: staff.SeeDirectory, nav: "work", show: showSchedule}
}

// showSchedule is the calendar: the doctors of a department in a week.
func showSchedule(r *request) (*view, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	monday := p.date.Add(-(int(p.date.Weekday()) + 6) % 7)
	v := &view{Title: r.say("page.schedule"), Links: r.planLinks(p)}
	v.Blocks = append(v.Blocks, block{Forms: []form{{Action: at("schedule"), Get: true, Inline: true, Label: "list.filter", Fields: p.filters}}})
	g, err := r.weekGrid(p, monday)
	if err != nil {
		return nil, err
	}
	week := func(from booking.Date, key string) link {
		return link{r.say(key), at("schedule", "hospital", itoa(p.hospital.ID), "department", itoa(p.department.ID), "date", string(from))}
	}
	v.Links = append(v.Links, week(monday.Add(-7), "schedule.before"), week(booking.DateOf(r.d.Now(), p.zone), "schedule.now"), week(monday.Add(7), "schedule.after"))
	v.Blocks = append(v.Blocks, block{Title: fmt.Sprintf("%s · %s – %s", r.in(p.department.Name), monday, monday.Add(6)), Grid: g})
	return v, nil
}

// plan is the department and the day that a page of schedules is about.
type plan struct {
	hospital   booking.Hospital
	department booking.Department
	doctors    []booking.Doctor
	zone       *time.Location
	date       booking.Date
	filters    []field
}

// plan reads what the address asks for: the first hospital and department within reach where it says nothing.
func (r *request) plan() (plan, error) {
	var p plan
	hospitals, err := r.hospitalOptions(false)
	if err != nil {
		return p, err
	}
	if len(hospitals) == 0 {
		return p, booking.ErrNotFound
	}
	id := cmp.Or(r.number("hospital"), asNumber(hospitals[0].Value))
	if p.hospital, err = r.d.Booking.Hospital(r.ctx, booking.HospitalID(id)); err != nil || !r.reach.Touches(p.hospital.ID) {
		return p, booking.ErrNotFound
	}
	p.zone = p.hospital.Location()
	departments, err := r.leaves(p.hospital.ID)
	if err != nil {
		return p, err
	}
	if len(departments) == 0 {
		return p, booking.ErrNotFound
	}
	p.department = departments[0]
	var options []option
	for _, d := range departments {
		if int64(d.ID) == r.number("department") {
			p.department = d
		}
		options = append(options, option{Value: itoa(d.ID), Label: r.in(d.Name)})
	}
	summaries, err := r.d.Booking.Doctors(r.ctx, p.department.ID)
	for _, s := range summaries {
		p.doctors = append(p.doctors, s.Doctor)
	}
	p.date = booking.DateOf(r.d.Now(), p.zone)
	if day := booking.Date(r.value("date")); !day.In(time.UTC).IsZero() {
		p.date = day
	}
	if len(hospitals) > 1 {
		p.filters = append(p.filters, chosen(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(p.hospital.ID), Options: hospitals}))
	}
	p.filters = append(p.filters, chosen(field{Name: "department", Label: "field.department", Kind: "select", Value: itoa(p.department.ID), Options: options}),
		field{Name: "date", Label: "field.date", Kind: "date", Value: string(p.date)})
	return p, err
}

// place are the filters without the date.
func (p plan) place() []field { return p.filters[:len(p.filters)-1] }

func asNumber(text string) int64 {
	var n int64
	_, _ = fmt.Sscan(text, &n)
	return n
}

// planLinks lead to what can be done with the department's schedules.
func (r *request) planLinks(p plan) []link {
	if !r.may(staff.ChangeSchedules, p.department) {
		return nil
	}
	where := []string{"hospital", itoa(p.hospital.ID), "department", itoa(p.department.ID)}
	return []link{{r.say("schedule.new"), at("schedule/new", where...)}, {r.say("import.title"), at(importPath, where...)}, {r.say("page.leaves"), at("leaves", where...)}}
}

func (r *request) weekGrid(p plan, monday booking.Date) (*grid, error) {
	var ids []booking.DoctorID
	for _, d := range p.doctors {
		ids = append(ids, d.ID)
	}
	halves, err := r.d.Booking.HalfDays(r.ctx, ids, monday, monday.Add(6))
	if err != nil {
		return nil, err
	}
	calendar, _, err := r.d.Booking.Calendar(r.ctx, p.hospital.ID, monday)
	if err != nil {
		return nil, err
	}
	today := booking.DateOf(r.d.Now(), p.zone)
	g := &grid{Label: r.say("page.schedule"), Heads: []gridHead{{Text: r.say("col.doctor")}}}
	for i := range 7 {
		g.Heads = append(g.Heads, r.dayHead(monday.Add(i), today, calendar))
	}
	change := r.may(staff.ChangeSchedules, p.department)
	for _, d := range p.doctors {
		row := gridRow{Head: cell{Text: r.in(d.Name), Under: r.say("title." + string(d.Title)), Href: at("directory/doctors/" + itoa(d.ID))}}
		for i := range 7 {
			date := monday.Add(i)
			var chips []chip
			for _, h := range halves {
				if h.Doctor == d.ID && h.Date == date {
					chips = append(chips, r.halfChip(h, d))
				}
			}
			if change && date >= today && len(chips) < 3 {
				chips = append(chips, chip{Text: "+", Tone: "add", Href: at("schedule/new", "hospital", itoa(p.hospital.ID), "department", itoa(p.department.ID), "doctor", itoa(d.ID), "date", string(date)),
					Label: r.say("schedule.add_to", r.in(d.Name), date)})
			}
			row.Days = append(row.Days, chips)
		}
		g.Rows = append(g.Rows, row)
	}
	return g, nil
}

func (r *request) dayHead(date, today booking.Date, calendar []booking.CalendarDay) gridHead {
	h := gridHead{Text: r.weekday(date.Weekday()) + " " + string(date[5:])}
	if date == today {
		h.Tone, h.Under = "today", r.say("page.today")
	}
	if i := slices.IndexFunc(calendar, func(d booking.CalendarDay) bool { return d.Date == date }); i >= 0 && calendar[i].Kind != booking.OrdinaryDay {
		h.Tone, h.Under = "holiday", calendar[i].Name
		if calendar[i].Kind == booking.WorkDay {
			h.Under = r.say("day.worked_as", r.weekday(calendar[i].As))
		}
	}
	return h
}

func (r *request) weekday(day time.Weekday) string { return r.say(fmt.Sprintf("weekday.d%d", day)) }

func (r *request) halfChip(h booking.HalfDay, d booking.Doctor) chip {
	taken := fmt.Sprintf("%d / %d", h.Taken, h.Places())
	c := chip{Text: r.say("period."+string(h.Period)) + " " + taken, Under: h.Room, Href: at("schedule/" + itoa(h.ID))}
	switch _, end := h.Span(); {
	case h.Status == booking.Stopped:
		c.Text, c.Tone = r.say("period."+string(h.Period))+" "+r.say("clinic.stopped"), "stopped"
	case !end.After(r.d.Now()):
		c.Tone = "over"
	case h.Taken >= h.Places():
		c.Tone = "full"
	}
	c.Label = strings.Join([]string{r.in(d.Name), string(h.Date), c.Text, h.Room}, " ")
	return c
}

func newClinicPage() page {
	return page{path: "schedule/new", needs: staff.ChangeSchedules, show: showNewClinic, acts: []act{{name: "add", needs: staff.ChangeSchedules, do: addClinic}}}
}

// showNewClinic is the form of an extra half-day.
func showNewClinic(r *request) (*view, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	f := form{Action: at("schedule/new/add"), Label: "change.preview", Tone: "primary", Rows: true, Fields: append(p.hidden(),
		r.field(field{Name: "doctor", Label: "col.doctor", Kind: "select", Value: r.value("doctor"), Required: true, Options: r.doctorOptions(p, "choose")}),
		r.field(field{Name: "date", Label: "field.date", Kind: "date", Value: string(p.date), Required: true}))}
	f.Fields = append(f.Fields, r.sessionFields(booking.Session{Period: booking.Morning, Kind: booking.General, Fee: booking.FeeByPolicy, StartMinute: 480, SlotMinutes: 30, Slots: 8, PerSlot: 3})...)
	return &view{Title: r.say("schedule.new"), Up: []link{{r.say("page.schedule"), p.address()}}, Blocks: []block{
		{Forms: []form{{Action: at("schedule/new"), Get: true, Inline: true, Label: "list.filter", Fields: p.place()}}},
		{Text: r.say("schedule.new_note"), Forms: []form{f}},
	}}, nil
}

// hidden keeps where a form is about, and names it.
func (p plan) hidden() []field {
	return []field{
		{Name: "key", Kind: "hidden", Value: newKey()}, {Name: "hospital", Kind: "hidden", Value: itoa(p.hospital.ID)}, {Name: "department", Kind: "hidden", Value: itoa(p.department.ID)},
	}
}

func (p plan) address() string {
	return at("schedule", "hospital", itoa(p.hospital.ID), "department", itoa(p.department.ID), "date", string(p.date))
}

func (r *request) doctorOptions(p plan, none string) []option {
	list := []option{{Label: r.say(none)}}
	for _, d := range p.doctors {
		list = append(list, option{Value: itoa(d.ID), Label: r.in(d.Name) + " · " + r.say("title."+string(d.Title))})
	}
	return list
}

func addClinic(r *request) (string, error) {
	p, err := r.plan()
	if err != nil {
		return "", err
	}
	s, err := r.session()
	if err != nil {
		return "", err
	}
	return r.propose(p.hospital.ID, booking.ScheduleChange{Extra: &booking.ExtraClinic{Doctor: booking.DoctorID(r.number("doctor")), Date: booking.Date(r.value("date")), Session: s}})
}
