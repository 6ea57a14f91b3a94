package reminders_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
)

// crowd are accounts with an appointment each; the first has two.
func (w *world) crowd(n int) []bots.AccountID {
	w.t.Helper()
	accounts := w.booked(n)
	w.book(accounts[0], w.session("2026-07-07", 1, 1, 5000).ID)
	w.send()
	return accounts
}

// troubles is a platform on which three cannot be reached, and one must wait.
func troubles(blocked, unreachable, failing, slow bots.AccountID) func(bots.Account, bots.Notice) error {
	var once sync.Once
	return func(to bots.Account, _ bots.Notice) (err error) {
		switch to.ID {
		case blocked:
			return bots.ErrBlocked
		case unreachable:
			return bots.ErrUnreachable
		case failing:
			return errors.New("500")
		case slow:
			once.Do(func() { err = &bots.RetryError{After: time.Minute} })
		}
		return err
	}
}

// sendTogether runs some replicas for some rounds, long enough apart for what is to be tried again.
func (w *world) sendTogether(replicas, rounds int) {
	w.t.Helper()
	var stores []*reminders.Store
	for range replicas {
		stores = append(stores, w.replica())
	}
	for range rounds {
		var wait sync.WaitGroup
		for _, s := range stores {
			wait.Go(func() {
				if err := s.Send(w.t.Context()); err != nil {
					w.t.Error(err)
				}
			})
		}
		wait.Wait()
		w.clock.forward(40 * time.Minute)
	}
}

func TestBroadcastBringsEverybodyToAnEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	accounts := w.crowd(200)
	staff := w.account(bots.WeChat, "zh")
	outsider := w.account(bots.WeChat, "zh")
	draft := reminders.Draft{
		Staff: 1, Account: staff, Filter: booking.AudienceFilter{Hospital: w.hospital}, Text: " 7月6日起请从南门进院。 ",
	}
	if e, err := w.store.Estimate(t.Context(), draft); err != nil || e.Recipients != 200 {
		t.Fatalf("counted %+v, %v", e, err)
	}
	blocked, unreachable, failing := accounts[3], accounts[50], accounts[70]
	w.phone.says(troubles(blocked, unreachable, failing, accounts[199]))
	id, err := w.store.StartBroadcast(t.Context(), draft, "rev 7")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.replica().StartBroadcast(t.Context(), draft, "rev 7"); err != nil || again != id {
		t.Errorf("the same key started %d, %v; want %d", again, err, id)
	}
	w.sendTogether(2, 12)
	report, err := w.store.Report(t.Context(), id)
	want := reminders.Report{Total: 200, Sent: 197, Blocked: 1, Unreachable: 1, Failed: 1, Finished: true}
	if diff := cmp.Diff(want, report); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got := w.phone.counts("broadcast")
	for _, a := range accounts {
		if n := got[a]; n != 1 && a != blocked && a != unreachable && a != failing {
			t.Errorf("account %d got it %d times", a, n)
		}
	}
	if len(got) != 197 || got[outsider] != 0 {
		t.Errorf("%d got it, %d of them outside", len(got), got[outsider])
	}
	if text := w.phone.last(accounts[1]); !strings.HasSuffix(text, "\n7月6日起请从南门进院。") {
		t.Errorf("it says %q", text)
	}
	if again, err := w.store.FinishAgain(t.Context(), id); again || err != nil {
		t.Errorf("a replica that comes late finishes it again: %v, %v", again, err)
	}
	w.sendTogether(1, 1)
	if diff := cmp.Diff([]string{"report"}, w.phone.kinds(staff)); diff != "" {
		t.Errorf("the author (-want +got):\n%s", diff)
	}
	if text := w.phone.last(staff); !strings.Contains(text, "共 200 人：已送达 197，已屏蔽 1，暂时无法送达 1，失败 1") {
		t.Errorf("the report says %q", text)
	}
}

func TestBroadcastToAllFollowers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	var accounts []bots.AccountID
	for range 1203 { // more than two pages
		accounts = append(accounts, w.account(bots.Telegram, "en"))
	}
	if err := w.accounts.SetBlocked(t.Context(), accounts[7], true); err != nil {
		t.Fatal(err)
	}
	staff := accounts[0] // who gets both the message and the report
	draft := reminders.Draft{Staff: 1, Account: staff, AllFollowers: true, Text: "Closed on Monday."}
	if e, err := w.store.Estimate(t.Context(), draft); err != nil || e.Recipients != 1202 {
		t.Errorf("counted %+v, %v", e, err)
	}
	id, err := w.store.StartBroadcast(t.Context(), draft, "k")
	if err != nil {
		t.Fatal(err)
	}
	w.send()
	want := reminders.Report{Total: 1202, Sent: 1202, Finished: true}
	if report, err := w.store.Report(t.Context(), id); err != nil || report != want {
		t.Errorf("report %+v, %v", report, err)
	}
	if diff := cmp.Diff([]string{"broadcast", "report"}, w.phone.kinds(staff)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The program is stopped again and again while it reads the audience and sends: nobody is left out or told twice.
func TestBroadcastSurvivesRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for range 1100 {
		w.account(bots.WeChat, "zh")
	}
	var n atomic.Int32
	var stop atomic.Pointer[context.CancelFunc]
	w.phone.says(func(bots.Account, bots.Notice) error {
		if n.Add(1)%150 == 0 {
			(*stop.Load())()
		}
		return nil
	})
	id, err := w.store.StartBroadcast(t.Context(), reminders.Draft{Staff: 1, Account: 1, AllFollowers: true, Text: "停电"}, "k")
	if err != nil {
		t.Fatal(err)
	}
	for restarts := 0; ; restarts++ {
		ctx, cancel := context.WithCancel(t.Context())
		stop.Store(&cancel)
		err := w.replica().Send(ctx)
		cancel()
		if err == nil {
			t.Logf("%d restarts", restarts)
			break
		}
		if !errors.Is(err, context.Canceled) || restarts > 50 {
			t.Fatal(err)
		}
	}
	want := reminders.Report{Total: 1100, Sent: 1100, Finished: true}
	if report, err := w.store.Report(t.Context(), id); err != nil || report != want {
		t.Errorf("report %+v, %v", report, err)
	}
	for a, n := range w.phone.counts("broadcast") {
		if n != 1 {
			t.Errorf("account %d got it %d times", a, n)
		}
	}
}

