package desk

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"guahao/booking"
	"guahao/internal/staff"
)

func staffPage() page {
	return page{path: "staff", needs: staff.SeeStaff, nav: "system", list: staffList, acts: []act{
		{name: "add", needs: staff.ChangeStaff, password: true, do: addMember},
	}}
}

// staffList is the hospital's people: all of them for who administers all hospitals, else those who are anything there.
func staffList(r *request) (lister, error) {
	all, err := r.d.Staff.List(r.ctx)
	if err != nil {
		return nil, err
	}
	var members []staff.Member
	role := staff.Role(r.value("role"))
	for _, m := range all {
		if r.sees(m) && (role == "" || slices.ContainsFunc(m.Grants, func(g staff.Grant) bool { return g.Role == role })) {
			members = append(members, m)
		}
	}
	roles := []option{{Label: r.say("anything")}}
	for _, one := range staff.Roles() {
		roles = append(roles, option{Value: string(one), Label: r.say("role." + string(one))})
	}
	var above []block
	if r.member.May(staff.ChangeStaff) {
		fields, err := r.grantFields(0)
		if err != nil {
			return nil, err
		}
		fields = append([]field{
			r.field(field{Name: "name", Label: "col.name", Kind: "text", Required: true, Max: 64}),
			r.field(field{Name: "login", Label: "field.login", Kind: "text", Max: 32, Hint: r.say("staff.login_hint")}),
		}, fields...)
		above = []block{{Forms: []form{{Action: at("staff/add"), Label: "staff.add", Tone: "primary", Fold: true, Fields: fields}}}}
	}
	columns := []column[staff.Member]{
		{Key: "id", Cell: func(m staff.Member) cell { return cell{Text: itoa(m.ID), Href: at("staff/" + itoa(m.ID))} },
			By: func(a, b staff.Member) int { return cmp.Compare(a.ID, b.ID) }},
		{Key: "name", Cell: func(m staff.Member) cell { return cell{Text: m.Name, Href: at("staff/" + itoa(m.ID))} },
			By: func(a, b staff.Member) int { return cmp.Compare(a.Name, b.Name) }},
		{Key: "roles", Cell: func(m staff.Member) cell { return cell{Text: r.roles(m)} }},
		{Key: "login", Cell: r.loginCell, By: func(a, b staff.Member) int { return cmp.Compare(a.Login, b.Login) }},
		{Key: "chat", Cell: r.chatCell},
		{Key: "signed_in", Cell: func(m staff.Member) cell { return cell{Text: r.moment(m.SignedInAt)} },
			By: func(a, b staff.Member) int { return a.SignedInAt.Compare(b.SignedInAt) }},
	}
	return listing[staff.Member]{
		Name: "staff", Above: above, Columns: columns,
		Filters: []field{r.field(field{Name: "role", Label: "staff.role", Kind: "select", Value: string(role), Options: roles})},
		Fetch:   func(q query) ([]staff.Member, int, error) { return ordered(members, columns, q) },
	}, nil
}

// sees tells whether somebody is within reach: who is anything in one of its hospitals.
func (r *request) sees(m staff.Member) bool {
	if r.reach.Everywhere() {
		return true
	}
	for _, g := range m.Grants {
		if r.reach.Touches(g.Hospital) {
			return true
		}
	}
	return false
}

func (r *request) loginCell(m staff.Member) cell {
	switch {
	case m.Login == "":
		return cell{Text: "–"}
	case !m.HasPassword:
		return cell{Text: m.Login, Under: r.say("staff.no_password")}
	case m.TOTP:
		return cell{Text: m.Login, Under: r.say("staff.with_totp")}
	}
	return cell{Text: m.Login}
}

func (r *request) chatCell(m staff.Member) cell {
	if m.Account == 0 {
		return cell{Text: r.say("account.chat_none"), Tone: "mute"}
	}
	return cell{Text: r.say("account.chat_bound"), Tone: "good", Under: r.moment(m.BoundAt)}
}

