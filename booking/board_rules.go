package booking

import (
	"reflect"
	"slices"
	"time"
	"unicode/utf8"
)

// alike compares two rules.
func alike[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

// maxAhead is how far ahead leaves and extra clinics can be planned, in days.
const maxAhead = 400

// valid tells whether a date is one, not before today and not too far ahead.
func (b *board) valid(date Date) error {
	switch {
	case date.In(time.UTC).IsZero():
		return badf("日期不正确：%s", "This is not a date: %s", date)
	case date < b.today:
		return badf("%s 已经过去了。", "%s is over.", date)
	case date > b.today.Add(maxAhead):
		return badf("最多可以排到 %[2]d 天之后，%[1]s 太远了。", "Plans can be made for %[2]d days ahead; %[1]s is too far away.", date, maxAhead)
	}
	return nil
}

// doctor gives one of the hospital who was not removed.
func (b *board) doctor(id DoctorID) (Doctor, error) {
	who, err := found(b.d.doctor, id)
	if err == nil && (who.Hospital != b.hospital || who.Removed) {
		err = ErrNotFound
	}
	return who, err
}

// rule puts the change of a rule on the board.
func (b *board) rule(i int, c ScheduleChange) error {
	switch {
	case c.Template != nil:
		return b.setTemplate(i, *c.Template)
	case c.EndTemplate != nil:
		return b.endTemplate(*c.EndTemplate)
	case c.Day != nil:
		return b.setDay(*c.Day)
	case c.Leave != nil:
		return b.addLeave(i, *c.Leave)
	default:
		return b.endLeave(*c.EndLeave)
	}
}

func (b *board) setTemplate(i int, t Template) error {
	who, err := b.doctor(t.Doctor)
	if err != nil {
		return err
	}
	t.Hospital, t.Department = b.hospital, who.Department
	if err := b.checkTemplate(t); err != nil {
		return err
	}
	at := slices.IndexFunc(b.rules.templates, func(o Template) bool { return o.ID == t.ID })
	switch {
	case t.ID == 0:
		t.ID, t.Version = TemplateID(-i-1), 1
	case at < 0 || b.rules.templates[at].Doctor != t.Doctor:
		return ErrNotFound
	case t.Version != 0 && t.Version != b.rules.templates[at].Version:
		return &overtakenError{}
	default:
		t.Version = b.rules.templates[at].Version
		if alike(b.rules.templates[at], t) {
			return badf("和现在的安排一样，没有改动。", "This is how it is already; nothing would change.")
		}
		t.Version++
	}
	for j, o := range b.rules.templates {
		if j != at && o.Doctor == t.Doctor && o.overlaps(t) {
			return badf("与该医生同一天 %[1]s–%[2]s 的出诊重叠。同一位医生同一半天只能有一个出诊安排，请改时间或有效期。",
				"It overlaps with the doctor's session of %[1]s–%[2]s. A doctor has one session in a half-day; please change the times or from when to when it is valid.", clockTime(o.StartMinute), clockTime(o.endMinute()))
		}
	}
	if at < 0 {
		b.rules.templates = append(b.rules.templates, t)
	} else {
		b.rules.templates[at] = t
	}
	return nil
}

func (b *board) checkTemplate(t Template) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if utf8.RuneCountInString(t.Room) > maxRoom {
		return badf("诊室名称最多 %d 个字。", "A room's name has at most %d characters.", maxRoom)
	}
	for _, date := range []Date{t.ValidFrom, t.ValidTo} {
		if date != "" && date.In(time.UTC).IsZero() {
			return badf("日期不正确：%s", "This is not a date: %s", date)
		}
	}
	if t.ValidTo != "" && t.ValidTo < t.ValidFrom {
		return badf("结束日期 %[2]s 早于开始日期 %[1]s。", "It would end on %[2]s, before it starts on %[1]s.", t.ValidFrom, t.ValidTo)
	}
	_, err := b.d.feeOf(t, b.hospital)
	return err
}

func (b *board) endTemplate(e TemplateEnd) error {
	at := slices.IndexFunc(b.rules.templates, func(o Template) bool { return o.ID == e.ID })
	if at < 0 {
		return ErrNotFound
	}
	t := b.rules.templates[at]
	switch {
	case e.Base != 0 && e.Base != t.Version:
		return &overtakenError{}
	case e.From.In(time.UTC).IsZero():
		return badf("日期不正确：%s", "This is not a date: %s", e.From)
	case t.ValidTo != "" && t.ValidTo < e.From:
		return badf("它在 %s 之前就已经结束了。", "It ends before %s anyway.", e.From)
	}
	if e.From <= t.ValidFrom {
		b.rules.templates = slices.Delete(slices.Clone(b.rules.templates), at, at+1)
		return nil
	}
	t.ValidTo, t.Version = e.From.Add(-1), t.Version+1
	b.rules.templates[at] = t
	return nil
}

// maxDayName is the length of a day's name in characters.
const maxDayName = 50

