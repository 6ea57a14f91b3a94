package desk_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/staff"
)

// oneVisit is a world with one booked visit, of which the tests do something.
func oneVisit(t *testing.T) (*world, booking.Visit) {
	t.Helper()
	w := newWorld(t)
	return w, w.book("赵玉兰", w.slots(1, booking.DateOf(morning, morning.Location()))[0].ID)
}

// as signs somebody of some roles in.
func (w *world) as(login string, grants ...staff.Grant) *browser {
	w.Helper()
	_, secret := w.hire(login, grants...)
	b := w.browser()
	b.signIn(login, secret)
	return b
}

func (w *world) status(id booking.AppointmentID) booking.Status {
	w.Helper()
	v, err := w.app.Booking.Visit(w.ctx, id)
	w.must(err)
	return v.Appointment.Status
}

// written gives the last row of the audit log about a subject.
func (w *world) written(subject string) audit.Written {
	w.Helper()
	list, _, err := w.app.Audit.List(w.ctx, audit.Filter{Subject: subject, Limit: 1})
	w.must(err)
	if len(list) == 0 {
		w.Fatalf("nothing is written about %s", subject)
	}
	return list[0]
}

func TestCheckInAndCancelWithRefund(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	path := fmt.Sprintf("/console/appointments/%d", v.Appointment.ID)
	subject := fmt.Sprintf("appointment:%d", v.Appointment.ID)
	nurse := w.as("nurse", staff.Grant{Role: staff.Nurse})
	if body := nurse.get(path).body; !strings.Contains(body, "签到") || strings.Contains(body, path+"/cancel") {
		t.Error("a nurse is offered to cancel, or not to check in")
	}
	if a := nurse.post(path + "/cancel"); a.status != http.StatusForbidden {
		t.Errorf("a nurse cancels: %d", a.status)
	}
	nurse.post(path+"/check_in").says(t, "已签到。")
	if row := w.written(subject); row.Action != "appointment.checked_in" || string(row.Before) != `{"status":"booked"}` || row.Actor.Via != audit.Console || row.Actor.Staff == 0 || row.Actor.Address != "127.0.0.1" {
		t.Errorf("written is %+v", row)
	}
	nurse.post(path + "/check_in") // twice is once
	cashier := w.as("cashier", staff.Grant{Role: staff.Cashier})
	cashier.post(path+"/cancel", "refund", "full", "note", "医生临时出诊", "key", "k1").says(t, "请再输入一次密码", `name="note" value="医生临时出诊"`)
	if got := w.status(v.Appointment.ID); got != booking.CheckedIn {
		t.Fatalf("without the password the visit is %s", got)
	}
	cashier.post(path+"/cancel", "refund", "full", "note", "医生临时出诊", "key", "k1", "confirm_password", "wrong password").says(t, "不对")
	cashier.post(path+"/cancel", "refund", "full", "note", "医生临时出诊", "key", "k1", "confirm_password", password).says(t, "已取消", "将原路退回", "医生临时出诊")
	cashier.post(path+"/cancel", "refund", "full", "key", "k1").says(t, "将原路退回")
	cashier.post(path+"/cancel", "refund", "full", "key", "k2").says(t, "预约的状态已经变化")
	var refunds []int64
	w.must(w.db.Select(&refunds, "SELECT amount FROM refunds"))
	if len(refunds) != 1 || refunds[0] != int64(v.Appointment.Fee) {
		t.Errorf("refunds of %v", refunds)
	}
	if row := w.written(subject); row.Action != "appointment.cancelled" || row.Note != "医生临时出诊" {
		t.Errorf("written is %+v", row)
	}
}

func TestRefundsByRuleAndNone(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	cashier := w.as("cashier", staff.Grant{Role: staff.Cashier})
	path := fmt.Sprintf("/console/appointments/%d/cancel", v.Appointment.ID)
	cashier.post(path, "refund", "everything", "key", "k", "confirm_password", password).says(t, `role="alert"`)
	cashier.post(path, "refund", "none", "key", "k").says(t, "预约已取消，患者会收到通知")
	var n int
	w.must(w.db.Get(&n, "SELECT COUNT(id) FROM refunds"))
	if n != 0 || w.status(v.Appointment.ID) != booking.Cancelled {
		t.Errorf("%d refunds, the visit is %s", n, w.status(v.Appointment.ID))
	}
}

