package desk

import (
	"strconv"

	"guahao/booking"
	"guahao/internal/staff"
)

func stopsPage() page {
	return page{path: "stops", needs: staff.SeeAppointments, nav: "work", list: stopsList}
}

// stopsList is the clinics that were stopped, and how far each is.
func stopsList(r *request) (lister, error) {
	count := func(key string, of func(booking.StopReport) int) column[booking.StopReport] {
		return column[booking.StopReport]{Key: key, Right: true, Cell: func(s booking.StopReport) cell { return cell{Text: strconv.Itoa(of(s))} }}
	}
	return listing[booking.StopReport]{
		Name: "stops", Empty: "stops.empty",
		Columns: []column[booking.StopReport]{
			{Key: "at", Cell: func(s booking.StopReport) cell {
				return cell{Text: r.moment(s.StoppedAt), Under: r.staffName(s.Clinic.StoppedBy), Href: at("stops/" + itoa(s.Clinic.ID))}
			}},
			{Key: "doctor", Cell: func(s booking.StopReport) cell {
				return cell{Text: r.doctorName(s.Clinic.Doctor), Under: string(s.Clinic.Date) + " " + r.say("period."+string(s.Clinic.Period))}
			}},
			{Key: "department", Cell: func(s booking.StopReport) cell {
				return cell{Text: r.departmentName(s.Clinic.Department), Under: r.hospitalName(s.Clinic.Hospital)}
			}},
			{Key: "told", Right: true, Cell: func(s booking.StopReport) cell {
				return cell{Text: strconv.Itoa(s.Told()), Under: r.say("today.of", s.Affected)}
			}},
			count("to_phone", func(s booking.StopReport) int { return s.Phone }),
			count("choosing", func(s booking.StopReport) int { return s.Choosing }),
			count("moved", func(s booking.StopReport) int { return s.Moved }),
			count("given_back", func(s booking.StopReport) int { return s.Refunded + s.Silent + s.None }),
		},
		Fetch: func(q query) ([]booking.StopReport, int, error) {
			return r.d.Booking.Stops(r.ctx, r.reach, r.d.Now().AddDate(0, -3, 0), q.Offset, q.Limit)
		},
	}, nil
}

func stopPage() page {
	return page{path: "stops/{id}", needs: staff.SeeAppointments, show: showStop, live: stopNow}
}

// stopped reads the stopped clinic of the address; one outside of the reach does not exist.
func (r *request) stopped() (booking.StopReport, error) {
	id, err := r.id()
	if err != nil {
		return booking.StopReport{}, err
	}
	s, err := r.d.Booking.StopReport(r.ctx, booking.ScheduleID(id))
	if err != nil {
		return s, err
	}
	d, err := r.d.Booking.Department(r.ctx, s.Clinic.Department)
	if err == nil && !r.reach.Covers(d) {
		err = booking.ErrNotFound
	}
	return s, err
}

func showStop(r *request) (*view, error) {
	s, err := r.stopped()
	if err != nil {
		return nil, err
	}
	now, done, err := stopNow(r)
	if err != nil {
		return nil, err
	}
	if !done {
		now.Stream = r.eventsOf()
	}
	c := s.Clinic
	v := &view{Title: r.say("stop.title", r.doctorName(c.Doctor), string(c.Date), r.say("period."+string(c.Period))), Up: []link{{r.say("page.stops"), at("stops")}}}
	facts := []fact{
		{r.say("col.department"), cell{Text: r.departmentName(c.Department), Under: r.hospitalName(c.Hospital)}},
		{r.say("stop.by"), cell{Text: r.staffName(c.StoppedBy), Under: r.moment(s.StoppedAt)}},
		{r.say("clinic.reason"), cell{Text: c.StopNote}},
	}
	v.Links = append(v.Links, link{r.say("stop.clinic"), at("clinics/" + itoa(c.ID))})
	if r.member.May(staff.UnmaskPatients) {
		v.Links = append(v.Links, link{r.say("page.phone"), at("phone")})
	}
	v.Blocks = []block{{Facts: facts}, now}
	return v, nil
}

