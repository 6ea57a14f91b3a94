package desk

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/staff"
)

func auditPage() page {
	return page{path: "audit", needs: staff.SeeAudit, nav: "system", list: auditList}
}

// auditList is what was changed, by whom, from where. Who is responsible for some hospitals sees what concerns those.
func auditList(r *request) (lister, error) {
	members, err := r.d.Staff.List(r.ctx)
	if err != nil {
		return nil, err
	}
	people := []option{{Value: "", Label: r.say("anybody")}}
	names := map[int64]string{}
	for _, m := range members {
		names[int64(m.ID)] = m.Name
		people = append(people, option{Value: itoa(m.ID), Label: m.Name})
	}
	actions := []option{{Value: "", Label: r.say("anything")}}
	for _, noun := range []string{"appointment", "record", "patient", "payment", "reconciliation", "policy", "waitlist", "clinic", "schedule", "directory", "broadcast", "staff", "list"} {
		actions = append(actions, option{Value: noun, Label: r.say("audit.noun." + noun)})
	}
	filter := audit.Filter{Staff: r.number("staff"), Action: r.value("action"), Subject: r.value("subject"), Hospitals: r.auditHospitals()}
	filter.From, filter.To = r.span("from", "to")
	return listing[audit.Written]{
		Name: "audit",
		Filters: []field{
			r.field(field{Name: "from", Label: "field.from", Kind: "date", Value: r.value("from")}),
			r.field(field{Name: "to", Label: "field.to", Kind: "date", Value: r.value("to")}),
			r.field(field{Name: "staff", Label: "field.staff", Kind: "select", Value: r.value("staff"), Options: people}),
			r.field(field{Name: "action", Label: "field.action", Kind: "select", Value: r.value("action"), Options: actions}),
			r.field(field{Name: "subject", Label: "field.subject", Kind: "text", Value: r.value("subject")}),
		},
		Columns: []column[audit.Written]{
			{Key: "seq", Sort: true, Right: true, Cell: func(w audit.Written) cell { return cell{Text: itoa(w.Seq)} }},
			{Key: "at", Cell: func(w audit.Written) cell {
				return cell{Text: w.At.In(r.zone()).Format("15:04:05"), Under: w.At.In(r.zone()).Format("2006-01-02")}
			}},
			{Key: "who", Cell: func(w audit.Written) cell { return r.actorCell(w, names) }},
			{Key: "action", Cell: func(w audit.Written) cell { return cell{Text: r.actionWords(w.Action), Under: w.Action} }},
			{Key: "subject", Cell: func(w audit.Written) cell { return r.subjectCell(w.Subject) }},
			{Key: "change", Cell: r.changeCell},
		},
		Fetch: func(q query) ([]audit.Written, int, error) {
			filter.Oldest, filter.Offset, filter.Limit = q.Sort == "seq" && !q.Desc, q.Offset, q.Limit
			return r.d.Audit.List(r.ctx, filter)
		},
		Note: r.say("audit.note"),
	}, nil
}

// auditHospitals are the hospitals whose rows may be seen; nil means all rows, those of no hospital too.
func (r *request) auditHospitals() []int64 {
	if r.reach.Everywhere() {
		return nil
	}
	list := []int64{}
	for _, p := range r.reach {
		list = append(list, int64(p.Hospital))
	}
	return list
}

// span reads two dates as the time from the first's midnight until that after the second.
func (r *request) span(from, to string) (time.Time, time.Time) {
	zone := r.zone()
	first := booking.Date(r.value(from)).In(zone)
	last := booking.Date(r.value(to)).In(zone)
	if !last.IsZero() {
		last = last.AddDate(0, 0, 1)
	}
	return first, last
}

