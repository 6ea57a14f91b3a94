package desk

import (
	"errors"

	"guahao/booking"
	"guahao/internal/staff"
)

// propose drafts a change and leads to its preview. What cannot be is said on the page, with who is in the way and what others have changed.
func (r *request) propose(hospital booking.HospitalID, changes ...booking.ScheduleChange) (string, error) {
	p, err := r.d.Booking.DraftChanges(r.ctx, booking.ChangeRequest{
		By: r.member.ID, Reach: r.reach, Hospital: hospital, Changes: changes, Note: r.value("note"), Key: "desk:" + r.value("key"),
	})
	if err != nil {
		return "", err
	}
	if len(p.Problems) == 0 {
		return at("changes/" + itoa(p.Set.ID)), nil
	}
	r.also, err = r.problemBlocks(p)
	if err != nil {
		return "", err
	}
	return "", &booking.Error{Code: p.Problems[0].Code, Message: p.Problems[0].Message}
}

// problemBlocks show what stands behind problems: the other problems, who has booked, and what others have changed.
func (r *request) problemBlocks(p booking.Preview) ([]block, error) {
	var blocks []block
	for i, problem := range p.Problems[:min(len(p.Problems), maxEffects)] {
		where := ""
		if problem.Clinic.Doctor != 0 {
			where = r.halfName(problem.Clinic) + ": "
		}
		if i > 0 {
			blocks = append(blocks, block{Text: where + r.in(problem.Message), Tone: "bad"})
		}
		if problem.InTheWay != nil {
			b, err := r.inTheWay(problem)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, b)
		}
		if problem.Code == booking.CodeOvertaken && problem.Clinic.Doctor != 0 {
			b, err := r.sinceThen(problem.Clinic)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, b)
		}
	}
	return blocks, nil
}

// inTheWay lists who has booked what would be gone.
func (r *request) inTheWay(p booking.Problem) (block, error) {
	b := block{Title: r.say("change.in_the_way")}
	if !r.member.May(staff.SeeAppointments) {
		return b, nil
	}
	visits, _, err := r.d.Booking.Browse(r.ctx, booking.VisitQuery{Reach: r.member.Reach(staff.SeeAppointments), Schedule: p.InTheWay.ID, Sort: "seq", Limit: 200})
	if err != nil {
		return b, err
	}
	var list []booking.Visit
	for _, v := range visits {
		if v.Appointment.Status.Active() && (p.InSlot.IsZero() || v.Appointment.StartsAt.Equal(p.InSlot)) {
			list = append(list, v)
		}
	}
	b.Table, err = r.visitTable(list)
	return b, err
}

func (r *request) visitTable(list []booking.Visit) (*table, error) {
	l := listing[booking.Visit]{Columns: r.visitColumns(), Fetch: func(query) ([]booking.Visit, int, error) { return list, len(list), nil }}
	return l.plain(r)
}

// sinceThen is what others have done to a half-day since the form was opened.
func (r *request) sinceThen(k booking.HalfKey) (block, error) {
	b := block{Title: r.say("change.since")}
	h, err := r.d.Booking.HalfDay(r.ctx, k)
	if err != nil {
		return b, err
	}
	list, err := r.d.Booking.ClinicChanges(r.ctx, h.ID, int(r.number("base")))
	for _, o := range list {
		b.Changes = append(b.Changes, r.effectChange(o.Effect))
	}
	return b, err
}

func changesPage() page {
	return page{path: "changes", needs: staff.SeeDirectory, nav: "work", list: changesList}
}

// changesList is what was changed of schedules, the newest first.
func changesList(r *request) (lister, error) {
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	q := booking.ChangeSetQuery{Reach: r.reach, Status: booking.ChangeSetStatus(r.value("status"))}
	options := []option{{Label: r.say("changes.done")}}
	for _, s := range []booking.ChangeSetStatus{booking.Applied, booking.Undone, booking.Draft} {
		options = append(options, option{Value: string(s), Label: r.say("change." + string(s))})
	}
	return listing[booking.ChangeSet]{
		Name: "changes", Empty: "changes.empty",
		Filters: []field{r.field(field{Name: "status", Label: "field.status", Kind: "select", Value: r.value("status"), Options: options})},
		Columns: []column[booking.ChangeSet]{
			{Key: "id", Cell: func(c booking.ChangeSet) cell {
				return cell{Text: r.say("change.number", c.ID), Href: at("changes/" + itoa(c.ID)), Under: r.hospitalName(c.Hospital)}
			}},
			{Key: "what", Cell: func(c booking.ChangeSet) cell { return cell{Text: r.changeWords(c), Under: c.Note} }},
			{Key: "status", Cell: func(c booking.ChangeSet) cell { return r.changeStatus(c) }},
			{Key: "who", Cell: func(c booking.ChangeSet) cell { return r.deedCell(last(c), names) }},
			{Key: "places_added", Right: true, Cell: func(c booking.ChangeSet) cell { return cell{Text: itoa(c.Added)} }},
			{Key: "places_removed", Right: true, Cell: func(c booking.ChangeSet) cell { return cell{Text: itoa(c.Removed)} }},
			{Key: "affected", Right: true, Cell: func(c booking.ChangeSet) cell { return cell{Text: itoa(c.Affected)} }},
		},
		Fetch: func(page query) ([]booking.ChangeSet, int, error) {
			q.Offset, q.Limit = page.Offset, page.Limit
			return r.d.Booking.ChangeSets(r.ctx, q)
		},
	}, nil
}

