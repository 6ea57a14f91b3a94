package booking

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"
)

// board is where a change set is worked out: the half-days and the rules of a hospital as they are, and as they become. Nothing of it touches the
// database. Each change is put on it; then settle lets the half-days that are there already follow the rules; then effects tells what is
// different.
type board struct {
	d           *directory
	hospital    HospitalID
	now         time.Time
	zone        *time.Location
	today, last Date // last: until which half-days were made from the usual weeks
	note        string

	were, rules week
	orig, half  map[HalfKey]*HalfDay
	stops       map[HalfKey]bool // patients have booked: stopped by StopSchedule
	decided     map[HalfKey]bool // by a change of the set itself: the rules have no say
	kept        []Kept
	problems    []Problem
}

// overtakenError says that a change was made for something that is another by now.
type overtakenError struct{ clinic HalfKey }

func (e *overtakenError) Error() string { return "booking: changed meanwhile" }

// play puts changes on the board: those of rules first, then what they mean for the half-days that are there, then those of single half-days. What
// cannot be is among the problems.
func (b *board) play(changes []ScheduleChange) {
	for i, c := range changes {
		if c.kinds() != 1 {
			b.wrong(i, badf("这条变更没有内容，或同时写了几种。", "A change must say exactly one thing."), HalfKey{})
			continue
		}
		if _, single := c.clinic(); !single {
			b.wrong(i, b.rule(i, c), HalfKey{})
		}
	}
	b.settle()
	for i, c := range changes {
		if ref, single := c.clinic(); single && c.kinds() == 1 {
			b.wrong(i, b.single(c, ref), ref.HalfKey)
		}
	}
	b.collisions()
}

// wrong notes an error of a change as a problem.
func (b *board) wrong(change int, err error, at HalfKey) {
	if err == nil {
		return
	}
	p := Problem{Change: change, Clinic: at}
	var way *inTheWay
	var old *overtakenError
	var refusal *Error
	switch {
	case errors.As(err, &way):
		p.Code, p.Message = CodeInTheWay, way.text(b.zone)
		p.InTheWay, p.InSlot = b.orig[at], way.slot.StartsAt
	case errors.As(err, &old):
		p.Code, p.Message = CodeOvertaken, Text{"这期间别人改过这里。请先看看现在的安排，再决定要不要改。", "Somebody else has changed this meanwhile. Please look at it as it is now first."}
		p.Clinic = old.clinic
	case errors.As(err, &refusal):
		p.Code, p.Message = refusal.Code, refusal.Message
	default:
		p.Code, p.Message = CodeBadSchedule, Text{err.Error(), err.Error()}
	}
	b.problems = append(b.problems, p)
}

func (e *inTheWay) text(zone *time.Location) Text {
	if e.slot.StartsAt.IsZero() {
		return refusef(CodeInTheWay, "还有 %d 位患者的预约，不能这样改。", "%d patient(s) still have an appointment; this is not possible.", e.slot.Taken).Message
	}
	return refusef(CodeInTheWay, "%[1]s 的时段已约 %[2]d 人，减到 %[3]d 个号会挤掉已约的患者。请先为他们改约，或少减一些。",
		"%[2]d patient(s) are booked at %[1]s, which %[3]d place(s) do not hold. Please move them first, or leave more places.",
		e.slot.StartsAt.In(zone).Format("15:04"), e.slot.Taken, e.want).Message
}

// settle lets the half-days that are there follow the rules as they become. What staff have decided by hand, what is stopped and what cannot be changed
// because of who has booked stays as it is, and is listed.
func (b *board) settle() {
	for date := b.today; date <= b.last; date = date.Add(1) {
		had, want := b.planned(b.were, date), b.planned(b.rules, date)
		keys := slices.Collect(maps.Keys(had))
		for k := range want {
			if had[k] == nil {
				keys = append(keys, k)
			}
		}
		slices.SortFunc(keys, byKey)
		for _, k := range keys {
			if !had[k].same(want[k]) && !b.decided[k] {
				b.follow(k, want[k])
			}
		}
	}
}

// planned is what a day has by rules.
func (b *board) planned(rules week, date Date) map[HalfKey]*HalfDay {
	plan := map[HalfKey]*HalfDay{}
	for _, p := range rules.plan(date, nil) {
		if h, err := b.made(p); err == nil { // a session without a fee is refused where it is put on the board
			plan[p.key()] = h
		}
	}
	return plan
}

// made is the half-day of a plan.
func (b *board) made(p planned) (*HalfDay, error) {
	fee, err := b.d.feeOf(p.Template, b.hospital)
	if err != nil {
		return nil, err
	}
	h := &HalfDay{HalfKey: p.key(), Version: 1, Hospital: b.hospital, Department: p.Department, Kind: p.Kind, Fee: fee, Room: p.Room, Status: Open, Allocation: b.d.allocationOf(p.Template, b.hospital)}
	for _, s := range p.slotsOn(p.date, b.zone) {
		h.Slots = append(h.Slots, HalfSlot{StartsAt: s.StartsAt, EndsAt: s.EndsAt, FirstSeq: s.FirstSeq, Capacity: s.Capacity})
	}
	return h, nil
}

// over tells whether a half-day has ended.
func (b *board) over(h *HalfDay) bool {
	_, end := h.Span()
	return !end.After(b.now)
}