// TestOtherDepartmentsDoNotExist: for who belongs to one department, appointments, patients and clinics of others are not there, by URL and
// by action.
func TestOtherDepartmentsDoNotExist(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	other := booking.DepartmentID(0)
	w.must(w.db.Get(&other, "SELECT id FROM departments WHERE hospital_id = 1 AND leaf = 1 AND id <> ? LIMIT 1", v.Department.ID))
	mine := w.as("mine", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: v.Department.ID})
	theirs := w.as("theirs", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: other})
	elsewhere := w.as("elsewhere", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	for _, path := range []string{
		fmt.Sprintf("/console/appointments/%d", v.Appointment.ID), fmt.Sprintf("/console/patients/%d", v.Patient.ID), fmt.Sprintf("/console/clinics/%d", v.Schedule.ID),
	} {
		if a := mine.get(path); a.status != http.StatusOK {
			t.Errorf("%s answers %d to its own department", path, a.status)
		}
		for name, b := range map[string]*browser{"another department": theirs, "another hospital": elsewhere} {
			if a := b.get(path); a.status != http.StatusNotFound {
				t.Errorf("%s answers %d to %s", path, a.status, name)
			}
		}
	}
	for _, path := range []string{
		fmt.Sprintf("/console/appointments/%d/check_in", v.Appointment.ID), fmt.Sprintf("/console/clinics/%d/stop", v.Schedule.ID), fmt.Sprintf("/console/patients/%d/unmask", v.Patient.ID),
	} {
		if a := theirs.post(path, "sure", "1", "reason", "x"); a.status != http.StatusNotFound {
			t.Errorf("%s answers %d to another department", path, a.status)
		}
	}
	name := booking.MaskName("赵玉兰")
	mine.get("/console/appointments").says(t, name)
	for _, path := range []string{"/console/appointments", "/console/appointments?q=" + "E10000001", "/console/patients", "/console/patients?q=E10000001"} {
		if a := theirs.get(path); strings.Contains(a.body, name) {
			t.Errorf("%s shows another department's patient", path)
		}
	}
	if w.status(v.Appointment.ID) != booking.Booked {
		t.Error("another department changed the visit")
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slots := w.slots(1, booking.DateOf(morning, morning.Location()))
	first, second := w.book("赵玉兰", slots[0].ID), w.book("钱建国", slots[1].ID)
	b := w.as("nurse", staff.Grant{Role: staff.Nurse})
	zhao, qian := booking.MaskName("赵玉兰"), booking.MaskName("钱建国")
	for _, c := range []struct {
		query      string
		zhao, qian bool
	}{
		{"", true, true}, {"q=赵玉", true, false}, {"q=建国", false, true}, {"q=nobody", false, false}, {"q=E10000002", false, true}, {"q=e10000001&date=2020-01-01", true, false},
		{fmt.Sprintf("q=%%23%d&date=2020-01-01", first.Appointment.ID), true, false}, {fmt.Sprintf("q=%d", second.Appointment.ID), false, true},
		{"q=0001", true, false}, {"date=2026-11-24", false, false}, {"date=2026-11-20&to=2026-11-30", true, true}, {"status=cancelled", false, false},
		{"hospital=2", false, false}, {"hospital=1", true, true}, {"date=x", true, true}, {"q=' OR 1=1 --", false, false},
		{"sort=time", true, true}, {"sort=-fee", true, true}, {"sort=x;DROP", true, true}, {"page=999", false, false}, {"page=-1", true, true},
	} {
		a := b.get("/console/appointments?" + strings.ReplaceAll(c.query, " ", "%20"))
		if a.status != http.StatusOK || strings.Contains(a.body, zhao) != c.zhao || strings.Contains(a.body, qian) != c.qian {
			t.Errorf("%s: %d, 赵 %v, 钱 %v", c.query, a.status, strings.Contains(a.body, zhao), strings.Contains(a.body, qian))
		}
	}
	up, down := b.get("/console/appointments?sort=id").body, b.get("/console/appointments?sort=-id").body
	if strings.Index(up, zhao) > strings.Index(up, qian) || strings.Index(down, zhao) < strings.Index(down, qian) {
		t.Error("the list is not sorted by number")
	}
}

func TestUnmaskingIsWrittenDown(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	path := fmt.Sprintf("/console/patients/%d", v.Patient.ID)
	b := w.as("nurse", staff.Grant{Role: staff.Nurse})
	for _, secret := range []string{"赵玉兰", "E10000001", "13800000001", "1961-03-08"} {
		if strings.Contains(b.get(path).body, secret) {
			t.Errorf("the masked page shows %s", secret)
		}
	}
	b.post(path+"/unmask", "reason", " ").says(t, "请写明原因")
	b.post(path+"/unmask", "reason", "核对身份证").says(t, "赵玉兰", "E10000001", "13800000001", "1961-03-08")
	if row := w.written(fmt.Sprintf("patient:%d", v.Patient.ID)); row.Action != "patient.unmask" || row.Note != "核对身份证" {
		t.Errorf("written is %+v", row)
	}
	if strings.Contains(b.get(path).body, "赵玉兰") {
		t.Error("the page stays unmasked")
	}
	auditor := w.as("auditor", staff.Grant{Role: staff.Auditor})
	if a := auditor.post(path+"/unmask", "reason", "x"); a.status != http.StatusForbidden {
		t.Errorf("an auditor unmasks: %d", a.status)
	}
}

func TestMissedVisitIsReinstated(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	w.clock.Advance(10 * time.Hour)
	_, err := w.app.Booking.MarkNoShows(w.ctx)
	w.must(err)
	if got := w.status(v.Appointment.ID); got != booking.NoShow {
		t.Fatalf("the visit is %s", got)
	}
	_, err = w.app.Booking.Appeal(w.ctx, booking.NewAppeal{User: v.Patient.User, Account: v.Appointment.Account, Patient: v.Patient.ID, Hospital: 1, Text: "我到了，机器坏了", Key: "a"})
	w.must(err)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	b.get("/console/records").says(t, "我到了，机器坏了", booking.MaskName("赵玉兰"))
	b.post("/console/records/decide", "appeal", "1", "verdict", "").says(t, "请先选择")
	b.post("/console/records/decide", "appeal", "1", "verdict", "grant", "note", "情况属实").says(t, "已答复")
	b.post("/console/records/decide", "appeal", "1", "verdict", "decline").says(t, "已经有人答复")
	if row := w.written("appeal:1"); row.Action != "record.granted" {
		t.Errorf("written is %+v", row)
	}
	b.post(fmt.Sprintf("/console/appointments/%d/reinstate", v.Appointment.ID), "note", "签到机坏了").says(t, "已撤销爽约")
	if got := w.status(v.Appointment.ID); got != booking.Fulfilled {
		t.Errorf("the visit is %s", got)
	}
	elsewhere := w.as("else", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	if strings.Contains(elsewhere.get("/console/records").body, booking.MaskName("赵玉兰")) {
		t.Error("another hospital sees it")
	}
}

func TestExtraPlace(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	p, err := w.app.Booking.Policy(w.ctx, 1)
	w.must(err)
	p.ExtraPerHalf = 1
	_, err = w.app.Booking.SetPolicy(w.ctx, 1, p)
	w.must(err)
	var schedule booking.ScheduleID
	w.must(w.db.Get(&schedule, "SELECT id FROM schedules WHERE hospital_id = 1 AND visit_date = '2026-11-24' AND department_id = ? AND period = 'morning' LIMIT 1", v.Department.ID))
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	b.get("/console/extra?document=nobody").says(t, "没有找到这个证件")
	b.get(fmt.Sprintf("/console/extra?document=E10000001&schedule=%d", schedule)).says(t, booking.MaskName("赵玉兰"), fmt.Sprintf(`value="%d" selected`, schedule))
	add := []string{"patient", fmt.Sprint(v.Patient.ID), "schedule", fmt.Sprint(schedule), "key", "k"}
	b.post("/console/extra/add", add...).says(t, "已加号：加1")
	b.post("/console/extra/add", add...).says(t, "已加号：加1") // sent twice: once
	var n int
	w.must(w.db.Get(&n, "SELECT COUNT(id) FROM appointments WHERE schedule_id = ?", schedule))
	if n != 1 {
		t.Errorf("%d places were added", n)
	}
	add[5] = "another"
	b.post("/console/extra/add", add...).says(t, `role="alert"`)
	elsewhere := w.as("else", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	if a := elsewhere.post("/console/extra/add", add...); a.status != http.StatusUnprocessableEntity && a.status != http.StatusNotFound {
		t.Errorf("another hospital's scheduler adds a place: %d", a.status)
	}
}

func TestExportAsksForThePassword(t *testing.T) {
	t.Parallel()
	w, _ := oneVisit(t)
	b := w.as("auditor", staff.Grant{Role: staff.Auditor})
	b.post("/console/appointments/export", "status", "booked").says(t, "请再输入一次密码", `name="status" value="booked"`)
	a := b.post("/console/appointments/export", "status", "booked", "confirm_password", password)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.body, "\ufeff") {
		t.Fatalf("%s: %.80s", a.header.Get("Content-Type"), a.body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][0] != "编号" || !strings.HasPrefix(rows[1][3], booking.MaskName("赵玉兰")) || strings.Contains(a.body, "赵玉兰") {
		t.Errorf("%v, %v", rows, err)
	}
	if row := w.written("list:appointments"); row.Action != "list.export" || !strings.Contains(string(row.After), `"rows":1`) {
		t.Errorf("written is %+v", row)
	}
	if a := b.post("/console/appointments/export", "status", "cancelled"); strings.Count(a.body, "\n") != 1 {
		t.Errorf("within five minutes, of nothing: %q", a.body)
	}
}

func TestAuditVerifiesWhatTheConsoleDid(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("nurse", staff.Grant{Role: staff.Nurse})
	b.post(fmt.Sprintf("/console/appointments/%d/check_in", v.Appointment.ID))
	b.post(fmt.Sprintf("/console/appointments/%d/fulfil", v.Appointment.ID)).says(t, "已标为就诊")
	if faults, _, rows, err := w.app.Audit.Verify(w.ctx); err != nil || faults != nil || rows < 4 {
		t.Errorf("%v, %d rows, %v", faults, rows, err)
	}
	w.db.MustExec("DELETE FROM audit_log WHERE action = 'appointment.checked_in'")
	if faults, _, _, _ := w.app.Audit.Verify(w.ctx); len(faults) != 1 {
		t.Errorf("a removed row: %v", faults)
	}
}
