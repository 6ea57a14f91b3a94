package desk

import (
	"bytes"
	"encoding/json"
	"strconv"

	"guahao/booking"
	"guahao/internal/staff"
)

func policiesPage() page {
	return page{path: "policies", needs: staff.SeePolicies, nav: "hospital", show: showPolicies}
}

// showPolicies lists the hospitals with the version of their rules that is in force.
func showPolicies(r *request) (*view, error) {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil {
		return nil, err
	}
	t := &table{Heads: r.heads("hospital", "version", "since"), Empty: "list.empty"}
	for _, h := range hospitals {
		if !r.reach.Touches(h.ID) {
			continue
		}
		versions, err := r.d.Booking.PolicyVersions(r.ctx, h.ID)
		if err != nil {
			return nil, err
		}
		row := []cell{{Text: r.in(h.Name), Href: at("policies/" + itoa(h.ID))}, {Text: "–"}, {}}
		if len(versions) > 0 {
			row[1], row[2] = cell{Text: strconv.Itoa(versions[0].Version)}, cell{Text: r.moment(versions[0].At)}
		}
		t.Rows = append(t.Rows, row)
	}
	t.Count = r.say("list.count", len(t.Rows))
	return &view{Title: r.say("page.policies"), Blocks: []block{{Table: t}}}, nil
}

func policyPage() page {
	return page{path: "policies/{id}", needs: staff.SeePolicies, show: showPolicy, acts: []act{
		{name: "set", needs: staff.ChangePolicies, do: setPolicy},
	}}
}

// policyOf is the hospital of the address and its versions, the newest first.
func (r *request) policyOf() (booking.Hospital, []booking.PolicyVersion, error) {
	id, err := r.id()
	if err != nil {
		return booking.Hospital{}, nil, err
	}
	h, err := r.d.Booking.Hospital(r.ctx, booking.HospitalID(id))
	if err == nil && !r.reach.Touches(h.ID) {
		err = booking.ErrNotFound
	}
	if err != nil {
		return h, nil, err
	}
	versions, err := r.d.Booking.PolicyVersions(r.ctx, h.ID)
	if err == nil && len(versions) == 0 {
		err = booking.ErrNotFound
	}
	return h, versions, err
}

// showPolicy shows two versions of a hospital's rules and what is different between them: those that were chosen, or the newest and the one
// before.
func showPolicy(r *request) (*view, error) {
	h, versions, err := r.policyOf()
	if err != nil {
		return nil, err
	}
	shown, before := versions[0], versions[min(1, len(versions)-1)]
	var options []option
	for _, v := range versions {
		options = append(options, option{Value: strconv.Itoa(v.Version), Label: r.say("policy.version", v.Version, r.moment(v.At))})
		if r.Method == "GET" && int64(v.Version) == r.number("version") {
			shown = v
		}
		if r.Method == "GET" && int64(v.Version) == r.number("with") {
			before = v
		}
	}
	changes, err := r.policyChanges(before.Policy, shown.Policy)
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.in(h.Name), Up: []link{{r.say("page.policies"), at("policies")}}}
	v.Blocks = append(v.Blocks, block{Forms: []form{{Action: at("policies/" + itoa(h.ID)), Get: true, Inline: true, Label: "policy.compare", Fields: []field{
		chosen(field{Name: "with", Label: "policy.from", Kind: "select", Value: strconv.Itoa(before.Version), Options: options}),
		chosen(field{Name: "version", Label: "policy.to", Kind: "select", Value: strconv.Itoa(shown.Version), Options: options}),
	}}}})
	diff := block{Title: r.say("policy.changes", before.Version, shown.Version), Changes: changes}
	if len(changes) == 0 {
		diff.Text = r.say("policy.same")
	}
	text, err := pretty(shown.Policy)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, diff, block{Title: r.say("policy.all", shown.Version), Pre: text, Fold: true})
	if r.member.Reach(staff.ChangePolicies).Whole(h.ID) {
		now, err := pretty(versions[0].Policy)
		if err != nil {
			return nil, err
		}
		v.Blocks = append(v.Blocks, r.policyForm(h, versions[0].Version, now))
	}
	return v, nil
}

