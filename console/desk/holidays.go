package desk

import (
	"time"

	"guahao/booking"
	"guahao/internal/staff"
)

func holidaysPage() page {
	return page{path: "holidays", needs: staff.SeeDirectory, nav: "hospital", show: showHolidays, acts: []act{{name: "set", needs: staff.ChangeSchedules, do: setHoliday}}}
}

// holidayWarning is how many days before the known holidays end staff are warned.
const holidayWarning = 60

// holidaysEnd is the last day of which the public holidays are known, when that is soon and the member plans schedules; else "".
func (r *request) holidaysEnd() (booking.Date, error) {
	if !r.member.May(staff.ChangeSchedules) {
		return "", nil
	}
	today := booking.DateOf(r.d.Now(), r.zone())
	_, known, err := r.d.Booking.Calendar(r.ctx, r.reach.Only(), today)
	if err != nil || today.Add(holidayWarning) <= known {
		return "", err
	}
	return known, nil
}

// showHolidays is the calendar of a hospital: the published public holidays and what the hospital has decided otherwise.
func showHolidays(r *request) (*view, error) {
	p, err := r.plan()
	if err != nil {
		return nil, err
	}
	today := booking.DateOf(r.d.Now(), p.zone)
	days, known, err := r.d.Booking.Calendar(r.ctx, p.hospital.ID, today)
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.say("page.holidays")}
	if hospitals := p.filters[:len(p.filters)-2]; len(hospitals) > 0 {
		v.Blocks = append(v.Blocks, block{Forms: []form{{Action: at("holidays"), Get: true, Inline: true, Label: "list.filter", Fields: hospitals}}})
	}
	if today.Add(holidayWarning) > known {
		v.Blocks = append(v.Blocks, block{Text: r.say("holiday.unknown", known), Tone: "warn", Role: "alert"})
	}
	change := r.member.Reach(staff.ChangeSchedules).Whole(p.hospital.ID)
	t := &table{Heads: r.heads("date", "day_kind", "day_name", "source"), Count: r.say("list.count", len(days)), Empty: "holiday.empty"}
	for _, d := range days {
		kind := cell{Text: r.say("day." + string(d.Kind))}
		if d.Kind == booking.WorkDay {
			kind.Under = r.say("day.worked_as", r.weekday(d.As))
		}
		source := "holiday.published"
		if d.Version > 0 {
			source = "holiday.own"
		}
		row := []cell{{Text: string(d.Date), Under: r.weekday(d.Date.Weekday())}, kind, {Text: orDash(d.Name)}, {Text: r.say(source)}}
		if change {
			row[0].Href = at("holidays", "hospital", itoa(p.hospital.ID), "date", string(d.Date))
		}
		t.Rows = append(t.Rows, row)
	}
	if change {
		v.Blocks = append(v.Blocks, block{Title: r.say("holiday.set"), Text: r.say("holiday.note"), Forms: []form{r.holidayForm(p, days)}})
	}
	v.Blocks = append(v.Blocks, block{Title: r.in(p.hospital.Name), Text: r.say("holiday.known", known), Table: t})
	return v, nil
}

// holidayForm is about the day of the address.
func (r *request) holidayForm(p plan, days []booking.CalendarDay) form {
	day := booking.CalendarDay{Date: p.date, Kind: booking.HolidayDay, As: time.Monday}
	for _, d := range days {
		if d.Date == p.date {
			day = d
		}
	}
	var kinds, as []option
	for _, k := range []booking.DayKind{booking.HolidayDay, booking.WorkDay, booking.OrdinaryDay} {
		kinds = append(kinds, option{Value: string(k), Label: r.say("day." + string(k))})
	}
	for _, d := range []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday} {
		as = append(as, option{Value: itoa(d), Label: r.weekday(d)})
	}
	return form{Action: at("holidays/set"), Label: "change.preview", Tone: "primary", Rows: true, Fields: append(p.hidden(), field{Name: "base_date", Kind: "hidden", Value: string(p.date)},
		field{Name: "base", Kind: "hidden", Value: itoa(day.Version)},
		r.field(field{Name: "date", Label: "field.date", Kind: "date", Value: string(day.Date), Required: true}),
		r.field(field{Name: "kind", Label: "col.day_kind", Kind: "select", Value: string(day.Kind), Options: kinds}),
		r.field(field{Name: "as", Label: "holiday.as", Kind: "select", Value: itoa(day.As), Options: as, Hint: r.say("holiday.as_hint")}),
		r.field(field{Name: "name", Label: "col.day_name", Kind: "text", Value: day.Name, Max: 50}),
		r.field(field{Name: "note", Label: "field.patient_note", Kind: "text", Max: 200, Hint: r.say("clinic.note_hint")}))}
}

func (r *request) calendarWords(d *booking.CalendarDay) string {
	if d == nil {
		return r.say("day.ordinary")
	}
	text := r.say("day." + string(d.Kind))
	if d.Kind == booking.WorkDay {
		text += " · " + r.say("day.worked_as", r.weekday(d.As))
	}
	if d.Name != "" {
		text += " · " + d.Name
	}
	return text
}

func setHoliday(r *request) (string, error) {
	p, err := r.plan()
	if err != nil {
		return "", err
	}
	if !r.reach.Whole(p.hospital.ID) {
		return "", refuse("error.outside")
	}
	day := booking.CalendarDay{Date: booking.Date(r.value("date")), Kind: booking.DayKind(r.value("kind")), As: time.Weekday(r.number("as")), Name: r.value("name"), Version: int(r.number("base"))}
	if r.value("date") != r.value("base_date") { // the form was about another day: what is there now counts
		days, _, err := r.d.Booking.Calendar(r.ctx, p.hospital.ID, day.Date)
		if err != nil {
			return "", err
		}
		day.Version = 0
		if len(days) > 0 && days[0].Date == day.Date {
			day.Version = days[0].Version
		}
	}
	return r.propose(p.hospital.ID, booking.ScheduleChange{Day: &day})
}
