package booking

import (
	"context"
	"fmt"
)

// StaffingBasis is what a department's last weeks say about a half-day: from it, how many doctors are needed is reckoned.
type StaffingBasis struct {
	HalfDays      int     // with patients
	Patients      float64 // who had an appointment in a half-day, on average
	Missed        float64 // the share of them that did not come
	Consultations int     // that Mean and Deviation rest on
	Mean          float64 // minutes of a consultation, from the call to its end
	Deviation     float64 // minutes
}

// StaffingBasis reads a department's last weeks before today.
func (s *Store) StaffingBasis(ctx context.Context, department DepartmentID) (StaffingBasis, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return StaffingBasis{}, err
	}
	dep, err := found(d.department, department)
	if err != nil {
		return StaffingBasis{}, err
	}
	today := DateOf(s.clock(), d.zone(dep.Hospital))
	var b StaffingBasis
	err = s.db.GetContext(ctx, &b, `SELECT COUNT(h.patients) AS halfdays, COALESCE(AVG(h.patients), 0) AS patients, COALESCE(SUM(h.missed) / SUM(h.patients), 0) AS missed
		FROM (SELECT COUNT(a.id) AS patients, SUM(a.status = 'no_show') AS missed FROM appointments a
			WHERE a.department_id = ? AND a.visit_date >= ? AND a.visit_date < ? AND a.status IN ('booked', 'checked_in', 'fulfilled', 'no_show')
			GROUP BY a.visit_date, a.period) h`, department, today.Add(-paceDays), today)
	if err != nil {
		return b, fmt.Errorf("count the patients of half-days: %w", err)
	}
	err = s.db.GetContext(ctx, &b, `SELECT COUNT(c.id) AS consultations, COALESCE(AVG(TIMESTAMPDIFF(SECOND, c.called_at, c.ended_at)), 0) / 60 AS mean,
		COALESCE(STDDEV_POP(TIMESTAMPDIFF(SECOND, c.called_at, c.ended_at)), 0) / 60 AS deviation FROM queue_calls c
		WHERE c.department_id = ? AND c.outcome = 'finished' AND c.visit_date >= ? AND c.visit_date <= ? AND TIMESTAMPDIFF(SECOND, c.called_at, c.ended_at) BETWEEN 12 AND 14400`,
		department, today.Add(-paceDays), today)
	if err != nil {
		return b, fmt.Errorf("read how long consultations took: %w", err)
	}
	return b, nil
}
