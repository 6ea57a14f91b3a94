package desk_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/internal/staff"
	"guahao/reminders"
)

// half is the half-day of a visit.
func (w *world) half(v booking.Visit) booking.HalfDay {
	w.Helper()
	h, err := w.app.Booking.HalfDay(w.ctx, booking.HalfKey{Doctor: v.Doctor.ID, Date: v.Schedule.Date, Period: v.Schedule.Period})
	w.must(err)
	return h
}

// slotField is the name of the form's field with the places of a visit's slot.
func slotField(v booking.Visit) string {
	t := v.Slot.StartsAt.In(v.Hospital.Location())
	return fmt.Sprintf("places%d", t.Hour()*60+t.Minute())
}

// TestChangeAHalfDay goes the way of a secretary: the calendar, a half-day, the preview, applied, undone.
func TestChangeAHalfDay(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	path := fmt.Sprintf("/console/schedule/%d", v.Schedule.ID)
	b.get(fmt.Sprintf("/console/schedule?department=%d", v.Department.ID)).says(t, `href="`+path+`"`, v.Doctor.Name.ZH)
	b.get(path).says(t, `name="`+slotField(v)+`"`, "已约 1")
	h := w.half(v)

	b.post(path+"/places", "key", "a", "base", fmt.Sprint(h.Version), slotField(v), "0").says(t, "挤掉已约的患者", "已经约了的患者", booking.MaskName("赵玉兰"))
	b.post(path+"/places", "key", "b", "base", fmt.Sprint(h.Version), slotField(v), "x").says(t, "请填整数")
	preview := b.post(path+"/places", "key", "c", "base", fmt.Sprint(h.Version), slotField(v), fmt.Sprint(v.Slot.Capacity+2))
	preview.says(t, "增加的号", "确认应用", "现在还没有生效")
	if now := w.half(v); now.Places() != h.Places() {
		t.Fatal("a preview has changed something")
	}
	if again := b.post(path+"/places", "key", "c", "base", fmt.Sprint(h.Version), slotField(v), fmt.Sprint(v.Slot.Capacity+2)); again.path != preview.path {
		t.Errorf("pressed twice it makes %s and %s", preview.path, again.path)
	}
	b.post(preview.path+"/apply").says(t, "已经生效")
	b.post(preview.path + "/apply")
	if got := w.half(v); got.Places() != h.Places()+2 || got.Version != h.Version+1 {
		t.Errorf("it has %d places, version %d", got.Places(), got.Version)
	}
	row := w.written(strings.Replace(preview.path, "/console/changes/", "change:", 1))
	if row.Action != "schedule.apply" || strings.Contains(string(row.Before), "×2") || !strings.Contains(string(row.After), "×2") {
		t.Errorf("written is %s → %s", row.Before, row.After)
	}
	b.get("/console/changes").says(t, `href="`+preview.path+`"`, "测试chen", "已应用")

	// Somebody who has opened the form before sees what was changed, and overwrites nothing.
	late := b.post(path+"/room", "key", "d", "base", fmt.Sprint(h.Version), "room", "99诊室")
	late.says(t, "这期间别人改过", "<ins>", `value="99诊室"`)
	b.post(preview.path+"/undo").says(t, "请先勾选确认")
	b.post(preview.path+"/undo", "sure", "1").says(t, "已撤销")
	if got := w.half(v); got.Places() != h.Places() {
		t.Errorf("after it was undone there are %d places", got.Places())
	}
	moved := b.post(path+"/room", "key", "e", "base", fmt.Sprint(h.Version+2), "room", "99诊室")
	b.post(moved.path+"/apply").says(t, "已经生效")
	var notices int
	w.must(w.db.Get(&notices, "SELECT COUNT(1) FROM notices WHERE appointment_id = ? AND kind = ?", v.Appointment.ID, reminders.Changed))
	if notices != 1 {
		t.Errorf("the patient is told %d times of another room", notices)
	}
}

// TestLeaveInTheConsole: the preview says who is affected, and applying it stops the clinic by the way that tells them.
func TestLeaveInTheConsole(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: v.Department.ID})
	where := []string{"key", "l", "hospital", "1", "department", fmt.Sprint(v.Department.ID)}
	add := func(pairs ...string) answer {
		return b.post("/console/leaves/add", append(where[:len(where):len(where)], pairs...)...)
	}
	date := string(v.Schedule.Date)
	add("doctor", fmt.Sprint(v.Doctor.ID), "first", date, "last", date).says(t, "至少勾选一个时段")
	add("doctor", fmt.Sprint(v.Doctor.ID), "first", date, "last", "2026-01-01", "half_morning", "1").says(t, "早于开始日期")
	preview := add("doctor", fmt.Sprint(v.Doctor.ID), "first", date, "last", date, "note", "医生外出", "half_morning", "1", "half_afternoon", "1", "half_evening", "1")
	preview.says(t, "受影响的患者", booking.MaskName("赵玉兰"), "通知 1 位患者（改约或退款）")
	b.post(preview.path+"/apply").says(t, "正在通知 1 位患者")
	if h := w.half(v); h.Status != booking.Stopped || h.Note != "医生外出" {
		t.Errorf("the half-day is %s, %q", h.Status, h.Note)
	}
	b.post(preview.path+"/undo", "sure", "1").says(t, "已有 1 位患者收到停诊通知")
	b.get(fmt.Sprintf("/console/leaves?department=%d", v.Department.ID)).says(t, v.Doctor.Name.ZH, date)
	other := w.as("elsewhere", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	if a := other.get(preview.path); a.status != http.StatusNotFound {
		t.Errorf("another hospital's change: %d", a.status)
	}
	if a := other.post(preview.path+"/undo", "sure", "1"); a.status != http.StatusNotFound {
		t.Errorf("another hospital's change is undone: %d", a.status)
	}
	if a := other.get(fmt.Sprintf("/console/schedule/%d", v.Schedule.ID)); a.status != http.StatusNotFound {
		t.Errorf("another hospital's half-day: %d", a.status)
	}
}

