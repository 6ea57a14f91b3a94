package app_test

import (
	"testing"

	"guahao/booking"
)

// With two replicas behind a balancer, each update of one patient meets another one than the update before.
func TestOnePatientOverTwoReplicas(t *testing.T) {
	t.Parallel()
	everyone(t, 2, func(w *world, p chatter) {
		toPay(w, p)
		pay(w, p)
		w.settle()
		bookedOnce(w, p)
	})
}

func TestARestartInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		reachConfirm(w, p, paidDoctor)
		w.restart()
		p.tap("确认预约")
		expect(w, p, "号已为您留到")
		w.restart()
		pay(w, p)
		w.restart()
		w.settle()
		bookedOnce(w, p)
	})
}

// Telegram delivers again when the acknowledgement of an update is lost: one effect, one answer.
func TestARepeatedUpdateInTelegram(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.telegram(1001)
	reachConfirm(w, p, paidDoctor)
	before := len(p.heard())
	w.platforms.Telegram.Faults.LoseAcknowledgement(3)
	p.tap("确认预约")
	expect(w, p, "号已为您留到")
	only(w, booking.Held)
	if n := len(p.heard()) - before; n != 1 { // the photo with the code; the card was edited
		w.Errorf("%d messages came for one press", n)
	}
}

// WeChat sends a message three times when it does not get the reply: one effect, and the third reply is the first.
func TestARepeatedMessageInWeChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.wechat("oPatient0001")
	w.must(p.Subscribe())
	w.flush()
	reachConfirm(w, p, paidDoctor)
	w.platforms.WeChat.Faults.LoseReply(2)
	p.tap("确认预约")
	expect(w, p, "号已为您留到")
	only(w, booking.Held)
}
