package handout

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"guahao/booking"
)

// alarmBefore is when the calendar reminds of the visit: on the evening before for most, with time to cancel.
const alarmBefore = 12 * time.Hour

// Calendar makes the iCalendar file (RFC 5545, RFC 5546) of a visit: one event, whose UID stays the same through all moves of the visit and
// whose SEQUENCE rises with each change, so that a program that imports it again changes or removes the event that it has. host is
// the name under which the service is reached: it makes the UID unique in the world.
//
// Times are in UTC, which every program shows in the zone of its owner; a VTIMEZONE that somebody reads wrongly is one thing less that can go wrong.
func Calendar(t booking.Thread, lang, host string, now time.Time) ([]byte, error) {
	v := t.Now
	cal := ics.NewCalendarFor("Guahao")
	cal.SetProductId("-//Guahao//Appointments//" + strings.ToUpper(lang))
	cal.SetCalscale("GREGORIAN")
	status := eventStatus(v.Appointment.Status)
	method := ics.MethodPublish
	if status == ics.ObjectStatusCancelled {
		method = ics.MethodCancel
	}
	cal.SetMethod(method)

	e := cal.AddEvent(fmt.Sprintf("visit-%d@%s", t.First, host))
	e.SetDtStampTime(now)
	e.SetSequence(t.Revision)
	e.SetStatus(status)
	e.SetStartAt(v.Slot.StartsAt)
	e.SetEndAt(v.Slot.EndsAt)
	e.SetOrganizer("mailto:noreply@"+host, ics.WithCN(named(v.Hospital.Name.In(lang)))) // an event that is cancelled must have one
	e.SetClass(ics.ClassificationPrivate)
	e.SetTimeTransparency(ics.TransparencyOpaque)
	said := wordsOf(lang)
	e.SetSummary(plain(said.visit + " " + short(v.Hospital, lang) + " " + v.Doctor.Name.In(lang)))
	e.SetLocation(plain(strings.Join(nonEmpty(v.Hospital.Name.In(lang), v.Hospital.Address.In(lang), v.Department.Floor.In(lang), v.Schedule.RoomIn(lang)), " ")))
	e.SetDescription(plain(description(v, status, said)))
	if v.Hospital.Lat != 0 || v.Hospital.Lng != 0 {
		e.SetGeo(v.Hospital.Lat, v.Hospital.Lng)
	}
	if status == ics.ObjectStatusConfirmed {
		alarm := e.AddAlarm()
		alarm.SetAction(ics.ActionDisplay)
		alarm.SetTrigger(fmt.Sprintf("-PT%dH", int(alarmBefore.Hours())))
		alarm.SetDescription(plain(said.visit + " " + short(v.Hospital, lang)))
	}
	var file bytes.Buffer
	if err := cal.SerializeTo(&file, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write a calendar file: %w", err)
	}
	return file.Bytes(), nil
}

// eventStatus says in a calendar's terms what has become of a visit.
func eventStatus(s booking.Status) ics.ObjectStatus {
	switch s {
	case booking.Offered, booking.Held:
		return ics.ObjectStatusTentative
	case booking.Cancelled, booking.Expired:
		return ics.ObjectStatusCancelled
	}
	return ics.ObjectStatusConfirmed
}

func description(v booking.Visit, status ics.ObjectStatus, said words) string {
	switch status {
	case ics.ObjectStatusCancelled:
		return said.over
	case ics.ObjectStatusTentative:
		return said.notYet
	}
	lines := []string{said.number + ": " + v.Appointment.Number().In(said.lang), said.bring}
	if v.Hospital.Phone != "" {
		lines = append(lines, said.phone+": "+v.Hospital.Phone)
	}
	return strings.Join(lines, "\n")
}

// plain is a text without the control characters that iCalendar forbids; the library escapes and folds the rest.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// named is a text as it may stand in a parameter, where only quotes would save what has a meaning there.
func named(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\",;:\\'\n", r) {
			return ' '
		}
		return r
	}, plain(text))
}

func short(h booking.Hospital, lang string) string {
	if s := h.Short.In(lang); s != "" {
		return s
	}
	return h.Name.In(lang)
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}
