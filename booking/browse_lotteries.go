package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// LotteryLine is a draw in a list of the hospital's people.
type LotteryLine struct {
	Lottery
	Clinic Schedule
	People int // who have applied
}

// LotteryQuery chooses among the draws, for the hospital's people.
type LotteryQuery struct {
	Reach      Reach
	From       Date         // of the half-day
	Department DepartmentID // 0: any
	Sort       string       // date, doctor, department, window, applied, status; "" is the nearest half-day first
	Desc       bool
	Offset     int
	Limit      int
}

// BrowseLotteries gives the draws that a query chooses, and how many they are without its limit.
func (s *Store) BrowseLotteries(ctx context.Context, q LotteryQuery) ([]LotteryLine, int, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	where, args, err := q.Reach.sql(d, "c")
	if err != nil {
		return nil, 0, err
	}
	where, args = where+" AND c.visit_date >= ?", append(args, q.From)
	if q.Department != 0 {
		where, args = where+" AND c.department_id IN (?)", append(args, d.below(q.Department))
	}
	if where, args, err = sqlx.In(where, args...); err != nil {
		return nil, 0, fmt.Errorf("write the query for draws: %w", err)
	}
	order := "c.visit_date, l.closes_at, l.id"
	if by, ok := map[string]string{"date": "c.visit_date", "doctor": "c.doctor_id", "department": "c.department_id", "window": "l.opens_at", "applied": "people", "status": "l.state"}[q.Sort]; ok {
		order = by + direction(q.Desc) + ", " + order
	}
	const tables = " FROM lotteries l JOIN schedules c ON c.id = l.schedule_id WHERE "
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(l.id)"+tables+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the draws: %w", err)
	}
	var list []LotteryLine
	err = s.db.SelectContext(ctx, &list, "SELECT "+lotteryColumns+`, (SELECT COUNT(p.id) FROM lottery_applications p WHERE p.lottery_id = l.id AND p.status <> 'withdrawn') AS people,
		c.id AS 'clinic.id', c.hospital_id AS 'clinic.hospital', c.department_id AS 'clinic.department', c.doctor_id AS 'clinic.doctor', c.visit_date AS 'clinic.date',
		c.period AS 'clinic.period', c.kind AS 'clinic.kind', c.status AS 'clinic.status', c.capacity AS 'clinic.capacity', c.taken AS 'clinic.taken'`+
		tables+where+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("read the draws: %w", err)
	}
	for i, l := range list {
		if l.State == LotteryOpen {
			list[i].Places = max(0, l.Clinic.Capacity-l.Clinic.Taken)
		}
	}
	return list, total, nil
}
