package booking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"guahao/internal/audit"
)

// ReviewQuery says which reviews the hospital's people want to see.
type ReviewQuery struct {
	Reach    Reach
	Hospital HospitalID   // 0: any
	Status   ReviewStatus // "": any
	Rating   int          // 0: any
	Sort     string       // created, rating, or "" for the order in which they came
	Desc     bool
	Offset   int
	Limit    int
}

// BrowseReviews lists the reviews of visits within a reach, and tells how many there are.
func (s *Store) BrowseReviews(ctx context.Context, q ReviewQuery) ([]Review, int, error) {
	where, args, err := s.within(ctx, q.Reach, "a")
	if err != nil {
		return nil, 0, err
	}
	where = "r.appointment_id IN (SELECT a.id FROM appointments a WHERE a.id = r.appointment_id AND " + where + ")"
	and := func(condition string, value any) {
		where, args = where+" AND "+condition, append(args, value)
	}
	if q.Hospital != 0 {
		and("r.hospital_id = ?", q.Hospital)
	}
	if q.Status != "" {
		and("r.status = ?", q.Status)
	}
	if q.Rating != 0 {
		and("r.rating = ?", q.Rating)
	}
	var total int
	if err := s.db.GetContext(ctx, &total, "SELECT COUNT(r.id) FROM visit_reviews r WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the reviews: %w", err)
	}
	order := map[string]string{"created": "r.created_at", "rating": "r.rating"}[q.Sort]
	if order == "" {
		order = "r.id"
	}
	if q.Desc {
		order += " DESC"
	}
	list, err := s.reviews(ctx, s.db, where+" ORDER BY "+order+", r.id LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	return list, total, err
}

// ReviewWithin reads one review of a visit within a reach; ErrNotFound for any other.
func (s *Store) ReviewWithin(ctx context.Context, reach Reach, id ReviewID) (Review, error) {
	where, args, err := s.within(ctx, reach, "a")
	if err != nil {
		return Review{}, err
	}
	list, err := s.reviews(ctx, s.db, "r.id = ? AND r.appointment_id IN (SELECT a.id FROM appointments a WHERE a.id = r.appointment_id AND "+where+")",
		append([]any{id}, args...)...)
	if err != nil {
		return Review{}, err
	}
	if len(list) == 0 {
		return Review{}, ErrNotFound
	}
	return list[0], nil
}

// auditReview writes down that staff have decided about a review. Its words are a patient's, and stay out of the log.
func (s *Store) auditReview(ctx context.Context, tx *sqlx.Tx, before Review, status ReviewStatus, reason string) error {
	return audit.Write(ctx, s.Audit, tx, audit.Entry{
		Action: "review." + string(status), Subject: fmt.Sprintf("review:%d", before.ID), Hospital: int64(before.Hospital), Note: reason,
		Before: map[string]ReviewStatus{"status": before.Status}, After: map[string]ReviewStatus{"status": status},
	})
}
