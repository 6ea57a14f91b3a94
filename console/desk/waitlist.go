package desk

import (
	"strings"

	"guahao/booking"
	"guahao/internal/staff"
)

func waitlistPage() page {
	return page{path: "waitlist", needs: staff.SeeWaitlist, nav: "work", list: waitlistList, acts: []act{
		{name: "end", needs: staff.ChangeWaitlist, do: endWait},
	}}
}

// waitlistList is who waits for a place, in the order of their turns.
func waitlistList(r *request) (lister, error) {
	d, err := r.day()
	if err != nil {
		return nil, err
	}
	filters, err := r.placeFilters(d)
	if err != nil {
		return nil, err
	}
	var above []block
	if r.member.May(staff.ChangeWaitlist) {
		above = []block{{Forms: []form{{Action: at("waitlist/end"), Label: "waitlist.end", Fold: true, Note: r.say("waitlist.end_note"), Fields: []field{
			r.field(field{Name: "id", Label: "col.id", Kind: "text", Required: true, Max: 12}), r.field(field{Name: "note", Label: "field.reason", Kind: "text", Required: true, Max: 200}),
		}}}}}
	}
	return listing[booking.WaitLine]{
		Name: "waitlist", Filters: filters, Above: above, Empty: "waitlist.empty",
		Columns: []column[booking.WaitLine]{
			{Key: "id", Cell: func(w booking.WaitLine) cell { return cell{Text: itoa(w.ID)} }},
			{Key: "turn", Right: true, Cell: func(w booking.WaitLine) cell { return cell{Text: itoa(w.Position)} }},
			{Key: "patient", Cell: func(w booking.WaitLine) cell { return cell{Text: w.Name, Href: at("patients/" + itoa(w.Patient))} }},
			{Key: "department", Cell: func(w booking.WaitLine) cell {
				return cell{Text: r.departmentName(w.Department), Under: r.hospitalName(w.Hospital)}
			}},
			{Key: "wish", Cell: func(w booking.WaitLine) cell { return cell{Text: r.wishWords(w.Wish)} }},
			{Key: "days", Cell: func(w booking.WaitLine) cell { return cell{Text: string(w.First), Under: string(w.Last)} }},
			{Key: "since", Cell: func(w booking.WaitLine) cell { return cell{Text: r.moment(w.CreatedAt)} }},
			{Key: "status", Cell: func(w booking.WaitLine) cell {
				c := cell{Text: r.say("wait." + string(w.Status)), Tone: "mute"}
				if w.Offer != 0 {
					c.Tone, c.Href = "warn", at("appointments/"+itoa(w.Offer))
				}
				return c
			}},
		},
		Fetch: func(q query) ([]booking.WaitLine, int, error) {
			return r.d.Booking.BrowseWaits(r.ctx, d.reach, booking.DepartmentID(r.number("department")), q.Offset, q.Limit)
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

func endWait(r *request) (string, error) {
	id := booking.WaitID(r.number("id"))
	list, _, err := r.d.Booking.BrowseWaits(r.ctx, r.reach, 0, 0, maxExport)
	if err != nil {
		return "", err
	}
	for _, w := range list {
		if w.ID == id {
			if err := r.d.Booking.EndWait(r.ctx, id, r.value("note")); err != nil {
				return "", err
			}
			r.notice("waitlist.ended")
			return at("waitlist"), nil
		}
	}
	return "", refuse("waitlist.gone")
}
