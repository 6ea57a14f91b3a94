package booking_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// TestLeave stops the half-days of a doctor who does not come, tells who has booked, and keeps the nightly job from making new ones; the substitute
// sees patients instead.
func TestLeave(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	substitute := bookingtest.Called(t, p.Store, "李二").Doctor
	k := p.at(today.Add(1), booking.Morning)
	v := p.book(k, 0, 1)
	extra := booking.ScheduleChange{Extra: &booking.ExtraClinic{Doctor: p.doctor, Date: today.Add(2), Session: session(booking.Evening, 1080, 2, 1)}}
	p.apply(extra)
	done := p.apply(booking.ScheduleChange{Leave: &booking.Leave{Doctor: p.doctor, First: today.Add(1), Last: today.Add(20), Substitute: substitute}})
	if done.Set.Affected != 1 || done.Set.Removed != done.Set.Added {
		t.Errorf("affected %d, removed %d, added %d", done.Set.Affected, done.Set.Removed, done.Set.Added)
	}
	if h := p.half(k); h.Status != booking.Stopped || h.Note != "医生外出" || h.Taken != 0 {
		t.Errorf("the half-day is %+v", h)
	}
	if now, err := p.Visit(ctx, v.Appointment.ID); err != nil || now.Appointment.Status != booking.Cancelled {
		t.Errorf("the visit is %s, %v", now.Appointment.Status, err)
	}
	last := p.follow.changes[len(p.follow.changes)-1]
	if last.Reason != booking.ByClinic || last.Note != "医生外出" {
		t.Errorf("told is %+v", last)
	}
	for date, period := range map[booking.Date]booking.Period{today.Add(1): booking.Morning, today.Add(2): booking.Evening, today.Add(4): booking.Morning} {
		own := p.half(p.at(date, period))
		other := p.half(booking.HalfKey{Doctor: substitute, Date: date, Period: period})
		if own.Status != booking.Stopped || other.Status != booking.Open || other.Room != own.Room || other.Places() == 0 {
			t.Errorf("%s: %s, the substitute %s", date, said(own), said(other))
		}
	}
	p.clock.add(7 * 24 * time.Hour)
	must(t, p.Roll(ctx))
	next := today.Add(10) // a Thursday that was not made when the leave was written
	if !p.gone(p.at(next, booking.Morning)) || p.half(booking.HalfKey{Doctor: substitute, Date: next, Period: booking.Morning}).Status != booking.Open {
		t.Error("the nightly job does not know of the leave")
	}
	check(t, p.db)
	_, err := p.UndoChanges(ctx, 7, everywhere, done.Set.ID)
	if !errors.Is(err, &booking.Error{Code: booking.CodeInTheWay}) || !strings.Contains(err.Error(), "1 patient(s) have been told") {
		t.Errorf("undoing what patients were told: %v", err)
	}
	var leaves []booking.Leave
	leaves, err = p.Leaves(ctx, p.hosp, today)
	must(t, err)
	p.apply(booking.ScheduleChange{EndLeave: &booking.LeaveEnd{ID: leaves[0].ID, From: today.Add(15)}})
	p.clock.add(3 * 24 * time.Hour)
	must(t, p.Roll(ctx))
	if p.half(p.at(today.Add(16), booking.Morning)).Status != booking.Open {
		t.Error("the doctor is not back")
	}
}

