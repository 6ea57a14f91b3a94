package booking_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
)

// describe writes a doctor's days in one line.
func describe(days []booking.Day) string {
	var list []string
	for _, d := range days {
		for _, c := range d.Schedules {
			list = append(list, fmt.Sprintf("%s %s %d/%d", d.Date, c.Period, c.Free(), c.Capacity))
		}
	}
	return strings.Join(list, ", ")
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	for _, date := range []booking.Date{today, today.Add(1), today.Add(7), today.Add(8)} {
		bookingtest.Clinic(t, w.Store, w.doctor, date, 5000, 2, 2) // 18:00 and 18:15
	}
	doctor := func() booking.DoctorSummary {
		list, err := w.Doctors(ctx, w.dept)
		must(t, err)
		if len(list) != 3 || list[2].Doctor.Title != booking.Attending {
			t.Fatalf("the doctors are %+v", list)
		}
		return list[0]
	}
	for _, c := range []struct {
		name string
		now  string
		want string
		next booking.Date
	}{
		{"in the morning", "2026-03-02 09:00", "2026-03-02 evening 4/4, 2026-03-03 evening 4/4, 2026-03-09 evening 4/4", today},
		{"before the release", "2026-03-02 06:00", "2026-03-02 evening 4/4, 2026-03-03 evening 4/4", today},
		{"after the first slot began", "2026-03-02 18:00", "2026-03-02 evening 2/2, 2026-03-03 evening 4/4, 2026-03-09 evening 4/4", today},
		{"after the last", "2026-03-02 18:15", "2026-03-03 evening 4/4, 2026-03-09 evening 4/4", today.Add(1)},
	} {
		w.clock.set(at(c.now))
		days, err := w.Days(ctx, w.doctor)
		must(t, err)
		if got := describe(days); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
		free := 0
		for _, d := range days {
			free += d.Free
		}
		if s := doctor(); s.Free != free || s.Next != c.next || s.FeeFrom != 5000 || s.Clinics != len(days) {
			t.Errorf("%s: the summary is %+v, the days have %d", c.name, s, free)
		}
	}
}

// With a closing time on the day before, what has closed is not offered.
func TestCalendarCloses(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	for i := range 3 {
		bookingtest.Clinic(t, w.Store, w.doctor, today.Add(i), 0, 1, 2)
	}
	p := policy()
	p.Close = booking.Deadline{Days: 1, At: "08:00"}
	_, err := w.SetPolicy(ctx, w.hosp, p)
	must(t, err)
	days, err := w.Days(ctx, w.doctor)
	must(t, err)
	if got := describe(days); got != "2026-03-04 evening 2/2" {
		t.Errorf("offered are %s", got)
	}
}

func TestSlotsAndAlternatives(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, slots := w.clinic(5000, 3, 1)
	doctors, err := w.Doctors(ctx, w.dept)
	must(t, err)
	_, equal := bookingtest.Clinic(t, w.Store, doctors[1].Doctor.ID, today.Add(1), 5000, 2, 1)
	bookingtest.Clinic(t, w.Store, doctors[2].Doctor.ID, today.Add(1), 5000, 2, 1) // of a lower title
	w.mustHold(slots[0].ID, 1)
	list, err := w.Slots(ctx, c.ID)
	must(t, err)
	if len(list) != 3 || list[0].Free() != 0 || list[1].Free() != 1 || list[1].FirstSeq != 2 {
		t.Errorf("the slots are %+v", list)
	}
	offers, err := w.Alternatives(ctx, slots[0].ID, 4)
	must(t, err)
	var got []booking.SlotID
	for _, o := range offers {
		got = append(got, o.ID)
	}
	if want := []booking.SlotID{slots[1].ID, slots[2].ID, equal[0].ID, equal[1].ID}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("offered %v, want %v", got, want)
	}
	w.clock.set(slots[1].StartsAt)
	if list, err = w.Slots(ctx, c.ID); err != nil || len(list) != 1 {
		t.Errorf("later the slots are %+v, %v", list, err)
	}
}

// The nightly job: two replicas at once, and the next day.
func TestRoll(t *testing.T) {
	t.Parallel()
	db, ctx := mariadbtest.DB(t), context.Background()
	now := &clock{t: morning}
	keys := vaulttest.Keys(t)
	replicas := []*booking.Store{booking.New(db, keys, now.now, nil), booking.New(db, keys, now.now, nil)}
	must(t, replicas[0].Seed(ctx))
	last := func() (d booking.Date) {
		must(t, db.Get(&d, "SELECT MAX(visit_date) FROM schedules"))
		return d
	}
	if got := last(); got != today.Add(15) {
		t.Errorf("rolled until %s", got)
	}
	now.add(3 * 24 * time.Hour)
	together(4, func(i int) { must(t, replicas[i%2].Roll(ctx)) })
	if got := last(); got != today.Add(18) {
		t.Errorf("then rolled until %s", got)
	}
	var broken []int64
	must(t, db.Select(&broken, `SELECT c.id FROM schedules c LEFT JOIN slots s ON s.schedule_id = c.id GROUP BY c.id, c.capacity HAVING COALESCE(SUM(s.capacity), 0) <> c.capacity`))
	if len(broken) > 0 {
		t.Errorf("schedules whose slots are not complete: %v", broken)
	}
}
