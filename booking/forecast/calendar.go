package forecast

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
)

// Kind is what kind of day a date is in China.
type Kind string

// The kinds. Who was ill over a holiday of three days or more comes on the first working day after it: that is a kind of its own.
const (
	Ordinary Kind = "ordinary"
	Holiday  Kind = "holiday" // 法定节假日, with the days that were moved to it
	Workday  Kind = "workday" // 调休上班: a Saturday or Sunday that is worked
	Before   Kind = "before"  // the last day before a holiday of three days or more
	After    Kind = "after"   // the first day after one that is not a holiday
)

// specialKinds are all but the ordinary one.
var specialKinds = []Kind{Holiday, Workday, Before, After}

// holidays.csv is from the yearly notices of the State Council's General Office on the arrangement of holidays (国务院办公厅关于部分节假日安排的通知), which
// come out in the November before. Add a year's lines when it does.
//
//go:embed holidays.csv
var holidaysCSV string

// Calendar knows what kind each date is.
type Calendar struct {
	kinds       map[int]Kind // by day number
	first, last int          // the years that it knows
}

// China is the calendar of the embedded notices.
func China() Calendar {
	c, err := ParseCalendar(holidaysCSV)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return c
}

// ParseCalendar reads lines of kind, first day, last day and name, below a heading.
func ParseCalendar(text string) (Calendar, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return Calendar{}, fmt.Errorf("read the holidays: %w", err)
	}
	c := Calendar{kinds: map[int]Kind{}}
	var long [][2]int
	for i, row := range rows {
		if i == 0 {
			continue
		}
		first, err1 := time.Parse(time.DateOnly, row[1])
		last, err2 := time.Parse(time.DateOnly, row[2])
		kind := Kind(row[0])
		if err1 != nil || err2 != nil || last.Before(first) || kind != Holiday && kind != Workday {
			return Calendar{}, badf("line %d of the holidays: %s", i+1, strings.Join(row, ","))
		}
		if c.first == 0 || last.Year() < c.first {
			c.first = last.Year()
		}
		c.last = max(c.last, last.Year())
		for day := dayNumber(first); day <= dayNumber(last); day++ {
			c.kinds[day] = kind
		}
		if kind == Holiday && dayNumber(last)-dayNumber(first) >= 2 {
			long = append(long, [2]int{dayNumber(first), dayNumber(last)})
		}
	}
	for _, h := range long {
		for _, beside := range []struct {
			day  int
			kind Kind
		}{{h[0] - 1, Before}, {h[1] + 1, After}} {
			if _, special := c.kinds[beside.day]; !special {
				c.kinds[beside.day] = beside.kind
			}
		}
	}
	return c, nil
}

// Kind tells the kind of a day. Of a year that the calendar does not know all days are ordinary, and known is false.
func (c Calendar) Kind(day time.Time) (kind Kind, known bool) {
	known = day.Year() >= c.first && day.Year() <= c.last
	if kind, ok := c.kinds[dayNumber(day)]; ok {
		return kind, true
	}
	return Ordinary, known
}

// dayNumber counts days of the calendar, whatever the hour and the zone.
func dayNumber(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}
