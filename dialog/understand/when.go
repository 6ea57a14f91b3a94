package understand

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
)

// Days that are meant lie from a month ago, where somebody is wrong about the date, to a bit more than a year ahead.
const (
	oldestDay   = 31
	farthestDay = 400
)

var nearDays = []struct {
	word        string
	first, last int // days from today
}{
	{"大后天", 3, 3}, {"the day after tomorrow", 2, 2}, {"day after tomorrow", 2, 2}, {"后天", 2, 2}, {"明天", 1, 1}, {"明日", 1, 1}, {"明儿", 1, 1}, {"明个", 1, 1}, {"明儿个", 1, 1},
	{"tomorrow", 1, 1}, {"tmr", 1, 1}, {"tmrw", 1, 1}, {"tomoro", 1, 1}, {"2moro", 1, 1}, {"今天", 0, 0}, {"今日", 0, 0}, {"今儿", 0, 0}, {"当天", 0, 0}, {"today", 0, 0}, {"后儿", 2, 2}, {"后日", 2, 2},
	{"昨天", -1, -1}, {"昨日", -1, -1}, {"昨儿", -1, -1}, {"前天", -2, -2}, {"大前天", -3, -3}, {"yesterday", -1, -1}, {"the day before yesterday", -2, -2},
	{"明后天", 1, 2}, {"明后两天", 1, 2}, {"明天后天", 1, 2}, {"今明两天", 0, 1}, {"今明", 0, 1}, {"这两天", 0, 2}, {"这几天", 0, 3}, {"近几天", 0, 3}, {"最近几天", 0, 3}, {"these days", 0, 3},
}

// nearHalves are a day and a half of it in one word.
var nearHalves = []struct {
	word   string
	days   int
	halves booking.Halves
}{
	{"明早", 1, booking.Mornings}, {"明晨", 1, booking.Mornings}, {"明晚", 1, booking.Evenings}, {"今早", 0, booking.Mornings}, {"今晚", 0, booking.Evenings},
	{"tonight", 0, booking.Evenings}, {"后早", 2, booking.Mornings}, {"明上午", 1, booking.Mornings}, {"明下午", 1, booking.Afternoons}, {"今下午", 0, booking.Afternoons},
}

const (
	figures  = `(\d{1,2}|[一二两三四五六七八九十]{1,3})`
	weekZH   = `(?:周|星期|礼拜)`
	whichZH  = `(上上|上|下下|下|这|本)?个?`
	monthsRE = `(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`
)

