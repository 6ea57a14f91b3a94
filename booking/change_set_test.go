package booking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
)

// everywhere is the reach of somebody responsible for all.
var everywhere = booking.Reach{{}}

// planner is a world whose first doctor has a usual week: Monday to Friday in the morning, four slots of two from 08:00.
type planner struct {
	*world
	keys int
}

const usualWeek = "hospital,doctor,weekdays,period,kind,fee_yuan,room,start,slot_minutes,slots,per_slot\nT1,D1,Mon Tue Wed Thu Fri,morning,general,20,2,08:00,30,4,2\n"

func newPlanner(t *testing.T) *planner {
	t.Helper()
	w := newWorld(t)
	must(t, w.Load(context.Background(), smallFiles(usualWeek)))
	return &planner{world: w}
}

// smallFiles are the files of the small hospital with some usual weeks.
func smallFiles(sessions string) fstest.MapFS {
	return fstest.MapFS{"hospitals.json": {Data: []byte(smallHospital)}, "doctors.csv": {Data: []byte(smallDoctors)}, "sessions.csv": {Data: []byte(sessions)}}
}

func (p *planner) draft(changes ...booking.ScheduleChange) booking.Preview {
	p.t.Helper()
	p.keys++
	preview, err := p.DraftChanges(context.Background(), booking.ChangeRequest{
		By: 7, Reach: everywhere, Hospital: p.hosp, Changes: changes, Note: "医生外出", Key: fmt.Sprint("key ", p.keys),
	})
	must(p.t, err)
	return preview
}

// apply drafts changes and applies them.
func (p *planner) apply(changes ...booking.ScheduleChange) booking.Preview {
	p.t.Helper()
	d := p.draft(changes...)
	if len(d.Problems) > 0 {
		p.t.Fatalf("problems: %+v", d.Problems)
	}
	done, err := p.ApplyChanges(context.Background(), 7, everywhere, d.Set.ID)
	must(p.t, err)
	return done
}

// refused drafts changes that cannot be made, and gives the first reason.
func (p *planner) refused(changes ...booking.ScheduleChange) booking.Problem {
	p.t.Helper()
	before := counts(p.t, p.db)
	d := p.draft(changes...)
	if len(d.Problems) == 0 || d.Set.ID != 0 {
		p.t.Fatalf("no problem, set %d: %+v", d.Set.ID, d.Effects)
	}
	for table, n := range counts(p.t, p.db) {
		if before[table] != n {
			p.t.Errorf("a refused change has changed %s", table)
		}
	}
	return d.Problems[0]
}

func (p *planner) at(date booking.Date, period booking.Period) booking.HalfKey {
	return booking.HalfKey{Doctor: p.doctor, Date: date, Period: period}
}

func (p *planner) half(k booking.HalfKey) booking.HalfDay {
	p.t.Helper()
	h, err := p.HalfDay(context.Background(), k)
	must(p.t, err)
	return h
}

// gone tells whether a half-day is not there.
func (p *planner) gone(k booking.HalfKey) bool {
	_, err := p.HalfDay(context.Background(), k)
	return errors.Is(err, booking.ErrNotFound)
}

// said says a half-day's room, places and numbers.
func said(h booking.HalfDay) string {
	var slots []string
	for _, s := range h.Slots {
		slots = append(slots, fmt.Sprintf("%s %d@%d", s.StartsAt.In(shanghai).Format("15:04"), s.Capacity, s.FirstSeq))
	}
	return fmt.Sprintf("%s %s: %s", h.Status, h.Room, strings.Join(slots, ", "))
}

// book takes the nth slot of a half-day for the nth person.
func (p *planner) book(k booking.HalfKey, slot, n int) booking.Visit {
	p.t.Helper()
	return p.mustHold(p.slotID(k, slot), n)
}

func (p *planner) slotID(k booking.HalfKey, slot int) booking.SlotID {
	p.t.Helper()
	h := p.half(k)
	var id booking.SlotID
	must(p.t, p.db.Get(&id, "SELECT id FROM slots WHERE schedule_id = ? AND starts_at = ?", h.ID, h.Slots[slot].StartsAt))
	return id
}

