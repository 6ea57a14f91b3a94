package reminders_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
)

// toAll starts a broadcast to all followers.
func (w *world) toAll(d reminders.Draft, key string) reminders.BroadcastID {
	w.t.Helper()
	d.AllFollowers = true
	if d.Text == "" {
		d.Text = "停电"
	}
	id, err := w.store.StartBroadcast(w.t.Context(), d, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// stands compares where a broadcast stands.
func (w *world) stands(id reminders.BroadcastID, state reminders.State, want reminders.Report) {
	w.t.Helper()
	got, err := w.store.Written(w.t.Context(), booking.Reach{{}}, id)
	if err != nil || got.State != state {
		w.t.Errorf("broadcast %d is %q, %v; want %q", id, got.State, err, state)
	}
	if diff := cmp.Diff(want, got.Report); diff != "" {
		w.t.Errorf("broadcast %d (-want +got):\n%s", id, diff)
	}
}

// onLetter does something when the n-th message of a broadcast is sent, while those after it wait: how fast it is done makes no difference.
func onLetter(n int32, do func() error) func(bots.Account, bots.Notice) error {
	var sent atomic.Int32
	done := make(chan struct{})
	return func(_ bots.Account, m bots.Notice) error {
		if m.Kind != "broadcast" {
			return nil
		}
		switch i := sent.Add(1); {
		case i == n:
			defer close(done)
			return do()
		case i > n:
			<-done
		}
		return nil
	}
}

// A broadcast is paused in the middle, goes on where it was, and nobody is told twice or left out.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for range 300 {
		w.account(bots.WeChat, "zh")
	}
	id := w.toAll(reminders.Draft{}, "k")
	w.phone.says(onLetter(50, func() error { return w.store.Pause(context.Background(), id) }))
	w.send()
	paused, err := w.store.Written(t.Context(), booking.Reach{{}}, id)
	const before, held, page = 49, 16, 60 // sent before the fiftieth, in the writers' hands, and one page more
	if err != nil || paused.State != reminders.Paused || paused.Report.Sent <= before || paused.Report.Sent > before+held+page {
		t.Fatalf("paused: %+v, %v", paused, err)
	}
	w.send()
	if again, err := w.store.Written(t.Context(), booking.Reach{{}}, id); err != nil || again.Report.Sent != paused.Report.Sent {
		t.Errorf("it went on by itself: %+v, %v", again.Report, err)
	}
	if depth, _, err := w.store.Depth(t.Context()); err != nil || depth != 0 {
		t.Errorf("%d are late though they were held back: %v", depth, err)
	}
	for range 2 {
		if err := w.store.Resume(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	w.send()
	w.stands(id, reminders.Done, reminders.Report{Total: 300, Sent: 300, Finished: true})
	for a, n := range w.phone.counts("broadcast") {
		if n != 1 {
			t.Errorf("account %d got it %d times", a, n)
		}
	}
	if err := w.store.Pause(t.Context(), id); !errors.Is(err, reminders.ErrOver) {
		t.Errorf("pausing what is over: %v", err)
	}
}

// A broadcast is cancelled in the middle, and another before it began: whoever was not written to never is.
func TestCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	staff := w.account(bots.Telegram, "zh")
	for range 300 {
		w.account(bots.WeChat, "zh")
	}
	id := w.toAll(reminders.Draft{Account: staff, Platform: bots.WeChat}, "k")
	w.phone.says(onLetter(50, func() error { return w.store.Cancel(context.Background(), id) }))
	w.send()
	got, err := w.store.Written(t.Context(), booking.Reach{{}}, id)
	if err != nil || got.State != reminders.CalledOff || got.Report.Withdrawn < 150 || got.Report.Sent+got.Report.Withdrawn != 300 {
		t.Errorf("cancelled: %+v, %v", got, err)
	}
	if text := w.phone.last(staff); !strings.Contains(text, "取消未发") {
		t.Errorf("the author is told %q", text)
	}
	for range 2 { // pressed twice
		if err := w.store.Cancel(t.Context(), id); !errors.Is(err, reminders.ErrOver) {
			t.Errorf("cancelling what is over: %v", err)
		}
	}
	if err := w.store.Resume(t.Context(), id); !errors.Is(err, reminders.ErrOver) {
		t.Errorf("resuming what is over: %v", err)
	}
	later := w.toAll(reminders.Draft{StartAt: start.Add(time.Hour)}, "later")
	for range 2 {
		if err := w.store.Cancel(t.Context(), later); err != nil {
			t.Errorf("cancelling twice before it began: %v", err)
		}
	}
	w.clock.forward(2 * time.Hour)
	w.send()
	w.stands(later, reminders.CalledOff, reminders.Report{Finished: true})
	if err := w.store.Cancel(t.Context(), 99); !errors.Is(err, reminders.ErrNoBroadcast) {
		t.Errorf("cancelling none: %v", err)
	}
}

// Nothing goes out before its time or by night, unless it was said that it shall.
func TestScheduledAndQuiet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	w.account(bots.WeChat, "zh")
	noon := w.toAll(reminders.Draft{StartAt: start.Add(3 * time.Hour)}, "noon") // 12:00 in Shanghai
	night := w.toAll(reminders.Draft{StartAt: start.Add(14 * time.Hour)}, "night")
	urgent := w.toAll(reminders.Draft{StartAt: start.Add(14 * time.Hour), AtNight: true}, "urgent")
	sent, waiting := reminders.Report{Total: 1, Sent: 1, Finished: true}, reminders.Report{Total: 1, Pending: 1}
	w.send()
	w.stands(noon, reminders.Scheduled, reminders.Report{})
	w.clock.forward(3 * time.Hour)
	w.send()
	w.stands(noon, reminders.Done, sent)
	w.clock.forward(11 * time.Hour) // 23:00
	w.send()
	w.stands(night, reminders.Resting, waiting)
	w.stands(urgent, reminders.Done, sent)
	w.clock.forward(8*time.Hour - time.Second) // 06:59:59
	w.send()
	w.stands(night, reminders.Resting, waiting)
	w.clock.forward(time.Second)
	w.send()
	w.stands(night, reminders.Done, sent)
}

