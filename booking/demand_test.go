package booking_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/allocation"
	"guahao/booking/forecast"
)

// history writes clinics of the past as they stand when they are over: a place is taken for each of a number of people.
func (w *world) history(days int, taken func(booking.Date) int) {
	w.t.Helper()
	for i := 1; i <= days; i++ {
		date := today.Add(-i)
		_, err := w.db.Exec(`INSERT INTO schedules (hospital_id, department_id, doctor_id, visit_date, period, kind, fee, room, status, capacity, taken)
			VALUES (?, ?, ?, ?, 'morning', 'general', 0, '1', 'open', 40, ?)`, w.hosp, w.dept, w.doctor, date, taken(date))
		must(w.t, err)
	}
}

func TestDemandIsCountedDayByDay(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.history(3, func(booking.Date) int { return 7 })
	c, slots := w.clinic(0, 1, 2)
	w.mustHold(slots[0].ID, 1)
	w.mustHold(slots[0].ID, 2)
	w.mustJoin(c, 3)
	days, err := w.Demand(ctx, w.dept, today.Add(-4), today.Add(1))
	must(t, err)
	want := []booking.DemandDay{{Date: today.Add(-4)}, {Date: today.Add(-3), Places: 40, Taken: 7, Clinics: 1}, {Date: today.Add(-2), Places: 40, Taken: 7, Clinics: 1},
		{Date: today.Add(-1), Places: 40, Taken: 7, Clinics: 1}, {Date: today}, {Date: today.Add(1), Places: 2, Taken: 2, Waiting: 1, Clinics: 1}}
	for i, d := range days {
		if d != want[i] {
			t.Errorf("%+v, want %+v", d, want[i])
		}
	}
	if _, err := w.Demand(ctx, w.dept, "1990-01-01", today); !errors.Is(err, booking.ErrBadRange) {
		t.Errorf("thirty years: %v", err)
	}
	if len(days) != len(want) || days[5].Demand() != 3 {
		t.Errorf("%d days, %d want the last", len(days), days[5].Demand())
	}
}

func TestForesee(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	if _, _, err := w.Foresee(ctx, w.dept, 7); !errors.Is(err, forecast.ErrInput) {
		t.Errorf("nothing is known: %v", err)
	}
	w.history(120, func(d booking.Date) int { return []int{5, 39, 33, 30, 30, 28, 12}[d.Weekday()] })
	days, outlook, err := w.Foresee(ctx, w.dept, 14)
	must(t, err)
	if len(days) != 14 || len(outlook.Scores) == 0 {
		t.Fatalf("%d days, scores %+v", len(days), outlook.Scores)
	}
	for i, d := range days {
		usual := []float64{5, 39, 33, 30, 30, 28, 12}[d.DemandDay.Date.Weekday()]
		if d.DemandDay.Date != today.Add(i) || d.Kind == forecast.Ordinary && (d.Value < usual*0.7-2 || d.Value > usual*1.3+2) {
			t.Errorf("%s: %.1f are foreseen, usual are %g", d.DemandDay.Date, d.Value, usual)
		}
	}
	for _, n := range []int{0, 85} {
		if _, _, err := w.Foresee(ctx, w.dept, n); !errors.Is(err, forecast.ErrInput) {
			t.Errorf("%d days: %v", n, err)
		}
	}
	if _, _, err := w.Foresee(ctx, 999, 7); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("no such department: %v", err)
	}
}

func TestSellOuts(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	full, slots := w.clinic(0, 1, 2)
	w.mustHold(slots[0].ID, 1)
	w.clock.set(w.clock.now().Add(90 * time.Second))
	w.mustHold(slots[0].ID, 2)
	at := w.clock.now()
	later := w.later(2, 0, 1, 3)
	w.mustHold(later[0].ID, 3)
	if times, err := w.SellOuts(ctx, w.doctor, booking.Evening, 10); err != nil || len(times) != 0 {
		t.Errorf("clinics to come were counted: %v, %v", times, err)
	}
	w.clock.set(w.clock.now().Add(4 * 24 * time.Hour))
	times, err := w.SellOuts(ctx, w.doctor, booking.Evening, 10)
	must(t, err)
	policy, err := w.Policy(ctx, w.hosp)
	must(t, err)
	h, err := w.Hospital(ctx, w.hosp)
	must(t, err)
	released := policy.ReleaseAt.On(full.Date.Add(-policy.DaysAhead), h.Location())
	if len(times) != 2 || times[0] != allocation.NeverSoldOut || times[1] != max(0, at.Sub(released)) {
		t.Errorf("sold out after %v, want never and %v", times, at.Sub(released))
	}
	if one, err := w.SellOuts(ctx, w.doctor, booking.Evening, 1); err != nil || len(one) != 1 {
		t.Errorf("%v, %v", one, err)
	}
	if _, err := w.SellOuts(ctx, 999, booking.Evening, 1); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("no such doctor: %v", err)
	}
}
