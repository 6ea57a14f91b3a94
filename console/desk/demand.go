package desk

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-analyze/charts"

	"guahao/booking"
	"guahao/booking/forecast"
	"guahao/internal/staff"
)

const (
	demandDays = 28                  // how far the page looks ahead
	sellOutAge = 30 * 24 * time.Hour // for how long a half-day that was full early stands there
)

func demandPage() page {
	return page{path: "demand", needs: staff.SeeDemand, nav: "hospital", show: showDemand, picture: demandPicture}
}

// outlook is what is foreseen of the department that was chosen.
type outlook struct {
	department booking.Department
	days       []booking.ForeseenDay
	forecast.Outlook
}

// showDemand is how many will come to a department, where places will be missing, and what was full too early.
func showDemand(r *request) (*view, error) {
	d, err := r.day()
	if err != nil {
		return nil, err
	}
	if d.hospital == 0 {
		d.hospital = r.firstHospital()
		d.reach = r.reach.In(d.hospital)
	}
	v := &view{Title: r.say("page.demand")}
	chooser, department, err := r.demandChooser(d)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, block{Forms: []form{chooser}})
	early, err := r.earlyBlock(d)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, early...)
	if department == 0 {
		return v, nil
	}
	o, err := r.outlook(department)
	if errors.Is(err, forecast.ErrInput) {
		v.Blocks = append(v.Blocks, block{Title: r.say("demand.ahead"), Text: r.say("demand.young")})
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	ahead, err := r.demandBlocks(o)
	v.Blocks = append(v.Blocks, ahead...)
	return v, err
}

// firstHospital is the first of those within reach.
func (r *request) firstHospital() booking.HospitalID {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	if err != nil {
		return 0
	}
	for _, h := range hospitals {
		if r.reach.Touches(h.ID) {
			return h.ID
		}
	}
	return 0
}

// demandChooser is the form for hospital and department, and the department that is chosen: the first when none is.
func (r *request) demandChooser(d day) (form, booking.DepartmentID, error) {
	f := form{Get: true, Inline: true, Label: "list.filter"}
	hospitals, err := r.hospitalOptions(false)
	if err != nil {
		return f, 0, err
	}
	if len(hospitals) > 1 {
		f.Fields = append(f.Fields, r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(d.hospital), Options: hospitals}))
	}
	leaves, err := r.leaves(d.hospital)
	if err != nil || len(leaves) == 0 {
		return f, 0, err
	}
	chosen := leaves[0].ID
	options := make([]option, len(leaves))
	for i, l := range leaves {
		options[i] = option{Value: itoa(l.ID), Label: r.in(l.Name)}
		if int64(l.ID) == r.number("department") {
			chosen = l.ID
		}
	}
	f.Fields = append(f.Fields, r.field(field{Name: "department", Label: "field.department", Kind: "select", Value: itoa(chosen), Options: options}))
	return f, chosen, nil
}

func (r *request) outlook(id booking.DepartmentID) (outlook, error) {
	dep, err := r.d.Booking.Department(r.ctx, id)
	if err != nil || !r.reach.Covers(dep) {
		return outlook{}, booking.ErrNotFound
	}
	days, o, err := r.d.Booking.Foresee(r.ctx, id, demandDays)
	return outlook{dep, days, o}, err
}

func (r *request) demandBlocks(o outlook) ([]block, error) {
	number := func(n int) cell { return cell{Text: itoa(int64(n))} }
	l := listing[booking.ForeseenDay]{
		Columns: []column[booking.ForeseenDay]{
			{Key: "date", Cell: func(d booking.ForeseenDay) cell {
				return cell{Text: string(d.DemandDay.Date), Under: r.say("demand.kind_" + string(d.Kind))}
			}},
			{Key: "expected", Right: true, Cell: func(d booking.ForeseenDay) cell {
				return cell{Text: fmt.Sprintf("%.0f", d.Value), Under: fmt.Sprintf("%.0f–%.0f", d.Lower80, d.Upper80)}
			}},
			{Key: "day_places", Right: true, Cell: func(d booking.ForeseenDay) cell { return number(d.DemandDay.Places) }},
			{Key: "taken", Right: true, Cell: func(d booking.ForeseenDay) cell { return number(d.Taken) }},
			{Key: "day_waiting", Right: true, Cell: func(d booking.ForeseenDay) cell { return number(d.Waiting) }},
			{Key: "advice", Cell: r.advice},
		},
		Fetch: func(query) ([]booking.ForeseenDay, int, error) { return o.days, len(o.days), nil },
	}
	t, err := l.plain(r)
	return []block{
		{Title: r.say("demand.ahead"), Text: r.reliability(o), Chart: &chart{Src: at("demand/days.svg", "department", itoa(o.department.ID), "lang", r.lang), Alt: r.demandLines(o).words()}},
		{Title: r.say("demand.days"), Table: t},
	}, err
}

