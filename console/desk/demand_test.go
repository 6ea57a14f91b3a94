package desk_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/staff"
)

// The page says what to expect of a department, how sure that is, and what was full early; only of what is within reach.
func TestDemandPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var doctor struct {
		ID         booking.DoctorID     `db:"id"`
		Department booking.DepartmentID `db:"department_id"`
	}
	w.must(w.db.Get(&doctor, "SELECT id, department_id FROM doctors WHERE hospital_id = 1 ORDER BY id LIMIT 1"))
	b := w.as("plans", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	address := fmt.Sprintf("/console/demand?department=%d", doctor.Department)
	b.get(address).says(t, "暂时无法预测")
	today := booking.DateOf(morning, morning.Location())
	for i := 1; i <= 90; i++ {
		_, err := w.db.Exec(`INSERT INTO schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
			VALUES (1, ?, ?, ?, 'evening', 'general', 0, '1', 'open', 40, ?)`, doctor.Department, doctor.ID, today.Add(-i), 20+int(today.Add(-i).Weekday()))
		w.must(err)
	}
	var ahead int64
	w.must(w.db.Get(&ahead, "SELECT id FROM schedules WHERE hospital_id = 1 AND visit_date > ? ORDER BY id LIMIT 1", today))
	_, err := w.db.Exec("INSERT INTO sellouts (schedule_id, took_seconds, early, usual, seen_at) VALUES (?, 180, TRUE, 36000, ?)", ahead, w.clock.Now())
	w.must(err)
	b.get(address).says(t, "未来四周", "平均误差", "比以往更早约满", "3 分钟", "10 小时")
	b.get(address+"&lang=en").says(t, "The next four weeks", "Full sooner than usual", "3 min", "10 h")
	if a := b.get(fmt.Sprintf("/console/demand/days.svg?department=%d", doctor.Department)); a.status != http.StatusOK {
		t.Errorf("the chart: %d", a.status)
	}
	elsewhere := w.as("else", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	if a := elsewhere.get(fmt.Sprintf("/console/demand/days.svg?department=%d", doctor.Department)); a.status != http.StatusNotFound {
		t.Errorf("another hospital's scheduler sees the chart: %d", a.status)
	}
	if early, err := w.app.Booking.EarlySellOuts(w.ctx, booking.Reach{{Hospital: 2}}, time.Time{}); err != nil || len(early) > 0 {
		t.Errorf("another hospital's clinics: %+v, %v", early, err)
	}
}
