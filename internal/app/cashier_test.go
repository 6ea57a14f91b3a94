package app_test

import (
	"testing"
	"time"

	"guahao/booking"
	"guahao/payments"
)

// letPayAtDesk lets patients choose to pay at the hospital.
func letPayAtDesk(w *world) {
	w.Helper()
	rules, err := w.app().Booking.Policy(w.ctx, 1)
	w.must(err)
	rules.PayAtDesk = true
	_, err = w.app().Booking.SetPolicy(w.ctx, 1, rules)
	w.must(err)
}

// Booked in chat, paid to the cashier, cancelled in chat, and given back by the cashier.
func TestPayingAtTheHospital(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		letPayAtDesk(w)
		toPay(w, p)
		p.tap("到医院再交费")
		expect(w, p, "预约成功", "收费窗口", "到院支付")
		only(w, booking.Booked)
		w.advance(time.Minute)
		for _, o := range w.platforms.Pay.Orders() {
			if o.State != "CLOSED" {
				t.Errorf("the order for the online payment is %s", o.State)
			}
		}
		waiting, err := w.app().AtDesk(w.ctx, 1, 10)
		w.must(err)
		if len(waiting) != 1 || waiting[0].Amount != 2500 {
			t.Fatalf("at the desk wait %+v", waiting)
		}
		if others, err := w.app().AtDesk(w.ctx, 2, 10); err != nil || len(others) > 0 {
			t.Errorf("another hospital's cashier sees %+v, %v", others, err)
		}
		_, err = w.app().Payments.SettleAtDesk(w.ctx, waiting[0].OutTradeNo, "会计李")
		w.must(err)
		visit := w.visit()
		if !visit.Paid || visit.Appointment.Status != booking.Booked {
			t.Errorf("the visit is %s, paid %t", visit.Appointment.Status, visit.Paid)
		}
		wantBooks(w)
		cancel(w, p)
		w.settle()
		done, err := w.app().Payments.SettleAtDesk(w.ctx, waiting[0].OutTradeNo, "会计李")
		w.must(err)
		if done.Refund.Amount == 0 {
			t.Errorf("nothing was handed out: %+v", done)
		}
		w.settle()
		if told(w, p, "到医院收费窗口领取") == 0 || told(w, p, "已在医院收费窗口领取") == 0 || told(w, p, "原路退回") > 0 {
			t.Errorf("the patient was not told where the money is:\n%s", p.last())
		}
		if got := inAccount(w, payments.DeskCash); got != 2500-done.Refund.Amount {
			t.Errorf("the desk holds %s yuan", got)
		}
		wantBooks(w)
	})
}

// A patient who will pay at the hospital cancels before: nothing was paid, and nothing waits at the desk any more.
func TestCancellingBeforePayingAtTheHospital(t *testing.T) {
	t.Parallel()
	everyone(t, 1, func(w *world, p chatter) {
		letPayAtDesk(w)
		toPay(w, p)
		p.tap("到医院再交费")
		cancel(w, p)
		w.settle()
		if waiting, err := w.app().AtDesk(w.ctx, 0, 10); err != nil || len(waiting) > 0 {
			t.Errorf("at the desk wait %+v, %v", waiting, err)
		}
		wantBooks(w)
	})
}

// The code is paid just when the patient chooses the desk: the payment counts, and the cashier takes nothing.
func TestPaidOnlineAfterChoosingTheDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	letPayAtDesk(w)
	p := w.telegram(1)
	toPay(w, p)
	w.platforms.Pay.Faults.PayBetweenQueryAndClose("oScanningPayer01", 1)
	p.tap("到医院再交费")
	w.advance(time.Minute)
	w.settle()
	only(w, booking.Booked)
	if waiting, err := w.app().AtDesk(w.ctx, 0, 10); err != nil || len(waiting) > 0 {
		t.Errorf("at the desk wait %+v, %v", waiting, err)
	}
	if refunds := w.platforms.Pay.Refunds(); len(refunds) > 0 {
		t.Errorf("there are refunds: %+v", refunds)
	}
	if !w.visit().Paid {
		t.Error("the visit is not paid")
	}
	cancel(w, p)
	for range 3 {
		w.advance(time.Minute)
	}
	if refunds := w.platforms.Pay.Refunds(); len(refunds) != 1 {
		t.Errorf("there are refunds: %+v", refunds)
	}
	wantBooks(w)
}

// Where the rules do not allow it, nobody is asked.
func TestPayingAtTheHospitalIsNotForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.telegram(1)
	toPay(w, p)
	p.say("到医院再交费")
	only(w, booking.Held)
	var ids []booking.AppointmentID
	w.query(&ids, "SELECT id FROM appointments")
	if err := w.app().Booking.PayAtDesk(w.ctx, w.visit().Appointment.User, ids[0]); !booking.IsRefusal(err) {
		t.Errorf("the rules do not allow it, but: %v", err)
	}
}

func (w *world) visit() booking.Visit {
	w.Helper()
	var ids []booking.AppointmentID
	w.query(&ids, "SELECT id FROM appointments ORDER BY id DESC LIMIT 1")
	v, err := w.app().Booking.Visit(w.ctx, ids[0])
	w.must(err)
	return v
}

func inAccount(w *world, account payments.Account) (sum payments.Fen) {
	w.Helper()
	balances, err := w.app().Payments.Balances(w.ctx)
	w.must(err)
	for _, b := range balances {
		if b.Account == account {
			sum += b.Amount
		}
	}
	return sum
}
