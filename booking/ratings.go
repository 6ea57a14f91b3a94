package booking

import (
	"context"
	"fmt"
	"time"
)

// ratingsFor is how long what the reviews of a department come to is remembered: a menu need not know of the latest.
const ratingsFor = 10 * time.Minute

// RatingsIn is what the reviews of a department's doctors come to, hidden ones left out, as of at most ten minutes ago. Whom nobody has reviewed is not in
// it.
func (s *Store) RatingsIn(ctx context.Context, department DepartmentID) (map[DoctorID]Rating, error) {
	return s.ratings.get(department, s.clock().Truncate(ratingsFor).String(), func() (map[DoctorID]Rating, error) {
		var rows []struct {
			Doctor DoctorID
			Rating
		}
		err := s.db.SelectContext(ctx, &rows, `SELECT r.doctor_id AS doctor, COUNT(r.id) AS count, SUM(r.rating) AS sum FROM visit_reviews r
			JOIN doctors d ON d.id = r.doctor_id WHERE d.department_id = ? AND r.status IN ('waiting', 'shown') GROUP BY r.doctor_id`, department)
		if err != nil {
			return nil, fmt.Errorf("read the ratings of a department: %w", err)
		}
		list := make(map[DoctorID]Rating, len(rows))
		for _, row := range rows {
			list[row.Doctor] = row.Rating
		}
		return list, nil
	})
}
