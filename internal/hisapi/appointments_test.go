package hisapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"guahao/booking"
	"guahao/internal/hisapi"
)

func appointments(w *world, reader, secret string, v booking.Visit) {
	t := w.T
	day := "/appointments?date=" + string(v.Schedule.Date)
	a := w.ask(reader, "GET", day, "", "")
	w.want(a, 200, `"status":"`+string(v.Appointment.Status)+`"`, booking.MaskName("赵玉兰"), `"more":false`)
	if strings.Contains(a.body, "赵玉兰") || strings.Contains(a.body, "phone") {
		t.Errorf("a token without the scope sees who it is: %s", a.body)
	}
	w.want(w.ask(secret, "GET", day, "", ""), 200, "赵玉兰", v.Patient.Number, v.Patient.Phone)
	var seen int
	w.must(w.db.Get(&seen, "SELECT COUNT(1) FROM audit_log WHERE action = 'api.appointments' AND via = 'api'"))
	if seen != 1 {
		t.Errorf("written down %d times", seen)
	}
	if a := w.ask(w.token(hisapi.Token{Hospital: 2, Personal: true}), "GET", day, "", ""); strings.Contains(a.body, "赵玉兰") {
		t.Error("another hospital's token sees the appointment")
	}
	// A change is told when it has settled; the cursor goes on from there.
	w.want(w.ask(reader, "GET", "/appointments?changed_since=0", "", ""), 200, `"appointments":[]`, `"next":"0"`)
	w.clock.Advance(2 * time.Minute)
	var p struct {
		Next         string
		More         bool
		Appointments []struct{ ID booking.AppointmentID }
	}
	w.must(json.Unmarshal([]byte(w.ask(reader, "GET", "/appointments?changed_since=0&limit=1", "", "").body), &p))
	if len(p.Appointments) != 1 || p.Appointments[0].ID != v.Appointment.ID || !p.More && p.Next == "0" {
		t.Errorf("changed is %+v", p)
	}
	for p.More {
		w.must(json.Unmarshal([]byte(w.ask(reader, "GET", "/appointments?limit=1&changed_since="+p.Next, "", "").body), &p))
	}
	w.want(w.ask(reader, "GET", "/appointments?changed_since="+p.Next, "", ""), 200, `"appointments":[]`)
	second := w.visit("钱多多")
	w.clock.Advance(2 * time.Minute)
	w.want(w.ask(reader, "GET", "/appointments?changed_since="+p.Next, "", ""), 200, fmt.Sprintf(`"id":%d`, second.Appointment.ID))
	// Pages of a day.
	w.want(w.ask(reader, "GET", day+"&limit=1", "", ""), 200, `"more":true`, fmt.Sprintf(`"next":"%d"`, v.Appointment.ID))
	w.want(w.ask(reader, "GET", fmt.Sprintf("%s&after=%d", day, v.Appointment.ID), "", ""), 200, fmt.Sprintf(`"id":%d`, second.Appointment.ID))
	for _, bad := range []string{"", "?date=tomorrow", "?date=2026-11-23&changed_since=0", "?date=2026-11-23&limit=0", "?date=2026-11-23&limit=201", "?changed_since=-1", "?changed_since=x", "?date=2026-11-23&after=x", "?changed_since=1&after=1"} {
		w.want(w.ask(reader, "GET", "/appointments"+bad, "", ""), 400)
	}
}
