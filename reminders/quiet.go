package reminders

import (
	"context"
	"time"

	"guahao/booking"
)

// The quiet hours, in which no broadcast goes out, unless whoever wrote it said that it shall: minutes of the day on the hospital's clock.
const (
	quietFrom = 22 * 60
	quietTo   = 7 * 60
)

// QuietHours says them, for people.
func QuietHours() (from, to string) {
	clock := func(minutes int) string { return time.Time{}.Add(time.Duration(minutes) * time.Minute).Format("15:04") }
	return clock(quietFrom), clock(quietTo)
}

// quietUntil is when the quiet hours end in which a moment lies; the moment itself if it lies in none.
func quietUntil(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	y, m, d := local.Date()
	minute := local.Hour()*60 + local.Minute()
	switch {
	case minute >= quietFrom:
		d++
	case minute >= quietTo:
		return t
	}
	return time.Date(y, m, d, quietTo/60, quietTo%60, 0, 0, zone).UTC()
}

// zoneOf is where the people of an audience are: the hospital's zone, and of an audience of several hospitals the first one's.
func (s *Store) zoneOf(ctx context.Context, f booking.AudienceFilter) (*time.Location, error) {
	hospitals, err := s.bookings.Hospitals(ctx)
	if err != nil || len(hospitals) == 0 {
		return time.UTC, err
	}
	for _, h := range hospitals {
		if h.ID == f.Hospital {
			return h.Location(), nil
		}
	}
	return hospitals[0].Location(), nil
}
