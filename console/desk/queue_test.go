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

// lobby is a world in which four people wait for one doctor, and one has not come.
type lobby struct {
	*world
	clinic booking.ScheduleID
	visits []booking.Visit
	path   string
}

func newLobby(t *testing.T) *lobby {
	t.Helper()
	w := newWorld(t)
	l := &lobby{world: w}
	w.must(w.db.Get(&l.clinic, `SELECT c.id FROM schedules c JOIN slots s ON s.schedule_id = c.id JOIN departments d ON d.id = c.department_id
		WHERE c.hospital_id = 1 AND c.visit_date = ? AND c.period = 'afternoon' AND d.code NOT LIKE '%PED%' AND d.code NOT LIKE '%GYN%'
		GROUP BY c.id ORDER BY SUM(s.capacity) DESC, c.id LIMIT 1`, booking.DateOf(morning, morning.Location())))
	for _, name := range []string{"赵玉兰", "钱多", "孙建国", "李梅", "周海涛"} {
		l.visits = append(l.visits, w.book(name, l.free()))
	}
	w.clock.Advance(l.visits[0].Appointment.StartsAt.Sub(w.clock.Now()))
	for _, v := range l.visits[:4] {
		_, err := w.app.Booking.CheckIn(w.ctx, 1, v.Appointment.ID)
		w.must(err)
	}
	l.path = fmt.Sprint("/console/queue/", l.clinic)
	return l
}

// free is the clinic's first slot with a place.
func (l *lobby) free() booking.SlotID {
	l.Helper()
	slots, err := l.app.Booking.Slots(l.ctx, l.clinic)
	l.must(err)
	for _, s := range slots {
		if s.Free() > 0 {
			return s.ID
		}
	}
	l.Fatal("the clinic is full")
	return 0
}

// seen is what the buttons of a page that was just read carry.
func (l *lobby) seen() string {
	l.Helper()
	room, err := l.app.Booking.QueueRoomOf(l.ctx, l.clinic)
	l.must(err)
	if room.With == nil {
		return "0"
	}
	return fmt.Sprint(room.With.Visit.Appointment.ID)
}

func id(v booking.Visit) string { return fmt.Sprint(v.Appointment.ID) }

// A nurse's hour: calling, again, passing over, a press that is too late, back, another class, away, a pause; and a slip.
func TestANurseCalls(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	b := l.as("nurse", staff.Grant{Role: staff.Nurse, Hospital: 1})
	b.get("/console/queue").says(t, l.room().Doctor.Name.ZH, "候诊屏")
	page := b.get(l.path)
	page.says(t, "候诊（4）", "已约未到（1）", "叫下一位", "赵*兰", `data-key="n"`)
	if strings.Contains(page.body, "赵玉兰") {
		t.Error("the page of the queue has a whole name")
	}
	mark := b.get(l.path + "/mark").body
	b.post(l.path+"/next", "seen", "0").says(t, "看完，叫下一位")
	if again := b.get(l.path + "/mark").body; again == mark {
		t.Errorf("the mark stays %s after a call", mark)
	}
	if a := b.post(l.path+"/next", "seen", "0"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a second press of the same button: %d", a.status)
	} else {
		a.says(t, "队列刚刚有变化")
	}
	l.stands(0, booking.CheckedIn)
	b.post(l.path+"/again", "seen", l.seen()).says(t, "叫了 2 次")
	b.post(l.path+"/pass", "seen", l.seen()).says(t, "过号（1）")
	b.post(l.path+"/next", "seen", "0")
	l.clock.Advance(6 * time.Minute)
	b.post(l.path+"/next", "seen", l.seen())
	l.stands(1, booking.Fulfilled)
	b.post(l.path+"/back", "id", id(l.visits[0])).says(t, "已重新排队", "过号 1 次")
	b.post(l.path+"/class", "id", id(l.visits[3]), "class", "disabled").says(t, "残疾人")
	if row := l.written("appointment:" + id(l.visits[3])); row.Action != "queue.reclassified" {
		t.Errorf("the audit log says %+v", row)
	}
	b.post(l.path+"/class", "id", id(l.visits[3]), "class", "friend").says(t, "没有这个优先级别")
	b.post(l.path+"/pause", "seen", l.seen()).says(t, "暂停叫号", "继续叫号")
	b.post(l.path+"/next", "seen", l.seen()).says(t, "已暂停叫号")
	b.post(l.path+"/resume", "seen", l.seen())
	b.post(l.path+"/arrive", "id", id(l.visits[4])).says(t, "已约未到（0）")
	b.post(l.path+"/away", "id", id(l.visits[4])).says(t, "已从候诊队列移出")
	b.post(l.path+"/done", "seen", l.seen()).says(t, "看完了，没有叫下一位")
	b.post(l.path+"/scan", "code", "GH1NOTACODE").says(t, "不是本系统的签到码")
}

