package hisapi_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/hisapi"
)

func directory(w *world, master, reader string, v booking.Visit) {
	t := w.T
	w.want(w.ask(reader, "GET", "/directory", "", ""), 200, `"code":"`+v.Doctor.Code+`"`, v.Department.Name.ZH)
	body := fmt.Sprintf(`{"departments":[{"code":%q,"floor":{"zh":"新楼9层","en":"Floor 9"}}],"doctors":[{"code":%q,"title":"chief"}]}`, v.Department.Code, v.Doctor.Code)
	first := w.ask(master, "PUT", "/directory", "d1", body)
	w.want(first, 200, `"changed":`)
	again := w.ask(master, "PUT", "/directory", "d1", body)
	if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("sent again it answers %s", again.body)
	}
	w.want(w.ask(master, "PUT", "/directory", "d1", `{}`), 422, "key_used")
	w.want(w.ask(master, "PUT", "/directory", "d2", body), 200, `"changed":0`)
	w.want(w.ask(master, "PUT", "/directory", "", body), 400, "no_key")
	w.want(w.ask(master, "PUT", "/directory", strings.Repeat("k", 65), body), 400, "no_key")
	w.want(w.ask(master, "PUT", "/directory", "d\xff", body), 400, "no_key")
	w.want(w.ask(master, "PUT", "/directory", "d3", `{"doctors":[],"color":1}`), 400, `color`)
	w.want(w.ask(master, "PUT", "/directory", "d4", `{} {}`), 400, "bad_json")
	w.want(w.ask(master, "PUT", "/directory", "d5", `{"doctors":7}`), 400, "doctors")
	w.want(w.ask(master, "PUT", "/directory", "d6", strings.Repeat(" ", 5<<20)), 413)
	// One that is wrong leaves the others as they were.
	w.want(w.ask(master, "PUT", "/directory", "d7", fmt.Sprintf(`{"departments":[{"code":%q,"floor":{"zh":"旧楼","en":""}}],"doctors":[{"code":%q,"title":"wizard"}]}`, v.Department.Code, v.Doctor.Code)), 422, "职称")
	w.want(w.ask(master, "PUT", "/directory", "d8", `{"doctors":[{"code":"X999"}]}`), 422, "X999")
	grow := `{"departments":[{"code":"N1","name":{"zh":"新楼","en":"New wing"}},{"code":"N11","parent":"N1","name":{"zh":"睡眠科","en":"Sleep"}}],
		"doctors":[{"code":"N900","department":"N11","name":{"zh":"沈眠","en":"Shen Mian"},"title":"chief"}]}`
	w.want(w.ask(master, "PUT", "/directory", "d9", grow), 200, `"changed":3`)
	w.want(w.ask(reader, "GET", "/directory", "", ""), 200, `"code":"N900","department":"N11"`, "睡眠科")
	w.want(w.ask(master, "PUT", "/directory", "d10", grow), 200, `"changed":0`)
	w.want(w.ask(master, "PUT", "/directory", "d11", `{"departments":[{"code":"N12","parent":"N11","name":{"zh":"三级","en":""}}]}`), 422, "N11")
	w.want(w.ask(master, "PUT", "/directory", "d12", `{"doctors":[{"code":"N901","department":"N1","name":{"zh":"某人","en":""},"title":"chief"}]}`), 422, "N901")
	w.want(w.ask(master, "PUT", "/directory", "d13", `{"departments":[{"code":"N11","parent":"`+v.Department.Code+`"}]}`), 422, "moved")
	w.want(w.ask(master, "PUT", "/directory", "d14", `{"departments":[{"code":"","name":{"zh":"无","en":""}}]}`), 422, "编码")
	d, err := w.app.Booking.Department(t.Context(), v.Department.ID)
	if err != nil || d.Floor.ZH != "新楼9层" {
		t.Errorf("the department is on %v (%v)", d.Floor, err)
	}
	other := w.token(hisapi.Token{Hospital: 2, Writes: true})
	if a := w.ask(other, "GET", "/directory", "", ""); strings.Contains(a.body, v.Hospital.Name.ZH) {
		t.Error("a token of another hospital sees this one's directory")
	}
}

