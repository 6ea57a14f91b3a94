package dialog_test

import (
	"context"
	"fmt"

	"guahao/booking"
)

// queue makes something happen in a doctor's queue, for scripts:
//
//	% others 王建国 2026-11-24 08:30 4   four others book there, and pay
//	% others arrive                      and check in
//	% others called 6m                   the next of the doctor is called each six minutes, until this person would be
//	% paused, % resumed                  the doctor calls nobody, and goes on
//	% called                             the next one is called
//	% passed over                        who is called does not come
func (s *script) queue(word string, words []string) {
	s.t.Helper()
	ctx := context.Background()
	switch {
	case word == "others" && len(words) > 2:
		s.book(words)
	case word == "others" && words[0] == "arrive":
		for _, id := range s.others {
			_, err := s.w.bookings.CheckIn(ctx, 1, id)
			s.w.check(err)
		}
	case word == "paused":
		s.w.check(s.w.bookings.PauseCalling(ctx, 1, s.clinic))
	case word == "resumed":
		s.w.check(s.w.bookings.ResumeCalling(ctx, 1, s.clinic))
	case word == "called":
		_, err := s.w.bookings.CallNext(ctx, s.seen())
		s.w.check(err)
	case word == "passed":
		s.w.check(s.w.bookings.PassOver(ctx, s.seen()))
	default:
		s.t.Fatalf("%q cannot happen in a queue", word)
	}
}

// seen is what a nurse of the clinic does who has just looked.
func (s *script) seen() booking.Calling {
	s.t.Helper()
	room, err := s.w.bookings.QueueRoomOf(context.Background(), s.clinic)
	s.w.check(err)
	c := booking.Calling{By: 1, Schedule: s.clinic}
	if room.With != nil {
		c.Seen = room.With.Visit.Appointment.ID
	}
	return c
}

// book lets others book certain places of a clinic.
func (s *script) book(words []string) {
	s.t.Helper()
	s.clinic = s.schedule(words[0], words[1]).ID
	slots, err := s.w.bookings.Slots(context.Background(), s.clinic)
	s.w.check(err)
	var n int
	fmt.Sscan(words[3], &n)
	for _, slot := range slots {
		if slot.StartsAt.In(china).Format("15:04") != words[2] {
			continue
		}
		for range n {
			s.others = append(s.others, s.w.booked(slot))
		}
	}
}

// booked lets somebody else book a place and pay for it.
func (w *world) booked(slot booking.Slot) booking.AppointmentID {
	w.t.Helper()
	id := w.held(slot)
	w.confirm(id)
	return id
}
