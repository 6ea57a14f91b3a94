package app_test

import (
	"bytes"
	"image/png"
	"net/http"
	"strings"
	"testing"

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
