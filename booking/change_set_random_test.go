package booking_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mariadb/mariadbtest"
)

// randomChange draws some change, which may be one that cannot be made.
func (p *planner) randomChange(t *rapid.T, templates []booking.Template, second booking.DoctorID) booking.ScheduleChange {
	date := today.Add(rapid.IntRange(0, 8).Draw(t, "day"))
	doctor := rapid.SampledFrom([]booking.DoctorID{p.doctor, second}).Draw(t, "doctor")
	period := rapid.SampledFrom([]booking.Period{booking.Morning, booking.Afternoon}).Draw(t, "half")
	k := booking.HalfKey{Doctor: doctor, Date: date, Period: period}
	s := session(period, rapid.SampledFrom([]int{480, 540, 780}).Draw(t, "start"), rapid.IntRange(1, 5).Draw(t, "slots"), rapid.IntRange(1, 3).Draw(t, "places"))
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return booking.ScheduleChange{Template: &booking.Template{Doctor: doctor, Weekday: date.Weekday(), Session: s, ValidFrom: date}}
	case 1:
		tpl := rapid.SampledFrom(templates).Draw(t, "template")
		tpl.Session = s
		return booking.ScheduleChange{Template: &tpl}
	case 2:
		return booking.ScheduleChange{EndTemplate: &booking.TemplateEnd{ID: rapid.SampledFrom(templates).Draw(t, "template").ID, From: date}}
	case 3:
		kind := rapid.SampledFrom([]booking.DayKind{booking.HolidayDay, booking.WorkDay}).Draw(t, "kind of day")
		return booking.ScheduleChange{Day: &booking.CalendarDay{Date: date, Kind: kind, As: time.Weekday(rapid.IntRange(0, 6).Draw(t, "as")), Name: "x"}}
	case 4:
		l := booking.Leave{Doctor: doctor, First: date, Last: date.Add(rapid.IntRange(0, 4).Draw(t, "days"))}
		if rapid.Bool().Draw(t, "substituted") {
			l.Substitute = p.doctor + second - doctor
		}
		return booking.ScheduleChange{Leave: &l}
	case 5:
		return booking.ScheduleChange{Extra: &booking.ExtraClinic{Doctor: doctor, Date: date, Session: s}}
	case 6:
		return room(k, 0, fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "room")))
	case 7:
		return booking.ScheduleChange{Cancel: &booking.ClinicRef{HalfKey: k}}
	default:
		minute := rapid.SampledFrom([]int{480, 510, 540, 570}).Draw(t, "slot")
		return places(k, 0, minute, rapid.IntRange(0, 4).Draw(t, "places"), minute+30, rapid.IntRange(0, 4).Draw(t, "more places"))
	}
}

// bookSome lets people take free places, at most n of them.
func (p *planner) bookSome(t *rapid.T, people *int, n int) {
	var free []booking.SlotID
	must(p.t, p.db.Select(&free, `SELECT s.id FROM slots s JOIN schedules c ON c.id = s.schedule_id WHERE s.taken < s.capacity AND c.status = 'open'
		AND s.starts_at > ? AND c.visit_date <= ? ORDER BY s.id`, p.clock.now().UTC(), today.Add(7)))
	for range n {
		if len(free) == 0 {
			return
		}
		*people++
		slot := rapid.SampledFrom(free).Draw(t, "slot to book")
		if _, err := p.hold(slot, *people); err != nil && !booking.IsRefusal(err) {
			p.t.Fatal(err)
		}
	}
}

// mayBe are the troubles of the numbers that only appointments of the past have: a slot that was planned anew counts afresh.
func (p *planner) mayBe(all []string) (bad []string) {
	for _, one := range all {
		if !strings.HasPrefix(one, "issued: ") && !strings.HasPrefix(one, "out of range: ") {
			bad = append(bad, one)
		}
	}
	var wrong []string
	must(p.t, p.db.Select(&wrong, `SELECT CONCAT('active out of range: appointment ', a.id) FROM appointments a JOIN slots s ON s.id = a.slot_id
		WHERE a.active = 1 AND (a.seq < s.first_seq OR a.seq >= s.first_seq + s.capacity) UNION
		SELECT CONCAT('capacity of schedule ', c.id) FROM schedules c LEFT JOIN slots s ON s.schedule_id = c.id GROUP BY c.id, c.capacity HAVING COALESCE(SUM(s.capacity), 0) <> c.capacity UNION
		SELECT CONCAT('slots overlap in numbers: ', a.schedule_id) FROM slots a JOIN slots b ON a.schedule_id = b.schedule_id AND a.id < b.id
			WHERE a.capacity > 0 AND b.capacity > 0 AND a.first_seq < b.first_seq + b.capacity AND b.first_seq < a.first_seq + a.capacity`))
	return append(bad, wrong...)
}

// plannedTables are the tables that a round changes.
const plannedTables = "schedules slots schedule_templates calendar_days doctor_leaves edited_weeks appointments appointment_events place_returns change_sets change_effects"

