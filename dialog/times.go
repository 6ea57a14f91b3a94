package dialog

import (
	"errors"
	"slices"

	"guahao/booking"
	"guahao/dialog/understand"
)

const alternatives = 6 // how many are offered for a place that is gone

// clinic reads the doctor of the draft and the days on which places can be booked.
func (t *turn) clinic() (booking.Doctor, []booking.Day, error) {
	doctor, err := t.d.Booking.Doctor(t.ctx, t.m.Draft.Doctor)
	if err != nil {
		return doctor, nil, err
	}
	days, err := t.d.Booking.Days(t.ctx, doctor.ID)
	return doctor, days, err
}

func dayItems(t *turn) (list, error) {
	doctor, days, err := t.clinic()
	if err != nil {
		return list{}, err
	}
	rated, err := t.rated(doctor.ID)
	if err != nil {
		return list{}, err
	}
	outlook, others, err := t.dayOutlook(doctor, days)
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"doctor", doctor.Name, "title", t.named("title", string(doctor.Title)), "speciality", doctor.Speciality, "rated", rated + outlook}, extra: others}
	if len(days) == 0 {
		l.prompt = "day.none"
		return l, nil
	}
	for _, day := range t.askedDays(days) {
		k := key("day.item")
		switch {
		case day.Free == 0 && day.ByLot():
			k = "day.item.lot"
		case day.Free == 0:
			k = "day.item.full"
		}
		l.items = append(l.items, item{choice: choice{Do: doPick, Arg: string(day.Date)}, label: t.say(k, "day", t.day(day.Date), "free", day.Free)})
	}
	return l, nil
}

func dayChosen(t *turn, c choice) error {
	if c.Do == doComparable {
		return t.comparableChosen(booking.DoctorID(c.ID))
	}
	_, days, err := t.clinic()
	if err != nil {
		return t.refused(err)
	}
	at := slices.IndexFunc(days, func(d booking.Day) bool { return d.Date == booking.Date(c.Arg) })
	if at < 0 {
		t.note("day.gone")
		return nil
	}
	day := days[at]
	if day.Free == 0 && !day.ByLot() {
		return t.full(day.Schedules[0].ID, "day.full")
	}
	t.m.Draft.Date = day.Date
	return t.move(statePeriod)
}

// dayTyped takes a day in words, with a half of the day or a time if that was said too.
func dayTyped(t *turn, line string) (bool, error) {
	return t.whenTyped(line, func(m understand.Meaning) bool { return m.First != "" || m.Halves != 0 })
}

// dayPasses takes the day that a sentence asked for, if the doctor has it.
func dayPasses(t *turn) (State, error) {
	if t.m.Draft.Date != "" {
		return statePeriod, nil
	}
	if t.m.Draft.Asked.First == "" {
		return "", nil
	}
	return t.askedDay()
}

// askedDays leaves out the days that were not asked for, if any of those that were can be had.
func (t *turn) askedDays(days []booking.Day) []booking.Day {
	a := t.m.Draft.Asked
	fit := slices.DeleteFunc(slices.Clone(days), func(day booking.Day) bool {
		return !slices.ContainsFunc(day.Schedules, func(c booking.Schedule) bool { return a.fits(c) && c.Takes() })
	})
	if len(fit) > 0 && a.clinics() {
		return fit
	}
	return days
}

// schedules reads the doctor's half-days on the draft's day.
func (t *turn) schedules() ([]booking.Schedule, error) {
	_, days, err := t.clinic()
	if err != nil {
		return nil, err
	}
	for _, day := range days {
		if day.Date == t.m.Draft.Date {
			return day.Schedules, nil
		}
	}
	return nil, nil
}

