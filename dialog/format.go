package dialog

import (
	"strconv"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/money"
)

// day gives a date with its weekday: 12月3日 周四, Thu 3 Dec.
func (t *turn) day(d booking.Date) string {
	return t.say("date", "month", t.monthOf(d), "day", d.In(time.UTC).Day(), "weekday", t.named("weekday", d.Weekday().String()))
}

// shortDay gives a date without its weekday.
func (t *turn) shortDay(d booking.Date) string {
	return t.say("date.short", "month", t.monthOf(d), "day", d.In(time.UTC).Day())
}

func (t *turn) monthOf(d booking.Date) string {
	return t.named("month", strconv.Itoa(int(d.In(time.UTC).Month())))
}

// moment gives an instant in a zone: the day and the time, or only the time if it is today.
func (t *turn) moment(at time.Time, zone *time.Location) string {
	clock := at.In(zone).Format("15:04")
	if day := booking.DateOf(at, zone); day != booking.DateOf(t.now(), zone) {
		return t.day(day) + " " + clock
	}
	return clock
}

// yuan gives an amount for people, without decimals where there are none; nothing is "free".
func (t *turn) yuan(f money.Fen) string {
	if f == 0 {
		return t.say("fee.none")
	}
	return "¥" + strings.TrimSuffix(f.String(), ".00")
}

// clockSpan gives a slot's time: 08:00–08:30.
func clockSpan(s booking.Slot, zone *time.Location) string {
	return s.StartsAt.In(zone).Format("15:04") + "–" + s.EndsAt.In(zone).Format("15:04")
}

// minuteOf gives the minute of the day.
func minuteOf(at time.Time, zone *time.Location) int {
	local := at.In(zone)
	return local.Hour()*60 + local.Minute()
}

func join(parts []string, between string) string { return strings.Join(parts, between) }

func itoa[ID ~int64](id ID) string { return strconv.FormatInt(int64(id), 10) }

// atoi reads what itoa wrote; 0 for anything else, which names nothing.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
