package app_test

import (
	"fmt"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/mariadb/mariadbtest"
)

// A half-day that is full minutes after its release, where it used to take hours, is told to who plans the clinics, once.
func TestStaffHearOfAClinicThatWasFullEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	staff := w.telegram(9)
	bindStaff(w, staff)
	w.flush()
	policy, err := w.app().Booking.Policy(w.ctx, 1)
	w.must(err)
	today := booking.DateOf(monday, monday.Location())
	db := mariadbtest.Open(t, w.cfg.DSN)
	full := func(date booking.Date, after time.Duration) {
		var doctor, department int64
		w.must(db.QueryRow("SELECT id, department_id FROM doctors WHERE hospital_id = 1 ORDER BY id LIMIT 1").Scan(&doctor, &department))
		result, err := db.Exec(`INSERT INTO schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
			VALUES (1, ?, ?, ?, 'evening', 'general', 0, '1', 'open', 1, 1)`, department, doctor, date)
		w.must(err)
		id, err := result.LastInsertId()
		w.must(err)
		at := policy.ReleaseAt.On(date.Add(-policy.DaysAhead), monday.Location()).Add(after).UTC()
		_, err = db.Exec(`INSERT INTO appointments (hospital_id, department_id, schedule_id, slot_id, doctor_id, patient_id, user_id, account_id, visit_date, period, seq, status, active, version, fee, policy_version, hold_until, starts_at, created_at, request_key)
			VALUES (1, ?, ?, ?, ?, 1, 1, 1, ?, 'evening', 1, 'booked', 1, 1, 0, 1, ?, ?, ?, ?)`, department, id, -id, doctor, date, at, w.clock.Now().Add(240*time.Hour), at, fmt.Sprint("full", id))
		w.must(err)
	}
	for i := range 10 {
		full(today.Add(-20-i), 10*time.Hour)
	}
	full(today.Add(5), 4*time.Minute)
	w.tick()
	w.tick()
	w.flush()
	if n := told(w, staff, "4 分钟就约满了"); n != 1 {
		t.Errorf("told %d times; the last message is:\n%s", n, staff.last())
	}
}
