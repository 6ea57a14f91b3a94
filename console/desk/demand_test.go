package desk_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"guahao/booking"
	"guahao/console/desk"
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
	d := desk.New(desk.Config{Booking: w.app.Booking, Staff: w.app.Staff, Now: w.clock.Now})
	planner, _ := w.hire("planner", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	drawn, err := d.DemandPicture(w.ctx, planner.ID, doctor.Department, "zh")
	w.must(err)
	if picture, err := png.Decode(bytes.NewReader(drawn)); err != nil || picture.Bounds().Dx() != 750 || picture.Bounds().Dy() < 600 {
		t.Errorf("the picture for the chat: %v", err)
	}
	if dir := os.Getenv("GUAHAO_SCREENSHOTS"); dir != "" {
		w.must(os.WriteFile(filepath.Join(dir, "demand-chat.png"), drawn, 0o600))
	}
	for name, grant := range map[string]staff.Grant{"there": {Role: staff.Scheduler, Hospital: 2}, "nurses": {Role: staff.Nurse, Hospital: 1}} {
		m, _ := w.hire(name, grant)
		if _, err := d.DemandText(w.ctx, m.ID, doctor.Department, "zh"); !errors.Is(err, booking.ErrNotFound) {
			t.Errorf("%s are told what is foreseen: %v", name, err)
		}
	}
	elsewhere := w.as("else", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	if a := elsewhere.get(fmt.Sprintf("/console/demand/days.svg?department=%d", doctor.Department)); a.status != http.StatusNotFound {
		t.Errorf("another hospital's scheduler sees the chart: %d", a.status)
	}
	if early, err := w.app.Booking.EarlySellOuts(w.ctx, booking.Reach{{Hospital: 2}}, time.Time{}); err != nil || len(early) > 0 {
		t.Errorf("another hospital's clinics: %+v, %v", early, err)
	}
}