// shownCases is how many cases the page of a stop shows: more than a half-day has.
const shownCases = 300

// stopNow is how far a stop is: who knows, who has chosen what. It goes on changing until everybody has chosen.
func stopNow(r *request) (block, bool, error) {
	s, err := r.stopped()
	if err != nil {
		return block{}, false, err
	}
	b := block{Title: r.say("stop.progress"), Figures: []figure{
		{Label: r.say("stop.told"), Value: strconv.Itoa(s.Told()) + " / " + strconv.Itoa(s.Affected), Tone: "good"},
		{Label: r.say("stop.sending"), Value: strconv.Itoa(s.Sending)},
		{Label: r.say("stop.phone"), Value: strconv.Itoa(s.Phone), Tone: toneOf(s.Phone)},
		{Label: r.say("stop.choosing"), Value: strconv.Itoa(s.Choosing)},
		{Label: r.say("stop.moved"), Value: strconv.Itoa(s.Moved)},
		{Label: r.say("stop.refunded"), Value: strconv.Itoa(s.Refunded)},
		{Label: r.say("stop.silent"), Value: strconv.Itoa(s.Silent)},
		{Label: r.say("stop.none"), Value: strconv.Itoa(s.None)},
		{Label: r.say("stop.other"), Value: strconv.Itoa(s.Other)},
	}}
	cases, err := r.d.Booking.CasesOf(r.ctx, s.Clinic.ID, 0, shownCases)
	if err != nil {
		return b, false, err
	}
	t := &table{Heads: r.heads("number", "patient", "told", "answer"), Count: r.say("list.count", s.Affected), Empty: "stop.nobody"}
	for _, k := range cases {
		t.Rows = append(t.Rows, []cell{
			{Text: r.in(k.Visit.Appointment.Number()), Href: at("appointments/" + itoa(k.Visit.Appointment.ID))}, r.patientCell(k.Visit), r.toldCell(k), r.answerCell(k),
		})
	}
	b.Table = t
	return b, s.Done(), nil
}

func toneOf(count int) string {
	if count > 0 {
		return "bad"
	}
	return ""
}

// toldCell says whether and how somebody was told.
func (r *request) toldCell(k booking.StopCase) cell {
	switch k.Told {
	case booking.ToldSent:
		return cell{Text: r.say("channel." + k.Channel), Under: r.moment(k.ToldAt), Tone: "good"}
	case booking.ToldPhone:
		c := cell{Text: r.say("told.phone"), Tone: "bad"}
		if r.member.May(staff.UnmaskPatients) {
			c.Href = at("phone/" + itoa(k.ID))
		}
		return c
	case booking.ToldReached:
		return cell{Text: r.say("told.reached"), Under: r.staffName(k.Phoned) + " " + r.moment(k.ToldAt), Tone: "good"}
	}
	return cell{Text: r.say("told.sending"), Tone: "mute"}
}

// answerCell says what somebody has chosen, or until when they may.
func (r *request) answerCell(k booking.StopCase) cell {
	switch {
	case k.State == booking.CaseDone:
		return cell{Text: r.say("outcome." + string(k.Outcome)), Tone: map[booking.Outcome]string{booking.OutcomeMoved: "good"}[k.Outcome]}
	case k.Paying != nil:
		return cell{Text: r.say("answer.paying"), Under: r.say("answer.until", r.moment(k.Paying.Appointment.HoldUntil)), Tone: "warn"}
	}
	c := cell{Text: r.say("answer.none"), Tone: "warn"}
	for _, o := range k.Offers {
		if until := r.say("answer.until", r.moment(o.Visit.Appointment.HoldUntil)); until > c.Under {
			c.Under = until
		}
	}
	return c
}