func (r *request) actorCell(w audit.Written, names map[int64]string) cell {
	c := cell{Text: names[w.Actor.Staff], Under: w.Actor.Address}
	if w.Actor.Via != "" {
		c.Under = strings.TrimSpace(r.say("audit.via."+w.Actor.Via) + " " + w.Actor.Address)
	}
	switch {
	case w.Actor.Staff == 0:
		c.Text = r.say("audit.nobody")
	case c.Text == "":
		c.Text = fmt.Sprintf("#%d", w.Actor.Staff)
	}
	return c
}

// actionWords says an action in words; its verb as it is where there are none.
func (r *request) actionWords(action string) string {
	key := "audit.did." + action
	if words := r.say(key); words != key {
		return words
	}
	noun, verb, _ := strings.Cut(action, ".")
	return r.say("audit.noun."+noun) + " · " + verb
}

// subjectCell leads to what was changed, where there is a page of it that the member may see.
func (r *request) subjectCell(subject string) cell {
	c := cell{Text: subject, Mono: true}
	noun, id, _ := strings.Cut(subject, ":")
	for _, p := range r.d.pages {
		if p.path == noun+"s/{id}" && r.member.May(p.needs) {
			c.Href = at(noun + "s/" + id)
		}
	}
	return c
}

// maxChanges is how many changes of a row the table shows.
const maxChanges = 3

// changeCell says what changed, a line for each, and leads to all of it.
func (r *request) changeCell(w audit.Written) cell {
	c := cell{Under: w.Note, Href: at("audit/" + itoa(w.Seq))}
	changes := changesOf(w)
	var lines []string
	for _, ch := range changes[:min(len(changes), maxChanges)] {
		switch {
		case ch.Before == "":
			lines = append(lines, ch.Label+": "+ch.After)
		default:
			lines = append(lines, ch.Label+": "+ch.Before+" → "+orDash(ch.After))
		}
	}
	if len(changes) > maxChanges {
		lines = append(lines, r.say("audit.more", len(changes)-maxChanges))
	}
	if len(lines) == 0 {
		lines = []string{r.say("audit.details")}
	}
	c.Text = strings.Join(lines, "\n")
	return c
}

// changesOf compares what was before with what is after, field by field.
func changesOf(w audit.Written) []change {
	before, after := flatJSON(w.Before), flatJSON(w.After)
	var list []change
	for _, key := range keysOf(before, after) {
		if before[key] != after[key] {
			list = append(list, change{Label: key, Before: before[key], After: after[key]})
		}
	}
	return list
}

func flatJSON(raw json.RawMessage) map[string]string {
	flat := map[string]string{}
	var tree any
	if len(raw) > 0 && json.Unmarshal(raw, &tree) == nil {
		flatten(flat, "", tree)
	}
	return flat
}

func auditRowPage() page {
	return page{path: "audit/{id}", needs: staff.SeeAudit, show: showAuditRow}
}

// showAuditRow is one row of the log with all that changed.
func showAuditRow(r *request) (*view, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	list, _, err := r.d.Audit.List(r.ctx, audit.Filter{Seq: id, Hospitals: r.auditHospitals()})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, booking.ErrNotFound
	}
	w := list[0]
	names := map[int64]string{}
	if m, err := r.d.Staff.Member(r.ctx, booking.StaffID(w.Actor.Staff)); err == nil {
		names[w.Actor.Staff] = m.Name
	}
	v := &view{Title: r.say("audit.row", w.Seq), Up: []link{{r.say("page.audit"), at("audit")}}, Blocks: []block{
		{Facts: []fact{
			{r.say("col.at"), cell{Text: w.At.In(r.zone()).Format("2006-01-02 15:04:05")}}, {r.say("col.who"), r.actorCell(w, names)},
			{r.say("col.action"), cell{Text: r.actionWords(w.Action), Under: w.Action}}, {r.say("col.subject"), r.subjectCell(w.Subject)}, {r.say("col.note"), cell{Text: orDash(w.Note)}},
		}},
	}}
	if changes := changesOf(w); len(changes) > 0 {
		v.Blocks = append(v.Blocks, block{Title: r.say("col.change"), Changes: changes})
	}
	return v, nil
}
