package dialog

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
)

// when is a point in time as people say it. What was not said is empty.
type when struct {
	Date   booking.Date
	Period booking.Period
	Minute int // of the day; -1 where no time was said
}

// whenIn finds a day, a half of the day or a time in a line: 明天, 下周三上午, 12月3日, 9点半, tomorrow 9am. False means
// that there is none.
func whenIn(line string, today booking.Date) (when, bool) {
	s := strings.ToLower(narrow(clean(line)))
	w := when{Date: dayIn(s, today), Period: periodIn(s), Minute: minuteIn(s)}
	if w.Period == "" && w.Minute >= 0 {
		w.Period = periodOf(w.Minute)
	}
	return w, w.Date != "" || w.Period != "" || w.Minute >= 0
}

// sayWeekday is a day of the week as nobody is called: 周一 by itself may be a name.
var sayWeekday = regexp.MustCompile(`^(?:(?:下下|下|这|這|本)个?(?:周|週|星期|礼拜|禮拜)|星期|礼拜|禮拜)[一二三四五六日天]$|^(?:next|this)?(?:mon|tues|wednes|thurs|fri|satur|sun)day$`)

// onlyWhen tells whether a line says when and nothing else: 明天上午, next Monday.
func onlyWhen(line string) bool {
	s := tight(line)
	for _, near := range nearDays {
		s = strings.ReplaceAll(s, tight(near.word), "")
	}
	for _, p := range periodWords {
		s = strings.ReplaceAll(s, p.word, "")
	}
	return s == "" || sayWeekday.MatchString(s)
}

var nearDays = []struct {
	word string
	days int
}{
	{"大后天", 3}, {"大後天", 3}, {"day after tomorrow", 2}, {"后天", 2}, {"後天", 2}, {"明天", 1}, {"明日", 1}, {"明早", 1}, {"明晚", 1},
	{"tomorrow", 1}, {"tmr", 1}, {"今天", 0}, {"今日", 0}, {"今晚", 0}, {"today", 0}, {"tonight", 0},
}

