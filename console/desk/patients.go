package desk

import (
	"fmt"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/staff"
)

func patientsPage() page {
	return page{path: "patients", needs: staff.SeePatients, nav: "work", list: patientsList}
}

// patientsList is the patients, masked. Names are encrypted, so they are found by the whole number of their document; by name among the
// visits of a day (the appointments).
func patientsList(r *request) (lister, error) {
	return listing[booking.PatientLine]{
		Name: "patients", Note: r.say("patients.note"), Empty: "patients.empty",
		Filters: []field{r.field(field{Name: "q", Label: "patients.search", Kind: "search", Value: r.value("q"), Hint: r.say("patients.search_hint")})},
		Columns: []column[booking.PatientLine]{
			{Key: "id", Cell: func(p booking.PatientLine) cell {
				return cell{Text: itoa(p.Patient.ID), Href: at("patients/" + itoa(p.Patient.ID))}
			}},
			{Key: "name", Cell: func(p booking.PatientLine) cell {
				return cell{Text: booking.MaskName(p.Patient.Name), Href: at("patients/" + itoa(p.Patient.ID))}
			}},
			{Key: "document", Cell: func(p booking.PatientLine) cell {
				return cell{Text: booking.MaskNumber(p.Patient.Number), Under: r.say("document." + string(p.Patient.Document))}
			}},
			{Key: "phone", Cell: func(p booking.PatientLine) cell { return cell{Text: booking.MaskPhone(p.Patient.Phone)} }},
			{Key: "visits", Right: true, Cell: func(p booking.PatientLine) cell { return cell{Text: itoa(p.Visits)} }},
			{Key: "last", Cell: func(p booking.PatientLine) cell { return cell{Text: string(p.Last)} }},
			{Key: "added", Sort: true, Cell: func(p booking.PatientLine) cell { return cell{Text: r.moment(p.AddedAt)} }},
		},
		Fetch: func(q query) ([]booking.PatientLine, int, error) {
			oldest := q.Sort == "added" && !q.Desc
			return r.d.Booking.BrowsePatients(r.ctx, r.reach, r.value("q"), oldest, q.Offset, q.Limit)
		},
	}, nil
}

func patientPage() page {
	return page{path: "patients/{id}", needs: staff.SeePatients, show: showPatient, acts: []act{
		{name: "unmask", needs: staff.UnmaskPatients, do: unmaskPatient},
		{name: "lift", needs: staff.DecideRecords, do: liftRecord},
		{name: "state", needs: staff.AttendAppointments, do: statePriority},
		{name: "unstate", needs: staff.AttendAppointments, do: withdrawPriority},
	}}
}

// patient reads the patient of the address; one outside of the reach does not exist.
func (r *request) patient() (booking.Patient, error) {
	id, err := r.id()
	if err != nil {
		return booking.Patient{}, err
	}
	return r.d.Booking.PatientWithin(r.ctx, r.reach, booking.PatientID(id))
}

func showPatient(r *request) (*view, error) {
	p, err := r.patient()
	if err != nil {
		return nil, err
	}
	return r.patientView(p, false)
}

// patientView shows a patient, masked or not.
func (r *request) patientView(p booking.Patient, clear bool) (*view, error) {
	name, number, phone, birth := booking.MaskName(p.Name), booking.MaskNumber(p.Number), booking.MaskPhone(p.Phone), maskBirth(p.BirthDate)
	if clear {
		name, number, phone, birth = p.Name, p.Number, p.Phone, string(p.BirthDate)
	}
	v := &view{Title: r.say("patient.title", p.ID), Links: r.extraLink("patient", itoa(p.ID)), Up: []link{{r.say("page.patients"), at("patients")}}}
	facts := block{Facts: []fact{
		{r.say("col.name"), cell{Text: name}},
		{r.say("col.document"), cell{Text: number, Under: r.say("document." + string(p.Document)), Mono: true}},
		{r.say("col.phone"), cell{Text: phone, Mono: true}},
		{r.say("patient.birth"), cell{Text: birth, Under: r.say("sex." + string(p.Sex))}},
		{r.say("patient.relation"), cell{Text: r.say("relation." + string(p.Relation))}},
	}}
	path := "patients/" + itoa(p.ID) + "/"
	if !clear && r.member.May(staff.UnmaskPatients) {
		facts.Forms = append(facts.Forms, form{Action: at(path + "unmask"), Label: "patient.unmask", Fold: true, Note: r.say("patient.unmask_note"), Fields: []field{
			r.field(field{Name: "reason", Label: "field.reason", Kind: "text", Required: true, Max: 200}),
		}})
	}
	v.Blocks = append(v.Blocks, facts)
	records, err := r.recordBlocks(p)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, records...)
	stated, err := r.priorityBlock(p)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, stated...)
	visits, total, err := r.d.Booking.Browse(r.ctx, booking.VisitQuery{Reach: r.member.Reach(staff.SeeAppointments), Patient: p.ID, Sort: "time", Desc: true, Limit: rowsPerPage})
	if err != nil {
		return nil, err
	}
	l := listing[booking.Visit]{Columns: r.visitColumns(), Fetch: func(query) ([]booking.Visit, int, error) { return visits, total, nil }}
	t, err := l.plain(r)
	v.Blocks = append(v.Blocks, block{Title: r.say("patient.visits"), Table: t})
	return v, err
}

