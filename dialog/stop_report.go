package dialog

import (
	"strings"
	"time"

	"guahao/booking"
	"guahao/bots"
)

// The states in which staff see how far a stopped clinic is.
const (
	stateStops      State = "stops"
	stateStopReport State = "stop_report"
)

// wantStops asks for them.
const wantStops intent = "stops"

const (
	stopsSince     = 7 * 24 * time.Hour // of the clinics that are listed
	stopsListed    = 20
	casesListed    = 40
	doRefreshStops = "refresh"
)

// stopReportRows is how staff follow what became of a stopped clinic.
func stopReportRows() []row {
	return []row{
		{state: stateStops, prompt: "stops", accepts: acceptsOptions, items: stopsItems, chosen: stopsChosen, goes: []State{stateStopReport}},
		{state: stateStopReport, accepts: acceptsOptions, items: stopReportItems, chosen: stopReportChosen},
	}
}

func stopsItems(t *turn) (list, error) {
	reach, err := t.reach()
	if err != nil {
		return list{}, err
	}
	stops, _, err := t.d.Clinics.Stops(t.ctx, reach, t.now().Add(-stopsSince), 0, stopsListed)
	if err != nil {
		return list{}, err
	}
	l := list{}
	if len(stops) == 0 {
		l.prompt = "stops.none"
	}
	for _, r := range stops {
		title, err := t.clinicTitle(r.Clinic.Schedule)
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(r.Clinic.ID)}, label: t.say("stops.item", "clinic", title, "told", many(r.Told()), "all", many(r.Affected))})
	}
	return l, nil
}

// clinicTitle names a half-day: its doctor, day and half.
func (t *turn) clinicTitle(s booking.Schedule) (string, error) {
	doctor, err := t.d.Booking.Doctor(t.ctx, s.Doctor)
	if err != nil {
		return "", err
	}
	return t.say("stop.title", "doctor", doctor.Name, "day", t.day(s.Date), "period", t.named("period", string(s.Period))), nil
}

func stopsChosen(t *turn, c choice) error {
	t.m.Draft.Schedule = booking.ScheduleID(c.ID)
	return t.move(stateStopReport)
}

// stopReportItems tells who knows, who has answered what, and whom to phone. The names are masked; on a platform abroad there are the
// numbers of the visits only.
func stopReportItems(t *turn) (list, error) {
	reach, err := t.reach()
	if err != nil {
		return list{}, err
	}
	r, err := t.d.Clinics.StopReport(t.ctx, t.m.Draft.Schedule)
	if err != nil {
		return list{}, err
	}
	department, err := t.d.Booking.Department(t.ctx, r.Clinic.Department)
	if err != nil {
		return list{}, err
	}
	if !reach.Covers(department) {
		return list{}, booking.ErrNotYours
	}
	title, err := t.clinicTitle(r.Clinic.Schedule)
	if err != nil {
		return list{}, err
	}
	lines := []string{t.say("stop_report", "clinic", title), t.say("stop_report.told", "told", many(r.Told()), "all", many(r.Affected))}
	for _, n := range []struct {
		name  key
		count int
	}{
		{"stop_report.sending", r.Sending}, {"stop_report.phone", r.Phone}, {"stop_report.choosing", r.Choosing}, {"stop_report.moved", r.Moved},
		{"stop_report.refunded", r.Refunded}, {"stop_report.silent", r.Silent}, {"stop_report.none", r.None}, {"stop_report.otherwise", r.Other},
	} {
		if n.count > 0 {
			lines = append(lines, t.say(n.name, "count", n.count))
		}
	}
	cases, err := t.d.Clinics.CasesOf(t.ctx, r.Clinic.ID, 0, casesListed)
	if err != nil {
		return list{}, err
	}
	lines = append(lines, "")
	for _, k := range cases {
		lines = append(lines, t.caseLine(k))
	}
	if more := r.Affected - len(cases); more > 0 {
		lines = append(lines, t.say("stop_report.more", "count", more))
	}
	return list{text: strings.Join(lines, "\n"), items: []item{{choice: choice{Do: doRefreshStops}, label: t.say("stop_report.refresh")}}}, nil
}

// caseLine is one patient: 3号 王*山 已改约.
func (t *turn) caseLine(k booking.StopCase) string {
	who := t.say("stop_case.number", "number", k.Visit.Appointment.Number())
	if t.in.Account.Platform != bots.Telegram {
		who += " " + booking.MaskName(k.Visit.Patient.Name)
	}
	what := t.named("outcome", string(k.Outcome))
	switch {
	case k.Told == booking.ToldPhone:
		what = t.say("stop_case.phone")
	case k.State != booking.CaseDone && k.Told == booking.ToldNot:
		what = t.say("stop_case.sending")
	case k.State != booking.CaseDone:
		what = t.say("stop_case.choosing")
	}
	return t.say("stop_case", "who", who, "what", what)
}

func stopReportChosen(*turn, choice) error { return nil }
