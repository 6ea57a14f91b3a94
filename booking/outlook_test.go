package booking_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"guahao/booking"
)

// How quickly a doctor's places go is told from enough past clinics only, with when the next ones open.
func TestPlaceChance(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	policy, err := w.Policy(ctx, w.hosp)
	must(t, err)
	h, err := w.Hospital(ctx, w.hosp)
	must(t, err)
	released := func(date booking.Date) time.Time {
		return policy.ReleaseAt.On(date.Add(-policy.DaysAhead), h.Location())
	}
	for i, minutes := range []int{12, 5, 30, 11, 14} {
		w.sellOut(today.Add(-1-i), released(today.Add(-1-i)).Add(time.Duration(minutes)*time.Minute))
	}
	if got, known, err := w.PlaceChance(ctx, w.doctor); err != nil || known {
		t.Fatalf("of five clinics: %+v, %v, %v", got, known, err)
	}
	drawn := w.sellOut(today.Add(-40), released(today.Add(-40)))
	_, err = w.db.Exec("INSERT INTO lotteries (schedule_id, hospital_id, name, mode, state, policy_version, opens_at, closes_at, commitment, sealed_seed, beacon_source) VALUES (?, ?, 'x', 'lottery', 'settled', 1, NOW(), NOW(), 'c', 's', '')", drawn, w.hosp)
	must(t, err)
	w.sellOut(today.Add(-9), released(today.Add(-9)).Add(90*time.Minute))
	next := w.sellOut(today.Add(policy.DaysAhead+3), time.Time{}.AddDate(2000, 0, 0))
	w.clock.set(w.clock.now().Add(24 * time.Hour)) // what was read is good for a day
	got, known, err := w.PlaceChance(ctx, w.doctor)
	must(t, err)
	if !known || got.Releases != 6 || got.SoldOut != 6 || got.Usual != 14*time.Minute || got.Safe != 5*time.Minute {
		t.Errorf("%+v, %v", got, known)
	}
	if date := today.Add(policy.DaysAhead + 3); got.Next != date || !got.Opens.Equal(released(date)) {
		t.Errorf("the next places are of %s from %s on, want %s from %s (clinic %d)", got.Next, got.Opens, date, released(date), next)
	}
}

// The chance of a wish is reckoned from waits that began at about the same position and ended within eight weeks; who left by themselves does not count.
func TestWaitChance(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	wish := booking.Wish{Department: w.dept, Doctor: w.doctor, First: today.Add(3), Last: today.Add(3)}
	if got, known, err := w.WaitChance(ctx, wish); err != nil || known || got.Position != 1 {
		t.Fatalf("before anybody waited: %+v, %v, %v", got, known, err)
	}
	n := 0
	wait := func(day booking.Date, status booking.WaitStatus, offered bool, ended time.Duration) {
		n++
		at := w.clock.now().Add(-ended)
		result, err := w.db.Exec(`INSERT INTO waitlist_entries (hospital_id, department_id, doctor_id, first_date, last_date, halves, patient_id, user_id, account_id, request_key, status, active, leaves_at, created_at, ended_at)
			VALUES (?, ?, ?, ?, ?, 7, ?, 1, 1, ?, ?, NULL, ?, ?, ?)`, w.hosp, w.dept, w.doctor, day, day, n, fmt.Sprint("w", n), status, at, at.Add(-time.Hour), at)
		must(t, err)
		if id, err := result.LastInsertId(); offered {
			must(t, err)
			_, err = w.db.Exec("INSERT INTO waitlist_offers (entry_id, appointment_id, schedule_id, answer, made_at) VALUES (?, ?, 1, 'yes', ?)", id, 1000+n, at)
			must(t, err)
		}
	}
	day := 24 * time.Hour
	for i := range 12 { // each alone on a day of its own: at the head of the line
		wait(today.Add(-i), booking.WaitEnded, false, time.Duration(i)*day)
	}
	for i := range 4 {
		wait(today.Add(-20-i), booking.WaitServed, true, time.Duration(20+i)*day)
	}
	wait(today.Add(-30), booking.WaitLeft, false, 30*day)
	wait(today.Add(-80), booking.WaitServed, true, 80*day)
	w.clock.set(w.clock.now().Add(24 * time.Hour))
	got, known, err := w.WaitChance(ctx, wish)
	must(t, err)
	if !known || got.Releases != 16 || got.Offered != 4 || !got.Same || got.Behind || got.Weeks != 8 || got.Position != 1 {
		t.Errorf("%+v, %v", got, known)
	}
}
