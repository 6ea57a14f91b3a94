package dialog

import (
	"errors"
	"slices"

	"guahao/booking"
)

// keepTime chooses for the draft's doctor the same day, half-day and time as a slot of another doctor has, as far as there are places:
// who changes the doctor on the card does not want to choose everything again.
func (t *turn) keepTime(like booking.SlotID) error {
	slot, err := t.d.Booking.Slot(t.ctx, like)
	if err != nil {
		return ignoreAbsent(err)
	}
	was, err := t.d.Booking.Schedule(t.ctx, slot.Schedule)
	if err != nil {
		return ignoreAbsent(err)
	}
	_, days, err := t.clinic()
	if err != nil {
		return ignoreAbsent(err)
	}
	at := slices.IndexFunc(days, func(d booking.Day) bool { return d.Date == was.Date && d.Free > 0 })
	if at < 0 {
		t.note("kept.nothing", "day", t.day(was.Date))
		return nil
	}
	d := t.draft()
	d.Date = was.Date
	at2 := slices.IndexFunc(days[at].Schedules, func(s booking.Schedule) bool { return s.Period == was.Period && s.Free() > 0 })
	if at2 < 0 {
		t.note("kept.day", "day", t.day(was.Date))
		return nil
	}
	d.Schedule = days[at].Schedules[at2].ID
	slots, err := t.d.Booking.Slots(t.ctx, d.Schedule)
	if err != nil {
		return ignoreAbsent(err)
	}
	same := slices.IndexFunc(slots, func(s booking.Slot) bool { return s.StartsAt.Equal(slot.StartsAt) && s.Free() > 0 })
	if same < 0 {
		t.note("kept.day", "day", t.day(was.Date))
		return nil
	}
	d.Slot = slots[same].ID
	t.note("kept.time")
	return nil
}

// ignoreAbsent drops the error that something is not there: then there is nothing to keep.
func ignoreAbsent(err error) error {
	if errors.Is(err, booking.ErrNotFound) {
		return nil
	}
	return err
}