// The estimate knows the pace of each platform, what goes before, and the night.
func TestEstimate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for range 150 {
		w.account(bots.WeChat, "zh")
	}
	for range 30 {
		w.account(bots.Telegram, "en")
	}
	store := w.pacedReplica(map[bots.Platform]float64{bots.WeChat: 2, bots.Telegram: 1})
	estimate := func(d reminders.Draft, recipients, minutes int, begins time.Time) {
		t.Helper()
		d.AllFollowers, d.Text = true, "x"
		e, err := store.Estimate(t.Context(), d)
		if err != nil || e.Recipients != recipients || e.Minutes != minutes || !e.Begins.Equal(begins) {
			t.Errorf("%+v, %v; want %d, %d min from %v", e, err, recipients, minutes, begins)
		}
	}
	estimate(reminders.Draft{}, 180, 2, start) // 150 at 2/s
	estimate(reminders.Draft{Platform: bots.Telegram}, 30, 1, start)
	estimate(reminders.Draft{Lang: "en"}, 30, 1, start)
	estimate(reminders.Draft{Lang: "en", Platform: bots.WeChat}, 0, 0, start)
	late := start.Add(14 * time.Hour) // 23:00
	morning := start.Add(22 * time.Hour)
	estimate(reminders.Draft{StartAt: late}, 180, 2, morning)
	estimate(reminders.Draft{StartAt: late, AtNight: true}, 180, 2, late)
	w.toAll(reminders.Draft{}, "ahead")
	if _, err := w.store.Expand(t.Context()); err != nil {
		t.Fatal(err)
	}
	estimate(reminders.Draft{}, 180, 3, start)
}

// Who refuses broadcasts gets none, on any of their accounts: neither those that begin later nor one that is under way, whose audience has been read. What
// concerns their own appointments they are told all the same. The control is the neighbour, who refused and wants them again.
func TestRefusedBroadcasts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.booked(4)
	w.send()
	refuse := func(a bots.AccountID, yes bool) {
		t.Helper()
		if err := w.store.RefuseBroadcasts(t.Context(), bots.UserID(a), yes); err != nil {
			t.Fatal(err)
		}
	}
	linked := w.account(bots.Telegram, "en")
	w.db.MustExec("UPDATE chat_accounts SET user_id = ? WHERE id = ?", accounts[0], linked)
	for range 2 { // said twice
		refuse(accounts[0], true)
		refuse(accounts[1], true)
	}
	refuse(accounts[1], false)
	e, err := w.store.Estimate(t.Context(), reminders.Draft{AllFollowers: true, Text: "停电"})
	if err != nil || e.Recipients != 3 || e.Refused != 2 {
		t.Errorf("%+v, %v", e, err)
	}
	id := w.toAll(reminders.Draft{}, "k")
	if _, err := w.store.Expand(t.Context()); err != nil {
		t.Fatal(err)
	}
	refuse(accounts[2], true) // after the audience was read
	w.send()
	w.stands(id, reminders.Done, reminders.Report{Total: 3, Sent: 2, Declined: 1, Finished: true})
	want := map[bots.AccountID]int{accounts[1]: 1, accounts[3]: 1}
	if diff := cmp.Diff(want, w.phone.counts("broadcast")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var visit booking.AppointmentID
	if err := w.db.Get(&visit, "SELECT id FROM appointments WHERE account_id = ?", accounts[0]); err != nil {
		t.Fatal(err)
	}
	w.cancel(accounts[0], visit)
	w.send()
	if got := w.phone.counts("cancelled"); got[accounts[0]] != 1 {
		t.Errorf("the cancellation was told %d times", got[accounts[0]])
	}
}

// A platform that waits holds up no other, and broadcasts take turns.
func TestPlatformsAndBroadcastsTakeTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for range 200 {
		w.account(bots.WeChat, "zh")
		w.account(bots.Telegram, "zh")
	}
	w.phone.says(func(to bots.Account, _ bots.Notice) error {
		if to.Platform == bots.Telegram {
			return &bots.RetryError{After: time.Hour, All: true}
		}
		return nil
	})
	long := w.toAll(reminders.Draft{Text: "长"}, "long")
	short := w.toAll(reminders.Draft{Text: "短", Platform: bots.WeChat}, "short")
	w.send()
	w.stands(short, reminders.Done, reminders.Report{Total: 200, Sent: 200, Finished: true})
	w.stands(long, reminders.Sending, reminders.Report{Total: 400, Sent: 200, Pending: 200})
	w.phone.says(nil)
	w.clock.forward(2 * time.Hour)
	w.send()
	w.stands(long, reminders.Done, reminders.Report{Total: 400, Sent: 400, Finished: true})
}
