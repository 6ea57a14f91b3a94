package booking

import (
	"slices"
	"strings"
	"time"

	"guahao/booking/forecast"
)

// TemplateID names a session of a usual week.
type TemplateID int64

// Template is a session of a doctor's usual week.
type Template struct {
	ID         TemplateID   `json:"id,omitempty"` // 0: a new one
	Version    int          `json:"version,omitempty"`
	Hospital   HospitalID   `json:"hospital,omitempty"`   // the doctor's
	Department DepartmentID `json:"department,omitempty"` // the doctor's
	Doctor     DoctorID     `json:"doctor"`
	Weekday    time.Weekday `json:"weekday"` // or OnHolidays
	Session
	ValidFrom Date `json:"from,omitempty"` // "": since ever
	ValidTo   Date `json:"to,omitempty"`   // included; "": until further notice
}

// OnHolidays stands in place of a weekday for public holidays: those have their own sessions, or none.
const OnHolidays time.Weekday = 7

// on tells whether it is good on a day.
func (t Template) on(date Date) bool {
	return (t.ValidFrom == "" || t.ValidFrom <= date) && (t.ValidTo == "" || date <= t.ValidTo)
}

// overlaps tells whether two templates of a doctor want the doctor at the same time.
func (t Template) overlaps(o Template) bool {
	if t.Weekday != o.Weekday || (t.ValidTo != "" && o.ValidFrom > t.ValidTo) || (o.ValidTo != "" && t.ValidFrom > o.ValidTo) {
		return false
	}
	return t.Period == o.Period || t.StartMinute < o.endMinute() && o.StartMinute < t.endMinute()
}

func (p Session) endMinute() int { return p.StartMinute + p.Slots*p.SlotMinutes }

// Validate tells what is wrong with a template.
func (t Template) Validate() error {
	if t.Weekday < time.Sunday || t.Weekday > OnHolidays {
		return badf("请选择星期几，或节假日。", "a template needs a weekday, or public holidays")
	}
	return t.Session.Validate()
}

// DayKind says what sort of day a date is.
type DayKind string

// The kinds of days.
const (
	OrdinaryDay DayKind = "ordinary"
	HolidayDay  DayKind = "holiday" // 法定节假日: clinics of sessions for holidays only
	WorkDay     DayKind = "workday" // 调休上班: worked as some weekday
)

// CalendarDay is a day on which the weekday does not say which clinics there are.
type CalendarDay struct {
	ID       int64        `json:"id,omitempty"` // 0: by the published notices, or a new one
	Version  int          `json:"version,omitempty"`
	Hospital HospitalID   `json:"hospital"`
	Date     Date         `json:"date"`
	Kind     DayKind      `json:"kind"`
	As       time.Weekday `json:"as"` // of a workday: whose sessions it has
	Name     string       `json:"name"`
}

// chinaDays are the days of the published notices. A Saturday that is worked has Friday's sessions, a Sunday Monday's, until staff say
// otherwise.
func chinaDays() (days map[Date]CalendarDay, last Date) {
	days = map[Date]CalendarDay{}
	for _, n := range forecast.Notices() {
		for t := n.First; !t.After(n.Last); t = t.AddDate(0, 0, 1) {
			d := CalendarDay{Date: DateOf(t, time.UTC), Kind: HolidayDay, Name: n.Name}
			if n.Kind == forecast.Workday {
				d.Kind, d.As = WorkDay, time.Monday
				if t.Weekday() == time.Saturday {
					d.As = time.Friday
				}
			}
			days[d.Date] = d
		}
		last = max(last, Date(n.Last.Format("2006")+"-12-31"))
	}
	return days, last
}

// Leave is days on which a doctor does not come.
type Leave struct {
	ID         int64      `json:"id,omitempty"`
	Version    int        `json:"version,omitempty"`
	Hospital   HospitalID `json:"hospital,omitempty"`
	Doctor     DoctorID   `json:"doctor"`
	First      Date       `json:"first"`
	Last       Date       `json:"last"`
	Halves     []Period   `json:"halves,omitempty"` // none named: all
	Substitute DoctorID   `json:"substitute,omitempty"`
}

// covers tells whether a half-day falls into the leave.
func (l Leave) covers(k HalfKey) bool {
	return l.Doctor == k.Doctor && l.First <= k.Date && k.Date <= l.Last && (len(l.Halves) == 0 || slices.Contains(l.Halves, k.Period))
}

// week is the rules by which half-days come to be: the usual weeks, the calendar and the leaves of a hospital.
type week struct {
	templates []Template
	days      map[Date]CalendarDay
	leaves    []Leave
}

func (w week) clone() week {
	c := week{slices.Clone(w.templates), map[Date]CalendarDay{}, slices.Clone(w.leaves)}
	for date, day := range w.days {
		c.days[date] = day
	}
	return c
}

// weekday is whose sessions a day has.
func (w week) weekday(date Date) time.Weekday {
	switch day := w.days[date]; day.Kind {
	case HolidayDay:
		return OnHolidays
	case WorkDay:
		return day.As
	}
	return date.Weekday()
}

// plan gives what a day has by the rules, of some doctors (nil: of all).
func (w week) plan(date Date, of map[DoctorID]bool) []planned {
	var list []planned
	weekday := w.weekday(date)
	for _, t := range w.templates {
		if t.Weekday != weekday || !t.on(date) {
			continue
		}
		p := planned{Template: t, date: date}
		if l, away := w.away(p.key()); away {
			p.Doctor, p.substitute = l.Substitute, true
			if _, away := w.away(p.key()); away || p.Doctor == 0 {
				continue
			}
		}
		if of == nil || of[p.Doctor] {
			list = append(list, p)
		}
	}
	own := map[HalfKey]bool{}
	for _, p := range list {
		own[p.key()] = own[p.key()] || !p.substitute
	}
	return slices.DeleteFunc(list, func(p planned) bool { // a substitute's own clinic comes first, and of two others one
		drop := p.substitute && own[p.key()]
		own[p.key()] = true
		return drop
	})
}

// away gives the leave that a half-day falls into.
func (w week) away(k HalfKey) (Leave, bool) {
	for _, l := range w.leaves {
		if l.covers(k) {
			return l, true
		}
	}
	return Leave{}, false
}

// planned is a half-day to be made.
type planned struct {
	Template
	date       Date
	substitute bool // for a doctor on leave
	manual     bool // decided by hand
}

func (p planned) key() HalfKey { return HalfKey{p.Doctor, p.date, p.Period} }

// weekdayNames are how files and forms name days of the week.
const weekdayNames = "Sun Mon Tue Wed Thu Fri Sat Hol"

// ParseWeekday reads Mon, Tue … or Hol.
func ParseWeekday(name string) (time.Weekday, bool) {
	i := slices.Index(strings.Fields(weekdayNames), name)
	return time.Weekday(i), i >= 0
}