// free ends whatever is open of a doctor, as the hospital's program would.
func free(w *world, master, doctor string) {
	w.Helper()
	var halves []struct {
		Date   booking.Date
		Period booking.Period
	}
	w.must(w.db.Select(&halves, `SELECT c.visit_date AS date, c.period FROM schedules c JOIN doctors d ON d.id = c.doctor_id
		WHERE d.hospital_id = 1 AND d.code = ? AND c.status = 'open' AND c.visit_date >= '2026-11-23' ORDER BY c.visit_date, c.period`, doctor))
	var stops []string
	for _, h := range halves {
		stops = append(stops, fmt.Sprintf(`{"action":"stop","doctor":%q,"date":%q,"period":%q}`, doctor, h.Date, h.Period))
	}
	w.want(w.ask(master, "POST", "/schedules", "free-"+doctor, `{"note":"调离","changes":[`+strings.Join(stops, ",")+`]}`), 200, `"status":"applied"`)
}

// leaving: doctors move to other departments and go, and departments with them, once nobody has a place there any more.
func leaving(w *world, master, reader string) {
	t := w.T
	v := w.visit("吴小满")
	doctor, department := v.Doctor.Code, v.Department.Code
	put := func(key, body string) answer { w.Helper(); return w.ask(master, "PUT", "/directory", key, body) }
	there := func() string { w.Helper(); return w.ask(reader, "GET", "/directory", "", "").body }
	gone := fmt.Sprintf(`{"doctors":[{"code":%q,"removed":true}]}`, doctor)

	w.want(put("l1", gone), 422, "in_the_way", `"doctor":"`+doctor+`"`, fmt.Sprintf(`"appointments":[%d`, v.Appointment.ID), "请先停诊")
	w.want(put("l2", fmt.Sprintf(`{"departments":[{"code":%q,"removed":true}]}`, department)), 422, "in_the_way", doctor)
	if !strings.Contains(there(), `"code":"`+doctor+`"`) {
		t.Error("who has patients is gone")
	}

	// A move takes along the usual week and what nobody has booked; who has a place keeps it where it is.
	w.want(put("l3", `{"departments":[{"code":"M1","name":{"zh":"新院区","en":"New campus"}},{"code":"M11","parent":"M1","name":{"zh":"康复科","en":"Rehabilitation"}}],
		"doctors":[{"code":"`+doctor+`","department":"M11"}]}`), 200, `"changed":3`)
	w.want(put("l4", `{"doctors":[{"code":"`+doctor+`","department":"M1"}]}`), 422, "M1")
	w.want(put("l5", `{"doctors":[{"code":"`+doctor+`","department":"X99"}]}`), 422, "X99")
	w.want(put("l6", `{"doctors":[{"code":"`+doctor+`","department":"M11"}]}`), 200, `"changed":0`)
	var moved, stayed, week int
	w.must(w.db.Get(&moved, "SELECT COUNT(c.id) FROM schedules c JOIN departments d ON d.id = c.department_id WHERE c.doctor_id = ? AND d.code = 'M11'", v.Doctor.ID))
	w.must(w.db.Get(&stayed, "SELECT COUNT(c.id) FROM schedules c WHERE c.doctor_id = ? AND c.department_id = ? AND c.visit_date > '2026-11-23' AND c.taken = 0", v.Doctor.ID, v.Department.ID))
	w.must(w.db.Get(&week, "SELECT COUNT(1) FROM schedule_templates WHERE doctor_id = ? AND department_id = ?", v.Doctor.ID, v.Department.ID))
	if moved == 0 || stayed != 0 || week != 0 {
		t.Errorf("%d half-days moved; %d stay although nobody comes, and %d of the usual week", moved, stayed, week)
	}
	if now, err := w.app.Booking.Visit(t.Context(), v.Appointment.ID); err != nil || now.Department.ID != v.Department.ID || now.Appointment.Status != v.Appointment.Status {
		t.Errorf("the patient has to come to %v (%v)", now.Department.Name, err)
	}
	here, err := w.app.Booking.Doctors(t.Context(), v.Department.ID)
	w.must(err)
	if !slices.ContainsFunc(here, func(s booking.DoctorSummary) bool { return s.Doctor.ID == v.Doctor.ID && s.Clinics > 0 }) {
		t.Error("the half-day that stays cannot be found in its department")
	}

	free(w, master, doctor)
	var entry int64
	wait, err := w.db.Exec(`INSERT INTO waitlist_entries (hospital_id, department_id, doctor_id, first_date, last_date, halves, patient_id, user_id, account_id, request_key, status, active, leaves_at, created_at, priority)
		VALUES (1, ?, ?, '2026-11-30', '2026-12-02', 7, ?, ?, ?, 'wait', 'waiting', 1, '2026-12-02', '2026-11-23', 0)`, v.Department.ID, v.Doctor.ID, v.Patient.ID, v.Appointment.User, v.Appointment.Account)
	w.must(err)
	entry, err = wait.LastInsertId()
	w.must(err)
	w.want(put("l7", gone), 200, `"changed":1`)
	if strings.Contains(there(), `"code":"`+doctor+`"`) {
		t.Error("who is removed is still in the directory")
	}
	var status string
	w.must(w.db.Get(&status, "SELECT status FROM waitlist_entries WHERE id = ?", entry))
	if status != string(booking.WaitEnded) {
		t.Errorf("who waits for a doctor who is gone is %s", status)
	}
	w.want(put("l8", gone), 200, `"changed":0`)
	w.want(w.ask(master, "POST", "/schedules", "l9", fmt.Sprintf(`{"changes":[{"action":"open","doctor":%q,"date":"2026-12-05","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2}]}`, doctor)), 422, doctor)
	w.clock.Advance(24 * time.Hour)
	w.must(w.app.Booking.Roll(t.Context()))
	w.must(w.app.Booking.Seed(t.Context())) // the files still have the doctor
	w.must(w.app.Booking.Roll(t.Context()))
	var open int
	w.must(w.db.Get(&open, "SELECT COUNT(1) FROM schedules WHERE doctor_id = ? AND status = 'open' AND visit_date > '2026-11-24'", v.Doctor.ID))
	if open != 0 || strings.Contains(there(), `"code":"`+doctor+`"`) {
		t.Errorf("%d half-days of who is removed can be booked", open)
	}
	if now, err := w.app.Booking.Visit(t.Context(), v.Appointment.ID); err != nil || now.Doctor.Name != v.Doctor.Name {
		t.Errorf("the past visit was with %v (%v)", now.Doctor.Name, err)
	}

	// Departments go when nobody works there, and come back with their code.
	w.want(put("l10", `{"departments":[{"code":"M1","removed":true}]}`), 422, "M11")
	w.want(put("l11", `{"departments":[{"code":"M1","removed":true},{"code":"M11","removed":true}]}`), 200, `"changed":2`)
	if body := there(); strings.Contains(body, `"M1"`) || strings.Contains(body, `"M11"`) {
		t.Error("a department that is removed is still there")
	}
	w.want(put("l12", `{"departments":[{"code":"M1","name":{"zh":"新院区","en":"New campus"}},{"code":"M11","parent":"M1","name":{"zh":"理疗科","en":"Physiotherapy"}}],
		"doctors":[{"code":"`+doctor+`","department":"M11","name":{"zh":"归来","en":"Gui Lai"},"title":"attending"}]}`), 200, `"changed":3`)
	w.want(w.ask(reader, "GET", "/directory", "", ""), 200, "理疗科", "归来")
}
