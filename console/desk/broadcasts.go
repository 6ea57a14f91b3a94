package desk

import (
	"strconv"
	"strings"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/staff"
	"guahao/reminders"
)

func broadcastsPage() page {
	return page{path: "broadcasts", needs: staff.SeeBroadcasts, nav: "talk", list: broadcastsList}
}

// broadcastsList is what was written to many, and what became of it.
func broadcastsList(r *request) (lister, error) {
	var links []link
	if r.member.May(staff.SendBroadcasts) {
		links = []link{{r.say("broadcast.new"), at("broadcasts/new")}}
	}
	filter := r.field(field{Name: "over", Label: "col.status", Kind: "select", Value: r.value("over"), Options: []option{
		{Label: r.say("anything")}, {Value: "no", Label: r.say("broadcast.open")}, {Value: "yes", Label: r.say("broadcast.over")},
	}})
	return listing[reminders.Written]{
		Name: "broadcasts", Links: links, Filters: []field{filter}, Empty: "broadcasts.empty",
		Columns: []column[reminders.Written]{
			{Key: "id", Sort: true, Cell: func(b reminders.Written) cell { return cell{Text: itoa(b.ID), Href: at("broadcasts/" + itoa(b.ID))} }},
			{Key: "at", Cell: func(b reminders.Written) cell { return cell{Text: r.moment(b.CreatedAt), Under: r.staffName(b.Staff)} }},
			{Key: "audience", Cell: func(b reminders.Written) cell { return cell{Text: r.audienceWords(b)} }},
			{Key: "text", Cell: func(b reminders.Written) cell { return cell{Text: b.Text} }},
			{Key: "sent", Sort: true, Right: true, Cell: func(b reminders.Written) cell {
				return cell{Text: strconv.Itoa(b.Report.Sent), Under: r.say("broadcast.of", readers(b))}
			}},
			{Key: "failed", Right: true, Cell: func(b reminders.Written) cell {
				return cell{Text: strconv.Itoa(b.Report.Blocked + b.Report.Unreachable + b.Report.Failed)}
			}},
			{Key: "status", Cell: r.broadcastState},
		},
		Fetch: func(q query) ([]reminders.Written, int, error) {
			b := reminders.Browsing{Reach: r.reach, Sort: q.Sort, Desc: q.Desc || q.Sort == "", Offset: q.Offset, Limit: q.Limit}
			if over := r.value("over"); over != "" {
				yes := over == "yes"
				b.Over = &yes
			}
			return r.d.Reminders.Browse(r.ctx, b)
		},
	}, nil
}

// readers is how many a broadcast goes to, as far as that is known.
func readers(b reminders.Written) int {
	if b.Report.Finished {
		return b.Report.Total
	}
	return max(b.Report.Total, b.Expected)
}

func (r *request) broadcastState(b reminders.Written) cell {
	c := cell{Text: r.say("broadcast.state." + string(b.State)), Tone: map[reminders.State]string{
		reminders.Sending: "warn", reminders.Paused: "bad", reminders.Done: "good",
	}[b.State]}
	if c.Tone == "" {
		c.Tone = "mute"
	}
	if b.State == reminders.Scheduled {
		c.Under = r.moment(b.StartAt)
	}
	return c
}

func (r *request) staffName(id booking.StaffID) string {
	m, err := r.d.Staff.Member(r.ctx, id)
	if err != nil {
		return "#" + itoa(id)
	}
	return m.Name
}

// audienceWords says whom a broadcast goes to.
func (r *request) audienceWords(b reminders.Written) string {
	var parts []string
	f := b.Filter
	switch {
	case b.All:
		parts = []string{r.say("broadcast.everybody")}
	case f.Hospital == 0:
		parts = []string{r.say("broadcast.all_patients")}
	default:
		parts = []string{r.hospitalName(f.Hospital)}
	}
	if f.Department != 0 {
		parts = append(parts, r.departmentName(f.Department))
	}
	if f.Doctor != 0 {
		parts = append(parts, r.doctorName(f.Doctor))
	}
	if f.Kind != "" {
		parts = append(parts, r.say("kind."+string(f.Kind)))
	}
	if f.Date != "" {
		parts = append(parts, string(f.Date))
	}
	if b.Platform != "" {
		parts = append(parts, r.platformName(b.Platform))
	}
	if b.Lang != "" {
		parts = append(parts, r.say("broadcast.lang."+b.Lang))
	}
	return strings.Join(parts, " · ")
}

func (r *request) platformName(p bots.Platform) string {
	if p == "" {
		return ""
	}
	return r.say("platform." + string(p))
}