func session(period booking.Period, start, slots, perSlot int) booking.Session {
	return booking.Session{Period: period, Kind: booking.General, Fee: 3000, Room: "5", StartMinute: start, SlotMinutes: 30, Slots: slots, PerSlot: perSlot}
}

func places(k booking.HalfKey, base int, pairs ...int) booking.ScheduleChange {
	c := &booking.PlacesChange{ClinicRef: booking.ClinicRef{HalfKey: k, Base: base}}
	for i := 0; i < len(pairs); i += 2 {
		c.Slots = append(c.Slots, booking.SlotPlaces{Minute: pairs[i], Places: pairs[i+1]})
	}
	return booking.ScheduleChange{Places: c}
}

func room(k booking.HalfKey, base int, name string) booking.ScheduleChange {
	return booking.ScheduleChange{Room: &booking.RoomChange{ClinicRef: booking.ClinicRef{HalfKey: k, Base: base}, Room: name}}
}

// TestDraftChangesNothing: a preview says what would be, and nothing is.
func TestDraftChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPlanner(t)
	k := p.at(today.Add(1), booking.Morning)
	before := said(p.half(k))
	d := p.draft(places(k, 1, 480, 5), room(p.at(today.Add(2), booking.Morning), 0, "9"))
	if d.Set.Status != booking.Draft || d.Set.Added != 3 || d.Set.Removed != 0 || len(d.Effects) != 2 || said(*d.Effects[0].Clinic.After) != "open 2: 08:00 5@1, 08:30 2@6, 09:00 2@8, 09:30 2@10" {
		t.Errorf("the preview is %+v", d)
	}
	if after := said(p.half(k)); after != before {
		t.Errorf("a draft has changed %s to %s", before, after)
	}
	again, err := p.DraftChanges(context.Background(), booking.ChangeRequest{By: 7, Reach: everywhere, Hospital: p.hosp, Key: "key 1", Changes: d.Set.Changes})
	if err != nil || again.Set.ID != d.Set.ID {
		t.Errorf("the same request makes set %d, %v", again.Set.ID, err)
	}
	together(4, func(int) {
		twice, err := p.DraftChanges(context.Background(), booking.ChangeRequest{By: 7, Reach: everywhere, Hospital: p.hosp, Key: "pressed at once", Changes: d.Set.Changes})
		if err != nil || twice.Set.ID == d.Set.ID {
			t.Errorf("pressed at once: %+v, %v", twice.Set, err)
		}
	})
	if _, n, err := p.ChangeSets(context.Background(), booking.ChangeSetQuery{Reach: everywhere, Status: booking.Draft, Limit: 9}); err != nil || n != 2 {
		t.Errorf("there are %d drafts, %v", n, err)
	}
	done, err := p.ApplyChanges(context.Background(), 7, everywhere, d.Set.ID)
	must(t, err)
	if done.Set.Status != booking.Applied || said(p.half(k)) != "open 2: 08:00 5@1, 08:30 2@6, 09:00 2@8, 09:30 2@10" || p.half(p.at(today.Add(2), booking.Morning)).Room != "9" {
		t.Errorf("applied is %+v", p.half(k))
	}
	if _, err := p.ApplyChanges(context.Background(), 8, everywhere, d.Set.ID); err != nil || p.half(k).Version != 2 {
		t.Errorf("the button pressed twice: %v, version %d", err, p.half(k).Version)
	}
	check(t, p.db)
}

