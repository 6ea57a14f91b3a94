package desk_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/audit"
	"guahao/internal/staff"
	"guahao/reminders"
)

// draftOf sends the form of a new broadcast of hospital 1.
func draftOf(b *browser, pairs ...string) answer {
	b.Helper()
	return b.post("/console/broadcasts/new/send", append(pairs, "hospital", "1", "key", "k")...)
}

func TestBroadcastIsSeenBeforeItIsSent(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	count := func(want int) {
		t.Helper()
		var n int
		w.must(w.db.Get(&n, "SELECT COUNT(id) FROM broadcasts"))
		if n != want {
			t.Fatalf("%d broadcasts, want %d", n, want)
		}
	}
	b.get("/console/broadcasts/new").says(t, "发给谁", "约 1 分钟", "Telegram 1", "写什么", "{姓名}")
	b.get("/console/broadcasts/new?hospital=1&date=2026-12-24").says(t, "没有人会收到")
	for _, wrong := range []struct{ pairs []string }{
		{[]string{"text", ""}}, {[]string{"text", "请走<b>东侧</b>楼梯。"}}, {[]string{"text", "{姓名}您好，{名字}"}},
		{[]string{"text", "x", "start", "2026-01-01T08:00"}}, {[]string{"text", "x", "start", "2099-01-01T08:00"}}, {[]string{"text", "x", "start", "明天"}},
		{[]string{"text", "x", "date", "明天"}}, {[]string{"text", "x", "date", "2026-12-24"}},
	} {
		if a := draftOf(b, append(wrong.pairs, "sure", "1")...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("%v is answered with %d", wrong.pairs, a.status)
		}
	}
	draftOf(b, "text", "请走<b>东侧</b>楼梯。").says(t, "纯文字", "请走&lt;b&gt;东侧&lt;/b&gt;楼梯。")
	draftOf(b, "text", "{姓名}请走东侧楼梯。", "text_en", "{name}, take the stairs.").says(t, "赵*兰请走东侧楼梯。", "take the stairs.", "返回修改")
	b.post("/console/broadcasts/new/edit", "hospital", "1", "key", "k", "text", "写到一半").says(t, "写到一半", `name="key" value="k"`)
	count(0)
	draftOf(b, "text", "请走东侧楼梯。", "sure", "1").says(t, "正在发送给 1 人", "请走东侧楼梯。")
	draftOf(b, "text", "请走东侧楼梯。", "sure", "1") // pressed twice
	count(1)
	b.get("/console/broadcasts").says(t, "请走东侧楼梯。", "测试chen")
	if row := w.written("broadcast:1"); row.Action != "broadcast.start" || row.Note != "请走东侧楼梯。" {
		t.Errorf("written is %+v", row)
	}
	b.post("/console/broadcasts/new/send", "hospital", "2", "text", "x", "key", "k3").says(t, "不在您管理的范围内")
	b.post("/console/broadcasts/new/send", "whom", "all", "text", "x", "key", "k3").says(t, "不在您管理的范围内")
	one := w.as("one", staff.Grant{Role: staff.Scheduler, Hospital: 1, Department: v.Department.ID})
	one.post("/console/broadcasts/new/send", "hospital", "1", "text", "x", "key", "k4").says(t, "不在您管理的范围内")
	one.post("/console/broadcasts/new/send", "department", fmt.Sprint(v.Department.ID), "text", "x", "key", "k5").says(t, "患者会看到")
	one.post("/console/broadcasts/1/cancel").says(t, "不在您管理的范围内") // it went to all departments
	one.get("/console/broadcasts/new").says(t, "约 1 分钟")          // its own department is chosen
	elsewhere := w.as("elsewhere", staff.Grant{Role: staff.Scheduler, Hospital: 2})
	for _, path := range []string{"/console/broadcasts/1", "/console/broadcasts/1/events"} {
		if a := elsewhere.get(path); a.status != http.StatusNotFound {
			t.Errorf("another hospital gets %d for %s", a.status, path)
		}
	}
}

