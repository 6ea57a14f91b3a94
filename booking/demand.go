package booking

import (
	"context"
	"fmt"
	"time"

	"guahao/booking/allocation"
	"guahao/booking/forecast"
)

// demandMemory is how many days of the past a forecast looks at.
const demandMemory = 730

// DemandDay is a day of a department: its places, how many of them are taken, and who waits in vain or still waits for one.
type DemandDay struct {
	Date    Date
	Places  int
	Taken   int
	Waiting int
	Clinics int // half-days that are open
}

// Demand is how many wanted to be seen. What nobody could book and nobody waited for is not seen: where a day was full, it is a lower bound.
func (d DemandDay) Demand() int { return d.Taken + d.Waiting }

// Demand counts a department's days from one to another, each once. A wait counts on the first day that it was for. ErrBadRange for more than two years and a quarter.
func (s *Store) Demand(ctx context.Context, department DepartmentID, from, to Date) ([]DemandDay, error) {
	index := map[Date]int{}
	var days []DemandDay
	for date := from; date <= to; date = date.Add(1) {
		if len(days) == demandMemory+forecastDays {
			return nil, ErrBadRange
		}
		index[date] = len(days)
		days = append(days, DemandDay{Date: date})
	}
	var open, waits []DemandDay
	err := s.db.SelectContext(ctx, &open, `SELECT c.visit_date AS date, SUM(c.capacity) AS places, SUM(c.taken) AS taken, COUNT(c.id) AS clinics FROM schedules c
		WHERE c.department_id = ? AND c.visit_date BETWEEN ? AND ? AND c.status = 'open' GROUP BY c.visit_date`, department, from, to)
	if err != nil {
		return nil, fmt.Errorf("count the places of a department: %w", err)
	}
	err = s.db.SelectContext(ctx, &waits, `SELECT e.first_date AS date, COUNT(e.id) AS waiting FROM waitlist_entries e
		WHERE e.department_id = ? AND e.first_date BETWEEN ? AND ? AND e.status IN ('waiting', 'ended') GROUP BY e.first_date`, department, from, to)
	if err != nil {
		return nil, fmt.Errorf("count who waits for a department: %w", err)
	}
	for _, d := range open {
		days[index[d.Date]] = d
	}
	for _, d := range waits {
		days[index[d.Date]].Waiting = d.Waiting
	}
	return days, nil
}

// forecastDays bounds how far Foresee looks ahead.
const forecastDays = 84

// ForeseenDay is a day to come of a department, with what is known of it and what could be done.
type ForeseenDay struct {
	forecast.Foreseen
	DemandDay
	Advice forecast.Advice
}

// Foresee forecasts a department's days from today on, by the method that has been best on its past. The error wraps forecast.ErrInput when too little of it is known.
func (s *Store) Foresee(ctx context.Context, department DepartmentID, days int) ([]ForeseenDay, forecast.Outlook, error) {
	dep, err := s.Department(ctx, department)
	if err != nil {
		return nil, forecast.Outlook{}, err
	}
	if days < 1 || days > forecastDays {
		return nil, forecast.Outlook{}, fmt.Errorf("%w: %d days; it is between 1 and %d", forecast.ErrInput, days, forecastDays)
	}
	today, zone, err := s.Today(ctx, dep.Hospital)
	if err != nil {
		return nil, forecast.Outlook{}, err
	}
	all, err := s.Demand(ctx, department, today.Add(-demandMemory), today.Add(days-1))
	if err != nil {
		return nil, forecast.Outlook{}, err
	}
	past, ahead := sinceOpening(all[:demandMemory]), all[demandMemory:]
	history, places := make([]forecast.Day, len(past)), make([]float64, len(ahead))
	for i, d := range past {
		history[i] = forecast.Day{Date: d.Date.In(zone), Demand: float64(d.Demand()), Places: float64(d.Places)}
	}
	for i, d := range ahead {
		places[i] = float64(d.Places)
	}
	outlook, err := forecast.Foresee(history, days, places, forecast.China())
	if err != nil {
		return nil, forecast.Outlook{}, err
	}
	size := clinicSize(all)
	list := make([]ForeseenDay, len(ahead))
	for i, d := range ahead {
		list[i] = ForeseenDay{Foreseen: outlook.Days[i], DemandDay: d}
		if list[i].Advice, err = forecast.Advise(outlook.Days[i], d.Waiting, size); err != nil {
			return nil, forecast.Outlook{}, err
		}
	}
	return list, outlook, nil
}