// last is the latest thing that was done with a change set.
func last(c booking.ChangeSet) booking.Deed {
	switch c.Status {
	case booking.Undone:
		return c.Undone
	case booking.Applied:
		return c.Applied
	}
	return c.Made
}

// names are the names of the staff.
func (r *request) names() (map[booking.StaffID]string, error) {
	members, err := r.d.Staff.List(r.ctx)
	names := map[booking.StaffID]string{}
	for _, m := range members {
		names[m.ID] = m.Name
	}
	return names, err
}

func (r *request) deedCell(d booking.Deed, names map[booking.StaffID]string) cell {
	c := cell{Text: names[d.By], Under: r.moment(d.At)}
	if c.Text == "" {
		c.Text = r.say("audit.nobody")
	}
	return c
}

func (r *request) changeStatus(c booking.ChangeSet) cell {
	tone := map[booking.ChangeSetStatus]string{booking.Draft: "warn", booking.Applied: "good", booking.Undone: "mute"}[c.Status]
	return cell{Text: r.say("change." + string(c.Status)), Tone: tone}
}

func changePage() page {
	return page{path: "changes/{id}", needs: staff.SeeDirectory, show: showChange, acts: []act{
		{name: "apply", needs: staff.ChangeSchedules, do: applyChange},
		{name: "undo", needs: staff.ChangeSchedules, do: undoChange},
	}}
}

// maxEffects is how many lines of a change set its page shows.
const maxEffects = 300

// showChange is a change set: before it is applied what it would do, afterwards what it did.
func showChange(r *request) (*view, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	p, err := r.d.Booking.ChangeSet(r.ctx, r.reach, booking.ChangeSetID(id))
	if err != nil {
		return nil, err
	}
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	c := p.Set
	v := &view{Title: r.say("change.number", c.ID) + " · " + r.changeWords(c), Up: []link{{r.say("page.changes"), at("changes")}}}
	facts := []fact{{r.say("col.status"), r.changeStatus(c)}, {r.say("col.hospital"), cell{Text: r.hospitalName(c.Hospital)}}, {r.say("change.made"), r.deedCell(c.Made, names)}}
	if !c.Applied.At.IsZero() {
		facts = append(facts, fact{r.say("change.was_applied"), r.deedCell(c.Applied, names)})
	}
	if !c.Undone.At.IsZero() {
		facts = append(facts, fact{r.say("change.was_undone"), r.deedCell(c.Undone, names)})
	}
	if c.Note != "" {
		facts = append(facts, fact{r.say("field.patient_note"), cell{Text: c.Note}})
	}
	figures := []figure{
		{Label: r.say("col.places_added"), Value: itoa(c.Added)}, {Label: r.say("col.places_removed"), Value: itoa(c.Removed)}, {Label: r.say("col.affected"), Value: itoa(c.Affected)},
	}
	if c.Affected > 0 {
		figures[2].Tone = "bad"
	}
	v.Blocks = append(v.Blocks, block{Facts: facts, Figures: figures})
	v.Blocks = append(v.Blocks, r.overtakenBlocks(p.Overtaken)...)
	if len(p.Problems) > 0 {
		v.Blocks = append(v.Blocks, block{Text: r.in(p.Problems[0].Message), Tone: "bad", Role: "alert"})
		more, err := r.problemBlocks(p)
		if err != nil {
			return nil, err
		}
		v.Blocks = append(v.Blocks, more...)
	}
	changes := block{Title: r.say("change.what")}
	for _, e := range p.Effects[:min(len(p.Effects), maxEffects)] {
		changes.Changes = append(changes.Changes, r.effectChange(e))
	}
	if len(p.Effects) > maxEffects {
		changes.Text = r.say("change.more", len(p.Effects)-maxEffects)
	}
	patients, err := r.affected(p)
	v.Blocks = append(append(v.Blocks, r.changeForms(p)...), patients...)
	v.Blocks = append(v.Blocks, changes)
	if len(p.Kept) > 0 {
		t := &table{Heads: r.heads("half_day", "kept_why"), Count: r.say("list.count", len(p.Kept))}
		for _, k := range p.Kept[:min(len(p.Kept), maxEffects)] {
			t.Rows = append(t.Rows, []cell{{Text: r.halfName(k.Clinic.HalfKey), Href: at("schedule/" + itoa(k.Clinic.ID))}, {Text: r.in(k.Why)}})
		}
		v.Blocks = append(v.Blocks, block{Title: r.say("change.kept"), Table: t})
	}
	return v, err
}

