package dialog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/bots"
)

// target is a place that can be had, with what the menus and a sentence call each part of it.
type target struct {
	hospital booking.Hospital
	group    booking.Department
	dep      booking.Department
	doctor   booking.Doctor
	schedule booking.Schedule
	slot     booking.Slot
	relation booking.Relation
}

// TestSentenceAndMenusGiveTheSameDraft goes to the card by the menus, and by a sentence that says any part of the same in any order;
// what the sentence leaves out is chosen when it is asked. The drafts are the same, and neither has booked anything.
func TestSentenceAndMenusGiveTheSameDraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(bots.WeChat, "zh")
	for i, relation := range []booking.Relation{booking.Self, booking.Child} {
		_, err := w.bookings.AddPatient(t.Context(), booking.UserID(p.account.User), booking.NewPatient{Name: []string{"林建国", "林小明"}[i], Document: booking.Passport,
			Number: fmt.Sprintf("E1234567%d", i), Phone: "13800000000", BirthDate: []booking.Date{"1980-01-01", "2018-01-01"}[i], Sex: booking.Male, Relation: relation,
			Guardian: booking.Guardian{Name: "林建国", Phone: "13800000000"}}, fmt.Sprint(i))
		w.check(err)
	}
	p.says("主菜单")
	rapid.Check(t, func(rt *rapid.T) {
		to := w.draw(rt)
		byMenus, bySentence := p.twin(), p.twin()
		byMenus.says("挂号")
		to.finish(rt, byMenus)
		sentence := to.sentence(rt)
		bySentence.says(sentence)
		to.finish(rt, bySentence)
		if diff := cmp.Diff(remembered(byMenus).Draft, remembered(bySentence).Draft); diff != "" {
			rt.Fatalf("%q is another draft than by the menus (-menus +sentence):\n%s", sentence, diff)
		}
	})
	visits, err := w.bookings.Visits(t.Context(), booking.UserID(p.account.User), booking.VisitFilter{})
	w.check(err)
	if len(visits) > 0 {
		t.Errorf("%d visits were booked without a confirmation", len(visits))
	}
}

// draw draws a place that is free.
func (w *world) draw(rt *rapid.T) target {
	ctx := w.t.Context()
	hospitals, err := w.bookings.Hospitals(ctx)
	w.check(err)
	to := target{hospital: rapid.SampledFrom(hospitals).Draw(rt, "hospital")}
	groups, err := w.bookings.Departments(ctx, to.hospital.ID, 0)
	w.check(err)
	to.group = rapid.SampledFrom(groups).Draw(rt, "group")
	departments, err := w.bookings.Departments(ctx, to.hospital.ID, to.group.ID)
	w.check(err)
	to.dep = rapid.SampledFrom(departments).Draw(rt, "department")
	doctors, err := w.bookings.Doctors(ctx, to.dep.ID)
	w.check(err)
	to.doctor = rapid.SampledFrom(doctors).Draw(rt, "doctor").Doctor
	clinics, err := w.bookings.Clinics(ctx, to.dep.ID)
	w.check(err)
	clinics = slices.DeleteFunc(clinics, func(c booking.Schedule) bool { return c.Doctor != to.doctor.ID || c.Free() == 0 })
	if len(clinics) == 0 {
		rt.Skip("the doctor has no clinics")
	}
	to.schedule = rapid.SampledFrom(clinics).Draw(rt, "clinic")
	slots, err := w.bookings.Slots(ctx, to.schedule.ID)
	w.check(err)
	to.slot = rapid.SampledFrom(slots).Draw(rt, "slot")
	to.relation = booking.Self
	if to.hospital.Code == "LC02" {
		to.relation = booking.Child
	}
	return to
}

func (to target) span() string {
	return to.slot.StartsAt.In(china).Format("15:04") + "–" + to.slot.EndsAt.In(china).Format("15:04")
}

func (to target) half() string {
	return map[booking.Period]string{booking.Morning: "上午", booking.Afternoon: "下午", booking.Evening: "晚上"}[to.schedule.Period]
}

func (to target) day() string {
	d := to.schedule.Date.In(time.UTC)
	return fmt.Sprintf("%d月%d日", d.Month(), d.Day())
}

// finish chooses the same at each step that asks, up to the card.
func (to target) finish(rt *rapid.T, p *person) {
	for range 20 {
		label := ""
		switch p.session.State {
		case "confirm":
			return
		case "hospital":
			label = to.hospital.Name.ZH
		case "group":
			label = to.group.Name.ZH
		case "department":
			label = to.dep.Name.ZH
		case "found":
			label = to.found(p)
		case "doctor":
			label = to.doctor.Name.ZH
		case "day":
			label = to.day()
		case "period":
			label = to.half()
		case "time":
			label = to.span()
		case "patient":
			label = map[booking.Relation]string{booking.Self: "本人", booking.Child: "孩子"}[to.relation]
		}
		o, ok := option(p.last, label)
		if !ok {
			if o, ok = option(p.last, "下一页"); !ok {
				rt.Fatalf("state %s does not offer %q:\n%s\n%v", p.session.State, label, p.last.Text, p.last.Options)
			}
		}
		p.presses(p.last, o)
	}
	rt.Fatalf("the card does not come: %s", p.last.Text)
}

// found is what to choose where several things fit: the doctor, or else the department or the hospital.
func (to target) found(p *person) string {
	for _, label := range []string{to.doctor.Name.ZH + " · " + to.dep.Name.ZH, to.dep.Name.ZH + " · " + to.hospital.Short.ZH, to.group.Name.ZH + " · " + to.hospital.Short.ZH} {
		if _, ok := option(p.last, label); ok {
			return label
		}
	}
	return to.hospital.Name.ZH
}

// sentence says some parts of the target, in any order and in any of their names.
func (to target) sentence(rt *rapid.T) string {
	say := func(what string, forms ...string) string {
		return rapid.SampledFrom(append(forms, "")).Draw(rt, what)
	}
	parts := []string{
		say("names the hospital", append([]string{to.hospital.Name.ZH, to.hospital.Short.ZH}, to.hospital.Aliases...)...),
		say("names the doctor", to.doctor.Name.ZH, to.doctor.Name.ZH+"医生"),
		say("says the day", to.day(), to.weekday(), strings.Replace(strings.TrimSuffix(to.day(), "日"), "月", "/", 1)),
		say("says the half", to.half()),
		say("says the time", to.slot.StartsAt.In(china).Format("15:04")),
	}
	if parts[1] == "" || parts[0] != "" { // somebody's department is no news
		parts = append(parts, say("names the department", to.dep.Name.ZH))
	}
	if to.relation == booking.Child {
		parts = append(parts, say("says for whom", "给孩子", "给儿子"))
	} else {
		parts = append(parts, say("says for whom", "本人", "给自己"))
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	parts = rapid.Permutation(parts).Draw(rt, "order")
	return rapid.SampledFrom([]string{"", "我要挂", "请帮我约 "}).Draw(rt, "begins") + strings.Join(parts, rapid.SampledFrom([]string{" ", "，"}).Draw(rt, "between")) +
		rapid.SampledFrom([]string{"的号", "，谢谢"}).Draw(rt, "ends")
}

// weekday names the day by the week in which it is.
func (to target) weekday() string {
	days := int(to.schedule.Date.In(time.UTC).Sub(booking.Date("2026-11-23").In(time.UTC)).Hours() / 24)
	return []string{"", "下", "下下"}[days/7] + "周" + []string{"一", "二", "三", "四", "五", "六", "日"}[days%7]
}