// TestPlacesNeverBelowWhoBooked: fewer places leave who has booked, and say who is in the way; more places never give a number twice.
func TestPlacesNeverBelowWhoBooked(t *testing.T) {
	t.Parallel()
	p := newPlanner(t)
	k := p.at(today.Add(1), booking.Morning)
	p.book(k, 1, 1)
	p.book(k, 1, 2)
	p.book(k, 3, 3)
	problem := p.refused(places(k, 1, 480, 1, 510, 1))
	if problem.Code != booking.CodeInTheWay || problem.InTheWay == nil || problem.InTheWay.ID != p.half(k).ID || !strings.Contains(problem.Message.ZH, "08:30") {
		t.Errorf("the reason is %+v", problem)
	}
	p.apply(places(k, 1, 480, 1, 540, 1, 510, 4)) // the numbers of 09:00 are free to go, but the slot's numbers stay; two more of 08:30 stand beside it
	if got := said(p.half(k)); got != "open 2: 08:00 1@1, 08:30 2@3, 08:45 2@9, 09:00 1@5, 09:30 2@7" {
		t.Errorf("it is %s", got)
	}
	for i := 4; i <= 5; i++ {
		if v := p.book(k, 2, i); v.Appointment.Seq != 5+i {
			t.Errorf("the added place has number %d", v.Appointment.Seq)
		}
	}
	if _, err := p.hold(p.slotID(k, 2), 6); !errors.Is(err, booking.ErrSlotFull) {
		t.Errorf("beyond the places: %v", err)
	}
	p.apply(places(k, 0, 570, 9)) // the last numbers were taken by the added slot
	if got := said(p.half(k)); got != "open 2: 08:00 1@1, 08:30 2@3, 08:45 2@9, 09:00 1@5, 09:30 2@7, 09:45 7@11" {
		t.Errorf("it is %s", got)
	}
	if problem := p.refused(places(k, 0, 480, 0, 510, 0, 525, 0, 540, 0, 570, 0, 585, 0)); problem.Code != booking.CodeInTheWay {
		t.Errorf("the reason is %+v", problem)
	}
	check(t, p.db)
}

