package dialog

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/dialog/recommend"
)

// Outlook is what the conversation needs to know of the chance of a place; *booking.Store satisfies it.
type Outlook interface {
	// WaitChance tells what a wish of the waitlist can hope for; false where too few have waited.
	WaitChance(ctx context.Context, wish booking.Wish) (booking.WaitOutlook, bool, error)
	// PlaceChance tells how quickly a doctor's places have gone; false where that is not known.
	PlaceChance(ctx context.Context, doctor booking.DoctorID) (booking.PlaceOutlook, bool, error)
}

// doComparable goes to a doctor of the same title who has places.
const doComparable = "comparable"

// scarce is the share of a doctor's places below which it is said how quickly such places go: one in so many.
const scarce = 5

// dayOutlook says, on the card of a doctor, what there is to say of the chance of a place: how quickly they go where few are left, and the chance by
// the waitlist and a comparable doctor where none is. Each line begins with a line break.
func (t *turn) dayOutlook(doctor booking.Doctor, days []booking.Day) (lines string, others []item, err error) {
	free, places, full, lots := 0, 0, false, false
	var clinics []booking.Schedule
	for _, day := range days {
		free, full, lots = free+day.Free, full || day.Free == 0 && !day.ByLot(), lots || day.ByLot()
		for _, c := range day.Schedules {
			if !c.Allocation.ByLot() {
				clinics, places = append(clinics, c), places+c.Capacity
			}
		}
	}
	if len(clinics) == 0 {
		return "", nil, nil
	}
	if free == 0 && !lots && t.m.Draft.Move == 0 {
		chance, err := t.waitChance(wishForAll(clinics))
		if err != nil {
			return "", nil, err
		}
		lines = "\n" + t.say("outlook.full", "chance", chance)
	}
	if free == 0 && !lots {
		if others, err = t.comparable(doctor); err != nil {
			return "", nil, err
		}
	}
	if full || free*scarce < places {
		speed, err := t.speed(doctor.ID)
		if err != nil {
			return "", nil, err
		}
		lines += speed
	}
	return lines, others, nil
}

// wishForAll waits for any of a doctor's half-days.
func wishForAll(clinics []booking.Schedule) booking.Wish {
	w := wishFor(clinics[0])
	w.Last, w.Halves = clinics[len(clinics)-1].Date, booking.AnyHalf
	return w
}

// waitChance says what a wish of the waitlist can hope for, and how sure that is.
func (t *turn) waitChance(wish booking.Wish) (string, error) {
	o, known, err := t.d.Booking.WaitChance(t.ctx, wish)
	if err != nil {
		return "", err
	}
	if !known {
		return t.say("chance.unknown", "position", o.Position), nil
	}
	whose := key("chance.department")
	if o.Same {
		whose = "chance.doctor"
	}
	k := key("chance.wait")
	if o.Behind {
		k = "chance.behind"
	}
	return t.say(k, "position", o.Position, "share", t.tenths(o.Value), "weeks", o.Weeks, "whose", t.say(whose), "count", o.Releases, "offered", o.Offered), nil
}

// tenths says a chance in tenths: more would promise what is not known.
func (t *turn) tenths(chance float64) string {
	return t.named("tenths", strconv.Itoa(int(math.Round(chance*10))))
}

// speed says how quickly a doctor's places went and when the next ones open; "" where too little is known, or most were never gone.
func (t *turn) speed(doctor booking.DoctorID) (string, error) {
	o, known, err := t.d.Booking.PlaceChance(t.ctx, doctor)
	if err != nil || !known || o.Usual == allocation.NeverSoldOut {
		return "", err
	}
	k := key("speed")
	if o.Safe < time.Minute {
		k = "speed.at_once"
	}
	line := "\n" + t.say(k, "usual", t.span(o.Usual.Round(time.Minute)), "safe", t.span(o.Safe), "count", o.Releases, "full", o.SoldOut)
	if o.Next != "" {
		line += t.say("speed.next", "opens", t.moment(o.Opens, t.zone()), "day", t.day(o.Next))
	}
	return line, nil
}

// span says how long something takes, in whole minutes, hours or days that are over.
func (t *turn) span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return t.say("span.moment")
	case d < time.Hour:
		return t.say("span.minutes", "n", int(d/time.Minute))
	case d < 48*time.Hour:
		return t.say("span.hours", "n", int(d/time.Hour))
	}
	return t.say("span.days", "n", int(d/(24*time.Hour)))
}

// comparable offers the doctor of the same department and title who has the soonest place; nobody, where none has.
func (t *turn) comparable(full booking.Doctor) ([]item, error) {
	dep, err := t.d.Booking.Department(t.ctx, full.Department)
	if err != nil {
		return nil, err
	}
	doctors, err := t.d.Booking.Doctors(t.ctx, dep.ID)
	if err != nil {
		return nil, err
	}
	doctors = slices.DeleteFunc(doctors, func(d booking.DoctorSummary) bool {
		return d.Doctor.ID == full.ID || d.Doctor.Title != full.Title || d.Free == 0
	})
	if len(doctors) == 0 {
		return nil, nil
	}
	options, ranked, err := t.weighed(dep, doctors)
	if err != nil {
		return nil, err
	}
	first := slices.MinFunc(ranked, func(a, b recommend.Ranked) int { return a.Wait - b.Wait }) // of equals the better one
	o := options[booking.DoctorID(first.ID)]
	return []item{{
		choice: choice{Do: doComparable, ID: first.ID}, names: []string{o.doctor.Doctor.Name.ZH, o.doctor.Doctor.Name.EN},
		label: t.say("outlook.comparable", "name", o.doctor.Doctor.Name, "title", t.named("title", string(full.Title)), "fee", t.yuan(o.doctor.FeeFrom), "when", t.soon(o.next)),
	}}, nil
}

// comparableChosen goes to the comparable doctor.
func (t *turn) comparableChosen(id booking.DoctorID) error {
	doctor, err := t.d.Booking.Doctor(t.ctx, id)
	if err != nil {
		return t.refused(err)
	}
	t.m.Draft.seenBy(doctor)
	return t.move(stateDay)
}
