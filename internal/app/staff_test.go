package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/bots"
	"guahao/internal/money"
	"guahao/internal/staff"
	"guahao/payments/wechatpay/wechatpaytest"
)

const crowd = 200

// bindStaff makes a person a member of staff by the code that the command line prints.
func bindStaff(w *world, p chatter) {
	w.Helper()
	_, code, _, err := w.app().Staff.Add(w.ctx, staff.NewMember{Name: "前台", Grants: []staff.Grant{{Role: staff.Scheduler}, {Role: staff.Cashier}}})
	w.must(err)
	p.say(code)
	expect(w, p, "绑定成功")
}

// fill lets 200 people, half of them on each platform, take the slots one after the other.
func fill(w *world, slots []booking.Slot) (people []chatter) {
	w.Helper()
	a := w.app()
	for n := range crowd {
		platform := []string{"telegram", "wechat"}[n%2]
		p := w.person(platform, n)
		p.say("/start")
		people = append(people, p)
		account, err := a.Accounts.Find(w.ctx, bots.Platform(platform), externalID(p))
		w.must(err)
		patient, err := a.Booking.AddPatient(w.ctx, booking.UserID(account.User), booking.NewPatient{
			Name: "测试甲", Document: booking.Passport, Number: fmt.Sprintf("E%08d", n), Phone: somebody.phone,
			BirthDate: "1990-01-01", Sex: booking.Female, Relation: booking.Self,
		}, "patient")
		w.must(err)
		for slots[0].Free() == 0 {
			slots = slots[1:]
		}
		_, err = a.Booking.Hold(w.ctx, booking.HoldRequest{
			Slot: slots[0].ID, Patient: patient.ID, User: booking.UserID(account.User), Account: booking.AccountID(account.ID), Key: "hold",
		})
		w.must(err)
		slots[0].Taken++
	}
	return people
}

func externalID(p chatter) string {
	switch p := p.(type) {
	case telegramPerson:
		return fmt.Sprint(p.ID)
	case wechatPerson:
		return p.OpenID
	}
	return ""
}

// bigClinic opens an extra half-day of a doctor that has a place for everybody.
func bigClinic(w *world, doctorName string, fee money.Fen) []booking.Slot {
	w.Helper()
	store := w.app().Booking
	schedule, err := store.AddSchedule(w.ctx, bookingtest.Called(w, store, doctorName).Doctor, booking.DateOf(monday, monday.Location()).Add(2), booking.Session{
		Period: booking.Evening, Kind: booking.General, Fee: fee, Room: "大厅", StartMinute: 18 * 60, SlotMinutes: 30, Slots: 5, PerSlot: crowd / 5,
	})
	w.must(err)
	slots, err := store.Slots(w.ctx, schedule.ID)
	w.must(err)
	return slots
}

// await moves the clock in small steps until somebody was told something.
func await(w *world, p chatter, what string) {
	w.Helper()
	for range 60 {
		if told(w, p, what) > 0 {
			return
		}
		w.advance(10 * time.Second)
	}
	w.Fatalf("nothing about %q came; the last message is:\n%s", what, p.last())
}

func TestABroadcastReachesEverybodyOnceAndIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	people := fill(w, bigClinic(w, freeDoctor, 0))
	people[0].(telegramPerson).Block()
	w.flush()
	staff := w.telegram(9)
	bindStaff(w, staff)
	staff.say("/broadcast")
	staff.tap("梧桐里")
	staff.tap("全院")
	if strings.Contains(staff.last(), "全科医生") {
		staff.tap("全科医生")
	}
	staff.tap("全部日期")
	const text = "明天上午请从东门进院，西门施工。"
	staff.say(text)
	expect(w, staff, text, fmt.Sprintf("共 %d 人", crowd))
	for _, whom := range []string{"用英文的人", "特需门诊的患者"} {
		staff.tap("调整范围")
		staff.tap(whom)
		expect(w, staff, "现在没有人会收到")
		staff.tap("返回")
		staff.tap("返回")
	}
	staff.say("明天 23:00")
	expect(w, staff, "夜间不发")
	staff.tap("定时发送")
	staff.tap("夜间也照发")
	expect(w, staff, "23:00 开始")
	staff.tap("定时发送")
	staff.tap("马上发")
	expect(w, staff, fmt.Sprintf("共 %d 人，约", crowd))
	staff.say("确认发送")
	await(w, staff, "群发完成")
	expect(w, staff, fmt.Sprint(crowd-1))
	for n, p := range people {
		want := 1
		if n == 0 {
			want = 0
		}
		if got := told(w, p, text); got != want {
			t.Errorf("person %d got it %d times, want %d", n, got, want)
		}
	}
}

func TestAStoppedClinicIsRefundedAndEverybodyTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	people := fill(w, bigClinic(w, paidDoctor, 2500))
	const paid = 40 // the others still have to pay when the clinic is stopped
	payAll(w, paid)
	w.settle()
	refundAtOnce(w, paidDoctor)
	staff := w.wechat("oStaff000000000000001")
	w.must(staff.Subscribe())
	w.flush()
	bindStaff(w, staff)
	staff.say("停诊")
	staff.say(paidDoctor)
	staff.tap(fmt.Sprintf("%d 人", crowd))
	staff.say("医生临时手术")
	expect(w, staff, fmt.Sprintf("已约：%d 人", crowd))
	staff.say("确认停诊")
	expect(w, staff, fmt.Sprintf("%d 位患者正在收到通知", crowd))
	for round := range 30 {
		if round == 1 {
			w.restart() // in the middle of the refunds
		}
		w.advance(10 * time.Second)
		if done := refunded(w); done == paid {
			break
		}
	}
	if done := refunded(w); done != paid {
		t.Errorf("%d of %d payments were refunded", done, paid)
	}
	for n, p := range people {
		if got := told(w, p, "医生临时手术"); got != 1 {
			t.Errorf("person %d was told %d times", n, got)
		}
	}
	for _, status := range w.statuses() {
		if status != booking.Cancelled {
			t.Fatalf("an appointment of the stopped clinic is %s", status)
		}
	}
}

// payAll pays the first n charges as WeChat on the patients' phones does.
func payAll(w *world, n int) {
	w.Helper()
	var tokens []string
	w.query(&tokens, "SELECT token FROM charges ORDER BY id LIMIT ?", n)
	for _, token := range tokens {
		code, err := w.app().Payments.CodeURL(w.ctx, token)
		w.must(err)
		w.must(w.platforms.Pay.ScanPay(code, "oScanningPayer01"))
	}
}

// refunded counts the refunds that are complete and of the whole fee.
func refunded(w *world) (n int) {
	for _, r := range w.platforms.Pay.Refunds() {
		if r.Status == wechatpaytest.RefundSuccess && r.Amount == 2500 {
			n++
		}
	}
	return n
}
