package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/payments/wechatpay/wechatpaytest"
)

// toPay takes a person to the point where they are asked to pay.
func toPay(w *world, p chatter) {
	w.Helper()
	reachConfirm(w, p, paidDoctor)
	p.tap("确认预约")
	expect(w, p, "号已为您留到")
}

// bookedOnce checks that the patient has paid once, is booked once and was told once.
func bookedOnce(w *world, p chatter) {
	w.Helper()
	only(w, booking.Booked)
	if n := told(w, p, "预约成功"); n != 1 {
		w.Errorf("the patient was told of the booking %d times", n)
	}
	if refunds := w.platforms.Pay.Refunds(); len(refunds) != 0 {
		w.Errorf("there are refunds: %+v", refunds)
	}
}

func TestALostNoticeIsFoundByTheQuery(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		w.platforms.Pay.Faults.LoseNotice(-1)
		pay(w, p)
		w.settle()
		w.advance(time.Minute)
		bookedOnce(w, p)
	})
}

// Whoever says that they have paid is not told to wait for a notice that is lost: the provider is asked at once.
func TestIHavePaidAsksTheProvider(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		w.platforms.Pay.Faults.LoseNotice(-1)
		p.tap("我已支付")
		expect(w, p, "还没有收到支付结果", "我已支付")
		only(w, booking.Held)
		pay(w, p)
		p.tap("我已支付") // too soon after the last question
		expect(w, p, "还没有收到支付结果")
		only(w, booking.Held)
		w.advance(5 * time.Second)
		p.tap("我已支付")
		expect(w, p, "已收到付款", "我的预约")
		only(w, booking.Booked)
		w.settle()
		bookedOnce(w, p)
	})
}

func TestARepeatedNoticeBooksOnce(t *testing.T) {
	t.Parallel()
	everyone(t, 2, func(w *world, p chatter) {
		toPay(w, p)
		w.platforms.Pay.Faults.RepeatNotice(1)
		pay(w, p)
		w.settle()
		w.settle()
		bookedOnce(w, p)
	})
}

func TestForgedNoticesConfirmNothing(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		w.prepay(p)
		number := w.platforms.Pay.Orders()[0].OutTradeNo
		for _, kind := range wechatpaytest.Unauthentic() {
			status, err := w.platforms.Pay.Forge(w.ctx, kind, number)
			if err != nil || status < 400 || status >= 500 {
				w.Errorf("a notice %s was answered %d (%v), want 4xx", kind, status, err)
			}
		}
		for _, kind := range wechatpaytest.Contradictions() {
			if _, err := w.platforms.Pay.Forge(w.ctx, kind, number); err != nil {
				w.Errorf("a notice %s: %v", kind, err)
			}
		}
		w.settle()
		only(w, booking.Held)
		pay(w, p) // and the real one still does
		w.settle()
		bookedOnce(w, p)
	})
}

// payUnheard pays in time and lets the hold run out, because the notice is late and WeChat Pay does not answer.
func payUnheard(w *world, p chatter) {
	w.Helper()
	faults := w.platforms.Pay.Faults
	faults.DelayNotice(1, 30*time.Minute)
	faults.Respond(wechatpaytest.Query, http.StatusInternalServerError, "SYSTEM_ERROR", -1)
	faults.Respond(wechatpaytest.Close, http.StatusInternalServerError, "SYSTEM_ERROR", -1)
	w.outage = true
	pay(w, p)
	w.advance(20 * time.Minute)
}

// A notice that comes after the hold has run out gets the same place again while it is free.
func TestALateNoticeStillBooksWhileThePlaceIsFree(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		payUnheard(w, p)
		only(w, booking.Expired)
		w.outage = false
		w.platforms.Pay.Faults.Clear()
		w.advance(15 * time.Minute)
		bookedOnce(w, p)
	})
}

// A notice that comes when somebody else has the place sends the money back.
func TestALateNoticeIsRefundedWhenThePlaceIsGone(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		payUnheard(w, p)
		only(w, booking.Expired)
		w.sellOut()
		w.outage = false
		w.platforms.Pay.Faults.Clear()
		w.advance(15 * time.Minute)
		w.advance(time.Minute)
		w.advance(time.Minute)
		if refunds := w.platforms.Pay.Refunds(); len(refunds) != 1 || refunds[0].Amount != 2500 {
			w.Errorf("the refunds are %+v, want one of 2500 fen", refunds)
		}
		if told(w, p, "预约成功") != 0 {
			w.Error("a booking was confirmed whose place is gone")
		}
		if told(w, p, "很抱歉") != 1 || told(w, p, "附近还有这些号：\n· ") != 1 {
			w.Errorf("the patient was not told of the refund, with an apology and other places:\n%s", strings.Join(p.heard(), "\n---\n"))
		}
	})
}

// A patient who gives the place back with the payment sheet open, and pays then, gets the money back and is told why.
func TestAPaymentAfterThePlaceWasGivenBack(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		w.prepay(p)
		faults := w.platforms.Pay.Faults
		faults.DelayNotice(1, 5*time.Minute)
		pay(w, p)
		faults.Respond(wechatpaytest.Close, http.StatusInternalServerError, "SYSTEM_ERROR", -1)
		faults.Respond(wechatpaytest.Query, http.StatusInternalServerError, "SYSTEM_ERROR", -1)
		w.outage = true
		p.tap("放弃这个号")
		if strings.Contains(p.last(), "确认放弃") {
			p.say("确认放弃")
		}
		only(w, booking.Cancelled)
		faults.Clear()
		w.outage = false
		for range 8 {
			w.advance(time.Minute)
		}
		only(w, booking.Cancelled)
		if refunds := w.platforms.Pay.Refunds(); len(refunds) != 1 || refunds[0].Amount != 2500 {
			w.Errorf("the refunds are %+v, want one of 2500 fen", refunds)
		}
		if told(w, p, "这个号已放弃或取消") != 1 || told(w, p, "约完") != 0 {
			w.Errorf("the patient was not told why:\n%s", strings.Join(p.heard(), "\n---\n"))
		}
	})
}

func TestAnUnpaidHoldIsGivenBack(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		toPay(w, p)
		w.prepay(p)
		w.advance(14 * time.Minute)
		only(w, booking.Held)
		w.advance(3 * time.Minute)
		w.advance(time.Minute)
		only(w, booking.Expired)
		if state := w.platforms.Pay.Orders()[0].State; state != wechatpaytest.Closed {
			w.Errorf("the order is %s, want it closed", state)
		}
		p.say("好的")
		expect(w, p, "号")
	})
}
