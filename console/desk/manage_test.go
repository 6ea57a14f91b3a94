package desk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/internal/staff"
)

// rules gives the rules of a hospital as the form has them, with one thing changed.
func (w *world) rules(hospital booking.HospitalID, change func(*booking.Policy)) string {
	w.Helper()
	p, err := w.app.Booking.Policy(w.ctx, hospital)
	w.must(err)
	change(&p)
	text, err := json.Marshal(p)
	w.must(err)
	return string(text)
}

func (w *world) version(hospital booking.HospitalID) int {
	w.Helper()
	p, err := w.app.Booking.Policy(w.ctx, hospital)
	w.must(err)
	return p.Version
}

func TestRulesAreShownBeforeTheyHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("boss", staff.Grant{Role: staff.Admin})
	base := w.version(1)
	next := w.rules(1, func(p *booking.Policy) { p.HoldMinutes = 25 })
	path := "/console/policies/1/set"
	b.post(path, "base", fmt.Sprint(base), "rules", "{").says(t, `role="alert"`)
	b.post(path, "base", fmt.Sprint(base), "rules", w.rules(1, func(p *booking.Policy) { p.HoldMinutes = 9999 })).says(t, `role="alert"`, "9999")
	b.post(path, "base", fmt.Sprint(base), "rules", w.rules(1, func(*booking.Policy) {})).says(t, "没有改动")
	b.post(path, "base", fmt.Sprint(base), "rules", next).says(t, "支付时限", "<ins>25</ins>", "确认修改")
	if w.version(1) != base {
		t.Fatal("the rules hold before they were confirmed")
	}
	b.post(path, "base", fmt.Sprint(base), "rules", next, "sure", "1").says(t, fmt.Sprintf("第 %d 版规则已生效", base+1))
	if row := w.written(fmt.Sprintf("policy:1/%d", base+1)); !strings.Contains(string(row.After), `"hold_minutes":25`) || strings.Contains(string(row.Before), `"hold_minutes":25`) {
		t.Errorf("written is %s → %s", row.Before, row.After)
	}
	b.get(fmt.Sprintf("/console/policies/1?with=%d&version=%d", base, base+1)).says(t, "支付时限", "<ins>25</ins>")
}

// TestTwoChangeTheRules: the second sees what the first changed, and nothing is overwritten unseen.
func TestTwoChangeTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("boss", staff.Grant{Role: staff.Admin})
	base := w.version(1)
	mine := w.rules(1, func(p *booking.Policy) { p.HoldMinutes = 25 })
	theirs := w.rules(1, func(p *booking.Policy) { p.PatientsPerUser = 7 })
	b.post("/console/policies/1/set", "base", fmt.Sprint(base), "rules", theirs, "sure", "1").says(t, "已生效")
	a := b.post("/console/policies/1/set", "base", fmt.Sprint(base), "rules", mine, "sure", "1")
	a.says(t, "这期间别人改过规则", "每个账号的就诊人", "<ins>7</ins>", "<ins>25</ins>")
	if w.version(1) != base+1 {
		t.Error("the first's change was overwritten unseen")
	}
	b.post("/console/policies/1/set", "base", fmt.Sprint(base+1), "rules", mine, "sure", "1").says(t, "已生效")
}

func TestRulesOfAnotherHospital(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("boss2", staff.Grant{Role: staff.Admin, Hospital: 2})
	if a := b.get("/console/policies/1"); a.status != http.StatusNotFound {
		t.Errorf("another hospital's rules: %d", a.status)
	}
	if a := b.post("/console/policies/1/set", "base", "1", "rules", w.rules(1, func(p *booking.Policy) { p.HoldMinutes = 25 }), "sure", "1"); a.status != http.StatusNotFound {
		t.Errorf("another hospital's rules are changed: %d", a.status)
	}
}

func TestStaffAreManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("boss", staff.Grant{Role: staff.Admin})
	b.post("/console/staff/add", "name", "李护士", "login", "li", "role0", "nurse", "hospital0", "1", "department0", "0").says(t, "请再输入一次密码")
	added := b.post("/console/staff/add", "name", "李护士", "login", "li", "role0", "nurse", "hospital0", "1", "department0", "0", "confirm_password", password)
	added.says(t, "李护士", "BIND-")
	link := regexp.MustCompile(`/console/welcome/[A-Za-z0-9_-]+`).FindString(added.body)
	li := w.browser()
	li.post(link, "password", password, "again", password).says(t, "今天")
	m, ok, err := w.app.Staff.ByLogin(w.ctx, "li")
	if err != nil || !ok || len(m.Grants) != 1 || m.Grants[0] != (staff.Grant{Role: staff.Nurse, Hospital: 1}) {
		t.Fatalf("%+v, %v", m, err)
	}
	path := fmt.Sprintf("/console/staff/%d", m.ID)
	b.post("/console/staff/add", "name", "另一位", "login", "LI").says(t, "已经有人用了")
	b.post(path+"/roles", "role0", "cashier", "hospital0", "1", "department0", "1").says(t, "不能限于科室")
	b.post(path+"/roles", "role0", "scheduler", "hospital0", "1", "role1", "cashier", "hospital1", "1").says(t, "角色已保存", "收费员")
	if a := li.get("/console/today"); a.path != "/console/login" {
		t.Errorf("a session goes on with the old roles: %s", a.path)
	}
	b.post(path+"/code").says(t, "BIND-")
	b.post(path+"/link").says(t, "/console/welcome/")
	boss, _, _ := w.app.Staff.ByLogin(w.ctx, "boss")
	b.post(fmt.Sprintf("/console/staff/%d/roles", boss.ID), "role0", "nurse").says(t, "必须至少有一位能登录的全部医院管理员")
	b.post(path+"/remove").says(t, "请先勾选确认")
	b.post(path+"/remove", "sure", "1").says(t, "已删除 李护士")
	if a := b.get(path); a.status != http.StatusNotFound {
		t.Errorf("who was removed: %d", a.status)
	}
}

// TestAdministratorOfOneHospital can do nothing to another's people, nor become more than they are.
func TestAdministratorOfOneHospital(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss, _ := w.hire("boss", staff.Grant{Role: staff.Admin})
	other, _ := w.hire("other", staff.Grant{Role: staff.Nurse, Hospital: 1})
	b := w.as("boss2", staff.Grant{Role: staff.Admin, Hospital: 2})
	me, _, _ := w.app.Staff.ByLogin(w.ctx, "boss2")
	b.post(fmt.Sprintf("/console/staff/%d/roles", me.ID), "role0", "admin", "hospital0", "0", "confirm_password", password).says(t, "不在您管理的范围内")
	for _, m := range []staff.Member{boss, other} {
		for _, do := range []string{"", "/roles", "/code", "/link", "/remove"} {
			path := fmt.Sprintf("/console/staff/%d%s", m.ID, do)
			a := b.get(path)
			if do != "" {
				a = b.post(path, "sure", "1", "role0", "nurse", "hospital0", "2")
			}
			if a.status != http.StatusNotFound {
				t.Errorf("%s answers %d", path, a.status)
			}
		}
	}
	if a := b.get("/console/staff"); strings.Contains(a.body, "测试other") || strings.Contains(a.body, "测试boss<") || !strings.Contains(a.body, "测试boss2") {
		t.Error("the list is not that of hospital 2")
	}
	b.post("/console/staff/add", "name", "甲", "role0", "nurse", "hospital0", "1").says(t, "不在您管理的范围内")
	b.post("/console/staff/add", "name", "乙", "role0", "nurse", "hospital0", "2").says(t, "BIND-")
}

func TestStopAClinic(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	path := fmt.Sprintf("/console/clinics/%d", v.Schedule.ID)
	b.get(path).says(t, "停诊", booking.MaskName("赵玉兰"))
	b.post(path+"/stop", "note", "医生生病").says(t, "请先勾选确认", `value="医生生病"`)
	b.post(path+"/stop", "note", "医生生病", "sure", "1").says(t, "已停诊，1 位患者正在收到通知", "医生生病")
	if got := w.status(v.Appointment.ID); got != booking.Booked { // until the patient has chosen
		t.Errorf("the visit is %s", got)
	}
	if row := w.written(fmt.Sprintf("schedule:%d", v.Schedule.ID)); row.Action != "clinic.stop" || row.Note != "医生生病" {
		t.Errorf("written is %+v", row)
	}
}

