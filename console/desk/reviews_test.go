package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/staff"
)

// TestReviewsAreModerated reads, shows and hides what patients say. Who decides has read what it says now; another department's does not exist.
func TestReviewsAreModerated(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	w.clock.Advance(3 * time.Hour)
	_, err := w.app.Booking.CheckIn(w.ctx, 0, v.Appointment.ID)
	if !booking.IsRefusal(err) {
		w.must(err)
	}
	w.db.MustExec("UPDATE appointments SET status = 'fulfilled' WHERE id = ?", v.Appointment.ID)
	w.clock.Advance(24 * time.Hour)
	review, err := w.app.Booking.Review(w.ctx, v.Appointment.User, v.Appointment.ID, 2, "等了<b>两个</b>小时")
	w.must(err)
	path := fmt.Sprintf("/console/reviews/%d", review.ID)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: v.Department.ID})
	b.get("/console/reviews").says(t, "等了&lt;b&gt;两个&lt;/b&gt;小时", "2 ★★☆☆☆", "待审核")
	b.get("/console/reviews?status=shown").says(t, "没有符合条件的评价")
	b.get("/console/reviews?status=&rating=2&sort=-rating").says(t, "共 1 条")
	version := func() string {
		_, rest, _ := strings.Cut(b.get(path).body, `name="version" value="`)
		n, _, _ := strings.Cut(rest, `"`)
		return n
	}
	b.post(path+"/hide", "version", version(), "reason", " ").says(t, "要写明原因")
	old := version()
	_, err = w.app.Booking.Review(w.ctx, v.Appointment.User, v.Appointment.ID, 1, "等了三个小时")
	w.must(err)
	b.post(path+"/show", "version", old).says(t, "刚刚有变化", "等了三个小时")
	now := version()
	b.post(path+"/hide", "version", now, "reason", "有电话号码").says(t, "已隐藏")
	b.post(path+"/hide", "version", now, "reason", "有电话号码").says(t, "刚刚有变化") // pressed twice
	if row := w.written(fmt.Sprintf("review:%d", review.ID)); row.Action != "review.hidden" || row.Note != "有电话号码" || string(row.Before) != `{"status":"waiting"}` || strings.Contains(string(row.After), "小时") {
		t.Errorf("written is %+v", row)
	}
	b.post(path+"/show", "version", version()).says(t, "已公开")
	other := booking.DepartmentID(0)
	w.must(w.db.Get(&other, "SELECT id FROM departments WHERE hospital_id = 1 AND leaf = 1 AND id <> ? LIMIT 1", v.Department.ID))
	theirs := w.as("theirs", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: other})
	for _, a := range []answer{theirs.get(path), theirs.post(path+"/hide", "version", version(), "reason", "x")} {
		if a.status != http.StatusNotFound {
			t.Errorf("another department gets %d", a.status)
		}
	}
	auditor := w.as("auditor", staff.Grant{Role: staff.Auditor})
	if a := auditor.get(path); a.status != http.StatusOK || strings.Contains(a.body, path+"/hide") {
		t.Errorf("an auditor gets %d, or is offered to hide", a.status)
	}
}

// TestStaffListIsSorted sorts and filters a list that is in memory, and exports it as it stands.
func TestStaffListIsSorted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("boss", staff.Grant{Role: staff.Admin})
	w.hire("anna", staff.Grant{Role: staff.Nurse, Hospital: 1})
	w.hire("zora", staff.Grant{Role: staff.Nurse, Hospital: 1})
	order := func(body string, names ...string) {
		t.Helper()
		_, table, _ := strings.Cut(body, "<tbody>")
		at := -1
		for _, name := range names {
			next := strings.Index(table, "测试"+name)
			if next <= at {
				t.Errorf("%v are not in this order", names)
			}
			at = next
		}
	}
	order(b.get("/console/staff?sort=login").body, "anna", "boss", "zora")
	order(b.get("/console/staff?sort=-login").body, "zora", "boss", "anna")
	nurses := b.get("/console/staff?role=nurse&sort=-login")
	order(nurses.body, "zora", "anna")
	if _, table, _ := strings.Cut(nurses.body, "<tbody>"); strings.Contains(table, "测试boss") {
		t.Error("an administrator is among the nurses")
	}
	b.post("/console/staff/export", "role", "nurse", "sort", "-login").says(t, "请再输入一次密码")
	a := b.post("/console/staff/export", "role", "nurse", "sort", "-login", "confirm_password", password)
	if zora, anna := strings.Index(a.body, "zora"), strings.Index(a.body, "anna"); zora < 0 || anna < zora || strings.Contains(a.body, "boss") {
		t.Errorf("the export is %q", a.body)
	}
}
