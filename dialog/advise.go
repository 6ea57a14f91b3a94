package dialog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"guahao/booking"
	"guahao/dialog/recommend"
	"guahao/dialog/understand"
)

// Advice is what the conversation needs to know of the past to recommend; *booking.Store satisfies it.
type Advice interface {
	// History lists the visits of a user's own patients: those that took place, and those to come.
	History(ctx context.Context, user booking.UserID) ([]booking.Course, error)
	// RatingsIn is what the reviews of a department's doctors come to.
	RatingsIn(ctx context.Context, department booking.DepartmentID) (map[booking.DoctorID]booking.Rating, error)
}

const (
	suggestedDoctors = 3  // at most, before the usual list
	shownReasons     = 3  // with each of them
	suggestedAcross  = 2  // at most, before a list of hospitals
	comparedPlaces   = 5  // hospitals whose doctors are compared
	shownItems       = 2  // of a doctor's speciality
	shownWords       = 48 // characters of these
)

// option is a doctor who may be recommended.
type option struct {
	doctor   booking.DoctorSummary
	hospital booking.Hospital
	grouped  bool               // among several departments, of which others may be meant
	clinics  []booking.Schedule // that can be booked, full ones included
	next     booking.Schedule   // the first half-day with a free place; ID 0: none
	fit      recommend.Match
	seen     booking.Course // the last visit; ID 0: none
	rating   booking.Rating
	chance   string // by the waitlist, of who is full; "": not known
}

// advised puts first, in a list of a department's doctors, those for whom something speaks that the usual order does not know of, and says what. Where
// nothing does, the list stays as it is.
func (t *turn) advised(l list, dep booking.Department, doctors []booking.DoctorSummary) (list, error) {
	doctors = slices.DeleteFunc(slices.Clone(doctors), func(d booking.DoctorSummary) bool {
		return d.Clinics == 0 || !slices.ContainsFunc(l.items, func(i item) bool { return i.Do == doPick && i.ID == int64(d.Doctor.ID) })
	})
	if len(doctors) < 2 {
		return l, nil
	}
	options, ranked, err := t.weighed(dep, doctors)
	if err != nil {
		return list{}, err
	}
	n := suggestedDoctors
	if t.m.Large {
		n = 1
	}
	suggested := recommend.Suggest(ranked, n)
	place := func(i item) int {
		at := slices.IndexFunc(suggested, func(r recommend.Ranked) bool { return i.Do == doPick && r.ID == i.ID })
		if at < 0 {
			return len(suggested)
		}
		return at
	}
	slices.SortStableFunc(l.items, func(a, b item) int { return place(a) - place(b) })
	if t.m.Page > 0 {
		return l, nil
	}
	for _, r := range suggested {
		o := options[booking.DoctorID(r.ID)]
		if o.chance, err = t.chanceFor(o); err != nil {
			return list{}, err
		}
		l.lead = append(l.lead, t.say("advise.line", "name", o.doctor.Doctor.Name, "why", t.whyDoctor(o, r)))
	}
	if len(l.lead) > 0 {
		l.lead = append([]string{t.say("advise.head")}, l.lead...)
	}
	return l, nil
}

// weighed ranks doctors of a department.
func (t *turn) weighed(dep booking.Department, doctors []booking.DoctorSummary) (map[booking.DoctorID]option, []recommend.Ranked, error) {
	options, list, err := t.candidates(dep, doctors)
	return options, recommend.Rank(list), err
}