// grantFields choose a role and where; n tells several of them in one form apart.
func (r *request) grantFields(n int) ([]field, error) {
	roles := []option{{Label: r.say("staff.no_role")}}
	for _, role := range staff.Roles() {
		roles = append(roles, option{Value: string(role), Label: r.say("role." + string(role))})
	}
	hospitals, err := r.hospitalOptions(r.reach.Everywhere())
	if err != nil {
		return nil, err
	}
	departments := []option{{Value: "0", Label: r.say("all_departments")}}
	all, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		leaves, err := r.leaves(h.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range leaves {
			departments = append(departments, option{Value: itoa(d.ID), Label: r.in(h.Short) + " · " + r.in(d.Name)})
		}
	}
	suffix := strconv.Itoa(n)
	return []field{
		r.field(field{Name: "role" + suffix, Label: "staff.role", Kind: "select", Options: roles}),
		r.field(field{Name: "hospital" + suffix, Label: "field.hospital", Kind: "select", Options: hospitals}),
		r.field(field{Name: "department" + suffix, Label: "field.department", Kind: "select", Options: departments, Hint: r.say("staff.department_hint")}),
	}, nil
}

// maxGrants is how many roles one person has at most in the form.
const maxGrants = 5

// grants reads the roles of a form. A department names its hospital.
func (r *request) grants() ([]staff.Grant, error) {
	var list []staff.Grant
	for n := range maxGrants + 1 {
		suffix := strconv.Itoa(n)
		role := staff.Role(r.value("role" + suffix))
		if role == "" {
			continue
		}
		g := staff.Grant{Role: role, Hospital: booking.HospitalID(r.number("hospital" + suffix)), Department: booking.DepartmentID(r.number("department" + suffix))}
		if g.Department != 0 {
			d, err := r.d.Booking.Department(r.ctx, g.Department)
			if err != nil {
				return nil, err
			}
			g.Hospital = d.Hospital
		}
		if !r.reach.Everywhere() && !r.reach.Whole(g.Hospital) {
			return nil, staff.ErrOutside
		}
		list = append(list, g)
	}
	return list, nil
}

// addMember takes somebody in, and shows what to hand over: it cannot be read again.
func addMember(r *request) (string, error) {
	grants, err := r.grants()
	if err != nil {
		return "", err
	}
	m, code, link, err := r.d.Staff.Add(r.ctx, staff.NewMember{Name: r.value("name"), Login: r.value("login"), Grants: grants})
	if err != nil {
		return "", err
	}
	r.handOver(m, code, link)
	return answered, nil
}

// handOver shows a code for the chat and a link for the console, once.
func (r *request) handOver(m staff.Member, code, token string) {
	var facts []fact
	if code != "" {
		facts = append(facts, fact{r.say("staff.code"), cell{Text: code, Under: r.say("staff.code_how"), Mono: true}})
	}
	if token != "" {
		facts = append(facts, fact{r.say("staff.link"), cell{Text: r.d.PublicURL + "/console/welcome/" + token, Under: r.say("staff.link_how"), Mono: true}})
	}
	r.showOnce(m.Name, staffPage(), r.say("staff.once"), facts)
}

// showOnce shows secrets that cannot be seen again, as a page below p.
func (r *request) showOnce(title string, p page, warning string, facts []fact) {
	r.render(http.StatusOK, &view{Title: title, Up: []link{{r.say("page." + p.path), at(p.path)}}, page: p, Blocks: []block{{Text: warning, Tone: "warn", Facts: facts}}})
}

func memberPage() page {
	return page{path: "staff/{id}", needs: staff.SeeStaff, show: showMember, acts: []act{
		{name: "roles", needs: staff.ChangeStaff, password: true, do: setRoles},
		{name: "code", needs: staff.ChangeStaff, password: true, do: newCodeFor},
		{name: "link", needs: staff.ChangeStaff, password: true, do: newLinkFor},
		{name: "remove", needs: staff.ChangeStaff, password: true, do: removeMember},
	}}
}

// who is the member of the address; one outside of the reach does not exist.
func (r *request) who() (staff.Member, error) {
	id, err := r.id()
	if err != nil {
		return staff.Member{}, err
	}
	m, err := r.d.Staff.Member(r.ctx, booking.StaffID(id))
	if err == nil && !r.sees(m) {
		err = staff.ErrNoMember
	}
	return m, err
}