var (
	isoDay      = regexp.MustCompile(`(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})`)
	monthDay    = regexp.MustCompile(`(\d{1,2}|[一二三四五六七八九十]{1,3}) *月 *(\d{1,2}|[一二三四五六七八九十]{1,3})`)
	slashDay    = regexp.MustCompile(`(?:^|[^\d])(\d{1,2})[/-](\d{1,2})(?:[^\d]|$)`)
	dayOfMonth  = regexp.MustCompile(`(?:^|[^\d第])(\d{1,2}) *[号號日]`)
	weekdayZH   = regexp.MustCompile(`(下下|下|这|這|本)?个?(?:周|週|星期|礼拜|禮拜)([一二三四五六日天])`)
	weekdayEN   = regexp.MustCompile(`\b(next |this )?(mon|tue|wed|thu|fri|sat|sun)(?:s|rs|rsday|day|sday|nesday|urday|r)?\b`)
	dayMonthEN  = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b`)
	monthDayEN  = regexp.MustCompile(`\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* (\d{1,2})(?:st|nd|rd|th)?\b`)
	monthsEN    = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdaysEN  = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	weekdayRune = map[string]int{"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
)

// dayIn finds a day in a folded line; "" where there is none.
func dayIn(s string, today booking.Date) booking.Date {
	for _, near := range nearDays {
		if strings.Contains(s, near.word) {
			return today.Add(near.days)
		}
	}
	if m := isoDay.FindStringSubmatch(s); m != nil {
		year, _ := strconv.Atoi(m[1])
		return validDate(year, figure(m[2]), figure(m[3]))
	}
	if m := weekdayZH.FindStringSubmatch(s); m != nil {
		return weekday(today, weekdayRune[m[2]], strings.Count(m[1], "下"), m[1] != "")
	}
	if m := weekdayEN.FindStringSubmatch(s); m != nil {
		weeks := 0
		if m[1] == "next " {
			weeks = 1
		}
		return weekday(today, indexOf(weekdaysEN, m[2]), weeks, weeks > 0)
	}
	return calendarDay(s, today)
}

// calendarDay finds 12月3日, 12/3, 3号, 3 Dec, Dec 3: the next such day from today on.
func calendarDay(s string, today booking.Date) booking.Date {
	if m := monthDay.FindStringSubmatch(s); m != nil {
		return upcoming(today, figure(m[1]), figure(m[2]))
	}
	if m := dayMonthEN.FindStringSubmatch(s); m != nil {
		return upcoming(today, indexOf(monthsEN, m[2])+1, figure(m[1]))
	}
	if m := monthDayEN.FindStringSubmatch(s); m != nil {
		return upcoming(today, indexOf(monthsEN, m[1])+1, figure(m[2]))
	}
	if m := slashDay.FindStringSubmatch(s); m != nil {
		return upcoming(today, figure(m[1]), figure(m[2]))
	}
	if m := dayOfMonth.FindStringSubmatch(s); m != nil {
		now := today.In(time.UTC)
		if figure(m[1]) < now.Day() {
			now = time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		}
		return validDate(now.Year(), int(now.Month()), figure(m[1]))
	}
	return ""
}

// weekday gives a day of the week that starts on Monday: of this week if exact, else the next one from today on.
func weekday(today booking.Date, day, weeks int, exact bool) booking.Date {
	current := (int(today.Weekday()) + 6) % 7
	ahead := day - current + 7*weeks
	if ahead < 0 && !exact {
		ahead += 7
	}
	return today.Add(ahead)
}

// upcoming gives the next such day of the calendar from today on.
func upcoming(today booking.Date, month, day int) booking.Date {
	year := today.In(time.UTC).Year()
	date := validDate(year, month, day)
	if date != "" && date < today {
		date = validDate(year+1, month, day)
	}
	return date
}

// validDate is "" for 31 April and the like.
func validDate(year, month, day int) booking.Date {
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

var periodWords = []struct {
	word   string
	period booking.Period
}{
	{"上午", booking.Morning}, {"早上", booking.Morning}, {"早晨", booking.Morning}, {"清晨", booking.Morning}, {"明早", booking.Morning}, {"morning", booking.Morning},
	{"下午", booking.Afternoon}, {"午后", booking.Afternoon}, {"午後", booking.Afternoon}, {"afternoon", booking.Afternoon},
	{"晚上", booking.Evening}, {"夜间", booking.Evening}, {"夜里", booking.Evening}, {"今晚", booking.Evening}, {"明晚", booking.Evening}, {"傍晚", booking.Evening},
	{"evening", booking.Evening}, {"tonight", booking.Evening},
}

var amPM = regexp.MustCompile(`(?:^|[\d ])(am|pm|a\.m|p\.m)\b`)

// periodIn finds a half of the day in a folded line.
func periodIn(s string) booking.Period {
	for _, p := range periodWords {
		if strings.Contains(s, p.word) {
			return p.period
		}
	}
	if m := amPM.FindStringSubmatch(s); m != nil {
		if m[1][0] == 'a' {
			return booking.Morning
		}
		if minute := minuteIn(s); minute >= 18*60 {
			return booking.Evening
		}
		return booking.Afternoon
	}
	return ""
}

var (
	clockZH = regexp.MustCompile(`(\d{1,2}|[一二两三四五六七八九十]{1,3}) *[点點时時](?:(半)|(\d{1,2})分?|(一刻)|钟)?`)
	clock24 = regexp.MustCompile(`(?:^|[^\d])(\d{1,2}):(\d{2})(?: *(am|pm))?`)
	clockEN = regexp.MustCompile(`(?:^|[^\d])(\d{1,2}) *(am|pm|o'?clock)\b`)
)

// minuteIn finds a time of the day in a folded line; -1 where there is none.
func minuteIn(s string) int {
	hour, minute, half := -1, 0, ""
	if m := clockZH.FindStringSubmatch(s); m != nil {
		hour = figure(m[1])
		switch {
		case m[2] != "":
			minute = 30
		case m[3] != "":
			minute = figure(m[3])
		case m[4] != "":
			minute = 15
		}
	} else if m := clock24.FindStringSubmatch(s); m != nil {
		hour, minute, half = figure(m[1]), figure(m[2]), m[3]
	} else if m := clockEN.FindStringSubmatch(s); m != nil {
		hour, half = figure(m[1]), m[2]
	}
	if hour < 0 || hour > 24 || minute < 0 || minute > 59 {
		return -1
	}
	late := half == "pm" || strings.Contains(s, "下午") || strings.Contains(s, "晚") || strings.Contains(s, "afternoon") || strings.Contains(s, "evening")
	if late && hour < 12 {
		hour += 12
	}
	return hour*60 + minute
}

// periodOf gives the half of the day that a time falls into.
func periodOf(minute int) booking.Period {
	switch {
	case minute < 12*60:
		return booking.Morning
	case minute < 18*60:
		return booking.Afternoon
	}
	return booking.Evening
}