// candidates weighs doctors of a department by what was said, the places that were asked for, the person's own visits and the reviews.
func (t *turn) candidates(dep booking.Department, doctors []booking.DoctorSummary) (map[booking.DoctorID]option, []recommend.Candidate, error) {
	h, err := t.hospital(dep.Hospital)
	if err != nil {
		return nil, nil, err
	}
	clinics, err := t.d.Booking.Clinics(t.ctx, dep.ID)
	if err != nil {
		return nil, nil, err
	}
	ratings, err := t.d.Booking.RatingsIn(t.ctx, dep.ID)
	if err != nil {
		return nil, nil, err
	}
	history, err := t.d.Booking.History(t.ctx, t.user())
	if err != nil {
		return nil, nil, err
	}
	symptoms, fits := t.symptoms(), t.m.Draft.Asked.fits
	if !slices.ContainsFunc(clinics, func(s booking.Schedule) bool { return s.Free() > 0 && fits(s) }) { // then the list has other days
		fits = asked{}.fits
	}
	km, placed := t.m.Place.to(h)
	options, list := map[booking.DoctorID]option{}, []recommend.Candidate{}
	for order, d := range doctors {
		o := option{doctor: d, hospital: h, rating: ratings[d.Doctor.ID]}
		c := recommend.Candidate{ID: int64(d.Doctor.ID), Order: order, Wait: -1, Fee: int64(d.FeeFrom), Reviews: o.rating.Count, Points: o.rating.Sum, Distance: km, Placed: placed}
		for _, s := range clinics {
			if s.Doctor == d.Doctor.ID {
				o.clinics = append(o.clinics, s)
			}
		}
		if at := slices.IndexFunc(clinics, func(s booking.Schedule) bool { return s.Doctor == d.Doctor.ID && s.Free() > 0 && fits(s) }); at >= 0 {
			o.next = clinics[at]
			c.Wait = t.today(h).Until(o.next.Date)
		}
		for _, v := range history {
			if v.Doctor == d.Doctor.ID && !v.ToCome && (t.m.Draft.Patient == 0 || v.Patient == t.m.Draft.Patient) {
				if c.Visits++; o.seen.ID == 0 {
					o.seen, c.Ago = v, v.Date.Until(t.today(h))
				}
			}
		}
		o.fit = t.fits(d.Doctor, symptoms)
		c.Fit = o.fit.Share
		options[d.Doctor.ID], list = o, append(list, c)
	}
	return options, list, nil
}

// advisedAcross suggests doctors of several hospitals' departments, before one of the hospitals is chosen: who treats what was said, and where it is near.
func (t *turn) advisedAcross(l list, places []understand.Place) (list, error) {
	options, all := map[booking.DoctorID]option{}, []recommend.Candidate{}
	for _, p := range places[:min(len(places), comparedPlaces)] {
		some, candidates, err := t.free(p.Department)
		if err != nil {
			return list{}, err
		}
		maps.Copy(options, some)
		for _, c := range candidates {
			c.Order = len(all)
			all = append(all, c)
		}
	}
	n := suggestedAcross
	if t.m.Large {
		n = 1
	}
	var items []item
	for _, r := range recommend.Suggest(recommend.Rank(all), len(all)) {
		o := options[booking.DoctorID(r.ID)]
		if len(items) == n || o.grouped && r.Fit == 0 {
			continue
		}
		i, err := t.placeItem(understand.Place{Hospital: o.hospital.ID, Department: o.doctor.Doctor.Department, Doctor: o.doctor.Doctor.ID})
		if err != nil {
			return list{}, err
		}
		items = append(items, i)
		l.lead = append(l.lead, t.say("advise.line", "name", o.doctor.Doctor.Name, "why", t.whyDoctor(o, r)))
	}
	if len(items) > 0 {
		l.lead = append([]string{t.say("advise.head")}, l.lead...)
	}
	l.items = append(items, l.items...)
	if t.m.Page > 0 {
		l.lead = nil
	}
	return l, nil
}

// free weighs the doctors with places of a department, or of those in a group.
func (t *turn) free(id booking.DepartmentID) (map[booking.DoctorID]option, []recommend.Candidate, error) {
	dep, err := t.d.Booking.Department(t.ctx, id)
	if err != nil {
		return nil, nil, err
	}
	leaves := []booking.Department{dep}
	if !dep.Leaf {
		if leaves, err = t.d.Booking.Departments(t.ctx, dep.Hospital, dep.ID); err != nil {
			return nil, nil, err
		}
	}
	options, all := map[booking.DoctorID]option{}, []recommend.Candidate{}
	for _, leaf := range leaves {
		doctors, err := t.d.Booking.Doctors(t.ctx, leaf.ID)
		if err != nil {
			return nil, nil, err
		}
		some, candidates, err := t.candidates(leaf, slices.DeleteFunc(doctors, func(d booking.DoctorSummary) bool { return d.Free == 0 }))
		if err != nil {
			return nil, nil, err
		}
		for id, o := range some {
			o.grouped = !dep.Leaf
			options[id] = o
		}
		all = append(all, candidates...)
	}
	return options, all, nil
}