func periodItems(t *turn) (list, error) {
	doctor, err := t.d.Booking.Doctor(t.ctx, t.m.Draft.Doctor)
	if err != nil {
		return list{}, err
	}
	schedules, err := t.schedules()
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"doctor", doctor.Name, "day", t.day(t.m.Draft.Date)}}
	if len(schedules) == 0 {
		l.prompt = "period.none"
	}
	for _, s := range schedules {
		k := key("period.item")
		switch {
		case s.Allocation.ByLot():
			k = "period.item.lot"
		case s.Free() == 0:
			k = "period.item.full"
		}
		period := t.named("period", string(s.Period))
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(s.ID), Arg: string(s.Period)}, names: []string{period},
			label: t.say(k, "period", period, "kind", t.named("kind", string(s.Kind)), "fee", t.yuan(s.Fee), "free", s.Free())})
	}
	return l, nil
}

func periodChosen(t *turn, c choice) error {
	slots, err := t.d.Booking.Slots(t.ctx, booking.ScheduleID(c.ID))
	if err != nil {
		return t.refused(err)
	}
	half, err := t.d.Booking.Schedule(t.ctx, booking.ScheduleID(c.ID))
	if err != nil {
		return t.refused(err)
	}
	if !half.Allocation.ByLot() && !slices.ContainsFunc(slots, func(s booking.Slot) bool { return s.Free() > 0 }) {
		return t.full(booking.ScheduleID(c.ID), "period.full")
	}
	t.m.Draft.Schedule = booking.ScheduleID(c.ID)
	return t.move(stateTime)
}

// periodTyped takes a half of the day or a time in words.
func periodTyped(t *turn, line string) (bool, error) {
	return t.whenTyped(line, func(m understand.Meaning) bool { return m.Halves != 0 })
}

func periodPasses(t *turn) (State, error) {
	if t.m.Draft.Schedule == 0 {
		schedules, err := t.schedules()
		if err != nil {
			return "", err
		}
		if !t.askedHalf(schedules) {
			if len(schedules) != 1 {
				return "", nil
			}
			t.m.Draft.Schedule = schedules[0].ID
		}
	}
	return stateTime, nil
}

func timeItems(t *turn) (list, error) {
	schedule, err := t.d.Booking.Schedule(t.ctx, t.m.Draft.Schedule)
	if err != nil {
		return list{}, err
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, schedule.Doctor)
	if err != nil {
		return list{}, err
	}
	h, err := t.hospital(schedule.Hospital)
	if err != nil {
		return list{}, err
	}
	slots, err := t.d.Booking.Slots(t.ctx, schedule.ID)
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"doctor", doctor.Name, "day", t.day(schedule.Date), "period", t.named("period", string(schedule.Period)),
		"kind", t.named("kind", string(schedule.Kind)), "fee", t.yuan(schedule.Fee)}}
	if len(slots) == 0 {
		l.prompt = "time.none"
	}
	for _, s := range slots {
		k := key("time.item")
		if s.Free() == 0 {
			k = "time.item.full"
		}
		span := clockSpan(s, h.Location())
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(s.ID)}, names: []string{span},
			label: t.say(k, "time", span, "free", s.Free())})
	}
	return l, nil
}

func timeChosen(t *turn, c choice) error {
	slots, err := t.d.Booking.Slots(t.ctx, t.m.Draft.Schedule)
	if err != nil {
		return t.refused(err)
	}
	at := slices.IndexFunc(slots, func(s booking.Slot) bool { return s.ID == booking.SlotID(c.ID) })
	if at < 0 || slots[at].Free() == 0 {
		return t.offerOthers(booking.SlotID(c.ID), "time.full")
	}
	t.m.Draft.Slot = slots[at].ID
	return t.move(statePatient)
}

// timeTyped takes a time in words: the slot that holds it.
func timeTyped(t *turn, line string) (bool, error) {
	return t.whenTyped(line, func(m understand.Meaning) bool { return m.Time.Said })
}

