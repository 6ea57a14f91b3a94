package reminders

import (
	"context"
	"time"

	"guahao/booking"
)

const (
	// dayBeforeHour is when the first reminder goes out, on the clock of the hospital's zone.
	dayBeforeHour = 18
	// dayBeforeAtMost is the longest time from 18:00 on one day to a visit on the next, in a zone that puts its clocks back in
	// between. Which instant it is exactly needs the hospital's zone, and is found out when the notice is claimed.
	dayBeforeAtMost = 31 * time.Hour
	hoursBefore     = 2 * time.Hour
)

// verdict is what the state of a visit means for a notice about it.
type verdict struct {
	obsolete bool
	wait     time.Time // not due before then; zero: now
}

// judge compares a notice with the visit as it is now. A notice about a status is true as long as the appointment is at the
// version that it was queued for.
func judge(n notice, v booking.Visit, now time.Time) verdict {
	if n.Kind == Refunded || n.Kind == PaidTooLate {
		return verdict{}
	}
	if n.Kind.aboutQueue() {
		return verdict{obsolete: turnOver(n.Kind, n.turn)}
	}
	if n.Kind == StopOffer {
		return judgeStop(n, v)
	}
	a := v.Appointment
	if n.Kind == StopGone {
		return verdict{obsolete: int64(a.Version) != n.Version}
	}
	switch n.Kind {
	case DrawWon: // at once: free of charge, or to be paid at the hospital
		if a.Status == booking.Booked && !v.Paid {
			return verdict{}
		}
	case Changed:
		return verdict{obsolete: a.Status != booking.Booked && a.Status != booking.CheckedIn && a.Status != booking.Held || !now.Before(a.StartsAt) || v.Schedule.Status == booking.Stopped}
	case ReviewRequest:
		return verdict{obsolete: a.Status != booking.Fulfilled && a.Status != booking.CheckedIn || now.After(a.StartsAt.Add(reviewAtMost))}
	}
	if statusOf(n.Kind) == booking.Booked && v.Schedule.Status == booking.Stopped {
		return verdict{obsolete: true} // it does not take place, whatever becomes of it
	}
	if int64(a.Version) != n.Version || a.Status != statusOf(n.Kind) || offerOver(n, v, now) {
		return verdict{obsolete: true}
	}
	switch n.Kind {
	case DayBefore:
		due := dayBefore(a.StartsAt, v.Hospital.Location())
		if !due.After(n.CreatedAt) || !now.Before(a.StartsAt.Add(-hoursBefore)) {
			return verdict{obsolete: true}
		}
		if now.Before(due) {
			return verdict{wait: due}
		}
	case HoursBefore:
		return verdict{obsolete: !now.Before(a.StartsAt)}
	}
	return verdict{}
}

func statusOf(k Kind) booking.Status {
	switch k {
	case Booked, DayBefore, HoursBefore, Moved:
		return booking.Booked
	case Offer:
		return booking.Offered
	case Extra, DrawWon, HoldExpiring:
		return booking.Held
	case NoShow:
		return booking.NoShow
	case Expired, OfferOver, MoveExpired:
		return booking.Expired
	default:
		return booking.Cancelled
	}
}

// dayBefore is 18:00 of the day before a visit in the hospital's zone, in UTC.
func dayBefore(starts time.Time, zone *time.Location) time.Time {
	y, m, d := starts.In(zone).Date()
	return time.Date(y, m, d-1, dayBeforeHour, 0, 0, 0, zone).UTC()
}

// zone is a hospital's, as it was known when notices were last sent; nil if it was not. Who queues a notice is in a transaction full of locks, and
// has no connection to ask.
func (s *Store) zone(id booking.HospitalID) *time.Location {
	if known := s.zones.Load(); known != nil {
		return (*known)[id]
	}
	return nil
}

// learnZones remembers where the hospitals are.
func (s *Store) learnZones(ctx context.Context) error {
	hospitals, err := s.bookings.Hospitals(ctx)
	if err != nil {
		return err
	}
	zones := make(map[booking.HospitalID]*time.Location, len(hospitals))
	for _, h := range hospitals {
		zones[h.ID] = h.Location()
	}
	s.zones.Store(&zones)
	return nil
}
