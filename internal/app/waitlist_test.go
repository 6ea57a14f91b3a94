package app_test

import (
	"bytes"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/payments/wechatpay/wechatpaytest"
)

// dearDoctor sees patients on Tuesdays and Fridays for 100 yuan, and on Thursdays for 300.
const dearDoctor = "王建国"

// addSomeone answers the questions about a new patient, another one for each n.
func addSomeone(w *world, p chatter, n int) {
	w.Helper()
	expect(w, p, "就诊人是您的")
	person := bookingtest.NewPatient(n)
	for _, answer := range []string{"本人", person.Name, person.Number, person.Phone} {
		p.say(answer)
	}
	p.tap("保存")
}

// books lets the nth person book and pay a visit with the dear doctor.
func books(w *world, p chatter, n int, day string) {
	w.Helper()
	p.say(dearDoctor)
	p.say(day)
	p.say("1")
	addSomeone(w, p, n)
	p.tap("确认预约")
	expect(w, p, "号已为您留到")
	pay(w, p)
	w.settle()
	expect(w, p, "预约成功")
}

// joins lets the nth person wait for tomorrow's clinic of the dear doctor.
func joins(w *world, p chatter, n, place int) {
	w.Helper()
	p.say(dearDoctor)
	p.say(tomorrow)
	expect(w, p, "这一天已经约满")
	p.tap("候补：")
	expect(w, p, "想候补哪个范围", dearDoctor)
	p.say("1")
	addSomeone(w, p, n)
	expect(w, p, "候补不是预约")
	p.tap("加入候补")
	expect(w, p, "这还不是预约", fmt.Sprintf("排第 %d 位", place))
}

// cancels lets a person cancel their only visit.
func cancels(w *world, p chatter) {
	w.Helper()
	p.say("我的预约")
	p.say("1")
	p.tap("取消这个预约")
	p.say("确认取消")
	expect(w, p, "预约已取消")
	w.settle()
}

// fillTomorrow leaves the dear doctor no place tomorrow but those that are taken.
func fillTomorrow(w *world) {
	w.Helper()
	w.exec("UPDATE slots s JOIN appointments a ON a.schedule_id = s.schedule_id SET s.capacity = s.taken")
	w.exec("UPDATE schedules c JOIN appointments a ON a.schedule_id = c.id SET c.capacity = c.taken")
}

// waitingRoom is a full clinic: the first person has booked it, and two more wait for it.
func waitingRoom(t *testing.T, story func(w *world, first, second, third chatter)) {
	t.Helper()
	for _, platform := range []string{"telegram", "wechat"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 2)
			first, second, third := w.person(platform, 1), w.person(platform, 2), w.person(platform, 3)
			books(w, first, 1, tomorrow)
			fillTomorrow(w)
			joins(w, second, 2, 1)
			joins(w, third, 3, 2)
			story(w, first, second, third)
		})
	}
}

func TestWaitAcceptPay(t *testing.T) {
	t.Parallel()
	waitingRoom(t, func(w *world, first, second, third chatter) {
		cancels(w, first)
		expect(w, second, "候补有号了", "这个号现在还不是预约")
		if told(w, third, "候补有号了") != 0 {
			w.Error("the second in line was asked at the same time as the first")
		}
		second.tap("要这个号")
		expect(w, second, "号已为您留到", "¥100")
		pay(w, second)
		w.settle()
		expect(w, second, "预约成功")
		if got := w.statuses(); !slices.Equal(got, []booking.Status{booking.Cancelled, booking.Booked}) {
			w.Errorf("the appointments are %v", got)
		}
		second.say("我的候补")
		expect(w, second, "您现在没有候补")
		third.say("我的候补")
		expect(w, third, "排第 1 位")
	})
}

func TestWaitDeclineSilence(t *testing.T) {
	t.Parallel()
	waitingRoom(t, func(w *world, first, second, third chatter) {
		cancels(w, first)
		second.tap("不要这个号")
		expect(w, second, "让给下一位")
		w.settle()
		expect(w, third, "候补有号了")
		second.say("要这个号") // too late: it is somebody else's
		expect(w, second, "没有等您答复")
		w.advance(7 * time.Hour) // a quarter of the time left is over
		expect(w, third, "已让给下一位", "退出这次候补")
		if got := w.statuses(); !slices.Equal(got, []booking.Status{booking.Cancelled, booking.Cancelled, booking.Expired}) {
			w.Errorf("the appointments are %v", got)
		}
		var offers []int64
		w.query(&offers, "SELECT appointment_id FROM waitlist_offers ORDER BY id")
		third.say(fmt.Sprintf("/take %d", offers[1])) // the button of the old notice
		expect(w, third, "保留时间已经过了")
		third.say(fmt.Sprintf("/take %d", offers[0]))
		expect(w, third, "这不是您名下的记录")
		if told(w, second, "候补有号了") > 1 || told(w, third, "候补有号了") > 1 { // on Telegram the one that was answered is edited
			w.Error("somebody was asked twice")
		}
	})
}

