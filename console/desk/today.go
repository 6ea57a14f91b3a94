package desk

import (
	"fmt"
	"strconv"
	"time"

	"guahao/booking"
	"guahao/internal/staff"
	"guahao/payments"
)

func todayPage() page {
	return page{path: "today", needs: staff.SeeToday, nav: "work", show: showToday, picture: todayPicture}
}

// showToday is how a day stands: what is booked, who is here, the money, what waits to be told, and what is wrong.
func showToday(r *request) (*view, error) {
	day, err := r.day()
	if err != nil {
		return nil, err
	}
	v := &view{Title: r.say("page.today")}
	chooser, err := r.dayChooser(day)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, block{Forms: []form{chooser}})
	alarms, err := r.alarms()
	if err != nil {
		return nil, err
	}
	if len(alarms) > 0 {
		v.Blocks = append(v.Blocks, block{Title: r.say("today.alarms"), Figures: alarms})
	}
	visits, err := r.visitFigures(day)
	if err != nil {
		return nil, err
	}
	v.Blocks = append(v.Blocks, block{Title: r.say("today.visits"), Figures: visits})
	if r.member.May(staff.SeePayments) {
		figures, err := r.moneyFigures(day)
		if err != nil {
			return nil, err
		}
		v.Blocks = append(v.Blocks, block{Title: r.say("today.money"), Figures: figures})
	}
	pictures, err := r.dayCharts(day)
	v.Blocks = append(v.Blocks, pictures...)
	return v, err
}

// day is the day that a page is about: its date, its zone, and the part of the reach that was chosen.
type day struct {
	date     booking.Date
	zone     *time.Location
	hospital booking.HospitalID // 0: all that may be seen
	reach    booking.Reach
}

func (r *request) day() (day, error) {
	d := day{reach: r.reach, zone: r.zone(), hospital: booking.HospitalID(r.number("hospital"))}
	if d.hospital != 0 {
		h, err := r.d.Booking.Hospital(r.ctx, d.hospital)
		if err != nil || !r.reach.Touches(d.hospital) {
			return d, booking.ErrNotFound
		}
		d.reach, d.zone = r.reach.In(d.hospital), h.Location()
	}
	d.date = booking.DateOf(r.d.Now(), d.zone)
	if at, err := time.Parse(time.DateOnly, r.value("date")); err == nil {
		d.date = booking.DateOf(at, time.UTC)
	}
	return d, nil
}

// dayChooser is the form that chooses the day and the hospital.
func (r *request) dayChooser(d day) (form, error) {
	f := form{Get: true, Inline: true, Label: "list.filter", Fields: []field{{Name: "date", Label: "field.date", Kind: "date", Value: string(d.date)}}}
	hospitals, err := r.hospitalOptions(true)
	if len(hospitals) > 2 {
		f.Fields = append(f.Fields, r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(d.hospital), Options: hospitals}))
	}
	return f, err
}

// hospitalOptions are the hospitals of which something is within reach; any is all of them.
func (r *request) hospitalOptions(any bool) ([]option, error) {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	var list []option
	if any {
		list = append(list, option{Value: "0", Label: r.say("all_hospitals")})
	}
	for _, h := range hospitals {
		if r.reach.Touches(h.ID) {
			list = append(list, option{Value: itoa(h.ID), Label: r.in(h.Name)})
		}
	}
	return list, err
}

// address is where a page of the same day and hospital is.
func (d day) address(path string, pairs ...string) string {
	hospital := ""
	if d.hospital != 0 {
		hospital = itoa(d.hospital)
	}
	return at(path, append([]string{"date", string(d.date), "hospital", hospital}, pairs...)...)
}

func (r *request) visitFigures(d day) ([]figure, error) {
	tallies, err := r.d.Booking.Tallies(r.ctx, d.reach, d.date, d.date)
	if err != nil {
		return nil, err
	}
	clinics, err := r.d.Booking.ClinicCounts(r.ctx, d.reach, d.date)
	if err != nil {
		return nil, err
	}
	n := map[booking.Status]int{}
	for _, t := range tallies {
		n[t.Status] += t.Count
	}
	link := func(status string) string {
		if !r.member.May(staff.SeeAppointments) {
			return ""
		}
		return d.address("appointments", "status", status)
	}
	arrived := n[booking.CheckedIn] + n[booking.Fulfilled]
	all := n[booking.Booked] + arrived + n[booking.NoShow]
	list := []figure{
		{Label: r.say("today.booked"), Value: strconv.Itoa(all), Note: r.say("today.held", n[booking.Held]), Href: link("")},
		{Label: r.say("today.awaited"), Value: strconv.Itoa(n[booking.Booked]), Href: link("booked")},
		{Label: r.say("today.arrived"), Value: strconv.Itoa(arrived), Note: r.say("today.seen", n[booking.Fulfilled]), Href: link("checked_in")},
		{Label: r.say("today.no_show"), Value: strconv.Itoa(n[booking.NoShow]), Note: share(n[booking.NoShow], all), Href: link("no_show")},
		{Label: r.say("today.cancelled"), Value: strconv.Itoa(n[booking.Cancelled]), Tone: "mute", Href: link("cancelled")},
		{Label: r.say("today.free"), Value: strconv.Itoa(clinics.Capacity - clinics.Taken), Note: r.say("today.of", clinics.Capacity), Tone: "mute"},
	}
	c := figure{Label: r.say("today.clinics"), Value: strconv.Itoa(clinics.Open), Note: r.say("today.stopped", clinics.Stopped), Tone: "mute"}
	if clinics.Stopped > 0 {
		c.Tone = "warn"
	}
	return append(list, c), nil
}

// share is a part in percent; nothing of nothing is not said.
func share(part, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(of))
}

// payees are the hospitals of a reach as payments names them: money is a whole hospital's.
func (r *request) payees(reach booking.Reach) ([]string, error) {
	hospitals, err := r.d.Booking.Hospitals(r.ctx)
	var list []string
	for _, h := range hospitals {
		if reach.Whole(h.ID) {
			list = append(list, r.d.Payee(h.ID))
		}
	}
	return list, err
}

// daily is the money of some days up to this one, within what the member may see of it.
func (r *request) daily(d day, days int) ([]payments.DayMoney, error) {
	reach := r.member.Reach(staff.SeePayments)
	if d.hospital != 0 {
		reach = reach.In(d.hospital)
	}
	payees, err := r.payees(reach)
	if err != nil {
		return nil, err
	}
	return r.d.Payments.Daily(r.ctx, payees, d.date.Add(1-days).In(d.zone), d.date.Add(1).In(d.zone))
}

func (r *request) moneyFigures(d day) ([]figure, error) {
	list, err := r.daily(d, 1)
	if err != nil {
		return nil, err
	}
	var m payments.DayMoney
	if len(list) > 0 {
		m = list[0]
	}
	link := at("payments", "from", string(d.date), "to", string(d.date))
	return []figure{
		{Label: r.say("today.paid"), Value: yuan(m.Paid), Note: r.say("today.payments", m.Payments), Href: link},
		{Label: r.say("today.refunded"), Value: yuan(m.GaveBack), Note: r.say("today.refunds", m.Refunds), Href: link},
		{Label: r.say("today.net"), Value: yuan(m.Paid - m.GaveBack)},
	}, nil
}
