package app_test

import (
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/payments/wechatpay/wechatpaytest"
)

// paidDoctor sees patients for a fee, freeDoctor for nothing.
const (
	paidDoctor = "张俊杰"
	freeDoctor = "王慧敏"
	tomorrow   = "明天"
)

// reachConfirm takes a person who has no patient yet from nothing to the card before the booking.
func reachConfirm(w *world, p chatter, doctor string) {
	w.Helper()
	p.say(doctor)
	p.say(tomorrow)
	p.say("1")
	if strings.Contains(p.last(), "请选择时段") {
		p.say("1")
	}
	addPatient(w, p)
	expect(w, p, "请核对", "澜川大学附属第一医院", doctor)
}

// addPatient answers the questions about a new patient who is the person themself.
func addPatient(w *world, p chatter) {
	w.Helper()
	expect(w, p, "就诊人是您的")
	p.say("本人")
	p.say(somebody.name)
	p.say(somebody.number)
	p.say(somebody.phone)
	p.tap("保存")
}

func expect(w *world, p chatter, parts ...string) {
	w.Helper()
	for _, part := range parts {
		if !strings.Contains(p.last(), part) {
			w.Fatalf("the answer does not say %q:\n%s", part, p.last())
		}
	}
}

// pay pays what a person was last asked to pay, as WeChat on their phone does.
func pay(w *world, p chatter) {
	w.Helper()
	switch person := p.(type) {
	case telegramPerson:
		w.must(w.platforms.Pay.ScanPay(codeOf(w, person), "oScanningPayer01"))
	case wechatPerson:
		payInWeChat(w, person)
	}
}

// everyone runs a story on both platforms, each in a world of its own.
func everyone(t *testing.T, replicas int, story func(w *world, p chatter)) {
	t.Helper()
	for _, platform := range []string{"telegram", "wechat"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, replicas)
			story(w, w.person(platform, 1))
		})
	}
}

func TestBookPayRemindCancelRefund(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		reachConfirm(w, p, paidDoctor)
		p.tap("确认预约")
		expect(w, p, "号已为您留到", "¥25")
		pay(w, p)
		w.settle()
		expect(w, p, "预约成功")

		w.clock.AdvanceTo(monday.Add(8 * time.Hour)) // 17:00: an hour before the reminder is due
		w.settle()
		expect(w, p, "预约成功")
		w.advance(time.Hour)
		expect(w, p, "明天")

		p.say("我的预约")
		p.say("1")
		p.tap("取消这个预约")
		expect(w, p, "退")
		p.say("确认取消")
		w.advance(time.Minute)
		w.advance(time.Minute)
		refunds := w.platforms.Pay.Refunds() // less than a day before, the seeded hospital keeps 5 yuan
		if len(refunds) != 1 || refunds[0].Amount != 2000 || refunds[0].Status != wechatpaytest.RefundSuccess {
			w.Fatalf("the refunds are %+v", refunds)
		}
		expect(w, p, "退")

		w.clock.AdvanceTo(monday.Add(24 * time.Hour)) // the reminder of two hours before must not come
		w.settle()
		if strings.Contains(p.last(), "2 小时") {
			w.Errorf("a cancelled visit was reminded of:\n%s", p.last())
		}
		only(w, booking.Cancelled)
	})
}

// only checks that there is one appointment, of that status.
func only(w *world, status booking.Status) {
	w.Helper()
	if got := w.statuses(); len(got) != 1 || got[0] != status {
		w.Errorf("the appointments are %v, want one that is %s", got, status)
	}
}

func TestTheReminderOfTwoHoursBefore(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		reachConfirm(w, p, paidDoctor)
		p.tap("确认预约")
		pay(w, p)
		w.settle()
		visit := w.visits()[0]
		w.clock.AdvanceTo(visit.Add(-2*time.Hour - time.Minute))
		w.settle()
		before := p.last()
		w.advance(time.Minute)
		if p.last() == before {
			w.Fatalf("no reminder came; the last message is:\n%s", before)
		}
		expect(w, p, paidDoctor)
	})
}

// Long after the last message WeChat allows only template messages.
func TestAReminderOutsideTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.wechat("oPatient0001")
	w.must(p.Subscribe())
	w.flush()
	p.say(paidDoctor)
	p.say("11月30日")
	p.say("1")
	if strings.Contains(p.last(), "请选择时段") {
		p.say("1")
	}
	addPatient(w, p)
	p.tap("确认预约")
	pay(w, p)
	w.settle()
	expect(w, p, "预约成功")
	w.clock.AdvanceTo(monday.AddDate(0, 0, 6).Add(9*time.Hour + time.Minute))
	w.settle()
	if m := p.Last(); m.Kind != "template" || m.Title != "就诊提醒" {
		t.Fatalf("the last message is %+v, want the reminder as a template message", m)
	}
	expect(w, p, "2026年11月30日", "心血管内科")
}
