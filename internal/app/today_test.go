package app_test

import (
	"bytes"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/internal/staff"
)

// TestTodayInTheChat asks how the day stands, on both platforms: the figures of the console, and its charts as a picture. Patients have no such word, and money
// is for those who may see it.
func TestTodayInTheChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	patient := w.telegram(3)
	patient.say("/start")
	patient.say("/today")
	expect(w, patient, "没有这个命令")

	boss := w.telegram(9)
	bindStaff(w, boss)
	boss.say("/today")
	expect(w, boss, "今天 2026-", "预约：", "已到：", "爽约：", "收款：")
	picture, err := png.Decode(bytes.NewReader(w.file(boss, "")))
	if err != nil || picture.Bounds().Dx() != 750 {
		t.Fatalf("there is no picture of the day: %v", err)
	}

	var doctors []struct{ ID, Department int64 }
	w.query(&doctors, "SELECT id, department_id AS department FROM doctors WHERE hospital_id = 1 ORDER BY id LIMIT 1")
	var days []any
	for i := 1; i <= 60; i++ {
		days = append(days, doctors[0].Department, doctors[0].ID, monday.AddDate(0, 0, -i).Format(time.DateOnly), 20+i%7)
	}
	w.exec("INSERT INTO schedules (hospital_id, period, kind, fee, room, status, capacity, department_id, doctor_id, visit_date, taken) VALUES "+
		strings.TrimSuffix(strings.Repeat("(1, 'evening', 'general', 0, '1', 'open', 40, ?, ?, ?, ?), ", 60), ", "), days...)
	boss.say("/forecast")
	boss.say("1")
	boss.say("1")
	expect(w, boss, "未来一周", "80% 区间", "平均误差")
	if picture, err = png.Decode(bytes.NewReader(w.file(boss, ""))); err != nil || picture.Bounds().Dx() != 750 {
		t.Fatalf("there is no picture of the forecast: %v", err)
	}

	nurse := w.wechat("oNurse000000000000001")
	w.must(nurse.Subscribe())
	w.flush()
	_, code, _, err := w.app().Staff.Add(w.ctx, staff.NewMember{Name: "护士", Grants: []staff.Grant{{Role: staff.Nurse, Hospital: 1}}})
	w.must(err)
	nurse.say(code)
	expect(w, nurse, "今日概况")
	nurse.say("今日概况")
	expect(w, nurse, "预约：", "未到：")
	if strings.Contains(nurse.last(), "收款") {
		t.Errorf("a nurse is told of money:\n%s", nurse.last())
	}
	link, err := nurse.Tap("今日图表")
	w.must(err)
	status, header, body := w.fetch(link.URL, "Mozilla/5.0 MicroMessenger/8.0.50")
	if _, err := png.Decode(bytes.NewReader(body)); err != nil || status != http.StatusOK {
		t.Errorf("the link gives %d, %v, %v", status, header, err)
	}
}
