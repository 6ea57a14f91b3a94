package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"guahao/booking"
	"guahao/internal/staff"
)

// TestCashierTakesAndHandsOut: a patient chooses to pay at the hospital; the cashier takes the fee, and later gives it back.
func TestCashierTakesAndHandsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.app.Booking.Policy(w.ctx, 1)
	w.must(err)
	p.PayAtDesk = true
	_, err = w.app.Booking.SetPolicy(w.ctx, 1, p)
	w.must(err)
	patient, account := w.patient("赵玉兰")
	slot := w.slots(1, booking.DateOf(morning, morning.Location()))[0]
	v, err := w.app.Booking.Hold(w.ctx, booking.HoldRequest{Slot: slot.ID, Patient: patient.ID, User: patient.User, Account: account, Key: "hold"})
	w.must(err)
	id := v.Appointment.ID
	w.must(w.app.Booking.PayAtDesk(w.ctx, patient.User, id))
	var order string
	w.must(w.db.Get(&order, "SELECT out_trade_no FROM charges WHERE provider = 'desk'"))
	path := "/console/payments/" + order

	b := w.as("cashier", staff.Grant{Role: staff.Cashier, Hospital: 1})
	b.get(fmt.Sprintf("/console/payments/appointment:%d", id)).says(t, "收费窗口", "收到现金")
	elsewhere := w.as("else", staff.Grant{Role: staff.Cashier, Hospital: 2})
	if a := elsewhere.post(path + "/take"); a.status != http.StatusNotFound {
		t.Errorf("another hospital's cashier takes it: %d", a.status)
	}
	b.post(path+"/take").says(t, "已收 "+"¥"+v.Appointment.Fee.String(), "已支付")
	b.post(path+"/take").says(t, "现在没有要收或要退的")
	if row := w.written("payment:" + order); row.Action != "payment.desk" || !strings.Contains(string(row.After), "测试cashier") {
		t.Errorf("written is %+v", row)
	}
	if v, err = w.app.Booking.Visit(w.ctx, id); err != nil || !v.Paid {
		t.Errorf("the visit is not paid: %v", err)
	}
	_, refund, err := w.app.Booking.CancelByStaff(w.ctx, booking.StaffCancel{Appointment: id, Refund: booking.GiveAll, Key: "k"})
	w.must(err)
	if refund != v.Appointment.Fee {
		t.Errorf("%s is given back", refund)
	}
	w.must(w.app.Payments.Work(w.ctx))
	var number string
	w.must(w.db.Get(&number, "SELECT out_refund_no FROM refunds"))
	b.get(path).says(t, "已退给患者")
	b.post(path+"/hand_out", "refund", number).says(t, "请再输入一次密码")
	b.post(path+"/hand_out", "refund", number, "confirm_password", password).says(t, "已退 ", "已到账")
	b.post(path+"/hand_out", "refund", number).says(t, "现在没有要收或要退的")
	if row := w.written("payment:" + order); row.Action != "payment.hand_out" {
		t.Errorf("written is %+v", row)
	}
	b.get("/console/today").says(t, "退款")
}
