package booking_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guahao/booking"
)

// By location, by the hospital's code, or by saying so: what is near enough is the rules'.
func TestCheckHere(t *testing.T) {
	t.Parallel()
	h := booking.Hospital{ID: 1, Name: booking.Text{ZH: "测试医院", EN: "Test Hospital"}, Lat: 30.28, Lng: 120.16}
	free, strict := booking.Policy{}, booking.Policy{CheckIn: booking.CheckInRule{Meters: 300}}
	for name, c := range map[string]struct {
		policy booking.Policy
		at     booking.Arrival
		ok     bool
	}{
		"nothing shown, nothing asked":   {free, booking.Arrival{}, true},
		"nothing shown":                  {strict, booking.Arrival{}, false},
		"the hospital's code":            {strict, booking.Arrival{Hospital: 1}, true},
		"another hospital's code":        {free, booking.Arrival{Hospital: 2}, false},
		"at the door":                    {strict, booking.Arrival{Located: true, Lat: 30.281, Lng: 120.161}, true},
		"across the town":                {strict, booking.Arrival{Located: true, Lat: 30.25, Lng: 120.16}, false},
		"400 m away":                     {strict, booking.Arrival{Located: true, Lat: 30.2836, Lng: 120.16}, false},
		"400 m away, where it is enough": {free, booking.Arrival{Located: true, Lat: 30.2836, Lng: 120.16}, true},
		"in the sea":                     {free, booking.Arrival{Located: true}, false},
	} {
		err := c.policy.CheckHere(h, c.at)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, booking.ErrElsewhere) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A check-in at the wrong hospital or on the wrong day says so, and changes nothing; a slip of another department is refused by name.
func TestCheckInElsewhere(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.rules(func(p *booking.Policy) { p.CheckIn = booking.CheckInRule{MinutesBefore: 60, Self: true, Meters: 500} })
	_, slots := w.clinic(0, 1, 3)
	v := w.mustHold(slots[0].ID, 1)
	_, err := w.confirm(v.Appointment.ID)
	must(t, err)
	id, here := v.Appointment.ID, booking.Arrival{Hospital: w.hosp}
	if _, err := w.CheckInHere(ctx, 1, id, here); !errors.Is(err, booking.ErrTooEarly) {
		t.Errorf("the day before: %v", err)
	}
	if list, err := w.TodayVisits(ctx, 1); err != nil || len(list) != 0 {
		t.Errorf("the day before there are %d visits today, %v", len(list), err)
	}
	w.clock.set(v.Slot.StartsAt)
	forged := strings.Map(func(r rune) rune { // of another number, with the digest of this one
		if r == 'A' {
			return 'B'
		}
		return r
	}, w.CheckInCode(id))
	for name, c := range map[string]struct {
		do   func() error
		want error
	}{
		"another hospital": {func() error { _, err := w.CheckInHere(ctx, 1, id, booking.Arrival{Hospital: w.hosp + 1}); return err }, booking.ErrElsewhere},
		"the button alone": {func() error { _, err := w.CheckInSelf(ctx, 1, id); return err }, booking.ErrElsewhere},
		"another user's":   {func() error { _, err := w.CheckInHere(ctx, 2, id, here); return err }, booking.ErrNotYours},
		"another nurse": {func() error {
			_, err := w.CheckInWithin(ctx, 7, booking.Reach{{Hospital: w.hosp, Department: w.dept + 1}}, w.CheckInCode(id))
			return err
		}, booking.ErrElsewhere},
		"a forged slip": {func() error {
			_, err := w.CheckInWithin(ctx, 7, booking.Reach{{}}, forged)
			return err
		}, booking.ErrBadCode},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := w.Visit(ctx, id); err != nil || now.Appointment.Status != booking.Booked {
			t.Errorf("%s: the visit is %s, %v", name, now.Appointment.Status, err)
		}
		if _, err := w.Turn(ctx, id); !errors.Is(err, booking.ErrNotInQueue) {
			t.Errorf("%s: it is in the queue: %v", name, err)
		}
	}
	got, err := w.CheckInHere(ctx, 1, id, here)
	must(t, err)
	if list, err := w.TodayVisits(ctx, 1); err != nil || len(list) != 1 || got.Appointment.Status != booking.CheckedIn {
		t.Errorf("checked in it is %s; today are %d, %v", got.Appointment.Status, len(list), err)
	}
	w.clock.set(v.Slot.StartsAt.Add(24 * time.Hour))
	late := w.mustHold(func() booking.SlotID {
		c, err := w.AddSchedule(ctx, w.doctor, today.Add(2), booking.Session{Period: booking.Evening, Kind: booking.General, Room: "1", StartMinute: 19 * 60, SlotMinutes: 15, Slots: 1, PerSlot: 3})
		must(t, err)
		list, err := w.Slots(ctx, c.ID)
		must(t, err)
		return list[0].ID
	}(), 3)
	_, err = w.confirm(late.Appointment.ID)
	must(t, err)
	w.clock.set(late.Slot.StartsAt.Add(24 * time.Hour))
	if _, err := w.CheckInWithin(ctx, 7, booking.Reach{{}}, w.CheckInCode(late.Appointment.ID)); !errors.Is(err, booking.ErrTooLate) {
		t.Errorf("the day after: %v", err)
	}
}

// What is promised to who joins is kept beside what came, and the paces of the past weeks are each doctor's own.
func TestPromises(t *testing.T) {
	t.Parallel()
	h := newHall(t, 12, 4)
	h.learn(0, 12, 8*time.Minute)
	h.learn(1, 12, 3*time.Minute)
	h.Store = booking.New(h.db, h.keys, h.clock.now, h.news)
	for n := 1; n <= 6; n++ {
		h.arrive(0, n)
	}
	h.arrive(1, 1, 2, 3, 4)
	slow, err := h.Turn(h.ctx, h.visits[0][3])
	must(t, err)
	quick, err := h.Turn(h.ctx, h.visits[1][3])
	must(t, err)
	if !slow.Known || !quick.Known || slow.Ahead != 3 || quick.Ahead != 3 || slow.Promise.Median < 1.6*quick.Promise.Median {
		t.Errorf("behind three: %+v with the slow doctor, %+v with the quick one", slow.Promise, quick.Promise)
	}
	for range 3 {
		h.next(0)
		h.clock.add(8 * time.Minute)
	}
	outcomes, err := h.Promises(h.ctx, booking.Reach{{}}, today, today)
	must(t, err)
	if len(outcomes) != 3 || outcomes[0].Real != 0 || outcomes[2].Real != 16 || outcomes[2].Ahead != 2 || outcomes[2].Median <= 0 {
		t.Errorf("promised and came: %+v", outcomes)
	}
	if none, err := h.Promises(h.ctx, booking.Reach{}, today, today); err != nil || len(none) != 0 {
		t.Errorf("who may see nothing sees %d, %v", len(none), err)
	}
	basis, err := h.StaffingBasis(h.ctx, h.dept)
	must(t, err)
	if basis.Consultations != 26 || basis.Mean < 5 || basis.Mean > 6.5 || basis.Deviation <= 0 {
		t.Errorf("the department's figures are %+v", basis)
	}
}

// learn writes n consultations of a doctor's last week.
func (h *hall) learn(room, n int, each time.Duration) {
	h.t.Helper()
	c := h.rooms[room]
	for i := range n {
		at := evening.UTC().Add(-7*24*time.Hour + time.Duration(i)*each)
		stretch := time.Duration(i%3-1) * each / 4
		h.db.MustExec(`INSERT INTO queue_calls (queue_id, department_id, visit_date, schedule_id, doctor_id, appointment_id, called_at, ended_at, outcome) VALUES (0, ?, ?, ?, ?, ?, ?, ?, 'finished')`,
			c.Department, today.Add(-7), 100000+room, c.Doctor, 900000+100*room+i, at, at.Add(each+stretch))
	}
}
