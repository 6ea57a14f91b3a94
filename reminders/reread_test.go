package reminders_test

import (
	"strings"
	"testing"

	"guahao/booking"
	"guahao/reminders"
)

// A replica of before migration 45 reads the audience while replicas are replaced: it notes neither the platform nor the visit of whom it finds. All the same
// everybody is written to, once, of their own visit.
func TestAudienceReadByAnOlderReplica(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(30)
	w.send()
	for _, text := range []string{"7月6日起请从南门进院。", "{医生}的门诊改到3诊室。"} {
		id, err := w.store.StartBroadcast(t.Context(), reminders.Draft{Staff: 1, Filter: booking.AudienceFilter{Hospital: w.hospital}, Text: text}, text)
		if err != nil {
			t.Fatal(err)
		}
		// It has found all of them, written to the first five, and has the sixth in its hands, which it will lose.
		for i, a := range accounts {
			status, lease := "queued", any(nil)
			switch {
			case i < 5:
				status = "sent"
			case i == 5:
				status, lease = "claimed", start
			}
			w.insert(`INSERT INTO notices (kind, broadcast_id, account_id, bulk, status, lease_until, due_at, next_attempt_at, created_at) VALUES ('broadcast', ?, ?, 1, ?, ?, ?, ?, ?)`,
				id, a, status, lease, start, start, start)
		}
		w.insert("UPDATE broadcasts SET state = 'sending', last_seen = 1000000 WHERE id = ?", id)
		before := w.phone.counts("broadcast")
		w.send()
		w.stands(id, reminders.Done, reminders.Report{Total: 30, Sent: 30, Finished: true})
		for i, a := range accounts {
			want := 1
			if i < 5 {
				want = 0 // by the older one
			}
			if n := w.phone.counts("broadcast")[a] - before[a]; n != want {
				t.Errorf("account %d got it %d times, want %d", i, n, want)
			}
		}
	}
	if text := w.phone.last(accounts[7]); !strings.HasSuffix(text, "\n林医生的门诊改到3诊室。") {
		t.Errorf("it says %q", text)
	}
}