// chanceFor says in a few words what chance there is by the waitlist of a doctor who is full; "" where it is not known or not needed.
func (t *turn) chanceFor(o option) (string, error) {
	if o.next.ID != 0 || o.doctor.ByLot > 0 || len(o.clinics) == 0 {
		return "", nil
	}
	chance, known, err := t.d.Booking.WaitChance(t.ctx, wishForAll(o.clinics))
	if err != nil || !known {
		return "", err
	}
	return t.say("advise.waits", "share", t.tenths(chance.Value)), nil
}

// symptoms are those of the complaint that this booking began with.
func (t *turn) symptoms() []string {
	p := t.m.Draft.Asked.Plaint
	if p.Words == "" {
		return nil
	}
	return t.d.knowledge.Symptoms(p.Words, p.answers())
}

// fits compares a doctor's speciality with the complaint.
func (t *turn) fits(d booking.Doctor, symptoms []string) recommend.Match {
	words := t.m.Draft.Asked.Plaint.Words
	if words == "" {
		return recommend.Match{}
	}
	shown, other := d.Speciality.In(t.lang), d.Speciality.EN
	if t.lang == "en" {
		other = d.Speciality.ZH
	}
	return recommend.Fit(shown, other, understand.Narrow(words), symptoms)
}

// whyDoctor says in a few words what speaks for a doctor.
func (t *turn) whyDoctor(o option, r recommend.Ranked) string {
	var parts []string
	switch {
	case r.Full() && o.doctor.ByLot > 0:
		parts = append(parts, t.say("advise.lot"))
	case r.Full():
		parts = append(parts, t.say("advise.full"))
		if o.chance != "" {
			parts = append(parts, o.chance)
		}
	}
	for _, reason := range r.Reasons {
		switch reason {
		case recommend.Fits:
			items := o.fit.Items
			if len(items) == 0 {
				items = []string{o.doctor.Doctor.Speciality.In(t.lang)}
			}
			parts = append(parts, t.say("advise.fits", "what", clip(join(items[:min(len(items), shownItems)], t.say("list.comma")), shownWords)))
		case recommend.SeenThere:
			parts = append(parts, t.say("advise.seen", "day", t.shortDay(o.seen.Date)))
		case recommend.Soonest:
			parts = append(parts, t.say("advise.soonest", "when", t.soon(o.next)))
		case recommend.WellRated:
			parts = append(parts, t.say("advise.rated", "average", fmt.Sprintf("%.1f", o.rating.Average()), "count", o.rating.Count))
		case recommend.Near:
			parts = append(parts, t.say("advise.near", "distance", t.distance(t.m.Place, o.hospital)))
		case recommend.Cheapest:
			if o.doctor.FeeFrom > 0 {
				parts = append(parts, t.say("advise.cheapest", "fee", t.yuan(o.doctor.FeeFrom)))
			} else {
				parts = append(parts, t.say("advise.free"))
			}
		}
	}
	most := shownReasons
	if t.m.Large {
		most = 1
	}
	return strings.Join(parts[:min(len(parts), most)], t.say("advise.and"))
}

// soon says when a half-day is: today, tomorrow, or its date.
func (t *turn) soon(c booking.Schedule) string {
	period := t.named("period", string(c.Period))
	h, err := t.hospital(c.Hospital)
	if err != nil {
		return t.say("advise.on", "day", t.day(c.Date), "period", period)
	}
	switch t.today(h).Until(c.Date) {
	case 0:
		return t.say("advise.today", "period", period)
	case 1:
		return t.say("advise.tomorrow", "period", period)
	}
	return t.say("advise.on", "day", t.shortDay(c.Date), "period", period)
}
