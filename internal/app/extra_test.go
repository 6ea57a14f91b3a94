package app_test

import (
	"slices"
	"testing"

	"guahao/booking"
)

// A place that staff added (加号) is told to the patient's chat, and paid there.
func TestAPlaceThatStaffAdd(t *testing.T) {
	t.Parallel()
	waitingRoom(t, func(w *world, _, second, _ chatter) {
		var who []struct {
			Patient booking.PatientID `db:"patient_id"`
			Account booking.AccountID `db:"account_id"`
		}
		var half []booking.ScheduleID
		w.query(&who, "SELECT patient_id, account_id FROM waitlist_entries ORDER BY id LIMIT 1")
		w.query(&half, "SELECT schedule_id FROM appointments ORDER BY id LIMIT 1")
		_, err := w.app().Booking.Overbook(w.ctx, booking.ExtraRequest{Staff: 1, Schedule: half[0], Patient: who[0].Patient, Account: who[0].Account, Key: "extra"})
		w.must(err)
		w.settle()
		expect(w, second, "医院为您加了一个号", "加1", "¥100")
		second.tap("我的预约")
		second.say("1")
		second.tap("去支付")
		pay(w, second)
		w.settle()
		expect(w, second, "预约成功", "加1")
		if got := w.statuses(); !slices.Equal(got, []booking.Status{booking.Booked, booking.Booked}) {
			w.Errorf("the appointments are %v", got)
		}
	})
}
