package desk

import (
	"guahao/booking"
	"guahao/internal/staff"
)

const missedDays = 30

func recordsPage() page {
	return page{path: "records", needs: staff.SeeRecords, nav: "work", list: recordsList, acts: []act{
		{name: "decide", needs: staff.DecideRecords, do: decideAppeal},
	}}
}

// recordsList is the missed visits of the last month, and above them the appeals that wait for an answer.
func recordsList(r *request) (lister, error) {
	appeals, err := r.openAppeals()
	if err != nil {
		return nil, err
	}
	above := []block{}
	for _, a := range appeals {
		above = append(above, r.appealBlock(a))
	}
	if len(appeals) == 0 {
		above = append(above, block{Text: r.say("records.no_appeals")})
	}
	d, filters, err := r.dayAndPlace()
	if err != nil {
		return nil, err
	}
	today := booking.DateOf(r.d.Now(), d.zone)
	q := booking.VisitQuery{Reach: d.reach, Department: booking.DepartmentID(r.number("department")), First: today.Add(-missedDays), Last: today, Status: booking.NoShow, Sort: "time", Desc: true}
	return listing[booking.Visit]{
		Name: "missed", Filters: filters, Columns: r.visitColumns(), Above: above, Empty: "records.empty", Note: r.say("records.note", missedDays),
		Fetch: func(page query) ([]booking.Visit, int, error) {
			if page.Sort != "" {
				q.Sort, q.Desc = page.Sort, page.Desc
			}
			q.Offset, q.Limit = page.Offset, page.Limit
			return r.d.Booking.Browse(r.ctx, q)
		},
	}, nil
}

// appealBlock is what a patient says about missed visits, with what may be answered.
func (r *request) appealBlock(a booking.Appeal) block {
	hospital := itoa(a.Hospital)
	if h, err := r.d.Booking.Hospital(r.ctx, a.Hospital); err == nil {
		hospital = r.in(h.Short)
	}
	b := block{Title: r.say("records.appeal", a.ID, hospital), Text: a.Text, Facts: []fact{
		{r.say("col.patient"), cell{Text: "#" + itoa(a.Patient), Href: at("patients/" + itoa(a.Patient))}},
		{r.say("col.at"), cell{Text: r.moment(a.At)}},
	}}
	if r.member.Reach(staff.DecideRecords).Touches(a.Hospital) {
		b.Forms = []form{{Action: at("records/decide"), Label: "records.answer", Tone: "primary", Inline: true, Fields: []field{
			{Name: "appeal", Kind: "hidden", Value: itoa(a.ID)},
			{Name: "verdict", Label: "records.verdict", Kind: "select", Required: true, Options: []option{{Value: "", Label: r.say("choose")}, {Value: "grant", Label: r.say("records.grant")}, {Value: "decline", Label: r.say("records.decline")}}},
			{Name: "note", Label: "field.patient_note", Kind: "text", Max: 200},
		}}}
	}
	return b
}

func decideAppeal(r *request) (string, error) {
	id := booking.AppealID(r.number("appeal"))
	appeals, err := r.openAppeals()
	if err != nil {
		return "", err
	}
	verdict := r.value("verdict")
	if verdict != "grant" && verdict != "decline" {
		return "", refuse("error.choose")
	}
	for _, a := range appeals {
		if a.ID == id && r.reach.Touches(a.Hospital) {
			if _, err := r.d.Booking.DecideAppeal(r.ctx, r.member.ID, id, verdict == "grant", r.value("note")); err != nil {
				return "", err
			}
			r.notice("records.decided")
			return at("records"), nil
		}
	}
	return "", refuse("records.gone")
}
