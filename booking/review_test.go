package booking_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"guahao/booking"
)

// seen is a visit of the nth person that took place.
func (w *world) seen(slot booking.Slot, n int) booking.Visit {
	w.t.Helper()
	v := w.booked(slot.ID, n)
	now := w.clock.now()
	w.clock.set(slot.StartsAt)
	_, err := w.CheckIn(context.Background(), 1, v.Appointment.ID)
	must(w.t, err)
	_, err = w.Fulfil(context.Background(), 1, v.Appointment.ID)
	must(w.t, err)
	w.clock.set(now)
	return v
}

func TestAVisitIsReviewedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 3)
	v := w.seen(slots[0], 1)
	review := func(rating int, comment string) error {
		_, err := w.Review(t.Context(), 1, v.Appointment.ID, rating, comment)
		return err
	}
	var group sync.WaitGroup
	for range 8 { // a thumb that presses again and again
		group.Go(func() { must(t, review(4, "")) })
	}
	group.Wait()
	must(t, review(5, "  讲得很清楚  "))
	first, err := w.ReviewOf(t.Context(), 1, v.Appointment.ID)
	must(t, err)
	must(t, review(5, "讲得很清楚"))
	r, err := w.ReviewOf(t.Context(), 1, v.Appointment.ID)
	must(t, err)
	if r == nil || r.Rating != 5 || r.Comment != "讲得很清楚" || r.Status != booking.ReviewWaiting || r.Version != first.Version {
		t.Errorf("the review is %+v", r)
	}
	if got, err := w.RatingOf(t.Context(), w.doctor); err != nil || got.Count != 1 || got.Average() != 5 {
		t.Errorf("the rating is %+v, %v", got, err)
	}
	if said, err := w.Comments(t.Context(), w.doctor, 3); err != nil || len(said) != 0 {
		t.Errorf("a comment that nobody has read is shown: %+v, %v", said, err)
	}
	for name, err := range map[string]error{
		"no points": review(0, ""), "six points": review(6, ""), "a long comment": review(5, strings.Repeat("好", 301)),
	} {
		var refusal *booking.Error
		if !errors.As(err, &refusal) || refusal.Code != booking.CodeBadText {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Review(t.Context(), 2, v.Appointment.ID, 1, ""); !errors.Is(err, booking.ErrNotYours) {
		t.Errorf("somebody else's visit: %v", err)
	}
}

func TestOnlyAVisitThatTookPlaceIsReviewed(t *testing.T) {
	t.Parallel()
	ended := morning.Add(time.Hour)
	tracked, untracked := policy(), policy()
	tracked.NoShows = booking.NoShowRule{Count: 3, Days: 90, SuspendDays: []int{30}}
	for _, tt := range []struct {
		status booking.Status
		at     time.Time
		policy booking.Policy
		want   error
	}{
		{booking.Fulfilled, morning, tracked, nil},
		{booking.CheckedIn, morning.Add(-time.Minute), tracked, booking.ErrWrongStatus},
		{booking.CheckedIn, morning, tracked, nil},
		{booking.Booked, ended, tracked, booking.ErrWrongStatus}, // may turn out to have been missed
		{booking.Booked, ended, untracked, nil},
		{booking.Booked, ended.Add(-time.Second), untracked, booking.ErrWrongStatus},
		{booking.NoShow, ended, tracked, booking.ErrWrongStatus},
		{booking.Cancelled, ended, untracked, booking.ErrWrongStatus},
		{booking.Held, ended, untracked, booking.ErrWrongStatus},
		{booking.Fulfilled, ended.Add(90 * 24 * time.Hour), tracked, nil},
		{booking.Fulfilled, ended.Add(90*24*time.Hour + time.Second), tracked, booking.ErrTooLate},
	} {
		err := tt.policy.CheckReview(booking.Appointment{Status: tt.status, StartsAt: morning}, ended, tt.at)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s at %v: %v, want %v", tt.status, tt.at, err, tt.want)
		}
	}
}

// Staff decide about what they have read. What is hidden counts nowhere, and can be shown again; its patient cannot get around it.
func TestStaffModerateReviews(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 3)
	bad, good := w.seen(slots[0], 1), w.seen(slots[0], 2)
	first, err := w.Review(t.Context(), 1, bad.Appointment.ID, 1, "联系我 13800001111")
	must(t, err)
	second, err := w.Review(t.Context(), 2, good.Appointment.ID, 4, "很耐心")
	must(t, err)
	waiting, err := w.Reviews(t.Context(), w.hosp, booking.ReviewWaiting, 0, 10)
	must(t, err)
	if len(waiting) != 2 || waiting[0].ID != first.ID {
		t.Fatalf("%d reviews wait", len(waiting))
	}
	if _, err := w.ModerateReview(t.Context(), 7, first.ID, first.Version, booking.ReviewHidden, " "); booking.IsRefusal(err) == false {
		t.Errorf("hiding without a reason: %v", err)
	}
	changed, err := w.Review(t.Context(), 1, bad.Appointment.ID, 2, "联系我 13800001111，急")
	must(t, err)
	if _, err := w.ModerateReview(t.Context(), 7, first.ID, first.Version, booking.ReviewShown, ""); !errors.Is(err, booking.ErrConflict) {
		t.Errorf("showing what has changed since it was read: %v", err)
	}
	hidden, err := w.ModerateReview(t.Context(), 7, first.ID, changed.Version, booking.ReviewHidden, "有电话号码")
	must(t, err)
	shown, err := w.ModerateReview(t.Context(), 7, second.ID, second.Version, booking.ReviewShown, "")
	must(t, err)
	if hidden.Status != booking.ReviewHidden || hidden.Note != "有电话号码" || shown.Status != booking.ReviewShown {
		t.Errorf("hidden: %+v, shown: %+v", hidden, shown)
	}
	rating, err := w.RatingOf(t.Context(), w.doctor)
	must(t, err)
	said, err := w.Comments(t.Context(), w.doctor, 3)
	must(t, err)
	if rating.Count != 1 || rating.Average() != 4 || len(said) != 1 || said[0].Comment != "很耐心" {
		t.Errorf("the rating is %+v, the comments are %+v", rating, said)
	}
	if _, err := w.Review(t.Context(), 1, bad.Appointment.ID, 1, "再来一次"); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("changing what is hidden: %v", err)
	}
	_, err = w.ModerateReview(t.Context(), 7, first.ID, hidden.Version, booking.ReviewShown, "")
	must(t, err)
	if rating, err := w.RatingOf(t.Context(), w.doctor); err != nil || rating.Count != 2 || rating.Sum != 6 {
		t.Errorf("shown again: %+v, %v", rating, err)
	}
	if _, err := w.ModerateReview(t.Context(), 7, 999, 1, booking.ReviewShown, ""); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("a review that there is not: %v", err)
	}
}

// A comment is personal: it stands in the database encrypted.
func TestCommentsAreEncrypted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, slots := w.clinic(0, 1, 3)
	v := w.seen(slots[0], 1)
	_, err := w.Review(t.Context(), 1, v.Appointment.ID, 5, "WONDERFUL")
	must(t, err)
	var stored []byte
	must(t, w.db.Get(&stored, "SELECT comment FROM visit_reviews"))
	if strings.Contains(string(stored), "WONDERFUL") {
		t.Error("the comment stands there as it was typed")
	}
}