// chosen marks the option of a field's value.
func chosen(f field) field {
	options := make([]option, len(f.Options))
	for i, o := range f.Options {
		o.Chosen = o.Value == f.Value
		options[i] = o
	}
	f.Options = options
	return f
}

func (r *request) policyForm(h booking.Hospital, base int, text string) block {
	return block{Title: r.say("policy.edit"), Text: r.say("policy.edit_note"), Forms: []form{{Action: at("policies/" + itoa(h.ID) + "/set"), Label: "policy.check", Tone: "primary", Fields: []field{
		{Name: "base", Kind: "hidden", Value: strconv.Itoa(base)},
		r.field(field{Name: "rules", Label: "policy.json", Kind: "textarea", Rows: 24, Mono: true, Value: text, Required: true}),
	}}}}
}

func pretty(p booking.Policy) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(p)
	return out.String(), err
}

// setPolicy shows what new rules would change, and makes them the next version once that was confirmed. Whoever changed the rules meanwhile is not
// overwritten: their change is shown first.
func setPolicy(r *request) (string, error) {
	h, versions, err := r.policyOf()
	if err != nil {
		return "", err
	}
	if !r.reach.Whole(h.ID) {
		return "", refuse("error.outside")
	}
	next, err := booking.ParsePolicy([]byte(r.PostForm.Get("rules")))
	if err != nil {
		return "", err
	}
	if err := next.Validate(); err != nil {
		return "", err
	}
	current := versions[0]
	changes, err := r.policyChanges(current.Policy, next)
	if err != nil {
		return "", err
	}
	if len(changes) == 0 {
		return "", refuse("policy.nothing")
	}
	overtaken := strconv.Itoa(current.Version) != r.value("base")
	if r.value("sure") == "" || overtaken {
		return answered, r.confirmPolicy(h, versions, changes, overtaken)
	}
	set, err := r.d.Booking.SetPolicy(r.ctx, h.ID, next)
	if err != nil {
		return "", err
	}
	r.notice("policy.set", set.Version)
	return at("policies/" + itoa(h.ID)), nil
}

// confirmPolicy shows the changes with the button that makes them.
func (r *request) confirmPolicy(h booking.Hospital, versions []booking.PolicyVersion, changes []change, overtaken bool) error {
	current := versions[0]
	v := &view{Title: r.in(h.Name), Up: []link{{r.say("page.policies"), at("policies")}, {r.in(h.Name), at("policies/" + itoa(h.ID))}}, page: policyPage()}
	if overtaken {
		base, _ := strconv.Atoi(r.value("base"))
		for _, old := range versions {
			if old.Version == base {
				theirs, err := r.policyChanges(old.Policy, current.Policy)
				if err != nil {
					return err
				}
				v.Blocks = append(v.Blocks, block{Title: r.say("policy.overtaken_title"), Text: r.say("policy.overtaken", current.Version), Tone: "warn", Role: "alert", Changes: theirs})
			}
		}
	}
	v.Blocks = append(v.Blocks, block{Title: r.say("policy.yours", current.Version), Changes: changes, Forms: []form{
		{Action: at("policies/" + itoa(h.ID) + "/set"), Label: "policy.go", Tone: "primary", Note: r.say("policy.go_note"), Fields: []field{
			{Name: "sure", Kind: "hidden", Value: "1"}, {Name: "base", Kind: "hidden", Value: strconv.Itoa(current.Version)}, {Name: "rules", Kind: "hidden", Value: r.PostForm.Get("rules")},
		}},
		{Action: at("policies/" + itoa(h.ID)), Get: true, Label: "policy.back"},
	}})
	r.render(200, v)
	return nil
}
