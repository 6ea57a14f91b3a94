package allocation_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking/allocation"
)

// waits makes so many of the past at a position, of which some were offered a place.
func waits(position int, same bool, offered, of int) []allocation.Waited {
	list := make([]allocation.Waited, of)
	for i := range list {
		list[i] = allocation.Waited{Position: position, Same: same, Offered: i < offered}
	}
	return list
}

func TestWaitChanceByHand(t *testing.T) {
	t.Parallel()
	of := func(lists ...[]allocation.Waited) (all []allocation.Waited) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for _, c := range []struct {
		name     string
		past     []allocation.Waited
		position int
		offered  int
		waits    int
		same     bool
		behind   bool
	}{
		{"the doctor's, from about there", of(waits(5, true, 13, 42), waits(6, false, 50, 50), waits(1, true, 9, 9)), 4, 13, 42, true, false},
		{"too few of the doctor's: the department's", of(waits(5, true, 1, 9), waits(7, false, 3, 3)), 4, 4, 12, false, false},
		{"too few from there: who was farther behind", of(waits(1, true, 1, 3), waits(3, true, 4, 8)), 1, 5, 11, true, true},
		{"who was before counts for nothing", of(waits(1, true, 9, 9), waits(2, true, 2, 10)), 2, 2, 10, true, false},
	} {
		got, err := allocation.WaitChance(c.past, c.position)
		if err != nil || got.Offered != c.offered || got.Releases != c.waits || got.Same != c.same || got.Behind != c.behind {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if want := (float64(c.offered) + 0.5) / float64(c.waits+1); math.Abs(got.Value-want) > 1e-12 { // the mean of Beta(had + ½, had not + ½)
			t.Errorf("%s: the chance is %g, want %g", c.name, got.Value, want)
		}
	}
	for name, past := range map[string][]allocation.Waited{"nothing": nil, "nine": waits(1, true, 9, 9), "only from the front": waits(1, true, 40, 40)} {
		if got, err := allocation.WaitChance(past, 9); !errors.Is(err, allocation.ErrUnknown) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := allocation.WaitChance(waits(1, true, 40, 40), 0); !errors.Is(err, allocation.ErrInput) {
		t.Errorf("position 0: %v", err)
	}
}

// Whatever is known, the chance lies within its interval, and does not depend on the order of what is known.
func TestWaitChanceIsAChance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		past := make([]allocation.Waited, rapid.IntRange(0, 60).Draw(t, "waits"))
		for i := range past {
			past[i] = allocation.Waited{Position: rapid.IntRange(-1, 40).Draw(t, "position"), Same: rapid.Bool().Draw(t, "same"), Offered: rapid.Bool().Draw(t, "offered")}
		}
		position := rapid.IntRange(1, 50).Draw(t, "own")
		got, err := allocation.WaitChance(past, position)
		again, err2 := allocation.WaitChance(rapid.Permutation(past).Draw(t, "order"), position)
		if got != again || (err == nil) != (err2 == nil) {
			t.Fatalf("%+v, in another order %+v", got, again)
		}
		if err == nil && !(0 <= got.Low && got.Low <= got.Value && got.Value <= got.High && got.High <= 1 && got.Offered <= got.Releases && got.Releases >= allocation.LeastWaits) {
			t.Fatalf("%+v", got)
		}
	})
}

func TestSpeedByHand(t *testing.T) {
	t.Parallel()
	const never = allocation.NeverSoldOut
	minutes := func(list ...float64) (times []time.Duration) {
		for _, m := range list {
			if m < 0 {
				times = append(times, never)
				continue
			}
			times = append(times, time.Duration(m*float64(time.Minute)))
		}
		return times
	}
	for _, c := range []struct {
		times       []time.Duration
		soldOut     int
		usual, safe time.Duration
	}{
		{minutes(12, 5, 30, 11, 14, 90, 8), 7, 12 * time.Minute, 5 * time.Minute},
		{minutes(12, -1, 30, 11, 14, -1, 8), 5, 14 * time.Minute, 8 * time.Minute},
		{minutes(-1, -1, 5, -1, -1, -1), 1, never, 5 * time.Minute},
		{minutes(-1, -1, -1, -1, -1, -1), 0, never, never},
		{minutes(0, 0, 0, 0, 0, 0.5), 6, 0, 0},
	} {
		got, err := allocation.SpeedOf(c.times)
		if want := (allocation.Speed{Releases: len(c.times), SoldOut: c.soldOut, Usual: c.usual, Safe: c.safe}); err != nil || got != want {
			t.Errorf("%v: %+v, %v, want %+v", c.times, got, err, want)
		}
	}
	if got, err := allocation.SpeedOf(minutes(1, 2, 3, 4, 5)); !errors.Is(err, allocation.ErrUnknown) {
		t.Errorf("five releases: %+v, %v", got, err)
	}
}
