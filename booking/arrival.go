package booking

import (
	"context"
	"fmt"
	"math"

	"guahao/booking/queue"
)

// Arrival is what shows that a patient who checks in by chat is at the hospital. The zero value shows nothing, which is enough where the rules ask for nothing.
type Arrival struct {
	Hospital HospitalID // whose QR code was scanned at the door
	Located  bool       // there is a place
	Lat, Lng float64    // degrees
}

// defaultMeters is how near is near enough where the rules say nothing of it.
const defaultMeters = 1000

// CheckHere decides whether an arrival is one at the hospital of a visit.
func (p Policy) CheckHere(h Hospital, at Arrival) error {
	near := p.CheckIn.Meters
	switch {
	case at.Hospital == h.ID:
		return nil
	case at.Hospital != 0:
		return refusef(CodeElsewhere, "您扫的不是这次预约的医院的签到码。预约在%[1]s，请到那里签到；这里没有签到。",
			"This check-in code is another hospital's. The appointment is at %[2]s: please check in there. You are not checked in.", h.Name.ZH, h.Name.EN)
	case at.Located:
		if near == 0 {
			near = defaultMeters
		}
		if away := metersBetween(h.Lat, h.Lng, at.Lat, at.Lng); away > float64(near) {
			return refusef(CodeElsewhere, "您离%[1]s还有约 %[3]s，没有签到。到了医院（%[4]d 米以内）再发一次位置。",
				"You are about %[3]s away from %[2]s and are not checked in. Please send your location again within %[4]d metres of it.", h.Name.ZH, h.Name.EN, roughly(away), near)
		}
		return nil
	case near > 0:
		return refuse(CodeElsewhere, "请到医院后把您的位置发过来，或扫医院的签到二维码，就能签到。", "To check in, please send your location once you are at the hospital, or scan the hospital's check-in code.")
	}
	return nil
}

// roughly is a distance in words that both languages share.
func roughly(meters float64) string {
	if meters < 1000 {
		return fmt.Sprintf("%.0f m", math.Round(meters/100)*100)
	}
	return fmt.Sprintf("%.1f km", meters/1000)
}

const earthMeters = 6371000.0

// metersBetween is the distance between two places as the crow flies.
func metersBetween(lat1, lng1, lat2, lng2 float64) float64 {
	const degree = math.Pi / 180
	lat, lng := (lat2-lat1)*degree/2, (lng2-lng1)*degree/2
	a := math.Pow(math.Sin(lat), 2) + math.Cos(lat1*degree)*math.Cos(lat2*degree)*math.Pow(math.Sin(lng), 2)
	return 2 * earthMeters * math.Asin(math.Sqrt(min(a, 1)))
}

// CheckInHere is CheckInSelf by who shows to be there. A check-in at the wrong hospital, too far away or on another day changes nothing.
func (s *Store) CheckInHere(ctx context.Context, user UserID, id AppointmentID, at Arrival) (Visit, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Visit{}, err
	}
	if _, err := owned(ctx, s.db, user, id); err != nil {
		return Visit{}, err
	}
	return s.attend(ctx, step{id: id, to: CheckedIn, reason: ByAttending, told: true}, func(a Appointment) error {
		if err := d.mayCheckIn(a, s.clock()); err != nil {
			return err
		}
		return d.policyOf(a).CheckHere(d.hospital[a.Hospital], at)
	})
}

// TodayVisits are a user's visits of today, by each hospital's clock, that are certain: not yet checked in, checked in, or seen.
func (s *Store) TodayVisits(ctx context.Context, user UserID) ([]Visit, error) {
	now := s.clock()
	list, err := s.visits(ctx, "WHERE a.user_id = ? AND a.status IN ('booked', 'checked_in', 'fulfilled') AND a.starts_at > ? AND a.starts_at < ? ORDER BY a.starts_at, a.id LIMIT 50",
		user, now.AddDate(0, 0, -2), now.AddDate(0, 0, 2))
	if err != nil {
		return nil, err
	}
	var today []Visit
	for _, v := range list {
		if v.Appointment.Date == DateOf(now, v.Hospital.Location()) {
			today = append(today, v)
		}
	}
	return today, nil
}

// RejoinSelf lets the patient's user say that a patient who was passed over is back, where patients check in themselves.
func (s *Store) RejoinSelf(ctx context.Context, user UserID, id AppointmentID) error {
	a, err := owned(ctx, s.db, user, id)
	if err != nil {
		return err
	}
	d, err := s.directory(ctx)
	if err != nil {
		return err
	}
	if !d.policyOf(a).CheckIn.Self {
		return refuse(CodeWrongStatus, "请到分诊台重新排队。", "Please ask at the desk to be put back into the queue.")
	}
	return s.inQueueOf(ctx, a.Schedule, func(q *dayQueue) error {
		e, err := q.Entry(queue.ID(id))
		if err != nil || e.Status != queue.Skipped {
			return ErrQueueMoved
		}
		next, err := q.Return(e.ID, s.clock())
		return q.do(queueEvent{queueReturned, e.ID, e.Room, 0}, next, err)
	})
}
