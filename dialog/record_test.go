package dialog_test

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
)

// miss lets the person's first patient miss a visit; it is an hour after the half-day then.
func (s *script) miss(words []string) {
	s.t.Helper()
	ctx, user := context.Background(), booking.UserID(s.who.account.User)
	patients, err := s.w.bookings.Patients(ctx, user)
	s.w.check(err)
	slots, err := s.w.bookings.Slots(ctx, s.schedule(words[0], words[1]).ID)
	s.w.check(err)
	v, err := s.w.bookings.Hold(ctx, booking.HoldRequest{
		Slot: slots[0].ID, Patient: patients[0].ID, User: user, Account: booking.AccountID(s.who.account.ID), Key: fmt.Sprint("missed:", words[1]),
	})
	s.w.check(err)
	s.w.tx(func(tx *sqlx.Tx) error {
		_, err := s.w.bookings.ConfirmTx(ctx, tx, v.Appointment.ID, booking.ByPayment)
		return err
	})
	s.w.forward(slots[len(slots)-1].EndsAt.Add(time.Hour).Sub(s.w.now()))
	n, err := s.w.bookings.MarkNoShows(ctx)
	s.w.check(err)
	if n != 1 {
		s.t.Fatalf("%d visits were marked as missed", n)
	}
}

// answer decides the only appeal that is open.
func (s *script) answer(words []string) {
	s.t.Helper()
	ctx := context.Background()
	for hospital := booking.HospitalID(1); hospital <= 3; hospital++ {
		open, err := s.w.bookings.Appeals(ctx, hospital)
		s.w.check(err)
		for _, a := range open {
			_, err := s.w.bookings.DecideAppeal(ctx, 1, a.ID, words[0] == "yes", words[1])
			s.w.check(err)
			return
		}
	}
	s.t.Fatal("there is no appeal to decide")
}
