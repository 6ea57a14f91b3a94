package booking_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
)

// A history has the user's own visits that took place and those to come, and nothing of anybody else.
func TestHistory(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	if list, err := w.History(ctx, 1); err != nil || len(list) != 0 {
		t.Fatalf("before anything: %v, %v", list, err)
	}
	_, slots := w.clinic(0, 1, 3)
	first := w.mustHold(slots[0].ID, 1).Appointment
	w.mustHold(slots[0].ID, 2)
	coming := booking.Course{ID: first.ID, Doctor: first.Doctor, Department: first.Department, Patient: first.Patient, Date: first.Date, ToCome: true}
	list, err := w.History(ctx, first.User)
	must(t, err)
	if diff := cmp.Diff([]booking.Course{coming}, list); diff != "" {
		t.Errorf("to come (-want +got):\n%s", diff)
	}
	_, err = w.db.Exec("UPDATE appointments SET status = 'fulfilled' WHERE id = ?", first.ID)
	must(t, err)
	seen := coming
	seen.ToCome = false
	list, err = w.History(ctx, first.User)
	must(t, err)
	if diff := cmp.Diff([]booking.Course{seen}, list); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	for _, status := range []booking.Status{booking.NoShow, booking.Cancelled, booking.Expired} {
		_, err = w.db.Exec("UPDATE appointments SET status = ? WHERE id = ?", status, first.ID)
		must(t, err)
		if list, err := w.History(ctx, first.User); err != nil || len(list) != 0 {
			t.Errorf("%s: %v, %v", status, list, err)
		}
	}
	_, err = w.db.Exec("UPDATE appointments SET status = 'fulfilled' WHERE id = ?", first.ID)
	must(t, err)
	_, err = w.db.Exec("UPDATE patients SET active = NULL WHERE id = ?", first.Patient)
	must(t, err)
	if list, err := w.History(ctx, first.User); err != nil || len(list) != 0 {
		t.Errorf("of a removed patient: %v, %v", list, err)
	}
}

// What the reviews of a department come to leaves hidden ones out, and is read anew after ten minutes.
func TestRatingsIn(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	review := func(n, points int, status booking.ReviewStatus) {
		_, err := w.db.Exec(`INSERT INTO visit_reviews (uid, appointment_id, hospital_id, doctor_id, user_id, rating, comment, status, created_at, changed_at)
			VALUES (?, ?, ?, ?, 0, ?, '', ?, NOW(), NOW())`, []byte{byte(n), 15: 1}, n, w.hosp, w.doctor, points, status)
		must(t, err)
	}
	review(1, 5, booking.ReviewShown)
	review(2, 4, booking.ReviewWaiting)
	review(3, 1, booking.ReviewHidden)
	list, err := w.RatingsIn(ctx, w.dept)
	must(t, err)
	if diff := cmp.Diff(map[booking.DoctorID]booking.Rating{w.doctor: {Count: 2, Sum: 9}}, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	review(4, 5, booking.ReviewShown)
	w.clock.set(w.clock.now().Add(10 * 60 * 1e9))
	if list, err := w.RatingsIn(ctx, w.dept); err != nil || list[w.doctor].Count != 3 {
		t.Errorf("ten minutes later: %v, %v", list, err)
	}
}
