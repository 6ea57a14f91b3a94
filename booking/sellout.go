package booking

import (
	"context"
	"fmt"
	"time"

	"guahao/booking/allocation"
	"guahao/booking/forecast"
)

// SellOut is a half-day that was full much sooner after its release than such half-days of its doctor were.
type SellOut struct {
	Schedule Schedule
	Took     time.Duration
	Usual    time.Duration // the median of the past; -1 where most never were full
	SeenAt   time.Time
}

// sellOutMemory is how many half-days of the past one is compared with.
const sellOutMemory = 40

// sellOutBatch is how many full half-days are judged at a time; the rest is for the next time.
const sellOutBatch = 200

// JudgeSellOuts looks at half-days to come that have become full since it last ran, and returns those that were so early that somebody may
// want to add a clinic. Each is judged once, by whichever replica comes first; what is returned stays to be read by [Store.EarlySellOuts].
func (s *Store) JudgeSellOuts(ctx context.Context) ([]SellOut, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	var full []Schedule
	err = s.db.SelectContext(ctx, &full, `SELECT `+scheduleColumns+`, c.capacity, c.taken FROM schedules c LEFT JOIN sellouts o ON o.schedule_id = c.id
		WHERE c.visit_date > ? AND c.status = 'open' AND c.capacity > 0 AND c.taken >= c.capacity AND o.schedule_id IS NULL ORDER BY c.id LIMIT ?`,
		DateOf(s.clock(), time.UTC), sellOutBatch)
	if err != nil {
		return nil, fmt.Errorf("look for clinics that are full: %w", err)
	}
	var early []SellOut
	for _, c := range full {
		o, is, err := s.judgeSellOut(ctx, d, c)
		if err != nil {
			return early, err
		}
		if is {
			early = append(early, o)
		}
	}
	return early, nil
}

func (s *Store) judgeSellOut(ctx context.Context, d *directory, c Schedule) (SellOut, bool, error) {
	o := SellOut{Schedule: c, SeenAt: s.clock()}
	took, err := s.soldOutAfter(ctx, c, d.current[c.Hospital], d.zone(c.Hospital))
	if err != nil || took < 0 {
		return o, false, err // full by places that staff took away
	}
	past, err := s.SellOuts(ctx, c.Doctor, c.Period, sellOutMemory)
	if err != nil {
		return o, false, err
	}
	o.Took, o.Usual = took, allocation.Median(past)
	early := forecast.SoldOutEarly(past, took)
	result, err := s.db.ExecContext(ctx, `INSERT IGNORE INTO sellouts (schedule_id, took_seconds, early, usual, seen_at) VALUES (?, ?, ?, ?, ?)`,
		c.ID, int64(took/time.Second), early, seconds(o.Usual), o.SeenAt)
	if err != nil {
		return o, false, fmt.Errorf("note that a clinic is full: %w", err)
	}
	n, err := result.RowsAffected()
	return o, early && n == 1, err
}

// seconds keeps -1.
func seconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64(d / time.Second)
}

// EarlySellOuts lists the half-days within reach that were full so early, are still to come, and were seen since an instant; the latest first.
func (s *Store) EarlySellOuts(ctx context.Context, reach Reach, since time.Time) ([]SellOut, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, err
	}
	where, args, err := reach.sql(d, "c")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Schedule    Schedule
		TookSeconds int64     `db:"took_seconds"`
		Usual       int64     `db:"usual"`
		SeenAt      time.Time `db:"seen_at"`
	}
	err = s.db.SelectContext(ctx, &rows, `SELECT c.id AS 'schedule.id', c.hospital_id AS 'schedule.hospital', c.department_id AS 'schedule.department',
		c.doctor_id AS 'schedule.doctor', c.visit_date AS 'schedule.date', c.period AS 'schedule.period', o.took_seconds, o.usual, o.seen_at
		FROM sellouts o JOIN schedules c ON c.id = o.schedule_id WHERE o.early = TRUE AND o.seen_at >= ? AND c.visit_date >= ? AND `+where+` ORDER BY o.seen_at DESC, c.id LIMIT 100`,
		append([]any{since.UTC(), DateOf(s.clock(), time.UTC)}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read clinics that were full early: %w", err)
	}
	list := make([]SellOut, len(rows))
	for i, r := range rows {
		list[i] = SellOut{Schedule: r.Schedule, Took: time.Duration(r.TookSeconds) * time.Second, Usual: time.Duration(r.Usual) * time.Second, SeenAt: r.SeenAt}
		if r.Usual < 0 {
			list[i].Usual = -1
		}
	}
	return list, nil
}
