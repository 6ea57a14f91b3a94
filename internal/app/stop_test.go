package app_test

import (
	"fmt"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/bots"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/payments/wechatpay/wechatpaytest"
)

// A stop that was cut short is finished by the jobs, with the refund and the notice that belong to it.
func TestAStopThatWasCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.person("wechat", 1)
	toPay(w, p)
	pay(w, p)
	w.settle()
	refundAtOnce(w, paidDoctor)
	w.exec("UPDATE schedules SET status = 'stopped', stop_note = '医生临时手术' WHERE id = (SELECT schedule_id FROM appointments)")
	w.advance(time.Minute)
	w.advance(time.Minute)
	only(w, booking.Cancelled)
	if n := told(w, p, "医生临时手术"); n != 1 || refunded(w) != 1 {
		t.Errorf("told %d times, refunded %d times; the last message is:\n%s", n, refunded(w), p.last())
	}
}

// refundAtOnce lets a doctor's hospital offer no other places when a clinic is stopped.
func refundAtOnce(w *world, doctorName string) {
	w.Helper()
	hospital := bookingtest.Called(w, w.app().Booking, doctorName).Hospital
	rules, err := w.app().Booking.Policy(w.ctx, hospital)
	w.must(err)
	rules.StopRefundsAtOnce = true
	_, err = w.app().Booking.SetPolicy(w.ctx, hospital, rules)
	w.must(err)
}

// stopWorld is the dear doctor's clinic of tomorrow morning with paid visits of six people, and a colleague of the same title beside it.
type stopWorld struct {
	*world
	people []chatter
	clinic booking.ScheduleID
	visits []booking.Visit
}

func newStopWorld(t *testing.T) *stopWorld {
	t.Helper()
	w := &stopWorld{world: newWorld(t, 2)}
	store := w.app().Booking
	doctor := bookingtest.Called(w, store, dearDoctor).Doctor
	colleague := bookingtest.Colleague(w, mariadbtest.Open(t, w.cfg.DSN), store, doctor, booking.Text{ZH: "周明远", EN: "Mingyuan Zhou"})
	_, err := store.AddSchedule(w.ctx, colleague, booking.DateOf(monday, monday.Location()).Add(1), booking.Session{
		Period: booking.Morning, Kind: booking.Expert, Fee: 8000, Room: "7", StartMinute: 9 * 60, SlotMinutes: 30, Slots: 5, PerSlot: 2,
	})
	w.must(err)
	slots := slotsOf(w.world, dearDoctor)
	w.clinic = slots[0].Schedule
	for n, platform := range []string{"telegram", "wechat", "telegram", "wechat", "telegram", "telegram"} {
		p := w.person(platform, n)
		p.say("/start")
		w.people = append(w.people, p)
		account, err := w.app().Accounts.Find(w.ctx, bots.Platform(platform), externalID(p))
		w.must(err)
		patient := bookingtest.Patient(w, store, booking.UserID(account.User), n)
		v, err := store.Hold(w.ctx, booking.HoldRequest{
			Slot: slots[n/2].ID, Patient: patient.ID, User: patient.User, Account: booking.AccountID(account.ID), Key: "hold",
		})
		w.must(err)
		w.visits = append(w.visits, v)
	}
	payAll(w.world, len(w.people))
	w.settle()
	return w
}

// outcome is how the nth person's case stands.
func (w *stopWorld) outcome(n int) booking.StopCase {
	w.Helper()
	k, err := w.app().Booking.StopCaseOf(w.ctx, w.visits[n].Appointment.ID)
	w.must(err)
	return k
}

// back is what was given back so far, over all payments.
func (w *stopWorld) back() (total int64) {
	for _, r := range w.platforms.Pay.Refunds() {
		if r.Status == wechatpaytest.RefundSuccess {
			total += int64(r.Amount)
		}
	}
	return total
}

// A secretary stops a clinic in the chat. Everybody is told on their own channel, or on the other that is theirs, and offered another doctor, another
// day or their money; she sees who has chosen what, and whom to phone. The program is replaced in the middle.
func TestAStoppedClinicOffersOtherPlaces(t *testing.T) {
	t.Parallel()
	w := newStopWorld(t)
	linked := w.person("wechat", 20)
	linked.say("/start")
	w.exec("UPDATE chat_accounts a JOIN chat_accounts b ON b.external_id = ? SET a.user_id = b.user_id WHERE a.external_id = ?",
		externalID(w.people[4]), externalID(linked))
	for _, n := range []int{4, 5} {
		w.people[n].(telegramPerson).Block()
	}
	w.flush()
	secretary := w.telegram(9)
	bindStaff(w.world, secretary)
	secretary.say("停诊")
	secretary.say(dearDoctor)
	secretary.tap("6 人")
	secretary.say("医生临时手术")
	secretary.say("确认停诊")
	expect(w.world, secretary, "6 位患者正在收到通知")
	w.restart()
	await(w.world, secretary, "已通知 5/6")
	for n, p := range []chatter{w.people[0], w.people[1], w.people[2], w.people[3], linked} {
		if told(w.world, p, "医生临时手术") != 1 {
			t.Errorf("person %d was told %d times; the last message is:\n%s", n, told(w.world, p, "医生临时手术"), p.last())
		}
	}
	if k := w.outcome(5); k.Told != booking.ToldPhone || k.State != booking.CaseOffered {
		t.Errorf("who has blocked the bot is %+v", k)
	}
	w.people[0].tap("周明远")
	expect(w.world, w.people[0], "已为您改约", "差价 ¥20")
	w.people[1].tap("改到")
	expect(w.world, w.people[1], "已为您改约")
	w.people[2].tap("不改了")
	w.people[2].say("确认退掉")
	expect(w.world, w.people[2], "¥100")
	w.people[2].say("我的预约")
	w.settle()
	secretary.say("/stops")
	secretary.tap(dearDoctor)
	expect(w.world, secretary, "已通知 5/6", "需电话联系：1 人", "还没选择：3 人", "已改约：2 人", "选择退款：1 人")
	for range 30 {
		w.advance(time.Hour)
	}
	for n, want := range []booking.Outcome{
		booking.OutcomeMoved, booking.OutcomeMoved, booking.OutcomeRefund, booking.OutcomeSilence, booking.OutcomeSilence, booking.OutcomeSilence,
	} {
		if k := w.outcome(n); k.Outcome != want {
			t.Errorf("person %d: %q, want %q", n, k.Outcome, want)
		}
	}
	if told(w.world, w.people[3], "您没有选其他号") != 1 || w.back() != 2000+4*10000 {
		t.Errorf("%d fen went back; the last message to who was silent is:\n%s", w.back(), w.people[3].last())
	}
	for n, p := range w.people {
		if told(w.world, p, "医生临时手术") > 1 || told(w.world, p, "就诊提醒") > 0 && n > 1 {
			t.Errorf("person %d was told twice, or reminded of what does not take place", n)
		}
	}
	w.people[3].say("/switch " + fmt.Sprint(w.visits[3].Appointment.ID))
	expect(w.world, w.people[3], "没有找到")
}