// TestBadChanges: each is refused with its reason, and nothing of the set happens.
func TestBadChanges(t *testing.T) {
	t.Parallel()
	p := newPlanner(t)
	tomorrow := p.at(today.Add(1), booking.Morning)
	template := func(change func(*booking.Template)) booking.ScheduleChange {
		tpl := booking.Template{Doctor: p.doctor, Weekday: time.Saturday, Session: session(booking.Morning, 480, 4, 2)}
		change(&tpl)
		return booking.ScheduleChange{Template: &tpl}
	}
	extra := func(date booking.Date, s booking.Session) booking.ScheduleChange {
		return booking.ScheduleChange{Extra: &booking.ExtraClinic{Doctor: p.doctor, Date: date, Session: s}}
	}
	leave := func(first, last booking.Date, substitute booking.DoctorID) booking.ScheduleChange {
		return booking.ScheduleChange{Leave: &booking.Leave{Doctor: p.doctor, First: first, Last: last, Substitute: substitute}}
	}
	other := bookingtest.Called(t, p.Store, "赵四").Doctor // of another department
	for name, c := range map[string]struct {
		change booking.ScheduleChange
		want   string
	}{
		"an overlapping extra clinic": {extra(today.Add(1), session(booking.Afternoon, 9*60, 4, 2)), "重叠"},
		"the same half-day":           {extra(today.Add(1), session(booking.Morning, 480, 4, 2)), "已经有门诊"},
		"a clinic that is over":       {extra(today, session(booking.Morning, 60, 1, 2)), "已经过去"},
		"yesterday":                   {extra(today.Add(-1), session(booking.Evening, 1080, 1, 2)), "已经过去"},
		"in two years":                {extra(today.Add(700), session(booking.Evening, 1080, 1, 2)), "太远"},
		"no date":                     {extra("2026-02-30", session(booking.Evening, 1080, 1, 2)), "日期不正确"},
		"over midnight":               {extra(today.Add(1), session(booking.Evening, 1380, 4, 2)), "同一天之内"},
		"no places":                   {extra(today.Add(1), session(booking.Evening, 1080, 4, 0)), "至少要有"},
		"overlapping templates":       {template(func(t *booking.Template) { t.Weekday, t.Period, t.StartMinute = time.Monday, booking.Afternoon, 9*60 }), "重叠"},
		"an end before its start":     {template(func(t *booking.Template) { t.ValidFrom, t.ValidTo = "2026-05-01", "2026-04-01" }), "早于开始日期"},
		"a weekday of its own":        {template(func(t *booking.Template) { t.Weekday = 8 }), "星期几"},
		"no fee in the policy":        {template(func(t *booking.Template) { t.Fee, t.Kind = booking.FeeByPolicy, booking.Special }), "没有这种门诊的挂号费"},
		"a leave that ends early":     {leave(today.Add(3), today.Add(1), 0), "早于开始日期"},
		"a leave in the past":         {leave(today.Add(-3), today.Add(-1), 0), "已经过去"},
		"a foreign substitute":        {leave(today.Add(1), today.Add(1), other), "同一科室"},
		"the doctor as substitute":    {leave(today.Add(1), today.Add(1), p.doctor), "同一科室"},
		"the same room":               {room(tomorrow, 0, "2"), "没有变"},
		"no room":                     {room(tomorrow, 0, ""), "请填写诊室"},
		"no such slot":                {places(tomorrow, 0, 481, 3), "没有 08:01"},
		"the same places":             {places(tomorrow, 0, 480, 2), "没有变"},
		"negative places":             {places(tomorrow, 0, 480, -1), "之间"},
		"nothing left":                {places(tomorrow, 0, 480, 0, 510, 0, 540, 0, 570, 0), "全部减为 0"},
		"not stopped":                 {booking.ScheduleChange{Reopen: &booking.ClinicRef{HalfKey: tomorrow}}, "没有停诊"},
		"no half-day":                 {booking.ScheduleChange{Cancel: &booking.ClinicRef{HalfKey: p.at(today.Add(1), booking.Evening)}}, "没有找到"},
		"an ordinary day as it is":    {booking.ScheduleChange{Day: &booking.CalendarDay{Date: today.Add(1), Kind: booking.OrdinaryDay}}, "没有改动"},
		"nothing":                     {booking.ScheduleChange{}, "没有内容"},
	} {
		good := room(p.at(today.Add(2), booking.Morning), 0, "77")
		if problem := p.refused(good, c.change); !strings.Contains(problem.Message.ZH, c.want) || problem.Message.EN == "" || problem.Change == 0 {
			t.Errorf("%s: %+v, want %s", name, problem, c.want)
		}
	}
	if p.half(p.at(today.Add(2), booking.Morning)).Room != "2" {
		t.Error("a refused set was made in part")
	}
	p.clock.set(at("2026-03-03 11:00"))
	if problem := p.refused(room(tomorrow, 0, "9")); problem.Code != booking.CodeTooLate {
		t.Errorf("a clinic that is over: %+v", problem)
	}
}

// snapshot writes all half-days and rules that are there, without what counts changes.
func (p *planner) snapshot() string {
	p.t.Helper()
	var rows []string
	for _, query := range []string{
		`SELECT CONCAT_WS(' ', c.id, c.doctor_id, c.visit_date, c.period, c.kind, c.fee, c.room, c.status, COALESCE(c.stop_note, '-'), c.manual, c.capacity, c.taken) FROM schedules c
			WHERE c.visit_date >= '` + string(today) + `' ORDER BY c.id`,
		`SELECT CONCAT_WS(' ', s.schedule_id, s.starts_at, s.ends_at, s.first_seq, s.capacity, s.taken) FROM slots s WHERE s.capacity > 0 OR s.taken > 0 ORDER BY s.schedule_id, s.starts_at`,
		`SELECT CONCAT_WS(' ', id, doctor_id, weekday, period, kind, fee, room, start_minute, slot_minutes, slot_count, slot_capacity, valid_from, valid_to) FROM schedule_templates ORDER BY id`,
		"SELECT CONCAT_WS(' ', day, kind, works_as, name) FROM calendar_days ORDER BY day",
		"SELECT CONCAT_WS(' ', doctor_id, first_date, last_date, halves, substitute_id) FROM doctor_leaves ORDER BY id",
	} {
		var some []string
		must(p.t, p.db.Select(&some, query))
		rows = append(rows, some...)
	}
	return strings.Join(rows, "\n")
}