// TestUndoLeave: a leave that nobody was told of is taken back whole, and what was not made meanwhile is made.
func TestUndoLeave(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	before := p.snapshot()
	done := p.apply(booking.ScheduleChange{Leave: &booking.Leave{Doctor: p.doctor, First: today, Last: today.Add(20), Halves: []booking.Period{booking.Morning}}})
	must(t, p.Roll(ctx))
	if p.half(p.at(today.Add(1), booking.Morning)).Status != booking.Stopped {
		t.Fatal("nothing was stopped")
	}
	_, err := p.UndoChanges(ctx, 7, everywhere, done.Set.ID)
	must(t, err)
	if after := p.snapshot(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if _, err := p.UndoChanges(ctx, 7, everywhere, done.Set.ID); err != nil {
		t.Errorf("undone twice: %v", err)
	}
	if _, err := p.ApplyChanges(ctx, 7, everywhere, done.Set.ID); !errors.Is(err, booking.ErrWrongStatus) {
		t.Errorf("applied after it was undone: %v", err)
	}
}

// TestTemplates: a usual week that is changed changes the half-days that are there already, but for those that were changed by hand or are booked;
// the nightly job goes on with the new one and takes nothing back.
func TestTemplates(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	list, err := p.Templates(ctx, p.hosp, p.doctor)
	must(t, err)
	if len(list) != 5 || list[0].Weekday != time.Monday {
		t.Fatalf("the usual week is %+v", list)
	}
	monday, tuesday := p.at(today.Add(7), booking.Morning), p.at(today.Add(1), booking.Morning)
	p.book(tuesday, 0, 1)
	p.apply(room(monday, 0, "77"))
	p.apply(booking.ScheduleChange{Cancel: &booking.ClinicRef{HalfKey: p.at(today.Add(3), booking.Morning)}})
	var changes []booking.ScheduleChange
	for _, tpl := range list {
		tpl.SlotMinutes, tpl.Slots, tpl.PerSlot, tpl.Room = 20, 6, 1, "6"
		changes = append(changes, booking.ScheduleChange{Template: &tpl})
	}
	d := p.draft(changes...)
	if len(d.Kept) != 3 {
		t.Errorf("kept are %+v", d.Kept)
	}
	_, err = p.ApplyChanges(ctx, 7, everywhere, d.Set.ID)
	must(t, err)
	must(t, p.Roll(ctx))
	for k, want := range map[booking.HalfKey]string{
		monday:                              "open 77: 08:00 2@1, 08:30 2@3, 09:00 2@5, 09:30 2@7",
		tuesday:                             "open 2: 08:00 2@1, 08:30 2@3, 09:00 2@5, 09:30 2@7",
		p.at(today.Add(2), booking.Morning): "open 6: 08:00 1@1, 08:20 1@2, 08:40 1@3, 09:00 1@4, 09:20 1@5, 09:40 1@6",
		p.at(today.Add(3), booking.Morning): "stopped 2: 08:00 2@1, 08:30 2@3, 09:00 2@5, 09:30 2@7",
	} {
		if got := said(p.half(k)); got != want {
			t.Errorf("%s: %s, want %s", k.Date, got, want)
		}
	}
	stale := list[1]
	stale.Room = "8"
	if problem := p.refused(booking.ScheduleChange{Template: &stale}); problem.Code != booking.CodeOvertaken {
		t.Errorf("a template that was changed meanwhile: %+v", problem)
	}
	removed := p.slotID(p.at(today.Add(2), booking.Morning), 0)
	if _, err := p.Slot(ctx, removed); err != nil {
		t.Fatal(err)
	}
	ended := p.apply(booking.ScheduleChange{EndTemplate: &booking.TemplateEnd{ID: list[2].ID, From: today}})
	if !p.gone(p.at(today.Add(2), booking.Morning)) || ended.Set.Removed != 6 {
		t.Errorf("the ended session is there still, %d places removed", ended.Set.Removed)
	}
	if _, err := p.hold(removed, 90); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("a place that was taken away: %v", err)
	}
	must(t, p.Load(ctx, smallFiles(usualWeek)))
	if now, err := p.Templates(ctx, p.hosp, p.doctor); err != nil || now[0].Room != "6" || len(now) != 5 || now[2].ValidTo != today.Add(-1) {
		t.Errorf("loading the files again brings the old week back: %+v, %v", now, err)
	}
	check(t, p.db)
}

// TestHolidays: a holiday has the sessions of holidays only, a make-up day those of the weekday that it is worked as, and staff decide otherwise.
func TestHolidays(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	p.clock.set(at("2026-09-29 09:00")) // a Tuesday before the holidays of 1 to 7 October; Saturday the 10th is worked
	must(t, p.Roll(ctx))
	if !p.gone(p.at("2026-10-01", booking.Morning)) || p.half(p.at("2026-09-30", booking.Morning)).Status != booking.Open {
		t.Error("a holiday is a workday")
	}
	days, known, err := p.Calendar(ctx, p.hosp, "2026-10-01")
	must(t, err)
	if len(days) != 8 || known != "2026-12-31" || days[7].Date != "2026-10-10" || days[7].Kind != booking.WorkDay || days[7].As != time.Friday {
		t.Errorf("the calendar is %+v until %s", days, known)
	}
	makeup := booking.CalendarDay{Date: "2026-10-03", Kind: booking.WorkDay, As: time.Wednesday, Name: "补班", Version: 0}
	p.apply(booking.ScheduleChange{Day: &makeup})
	if h := p.half(p.at("2026-10-03", booking.Morning)); h.Places() != 8 {
		t.Errorf("a make-up day has %d places", h.Places())
	}
	sessions := p.apply(booking.ScheduleChange{Template: &booking.Template{Doctor: p.doctor, Weekday: booking.OnHolidays, Session: session(booking.Morning, 540, 1, 3)}})
	if h := p.half(p.at("2026-10-01", booking.Morning)); h.Places() != 3 {
		t.Errorf("a holiday's session has %d places", h.Places())
	}
	worked := days[6]
	worked.Kind, worked.Name = booking.OrdinaryDay, "国庆节照常门诊"
	open := p.apply(booking.ScheduleChange{Day: &worked})
	if h := p.half(p.at("2026-10-07", booking.Morning)); h.Places() != 8 {
		t.Errorf("an ordinary day has %d places", h.Places())
	}
	if problem := p.refused(booking.ScheduleChange{Day: &worked}); problem.Code != booking.CodeOvertaken {
		t.Errorf("the day that was changed meanwhile: %+v", problem)
	}
	p.book(p.at("2026-10-06", booking.Morning), 0, 1)
	_, err = p.UndoChanges(ctx, 7, everywhere, open.Set.ID)
	must(t, err)
	if h := p.half(p.at("2026-10-07", booking.Morning)); h.Places() != 3 {
		t.Errorf("after it was undone the holiday has %d places", h.Places())
	}
	if _, err := p.UndoChanges(ctx, 7, everywhere, sessions.Set.ID); !errors.Is(err, &booking.Error{Code: booking.CodeInTheWay}) {
		t.Errorf("undoing a session that is booked: %v", err)
	}
	p.clock.set(at("2026-10-03 09:00"))
	must(t, p.Roll(ctx))
	if h := p.half(p.at("2026-10-10", booking.Morning)); h.Places() != 8 {
		t.Error("the make-up Saturday has not Friday's session")
	}
}