func (l *lobby) room() booking.QueueRoom {
	l.Helper()
	room, err := l.app.Booking.QueueRoomOf(l.ctx, l.clinic)
	l.must(err)
	return room
}

func (l *lobby) stands(n int, want booking.Status) {
	l.Helper()
	if got := l.status(l.visits[n].Appointment.ID); got != want {
		l.Errorf("visit %d is %s, want %s", n, got, want)
	}
}

// What lies outside of a nurse's departments cannot be seen, and a slip of another hospital is refused by name; an auditor looks and cannot press.
func TestTheQueueHasItsBounds(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	other := l.as("other", staff.Grant{Role: staff.Nurse, Hospital: 2})
	if a := other.get(l.path); a.status != http.StatusNotFound {
		t.Errorf("another hospital's queue: %d", a.status)
	}
	if a := other.post(l.path+"/next", "seen", "0"); a.status != http.StatusNotFound || l.seen() != "0" {
		t.Errorf("calling in another hospital: %d", a.status)
	}
	var theirs booking.ScheduleID
	l.must(l.db.Get(&theirs, "SELECT id FROM schedules WHERE hospital_id = 2 AND visit_date = ? ORDER BY id LIMIT 1", booking.DateOf(morning, morning.Location())))
	code := l.app.Booking.CheckInCode(l.visits[4].Appointment.ID)
	other.post(fmt.Sprint("/console/queue/", theirs, "/scan"), "code", code).says(t, "不在您负责的范围，没有签到", l.visits[4].Hospital.Name.ZH)
	l.stands(4, booking.Booked)
	own := l.as("own", staff.Grant{Role: staff.Nurse, Hospital: 1})
	own.post(l.path+"/scan", "code", strings.ToLower(code)).says(t, "已签到", "周*涛")
	l.stands(4, booking.CheckedIn)
	auditor := l.as("auditor", staff.Grant{Role: staff.Auditor, Hospital: 1})
	if a := auditor.get(l.path); strings.Contains(a.body, l.path+"/next") || a.status != http.StatusOK {
		t.Errorf("an auditor has buttons (%d)", a.status)
	}
	if a := auditor.post(l.path+"/next", "seen", "0"); a.status != http.StatusForbidden {
		t.Errorf("an auditor calls: %d", a.status)
	}
}

// How many doctors: the fewer wait too long, the answer is drawn, and figures that make no sense are named.
func TestStaffing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("chen", staff.Grant{Role: staff.Scheduler, Hospital: 1})
	ask := "/console/staffing?of=0&patients=60&length=210&mean=7&cv=55&missed=8&within=20&share=90"
	b.get(ask).says(t, "要让 90% 的患者等候不超过 20 分钟，需要同时出诊 3 位医生。", "M/M/c", "还没有可以对比的记录")
	b.get(strings.Replace(ask, "mean=7", "mean=14", 1)).says(t, "需要同时出诊 5 位医生")
	if a := b.get("/console/staffing/chart.svg?" + strings.SplitN(ask, "?", 2)[1]); a.status != http.StatusOK || !strings.Contains(a.body, "<svg") {
		t.Errorf("the chart: %d", a.status)
	}
	b.get(strings.Replace(ask, "within=20&share=90", "within=0&share=99", 1)).says(t, "再多医生也帮不了")
	for _, bad := range []string{"mean=NaN", "mean=-1", "mean=abc", "share=100", "patients=1e9", "missed=95"} {
		name := strings.SplitN(bad, "=", 2)[0]
		a := b.get("/console/staffing?of=0&" + bad)
		if a.status != http.StatusOK || strings.Contains(a.body, "需要同时出诊") {
			t.Errorf("%s: %d", bad, a.status)
		}
		a.says(t, w.words("staffing."+name), "之间的数")
	}
	if a := b.get("/console/staffing?department=999999"); a.status != http.StatusNotFound {
		t.Errorf("a department that is not there: %d", a.status)
	}
}

// words is the beginning of what the catalogue says for a key of the staffing page.
func (w *world) words(key string) string {
	return map[string]string{"staffing.mean": "每次就诊", "staffing.share": "这样的患者至少占", "staffing.patients": "半天的预约人数", "staffing.missed": "不来的比例"}[key]
}
