package booking_test

import (
	"context"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

func TestAudience(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 1, 9)
	doctors, err := w.Doctors(ctx, w.dept)
	must(t, err)
	_, later := bookingtest.Clinic(t, w.Store, doctors[1].Doctor.ID, today.Add(2), 5000, 1, 9)
	tops, err := w.Departments(ctx, w.hosp, 0)
	must(t, err)
	for i, p := range w.people(5) {
		_, err := w.holdFor(slots[0].ID, p, "first")
		must(t, err)
		if i < 2 {
			_, err = w.holdFor(later[0].ID, p, "second")
			must(t, err)
		}
	}
	gone := w.mustHold(slots[0].ID, 6)
	must(t, w.GiveBack(ctx, 6, gone.Appointment.ID, "g"))
	for _, x := range []struct {
		name   string
		filter booking.AudienceFilter
		want   int
	}{
		{"everybody", booking.AudienceFilter{}, 5},
		{"the hospital", booking.AudienceFilter{Hospital: w.hosp}, 5},
		{"another hospital", booking.AudienceFilter{Hospital: w.hosp + 1}, 0},
		{"the department", booking.AudienceFilter{Department: w.dept}, 5},
		{"the department above", booking.AudienceFilter{Department: tops[0].ID}, 5},
		{"one doctor", booking.AudienceFilter{Doctor: doctors[1].Doctor.ID}, 2},
		{"a day", booking.AudienceFilter{Date: today.Add(2), Period: booking.Evening}, 2},
		{"another half-day", booking.AudienceFilter{Date: today.Add(2), Period: booking.Morning}, 0},
		{"a schedule", booking.AudienceFilter{Schedule: c.ID}, 5},
	} {
		n, err := w.CountAudience(ctx, x.filter)
		must(t, err)
		accounts := map[booking.AccountID]bool{}
		listed := 0
		for after := booking.AppointmentID(0); ; {
			page, err := w.Audience(ctx, x.filter, after, 2)
			must(t, err)
			for _, m := range page {
				listed, after = listed+1, m.Appointment
				accounts[m.Account] = true
			}
			if len(page) < 2 {
				break
			}
		}
		if n != x.want || listed != x.want || len(accounts) != x.want {
			t.Errorf("%s: counted %d, listed %d of %d accounts, want %d", x.name, n, listed, len(accounts), x.want)
		}
	}
}

func TestVisitsAndDue(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 2, 9)
	doctors, err := w.Doctors(ctx, w.dept)
	must(t, err)
	_, later := bookingtest.Clinic(t, w.Store, doctors[1].Doctor.ID, today.Add(3), 5000, 1, 9)
	p := bookingtest.Patient(t, w.Store, 1, 1)
	second, err := w.holdFor(later[0].ID, p, "b")
	must(t, err)
	first, err := w.holdFor(slots[0].ID, p, "a")
	must(t, err)
	given := w.mustHold(slots[1].ID, 2)
	must(t, w.GiveBack(ctx, 2, given.Appointment.ID, "g"))
	_, err = w.confirm(first.Appointment.ID)
	must(t, err)

	coming, err := w.Visits(ctx, 1, booking.VisitFilter{Upcoming: true})
	must(t, err)
	if len(coming) != 2 || coming[0].Appointment.ID != first.Appointment.ID || coming[0].Doctor.Name.ZH != "曾一" {
		t.Errorf("to come: %d visits", len(coming))
	}
	if list, err := w.Visits(ctx, 2, booking.VisitFilter{Upcoming: true}); err != nil || len(list) != 0 {
		t.Errorf("who gave back has %d visits to come, %v", len(list), err)
	}
	all, err := w.Visits(ctx, 1, booking.VisitFilter{Limit: 1})
	must(t, err)
	if len(all) != 1 || all[0].Appointment.ID != second.Appointment.ID {
		t.Errorf("the latest is %+v", all)
	}
	start := slots[0].StartsAt
	for _, x := range []struct {
		from, to time.Time
		after    booking.AppointmentID
		want     int
	}{{start, start.Add(time.Second), 0, 1}, {start.Add(time.Second), start.Add(999 * time.Hour), 0, 0}, {start.Add(-time.Hour), start, 0, 0}, {start, start.Add(time.Hour), first.Appointment.ID, 0}} {
		due, err := w.Due(ctx, x.from, x.to, x.after, 10)
		must(t, err)
		if len(due) != x.want {
			t.Errorf("due in [%v, %v): %d", x.from, x.to, len(due))
		}
	}
	w.clock.set(slots[0].EndsAt)
	if coming, err = w.Visits(ctx, 1, booking.VisitFilter{Upcoming: true}); err != nil || len(coming) != 1 {
		t.Errorf("afterwards to come: %d, %v", len(coming), err)
	}
}

// A new policy does not change what was promised before.
func TestPolicyVersions(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	_, slots := w.clinic(5000, 1, 9)
	old := w.mustHold(slots[0].ID, 1)
	_, err := w.confirm(old.Appointment.ID)
	must(t, err)
	p := policy()
	p.Refund = []booking.RefundStep{{MinutesBefore: 0, Give: booking.RefundNone}}
	changed, err := booking.New(w.db, w.keys, w.clock.now, nil).SetPolicy(ctx, w.hosp, p) // by another replica
	must(t, err)
	now, err := w.Policy(ctx, w.hosp)
	must(t, err)
	if changed.Version != 2 || now.Version != 2 {
		t.Errorf("versions %d and %d", changed.Version, now.Version)
	}
	fresh := w.mustHold(slots[0].ID, 2)
	_, err = w.confirm(fresh.Appointment.ID)
	must(t, err)
	before, _, err := w.RefundPreview(ctx, 1, old.Appointment.ID)
	must(t, err)
	after, _, err := w.RefundPreview(ctx, 2, fresh.Appointment.ID)
	must(t, err)
	if before != 5000 || after != 0 {
		t.Errorf("refunds %v and %v", before, after)
	}
}
