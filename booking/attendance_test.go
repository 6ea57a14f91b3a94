package booking_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"guahao/booking"
)

func TestCheckCheckIn(t *testing.T) {
	t.Parallel()
	a := booking.Appointment{Status: booking.Booked, Date: "2026-03-05", StartsAt: at("2026-03-05 09:00")}
	hour := booking.Policy{CheckIn: booking.CheckInRule{MinutesBefore: 60}}
	for _, c := range []struct {
		name   string
		policy booking.Policy
		now    string
		status booking.Status
		want   error
	}{
		{"an hour before", hour, "2026-03-05 08:00", booking.Booked, nil},
		{"earlier", hour, "2026-03-05 07:59", booking.Booked, booking.ErrTooEarly},
		{"any time of the day", booking.Policy{}, "2026-03-05 00:00", booking.Booked, nil},
		{"the day before", booking.Policy{}, "2026-03-04 23:59", booking.Booked, booking.ErrTooEarly},
		{"late", hour, "2026-03-05 23:59", booking.Booked, nil},
		{"the day after", hour, "2026-03-06 00:00", booking.Booked, booking.ErrTooLate},
		{"not paid", hour, "2026-03-05 08:30", booking.Held, booking.ErrWrongStatus},
		{"marked as missed", hour, "2026-03-05 20:00", booking.NoShow, booking.ErrWrongStatus},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := a
			in.Status = c.status
			if err := c.policy.CheckCheckIn(in, at(c.now), shanghai); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// Patients check in themselves where the hospital allows it, once, on the day, and only for their own.
func TestCheckInSelf(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(0, 1, 9)
	before := w.mustHold(slots[0].ID, 1)
	w.rules(func(p *booking.Policy) { p.CheckIn = booking.CheckInRule{MinutesBefore: 60, Self: true} })
	v := w.mustHold(slots[0].ID, 2)
	id := v.Appointment.ID
	for name, c := range map[string]struct {
		user booking.UserID
		id   booking.AppointmentID
		want error
	}{
		"too early":                   {2, id, booking.ErrTooEarly},
		"another user's":              {1, id, booking.ErrNotYours},
		"not there":                   {2, 99999, booking.ErrNotFound},
		"made under rules without it": {1, before.Appointment.ID, booking.ErrWrongStatus},
	} {
		if _, err := w.CheckInSelf(ctx, c.user, c.id); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.MayCheckIn(ctx, c.user, c.id); !errors.Is(err, c.want) {
			t.Errorf("%s: the preview says %v", name, err)
		}
	}
	w.clock.set(v.Slot.StartsAt.Add(-time.Hour))
	must(t, w.MayCheckIn(ctx, 2, id))
	for range 2 {
		got, err := w.CheckInSelf(ctx, 2, id)
		must(t, err)
		if got.Appointment.Status != booking.CheckedIn {
			t.Errorf("it is %s", got.Appointment.Status)
		}
	}
	check(t, w.db)
}