func TestPayments(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	_, _, err := w.app.Booking.CancelByStaff(w.ctx, booking.StaffCancel{Appointment: v.Appointment.ID, Refund: booking.GiveAll, Key: "k"})
	w.must(err)
	var order, refund string
	w.must(w.db.Get(&order, "SELECT out_trade_no FROM charges"))
	w.must(w.db.Get(&refund, "SELECT out_refund_no FROM refunds"))
	b := w.as("cashier", staff.Grant{Role: staff.Cashier, Hospital: 1})
	for _, number := range []string{order, refund, fmt.Sprintf("appointment:%d", v.Appointment.ID)} {
		b.get("/console/payments?q="+number).says(t, order)
		b.get("/console/payments/"+number).says(t, order, refund)
	}
	b.get("/console/payments?q=nothing").says(t, "没有符合条件的支付")
	w.db.MustExec("UPDATE refunds SET next_attempt_at = '2030-01-01'")
	path := "/console/payments/" + order + "/retry"
	b.post(path, "refund", refund).says(t, "请再输入一次密码")
	b.post(path, "refund", refund, "confirm_password", password).says(t, "已安排重试")
	b.post(path, "refund", "another").says(t, "没有找到这笔支付")
	var due bool
	w.must(w.db.Get(&due, "SELECT next_attempt_at < '2030-01-01' FROM refunds"))
	if row := w.written("payment:" + order); !due || row.Action != "payment.retry" {
		t.Errorf("due %v, written is %+v", due, row)
	}
	w.db.MustExec("UPDATE refunds SET status = 'succeeded', next_attempt_at = NULL")
	b.post(path, "refund", refund).says(t, "已经到账")
	elsewhere := w.as("else", staff.Grant{Role: staff.Cashier, Hospital: 2})
	if a := elsewhere.get("/console/payments/" + order); a.status != http.StatusNotFound {
		t.Errorf("another hospital's payment: %d", a.status)
	}
	if a := elsewhere.get("/console/payments?q=" + order); strings.Contains(a.main(), "¥") {
		t.Error("the list shows another hospital's payment")
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.MustExec(`INSERT INTO reconciliation_differences (provider, day, kind, class, number, transaction_id, ours, theirs, our_status, their_status, state, owner, run, found_at)
		VALUES ('wechatpay', '2026-11-22', 'payment', 'only_theirs', 'N1', 'T1', 0, 5000, '', 'SUCCESS', 'open', 'operator', 1, '2026-11-23 02:00:00')`)
	b := w.as("cashier", staff.Grant{Role: staff.Cashier})
	b.get("/console/today").says(t, "对账差异")
	b.get("/console/reconciliation").says(t, "N1", "只有账单有", "¥50.00", "operator")
	b.post("/console/reconciliation/assign", "id", "1", "owner", "王会计").says(t, "已指定负责人", "王会计")
	refused := b.post("/console/reconciliation/close", "id", "1", "note", "")
	refused.says(t, "请写明原因", `href="/console/reconciliation?lang=en"`)
	if strings.Contains(refused.body, `href="/console/reconciliation/close`) {
		t.Error("links of a refused page lead to the action")
	}
	b.post("/console/reconciliation/close", "id", "1", "note", "线下退还").says(t, "已标为处理完")
	b.post("/console/reconciliation/close", "id", "1", "note", "again").says(t, "没有这个编号")
	if row := w.written("difference:1"); row.Action != "reconciliation.close" || !strings.Contains(string(row.Before), "王会计") {
		t.Errorf("written is %s → %s", row.Before, row.After)
	}
	auditor := w.as("auditor", staff.Grant{Role: staff.Auditor})
	if a := auditor.post("/console/reconciliation/close", "id", "1", "note", "x"); a.status != http.StatusForbidden {
		t.Errorf("an auditor closes a difference: %d", a.status)
	}
}