// remember keeps the tables as they are, so that each round begins alike.
func (p *planner) remember() (again func()) {
	tables := strings.Fields(plannedTables)
	for _, table := range tables {
		p.db.MustExec("DROP TABLE IF EXISTS first_" + table)
		p.db.MustExec("CREATE TABLE first_" + table + " AS SELECT * FROM " + table)
	}
	return func() {
		for _, table := range tables {
			p.db.MustExec("DELETE FROM " + table)
			p.db.MustExec("INSERT INTO " + table + " SELECT * FROM first_" + table)
		}
	}
}

// TestPlannerSees is the control of the test below: a number that is gone, numbers of two slots that overlap, and a half-day that is not what it was
// are seen.
func TestPlannerSees(t *testing.T) {
	t.Parallel()
	p := newPlanner(t)
	k := p.at(today.Add(1), booking.Morning)
	p.book(k, 1, 1)
	before, id := p.snapshot(), p.half(k).ID
	if bad := p.mayBe(troubles(t, p.db)); len(bad) > 0 {
		t.Fatal(bad)
	}
	for statement, want := range map[string]string{
		"UPDATE slots SET capacity = 0 WHERE schedule_id = ? AND taken = 1":     "oversold",
		"UPDATE slots SET capacity = 3 WHERE schedule_id = ? AND first_seq = 1": "slots overlap",
		"UPDATE slots SET first_seq = 100 WHERE schedule_id = ? AND taken = 1":  "active out of range",
		"UPDATE schedules SET capacity = 9 WHERE id = ?":                        "capacity of schedule",
	} {
		again := p.remember()
		p.db.MustExec(statement, id)
		if bad := strings.Join(p.mayBe(troubles(t, p.db)), "\n"); !strings.Contains(bad, want) || p.snapshot() == before {
			t.Errorf("%s is not seen: %s", statement, bad)
		}
		again()
	}
}

// TestApplyThenUndo: whatever is changed, with whoever has booked, taking it back makes every half-day, slot and rule what it was, and at no time
// has somebody a number that is not there. It counts how much of that happened, so that it cannot pass by refusing everything.
func TestApplyThenUndo(t *testing.T) {
	t.Parallel()
	applied, undone, stopped := 0, 0, 0
	db := mariadbtest.DB(t)
	base := newWorldOn(t, db)
	must(t, base.Load(context.Background(), smallFiles(usualWeek+"T1,D2,Mon Wed Fri,morning,general,20,3,08:00,30,4,1\n")))
	p := &planner{world: base}
	people := 0
	second := bookingtest.Called(t, base.Store, "李二").Doctor
	again := p.remember()
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		again()
		p.bookSome(rt, &people, rapid.IntRange(0, 3).Draw(rt, "people before"))
		before := p.snapshot()
		templates, err := p.Templates(ctx, p.hosp, 0)
		must(t, err)
		var changes []booking.ScheduleChange
		for range rapid.IntRange(1, 3).Draw(rt, "changes") {
			changes = append(changes, p.randomChange(rt, templates, second))
		}
		d := p.draft(changes...)
		if len(d.Problems) > 0 {
			return
		}
		done, err := p.ApplyChanges(ctx, 7, everywhere, d.Set.ID)
		if err != nil {
			rt.Fatalf("a draft without problems cannot be applied: %v", err)
		}
		applied++
		if bad := p.mayBe(troubles(t, db)); len(bad) > 0 {
			rt.Fatalf("after applying: %v", bad)
		}
		must(t, p.Roll(ctx))
		if done.Set.Affected == 0 && rapid.Bool().Draw(rt, "somebody books meanwhile") {
			p.bookSome(rt, &people, 1)
			before = "" // it is not what it was, and may be in the way
		}
		_, err = p.UndoChanges(ctx, 7, everywhere, done.Set.ID)
		switch {
		case done.Set.Affected > 0:
			stopped++
			if !booking.IsRefusal(err) {
				rt.Fatalf("undoing what %d patients were told: %v", done.Set.Affected, err)
			}
		case before == "":
			if err != nil && !booking.IsRefusal(err) {
				rt.Fatal(err)
			}
		case err != nil:
			rt.Fatalf("it cannot be undone: %v", err)
		default:
			undone++
			if after := p.snapshot(); after != before {
				rt.Fatalf("%+v\nbefore:\n%s\nafter:\n%s", d.Effects, before, after)
			}
		}
		if bad := p.mayBe(troubles(t, db)); len(bad) > 0 {
			rt.Fatalf("after undoing: %v", bad)
		}
	})
	t.Logf("%d applied, %d undone, %d had patients to tell", applied, undone, stopped)
	if applied < 10 || undone < 5 {
		t.Errorf("of 100 rounds only %d were applied, %d undone, %d had patients to tell", applied, undone, stopped)
	}
}
