package dialog

import (
	"context"
	"strconv"

	"guahao/booking"
	"guahao/dialog/recommend"
)

// Starts is whether a person wants hints of a next visit; *booking.Store satisfies it.
type Starts interface {
	RefuseStarts(ctx context.Context, user booking.UserID, refuse bool) error
	RefusesStarts(ctx context.Context, user booking.UserID) (bool, error)
}

// What may be done about these hints.
const (
	doStarts   = "starts"
	doNoStarts = "no_starts"
)

// epoch is the day from which days are counted.
const epoch booking.Date = "2000-01-01"

// startItems offers in the main menu to book again with the doctor whose next visit is due about now, from the person's own visits. It names the
// doctor, as the list of appointments does, and nobody of a department that the hospital's rules keep out of notices.
func (t *turn) startItems() ([]item, error) {
	due, ok, err := t.due()
	if err != nil || !ok {
		return nil, err
	}
	if refuses, err := t.d.Booking.RefusesStarts(t.ctx, t.user()); err != nil || refuses {
		return nil, err
	}
	doctor, err := t.d.Booking.Doctor(t.ctx, booking.DoctorID(due.Doctor))
	if err != nil {
		return nil, ignoreAbsent(err) // who has left
	}
	when := t.say("starts.due")
	switch {
	case due.In > 0 && due.Own:
		when = t.say("starts.in_own", "days", t.days(due.In))
	case due.In > 0:
		when = t.say("starts.in", "days", t.days(due.In))
	}
	people, err := t.d.Booking.Patients(t.ctx, t.user())
	if err != nil {
		return nil, err
	}
	label := t.say("starts.item", "doctor", doctor.Name, "when", when)
	for _, p := range people {
		if len(people) > 1 && int64(p.ID) == due.Patient {
			label = t.say("starts.item_for", "doctor", doctor.Name, "when", when, "who", t.patientName(p, people))
		}
	}
	return []item{{choice: choice{Do: doAgain, ID: due.ID}, label: label, names: []string{t.say("starts.name")}, alone: true}}, nil
}

// days counts days in words.
func (t *turn) days(n int) string {
	if n == 1 {
		return t.say("starts.day")
	}
	return t.say("starts.days", "n", strconv.Itoa(n))
}

// due finds the visit of the person's own after which the next one is due; false where none is.
func (t *turn) due() (recommend.Due, bool, error) {
	history, err := t.d.Booking.History(t.ctx, t.user())
	if err != nil || len(history) == 0 {
		return recommend.Due{}, false, err
	}
	var visits []recommend.Visit
	every := map[int64]int{}
	for _, v := range history {
		if v.Quiet {
			continue
		}
		visits = append(visits, recommend.Visit{ID: int64(v.ID), Doctor: int64(v.Doctor), Department: int64(v.Department), Patient: int64(v.Patient), Day: epoch.Until(v.Date), ToCome: v.ToCome})
		every[int64(v.Department)] = v.Revisit
	}
	due, ok := recommend.Next(visits, epoch.Until(booking.DateOf(t.now(), t.zone())), every)
	return due, ok, nil
}

// startAgain begins a booking with the doctor of a past visit, and says why it was offered.
func (t *turn) startAgain(id booking.AppointmentID) error {
	if due, ok, err := t.due(); err != nil {
		return err
	} else if last := epoch.Add(due.Day); ok && due.ID == int64(id) {
		t.note("starts.why", "last", t.shortDay(last), "day", t.day(last.Add(due.Every)))
	}
	t.m.Draft = draft{Visit: id}
	err := t.bookAgain()
	if t.state == stateMenu {
		t.m.Draft = draft{}
	}
	return err
}

// refuseStarts notes whether the person wants these hints.
func (t *turn) refuseStarts(refuse bool) error {
	if err := t.d.Booking.RefuseStarts(t.ctx, t.user(), refuse); err != nil {
		return err
	}
	if refuse {
		t.note("starts.are_off")
	} else {
		t.note("starts.are_on")
	}
	return nil
}