func (b *board) setDay(day CalendarDay) error {
	if err := b.valid(day.Date); err != nil {
		return err
	}
	is := b.rules.days[day.Date]
	switch {
	case day.Version != is.Version:
		return &overtakenError{}
	case day.Kind != OrdinaryDay && day.Kind != HolidayDay && day.Kind != WorkDay, day.As < time.Sunday || day.As > time.Saturday:
		return badf("请选择这一天是放假、上班还是平常。", "Please choose whether the day is a holiday, a workday or ordinary.")
	case utf8.RuneCountInString(day.Name) > maxDayName:
		return badf("名称最多 %d 个字。", "A name has at most %d characters.", maxDayName)
	}
	if day.Kind != WorkDay {
		day.As = 0
	}
	day.Hospital, day.ID, day.Version = b.hospital, is.ID, is.Version+1
	if is.Kind == day.Kind && is.As == day.As && is.Name == day.Name || is.Kind == "" && day.Kind == OrdinaryDay {
		return badf("和现在的安排一样，没有改动。", "This is how it is already; nothing would change.")
	}
	b.rules.days[day.Date] = day
	return nil
}

func (b *board) addLeave(i int, l Leave) error {
	who, err := b.doctor(l.Doctor)
	if err != nil {
		return err
	}
	if err := b.checkLeave(who, l); err != nil {
		return err
	}
	l.ID, l.Version, l.Hospital = -int64(i)-1, 1, b.hospital
	b.rules.leaves = append(b.rules.leaves, l)
	var gone []*HalfDay
	for k, h := range b.half {
		if l.covers(k) && h.open() && !b.over(h) {
			gone = append(gone, h)
		}
	}
	slices.SortFunc(gone, func(a, o *HalfDay) int { return byKey(a.HalfKey, o.HalfKey) })
	for _, h := range gone {
		b.stop(h)
		b.decided[h.HalfKey] = true
		if l.Substitute != 0 {
			b.wrong(i, b.substitute(h, l.Substitute), HalfKey{l.Substitute, h.Date, h.Period})
		}
	}
	return nil
}

func (b *board) checkLeave(who Doctor, l Leave) error {
	if l.First.In(time.UTC).IsZero() || l.Last.In(time.UTC).IsZero() {
		return badf("请填写从哪一天到哪一天。", "Please say from which day to which.")
	}
	if l.Last < l.First {
		return badf("结束日期 %[2]s 早于开始日期 %[1]s。", "It would end on %[2]s, before it starts on %[1]s.", l.First, l.Last)
	}
	if err := b.valid(l.Last); err != nil {
		return err
	}
	for _, p := range l.Halves {
		if p.order() < 0 {
			return badf("没有这个时段：%s", "There is no half-day %s.", p)
		}
	}
	for _, o := range b.rules.leaves {
		apart := len(o.Halves) > 0 && len(l.Halves) > 0 && !slices.ContainsFunc(o.Halves, func(p Period) bool { return slices.Contains(l.Halves, p) })
		if o.Doctor == l.Doctor && o.First <= l.Last && l.First <= o.Last && !apart {
			return badf("这位医生 %[1]s 至 %[2]s 已经登记过停诊（请假）。", "The doctor is on leave from %[1]s to %[2]s already.", o.First, o.Last)
		}
	}
	if l.Substitute == 0 {
		return nil
	}
	other, err := b.doctor(l.Substitute)
	if err != nil || other.ID == who.ID || other.Department != who.Department {
		return badf("替诊医生须是同一科室的另一位医生。", "The substitute must be another doctor of the same department.")
	}
	return nil
}

// substitute gives another doctor a half-day like one that does not take place.
func (b *board) substitute(h *HalfDay, other DoctorID) error {
	k := HalfKey{other, h.Date, h.Period}
	if _, away := b.rules.away(k); away {
		return badf("替诊医生 %s 这半天自己也请假了。", "The substitute is on leave then too (%s).", k.Date)
	}
	next := h.clone()
	next.HalfKey, next.ID, next.Version, next.Set, next.Taken, next.Used, next.ExtraAt, next.Note = k, 0, 1, 0, 0, false, time.Time{}, ""
	for i, s := range next.Slots {
		next.Slots[i] = HalfSlot{StartsAt: s.StartsAt, EndsAt: s.EndsAt, Capacity: s.Capacity}
	}
	next.Slots = numbered(next.Slots)
	policy := b.d.current[b.hospital]
	if usual, ok := policy.FeeOf(b.d.doctor[h.Doctor].Title, h.Kind); ok && usual == h.Fee {
		if fee, ok := policy.FeeOf(b.d.doctor[other].Title, h.Kind); ok {
			next.Fee = fee
		}
	}
	if cur := b.half[k]; cur != nil {
		if cur.open() || cur.Taken > 0 {
			return badf("替诊医生 %s 这半天自己有门诊，不能替诊。", "The substitute has a clinic of their own in this half-day (%s).", k.Date)
		}
		next = cur.becoming(next)
	}
	b.half[k] = next
	b.decided[k] = true
	return nil
}

func (b *board) endLeave(e LeaveEnd) error {
	at := slices.IndexFunc(b.rules.leaves, func(o Leave) bool { return o.ID == e.ID })
	if at < 0 {
		return ErrNotFound
	}
	l := b.rules.leaves[at]
	switch {
	case e.Base != 0 && e.Base != l.Version:
		return &overtakenError{}
	case e.From.In(time.UTC).IsZero() || e.From > l.Last:
		return badf("请填写一个不晚于 %s 的日期。", "Please give a day not later than %s.", l.Last)
	}
	if e.From <= l.First {
		b.rules.leaves = slices.Delete(slices.Clone(b.rules.leaves), at, at+1)
		return nil
	}
	l.Last, l.Version = e.From.Add(-1), l.Version+1
	b.rules.leaves[at] = l
	return nil
}
