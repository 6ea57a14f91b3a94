package desk

import (
	"context"
	"strings"

	"guahao/booking"
	"guahao/internal/staff"
)

func waitlistPage() page {
	return page{path: "waitlist", needs: staff.SeeWaitlist, nav: "work", list: waitlistList}
}

// waitlistList is who waits for a place, in the order of their turns where no other is asked for.
func waitlistList(r *request) (lister, error) {
	d, filters, err := r.dayAndPlace()
	if err != nil {
		return nil, err
	}
	return listing[booking.WaitLine]{
		Name: "waitlist", Filters: filters, Empty: "waitlist.empty",
		Columns: []column[booking.WaitLine]{
			{Key: "id", Sort: true, Cell: func(w booking.WaitLine) cell { return cell{Text: itoa(w.ID), Href: at("waitlist/" + itoa(w.ID))} }},
			{Key: "turn", Sort: true, Right: true, Cell: func(w booking.WaitLine) cell { return cell{Text: itoa(w.Position)} }},
			{Key: "patient", Sort: true, Cell: func(w booking.WaitLine) cell { return cell{Text: w.Name, Href: at("patients/" + itoa(w.Patient))} }},
			{Key: "department", Sort: true, Cell: func(w booking.WaitLine) cell {
				return cell{Text: r.departmentName(w.Department), Under: r.hospitalName(w.Hospital)}
			}},
			{Key: "wish", Sort: true, Cell: func(w booking.WaitLine) cell { return cell{Text: r.wishWords(w.Wish)} }},
			{Key: "days", Sort: true, Cell: func(w booking.WaitLine) cell { return cell{Text: string(w.First), Under: string(w.Last)} }},
			{Key: "since", Sort: true, Cell: func(w booking.WaitLine) cell { return cell{Text: r.moment(w.CreatedAt)} }},
			{Key: "status", Sort: true, Cell: r.waitCell},
		},
		Fetch: func(q query) ([]booking.WaitLine, int, error) {
			return r.d.Booking.BrowseWaits(r.ctx, booking.WaitQuery{
				Reach: d.reach, Department: booking.DepartmentID(r.number("department")), Sort: q.Sort, Desc: q.Desc, Offset: q.Offset, Limit: q.Limit,
			})
		},
	}, nil
}

// wishWords says what somebody waits for: a doctor, a title, a kind of clinic; or whoever of the department.
func (r *request) wishWords(w booking.Wish) string {
	var words []string
	if w.Doctor != 0 {
		words = append(words, r.doctorName(w.Doctor))
	}
	if w.Title != "" {
		words = append(words, r.say("title."+string(w.Title)))
	}
	if w.Kind != "" {
		words = append(words, r.say("kind."+string(w.Kind)))
	}
	if len(words) == 0 {
		return r.say("waitlist.anyone")
	}
	return strings.Join(words, " · ")
}

// waitCell says where a wish stands, and leads to the place that is held for it.
func (r *request) waitCell(w booking.WaitLine) cell {
	c := cell{Text: r.say("wait." + string(w.Status)), Tone: "mute"}
	if w.Offer != 0 {
		c.Tone, c.Href = "warn", at("appointments/"+itoa(w.Offer))
	}
	return c
}

func waitPage() page {
	return page{path: "waitlist/{id}", needs: staff.SeeWaitlist, show: showWait, acts: []act{
		{name: "offer", needs: staff.ChangeWaitlist, do: changeWait((*booking.Store).OfferNow, "waitlist.offered")},
		{name: "first", needs: staff.ChangeWaitlist, do: changeWait((*booking.Store).PutFirst, "waitlist.first_done")},
		{name: "end", needs: staff.ChangeWaitlist, do: changeWait((*booking.Store).EndWait, "waitlist.ended")},
	}}
}

// wait reads the wish of the address; one outside of the reach does not exist.
func (r *request) wait() (booking.WaitLine, error) {
	id, err := r.id()
	if err != nil {
		return booking.WaitLine{}, err
	}
	return r.d.Booking.WaitWithin(r.ctx, r.reach, booking.WaitID(id))
}

func showWait(r *request) (*view, error) {
	w, err := r.wait()
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.say("waitlist.title", w.ID), Up: []link{{r.say("page.waitlist"), at("waitlist")}}}
	facts := []fact{
		{r.say("col.status"), r.waitCell(w)},
		{r.say("col.patient"), cell{Text: w.Name, Href: at("patients/" + itoa(w.Patient))}},
		{r.say("col.department"), cell{Text: r.departmentName(w.Department), Under: r.hospitalName(w.Hospital)}},
		{r.say("col.wish"), cell{Text: r.wishWords(w.Wish)}},
		{r.say("col.days"), cell{Text: string(w.First), Under: string(w.Last)}},
		{r.say("col.since"), cell{Text: r.moment(w.CreatedAt), Under: r.say("waitlist.until", r.moment(w.LeavesAt))}},
	}
	if w.Status == booking.StillWaiting {
		facts = append(facts, fact{r.say("col.turn"), cell{Text: itoa(w.Position)}})
	}
	v.Blocks = []block{{Facts: facts}}
	d, err := r.d.Booking.Department(r.ctx, w.Department)
	if err != nil || w.Status != booking.StillWaiting || !r.may(staff.ChangeWaitlist, d) {
		return v, err
	}
	path := at("waitlist/" + itoa(w.ID))
	var forms []form
	for _, f := range []form{
		{Action: path + "/offer", Label: "waitlist.offer", Note: r.say("waitlist.offer_note")},
		{Action: path + "/first", Label: "waitlist.first", Note: r.say("waitlist.first_note")},
		{Action: path + "/end", Label: "waitlist.end", Tone: "danger", Note: r.say("waitlist.end_note")},
	} {
		f.Fold, f.Fields = true, []field{r.field(field{Name: "note", Label: "field.reason", Kind: "text", Required: true, Max: 200})}
		forms = append(forms, f)
	}
	v.Blocks = append(v.Blocks, block{Title: r.say("appointment.do"), Forms: forms})
	return v, nil
}

// changeWait does something with a wish, for a reason that is written down.
func changeWait(do func(*booking.Store, context.Context, booking.WaitID, string) error, done string) func(*request) (string, error) {
	return func(r *request) (string, error) {
		w, err := r.wait()
		if err != nil {
			return "", err
		}
		if r.value("note") == "" {
			return "", refuse("error.reason")
		}
		if err := do(r.d.Booking, r.ctx, w.ID, r.value("note")); err != nil {
			return "", err
		}
		r.notice(done)
		return "", nil
	}
}