func timePasses(t *turn) (State, error) {
	if t.m.Draft.Slot != 0 {
		return statePatient, nil
	}
	c, err := t.d.Booking.Schedule(t.ctx, t.m.Draft.Schedule)
	if err != nil && !booking.IsRefusal(err) {
		return "", err
	}
	if c.Allocation.ByLot() {
		t.note("draw.begin")
		return stateDrawPatient, nil
	}
	if t.m.Draft.Asked.Minute == 0 {
		return "", nil
	}
	return t.askedTime()
}

// full offers other places for a half-day that has none left.
func (t *turn) full(schedule booking.ScheduleID, why key) error {
	slots, err := t.d.Booking.Slots(t.ctx, schedule)
	if err != nil {
		return t.refused(err)
	}
	if len(slots) == 0 {
		t.note(why)
		return nil
	}
	return t.offerOthers(slots[0].ID, why)
}

// offerOthers says that a place is gone and offers the nearest ones.
func (t *turn) offerOthers(wanted booking.SlotID, why key) error {
	t.note(why)
	t.m.Draft.Wanted = wanted
	return t.move(stateAlternatives)
}

func alternativeItems(t *turn) (list, error) {
	slots, err := t.d.Booking.Alternatives(t.ctx, t.m.Draft.Wanted, alternatives)
	if err != nil {
		return list{}, err
	}
	l := list{}
	if len(slots) == 0 {
		l.prompt = "alternatives.none"
	}
	for _, s := range slots {
		label, err := t.slotLabel(s)
		if errors.Is(err, booking.ErrNotFound) {
			continue
		}
		if err != nil {
			return list{}, err
		}
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(s.ID), Arg: itoa(s.Schedule)}, label: label})
	}
	l.extra = []item{
		{choice: choice{Do: doOtherDay}, label: t.say("alternatives.day")},
		{choice: choice{Do: doOtherDoctor}, label: t.say("alternatives.doctor")},
	}
	if t.m.Draft.Move == 0 {
		c, err := t.wanted()
		if err != nil {
			return list{}, err
		}
		chance, err := t.waitChance(wishFor(c))
		if err != nil {
			return list{}, err
		}
		l.lead = []string{chance}
		l.extra = append(l.extra, item{choice: choice{Do: doWait}, label: t.say("alternatives.wait"), names: []string{t.say("alternatives.wait_short")}})
	}
	return l, nil
}

// slotLabel tells of a slot by itself: whose, when, how many places.
func (t *turn) slotLabel(s booking.Slot) (string, error) {
	schedule, err := t.d.Booking.Schedule(t.ctx, s.Schedule)
	if err != nil {
		return "", err
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, schedule.Doctor)
	if err != nil {
		return "", err
	}
	h, err := t.hospital(schedule.Hospital)
	if err != nil {
		return "", err
	}
	return t.say("alternatives.item", "doctor", doctor.Name, "day", t.day(schedule.Date), "time", clockSpan(s, h.Location()), "free", s.Free()), nil
}

func alternativeChosen(t *turn, c choice) error {
	switch c.Do {
	case doOtherDay:
		t.m.Draft.forgetDay()
		return t.move(stateDay)
	case doOtherDoctor:
		t.m.Draft.forgetDay()
		t.m.Draft.Doctor = 0
		return t.move(stateDoctor)
	case doWait:
		return t.beginWait()
	}
	schedule, err := t.d.Booking.Schedule(t.ctx, booking.ScheduleID(atoi(c.Arg)))
	if err != nil {
		return t.refused(err)
	}
	d := t.draft()
	d.forgetDay()
	d.Doctor, d.Date, d.Schedule, d.Slot = schedule.Doctor, schedule.Date, schedule.ID, booking.SlotID(c.ID)
	return t.move(statePatient)
}

// forgetDay takes back the choice of day, half-day and time, and what was asked for about them.
func (d *draft) forgetDay() {
	d.Date, d.Schedule, d.Slot, d.Wanted = "", 0, 0, 0
	d.Asked = d.Asked.lasting()
}
