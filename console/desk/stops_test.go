package desk_test

import (
	"bufio"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/internal/mysql"
	"guahao/internal/staff"
)

// A clinic is stopped in the console: its page says who knows and who has chosen what, anew as it changes; whom no message reaches is phoned, and may
// choose on the phone. All of it is in the audit log, and other hospitals do not exist.
func TestStopIsFollowed(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	elsewhere := w.as("else", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	a := b.post(fmt.Sprintf("/console/clinics/%d/stop", v.Schedule.ID), "note", "医生生病", "sure", "1")
	path := fmt.Sprintf("/console/stops/%d", v.Schedule.ID)
	if a.path != path {
		t.Fatalf("after the stop comes %s", a.path)
	}
	a.says(t, "1 位患者正在收到通知", "正在通知", booking.MaskName("赵玉兰"), "还没选择", "data-stream")
	b.get("/console/stops").says(t, path, "0", "共 1")
	w.must(mysql.InTx(w.ctx, w.db, func(tx *sqlx.Tx) error {
		return w.app.Booking.StopToldTx(w.ctx, tx, v.Appointment.ID, false, "")
	}))
	k, err := w.app.Booking.StopCaseOf(w.ctx, v.Appointment.ID)
	w.must(err)
	call := fmt.Sprintf("/console/phone/%d", k.ID)
	if first := b.firstEvent(path + "/events"); !strings.Contains(first, "需电话联系") {
		t.Errorf("the stream says %q", first)
	}
	b.get("/console/phone").says(t, booking.MaskName("赵玉兰"), call+"/reached", "已联系上")
	for _, a := range []answer{elsewhere.get(path), elsewhere.get(call), elsewhere.post(call + "/reached"), elsewhere.post(call + "/unmask")} {
		if a.status != http.StatusNotFound {
			t.Errorf("%s answers %d to another hospital", a.path, a.status)
		}
	}
	if a := elsewhere.get("/console/phone"); strings.Contains(a.body, call) {
		t.Error("another hospital sees whom to phone")
	}
	for range 2 { // a double click
		b.post(call+"/reached").says(t, "已记下")
	}
	b.get(path).says(t, "已电话联系", "1 / 1")
	b.post(call+"/unreached").says(t, "已撤销", "已联系上")
	if a := b.get(call); strings.Contains(a.body, "赵玉兰") || strings.Contains(a.body, v.Patient.Phone) {
		t.Error("the page of a call shows the name and the number before anybody asked")
	}
	b.post(call+"/unmask").says(t, "赵玉兰", v.Patient.Phone)
	if row := w.written(fmt.Sprintf("patient:%d", v.Patient.ID)); row.Action != "patient.unmask" {
		t.Errorf("written is %+v", row)
	}
	b.post(call+"/take", "offer", "999").says(t, "不能选了")
	offer := k.Offers[0].Visit.Appointment.ID
	b.post(call+"/take", "offer", fmt.Sprint(offer)).says(t, "已改约")
	if w.status(offer) != booking.Booked || w.status(v.Appointment.ID) != booking.Cancelled {
		t.Errorf("the visits are %s and %s", w.status(offer), w.status(v.Appointment.ID))
	}
	if row := w.written(fmt.Sprintf("appointment:%d", v.Appointment.ID)); row.Action != "stop.answer" || row.Actor.Staff == 0 {
		t.Errorf("written is %+v", row)
	}
	b.post(call+"/refund").says(t, "不能选了")
	b.get(path).says(t, "已改约")
	if first := b.firstEvent(path + "/events"); !strings.Contains(first, "已改约") {
		t.Errorf("the stream of what is over says %q", first)
	}
}

// firstEvent is the first part of a page that is streamed.
func (b *browser) firstEvent(path string) string {
	b.Helper()
	request, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.base+path, nil)
	b.must(err)
	response, err := b.client.Do(request)
	b.must(err)
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		b.Fatalf("%s answers %d %s", path, response.StatusCode, kind)
	}
	var event strings.Builder
	for lines := bufio.NewScanner(response.Body); lines.Scan() && lines.Text() != ""; {
		event.WriteString(lines.Text() + "\n")
	}
	return event.String()
}

