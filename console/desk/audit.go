package desk

import (
	"bytes"
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
	for _, noun := range []string{"appointment", "record", "patient", "payment", "reconciliation", "policy", "waitlist", "clinic", "broadcast", "staff", "list"} {
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
			{Key: "at", Cell: func(w audit.Written) cell { return cell{Text: w.At.In(r.zone()).Format("2006-01-02 15:04:05")} }},
			{Key: "who", Cell: func(w audit.Written) cell { return r.actorCell(w, names) }},
			{Key: "action", Cell: func(w audit.Written) cell { return cell{Text: r.actionWords(w.Action), Under: w.Action} }},
			{Key: "subject", Cell: func(w audit.Written) cell { return r.subjectCell(w.Subject) }},
			{Key: "change", Cell: func(w audit.Written) cell { return cell{Text: changeWords(w), Under: w.Note} }},
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

// changeWords writes what changed on one line: before → after.
func changeWords(w audit.Written) string {
	before, after := short(w.Before), short(w.After)
	switch {
	case before == "" && after == "":
		return ""
	case before == "":
		return after
	}
	return before + " → " + after
}

const maxShort = 120 // characters of a change in the table

func short(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return ""
	}
	if text := []rune(b.String()); len(text) > maxShort {
		return string(text[:maxShort]) + "…"
	}
	return b.String()
}
