package booking_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
)

// rush makes the demo city and enough people for b.N holds.
func rush(b *testing.B) (*booking.Store, []booking.DoctorID, []booking.Patient) {
	b.Helper()
	db, ctx := mariadbtest.DB(b), context.Background()
	s := booking.New(db, vaulttest.Keys(b), (&clock{t: morning}).now, nil)
	must(b, s.Seed(ctx))
	var doctors []booking.DoctorID
	must(b, db.Select(&doctors, "SELECT id FROM doctors ORDER BY id LIMIT 50"))
	people := make([]booking.Patient, b.N)
	for i := range people {
		people[i] = bookingtest.Patient(b, s, booking.UserID(i+1), i+1)
	}
	return s, doctors, people
}

func holdAll(b *testing.B, s *booking.Store, people []booking.Patient, slot func(i int) booking.SlotID) {
	b.Helper()
	var next atomic.Int64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(next.Add(1)) - 1
			p := people[i]
			_, err := s.Hold(context.Background(), booking.HoldRequest{Slot: slot(i), Patient: p.ID, User: p.User, Key: fmt.Sprint(i)})
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "holds/s")
}

// All want a place in one slot.
func BenchmarkHoldHot(b *testing.B) {
	s, doctors, people := rush(b)
	_, slots := bookingtest.Clinic(b, s, doctors[0], today.Add(1), 5000, 1, b.N)
	holdAll(b, s, people, func(int) booking.SlotID { return slots[0].ID })
}

// All want places with 50 doctors.
func BenchmarkHoldSpread(b *testing.B) {
	s, doctors, people := rush(b)
	var all []booking.SlotID
	for _, d := range doctors {
		_, slots := bookingtest.Clinic(b, s, d, today.Add(1), 5000, 8, b.N/len(doctors)+1)
		for _, slot := range slots {
			all = append(all, slot.ID)
		}
	}
	holdAll(b, s, people, func(i int) booking.SlotID { return all[i%len(all)] })
}

// The menu of a department's doctors.
func BenchmarkDoctors(b *testing.B) {
	s, _, _ := rush(b)
	department := bookingtest.Called(b, s, "心内科").Department
	b.ResetTimer()
	for b.Loop() {
		_, err := s.Doctors(context.Background(), department)
		must(b, err)
	}
}