// follow makes one half-day what the rules want, which may be nothing.
func (b *board) follow(k HalfKey, want *HalfDay) {
	cur := b.half[k]
	switch {
	case cur == nil:
		if want != nil {
			b.half[k] = want
		}
	case cur.Status != Open:
		if want != nil {
			b.keep(cur, "这半天已停诊；要恢复请单独恢复出诊。", "It is stopped; reopen it if it should take place.")
		}
	case b.over(cur):
	case cur.Manual:
		b.keep(cur, "这半天单独改过，不随模板变。", "It was changed by hand, so it does not follow the usual week.")
	case want == nil:
		b.remove(cur)
	case cur.Taken == 0:
		b.half[k] = cur.becoming(want)
		if err := cur.allows(b.half[k]); err != nil {
			b.half[k] = cur
			b.keep(cur, "这半天有加号，时间不能改。", "Places were added to it by hand, so its times stay.")
		}
	default:
		b.adapt(cur, want)
	}
}

func (b *board) keep(h *HalfDay, zh, en string) {
	b.kept = append(b.kept, Kept{*h, Text{zh, en}})
}

// becoming is the half-day planned anew. Slots that had appointments stay, without places.
func (h *HalfDay) becoming(want *HalfDay) *HalfDay {
	next := want.clone()
	next.ID, next.Version, next.Set, next.Used, next.ExtraAt = h.ID, h.Version, h.Set, h.Used, h.ExtraAt
	for i, s := range next.Slots {
		for _, o := range h.Slots {
			if o.StartsAt.Equal(s.StartsAt) && o.FirstSeq == s.FirstSeq {
				next.Slots[i].Issued = o.Issued
			}
		}
	}
	return next
}

// adapt changes what can be changed of a half-day that somebody has booked: not its times.
func (b *board) adapt(cur, want *HalfDay) {
	next := cur.clone()
	next.Kind, next.Fee, next.Room = want.Kind, want.Fee, want.Room
	places := map[time.Time]int{}
	for _, s := range want.Slots {
		places[s.StartsAt] = s.Capacity
	}
	times := slices.EqualFunc(cur.live(), want.live(), func(a, o HalfSlot) bool { return a.StartsAt.Equal(o.StartsAt) && a.EndsAt.Equal(o.EndsAt) })
	var err error
	if next.Slots, err = cur.resized(places); err != nil || !times {
		b.keep(cur, "已有患者预约，时间和号数不能照新模板改。", "Patients have booked, so its times and places cannot follow the new plan.")
		return
	}
	b.half[cur.HalfKey] = next
}

// remove takes a half-day away: without a trace where nobody ever booked, else it is stopped, and who has booked is told.
func (b *board) remove(cur *HalfDay) {
	k := cur.HalfKey
	if cur.Taken == 0 && !cur.Used {
		delete(b.half, k)
		return
	}
	b.stop(cur)
}

func (b *board) stop(cur *HalfDay) {
	b.half[cur.HalfKey] = cur.stopped(b.note)
	if cur.Taken > 0 {
		b.stops[cur.HalfKey] = true
	}
}

// collisions finds half-days of a doctor that overlap, where one of them is changed.
func (b *board) collisions() {
	type day struct {
		doctor DoctorID
		date   Date
	}
	byDay := map[day][]*HalfDay{}
	for k, h := range b.half {
		if h.open() {
			byDay[day{k.Doctor, k.Date}] = append(byDay[day{k.Doctor, k.Date}], h)
		}
	}
	var found []HalfKey
	for _, list := range byDay {
		for _, h := range list {
			for _, o := range list {
				from, to := h.Span()
				start, end := o.Span()
				if h != o && from.Before(end) && start.Before(to) && !h.same(b.orig[h.HalfKey]) && (byKey(o.HalfKey, h.HalfKey) < 0 || o.same(b.orig[o.HalfKey])) {
					found = append(found, h.HalfKey)
				}
			}
		}
	}
	slices.SortFunc(found, byKey)
	for _, k := range slices.Compact(found) {
		b.wrong(-1, badf("%s 当天另有门诊，时间重叠。请调整时间。", "On %s the doctor has another clinic at the same time. Please change the times.", k.Date), k)
	}
}

// effects are what is different in the end, rules first. Versions count up.
func (b *board) effects() []Effect {
	var list []Effect
	for _, p := range pairs(b.were.templates, b.rules.templates, func(t Template) TemplateID { return t.ID }) {
		list = append(list, Effect{Template: &p})
	}
	for _, p := range pairs(slices.Collect(maps.Values(b.were.days)), slices.Collect(maps.Values(b.rules.days)), func(d CalendarDay) Date { return d.Date }) {
		list = append(list, Effect{Day: &p})
	}
	for _, p := range pairs(b.were.leaves, b.rules.leaves, func(l Leave) int64 { return l.ID }) {
		list = append(list, Effect{Leave: &p})
	}
	keys := map[HalfKey]bool{}
	for k := range b.orig {
		keys[k] = true
	}
	for k := range b.half {
		keys[k] = true
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), byKey) {
		if p, stop := (Pair[HalfDay]{b.orig[k], b.half[k]}), b.stops[k]; !p.Before.same(p.After) {
			if p.After != nil {
				p.After = p.After.clone()
				p.After.Taken, p.After.Used = 0, false // facts of the moment
				if p.Before != nil {
					p.After.Version = p.Before.Version + 1
				}
			}
			list = append(list, Effect{Clinic: &p, Stop: stop})
		}
	}
	return list
}

// pairs compares two lists of rules by what names them.
func pairs[T any, K cmp.Ordered](before, after []T, key func(T) K) []Pair[T] {
	byKey := map[K]*Pair[T]{}
	for _, v := range before {
		byKey[key(v)] = &Pair[T]{Before: &v}
	}
	for _, v := range after {
		if byKey[key(v)] == nil {
			byKey[key(v)] = &Pair[T]{}
		}
		byKey[key(v)].After = &v
	}
	var list []Pair[T]
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		if p := byKey[k]; p.Before == nil || p.After == nil || !alike(*p.Before, *p.After) {
			list = append(list, *p)
		}
	}
	return list
}
