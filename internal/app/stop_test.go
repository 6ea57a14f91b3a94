package app_test

import (
	"testing"
	"time"

	"guahao/booking"
)

// A stop that was cut short is finished by the jobs, with the refund and the notice that belong to it.
func TestAStopThatWasCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.person("wechat", 1)
	toPay(w, p)
	pay(w, p)
	w.settle()
	w.exec("UPDATE schedules SET status = 'stopped', stop_note = '医生临时手术' WHERE id = (SELECT schedule_id FROM appointments)")
	w.advance(time.Minute)
	w.advance(time.Minute)
	only(w, booking.Cancelled)
	if n := told(w, p, "医生临时手术"); n != 1 || refunded(w) != 1 {
		t.Errorf("told %d times, refunded %d times; the last message is:\n%s", n, refunded(w), p.last())
	}
}
