package booking

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
)

// ReviewID is the primary key of a review.
type ReviewID int64

// ReviewStatus says who may read a review.
type ReviewStatus string

// The statuses of reviews. The rating of one that waits counts already: only its comment waits.
const (
	ReviewWaiting ReviewStatus = "waiting" // for staff to read the comment
	ReviewShown   ReviewStatus = "shown"
	ReviewHidden  ReviewStatus = "hidden" // by staff, with a reason: it counts nowhere
)

// Review is what a patient says about a visit.
type Review struct {
	ID          ReviewID
	Appointment AppointmentID
	Hospital    HospitalID
	Doctor      DoctorID
	User        UserID
	Rating      int // 1 to 5
	Comment     string
	Status      ReviewStatus
	Note        string // why it is hidden
	Version     int
	CreatedAt   time.Time
}

// Rating is what all reviews of a doctor come to.
type Rating struct {
	Count int
	Sum   int
}

// Average is the mean of all ratings; 0 where there is none.
func (r Rating) Average() float64 {
	if r.Count == 0 {
		return 0
	}
	return float64(r.Sum) / float64(r.Count)
}

const (
	// reviewFor is how long after a visit it may be reviewed.
	reviewFor = 90 * 24 * time.Hour
	// maxComment is the length of a comment in characters.
	maxComment = 300
)

// CheckReview decides whether a patient may review a visit: one that took place, until 90 days after. Where nobody is marked as missing, a booked
// visit whose time is over counts as one that took place.
func (p Policy) CheckReview(a Appointment, ended, now time.Time) error {
	took := a.Status == Fulfilled || a.Status == CheckedIn && !now.Before(a.StartsAt) || a.Status == Booked && p.NoShows.Count == 0 && !now.Before(ended)
	switch {
	case !took:
		return refuse(CodeWrongStatus, "就诊之后才能评价。", "A visit can be reviewed after it has taken place.")
	case now.Sub(ended) > reviewFor:
		return refuse(CodeTooLate, "就诊已超过 90 天，不能再评价。", "The visit was more than 90 days ago and can no longer be reviewed.")
	}
	return nil
}

// MayReview tells whether Review would succeed now.
func (s *Store) MayReview(ctx context.Context, user UserID, id AppointmentID) error {
	if _, err := s.reviewable(ctx, user, id); err != nil {
		return err
	}
	return nil
}

func (s *Store) reviewable(ctx context.Context, user UserID, id AppointmentID) (Appointment, error) {
	d, err := s.directory(ctx)
	if err != nil {
		return Appointment{}, err
	}
	v, err := s.ownVisit(ctx, user, id)
	if err != nil {
		return Appointment{}, err
	}
	a := v.Appointment
	if err := d.policyOf(a).CheckReview(a, v.Slot.EndsAt, s.clock()); err != nil {
		return Appointment{}, err
	}
	old, err := s.reviewOf(ctx, s.db, id)
	if err == nil && old != nil && old.Status == ReviewHidden {
		err = refuse(CodeWrongStatus, "这条评价已被医院隐藏，不能再修改。", "The hospital has hidden this review; it can no longer be changed.")
	}
	return a, err
}

// Review stores what the user says about a visit, in place of what they have said before: there is one review for each visit. A comment waits for staff.
func (s *Store) Review(ctx context.Context, user UserID, id AppointmentID, rating int, comment string) (Review, error) {
	comment = strings.TrimSpace(comment)
	if rating < 1 || rating > 5 {
		return Review{}, refuse(CodeBadText, "请打 1 到 5 分。", "Please give 1 to 5 points.")
	}
	if utf8.RuneCountInString(comment) > maxComment {
		return Review{}, refusef(CodeBadText, "评价请不超过 %d 个字。", "Please use at most %d characters.", maxComment)
	}
	a, err := s.reviewable(withoutGlance(ctx), user, id)
	if err != nil {
		return Review{}, err
	}
	status := ReviewShown
	if comment != "" {
		status = ReviewWaiting
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return s.writeReview(ctx, tx, a, rating, comment, status) })
	if err != nil {
		return Review{}, err
	}
	r, err := s.reviewOf(ctx, s.db, id)
	if err == nil && r == nil {
		err = ErrNotFound
	}
	if err != nil {
		return Review{}, err
	}
	return *r, nil
}

// writeReview adds the row, or changes it where staff have not hidden it meanwhile. The same words again change nothing.
func (s *Store) writeReview(ctx context.Context, tx *sqlx.Tx, a Appointment, rating int, comment string, status ReviewStatus) error {
	old, err := s.reviewOf(ctx, tx, a.ID)
	if err != nil || old != nil && old.Rating == rating && old.Comment == comment {
		return err
	}
	uid := make([]byte, 16)
	if _, err := rand.Read(uid); err != nil {
		return fmt.Errorf("make the review's uid: %w", err)
	}
	sealed, err := s.keys.Seal([]byte(comment), commentAt(uid))
	if err != nil {
		return fmt.Errorf("encrypt the comment: %w", err)
	}
	if old != nil && old.Comment == comment {
		status = old.Status // only the number is another one
	}
	const write = `INSERT INTO visit_reviews (uid, appointment_id, hospital_id, doctor_id, user_id, rating, comment, status, created_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE
		uid = IF(status = 'hidden', uid, VALUES(uid)), rating = IF(status = 'hidden', rating, VALUES(rating)), comment = IF(status = 'hidden', comment, VALUES(comment)),
		version = version + 1, changed_at = VALUES(changed_at), status = IF(status = 'hidden', status, VALUES(status))`
	now := s.clock()
	if _, err := tx.ExecContext(ctx, write, uid, a.ID, a.Hospital, a.Doctor, a.User, rating, sealed, status, now, now); err != nil {
		return fmt.Errorf("write the review: %w", err)
	}
	return nil
}