// Replicas that read the same page of the audience: one moves on, the other's page is dropped.
func TestReplicasExpandTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for range 1100 {
		w.account(bots.WeChat, "zh")
	}
	id, err := w.store.StartBroadcast(t.Context(), reminders.Draft{Staff: 1, Account: 1, AllFollowers: true, Text: "停电"}, "k")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		replica := w.replica()
		wait.Go(func() {
			for more := true; more; {
				var err error
				if more, err = replica.Expand(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	want := reminders.Report{Total: 1100, Pending: 1100}
	if report, err := w.store.Report(t.Context(), id); err != nil || report != want {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestUrgentNoticesOvertakeABroadcast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for range 300 {
		w.account(bots.WeChat, "zh")
	}
	patient := w.account(bots.WeChat, "zh")
	schedule := w.session("2026-07-06", 1, 1, 5000)
	var before, order atomic.Int32
	books := onLetter(10, func() error { w.book(patient, schedule.ID); return nil })
	w.phone.says(func(to bots.Account, n bots.Notice) error {
		if n.Kind == "booked" {
			before.Store(order.Load())
			return nil
		}
		order.Add(1)
		return books(to, n)
	})
	if _, err := w.store.StartBroadcast(t.Context(), reminders.Draft{Staff: 1, Account: 1, AllFollowers: true, Text: "停电"}, "k"); err != nil {
		t.Fatal(err)
	}
	w.send()
	if n := before.Load(); n == 0 || n > 130 {
		t.Errorf("the card came after %d messages of the broadcast", n)
	}
}

func TestStoppedClinicIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	schedule := w.session("2026-07-06", 1, 10, 5000)
	staff := w.account(bots.Telegram, "zh")
	family := w.account(bots.WeChat, "zh") // two appointments, two notices
	blocks := w.account(bots.WeChat, "zh")
	for _, a := range []bots.AccountID{family, family, blocks} {
		w.book(a, schedule.ID)
	}
	w.send()
	w.phone.says(func(to bots.Account, _ bots.Notice) error {
		if to.ID == blocks {
			return bots.ErrBlocked
		}
		return nil
	})
	n, err := w.bookings.StopSchedule(t.Context(), 1, schedule.ID, "临时停诊")
	if err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	for range 2 { // the same key reports once
		if _, err := w.store.ReportStop(t.Context(), 1, staff, schedule.ID, "林医生 7月6日上午", "stop 9"); err != nil {
			t.Fatal(err)
		}
	}
	w.send()
	if got := w.phone.counts("stopped"); got[family] != 2 || len(got) != 1 {
		t.Errorf("told %v", got)
	}
	want := "📊 停诊：已通知 2/3，1 人需电话联系\n\n林医生 7月6日上午"
	if diff := cmp.Diff(want, w.phone.last(staff)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"stop_report"}, w.phone.kinds(staff)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBroadcastWantsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Asia/Shanghai")
	for _, text := range []string{"", " \n", strings.Repeat("长", reminders.MaxText+1), "\xff"} {
		if _, err := w.store.StartBroadcast(t.Context(), reminders.Draft{Text: text}, "k"); !errors.Is(err, reminders.ErrText) {
			t.Errorf("a text of %d bytes: %v", len(text), err)
		}
	}
	if _, err := w.store.Report(t.Context(), 99); !errors.Is(err, reminders.ErrNoBroadcast) {
		t.Errorf("the report of none: %v", err)
	}
	if _, err := w.store.StartBroadcast(t.Context(), reminders.Draft{AllFollowers: true, Text: "停电"}, "k"); !errors.Is(err, reminders.ErrNobody) {
		t.Errorf("nobody follows: %v", err)
	}
	w.account(bots.WeChat, "zh")
	id, err := w.store.StartBroadcast(t.Context(), reminders.Draft{Staff: 1, Account: 1, AllFollowers: true, Text: strings.Repeat("𝄞", reminders.MaxText)}, fmt.Sprintf("%0100d", 1))
	if err != nil || id == 0 {
		t.Errorf("the longest text and key: %v", err)
	}
	var content []byte
	if err := w.db.Get(&content, "SELECT content FROM broadcasts"); err != nil || strings.Contains(string(content), "𝄞") {
		t.Errorf("the text stands in the database in the clear, or %v", err)
	}
}
