package app_test

import (
	"slices"
	"testing"
	"time"

	"guahao/booking"
)

// Two book for tomorrow. One comes and checks in; the other does not come, is marked by the job, and appeals.
func TestMissedVisit(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"telegram", "wechat"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			comes, misses := w.person(platform, 1), w.person(platform, 2)
			books(w, comes, 1, tomorrow)
			books(w, misses, 2, tomorrow)
			var starts []time.Time
			w.query(&starts, "SELECT starts_at FROM appointments ORDER BY id")
			w.advance(starts[0].Add(-30 * time.Minute).Sub(w.clock.Now()))
			comes.say("我的预约")
			comes.say("1")
			comes.tap("签到")
			expect(w, comes, "签到成功", "已签到")
			w.advance(6 * time.Hour)
			if got := w.statuses(); !slices.Equal(got, []booking.Status{booking.CheckedIn, booking.NoShow}) {
				t.Errorf("the appointments are %v", got)
			}
			misses.say("我的记录")
			expect(w, misses, "爽约 1 次", "满 3 次")
			misses.say("申诉")
			expect(w, misses, "没有就诊的原因")
			misses.say("我住院了")
			expect(w, misses, "申诉已提交")
			comes.say("我的记录")
			expect(w, comes, "没有爽约记录")
		})
	}
}