// Staff put a wait first, offer it a free place, and end it: each for a reason, each written down.
func TestWaitsAreManaged(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	full := func(n string) {
		w.db.MustExec("UPDATE slots SET capacity = GREATEST(taken, 1) + "+n+" WHERE schedule_id = ?", v.Schedule.ID)
		w.db.MustExec("UPDATE schedules c SET c.capacity = (SELECT SUM(s.capacity) FROM slots s WHERE s.schedule_id = c.id) WHERE c.id = ?", v.Schedule.ID)
	}
	w.db.MustExec("UPDATE slots SET capacity = taken WHERE schedule_id = ?", v.Schedule.ID)
	w.db.MustExec("UPDATE schedules SET capacity = taken WHERE id = ?", v.Schedule.ID)
	var waits []booking.Waiting
	for _, name := range []string{"钱多多", "孙小小"} {
		p, account := w.patient(name)
		wait, err := w.app.Booking.JoinWaitlist(w.ctx, booking.JoinRequest{Patient: p.ID, User: p.User, Account: account, Key: "wait", Wish: booking.Wish{
			Department: v.Department.ID, Doctor: v.Doctor.ID, First: v.Schedule.Date.Add(7), Last: v.Schedule.Date.Add(7), Halves: booking.AnyHalf,
		}})
		if booking.IsRefusal(err) { // there are places in a week: fill them
			w.db.MustExec("UPDATE slots s JOIN schedules c ON c.id = s.schedule_id SET s.capacity = s.taken, c.capacity = c.taken WHERE c.doctor_id = ? AND c.visit_date > ?", v.Doctor.ID, v.Schedule.Date)
			wait, err = w.app.Booking.JoinWaitlist(w.ctx, booking.JoinRequest{Patient: p.ID, User: p.User, Account: account, Key: "wait", Wish: booking.Wish{
				Department: v.Department.ID, Doctor: v.Doctor.ID, First: v.Schedule.Date.Add(7), Last: v.Schedule.Date.Add(7), Halves: booking.AnyHalf,
			}})
		}
		w.must(err)
		waits = append(waits, wait)
	}
	full("0")
	path := func(n int) string { return fmt.Sprintf("/console/waitlist/%d", waits[n].ID) }
	lines := func(query string) []string {
		return regexp.MustCompile(`/console/waitlist/\d+`).FindAllString(b.get("/console/waitlist"+query).body, -1)
	}
	own := []string{path(0), path(1)}
	for _, column := range []string{"id", "turn", "patient", "since"} {
		if got, back := lines("?sort="+column), lines("?sort=-"+column); !slices.Equal(got, own) || !slices.Equal(back, []string{path(1), path(0)}) {
			t.Errorf("by %s they are %v, and the other way %v", column, got, back)
		}
	}
	for _, column := range []string{"", "department", "wish", "-days", "status", "nonsense"} { // alike: in the order of their turns
		if got := lines("?sort=" + column); !slices.Equal(got, own) {
			t.Errorf("by %q they are %v", column, got)
		}
	}
	b.post(path(1)+"/first", "note", "").says(t, "请写明原因")
	b.post(path(1)+"/first", "note", "孕妇").says(t, "已排到最前")
	if row := w.written(fmt.Sprintf("wait:%d", waits[1].ID)); row.Action != "waitlist.first" || row.Note != "孕妇" {
		t.Errorf("written is %+v", row)
	}
	if got := lines(""); got[0] != path(1) {
		t.Errorf("who was put first is not: %v", got)
	}
	if line, err := w.app.Booking.WaitWithin(w.ctx, everywhere, waits[1].ID); err != nil || line.Position != 1 {
		t.Errorf("who was put first stands at %d, %v", line.Position, err)
	}
	b.post(path(0)+"/offer", "note", "医生同意").says(t, "现在没有符合条件的空号")
	w.db.MustExec("UPDATE slots s JOIN schedules c ON c.id = s.schedule_id SET s.capacity = s.taken + 1 WHERE c.doctor_id = ? AND c.visit_date = ?", v.Doctor.ID, v.Schedule.Date.Add(7))
	w.db.MustExec("UPDATE schedules c SET c.capacity = (SELECT SUM(s.capacity) FROM slots s WHERE s.schedule_id = c.id) WHERE c.doctor_id = ? AND c.visit_date = ?", v.Doctor.ID, v.Schedule.Date.Add(7))
	b.post(path(0)+"/offer", "note", "医生同意").says(t, "已留号", "有号，等答复")
	if row := w.written(fmt.Sprintf("wait:%d", waits[0].ID)); row.Action != "waitlist.offer" {
		t.Errorf("written is %+v", row)
	}
	b.post(path(1)+"/end", "note", "患者来电").says(t, "候补已结束")
	if a := w.as("else", staff.Grant{Role: staff.Scheduler, Hospital: 2}).get(path(0)); a.status != http.StatusNotFound {
		t.Errorf("another hospital's wait answers %d", a.status)
	}
}

// A patient asks for a person: staff take the conversation over in the console, read what was said, answer and give it back.
func TestConversationIsTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.Telegram.Staff = "-100777"
	w.app = w.start()
	w.must(w.app.Announce(w.ctx))
	w.platforms.Telegram.Group(-100777)
	p := w.platforms.Telegram.User(1001, "zh")
	says := func(text string) {
		p.Say(text)
		w.must(p.WaitIdle(w.ctx))
	}
	says("/start")
	says("人工")
	open, err := w.app.Accounts.OpenHandovers(w.ctx, 10)
	w.must(err)
	if len(open) != 1 {
		t.Fatalf("%d conversations are open", len(open))
	}
	path := fmt.Sprintf("/console/handovers/%d", open[0].ID)
	b, other := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1}), w.as("lin", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	b.get("/console/handovers").says(t, path, "等人接待")
	b.post(path+"/answer", "text", "您好", "key", "1").says(t, "请先点“接待”")
	if strings.Contains(b.get(path).body, "患者请求人工") {
		t.Error("the transcript is shown to who has not taken the conversation")
	}
	b.post(path+"/take").says(t, "患者请求人工")
	other.post(path+"/take").says(t, "已有同事在接待")
	if row := w.written(fmt.Sprintf("handover:%d", open[0].ID)); row.Action != "handover.take" {
		t.Errorf("written is %+v", row)
	}
	says("今天还有号吗")
	b.get(path).says(t, "患者：今天还有号吗")
	for range 2 { // a double click
		b.post(path+"/answer", "text", "有，下午三点", "key", "2").says(t, "已发送", "工作人员：有，下午三点")
	}
	b.post(path+"/answer", "text", "", "key", "3").says(t, "请写 1 到 600 个字")
	heard := 0
	for _, m := range p.Messages() {
		if strings.Contains(m.Text, "有，下午三点") {
			heard++
		}
	}
	if heard != 1 {
		t.Errorf("the patient was told %d times", heard)
	}
	b.post(path+"/release").says(t, "已交还机器人")
	if !strings.Contains(p.Last().Text, "人工服务已结束") {
		t.Errorf("the patient reads %q", p.Last().Text)
	}
	says("1")
	if strings.Contains(p.Last().Text, "人工服务已结束") {
		t.Error("the bot does not answer again")
	}
	b.post(path+"/answer", "text", "还在吗", "key", "4").says(t, "已经结束")
}