// TestBroadcastIsSteered holds one back, lets it go on, watches it end, and cancels another; pressed twice each.
func TestBroadcastIsSteered(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	w.platforms.Telegram.User(700001, "zh").Start()
	send := func() { t.Helper(); w.must(w.app.Reminders.Send(w.ctx)) }
	state := func(id reminders.BroadcastID, want reminders.State, sent int) {
		t.Helper()
		got, err := w.app.Reminders.Written(w.ctx, booking.Reach{{}}, id)
		if err != nil || got.State != want || got.Report.Sent != sent {
			t.Fatalf("broadcast %d is %s with %d sent (%v), want %s with %d", id, got.State, got.Report.Sent, err, want, sent)
		}
	}
	draftOf(b, "text", "请走东侧楼梯。", "sure", "1")
	for range 2 {
		b.post("/console/broadcasts/1/pause").says(t, "已暂停", "继续发送")
	}
	send()
	state(1, reminders.Paused, 0)
	for range 2 {
		b.post("/console/broadcasts/1/resume").says(t, "发送中", `data-stream="/console/broadcasts/1/events"`, `http-equiv="refresh"`)
	}
	send()
	state(1, reminders.Done, 1)
	b.post("/console/broadcasts/1/pause").says(t, "已经结束")
	b.post("/console/broadcasts/1/cancel").says(t, "已经结束")
	page := b.get("/console/broadcasts/1")
	page.says(t, "已完成", "已送达", fmt.Sprintf("/console/appointments/%d", v.Appointment.ID))
	if strings.Contains(page.body, "data-stream") || strings.Contains(page.body, "broadcasts/1/cancel") {
		t.Error("what is over is watched, or can be cancelled")
	}
	b.get("/console/broadcasts/1?status=failed").says(t, "没有符合条件的收件人")
	a := b.post("/console/broadcasts/1/export", "confirm_password", password)
	if rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll(); err != nil || len(rows) != 2 {
		t.Errorf("the export is %q, %v", a.body, err)
	}

	draftOf(b, "text", "晚点再说。", "key", "k2", "start", "2026-11-23T20:00", "sure", "1").says(t, "定时", "2026-11-23 20:00")
	send()
	state(2, reminders.Scheduled, 0)
	for range 2 {
		b.post("/console/broadcasts/2/cancel").says(t, "已取消")
		send()
	}
	state(2, reminders.CalledOff, 0)
	w.clock.Advance(11 * time.Hour)
	send()
	state(2, reminders.CalledOff, 0)
	var did []string
	list, _, err := w.app.Audit.List(w.ctx, audit.Filter{Limit: 50})
	w.must(err)
	for _, row := range list {
		if strings.HasPrefix(row.Action, "broadcast.") {
			did = append(did, strings.TrimPrefix(row.Action, "broadcast."))
		}
	}
	if got := strings.Join(did, " "); got != "cancel start resume pause start" { // the newest first, and nothing twice
		t.Errorf("the audit log has %s", got)
	}
}

// TestProgressIsStreamed listens as the page does: at first as it is, then what has changed, then the end.
func TestProgressIsStreamed(t *testing.T) {
	t.Parallel()
	w, _ := oneVisit(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	w.platforms.Telegram.User(700001, "zh").Start()
	draftOf(b, "text", "请走东侧楼梯。", "sure", "1")
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/console/broadcasts/1/events", nil)
	w.must(err)
	response, err := b.client.Do(request)
	w.must(err)
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("the stream is %s", kind)
	}
	lines := bufio.NewScanner(response.Body)
	var text strings.Builder
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if strings.Contains(text.String(), "</section>") && !strings.Contains(text.String(), "已完成") && strings.Contains(lines.Text(), "</section>") {
			w.must(w.app.Reminders.Send(w.ctx))
		}
	}
	for _, want := range []string{"data: ", "发送中", "已处理 0 / 1", "已完成", "已处理 1 / 1", "event: end\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the stream does not say %q:\n%s", want, text.String())
		}
	}
}
