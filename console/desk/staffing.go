package desk

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"guahao/booking"
	"guahao/booking/waiting"
	"guahao/internal/staff"
)

const (
	staffingDays = 300  // that are played for each number of doctors
	staffingSeed = 1909 // the same question has the same answer
	mostDoctors  = 40
	calibrated   = 28 // days of promises that are compared with what came
	enoughCalls  = 20 // consultations from which a department's own figures are offered
)

func staffingPage() page {
	return page{path: "staffing", needs: staff.SeeQueue, nav: "hospital", show: showStaffing, picture: staffingPicture}
}

// staffing is the question how many doctors a half-day needs, with what is assumed of it. Times are minutes.
type staffing struct {
	patients, mean, cv, missed, length float64
	target                             waiting.Target
}

// questions are the fields of the form: their range, and what stands in them at first.
func (q *staffing) questions() []struct {
	name        string
	to          *float64
	least, most float64
	percent     bool
} {
	return []struct {
		name        string
		to          *float64
		least, most float64
		percent     bool
	}{
		{"patients", &q.patients, 1, 500, false}, {"length", &q.length, 30, 720, false}, {"mean", &q.mean, 0.5, 120, false}, {"cv", &q.cv, 0, 300, true},
		{"missed", &q.missed, 0, 90, true}, {"within", &q.target.Within, 0, 240, false}, {"share", &q.target.Share, 1, 99.9, true},
	}
}

// asked reads the question: what the department's last weeks say, where the form says nothing else.
func (r *request) asked(department booking.DepartmentID) (staffing, booking.StaffingBasis, error) {
	typical := waiting.Typical()
	q := staffing{patients: 60, mean: typical.Mean, cv: typical.CV, missed: typical.NoShow, length: typical.Length, target: waiting.Target{Within: 20, Share: 0.9}}
	var basis booking.StaffingBasis
	if department != 0 {
		var err error
		if basis, err = r.d.Booking.StaffingBasis(r.ctx, department); err != nil {
			return q, basis, err
		}
		q.learn(basis)
	}
	for _, f := range q.questions() {
		text := r.typedFor(department, f.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n >= f.least && n <= f.most) {
			return q, basis, refuse("staffing.bad", r.say("staffing."+f.name), strconv.FormatFloat(f.least, 'f', -1, 64), strconv.FormatFloat(f.most, 'f', -1, 64))
		}
		if f.percent {
			n /= 100
		}
		*f.to = n
	}
	return q, basis, nil
}

// typedFor is what stands in a field of the question; where another department was chosen meanwhile, its own figures take the place of the other's.
func (r *request) typedFor(department booking.DepartmentID, name string) string {
	if name != "within" && name != "share" && r.value("of") != itoa(department) {
		return ""
	}
	return r.value(name)
}

// learn takes over what is known of a department.
func (q *staffing) learn(b booking.StaffingBasis) {
	if b.HalfDays > 0 {
		q.patients, q.missed = max(1, math.Round(b.Patients)), min(b.Missed, 0.9)
	}
	if b.Consultations >= enoughCalls {
		q.mean, q.cv = max(0.5, b.Mean), min(b.Deviation/b.Mean, 3)
	}
}

// clinic is the half-day that is played: the department's appointments spread over its length, before as many doctors as are tried.
func (q staffing) clinic() waiting.Clinic {
	c := waiting.Typical()
	c.Length, c.Every, c.Each, c.NoShow, c.WalkIn, c.Mean, c.CV = q.length, q.length/q.patients, 1, q.missed, 0, q.mean, q.cv
	if q.cv == 0 {
		c.Shape = waiting.Constant
	}
	return c
}

// answer plays the half-day with more and more doctors. doctors is 0 where not even many are enough.
func (q staffing) answer() (doctors int, curve []waiting.Staffed, err error) {
	doctors, curve, err = q.clinic().Staff(staffingSeed, staffingDays, q.target, mostDoctors)
	if errors.Is(err, waiting.ErrInput) && len(curve) > 0 {
		return 0, curve, nil
	}
	return doctors, curve, err
}

// formula is the answer of M/M/c, where people come at random instead of by appointment.
func (q staffing) formula() (int, error) {
	target := q.target
	target.Within /= 60
	servers, _, err := waiting.Staff(q.patients*(1-q.missed)/(q.length/60), 60/q.mean, target, 0)
	return servers, err
}

func showStaffing(r *request) (*view, error) {
	v := &view{Title: r.say("page.staffing"), Up: []link{{r.say("page.queue"), at("queue")}}}
	d, err := r.day()
	if err != nil {
		return nil, err
	}
	department := booking.DepartmentID(r.number("department"))
	if err := r.mayAsk(department); err != nil {
		return nil, err
	}
	q, basis, err := r.asked(department)
	if wrong, ok := err.(*problem); ok {
		v.Blocks = append(v.Blocks, block{Text: r.say(wrong.key, wrong.args...), Tone: "bad", Role: "alert"})
	} else if err != nil {
		return nil, err
	}
	ask, failed := r.staffingForm(d, q, department)
	if failed != nil {
		return nil, failed
	}
	v.Blocks = append(v.Blocks, block{Text: r.basisWords(department, basis), Forms: []form{ask}})
	if err != nil {
		return v, nil
	}
	answer, err := r.staffingAnswer(q)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, answer...)
	kept, err := r.promisesKept(d)
	v.Blocks = append(v.Blocks, kept...)
	return v, err
}

