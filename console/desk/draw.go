package desk

import (
	"fmt"

	"guahao/booking"
	"guahao/internal/staff"
)

func drawsPage() page {
	return page{path: "draws", needs: staff.SeeDirectory, nav: "work", list: drawsList}
}

// drawsList is the draws by lot of a day's half-days on: how far each has got. Who has applied is nobody's business before it is drawn.
func drawsList(r *request) (lister, error) {
	d, filters, err := r.dayAndPlace()
	if err != nil {
		return nil, err
	}
	filters = append([]field{{Name: "date", Label: "field.date", Kind: "date", Value: string(d.date)}}, filters...)
	return listing[booking.LotteryLine]{
		Name: "draws", Filters: filters, Empty: "draws.empty",
		Columns: []column[booking.LotteryLine]{
			{Key: "date", Sort: true, Cell: func(l booking.LotteryLine) cell {
				return cell{Text: string(l.Clinic.Date), Under: r.say("period." + string(l.Clinic.Period)), Href: at("clinics/" + itoa(l.Clinic.ID))}
			}},
			{Key: "doctor", Sort: true, Cell: func(l booking.LotteryLine) cell {
				return cell{Text: r.doctorName(l.Clinic.Doctor), Under: r.say("allocation." + string(l.Mode))}
			}},
			{Key: "department", Sort: true, Cell: func(l booking.LotteryLine) cell {
				return cell{Text: r.departmentName(l.Clinic.Department), Under: r.hospitalName(l.Clinic.Hospital)}
			}},
			{Key: "window", Sort: true, Cell: func(l booking.LotteryLine) cell { return cell{Text: r.moment(l.OpensAt), Under: r.moment(l.ClosesAt)} }},
			{Key: "applied", Sort: true, Right: true, Cell: func(l booking.LotteryLine) cell { return cell{Text: itoa(l.People)} }},
			{Key: "places", Right: true, Cell: func(l booking.LotteryLine) cell { return cell{Text: itoa(l.Places)} }},
			{Key: "status", Sort: true, Cell: func(l booking.LotteryLine) cell { return r.drawCell(l.Lottery) }},
		},
		Fetch: func(q query) ([]booking.LotteryLine, int, error) {
			return r.d.Booking.BrowseLotteries(r.ctx, booking.LotteryQuery{
				Reach: d.reach, From: d.date, Department: booking.DepartmentID(r.number("department")), Sort: q.Sort, Desc: q.Desc, Offset: q.Offset, Limit: q.Limit,
			})
		},
	}, nil
}

// drawCell says how far a draw has got, and leads to its public page.
func (r *request) drawCell(l booking.Lottery) cell {
	tone := map[booking.LotteryState]string{booking.LotterySettled: "good", booking.LotteryVoid: "mute"}[l.State]
	if tone == "" {
		tone = "warn"
	}
	return cell{Text: r.say("draw." + string(l.State)), Tone: tone, Href: fmt.Sprintf("/lottery/%d", l.Schedule)}
}

// drawFacts say how the places of a half-day are given.
func (r *request) drawFacts(c booking.Clinic) ([]fact, error) {
	facts := []fact{{r.say("draw.mode"), cell{Text: r.say("allocation." + string(c.Allocation))}}}
	l, err := r.d.Booking.Lottery(r.ctx, c.ID)
	if booking.IsRefusal(err) {
		return facts, nil
	}
	if err != nil {
		return nil, err
	}
	return append(facts,
		fact{r.say("draw.state"), r.drawCell(l)},
		fact{r.say("draw.applied"), cell{Text: itoa(l.Applied()), Under: r.say("draw.places", l.Places)}},
		fact{r.say("draw.window"), cell{Text: r.moment(l.OpensAt), Under: r.moment(l.ClosesAt)}},
	), nil
}

// allocateForm offers another way of giving the places, as long as they are not released.
func (r *request) allocateForm(c booking.Clinic, d booking.Department) []form {
	policy, err := r.d.Booking.Policy(r.ctx, c.Hospital)
	if err != nil || !r.may(staff.ChangePolicies, d) {
		return nil
	}
	h, err := r.d.Booking.Hospital(r.ctx, c.Hospital)
	if err != nil || c.Date <= policy.Window(r.d.Now(), h.Location()).Last {
		return nil
	}
	var options []option
	for _, mode := range []booking.Allocation{booking.FirstCome, booking.ByLottery, booking.ByWeights} {
		options = append(options, option{Value: string(mode), Label: r.say("allocation." + string(mode))})
	}
	return []form{{Action: at("clinics/" + itoa(c.ID) + "/allocate"), Label: "draw.allocate", Fold: true, Note: r.say("draw.allocate_note"), Fields: []field{
		r.field(field{Name: "mode", Label: "draw.mode", Kind: "select", Value: string(c.Allocation), Options: options}),
	}}}
}

func allocateClinic(r *request) (string, error) {
	c, err := r.clinic()
	if err != nil {
		return "", err
	}
	mode := booking.Allocation(r.value("mode"))
	if mode != booking.FirstCome && !mode.ByLot() {
		return "", refuse("draw.no_mode")
	}
	if err := r.d.Booking.Allocate(r.ctx, r.member.ID, c.ID, mode); err != nil {
		return "", err
	}
	r.notice("draw.allocated")
	return "", nil
}
