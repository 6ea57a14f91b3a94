package booking_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"guahao/booking"
)

// A half-day that is full much sooner than its doctor's were is told once, and one that takes as long as ever is not.
func TestSellOutsAreJudgedOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	policy, err := w.Policy(ctx, w.hosp)
	must(t, err)
	h, err := w.Hospital(ctx, w.hosp)
	must(t, err)
	for i := range 12 { // in the past each took ten hours from its release
		w.sellOut(today.Add(-3-i), policy.ReleaseAt.On(today.Add(-3-i-policy.DaysAhead), h.Location()).Add(10*time.Hour+time.Duration(i)*time.Minute))
	}
	usual := w.sellOut(today.Add(policy.DaysAhead), policy.ReleaseAt.On(today, h.Location()).Add(9*time.Hour))
	early := w.sellOut(today.Add(policy.DaysAhead+1), policy.ReleaseAt.On(today.Add(1), h.Location()).Add(3*time.Minute))
	w.later(policy.DaysAhead+2, 0, 1, 1) // is not full

	found, err := w.JudgeSellOuts(ctx)
	must(t, err)
	if len(found) != 1 || found[0].Schedule.ID != early || found[0].Took != 3*time.Minute || found[0].Usual < 10*time.Hour {
		t.Fatalf("full early were %+v, want clinic %d and not %d", found, early, usual)
	}
	if again, err := w.JudgeSellOuts(ctx); err != nil || len(again) != 0 {
		t.Errorf("told twice: %+v, %v", again, err)
	}
	everywhere := booking.Reach{{}}
	if list, err := w.EarlySellOuts(ctx, everywhere, w.clock.now().Add(-time.Hour)); err != nil || len(list) != 1 || list[0].Took != found[0].Took || list[0].Usual != found[0].Usual.Truncate(time.Second) {
		t.Errorf("the list has %+v, %v", list, err)
	}
	if list, err := w.EarlySellOuts(ctx, booking.Reach{{Hospital: w.hosp + 1000}}, time.Time{}); err != nil || len(list) != 0 {
		t.Errorf("another hospital sees %+v, %v", list, err)
	}
}

// sellOut writes a half-day whose one place was taken at an instant.
func (w *world) sellOut(date booking.Date, at time.Time) booking.ScheduleID {
	w.t.Helper()
	result, err := w.db.Exec(`INSERT INTO schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
		VALUES (?, ?, ?, ?, 'morning', 'general', 0, '1', 'open', 1, 1)`, w.hosp, w.dept, w.doctor, date)
	must(w.t, err)
	id, err := result.LastInsertId()
	must(w.t, err)
	_, err = w.db.Exec(`INSERT INTO appointments (hospital_id, department_id, schedule_id, slot_id, doctor_id, patient_id, user_id, account_id, visit_date, period, seq, status, active, version, fee, policy_version, hold_until, starts_at, created_at, request_key)
		VALUES (?, ?, ?, ?, ?, 1, 1, 1, ?, 'morning', 1, 'booked', 1, 1, 0, 1, ?, ?, ?, ?)`, w.hosp, w.dept, id, -id, w.doctor, date, at.UTC(), at.UTC(), at.UTC(), fmt.Sprint("sold", id))
	must(w.t, err)
	return booking.ScheduleID(id)
}