var (
	isoDay      = regexp.MustCompile(`(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?`)
	monthDay    = regexp.MustCompile(figures + `月` + figures + `[日号]?`)
	nextMonth   = regexp.MustCompile(`(下|这|本)个?月` + figures + `[日号]`)
	slashDay    = regexp.MustCompile(`(\d{1,2})[/.-](\d{1,2})(?:[日号])?`)
	dayOfMonth  = regexp.MustCompile(figures + `[日号]`)
	daysAhead   = regexp.MustCompile(`过?` + figures + `(天|周|个?星期|个?礼拜)(?:之后|以后|后)`)
	daysAheadEN = regexp.MustCompile(`\bin (a|an|one|two|three|four|five|\d{1,2}) (day|week)s?\b`)
	weekdayZH   = regexp.MustCompile(whichZH + weekZH + `([一二三四五六日天])`)
	weekendZH   = regexp.MustCompile(whichZH + `(?:周|星期|礼拜)末`)
	wholeWeekZH = regexp.MustCompile(`(下下|下|这|本)个?` + weekZH)
	weekdayEN   = regexp.MustCompile(`\b(?:on )?(next |this |coming |last )?(mon|tue|wed|thu|fri|sat|sun)(?:s|rs|rsday|day|sday|nesday|urday|r)?\b`)
	weekEN      = regexp.MustCompile(`\b(next |this |the |on the |at the )?(week|weekend)\b`)
	dayMonthEN  = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?` + monthsRE)
	monthDayEN  = regexp.MustCompile(`\b` + monthsRE + ` (\d{1,2})(?:st|nd|rd|th)?\b`)
	ordinalEN   = regexp.MustCompile(`\bthe (\d{1,2})(?:st|nd|rd|th)\b`)
	longAgo     = regexp.MustCompile(`昨晚|last night|` + `(?:半|几|好几|` + figures + `)(?:个多?)?(?:天|月|周|年|小时|星期|礼拜)(?:多)?(?:了)?`)

	clockZH = regexp.MustCompile(figures + `[点时](?:(半)|(\d{1,2}|[一二三四五]?十[一二三四五六七八九]?)分?|(一刻)|钟|整)?`)
	clock24 = regexp.MustCompile(`(\d{1,2}):(\d{2}) *(am|pm|a\.m|p\.m)?`)
	clockEN = regexp.MustCompile(`(\d{1,2}) *(am|pm|a\.m|p\.m|o'?clock)`)

	monthsEN    = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdaysEN  = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	weekdayRune = map[string]int{"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
)

// longWeekdays are misspelt more often than others.
var longWeekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekend"}

// whenSpans finds days, halves of days in one word with them, and times in a plain sentence.
func whenSpans(text string, today booking.Date) []span {
	f := dayFinder{text: text, today: today}
	f.near()
	f.each(isoDay, func(m []string) (first, last booking.Date) {
		year, _ := strconv.Atoi(m[1])
		return one(Date(year, figure(m[2]), figure(m[3])))
	})
	f.weeks()
	f.calendar()
	f.ahead()
	f.each(longAgo, nil)
	f.clocks()
	return f.spans
}

// dayFinder collects what whenSpans finds.
type dayFinder struct {
	text  string
	today booking.Date
	spans []span
}

func one(d booking.Date) (first, last booking.Date) { return d, d }

// each makes a span of each match; without a reading it is a filler, which says nothing about when to come.
func (f *dayFinder) each(re *regexp.Regexp, read func(m []string) (first, last booking.Date)) {
	for _, at := range re.FindAllStringSubmatchIndex(f.text, -1) {
		if !f.whole(at[0], at[1]) {
			continue
		}
		if read == nil {
			f.spans = append(f.spans, span{kind: isFiller, from: at[0], to: at[1], weight: weighsFiller})
			continue
		}
		first, last := read(groups(f.text, at))
		f.day(at[0], at[1], first, last, re == dayOfMonth || re == ordinalEN)
	}
}

// whole tells that a match does not begin or end within a number or a Latin word.
func (f *dayFinder) whole(from, to int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(f.text) && f.text[i] >= '0' && f.text[i] <= '9' }
	return !(digit(from-1) && digit(from)) && !(digit(to-1) && digit(to)) && beginsWord(f.text, from) && endsWord(f.text, to)
}

func (f *dayFinder) day(from, to int, first, last booking.Date, partial bool) {
	if first == "" || first < f.today.Add(-oldestDay) || last > f.today.Add(farthestDay) {
		return
	}
	f.spans = append(f.spans, span{kind: isDay, from: from, to: to, weight: weighsWord, first: first, last: last, partial: partial})
}

func groups(text string, at []int) []string {
	m := make([]string, len(at)/2)
	for i := range m {
		if at[2*i] >= 0 {
			m[i] = text[at[2*i]:at[2*i+1]]
		}
	}
	return m
}

func (f *dayFinder) near() {
	for _, near := range nearDays {
		f.word(near.word, func(from, to int) { f.day(from, to, f.today.Add(near.first), f.today.Add(near.last), false) })
	}
	for _, near := range nearHalves {
		f.word(near.word, func(from, to int) {
			day := f.today.Add(near.days)
			f.spans = append(f.spans, span{kind: isDay, from: from, to: to, weight: weighsWord, first: day, last: day, halves: near.halves})
		})
	}
}

// word calls back for each place where a word stands by itself.
func (f *dayFinder) word(word string, found func(from, to int)) {
	for at := 0; ; {
		i := strings.Index(f.text[at:], word)
		if i < 0 {
			return
		}
		from, to := at+i, at+i+len(word)
		if f.whole(from, to) {
			found(from, to)
		}
		at = to
	}
}

// weeks finds days of the week, weekends and whole weeks.
func (f *dayFinder) weeks() {
	f.each(weekdayZH, func(m []string) (first, last booking.Date) {
		return one(weekday(f.today, weekdayRune[m[2]], strings.Count(m[1], "下")-strings.Count(m[1], "上"), m[1] != ""))
	})
	f.each(weekendZH, func(m []string) (first, last booking.Date) { return f.weekend(strings.Count(m[1], "下")) })
	f.each(wholeWeekZH, func(m []string) (first, last booking.Date) { return f.week(strings.Count(m[1], "下")) })
	f.each(weekdayEN, func(m []string) (first, last booking.Date) {
		weeks := map[string]int{"next ": 1, "last ": -1}[m[1]]
		return one(weekday(f.today, indexOf(weekdaysEN, m[2]), weeks, weeks != 0))
	})
	f.each(weekEN, func(m []string) (first, last booking.Date) {
		weeks := 0
		if m[1] == "next " {
			weeks = 1
		}
		switch {
		case m[2] == "weekend":
			return f.weekend(weeks)
		case m[1] == "":
			return "", ""
		}
		return f.week(weeks)
	})
}

func (f *dayFinder) weekend(weeks int) (first, last booking.Date) {
	saturday := weekday(f.today, 5, weeks, true)
	return max(saturday, f.today), saturday.Add(1)
}

func (f *dayFinder) week(weeks int) (first, last booking.Date) {
	monday := weekday(f.today, 0, weeks, true)
	return max(monday, f.today), monday.Add(6)
}

// calendar finds 12月3日, 12/3, 3号, 3 Dec, Dec 3: the next such day from today on, or the one that has just passed.
func (f *dayFinder) calendar() {
	f.each(monthDay, func(m []string) (first, last booking.Date) { return one(upcoming(f.today, figure(m[1]), figure(m[2]))) })
	f.each(slashDay, func(m []string) (first, last booking.Date) { return one(upcoming(f.today, figure(m[1]), figure(m[2]))) })
	f.each(dayMonthEN, func(m []string) (first, last booking.Date) {
		return one(upcoming(f.today, indexOf(monthsEN, m[2])+1, figure(m[1])))
	})
	f.each(monthDayEN, func(m []string) (first, last booking.Date) {
		return one(upcoming(f.today, indexOf(monthsEN, m[1])+1, figure(m[2])))
	})
	f.each(dayOfMonth, func(m []string) (first, last booking.Date) { return one(nextDayOfMonth(f.today, figure(m[1]))) })
	f.each(ordinalEN, func(m []string) (first, last booking.Date) { return one(nextDayOfMonth(f.today, figure(m[1]))) })
	f.each(nextMonth, func(m []string) (first, last booking.Date) {
		now := f.today.In(time.UTC)
		month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
		if m[1] == "下" {
			month = month.AddDate(0, 1, 0)
		}
		return one(Date(month.Year(), int(month.Month()), figure(m[2])))
	})
}

// ahead finds 三天后, in two weeks.
func (f *dayFinder) ahead() {
	f.each(daysAhead, func(m []string) (first, last booking.Date) {
		if m[2] == "天" {
			return one(f.today.Add(figure(m[1])))
		}
		return one(f.today.Add(7 * figure(m[1])))
	})
	f.each(daysAheadEN, func(m []string) (first, last booking.Date) {
		n, ok := Number(m[1])
		if !ok {
			n = 1
		}
		if m[2] == "week" {
			n *= 7
		}
		return one(f.today.Add(n))
	})
}

// clocks finds times of the day: 9点半, 14:30, 9am.
func (f *dayFinder) clocks() {
	add := func(at []int, hour, minute int, half string) {
		if hour < 0 || hour > 24 || minute < 0 || minute > 59 || !f.whole(at[0], at[1]) {
			return
		}
		s := span{kind: isTime, from: at[0], to: at[1], weight: weighsWord}
		switch {
		case half == "":
		case half[0] == 'a':
			s.halves = booking.Mornings
		case half[0] == 'p' && hour >= 6 && hour < 12:
			s.halves, hour = booking.Evenings, hour+12
		case half[0] == 'p' && hour < 12:
			s.halves, hour = booking.Afternoons, hour+12
		case half[0] == 'p':
			s.halves = booking.Afternoons
		}
		s.minute = hour*60 + minute
		f.spans = append(f.spans, s)
	}
	for _, at := range clockZH.FindAllStringSubmatchIndex(f.text, -1) {
		m := groups(f.text, at)
		minute := 0
		switch {
		case m[2] != "":
			minute = 30
		case m[3] != "":
			minute = figure(m[3])
		case m[4] != "":
			minute = 15
		}
		add(at, figure(m[1]), minute, "")
	}
	for _, at := range clock24.FindAllStringSubmatchIndex(f.text, -1) {
		m := groups(f.text, at)
		add(at, figure(m[1]), figure(m[2]), m[3])
	}
	for _, at := range clockEN.FindAllStringSubmatchIndex(f.text, -1) {
		m := groups(f.text, at)
		add(at, figure(m[1]), 0, strings.TrimSuffix(strings.TrimSuffix(m[2], "o'clock"), "oclock"))
	}
}

// weekday gives a day of the week, 0 on Monday, of the week that is so many weeks from this one. Without exact it is the next such
// day from today on.
func weekday(today booking.Date, day, weeks int, exact bool) booking.Date {
	current := (int(today.Weekday()) + 6) % 7
	ahead := day - current + 7*weeks
	if ahead < 0 && !exact {
		ahead += 7
	}
	return today.Add(ahead)
}

// upcoming gives the next such day of the calendar from today on. One that passed within the last weeks is meant itself: nobody books
// eleven months ahead.
func upcoming(today booking.Date, month, day int) booking.Date {
	year := today.In(time.UTC).Year()
	date := Date(year, month, day)
	if date != "" && date < today.Add(-oldestDay) {
		date = Date(year+1, month, day)
	}
	return date
}

// nextDayOfMonth gives the next day with this number, of this month or the next.
func nextDayOfMonth(today booking.Date, day int) booking.Date {
	now := today.In(time.UTC)
	if day < now.Day() {
		now = time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return Date(now.Year(), int(now.Month()), day)
}

// Date makes a date; it is "" for 31 April and the like.
func Date(year, month, day int) booking.Date {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day {
		return ""
	}
	return booking.Date(t.Format(time.DateOnly))
}

// figure reads digits or Chinese figures; -1 where they are none.
func figure(s string) int {
	if n, ok := numeral(s); ok {
		return n
	}
	return -1
}

func indexOf(words []string, word string) int {
	for i := range words {
		if words[i] == word {
			return i
		}
	}
	return -1
}

// periodOf gives the half of the day that a time falls into.
func periodOf(minute int) booking.Halves {
	switch {
	case minute < 12*60:
		return booking.Mornings
	case minute < 18*60:
		return booking.Afternoons
	}
	return booking.Evenings
}

// bareWeekday is a day of the week as people are called, too: 周一 may be somebody's name.
var bareWeekday = regexp.MustCompile(`^周[一二三四五六日天]$`)

// OnlyWhen tells whether a line says when and nothing else: 明天上午, next Monday.
func (r *Reader) OnlyWhen(line string, today booking.Date) bool {
	text := plain(line)
	if bareWeekday.MatchString(text) {
		return false
	}
	when := false
	for _, s := range cover(text, r.spans(text, today, &Directory{})) {
		switch s.kind {
		case isDay, isHalf, isTime:
			when = true
		default:
			if sayings(text[s.from:s.to]) > 0 {
				return false
			}
		}
	}
	return when
}