// TestWeeksAndHolidaysInTheConsole adds, changes and ends a session, sets a day, and is told where the published holidays end.
func TestWeeksAndHolidaysInTheConsole(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	session := []string{"hospital", "1", "department", fmt.Sprint(v.Department.ID), "doctor", fmt.Sprint(v.Doctor.ID), "start", "18:00", "minutes", "20", "slots", "3", "per_slot", "2",
		"period", "evening", "kind", "general", "room", "夜诊1", "fee", "30"}
	with := func(pairs ...string) []string { return append(session[:len(session):len(session)], pairs...) }
	b.post("/console/templates/add", with("key", "a", "weekday", "3", "from", "2026-12-10", "to", "2026-12-01")...).says(t, "早于开始日期", `value="夜诊1"`)
	preview := b.post("/console/templates/add", with("key", "b", "weekday", "3")...)
	preview.says(t, "周三 晚上", "18:00×2")
	b.post(preview.path+"/apply").says(t, "已经生效")
	list := b.get(fmt.Sprintf("/console/templates?department=%d", v.Department.ID))
	list.says(t, "夜诊1", "18:00–19:00", "长期")
	id := regexp.MustCompile(`/console/templates/\d+">周三 晚上`).FindString(list.body)
	path, _, _ := strings.Cut(id, `"`)
	b.get(path).says(t, "夜诊1", "¥30.00")
	changed := b.post(path+"/set", with("key", "c", "base", "1", "weekday", "3", "from", "2026-12-09")...)
	changed.says(t, "到 2026-12-08", "2026-12-09 起")
	b.post(changed.path+"/apply").says(t, "已经生效")
	b.post(path+"/end", "key", "d", "base", "1", "last_from", "2026-11-24").says(t, "这期间别人改过")
	ended := b.post(path+"/end", "key", "e", "base", "2", "last_from", "2026-11-24")
	b.post(ended.path+"/apply").says(t, "已经生效")

	b.get("/console/today").says(t, "节假日只公布到", "2026-12-31")
	b.get("/console/holidays").says(t, "国务院公布的节假日目前只到 2026-12-31")
	day := b.post("/console/holidays/set", "hospital", "1", "key", "f", "date", "2026-12-02", "base_date", "2026-11-23", "base", "0", "kind", "holiday", "name", "院庆")
	day.says(t, "2026-12-02 周三", "放假 · 院庆")
	b.post(day.path+"/apply").says(t, "已经生效")
	b.get("/console/holidays").says(t, "院庆", "本院设置")
	one := w.as("one", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: v.Department.ID})
	one.post("/console/holidays/set", "hospital", "1", "key", "g", "date", "2026-12-03", "base", "0", "kind", "holiday").says(t, "不在您管理的范围内")

	extra := b.post("/console/schedule/new/add", with("key", "h", "date", "2026-11-29")...)
	extra.says(t, "增加的号", "夜诊1")
	b.post(extra.path+"/apply").says(t, "已经生效")
	b.get(fmt.Sprintf("/console/schedule?department=%d&date=2026-11-29", v.Department.ID)).says(t, "晚上 0 / 6")
	rooms := b.post(fmt.Sprintf("/console/directory/doctors/%d/sessions", v.Doctor.ID), "key", "i", "room", "66诊室")
	rooms.says(t, "66诊室", "确认应用")
}

// TestEditTheDirectory: names and titles are changed by administrators, with a row in the log, and not overwritten unseen.
func TestEditTheDirectory(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("boss", staff.Grant{Role: staff.Admin})
	path := fmt.Sprintf("/console/directory/doctors/%d", v.Doctor.ID)
	set := func(base, name string) answer {
		return b.post(path+"/set", "base", base, "name_zh", name, "name_en", v.Doctor.Name.EN, "title", "chief", "speciality_zh", "心脏", "speciality_en", "")
	}
	set("1", "").says(t, "不能为空")
	set("1", "王新名").says(t, "已保存", "王新名")
	if row := w.written(fmt.Sprintf("doctor:%d", v.Doctor.ID)); row.Action != "directory.doctor" || !strings.Contains(string(row.After), "王新名") || !strings.Contains(string(row.Before), v.Doctor.Name.ZH) {
		t.Errorf("written is %s → %s", row.Before, row.After)
	}
	set("1", "王旧名").says(t, "这期间别人改过", "王新名", "<ins>王旧名")
	set("2", "王再改").says(t, "已保存")
	b.post("/console/directory/departments/"+fmt.Sprint(v.Department.ID)+"/set", "base", "1", "name_zh", "新科室", "floor_zh", "9层").says(t, "已保存", "9层")
	b.post("/console/directory/hospitals/1/set", "base", "1", "name_zh", "新医院", "short_zh", "新院", "phone", "010-1").says(t, "已保存", "新院")
	b.get("/console/directory/hospitals").says(t, "新医院")
	b.get("/console/directory/departments").says(t, "新科室")
	other := w.as("boss2", staff.Grant{Role: staff.Admin, Hospital: 2})
	if a := other.post(path+"/set", "base", "3", "name_zh", "x", "title", "chief"); a.status != http.StatusNotFound {
		t.Errorf("another hospital's doctor is changed: %d", a.status)
	}
}
