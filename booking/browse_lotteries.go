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

// BrowseLotteries gives the draws for half-days of a day and later within a reach, the nearest first, and how many they are without the limit. Department 0 is any.
func (s *Store) BrowseLotteries(ctx context.Context, reach Reach, from Date, department DepartmentID, offset, limit int) ([]LotteryLine, int, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	where, args, err := reach.sql(d, "c")
	if err != nil {
		return nil, 0, err
	}
	where, args = where+" AND c.visit_date >= ?", append(args, from)
	if department != 0 {
		where, args = where+" AND c.department_id IN (?)", append(args, d.below(department))
	}
	if where, args, err = sqlx.In(where, args...); err != nil {
		return nil, 0, fmt.Errorf("write the query for draws: %w", err)
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
		tables+where+" ORDER BY c.visit_date, l.closes_at, l.id LIMIT ? OFFSET ?", append(args, limit, offset)...)
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
