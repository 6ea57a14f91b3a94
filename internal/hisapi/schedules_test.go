package hisapi_test

import (
	"fmt"

	"guahao/booking"
)

func schedules(w *world, master string, v booking.Visit) {
	t := w.T
	half := booking.HalfKey{Doctor: v.Doctor.ID, Date: "2026-11-29", Period: booking.Evening}
	there := func() bool { _, err := w.app.Booking.HalfDay(t.Context(), half); return err == nil }
	open := func(more string) string {
		return fmt.Sprintf(`{"changes":[{"action":"open","doctor":%q,"date":"2026-11-29","period":"evening","kind":"general","fee_fen":2000,"room":"9","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2}%s]}`, v.Doctor.Code, more)
	}
	one := func(rest string) string { return fmt.Sprintf(`,{"doctor":%q,%s}`, v.Doctor.Code, rest) }
	w.want(w.ask(master, "POST", "/schedules?preview=true", "s1", open("")), 200, `"status":"draft"`, `"places_added":6`)
	if there() {
		t.Error("a preview has changed something")
	}
	for i, c := range []struct{ more, says string }{
		{one(`"action":"open","date":"2026-11-28","period":"evening","start":"6 pm","slot_minutes":20,"slots":3,"per_slot":2`), `"change":1`},
		{one(`"action":"dance","date":"2026-11-28","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2`), "dance"},
		{one(`"action":"open","date":"2026-01-01","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2`), "已经过去"},
		{one(`"action":"open","date":"2026-11-29","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2`), "已经有门诊"},
		{one(`"action":"weekly","weekday":"friday","period":"evening","start":"18:00","slot_minutes":20,"slots":3,"per_slot":2,"from":"2026-12-10","to":"2026-12-01"`), "早于开始日期"},
		{one(fmt.Sprintf(`"action":"places","date":%q,"period":%q,"start":%q,"slot_minutes":%d,"slots":1,"per_slot":0`, v.Schedule.Date, v.Schedule.Period, v.Slot.StartsAt.In(v.Hospital.Location()).Format("15:04"),
			int(v.Slot.EndsAt.Sub(v.Slot.StartsAt).Minutes()))), "挤掉已约的患者"},
		{`,{"action":"stop","doctor":"X999","date":"2026-11-29","period":"evening"}`, "X999"},
	} {
		w.want(w.ask(master, "POST", "/schedules", fmt.Sprintf("bad%d", i), open(c.more)), 422, "bad_changes", `"change":1`, c.says)
	}
	w.want(w.ask(master, "POST", "/schedules", "s2", `{"changes":[]}`), 422)
	w.want(w.ask(master, "POST", "/schedules?preview=maybe", "s3", open("")), 400)
	if there() {
		t.Error("a refused request has changed something")
	}
	first := w.ask(master, "POST", "/schedules", "s4", open(""))
	w.want(first, 200, `"status":"applied"`)
	if again := w.ask(master, "POST", "/schedules", "s4", open("")); again.body != first.body || !there() {
		t.Errorf("sent again it answers %s", again.body)
	}
	// A request that was cut short before its answer was kept is done again, and makes the same.
	w.db.MustExec("UPDATE api_requests SET status = NULL, answer = NULL WHERE request_key = 's4'")
	if again := w.ask(master, "POST", "/schedules", "s4", open("")); again.body != first.body {
		t.Errorf("done again it answers %s, before %s", again.body, first.body)
	}
	w.want(w.ask(master, "POST", "/schedules?preview=true", "s4", open("")), 422, "key_used")
	stop := fmt.Sprintf(`{"note":"x","changes":[{"action":"stop","doctor":%q,"date":"2026-11-29","period":"evening"}]}`, v.Doctor.Code)
	w.want(w.ask(master, "POST", "/schedules", "s5", stop), 200, `"status":"applied"`)
	if h, err := w.app.Booking.HalfDay(t.Context(), half); err != nil || h.Status != booking.Stopped {
		t.Errorf("stopped it is %s (%v)", h.Status, err)
	}
}