// plain is a list as a part of another page: without links to sort and page.
func (l listing[T]) plain(r *request) (*table, error) {
	for i := range l.Columns {
		l.Columns[i].Sort = false
	}
	t, err := l.table(r, query{Limit: rowsPerPage})
	if err == nil {
		t.Page, t.Previous, t.Next = "", "", ""
	}
	return t, err
}

// maskBirth keeps the year: who is old enough is seen, whose birthday it is, is not.
func maskBirth(d booking.Date) string {
	if len(d) < 4 {
		return ""
	}
	return string(d[:4]) + "-**-**"
}

// recordBlocks say how a patient stands with the hospitals, for those who may see it.
func (r *request) recordBlocks(p booking.Patient) ([]block, error) {
	reach := r.member.Reach(staff.SeeRecords)
	if reach.Nowhere() {
		return nil, nil
	}
	records, err := r.d.Booking.Records(r.ctx, p.User, p.ID)
	if booking.IsRefusal(err) { // removed from the user's list: nobody books for them any more
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var blocks []block
	for _, rec := range records {
		if !reach.Touches(rec.Hospital.ID) || (len(rec.Missed) == 0 && rec.SlowedUntil.IsZero()) {
			continue
		}
		b := block{Title: r.say("patient.record", r.in(rec.Hospital.Short)), Facts: []fact{
			{r.say("record.missed"), cell{Text: fmt.Sprintf("%d / %d", rec.Standing.Count, rec.Standing.Limit), Under: r.say("record.days", rec.Standing.Days)}},
		}}
		if !rec.Standing.SuspendedUntil.IsZero() {
			b.Facts = append(b.Facts, fact{r.say("record.suspended"), cell{Text: r.moment(rec.Standing.SuspendedUntil), Tone: "bad"}})
		}
		if !rec.SlowedUntil.IsZero() {
			b.Facts = append(b.Facts, fact{r.say("record.slowed"), cell{Text: r.moment(rec.SlowedUntil), Tone: "warn"}})
		}
		if rec.Standing.Count > 0 && r.member.Reach(staff.DecideRecords).Touches(rec.Hospital.ID) {
			b.Forms = []form{{Action: at("patients/" + itoa(p.ID) + "/lift"), Label: "record.lift", Fold: true, Note: r.say("record.lift_note"), Fields: []field{
				{Name: "hospital", Kind: "hidden", Value: itoa(rec.Hospital.ID)},
				r.field(field{Name: "note", Label: "field.reason", Kind: "text", Required: true, Max: 200}),
			}}}
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// unmaskPatient shows all of a patient, once, and writes down who wanted to see it and why.
func unmaskPatient(r *request) (string, error) {
	p, err := r.patient()
	if err != nil {
		return "", err
	}
	reason := r.value("reason")
	if reason == "" {
		return "", refuse("error.reason")
	}
	err = r.d.Audit.Alone(r.ctx, audit.Entry{Action: "patient.unmask", Subject: fmt.Sprintf("patient:%d", p.ID), Hospital: int64(r.reach.Only()), Note: reason})
	if err != nil {
		return "", err
	}
	v, err := r.patientView(p, true)
	if err != nil {
		return "", err
	}
	v.page = patientPage()
	r.render(200, v)
	return answered, nil
}

func liftRecord(r *request) (string, error) {
	p, err := r.patient()
	if err != nil {
		return "", err
	}
	hospital := booking.HospitalID(r.number("hospital"))
	if !r.reach.Touches(hospital) {
		return "", booking.ErrNotFound
	}
	if r.value("note") == "" {
		return "", refuse("error.reason")
	}
	if err := r.d.Booking.Lift(r.ctx, r.member.ID, hospital, p.ID, r.value("note")); err != nil {
		return "", err
	}
	r.notice("record.lifted")
	return "", nil
}
