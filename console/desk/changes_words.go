package desk

import (
	"fmt"
	"strings"

	"guahao/booking"
)

// changeWords says in a line what a change set is about: its first change, and how many there are.
func (r *request) changeWords(c booking.ChangeSet) string {
	if len(c.Changes) == 0 {
		return ""
	}
	text := r.askedWords(c.Changes[0])
	if c.Size > 1 {
		text = r.say("change.and_more", text, c.Size)
	}
	return text
}

// askedWords says what a change asks for.
func (r *request) askedWords(c booking.ScheduleChange) string {
	switch {
	case c.Template != nil:
		return r.say("asked.template", r.templateName(*c.Template))
	case c.EndTemplate != nil:
		return r.say("asked.end_template", c.EndTemplate.From)
	case c.Day != nil:
		return fmt.Sprintf("%s %s", c.Day.Date, r.calendarWords(c.Day))
	case c.Leave != nil:
		return r.say("leave.of", r.doctorName(c.Leave.Doctor)) + " " + r.leaveWords(c.Leave)
	case c.EndLeave != nil:
		return r.say("asked.end_leave", c.EndLeave.From)
	case c.Extra != nil:
		return r.say("asked.extra", r.halfName(booking.HalfKey{Doctor: c.Extra.Doctor, Date: c.Extra.Date, Period: c.Extra.Period}))
	case c.Places != nil:
		return r.say("asked.places", r.halfName(c.Places.HalfKey))
	case c.Room != nil:
		return r.say("asked.room", r.halfName(c.Room.HalfKey), c.Room.Room)
	case c.Cancel != nil:
		return r.say("asked.cancel", r.halfName(c.Cancel.HalfKey))
	case c.Reopen != nil:
		return r.say("asked.reopen", r.halfName(c.Reopen.HalfKey))
	}
	return ""
}

// effectChange says an effect in words.
func (r *request) effectChange(e booking.Effect) change {
	switch {
	case e.Template != nil:
		return change{r.templateName(either(e.Template)), r.templateWords(e.Template.Before), r.templateWords(e.Template.After)}
	case e.Day != nil:
		d := either(e.Day)
		return change{string(d.Date) + " " + r.weekday(d.Date.Weekday()), r.calendarWords(e.Day.Before), r.calendarWords(e.Day.After)}
	case e.Leave != nil:
		return change{r.say("leave.of", r.doctorName(either(e.Leave).Doctor)), r.leaveWords(e.Leave.Before), r.leaveWords(e.Leave.After)}
	}
	return change{r.halfName(either(e.Clinic).HalfKey), r.halfWords(e.Clinic.Before), r.halfWords(e.Clinic.After)}
}

func either[T any](p *booking.Pair[T]) T {
	if p.After != nil {
		return *p.After
	}
	return *p.Before
}

// halfWords says how a half-day is planned.
func (r *request) halfWords(h *booking.HalfDay) string {
	if h == nil {
		return ""
	}
	if h.Status == booking.Stopped {
		return strings.TrimSpace(r.say("clinic.stopped") + " " + h.Note)
	}
	zone := r.zone()
	if hospital, err := r.d.Booking.Hospital(r.ctx, h.Hospital); err == nil {
		zone = hospital.Location()
	}
	var slots []string
	for _, s := range h.Slots {
		if s.Capacity > 0 {
			slots = append(slots, fmt.Sprintf("%s×%d", s.StartsAt.In(zone).Format("15:04"), s.Capacity))
		}
	}
	return fmt.Sprintf("%s · %s · %s · %s\n%s", orDash(h.Room), r.say("kind."+string(h.Kind)), yuan(h.Fee), r.say("half.total", h.Places()), strings.Join(slots, "  "))
}