func showMember(r *request) (*view, error) {
	m, err := r.who()
	if err != nil {
		return nil, err
	}
	v := &view{Title: m.Name, Up: []link{{r.say("page.staff"), at("staff")}}}
	facts := []fact{
		{r.say("col.id"), cell{Text: itoa(m.ID)}}, {r.say("col.login"), r.loginCell(m)}, {r.say("col.chat"), r.chatCell(m)},
		{r.say("col.added"), cell{Text: r.moment(m.CreatedAt)}}, {r.say("col.signed_in"), cell{Text: orDash(r.moment(m.SignedInAt))}},
	}
	for _, g := range m.Grants {
		facts = append(facts, fact{r.say("staff.role"), cell{Text: r.grantWords(g)}})
	}
	if r.member.May(staff.SeeAudit) {
		facts = append(facts, fact{r.say("page.audit"), cell{Text: r.say("staff.did"), Href: at("audit", "staff", itoa(m.ID))}})
	}
	v.Blocks = append(v.Blocks, block{Facts: facts})
	if !r.member.May(staff.ChangeStaff) {
		return v, nil
	}
	path := "staff/" + itoa(m.ID) + "/"
	roles := form{Action: at(path + "roles"), Label: "staff.save_roles", Tone: "primary", Rows: true, Note: r.say("staff.roles_note")}
	for n := range min(len(m.Grants)+1, maxGrants) {
		fields, err := r.grantFields(n)
		if err != nil {
			return nil, err
		}
		if n < len(m.Grants) {
			g := m.Grants[n]
			fields[0].Value, fields[1].Value, fields[2].Value = string(g.Role), itoa(g.Hospital), itoa(g.Department)
		}
		for i := range fields {
			roles.Fields = append(roles.Fields, r.field(fields[i]))
		}
	}
	link := form{Action: at(path + "link"), Label: "staff.new_link", Fold: true, Note: r.say("staff.link_note")}
	if m.Login == "" {
		link.Fields = []field{r.field(field{Name: "login", Label: "field.login", Kind: "text", Required: true, Max: 32})}
	}
	v.Blocks = append(v.Blocks, block{Title: r.say("staff.roles"), Forms: []form{roles}}, block{Title: r.say("staff.access"), Forms: []form{
		{Action: at(path + "code"), Label: "staff.new_code", Fold: true, Note: r.say("staff.code_note")}, link,
		{Action: at(path + "remove"), Label: "staff.remove", Tone: "danger", Fold: true, Note: r.say("staff.remove_note"), Fields: []field{{Name: "sure", Label: "staff.sure", Kind: "checkbox"}}},
	}})
	return v, nil
}

func setRoles(r *request) (string, error) {
	m, err := r.who()
	if err != nil {
		return "", err
	}
	grants, err := r.grants()
	if err != nil {
		return "", err
	}
	if err := r.d.Staff.SetGrants(r.ctx, m.ID, grants, r.reach); err != nil {
		return "", err
	}
	if m.ID == r.member.ID {
		return "", r.stay("staff.roles_done")
	}
	r.notice("staff.roles_done")
	return "", nil
}

func newCodeFor(r *request) (string, error) {
	m, err := r.who()
	if err != nil {
		return "", err
	}
	code, err := r.d.Staff.NewCode(r.ctx, m.ID, r.reach)
	if err != nil {
		return "", err
	}
	r.handOver(m, code, "")
	return answered, nil
}

func newLinkFor(r *request) (string, error) {
	m, err := r.who()
	if err != nil {
		return "", err
	}
	token, err := r.d.Staff.NewLink(r.ctx, m.ID, r.value("login"), r.reach)
	if err != nil {
		return "", err
	}
	r.handOver(m, "", token)
	return answered, nil
}

func removeMember(r *request) (string, error) {
	m, err := r.who()
	if err != nil {
		return "", err
	}
	if r.value("sure") == "" {
		return "", refuse("error.sure")
	}
	if err := r.d.Staff.Remove(r.ctx, m.ID, r.reach); err != nil {
		return "", err
	}
	r.notice("staff.removed", m.Name)
	return at("staff"), nil
}
