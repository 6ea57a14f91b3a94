package booking

import (
	"time"
	"unicode/utf8"
)

// single puts the change of one half-day on the board.
func (b *board) single(c ScheduleChange, ref ClinicRef) error {
	if _, err := b.doctor(ref.Doctor); err != nil {
		return err
	}
	if err := b.valid(ref.Date); err != nil {
		return err
	}
	b.decided[ref.HalfKey] = true
	cur := b.half[ref.HalfKey]
	if c.Extra != nil {
		return b.extra(*c.Extra, cur)
	}
	switch {
	case cur == nil:
		return ErrNotFound
	case ref.Base != 0 && (b.orig[ref.HalfKey] == nil || ref.Base != b.orig[ref.HalfKey].Version):
		return &overtakenError{ref.HalfKey}
	case b.over(cur):
		return refuse(CodeTooLate, "这半天的门诊已经结束，不能再改。", "This clinic is over; it cannot be changed any more.")
	case c.Reopen != nil:
		return b.reopen(cur)
	case cur.Status != Open:
		return refuse(CodeScheduleStopped, "这半天已经停诊，请先恢复出诊再改。", "This clinic is stopped; reopen it before it is changed.")
	case c.Cancel != nil:
		b.stop(cur)
		return nil
	case c.Room != nil:
		return b.room(cur, c.Room.Room)
	default:
		return b.places(cur, c.Places.Slots)
	}
}

// extra adds a half-day, or plans a stopped one anew.
func (b *board) extra(e ExtraClinic, cur *HalfDay) error {
	who := b.d.doctor[e.Doctor]
	t := Template{Hospital: b.hospital, Department: who.Department, Doctor: e.Doctor, Weekday: e.Date.Weekday(), Session: e.Session}
	if err := b.checkTemplate(t); err != nil {
		return err
	}
	next, err := b.made(planned{Template: t, date: e.Date})
	if err != nil {
		return err
	}
	next.Manual = true
	switch {
	case b.over(next):
		return refuse(CodeTooLate, "这个时间已经过去了。", "This time is over.")
	case cur.open():
		return refuse(CodeConflict, "这位医生这半天已经有门诊。请改它的号数，或另选一个半天。", "The doctor has a clinic in this half-day already. Please change its places, or choose another half-day.")
	case cur != nil && cur.Taken > 0:
		return badf("这半天刚刚停诊，还有患者没有处理完，请稍后再加。", "This half-day was just stopped and still has patients; please try again later.")
	case cur != nil:
		next = cur.becoming(next)
	}
	b.half[next.HalfKey] = next
	return nil
}

func (b *board) reopen(cur *HalfDay) error {
	switch {
	case cur.Status == Open:
		return badf("这半天没有停诊。", "This clinic is not stopped.")
	case cur.Taken > 0:
		return badf("这半天还有患者没有处理完，请稍后再恢复。", "This half-day still has patients who are being told; please try again later.")
	}
	next := cur.clone()
	next.Status, next.Note, next.Manual = Open, "", true
	b.half[cur.HalfKey] = next
	return nil
}

func (b *board) room(cur *HalfDay, room string) error {
	switch {
	case room == "" || utf8.RuneCountInString(room) > maxRoom:
		return badf("请填写诊室，最多 %d 个字。", "Please name the room, in at most %d characters.", maxRoom)
	case room == cur.Room:
		return badf("诊室没有变。", "It is this room already.")
	}
	next := cur.clone()
	next.Room, next.Manual = room, true
	b.half[cur.HalfKey] = next
	return nil
}

func (b *board) places(cur *HalfDay, wanted []SlotPlaces) error {
	day := cur.Date.In(b.zone)
	want := map[time.Time]int{}
	for _, w := range wanted {
		at := time.Date(day.Year(), day.Month(), day.Day(), 0, w.Minute, 0, 0, b.zone).UTC()
		known := false
		for _, s := range cur.live() {
			known = known || s.StartsAt.Equal(at)
		}
		if !known {
			return badf("这半天没有 %s 开始的时段。", "This half-day has no slot that starts at %s.", clockTime(w.Minute))
		}
		want[at] = w.Places
	}
	next := cur.clone()
	var err error
	if next.Slots, err = cur.resized(want); err != nil {
		return err
	}
	switch n := next.Places(); {
	case n == 0:
		return badf("号数不能全部减为 0；如果不出诊，请停诊。", "At least one place must be left; stop the clinic if it does not take place.")
	case n > maxPlaces:
		return badf("一个半天最多 %d 个号。", "A half-day has at most %d places.", maxPlaces)
	case cur.same(next):
		return badf("号数没有变。", "The places are as they were.")
	}
	next.Manual = true
	b.half[cur.HalfKey] = next
	return nil
}
