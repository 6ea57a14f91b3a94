package reminders_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/bots"
	"guahao/reminders"
	"guahao/reminders/sms"
	"guahao/reminders/sms/smstest"
)

// texted is a hospital whose patients are in no chat any more, so that a stopped clinic is told by SMS; and a provider that reports.
type texted struct {
	*outfit
	provider *smstest.Server
}

func newTexted(t *testing.T) *texted {
	t.Helper()
	x := &texted{outfit: newOutfit(t), provider: smstest.New(time.Now)}
	api := httptest.NewServer(x.provider)
	t.Cleanup(api.Close)
	gateway, err := sms.NewAliyun(sms.Config{
		KeyID: smstest.KeyID, KeySecret: smstest.KeySecret, Sign: smstest.Sign, API: api.URL, Templates: sms.Templates{"stopped": {ID: "T1", Params: []string{"hospital", "starts"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	x.store = reminders.New(reminders.Config{
		DB: x.db, Keys: x.keys, Bookings: x.bookings, Stops: x.bookings, Accounts: x.accounts, Now: x.clock.now, Log: slog.New(slog.DiscardHandler),
		Senders: map[bots.Platform]bots.Sender{bots.WeChat: channel{x.outfit, "wechat"}}, SMS: gateway, Receipts: true, Mail: mailing{x.outfit},
	})
	return x
}

// stop books somebody and stops their clinic, which goes out by SMS; it gives the visit and the message.
func (x *texted) stop(account bots.AccountID, date booking.Date) (booking.AppointmentID, smstest.SMS) {
	x.t.Helper()
	clinic := x.session(date, 1, 1, 5000)
	visit := x.book(account, clinic.ID)
	x.clock.forward(time.Second)
	x.insert("UPDATE notices SET status = 'obsolete' WHERE kind <> 'stopped'")
	if _, err := x.bookings.StopSchedule(x.t.Context(), 1, clinic.ID, "停电"); err != nil {
		x.t.Fatal(err)
	}
	x.refuse(bots.ErrUnreachable, "wechat")
	x.send()
	sent := x.provider.Sent()
	if len(sent) == 0 || x.told(visit) != "sms sent" {
		x.t.Fatalf("the short messages are %+v, told %s; the simulator notes %v", sent, x.told(visit), x.provider.Wrong())
	}
	return visit, sent[len(sent)-1]
}

// told is by what way the notice of a stop has gone, and what the stop knows of it.
func (x *texted) told(visit booking.AppointmentID) string {
	x.t.Helper()
	k := x.caseOf(visit)
	return k.Channel + " " + string(k.Told)
}

func (x *texted) report(r ...sms.Receipt) {
	x.t.Helper()
	if err := x.store.NoteReceipts(x.t.Context(), r); err != nil {
		x.t.Fatal(err)
	}
}

// kept counts the notices whose details are kept.
func (x *texted) kept() int {
	x.t.Helper()
	var n int
	if err := x.db.Get(&n, "SELECT COUNT(id) FROM notices WHERE status = 'sent' AND payload IS NOT NULL"); err != nil {
		x.t.Fatal(err)
	}
	return n
}

// What did not arrive by SMS goes by e-mail with all that it says, once; where there is no address, somebody has to phone.
func TestAShortMessageDoesNotArrive(t *testing.T) {
	t.Parallel()
	x := newTexted(t)
	mailed, without, arrives, early := x.account(bots.WeChat, "zh"), x.account(bots.WeChat, "zh"), x.account(bots.WeChat, "zh"), x.account(bots.WeChat, "zh")
	visit, message := x.stop(mailed, "2026-07-06")
	x.mailAddress(bots.UserID(mailed), "zhang@example.com") // since then: it has no copy
	x.took()
	for range 3 { // the provider says it again
		x.report(sms.Receipt{ID: message.ID, Code: "MOBILE_NOT_ON_SERVICE"})
		x.send()
	}
	if diff := cmp.Diff([]string{"email"}, x.took()); diff != "" || x.told(visit) != "email sent" {
		t.Errorf("told %s (-want +got):\n%s", x.told(visit), diff)
	}
	if text := x.texts["email"]; !strings.Contains(text, "停电") || !strings.Contains(text, "¥50") {
		t.Errorf("the e-mail is %q", text)
	}

	visit, message = x.stop(without, "2026-07-07")
	x.report(sms.Receipt{ID: message.ID})
	if x.told(visit) != " " {
		t.Errorf("told %q while another way is looked for", x.told(visit))
	}
	x.send()
	if x.told(visit) != " phone" {
		t.Errorf("without an address: told %q", x.told(visit))
	}
	if n := len(x.provider.Sent()); n != 2 {
		t.Errorf("%d short messages", n)
	}

	// One that arrives changes nothing, and what was kept for another way is forgotten; so is the failure that is said of it later.
	visit, message = x.stop(arrives, "2026-07-08")
	before := x.kept()
	x.report(sms.Receipt{ID: message.ID, Arrived: true}, sms.Receipt{ID: message.ID})
	x.send()
	if x.told(visit) != "sms sent" || before != 1 || x.kept() != 0 {
		t.Errorf("arrived: told %s, the details of %d and then %d are kept", x.told(visit), before, x.kept())
	}

	// The provider is faster than we are: it reports before it is noted which message it was.
	x.report(sms.Receipt{ID: "aliyun:4^0", Code: "X"}, sms.Receipt{ID: "of somebody else"})
	clinic := x.session("2026-07-09", 1, 1, 5000)
	visit = x.book(early, clinic.ID)
	x.clock.forward(time.Second)
	if _, err := x.bookings.StopSchedule(t.Context(), 1, clinic.ID, ""); err != nil {
		t.Fatal(err)
	}
	x.send()
	if x.told(visit) != " phone" || len(x.provider.Sent()) != 4 {
		t.Errorf("a receipt that was early: told %q, %d short messages", x.told(visit), len(x.provider.Sent()))
	}
}

// What nobody reports is forgotten after some days, and the details that were kept for it.
func TestReceiptsThatNeverCome(t *testing.T) {
	t.Parallel()
	x := newTexted(t)
	visit, message := x.stop(x.account(bots.WeChat, "zh"), "2026-07-06")
	for _, days := range []int{3, 2} {
		x.clock.forward(time.Duration(days) * 24 * time.Hour)
		if err := x.store.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := days - 2; x.kept() != want {
			t.Errorf("the details of %d are kept, want %d", x.kept(), want)
		}
	}
	x.report(sms.Receipt{ID: message.ID})
	x.send()
	if x.told(visit) != "sms sent" {
		t.Errorf("told %s", x.told(visit))
	}
}
