package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
)

// applies lets the nth person apply for the draw of tomorrow's clinic of the dear doctor.
func applies(w *world, p chatter, n int) {
	w.Helper()
	p.say(dearDoctor)
	p.say(tomorrow)
	expect(w, p, "由抽签分配")
	addSomeone(w, p, n)
	expect(w, p, "抽中的机会是")
	p.tap("报名抽签")
	expect(w, p, "报名成功", "/lottery/")
}

// page fetches a public page.
func page(w *world, path string) string {
	w.Helper()
	status, body := w.get(path)
	if status != http.StatusOK {
		w.Fatalf("%s: %d", path, status)
	}
	return body
}

// One place, two people, one on each platform: somebody wins and pays, somebody loses, waits, and gets the place when it is given back. Everybody can check it.
func TestADrawInTheChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	var c booking.ScheduleID
	w.exec(`UPDATE schedules c JOIN doctors d ON d.id = c.doctor_id SET c.allocation = 'lottery' WHERE d.name_zh = ? AND c.visit_date = ?`, dearDoctor, "2026-11-24")
	var ids []booking.ScheduleID
	w.query(&ids, "SELECT id FROM schedules WHERE allocation = 'lottery'")
	c = ids[0]
	w.exec("UPDATE slots SET capacity = CASE WHEN first_seq = 1 THEN 1 ELSE 0 END WHERE schedule_id = ?", c)
	w.exec("UPDATE schedules SET capacity = 1 WHERE id = ?", c)
	w.settle()

	people := []chatter{w.person("telegram", 1), w.person("wechat", 2)}
	for i, p := range people {
		applies(w, p, i+1)
	}
	if said := page(w, fmt.Sprintf("/lottery/%d", c)); !strings.Contains(said, "正在报名") || !strings.Contains(said, "还没有公布") {
		t.Error("before the draw the page says:\n", said)
	}
	w.advance(time.Hour)
	w.settle()
	winner, loser := people[0], people[1]
	if told(w, winner, "抽中了！") == 0 {
		winner, loser = loser, winner
	}
	expect(w, winner, "抽中了！", "请在此之前支付")
	expect(w, loser, "没有抽中", "排第 1 位")
	winner.say("我的预约")
	winner.say("1")
	winner.tap("去支付")
	pay(w, winner)
	w.settle()
	expect(w, winner, "预约成功")

	record, err := allocation.ReadRecord(strings.NewReader(page(w, fmt.Sprintf("/lottery/%d/draw.json", c))))
	w.must(err)
	w.must(record.Verify())
	applications, err := w.app().Booking.Applications(w.ctx, 1)
	w.must(err)
	said := page(w, fmt.Sprintf("/lottery/%d?slip=%s", c, applications[0].Slip().Short()))
	if !strings.Contains(said, "在名单里") || !strings.Contains(said, "结果一致") {
		t.Error("after the draw the page says:\n", said)
	}
	for _, wrong := range []string{"slip=1-1-1-00", "slip=" + strings.Replace(applications[0].Slip().Short(), "-1-", "-9-", 1)} {
		if said := page(w, fmt.Sprintf("/lottery/%d?lang=en&%s", c, wrong)); strings.Contains(said, "is in the list") {
			t.Errorf("with %s the page says:\n%s", wrong, said)
		}
	}
	cancels(w, winner)
	expect(w, loser, "候补有号了")
}
