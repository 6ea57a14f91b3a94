package understand

import (
	"guahao/booking"
)

// assembly is the meaning of a sentence in the making.
type assembly struct {
	text     string
	m        Meaning
	days     []span
	between  []bool // for each day, whether a word for a range stands between it and the one before
	ranging  bool
	skip     bool // the next thing is what the person does not want
	minute   int
	timed    bool
	mentions []mention
	intents  []Intent
	strong   bool // a word for what to do was said
	weak     bool // a verb that may ask for a booking was said
	known    int  // how much of the sentence says something
	unknown  int  // and how much of it nothing explains
}

// take takes one span after the other.
func (a *assembly) take(chosen []span, i int) {
	s := chosen[i]
	switch s.kind {
	case isUnknown, isElse:
		a.unknown += sayings(a.text[s.from:s.to])
		return
	case isFiller:
		return
	case isWeak:
		a.weak = true
		return
	case isBetween:
		a.ranging = true
		return
	case isNot:
		a.skip = true
		return
	}
	a.known += sayings(a.text[s.from:s.to])
	if a.skip && s.kind != isIntent {
		a.skip = false
		return
	}
	a.skip = false
	if s.kind == isPlace {
		a.mentions = append(a.mentions, s.mention)
		return
	}
	if (s.kind == isTitle || s.kind == isClinic) && i > 0 && chosen[i-1].kind == isPlace && chosen[i-1].mention.person() && s.kind == isTitle {
		return // 王建国主任 is how one speaks to him
	}
	a.what(s)
}

// what takes a span that is no place.
func (a *assembly) what(s span) {
	a.m.Halves |= s.halves
	switch s.kind {
	case isDay:
		a.days = append(a.days, s)
		a.between = append(a.between, a.ranging)
		a.ranging = false
	case isTime:
		if !a.timed {
			a.minute, a.timed = s.minute, true
		}
	case isClinic:
		a.m.Kind = s.clinic
	case isTitle:
		a.m.Title = s.title
	case isAny:
		a.m.AnyDoctor = true
	case isWhom:
		if a.m.Whom.Relation == "" || a.m.Whom.Relation == booking.Self {
			a.m.Whom = s.whom
		}
	case isIntent:
		a.intents = append(a.intents, s.intent)
		a.strong = true
	}
}

// doubtful tells that too much of the sentence is not understood for the rest to be meant.
func (a *assembly) doubtful() bool {
	if a.strong {
		return a.unknown > a.known
	}
	return 2*a.unknown > a.known
}

// meaning gives all but the places and the intent.
func (a *assembly) meaning(today booking.Date) Meaning {
	m := a.m
	m.First, m.Last, m.Against = a.dates(today)
	if a.timed {
		if m.Halves != 0 && m.Halves&booking.Mornings == 0 && a.minute < 12*60 {
			a.minute += 12 * 60
		} else if m.Halves == 0 && a.minute < 7*60 { // nobody sees patients at 3 in the night
			a.minute += 12 * 60
		}
		m.Time = Time{Said: true, Minute: a.minute}
		if m.Halves == 0 {
			m.Halves = periodOf(a.minute)
		}
	}
	return m
}

// dates gives the day or the days that were said. Of two days that are no range the first counts, and against is the other one;
// what is moved is moved from the first to the second. A day that has passed tells since when (昨天开始疼，挂明天的号), where another one was said.
func (a *assembly) dates(today booking.Date) (first, last, against booking.Date) {
	if !a.wants(Move) {
		a.dropPast(today)
	}
	if len(a.days) == 0 {
		return "", "", ""
	}
	begin := a.days[0]
	first, last = begin.first, begin.last
	if len(a.days) == 1 {
		return first, last, ""
	}
	end := a.days[1]
	if end.partial { // 12月1日到3日
		if day := sameMonth(first, end.last); day >= first {
			end.first, end.last = day, day
		}
	}
	switch {
	case a.wants(Move):
		return end.first, end.last, begin.first
	case a.between[1]:
		if end.last < first && first.Add(7) > end.last {
			end.last = end.last.Add(7) // 周五到周二
		}
		if end.last >= first {
			return first, max(last, end.last), ""
		}
	case end.first >= first && end.last <= last: // 下周的周三
		return end.first, end.last, ""
	case first >= end.first && last <= end.last:
		return first, last, ""
	}
	return first, last, end.first
}

// dropPast leaves the days out that have passed, if others were said.
func (a *assembly) dropPast(today booking.Date) {
	var days []span
	var between []bool
	for i, day := range a.days {
		if day.last >= today {
			days, between = append(days, day), append(between, a.between[i])
		}
	}
	if len(days) > 0 {
		a.days, a.between = days, between
	}
}

// sameMonth gives the day of b in the month of a.
func sameMonth(a, b booking.Date) booking.Date { return a[:8] + b[8:] }

func (a *assembly) wants(want Intent) bool {
	for _, i := range a.intents {
		if i == want {
			return true
		}
	}
	return false
}

// ranks are the intents of sentences, the weightier first: who cancels an appointment speaks of an appointment too.
var ranks = []Intent{Move, Unbook, "waits", Cancel, "visits", "record", "people", "human", "english", "chinese", Help, Book}

// intent gives what the sentence asks for.
func (a *assembly) intent(m Meaning) Intent {
	about := m.When() || len(m.Places) > 0
	for _, want := range ranks {
		switch {
		case !a.wants(want):
		case want == Cancel && about: // 明天的号不要了
			return Unbook
		case want == Help && about:
			return Book
		default:
			return want
		}
	}
	if len(m.Places) > 0 || (a.weak && (m.First != "" || m.Whom.Relation != "" || m.Kind != "" || m.Title != "")) {
		return Book
	}
	return ""
}
