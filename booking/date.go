package booking

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a day in the hospital's zone, as 2006-01-02. Dates compare as strings.
type Date string

// DateOf gives the day of an instant in a zone.
func DateOf(t time.Time, zone *time.Location) Date { return Date(t.In(zone).Format(time.DateOnly)) }

// In gives the first instant of the day in a zone; the zero time if the date is not valid.
func (d Date) In(zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Add gives the day n days later.
func (d Date) Add(days int) Date {
	return Date(d.In(time.UTC).AddDate(0, 0, days).Format(time.DateOnly))
}

// Until counts the days to another date; less than 0 to an earlier one.
func (d Date) Until(other Date) int {
	return int(other.In(time.UTC).Sub(d.In(time.UTC)) / (24 * time.Hour))
}

// Weekday of the date.
func (d Date) Weekday() time.Weekday { return d.In(time.UTC).Weekday() }

// Scan reads a DATE column.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = ""
	case time.Time:
		*d = Date(v.Format(time.DateOnly))
	case []byte:
		*d = Date(v)
	case string:
		*d = Date(v)
	default:
		return fmt.Errorf("a date cannot be read from %T", src)
	}
	return nil
}

// Value writes a DATE column; the empty date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d == "" {
		return nil, nil
	}
	return string(d), nil
}