// TestRoom tells who has a visit of the room that it was in, once for each change, and nobody else.
func TestRoom(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	k := p.at(today.Add(1), booking.Morning)
	v := p.book(k, 0, 1)
	p.book(p.at(today.Add(2), booking.Morning), 0, 2)
	done := p.apply(room(k, 1, "9"), room(p.at(today.Add(3), booking.Morning), 1, "9"))
	p.apply(places(k, 2, 480, 4))
	if got := fmt.Sprint(p.follow.rooms); got != fmt.Sprintf("[%d from 2, version 2, 医生外出]", v.Appointment.ID) {
		t.Errorf("told are %s", got)
	}
	if _, err := p.UndoChanges(ctx, 7, everywhere, done.Set.ID); !errors.Is(err, &booking.Error{Code: booking.CodeOvertaken}) {
		t.Errorf("undone though its places were changed since: %v", err)
	}
	if len(p.follow.rooms) != 1 {
		t.Errorf("told are %s", p.follow.rooms)
	}
}

// TestTwoChangeTheSame: the second is told of the first's change, and nothing is overwritten.
func TestTwoChangeTheSame(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	k := p.at(today.Add(1), booking.Morning)
	mine, theirs := p.draft(places(k, 1, 480, 5)), p.draft(room(k, 1, "9"))
	first, err := p.ApplyChanges(ctx, 7, everywhere, theirs.Set.ID)
	must(t, err)
	seen, err := p.ApplyChanges(ctx, 8, everywhere, mine.Set.ID)
	if !errors.Is(err, &booking.Error{Code: booking.CodeOvertaken}) || len(seen.Overtaken) != 1 {
		t.Fatalf("%v, %+v", err, seen.Overtaken)
	}
	if o := seen.Overtaken[0]; o.Set != first.Set.ID || o.Clinic.Before.Room != "2" || o.Clinic.After.Room != "9" {
		t.Errorf("what is shown is %+v", o)
	}
	if h := p.half(k); h.Version != 2 || h.Places() != 8 {
		t.Errorf("overwritten: %+v", h)
	}
	stale := p.refused(places(k, 1, 480, 6)) // a form that was opened before
	list, err := p.ClinicChanges(ctx, p.half(k).ID, 1)
	if stale.Code != booking.CodeOvertaken || err != nil || len(list) != 1 || list[0].Clinic.After.Room != "9" {
		t.Errorf("%+v, %+v, %v", stale, list, err)
	}
	other := p.draft(places(k, 2, 480, 5)) // having seen it
	_, err = p.ApplyChanges(ctx, 8, everywhere, other.Set.ID)
	must(t, err)
	if h := p.half(k); h.Room != "9" || h.Places() != 11 {
		t.Errorf("it is %+v", h)
	}
	if _, err := p.UndoChanges(ctx, 7, everywhere, first.Set.ID); !errors.Is(err, &booking.Error{Code: booking.CodeOvertaken}) {
		t.Errorf("undoing what was changed again: %v", err)
	}
	_, err = p.UndoChanges(ctx, 7, everywhere, other.Set.ID)
	must(t, err)
	_, err = p.UndoChanges(ctx, 7, everywhere, first.Set.ID)
	must(t, err)
	if got := said(p.half(k)); got != "open 2: 08:00 2@1, 08:30 2@3, 09:00 2@5, 09:30 2@7" {
		t.Errorf("after both were undone it is %s", got)
	}
}