// sinceOpening leaves out the days before a department's first clinic.
func sinceOpening(days []DemandDay) []DemandDay {
	for i, d := range days {
		if d.Clinics > 0 {
			return days[i:]
		}
	}
	return nil
}

// clinicSize is how many places a half-day of the department usually has.
func clinicSize(days []DemandDay) int {
	places, clinics := 0, 0
	for _, d := range days {
		places, clinics = places+d.Places, clinics+d.Clinics
	}
	return max(1, places/max(1, clinics))
}

// SellOuts tells, for a doctor's latest half-days of a period ("": any) before today, at most n, how long after their release the last place was given: the times that
// allocation.FirstCome takes, −1 for those that never were full. Those whose places were drawn are left out. The release is reckoned by the rules that are in force now; a
// place that was given, returned and given again counts when it was first given.
func (s *Store) SellOuts(ctx context.Context, doctor DoctorID, period Period, n int) ([]time.Duration, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	who, err := found(d.doctor, doctor)
	if err != nil {
		return nil, err
	}
	zone, policy := d.zone(who.Hospital), d.current[who.Hospital]
	var past []Schedule
	err = s.db.SelectContext(ctx, &past, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c
		WHERE c.doctor_id = ? AND (c.period = ? OR ? = '') AND c.visit_date < ? AND c.status = 'open' AND c.capacity > 0
		AND NOT EXISTS (SELECT l.id FROM lotteries l WHERE l.schedule_id = c.id) ORDER BY c.visit_date DESC, c.id DESC LIMIT ?`,
		doctor, period, period, DateOf(s.clock(), zone), n)
	if err != nil {
		return nil, fmt.Errorf("read past clinics: %w", err)
	}
	last, err := s.lastPlaces(ctx, past)
	if err != nil {
		return nil, err
	}
	times := make([]time.Duration, len(past))
	for i, c := range past {
		times[i] = allocation.NeverSoldOut
		if at, full := last[c.ID]; full {
			times[i] = max(0, at.Sub(policy.release(c.Date, zone)))
		}
	}
	return times, nil
}

// release is when a day opens for booking.
func (p Policy) release(day Date, zone *time.Location) time.Time {
	return p.ReleaseAt.On(day.Add(-p.DaysAhead), zone)
}

// lastPlaces tells when each of some half-days had given as many places as it has; those that never had are left out.
func (s *Store) lastPlaces(ctx context.Context, clinics []Schedule) (map[ScheduleID]time.Time, error) {
	if len(clinics) == 0 {
		return nil, nil
	}
	ids := make([]ScheduleID, len(clinics))
	for i, c := range clinics {
		ids[i] = c.ID
	}
	var rows []struct {
		ID ScheduleID
		At time.Time
	}
	err := s.selectIn(ctx, &rows, fmt.Sprintf(`SELECT c.id, n.created_at AS at FROM schedules c JOIN (
		SELECT a.schedule_id, a.created_at, ROW_NUMBER() OVER (PARTITION BY a.schedule_id ORDER BY a.created_at, a.id) AS nth FROM appointments a
		WHERE a.seq < %d AND a.schedule_id IN (?)) n ON n.schedule_id = c.id AND n.nth = c.capacity`, extraSeq), ids)
	if err != nil {
		return nil, fmt.Errorf("read when clinics were full: %w", err)
	}
	last := make(map[ScheduleID]time.Time, len(rows))
	for _, row := range rows {
		last[row.ID] = row.At
	}
	return last, nil
}

// soldOutAfter tells how long after its release a half-day's last place was given; -1 when it never was full.
func (s *Store) soldOutAfter(ctx context.Context, c Schedule, policy Policy, zone *time.Location) (time.Duration, error) {
	last, err := s.lastPlaces(ctx, []Schedule{c})
	if err != nil {
		return 0, err
	}
	if at, full := last[c.ID]; full {
		return max(0, at.Sub(policy.release(c.Date, zone))), nil
	}
	return allocation.NeverSoldOut, nil
}