// reliability says by which method it was foreseen, and how well that did on the past.
func (r *request) reliability(o outlook) string {
	for _, s := range o.Scores {
		if s.Method == o.Method {
			return r.say("demand.method", r.say("demand.by_"+string(o.Method)), int(100*s.MAPE+0.5), int(100*s.Coverage80+0.5))
		}
	}
	return r.say("demand.untried")
}

// advice is what to do about a day. Clinics are advised where the forecast and the waitlist agree.
func (r *request) advice(d booking.ForeseenDay) cell {
	switch {
	case d.Weekly:
		return cell{Text: r.say("demand.calendar_ends"), Tone: "mute"}
	case d.Advice.Extra > 0:
		return cell{Text: r.say("demand.add", d.Advice.Extra), Tone: "bad"}
	case d.Advice.Likely && d.Clinics > 0:
		return cell{Text: r.say("demand.full"), Tone: "warn"}
	case d.Advice.Spare && d.Clinics > 1:
		return cell{Text: r.say("demand.spare"), Tone: "mute"}
	}
	return cell{}
}

// demandLines are the forecast, its interval and the places, these as far as half-days are made.
func (r *request) demandLines(o outlook) bars {
	b := bars{Names: []string{r.say("demand.expected"), r.say("demand.upper"), r.say("demand.lower"), r.say("demand.places")}, Values: make([][]float64, 4)}
	known := 0
	for i, d := range o.days {
		if d.DemandDay.Places > 0 {
			known = i + 1
		}
	}
	for n, d := range o.days {
		b.Labels = append(b.Labels, string(d.DemandDay.Date)[5:])
		for i, v := range []float64{d.Value, d.Upper80, d.Lower80, float64(d.DemandDay.Places)} {
			if i == 3 && n >= known {
				v = charts.GetNullValue()
			}
			b.Values[i] = append(b.Values[i], v)
		}
	}
	return b
}

func demandPicture(r *request) error {
	if r.PathValue("picture") != "days.svg" {
		return booking.ErrNotFound
	}
	o, err := r.outlook(booking.DepartmentID(r.number("department")))
	if err != nil {
		return booking.ErrNotFound
	}
	b := r.demandLines(o)
	b.Lines = true
	return r.drawBars(b)
}

// earlyBlock lists what was full much sooner than it uses to be.
func (r *request) earlyBlock(d day) ([]block, error) {
	early, err := r.d.Booking.EarlySellOuts(r.ctx, d.reach, r.d.Now().Add(-sellOutAge))
	if err != nil || len(early) == 0 {
		return nil, err
	}
	l := listing[booking.SellOut]{
		Columns: []column[booking.SellOut]{
			{Key: "date", Cell: func(o booking.SellOut) cell {
				return cell{Text: string(o.Schedule.Date), Under: r.say("period." + string(o.Schedule.Period)), Href: at("clinics/" + itoa(o.Schedule.ID))}
			}},
			{Key: "doctor", Cell: func(o booking.SellOut) cell {
				return cell{Text: r.doctorName(o.Schedule.Doctor), Under: r.departmentName(o.Schedule.Department)}
			}},
			{Key: "took", Cell: func(o booking.SellOut) cell { return cell{Text: r.howLong(o.Took)} }},
			{Key: "usual", Cell: func(o booking.SellOut) cell {
				if o.Usual < 0 {
					return cell{Text: r.say("demand.never"), Tone: "mute"}
				}
				return cell{Text: r.howLong(o.Usual)}
			}},
		},
		Fetch: func(query) ([]booking.SellOut, int, error) { return early, len(early), nil },
	}
	t, err := l.plain(r)
	return []block{{Title: r.say("demand.early"), Text: r.say("demand.early_note"), Table: t}}, err
}

// howLong writes a time in its largest whole unit.
func (r *request) howLong(d time.Duration) string {
	switch {
	case d < time.Minute:
		return r.say("demand.seconds", int(d/time.Second))
	case d < 2*time.Hour:
		return r.say("demand.minutes", int(d/time.Minute))
	case d < 48*time.Hour:
		return r.say("demand.hours", int(d/time.Hour))
	}
	return r.say("demand.days_long", int(d/(24*time.Hour)))
}
