package desk_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/console/desk"
	"guahao/internal/sandbox/browsertest"
	"guahao/internal/staff"
	"guahao/reminders"
)

// picture takes a screenshot where GUAHAO_SCREENSHOTS names a directory for them.
func picture(p *browsertest.Page, name string) {
	if dir := os.Getenv("GUAHAO_SCREENSHOTS"); dir != "" {
		p.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// fill gives the pages something to show: a day with visits, some of which are here, missed and cancelled, with what follows.
func fill(w *world) {
	w.Helper()
	today := booking.DateOf(w.clock.Now(), morning.Location())
	names := []string{"赵玉兰", "钱建国", "孙小梅", "李志强", "周桂英", "吴海涛", "郑秀珍", "王立新"}
	var slots []booking.SlotID // all over the day
	w.must(w.db.Select(&slots, `SELECT s.id FROM slots s JOIN schedules c ON c.id = s.schedule_id WHERE c.hospital_id = 1 AND c.visit_date = ? AND s.starts_at > ?
		AND c.department_id IN (SELECT department_id FROM schedules WHERE kind = 'general') ORDER BY MOD(s.id, 11), s.id LIMIT 28`, today, w.clock.Now().UTC()))
	var booked []booking.AppointmentID
	for i, slot := range slots {
		booked = append(booked, w.book(names[i%len(names)], slot).Appointment.ID)
	}
	w.clock.Advance(5 * time.Hour) // in the afternoon most are here
	for i, id := range booked {
		var err error
		switch i % 7 {
		case 0, 3:
			_, err = w.app.Booking.CheckIn(w.ctx, 0, id)
		case 1:
			_, err = w.app.Booking.CheckIn(w.ctx, 0, id)
			if err == nil {
				_, err = w.app.Booking.Fulfil(w.ctx, 0, id)
			}
		case 2:
			_, _, err = w.app.Booking.CancelByStaff(w.ctx, booking.StaffCancel{Appointment: id, Refund: booking.GiveAll, Note: "医生临时出诊", Key: "k"})
		}
		if !booking.IsRefusal(err) { // of the evening it is too early to check in
			w.must(err)
		}
	}
	p, err := w.app.Booking.Policy(w.ctx, 1)
	w.must(err)
	p.HoldMinutes, p.Limits.PerDay, p.NoShows = 20, 3, booking.NoShowRule{Count: 3, Days: 90, SuspendDays: []int{30, 90}}
	_, err = w.app.Booking.SetPolicy(w.ctx, 1, p)
	w.must(err)
	for range 3 {
		w.must(w.app.Payments.Work(w.ctx))
		_ = w.platforms.Pay.Deliver(w.ctx)
	}
	_, err = w.app.Reminders.StartBroadcast(w.ctx, reminders.Draft{Text: "门诊楼电梯检修，请走东侧楼梯。", TextEN: "The lift is out of order. Please take the stairs on the east side.", Filter: booking.AudienceFilter{Hospital: 1}}, "k")
	w.must(err)
	_, err = w.app.Reminders.StartBroadcast(w.ctx, reminders.Draft{AllFollowers: true, Text: "国庆期间门诊照常。", StartAt: w.clock.Now().Add(48 * time.Hour)}, "later")
	w.must(err)
	w.must(w.app.Reminders.Send(w.ctx))
	reviews(w)
}

// reviews are what patients say of the visits that took place.
func reviews(w *world) {
	w.Helper()
	var seen []struct{ ID, User int64 }
	w.must(w.db.Select(&seen, "SELECT id, user_id AS user FROM appointments WHERE status = 'fulfilled' ORDER BY id LIMIT 3"))
	for i, v := range seen {
		_, err := w.app.Booking.Review(w.ctx, booking.UserID(v.User), booking.AppointmentID(v.ID), 5-i, []string{"医生很耐心，讲得清楚。", "等了很久。", ""}[i%3])
		if !booking.IsRefusal(err) {
			w.must(err)
		}
	}
}

// extraPages are pages that no link of the navigation leads to.
func extraPages(w *world) []string {
	w.Helper()
	var order string
	w.must(w.db.Get(&order, "SELECT c.out_trade_no FROM charges c JOIN refunds r ON r.charge_id = c.id ORDER BY c.id LIMIT 1"))
	var clinic int64
	w.must(w.db.Get(&clinic, "SELECT schedule_id FROM appointments WHERE status = 'booked' ORDER BY id LIMIT 1"))
	half, doctor, department := schedulePages(w, clinic)
	return []string{
		"/console/changes/1", "/console/changes/2", "/console/schedule/new", "/console/schedule/import", "/console/templates/1", fmt.Sprintf("/console/schedule/%d", half.ID),
		fmt.Sprintf("/console/directory/doctors/%d", doctor), fmt.Sprintf("/console/directory/departments/%d", department), "/console/directory/hospitals/1",
		"/console/directory/departments", "/console/directory/hospitals",
		"/console/account", "/console/appointments/3", "/console/appointments/5", "/console/patients/1", "/console/extra?patient=1", "/console/payments/" + order,
		fmt.Sprintf("/console/clinics/%d", clinic), "/console/policies/1", "/console/staff/1", "/console/audit/5",
		"/console/broadcasts/new", "/console/broadcasts/1", "/console/broadcasts/2", "/console/reviews/1", "/console/reviews?status=",
	}
}

// schedulePages makes a change that was applied and a draft of a leave that has patients, and gives a half-day to look at.
func schedulePages(w *world, clinic int64) (half booking.HalfDay, doctor booking.DoctorID, department booking.DepartmentID) {
	w.Helper()
	c, err := w.app.Booking.Clinic(w.ctx, booking.ScheduleID(clinic))
	w.must(err)
	list, err := w.app.Booking.HalfDays(w.ctx, []booking.DoctorID{c.Doctor}, c.Date.Add(1), c.Date.Add(9))
	w.must(err)
	half = list[0]
	ask := func(key string, change booking.ScheduleChange) booking.ChangeSetID {
		p, err := w.app.Booking.DraftChanges(w.ctx, booking.ChangeRequest{By: 1, Reach: everywhere, Hospital: c.Hospital, Key: key, Note: "医生外出", Changes: []booking.ScheduleChange{change}})
		w.must(err)
		if len(p.Problems) > 0 {
			w.Fatalf("%+v", p.Problems)
		}
		return p.Set.ID
	}
	_, err = w.app.Booking.ApplyChanges(w.ctx, 1, everywhere, ask("a", booking.ScheduleChange{Room: &booking.RoomChange{ClinicRef: booking.ClinicRef{HalfKey: half.HalfKey}, Room: "8诊室"}}))
	w.must(err)
	ask("b", booking.ScheduleChange{Leave: &booking.Leave{Doctor: c.Doctor, First: c.Date, Last: c.Date.Add(9)}})
	return half, c.Doctor, c.Department
}

// enter signs in, as anybody would.
func enter(w *world, p *browsertest.Page, login, secret string) {
	w.Helper()
	p.Await("the form", `!!document.querySelector('input[name=login]')`)
	p.Type("input[name=login]", login)
	p.Type("input[name=password]", password)
	p.Click("main button.primary")
	if secret != "" {
		p.Await("the second step", `!!document.querySelector('input[name=code]')`)
		w.clock.Advance(time.Minute)
		p.Type("input[name=code]", code(w, secret, 0))
		p.Click("main button.primary")
	}
	p.Await("the console", `!!document.querySelector('nav.side')`)
}

// TestWalk walks the pages as each role, in English; TestWalkAsAdministrator looks closer. Whatever a page complains about fails the test.
func TestWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fill(w)
	for _, role := range staff.Roles() {
		m, secret := w.hire(string(role), staff.Grant{Role: role})
		dayInTheChat(w, m)
		if role == staff.Admin {
			continue
		}
		p := browsertest.Open(t, w.url+"/console/?lang=en", 1280, 900)
		enter(w, p, string(role), secret)
		links := browsertest.Value[[]string](p, linksThere)
		if len(links) == 0 {
			t.Errorf("the role %s sees no page", role)
		}
		for _, link := range links {
			p.Go(w.url + link)
			p.Await(link, allThere)
		}
	}
}

const (
	linksThere = `[...document.querySelectorAll('nav.side li a')].map((a) => a.getAttribute('href'))`
	allThere   = `document.readyState === 'complete' && !!document.querySelector('main h1') && [...document.images].every((i) => i.complete && i.naturalWidth > 0)`
)

// TestWalkAsAdministrator looks at the entrance and at each page there is, in Chinese, at a desk and on a phone, and holds it against
// WCAG 2.1 AA with all that can be opened open.
func TestWalkAsAdministrator(t *testing.T) {
	t.Parallel()
	check := browsertest.HaveAxe(t)
	w := newWorld(t)
	fill(w)
	_, secret := w.hire("admin", staff.Grant{Role: staff.Admin})
	p := browsertest.Open(t, w.url+"/console/?lang=zh", 1280, 900)
	picture(p, "login")
	if check {
		p.Axe("login")
	}
	enter(w, p, "admin", secret)
	for _, link := range append(browsertest.Value[[]string](p, linksThere), extraPages(w)...) {
		p.Go(w.url + link)
		p.Await(link, allThere)
		name := strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(strings.TrimPrefix(link, "/console/"))
		if name == "today" {
			p.Resize(1280, 1420)
		}
		picture(p, name)
		p.Resize(390, 844)
		if wide := browsertest.Value[int](p, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s is %d pixels wide on a phone", link, wide)
		}
		picture(p, name+"-phone")
		p.Resize(1280, 900)
		if check {
			for range browsertest.Value[int](p, `document.querySelectorAll('main details:not([open])').length`) {
				p.Click("main details:not([open]) > summary")
			}
			p.Axe(link)
		}
	}
	p.Await("a field without a label", `(document.querySelector('main').append(document.createElement('input')), true)`)
	if check && len(p.Breaches()) != 1 { // the control
		t.Errorf("a field without a label passes: %v", p.Breaches())
	}
}

// dayInTheChat compares what somebody is told of the day in the chat with what they may see, and looks at the picture.
func dayInTheChat(w *world, m staff.Member) {
	w.Helper()
	d := desk.New(desk.Config{
		Booking: w.app.Booking, Payments: w.app.Payments, Reminders: w.app.Reminders, Staff: w.app.Staff, Audit: w.app.Audit, Now: w.clock.Now,
		Payee: func(id booking.HospitalID) string { return fmt.Sprintf("hospital:%d", id) },
	})
	text, err := d.DayText(w.ctx, m.ID, "zh")
	w.must(err)
	if !strings.Contains(text, "预约：") || !strings.Contains(text, "爽约：") || strings.Contains(text, "收款：") != m.May(staff.SeePayments) {
		w.Errorf("%s is told:\n%s", m.Name, text)
	}
	drawn, err := d.DayPicture(w.ctx, m.ID, "zh")
	w.must(err)
	picture, err := png.Decode(bytes.NewReader(drawn))
	if err != nil || picture.Bounds().Dx() != 750 || picture.Bounds().Dy() < 600 {
		w.Errorf("the picture of %s: %v", m.Name, err)
	}
	if dir := os.Getenv("GUAHAO_SCREENSHOTS"); dir != "" && m.May(staff.SeePayments) {
		w.must(os.WriteFile(filepath.Join(dir, "today-chat.png"), drawn, 0o600))
	}
}