// mayAsk refuses departments outside of the reach.
func (r *request) mayAsk(id booking.DepartmentID) error {
	if id == 0 {
		return nil
	}
	d, err := r.d.Booking.Department(r.ctx, id)
	if err == nil && !r.reach.Covers(d) {
		err = booking.ErrNotFound
	}
	return err
}

func (r *request) staffingForm(d day, q staffing, department booking.DepartmentID) (form, error) {
	f := form{Get: true, Rows: true, Label: "staffing.ask", Tone: "primary"}
	filters, err := r.placeFilters(d)
	if err != nil {
		return f, err
	}
	f.Fields = append(filters, field{Name: "of", Kind: "hidden", Value: itoa(department)})
	for _, one := range q.questions() {
		n := *one.to
		if one.percent {
			n *= 100
		}
		value := strconv.FormatFloat(math.Round(n*10)/10, 'f', -1, 64)
		if typed := r.typedFor(department, one.name); typed != "" {
			value = typed
		}
		label := "staffing." + one.name
		f.Fields = append(f.Fields, field{Name: one.name, Label: label, Kind: "text", Value: value, Max: 8, Required: true})
	}
	return f, nil
}

// basisWords says what the figures in the form rest on.
func (r *request) basisWords(department booking.DepartmentID, b booking.StaffingBasis) string {
	switch {
	case department == 0:
		return r.say("staffing.typical")
	case b.HalfDays == 0:
		return r.say("staffing.no_basis")
	case b.Consultations < enoughCalls:
		return r.say("staffing.few_calls", b.HalfDays)
	}
	return r.say("staffing.basis", b.HalfDays, b.Consultations)
}

func (r *request) staffingAnswer(q staffing) ([]block, error) {
	doctors, curve, err := q.answer()
	if err != nil {
		return nil, err
	}
	b := block{Title: r.say("staffing.answer"), Text: r.say("staffing.enough", percent(q.target.Share), minutes(q.target.Within), doctors), Tone: "good"}
	if doctors == 0 {
		last := curve[len(curve)-1]
		b.Text, b.Tone = r.say("staffing.never", last.Servers, percent(last.Within), minutes(q.target.Within)), "warn"
	}
	if servers, err := q.formula(); err == nil {
		b.Figures = append(b.Figures, figure{Label: r.say("staffing.formula"), Value: strconv.Itoa(servers), Note: r.say("staffing.formula_note")})
	}
	t := &table{Heads: r.heads("doctors", "within", "mean_wait", "busy"), Count: r.say("staffing.played", staffingDays)}
	for _, s := range curve {
		text := cell{Text: percent(s.Within)}
		if s.Enough {
			text.Tone = "good"
		}
		t.Rows = append(t.Rows, []cell{{Text: strconv.Itoa(s.Servers)}, text, {Text: r.say("queue.minutes", int(math.Round(s.Wq)))}, {Text: percent(s.Rho)}})
	}
	picture := staffingBars(r, q, curve)
	chart := block{Title: r.say("staffing.chart", percent(q.target.Share)), Chart: &chart{Src: r.staffingAddress(), Alt: picture.words()}}
	return []block{b, chart, {Table: t}}, nil
}

// staffingAddress is where the chart of the same question is.
func (r *request) staffingAddress() string {
	query := r.URL.Query()
	query.Set("lang", r.lang)
	return at("staffing/chart.svg") + "?" + query.Encode()
}

func staffingBars(r *request, q staffing, curve []waiting.Staffed) bars {
	b := bars{Names: []string{r.say("staffing.bars_within"), r.say("staffing.bars_target")}, Values: make([][]float64, 2)}
	for _, s := range curve {
		b.Labels = append(b.Labels, strconv.Itoa(s.Servers))
		b.Values[0] = append(b.Values[0], 100*s.Within)
		b.Values[1] = append(b.Values[1], 100*q.target.Share)
	}
	return b
}

func staffingPicture(r *request) error {
	if r.PathValue("picture") != "chart.svg" {
		return booking.ErrNotFound
	}
	department := booking.DepartmentID(r.number("department"))
	if err := r.mayAsk(department); err != nil {
		return err
	}
	q, _, err := r.asked(department)
	if err != nil {
		return err
	}
	_, curve, err := q.answer()
	if err != nil {
		return err
	}
	return r.drawBars(staffingBars(r, q, curve))
}

// promisesKept compares what people were told when they joined a queue with how long they waited.
func (r *request) promisesKept(d day) ([]block, error) {
	outcomes, err := r.d.Booking.Promises(r.ctx, d.reach, d.date.Add(-calibrated), d.date)
	if err != nil {
		return nil, err
	}
	title := r.say("staffing.kept", calibrated)
	if len(outcomes) == 0 {
		return []block{{Title: title, Text: r.say("staffing.no_promises")}}, nil
	}
	c, err := waiting.Calibrate(outcomes)
	if err != nil {
		return nil, fmt.Errorf("compare the promises: %w", err)
	}
	figures := []figure{
		{Label: r.say("staffing.coverage"), Value: percent(c.Coverage), Note: r.say("staffing.coverage_note", percent(c.Error))},
		{Label: r.say("staffing.promises"), Value: strconv.Itoa(c.Promises), Note: r.say("staffing.half_days", c.Days)},
		{Label: r.say("staffing.bias"), Value: fmt.Sprintf("%+.1f", c.Bias), Note: r.say("staffing.bias_note")},
		{Label: r.say("staffing.earlier"), Value: percent(c.Earlier)}, {Label: r.say("staffing.later"), Value: percent(c.Later)},
	}
	return []block{{Title: title, Figures: figures}}, nil
}

func percent(share float64) string { return fmt.Sprintf("%.0f%%", 100*share) }

func minutes(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
