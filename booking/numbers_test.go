package booking_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking"
)

// The lowest free number is in the slot's range, is not taken, and every lower one is; there is none only when all are taken.
func TestLowestFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slot := booking.Slot{FirstSeq: rapid.IntRange(1, 50).Draw(t, "first"), Capacity: rapid.IntRange(1, 12).Draw(t, "capacity")}
		taken := rapid.SliceOfDistinct(rapid.IntRange(slot.FirstSeq, slot.FirstSeq+slot.Capacity-1), rapid.ID[int]).Draw(t, "taken")
		slices.Sort(taken)
		seq, free := booking.LowestFree(slot, taken)
		if !free {
			if len(taken) != slot.Capacity {
				t.Fatalf("none free of %d, taken are %v", slot.Capacity, taken)
			}
			return
		}
		if seq < slot.FirstSeq || seq >= slot.FirstSeq+slot.Capacity || slices.Contains(taken, seq) {
			t.Fatalf("gave %d of %d+%d, taken are %v", seq, slot.FirstSeq, slot.Capacity, taken)
		}
		for lower := slot.FirstSeq; lower < seq; lower++ {
			if !slices.Contains(taken, lower) {
				t.Fatalf("gave %d while %d is free", seq, lower)
			}
		}
	})
}

// The slots of a session follow each other without gap or overlap, and their numbers are 1 to the capacity, each in one slot.
func TestSlotsOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		session := booking.Session{
			Period: booking.Morning, Kind: booking.General, StartMinute: rapid.IntRange(0, 12*60).Draw(t, "start"),
			SlotMinutes: rapid.IntRange(1, 60).Draw(t, "minutes"), Slots: rapid.IntRange(1, 12).Draw(t, "slots"), PerSlot: rapid.IntRange(1, 20).Draw(t, "places"),
		}
		date := today.Add(rapid.IntRange(0, 1000).Draw(t, "day"))
		if session.Validate() != nil {
			t.Skip("not a session")
		}
		slots := session.SlotsOn(date, shanghai)
		next, end := 1, date.In(shanghai).Add(time.Duration(session.StartMinute)*time.Minute)
		for _, s := range slots {
			if s.FirstSeq != next || !s.StartsAt.Equal(end) || s.Capacity != session.PerSlot {
				t.Fatalf("slot %+v, want the first number %d and the start %v", s, next, end)
			}
			if booking.DateOf(s.StartsAt, shanghai) != date {
				t.Fatalf("slot %+v is not on %s", s, date)
			}
			next, end = next+s.Capacity, s.EndsAt
		}
		if next-1 != session.Slots*session.PerSlot || end.Sub(slots[0].StartsAt) != time.Duration(session.Slots*session.SlotMinutes)*time.Minute {
			t.Fatalf("%d numbers until %v", next-1, end)
		}
	})
}