// changeForms are the button that applies a draft, or the one that undoes what was applied.
func (r *request) changeForms(p booking.Preview) []block {
	path := "changes/" + itoa(p.Set.ID) + "/"
	switch {
	case !r.member.May(staff.ChangeSchedules):
		return nil
	case p.Set.Status == booking.Draft && len(p.Problems) == 0:
		note := r.say("change.apply_note")
		if p.Set.Affected > 0 {
			note = r.say("change.apply_stops", p.Set.Affected)
		}
		return []block{{Forms: []form{{Action: at(path + "apply"), Label: "change.apply", Tone: "primary", Note: note}}}}
	case p.Set.Status == booking.Applied:
		return []block{{Forms: []form{{Action: at(path + "undo"), Label: "change.undo", Tone: "danger", Fold: true, Note: r.say("change.undo_note"), Fields: []field{
			r.field(field{Name: "sure", Label: "change.undo_sure", Kind: "checkbox"}),
		}}}}}
	}
	return nil
}

// affected lists the patients of half-days that a draft would stop.
func (r *request) affected(p booking.Preview) ([]block, error) {
	if p.Set.Status != booking.Draft || p.Set.Affected == 0 || !r.member.May(staff.SeeAppointments) {
		return nil, nil
	}
	var list []booking.Visit
	for _, e := range p.Effects {
		if !e.Stop || len(list) > maxEffects {
			continue
		}
		visits, _, err := r.d.Booking.Browse(r.ctx, booking.VisitQuery{Reach: r.member.Reach(staff.SeeAppointments), Schedule: e.Clinic.Before.ID, Sort: "seq", Limit: maxEffects})
		if err != nil {
			return nil, err
		}
		for _, v := range visits {
			if v.Appointment.Status.Active() {
				list = append(list, v)
			}
		}
	}
	t, err := r.visitTable(list)
	return []block{{Title: r.say("col.affected"), Table: t}}, err
}

// overtakenBlocks show what others have changed since a draft was made.
func (r *request) overtakenBlocks(list []booking.Overtaken) []block {
	if len(list) == 0 {
		return nil
	}
	b := block{Title: r.say("change.since"), Text: r.say("change.since_note"), Tone: "warn", Role: "alert"}
	for _, o := range list[:min(len(list), maxEffects)] {
		b.Changes = append(b.Changes, r.effectChange(o.Effect))
	}
	return []block{b}
}

func applyChange(r *request) (string, error) {
	id, err := r.id()
	if err != nil {
		return "", err
	}
	p, err := r.d.Booking.ApplyChanges(r.ctx, r.member.ID, r.reach, booking.ChangeSetID(id))
	if err != nil {
		if errors.Is(err, &booking.Error{Code: booking.CodeOvertaken}) {
			r.also = r.overtakenBlocks(p.Overtaken)
		}
		return "", err
	}
	if p.Set.Affected > 0 {
		r.notice("change.applied_stops", p.Set.Affected)
	} else {
		r.notice("change.applied_done")
	}
	return "", nil
}

func undoChange(r *request) (string, error) {
	id, err := r.id()
	if err != nil {
		return "", err
	}
	if r.value("sure") == "" {
		return "", refuse("error.sure")
	}
	p, err := r.d.Booking.UndoChanges(r.ctx, r.member.ID, r.reach, booking.ChangeSetID(id))
	if err != nil {
		if more, failed := r.problemBlocks(p); failed == nil {
			r.also = more
		}
		return "", err
	}
	r.notice("change.undone_done")
	return "", nil
}