func commentAt(uid []byte) string { return "visit_reviews.comment:" + hex.EncodeToString(uid) }

// ReviewOf is what the user has said about a visit; nil where they have said nothing.
func (s *Store) ReviewOf(ctx context.Context, user UserID, id AppointmentID) (*Review, error) {
	v, err := s.ownVisit(ctx, user, id) // which a card that asks this has read
	if err != nil {
		return nil, err
	}
	if v.Appointment.Status.Upcoming() && s.clock().Before(v.Appointment.StartsAt) {
		return nil, nil // nobody can have said anything yet
	}
	return s.reviewOf(ctx, s.db, id)
}

func (s *Store) reviewOf(ctx context.Context, q queryer, id AppointmentID) (*Review, error) {
	list, err := s.reviews(ctx, q, "r.appointment_id = ?", id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// RatingOf is what the reviews of a doctor come to, hidden ones left out.
func (s *Store) RatingOf(ctx context.Context, doctor DoctorID) (Rating, error) {
	var r Rating
	err := s.db.GetContext(ctx, &r, "SELECT COUNT(id) AS count, COALESCE(SUM(rating), 0) AS sum FROM visit_reviews WHERE doctor_id = ? AND status IN ('waiting', 'shown')", doctor)
	if err != nil {
		return r, fmt.Errorf("read a doctor's rating: %w", err)
	}
	return r, nil
}

// Comments are the latest that staff have let through about a doctor, the newest first.
func (s *Store) Comments(ctx context.Context, doctor DoctorID, limit int) ([]Review, error) {
	list, err := s.reviews(ctx, s.db, "r.doctor_id = ? AND r.status = 'shown' ORDER BY r.changed_at DESC, r.id DESC LIMIT ?", doctor, 10*limit)
	if err != nil {
		return nil, err
	}
	var said []Review
	for _, r := range list {
		if r.Comment != "" && len(said) < limit {
			said = append(said, r)
		}
	}
	return said, nil
}

// Reviews lists a hospital's reviews of one status, by ID, from the one after a given ID: pages for staff.
func (s *Store) Reviews(ctx context.Context, hospital HospitalID, status ReviewStatus, after ReviewID, limit int) ([]Review, error) {
	return s.reviews(ctx, s.db, "r.hospital_id = ? AND r.status = ? AND r.id > ? ORDER BY r.id LIMIT ?", hospital, status, after, limit)
}

// ModerateReview shows or hides a review as it was at a version: ErrConflict when its patient has changed it meanwhile. Hiding takes a reason, because it
// takes a rating out of the average; a review can be shown again.
func (s *Store) ModerateReview(ctx context.Context, by StaffID, id ReviewID, version int, status ReviewStatus, reason string) (Review, error) {
	reason = cut(strings.TrimSpace(reason), maxNote)
	switch {
	case status != ReviewShown && status != ReviewHidden:
		return Review{}, ErrWrongStatus
	case status == ReviewHidden && reason == "":
		return Review{}, refuse(CodeBadText, "隐藏评价要写明原因。", "Hiding a review takes a reason.")
	}
	var after Review
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		list, err := s.reviews(ctx, tx, "r.id = ? FOR UPDATE", id)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return ErrNotFound
		case list[0].Version != version:
			return refuse(CodeConflict, "这条评价刚刚有变化，请重新查看后再处理。", "This review has just changed. Please read it again first.")
		}
		after = list[0]
		const decide = "UPDATE visit_reviews SET status = ?, note = ?, staff_id = ?, version = version + 1 WHERE id = ?"
		if _, err := tx.ExecContext(ctx, decide, status, reason, by, id); err != nil {
			return fmt.Errorf("decide about a review: %w", err)
		}
		return s.auditReview(ctx, tx, list[0], status, reason)
	})
	after.Status, after.Note, after.Version = status, reason, version+1
	return after, err
}

func (s *Store) reviews(ctx context.Context, q queryer, where string, args ...any) ([]Review, error) {
	var rows []struct {
		Review
		UID, Words []byte
	}
	err := q.SelectContext(ctx, &rows, `SELECT r.id, r.appointment_id AS appointment, r.hospital_id AS hospital, r.doctor_id AS doctor, r.user_id AS user, r.rating, r.status,
		r.note, r.version, r.created_at AS createdat, r.uid, r.comment AS words FROM visit_reviews r WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the reviews: %w", err)
	}
	list := make([]Review, len(rows))
	for i, row := range rows {
		list[i] = row.Review
		text, err := s.keys.Open(row.Words, commentAt(row.UID))
		if err != nil {
			return nil, errors.New("decrypt a review")
		}
		list[i].Comment = string(text)
	}
	return list, nil
}
