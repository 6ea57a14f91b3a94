package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guahao/booking/allocation"
)

// pastReleases is how many of a doctor's latest half-days tell how quickly places go.
const pastReleases = 24

// PlaceOutlook is how quickly a doctor's places have gone, and when the next ones open.
type PlaceOutlook struct {
	allocation.Speed
	Next  Date      // the first day with a clinic that cannot be booked yet; "": none is planned
	Opens time.Time // when it can be
}

// PlaceChance tells how long after their release a doctor's latest half-days were full; known is false where too few have been to say.
func (s *Store) PlaceChance(ctx context.Context, doctor DoctorID) (outlook PlaceOutlook, known bool, err error) {
	d, err := s.directory(ctx)
	if err != nil {
		return outlook, false, err
	}
	who, err := found(d.doctor, doctor)
	if err != nil {
		return outlook, false, err
	}
	zone := d.zone(who.Hospital)
	times, err := s.soldOut.get(doctor, string(DateOf(s.clock(), zone)), func() ([]time.Duration, error) { return s.SellOuts(ctx, doctor, "", pastReleases) })
	if err != nil {
		return outlook, false, err
	}
	outlook.Speed, err = allocation.SpeedOf(times)
	if err != nil {
		if errors.Is(err, allocation.ErrUnknown) {
			err = nil
		}
		return outlook, false, err
	}
	var next []Date
	err = s.db.SelectContext(ctx, &next, `SELECT c.visit_date FROM schedules c WHERE c.doctor_id = ? AND c.visit_date > ? AND c.status = 'open' AND c.allocation = 'first_come'
		ORDER BY c.visit_date LIMIT 1`, doctor, d.window(who.Hospital, s.clock()).Last)
	if err != nil {
		return outlook, false, fmt.Errorf("read a doctor's next clinic: %w", err)
	}
	if len(next) > 0 {
		policy := d.current[who.Hospital]
		outlook.Next, outlook.Opens = next[0], policy.release(next[0], zone)
	}
	return outlook, true, nil
}