func TestWaitInVainAndLeave(t *testing.T) {
	t.Parallel()
	waitingRoom(t, func(w *world, _, second, third chatter) {
		second.say("我的候补")
		second.say("1")
		second.tap("退出候补")
		second.say("确认退出")
		expect(w, second, "已退出候补")
		w.clock.AdvanceTo(monday.Add(11 * time.Hour)) // 20:00
		w.settle()
		expect(w, third, "候补结束")
		if strings.Contains(second.last(), "候补结束") {
			w.Error("who had left was told that the wait has ended")
		}
	})
}

// moves lets a person change their only visit to the first place of another day.
func moves(w *world, p chatter, day string, parts ...string) {
	w.Helper()
	p.say("我的预约")
	p.say("1")
	p.tap("改约")
	expect(w, p, "原来的预约先给您留着")
	p.say(day)
	p.say("1")
	expect(w, p, append(parts, "要改约吗")...)
	p.say("确认改约")
}

func TestMoveToADearerAndACheaperVisit(t *testing.T) {
	t.Parallel()
	everyone(t, 2, func(w *world, p chatter) {
		books(w, p, 1, tomorrow)
		moves(w, p, "周四", "贵 ¥200")
		expect(w, p, "¥200", "原来的预约不变")
		if got := w.statuses(); !slices.Equal(got, []booking.Status{booking.Booked, booking.Held}) {
			w.Errorf("before the difference is paid the appointments are %v", got)
		}
		pay(w, p)
		w.settle()
		expect(w, p, "改约成功")
		if got := w.statuses(); !slices.Equal(got, []booking.Status{booking.Cancelled, booking.Booked}) {
			w.Errorf("after it the appointments are %v", got)
		}
		bothReceipts(w, p)
		moves(w, p, "周五", "便宜 ¥200")
		expect(w, p, "改约成功", "差价 ¥200")
		w.advance(time.Minute)
		w.advance(time.Minute)
		if got := moneyBack(w); got != 20000 {
			w.Errorf("%d fen went back, want 20000", got)
		}
		cancels(w, p) // early enough for all of it
		w.advance(time.Minute)
		w.advance(time.Minute)
		if got := moneyBack(w); got != 30000 {
			w.Errorf("in all %d fen went back of 30000", got)
		}
	})
}

// bothReceipts asks for the receipt of a visit that was paid in two: both are in the picture, one below the other.
func bothReceipts(w *world, p chatter) {
	w.Helper()
	p.say("我的预约")
	p.say("1")
	p.tap("收据")
	picture, err := png.Decode(bytes.NewReader(w.file(p, "收据")))
	if err != nil || picture.Bounds().Dy() < 2*900 {
		w.Errorf("the picture of two receipts: %v, %v", picture.Bounds(), err)
	}
	var numbers []int64
	w.query(&numbers, "SELECT number FROM receipts ORDER BY number")
	if len(numbers) != 2 {
		w.Errorf("the receipts are %v", numbers)
	}
}

func TestMoveThatIsNotPaid(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		books(w, p, 1, tomorrow)
		moves(w, p, "周四", "贵 ¥200")
		w.advance(17 * time.Minute)
		expect(w, p, "改约没有成立", "原来的预约不变")
		if got := w.statuses(); !slices.Equal(got, []booking.Status{booking.Booked, booking.Expired}) {
			w.Errorf("the appointments are %v", got)
		}
		w.clock.AdvanceTo(monday.Add(9 * time.Hour)) // the reminder of the visit that is still there
		w.settle()
		expect(w, p, "就诊提醒")
	})
}

// moneyBack sums what WeChat Pay has given back, in fen.
func moneyBack(w *world) (sum int64) {
	for _, r := range w.platforms.Pay.Refunds() {
		if r.Status == wechatpaytest.RefundSuccess {
			sum += int64(r.Amount)
		}
	}
	return sum
}
