// Package bookingtest makes what tests and benchmarks of bookings need: people who do not exist, and clinics of a given size.
package bookingtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/money"
)

// ResidentID is the nth of a row of distinct, valid resident ID numbers: n from 0 to about 25 million.
func ResidentID(n int) string {
	day := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n/1000)
	digits := "110101" + day.Format("20060102") + fmt.Sprintf("%03d", n%1000)
	sum := 0
	for _, d := range digits {
		sum = (sum + int(d-'0')) * 2
	}
	return digits + string("0123456789X"[(12-sum%11)%11])
}

// NewPatient is the nth of a row of people, each with another document.
func NewPatient(n int) booking.NewPatient {
	given := []rune("一二三四五六七八九十")
	return booking.NewPatient{
		Name:     "张" + string(given[n/10%10]) + string(given[n%10]),
		Document: booking.ResidentID,
		Number:   ResidentID(n),
		Phone:    fmt.Sprintf("138%08d", n),
		Relation: booking.Self,
	}
}

// Patient adds the nth person to a user's list.
func Patient(t testing.TB, s *booking.Store, user booking.UserID, n int) booking.Patient {
	t.Helper()
	p, err := s.AddPatient(context.Background(), user, NewPatient(n), fmt.Sprintf("test-%d", n))
	if err != nil {
		t.Fatalf("add patient %d: %v", n, err)
	}
	return p
}

// Clinic opens an extra half-day in the evening of a day, of slots of 15 minutes from 18:00, for a doctor who has none then.
func Clinic(t testing.TB, s *booking.Store, doctor booking.DoctorID, date booking.Date, fee money.Fen, slots, perSlot int) (booking.Schedule, []booking.Slot) {
	t.Helper()
	c, err := s.AddSchedule(context.Background(), doctor, date, booking.Session{
		Period: booking.Evening, Kind: booking.General, Fee: fee, Room: "1", StartMinute: 18 * 60, SlotMinutes: 15, Slots: slots, PerSlot: perSlot,
	})
	if err != nil {
		t.Fatalf("open a clinic: %v", err)
	}
	list, err := s.Slots(context.Background(), c.ID)
	if err != nil {
		t.Fatalf("read the clinic's slots: %v", err)
	}
	return c, list
}