// TestPlacesWhileEverybodyBooks: places are taken away and given back while people book, several changes at once. Nobody's place is gone, none is
// sold twice, and of changes that meet one is made.
func TestPlacesWhileEverybodyBooks(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	k := p.at(today.Add(1), booking.Morning)
	var slots []booking.SlotID
	for i := range 4 {
		slots = append(slots, p.slotID(k, i))
	}
	people := p.people(12)
	var drafts []booking.ChangeSetID
	for _, n := range []int{1, 3, 4} {
		drafts = append(drafts, p.draft(places(k, 0, 480, n, 510, n)).Set.ID)
	}
	together(len(people)+len(drafts), func(i int) {
		var err error
		if i < len(people) {
			_, err = p.holdFor(slots[i%4], people[i], "k")
		} else {
			_, err = p.ApplyChanges(ctx, 7, everywhere, drafts[i-len(people)])
		}
		if err != nil && !booking.IsRefusal(err) {
			t.Error(err)
		}
	})
	if bad := p.mayBe(troubles(t, p.db)); len(bad) > 0 {
		t.Error(bad)
	}
	if h := p.half(k); h.Version > 2 {
		t.Errorf("changes that met were made over each other: version %d", h.Version)
	}
}

// TestChangesCutShort: the program ends after the change was applied and before its patients were told: the job goes on.
func TestChangesCutShort(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	k := p.at(today.Add(1), booking.Morning)
	p.book(k, 0, 1)
	d := p.draft(booking.ScheduleChange{Cancel: &booking.ClinicRef{HalfKey: k}})
	p.follow.mu.Lock()
	p.follow.fail = func(booking.Change) error { return errors.New("the program ends here") }
	p.follow.mu.Unlock()
	if _, err := p.ApplyChanges(ctx, 7, everywhere, d.Set.ID); err == nil {
		t.Fatal("it was not cut short")
	}
	p.follow.mu.Lock()
	p.follow.fail = nil
	p.follow.mu.Unlock()
	together(3, func(int) {
		if err := p.FinishChanges(ctx); err != nil {
			t.Error(err)
		}
	})
	if h := p.half(k); h.Status != booking.Stopped || h.Taken != 0 {
		t.Errorf("it is %+v", h)
	}
	p.apply(booking.ScheduleChange{Reopen: &booking.ClinicRef{HalfKey: k}})
	if h := p.half(k); h.Status != booking.Open || h.Places() != 8 {
		t.Errorf("reopened it is %+v", h)
	}
	check(t, p.db)
}

// TestReachOfChanges: who is responsible for a department changes that one only, and sees no other's change sets.
func TestReachOfChanges(t *testing.T) {
	t.Parallel()
	p, ctx := newPlanner(t), context.Background()
	own := booking.Reach{{Hospital: p.hosp, Department: p.dept}}
	other := bookingtest.Called(t, p.Store, "消化科")
	elsewhere := booking.Reach{{Hospital: p.hosp, Department: other.Department}}
	ask := func(reach booking.Reach, key string, changes ...booking.ScheduleChange) (booking.Preview, error) {
		return p.DraftChanges(ctx, booking.ChangeRequest{By: 7, Reach: reach, Hospital: p.hosp, Changes: changes, Key: key})
	}
	change := room(p.at(today.Add(1), booking.Morning), 0, "9")
	if _, err := ask(elsewhere, "a", change); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("another department's clinic: %v", err)
	}
	if _, err := ask(own, "b", booking.ScheduleChange{Day: &booking.CalendarDay{Date: today.Add(1), Kind: booking.HolidayDay}}); !booking.IsRefusal(err) {
		t.Errorf("the hospital's calendar: %v", err)
	}
	d, err := ask(own, "c", change)
	must(t, err)
	if _, err := p.ApplyChanges(ctx, 7, elsewhere, d.Set.ID); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("applied from elsewhere: %v", err)
	}
	_, err = p.ApplyChanges(ctx, 7, own, d.Set.ID)
	must(t, err)
	if _, err := p.UndoChanges(ctx, 7, elsewhere, d.Set.ID); !errors.Is(err, booking.ErrNotFound) {
		t.Errorf("undone from elsewhere: %v", err)
	}
	for reach, want := range map[*booking.Reach]int{&own: 1, &elsewhere: 0, &everywhere: 1} {
		if _, n, err := p.ChangeSets(ctx, booking.ChangeSetQuery{Reach: *reach, Limit: 10}); err != nil || n != want {
			t.Errorf("%v sees %d, %v", *reach, n, err)
		}
	}
}
