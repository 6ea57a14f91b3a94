package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mysql"
)

// ahead lets n others have certain places of the dear doctor's clinic of tomorrow.
func ahead(w *world, n int) (list []booking.Visit) {
	w.Helper()
	db, err := mysql.Open(w.ctx, w.cfg.DSN)
	w.must(err)
	defer db.Close()
	store, slots := w.app().Booking, slotsOf(w, dearDoctor)
	for i := range n {
		p := bookingtest.Patient(w.T, store, booking.UserID(900+i), 900+i)
		v, err := store.Hold(w.ctx, booking.HoldRequest{Slot: slots[i/3].ID, Patient: p.ID, User: p.User, Account: booking.AccountID(900 + i), Key: fmt.Sprint("ahead", i)})
		w.must(err)
		w.must(mysql.InTx(w.ctx, db, func(tx *sqlx.Tx) error {
			_, err := store.ConfirmTx(w.ctx, tx, v.Appointment.ID, booking.ByPayment)
			return err
		}))
		list = append(list, v)
	}
	return list
}

// nurse calls the next patient of a clinic, and gives who.
func nurse(w *world, clinic booking.ScheduleID) booking.AppointmentID {
	w.Helper()
	room, err := w.app().Booking.QueueRoomOf(w.ctx, clinic)
	w.must(err)
	c := booking.Calling{By: 1, Schedule: clinic}
	if room.With != nil {
		c.Seen = room.With.Visit.Appointment.ID
	}
	id, err := w.app().Booking.CallNext(w.ctx, c)
	w.must(err)
	return id
}

// Whoever waits is told when three are ahead, once, whatever is restarted meanwhile, and when the turn has come; and who was called before the message
// could go out is not told that three are ahead.
func TestTheChatTellsOfTheTurn(t *testing.T) {
	t.Parallel()
	everyone(t, 2, func(w *world, p chatter) {
		others := ahead(w, 5)
		p.say(dearDoctor)
		p.say(tomorrow)
		p.say("2") // the first is full
		addSomeone(w, p, 1)
		p.tap("确认预约")
		pay(w, p)
		w.settle()
		clinic := others[0].Schedule.ID
		w.clock.AdvanceTo(time.Date(2026, 11, 24, 8, 20, 0, 0, time.FixedZone("CST", 8*3600)))
		w.settle()
		for _, v := range others {
			_, err := w.app().Booking.CheckIn(w.ctx, 1, v.Appointment.ID)
			w.must(err)
		}
		p.say("签到")
		expect(w, p, "签到成功", "前面还有 5 位")
		nurse(w, clinic)
		w.settle()
		if n := told(w, p, "快轮到您了"); n != 0 {
			w.Errorf("with four ahead it was told %d times", n)
		}
		w.advance(5 * time.Minute)
		nurse(w, clinic)
		w.restart()
		w.settle()
		expect(w, p, "快轮到您了：前面还有 3 位，约")
		w.advance(6 * time.Minute)
		nurse(w, clinic)
		w.settle()
		if n := told(w, p, "快轮到您了"); n != 1 {
			w.Errorf("told %d times that the turn is near", n)
		}
		p.say("前面几位")
		expect(w, p, "前面还有 2 位，约")
		for range 3 {
			w.advance(5 * time.Minute)
			nurse(w, clinic)
		}
		w.settle()
		expect(w, p, "轮到您了，请现在就诊")
		if last := p.last(); strings.Contains(last, bookingtest.NewPatient(1).Name) {
			w.Errorf("the notice names the patient: %s", last)
		}
	})
}
