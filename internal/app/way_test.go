package app_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/app"
	"guahao/internal/sandbox"
)

// staffed lets staff answer on both platforms.
func staffed(_ *sandbox.PlatformOptions, cfg *app.Config) {
	cfg.Telegram.Staff, cfg.WeChat.Staff = "-100777", true
}

// A person takes over, is told where it stands, and gives back at the same step: each update meets another replica than the one before.
func TestHandingOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, staffed)
	group, nurse := w.platforms.Telegram.Group(-100777), w.telegram(2002)
	p := w.telegram(1001)
	p.say(paidDoctor)
	step := p.last()
	p.say("人工")
	expect(w, p, "正在为您转人工", "回到自助挂号")
	asked := group.Last()
	if !strings.Contains(asked.Text, "#1 患者请求人工") || !strings.Contains(asked.Text, paidDoctor) {
		t.Errorf("staff read %q", asked.Text)
	}
	p.say("今天还有号吗")
	nurse.ReplyIn(group, group.Last().ID, "有，下午三点")
	w.flush()
	expect(w, p, "工作人员：有，下午三点")
	nurse.ReplyIn(group, asked.ID, "/release")
	w.flush()
	expect(w, p, "人工服务已结束", strings.TrimSpace(strings.Split(step, "\n")[0]))
	p.say(tomorrow)
	expect(w, p, paidDoctor)

	q := w.wechat("oPatient0001")
	w.must(q.Subscribe())
	w.flush()
	q.say(paidDoctor)
	for range 3 {
		q.say("阿斯蒂芬阿斯蒂芬")
	}
	expect(w, q, "正在为您转人工")
	q.say("我想加号")
	w.must(q.StaffTake())
	w.flush()
	w.must(q.StaffSay("可以"))
	w.must(q.StaffClose())
	w.flush()
	expect(w, q, "人工服务已结束", paidDoctor)
	if got := q.ToStaff(); !slices.Contains(got, "我想加号") {
		t.Errorf("the staff read %q", got)
	}
	if open, err := w.app().Accounts.OpenHandovers(w.ctx, 10); err != nil || len(open) > 0 {
		t.Errorf("still open: %v, %v", open, err)
	}
}

// Nobody is mute for ever: after half an hour without a message the bot answers again, and says so.
func TestAHandoverLapses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, staffed)
	p := w.telegram(1001)
	p.say(paidDoctor)
	p.say("人工")
	w.advance(31 * time.Minute)
	w.settle()
	expect(w, p, "人工服务已结束")
	p.say(tomorrow)
	expect(w, p, paidDoctor)
}

// Two accounts of one person, linked by a code: one list of appointments, and nothing booked twice.
func TestLinkedAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p, q := w.telegram(1001), w.wechat("oPatient0001")
	w.must(q.Subscribe())
	w.flush()
	reachConfirm(w, q, paidDoctor)
	q.tap("确认预约")
	q.say("关联")
	q.tap("显示关联码")
	code := regexp.MustCompile(`\d{4} \d{4}`).FindString(q.last())
	p.say("关联")
	p.tap("输入关联码")
	p.say(code)
	expect(w, p, "确认关联")
	p.tap("确认关联")
	expect(w, p, "✅ 已和您的微信账号关联")
	p.say("我的预约")
	expect(w, p, paidDoctor)
	only(w, booking.Held)
}

// A poster's code opens the department for who is new and for who is not.
func TestAPoster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	content, name, err := w.app().PosterCode(w.ctx, app.Poster{Platform: "wechat", Hospital: "LC01", Department: "CARD"})
	w.must(err)
	q := w.wechat("oPatient0001")
	w.must(q.ScanCode(content))
	w.flush()
	expect(w, q, name.ZH, "请选择医生")
	w.must(q.ScanCode(content))
	w.flush()
	expect(w, q, "已为您打开“"+name.ZH+"”")
	link, _, err := w.app().PosterCode(w.ctx, app.Poster{Platform: "telegram", Hospital: "LC01", Doctor: "D001"})
	w.must(err)
	_, payload, _ := strings.Cut(link, "?start=")
	p := w.telegram(1001)
	p.say("/start " + payload)
	expect(w, p, "王建国", "请选择日期")
}
