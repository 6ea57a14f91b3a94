package booking

import (
	"context"
	"fmt"
	"time"
)

// Tally counts the appointments of one day and one status.
type Tally struct {
	Date   Date
	Status Status
	Count  int
}

// Tallies counts the appointments of the days from first to last.
func (s *Store) Tallies(ctx context.Context, reach Reach, first, last Date) ([]Tally, error) {
	where, args, err := s.within(ctx, reach, "c")
	if err != nil {
		return nil, err
	}
	var list []Tally
	err = s.db.SelectContext(ctx, &list, `SELECT c.visit_date AS date, a.status, COUNT(a.id) AS count FROM schedules c JOIN appointments a ON a.schedule_id = c.id
		WHERE `+where+` AND c.visit_date >= ? AND c.visit_date <= ? GROUP BY c.visit_date, a.status`, append(args, first, last)...)
	if err != nil {
		return nil, fmt.Errorf("count the appointments: %w", err)
	}
	return list, nil
}

// HourTally counts the appointments whose visit starts within an hour.
type HourTally struct {
	Hour   time.Time
	Status Status
	Count  int
}

// Hours counts the appointments of a day by the hour, which is in UTC.
func (s *Store) Hours(ctx context.Context, reach Reach, date Date) ([]HourTally, error) {
	where, args, err := s.within(ctx, reach, "c")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Hour   string
		Status Status
		Count  int
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT DATE_FORMAT(a.starts_at, '%Y-%m-%d %H') AS hour, a.status, COUNT(a.id) AS count
		FROM schedules c JOIN appointments a ON a.schedule_id = c.id WHERE `+where+` AND c.visit_date = ? GROUP BY 1, a.status ORDER BY 1`, append(args, date)...)
	if err != nil {
		return nil, fmt.Errorf("count the appointments by hour: %w", err)
	}
	list := make([]HourTally, len(rows))
	for i, r := range rows {
		hour, err := time.Parse("2006-01-02 15", r.Hour)
		if err != nil {
			return nil, fmt.Errorf("read an hour: %w", err)
		}
		list[i] = HourTally{hour, r.Status, r.Count}
	}
	return list, nil
}

// ClinicTally counts the half-days of a day and their places.
type ClinicTally struct {
	Open, Stopped   int
	Capacity, Taken int // of the open ones
}

// ClinicCounts counts the half-days of a day.
func (s *Store) ClinicCounts(ctx context.Context, reach Reach, date Date) (ClinicTally, error) {
	var t ClinicTally
	where, args, err := s.within(ctx, reach, "c")
	if err != nil {
		return t, err
	}
	err = s.db.GetContext(ctx, &t, `SELECT COALESCE(SUM(c.status = 'open'), 0) AS open, COALESCE(SUM(c.status <> 'open'), 0) AS stopped,
		COALESCE(SUM(CASE WHEN c.status = 'open' THEN c.capacity END), 0) AS capacity, COALESCE(SUM(CASE WHEN c.status = 'open' THEN c.taken END), 0) AS taken
		FROM schedules c WHERE `+where+` AND c.visit_date = ?`, append(args, date)...)
	if err != nil {
		return t, fmt.Errorf("count the clinics: %w", err)
	}
	return t, nil
}

// within is a reach as a condition on a table, with the departments below those that it names.
func (s *Store) within(ctx context.Context, reach Reach, table string) (string, []any, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return "", nil, err
	}
	return reach.sql(d, table)
}
