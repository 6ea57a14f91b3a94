package dialog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/bots"
	"guahao/dialog"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/mysql"
	"guahao/internal/staff"
	"guahao/internal/vault"
	"guahao/internal/vault/vaulttest"
	"guahao/payments"
	"guahao/reminders"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

var china = time.FixedZone("CST", 8*60*60)

// monday is when every conversation begins: Monday 23 November 2026, 09:00 in China.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, china)

// world is a city with its hospitals in a database, without any platform: whoever speaks in it holds the session in memory.
type world struct {
	t        testing.TB
	db       *sqlx.DB
	keys     *vault.Keys
	bookings *booking.Store
	payments *payments.Store
	staff    *staff.Store
	reminds  *reminders.Store
	dialog   *dialog.Dialog
	inbox    *bots.Inbox  // for people with accounts in the database
	moment   atomic.Int64 // nanoseconds since 1970
	accounts atomic.Int64
	updates  atomic.Int64
	mails    mailbox
	staffed  map[bots.Platform]bool // where somebody takes conversations over
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: mariadbtest.Open(t, bookingtest.City(t, monday))}
	w.moment.Store(monday.UnixNano())
	keys := vaulttest.Keys(t)
	w.keys = keys
	w.payments = payments.New(w.db, noNetwork{}, w.now, nil, nil)
	w.bookings = booking.New(w.db, keys, w.now, charging{w.payments})
	w.staff = staff.New(w.db, keys, w.now)
	w.reminds = reminders.New(reminders.Config{DB: w.db, Keys: keys, Bookings: w.bookings, Accounts: bots.NewStore(w.db, keys, w.now), Now: w.now, Mail: &w.mails, Log: slog.New(slog.DiscardHandler)})
	w.restart()
	return w
}

// restart makes a new program on the same database.
func (w *world) restart() {
	var err error
	w.dialog, err = dialog.New(dialog.Config{
		Booking: w.bookings, Payments: w.payments, Staff: staffDesk{w.staff}, Broadcasts: broadcastDesk{w.reminds}, Notices: reminders.Choices{Store: w.reminds}, Clinics: w.bookings, Calls: w.bookings, Forecasts: foreseeing{w},
		Links: bots.NewStore(w.db, w.keys, w.now), Desk: bots.NewStore(w.db, w.keys, w.now), Staffed: w.staffed, HumanPhone: "0999-12345",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.inbox = bots.NewInbox(bots.InboxConfig{
		DB: w.db, Store: bots.NewStore(w.db, w.keys, w.now), Steps: w.dialog, Now: w.now, Belongings: belongings{w.bookings, w.reminds},
		Log: slog.New(slog.DiscardHandler),
	})
}

func (w *world) now() time.Time             { return time.Unix(0, w.moment.Load()).In(china) }
func (w *world) forward(d time.Duration)    { w.moment.Add(int64(d)) }
func (w *world) tx(fn func(*sqlx.Tx) error) { w.check(mysql.InTx(context.Background(), w.db, fn)) }

// pay lets the payment of everything that this person holds arrive.
func (w *world) pay(p *person) {
	w.t.Helper()
	visits, err := w.bookings.Visits(context.Background(), booking.UserID(p.account.User), booking.VisitFilter{})
	w.check(err)
	for _, v := range visits {
		if v.Appointment.Status != booking.Held {
			continue
		}
		w.tx(func(tx *sqlx.Tx) error {
			_, err := w.bookings.ConfirmTx(context.Background(), tx, v.Appointment.ID, booking.ByPayment)
			return err
		})
	}
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// noNetwork is a provider that must not be asked anything: a step makes no network calls.
type noNetwork struct{ payments.Gateway }

func (noNetwork) Name() string { return "none" }
func (noNetwork) Merchant() payments.Merchant {
	return payments.Merchant{MchID: "1900000001", AppID: "wx0"}
}

// charging makes a charge for each place that is held, as the program does.
type charging struct{ payments *payments.Store }

func (c charging) AppointmentChanged(ctx context.Context, tx *sqlx.Tx, change booking.Change) error {
	if change.Appointment.Status != booking.Held {
		return nil
	}
	amount := change.Appointment.Fee
	if change.Moves != 0 {
		amount = change.Due
	}
	_, err := c.payments.CreateTx(ctx, tx, payments.NewCharge{
		Ref: fmt.Sprintf("appointment:%d", change.Appointment.ID), Amount: amount, Subject: "门诊挂号费",
		ExpiresAt: change.Appointment.HoldUntil,
	})
	return err
}

// unconfigurePayments leaves the fees to the hospital's desk: a place that is held is booked at once, as in the program.
func (w *world) unconfigurePayments() {
	w.t.Helper()
	desk := &atDesk{}
	w.payments = payments.New(w.db, nil, w.now, nil, nil)
	w.bookings = booking.New(w.db, w.keys, w.now, desk)
	desk.bookings = w.bookings
	w.restart()
}

type atDesk struct{ bookings *booking.Store }

func (d *atDesk) AppointmentChanged(ctx context.Context, tx *sqlx.Tx, change booking.Change) error {
	if change.Appointment.Status != booking.Held {
		return nil
	}
	_, err := d.bookings.ConfirmTx(ctx, tx, change.Appointment.ID, booking.AtDesk)
	return err
}

// staffDesk and broadcastDesk stand between the stores and the conversation, as in the program.
type staffDesk struct{ staff *staff.Store }

func (d staffDesk) ByAccount(ctx context.Context, account bots.AccountID) (dialog.Member, bool, error) {
	m, ok, err := d.staff.ByAccount(ctx, account)
	return member(m), ok, err
}

func (d staffDesk) Bind(ctx context.Context, code string, account bots.AccountID) (dialog.Member, error) {
	m, err := d.staff.Bind(ctx, code, account)
	switch {
	case errors.Is(err, staff.ErrCode):
		err = dialog.ErrBadCode
	case errors.Is(err, staff.ErrTooMany):
		err = dialog.ErrTooManyTries
	}
	return member(m), err
}

func member(m staff.Member) dialog.Member {
	return dialog.Member{ID: m.ID, Name: m.Name, Where: m.Reach(staff.OwnAccount), Broadcast: m.Reach(staff.SendBroadcasts), Stop: m.Reach(staff.StopClinics), Call: m.Reach(staff.CallQueue), Forecast: m.Reach(staff.SeeDemand)}
}

// broadcastDesk sends broadcasts as the program does.
type broadcastDesk struct{ reminders *reminders.Store }

func (d broadcastDesk) Check(b dialog.Broadcast) error {
	return reminders.Refusal(d.draft(b).Check())
}

func (d broadcastDesk) Estimate(ctx context.Context, b dialog.Broadcast) (dialog.Estimate, error) {
	e, err := d.reminders.Estimate(ctx, d.draft(b))
	return dialog.Estimate{Recipients: e.Recipients, Refused: e.Refused, Minutes: e.Minutes, Begins: e.Begins}, err
}

func (d broadcastDesk) Preview(ctx context.Context, b dialog.Broadcast, lang string) (string, error) {
	return d.reminders.Preview(ctx, d.draft(b), lang)
}

func (d broadcastDesk) Start(ctx context.Context, b dialog.Broadcast, key string) error {
	_, err := d.reminders.StartBroadcast(ctx, d.draft(b), key)
	return reminders.Refusal(err)
}

func (d broadcastDesk) Recent(ctx context.Context, reach booking.Reach, n int) ([]dialog.Sent, error) {
	list, _, err := d.reminders.Browse(ctx, reminders.Browsing{Reach: reach, Desc: true, Limit: n})
	var sent []dialog.Sent
	for _, w := range list {
		sent = append(sent, d.sent(w))
	}
	return sent, err
}

func (d broadcastDesk) Sent(ctx context.Context, reach booking.Reach, id int64) (dialog.Sent, error) {
	w, err := d.reminders.Written(ctx, reach, reminders.BroadcastID(id))
	return d.sent(w), reminders.Refusal(err)
}

func (broadcastDesk) sent(w reminders.Written) dialog.Sent {
	return dialog.Sent{ID: int64(w.ID), Everyone: w.All, Hospital: w.Filter.Hospital, Department: w.Filter.Department, Text: w.Text,
		State: string(w.State), Total: w.Report.Total, Expected: w.Expected, Sent: w.Report.Sent, Declined: w.Report.Declined,
		Paused: w.State == reminders.Paused, Over: w.Over(), Begins: w.StartAt}
}

func (d broadcastDesk) Steer(ctx context.Context, _ booking.StaffID, id int64, do string) error {
	return reminders.Refusal(map[string]func(context.Context, reminders.BroadcastID) error{
		"pause": d.reminders.Pause, "resume": d.reminders.Resume, "call_off": d.reminders.Cancel,
	}[do](ctx, reminders.BroadcastID(id)))
}

func (d broadcastDesk) Refuse(ctx context.Context, user bots.UserID, refuse bool) error {
	return d.reminders.RefuseBroadcasts(ctx, user, refuse)
}

func (d broadcastDesk) Refuses(ctx context.Context, user bots.UserID) (bool, error) {
	return d.reminders.RefusesBroadcasts(ctx, user)
}

func (d broadcastDesk) ReportStop(ctx context.Context, by booking.StaffID, to bots.AccountID, id booking.ScheduleID, title, key string) error {
	_, err := d.reminders.ReportStop(ctx, by, to, id, title, key)
	return err
}

func (d broadcastDesk) draft(b dialog.Broadcast) reminders.Draft {
	return reminders.Draft{
		Staff: b.Staff, Account: b.Account, AllFollowers: b.Everyone, Platform: b.Platform, Lang: b.Lang, Text: b.Text, TextEN: b.TextEN, StartAt: b.Begin, AtNight: b.AtNight,
		Filter: booking.AudienceFilter{Hospital: b.Hospital, Department: b.Department, Doctor: b.Doctor, Date: b.Date, Kind: b.Kind},
	}
}

// person is somebody with a phone.
type person struct {
	w       *world
	account bots.Account
	session bots.Session
	last    bots.Reply
	older   []bots.Reply // replies before the last one
	inDB    bool         // what this person does goes through the inbox
	mu      sync.Mutex
}

func (w *world) person(platform bots.Platform, lang string) *person {
	n := w.accounts.Add(1)
	return &person{w: w, account: bots.Account{
		ID: bots.AccountID(n), User: bots.UserID(n), Platform: platform, ExternalID: fmt.Sprint(n), Lang: lang,
	}}
}

// turn gives what the conversation would be asked for an update.
func (p *person) turn(u bots.Update) bots.Turn {
	u.Platform, u.From, u.At = p.account.Platform, p.account.ExternalID, p.w.now()
	return bots.Turn{Account: p.account, Session: p.session, Update: u, Now: p.w.now()}
}

// does steps the conversation, as the inbox would.
func (p *person) does(u bots.Update) (bots.Reply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inDB {
		return p.delivers(u)
	}
	result, err := p.w.dialog.Step(context.Background(), p.turn(u))
	if err != nil {
		return bots.Reply{}, err
	}
	rev := p.session.Rev + 1
	p.session = result.Session
	p.session.Rev = rev
	p.session.Data = append(json.RawMessage(nil), result.Session.Data...) // as if read from the database
	if result.Lang != "" {
		p.account.Lang = result.Lang
	}
	if result.Forget { // what is said next is a stranger's
		n := p.w.accounts.Add(1)
		p.account.ID, p.account.User, p.session = bots.AccountID(n), bots.UserID(n), bots.Session{}
	}
	if result.Reply.Empty() {
		return result.Reply, nil
	}
	p.older = append(p.older, p.last)
	p.last = result.Reply
	p.last.Rev = rev
	return p.last, nil
}

// delivers gives an update to the inbox, as a platform does.
func (p *person) delivers(u bots.Update) (bots.Reply, error) {
	u.Platform, u.From, u.At, u.Lang = p.account.Platform, p.account.ExternalID, p.w.now(), p.account.Lang
	u.Key = fmt.Sprint("update:", p.w.updates.Add(1))
	out, err := p.w.inbox.Handle(context.Background(), u)
	if err != nil {
		return bots.Reply{}, err
	}
	p.account = out.Account
	if !out.Reply.Empty() {
		p.older = append(p.older, p.last)
		p.last = out.Reply
	}
	return out.Reply, nil
}

// belongings are what the program moves when accounts are linked.
type belongings struct {
	bookings *booking.Store
	reminds  *reminders.Store
}

func (b belongings) MergeUsers(ctx context.Context, tx bots.Tx, from, to bots.UserID) error {
	return b.bookings.MergeUsersTx(ctx, tx, booking.UserID(from), booking.UserID(to))
}

func (b belongings) Linked(ctx context.Context, tx bots.Tx, shown bots.AccountID, with bots.Platform) error {
	return b.reminds.LinkedTx(ctx, tx, shown, with)
}

func (b belongings) Redirect(ctx context.Context, tx bots.Tx, from, to bots.AccountID) error {
	return errors.Join(b.bookings.RedirectTx(ctx, tx, booking.AccountID(from), booking.AccountID(to)), b.reminds.RedirectTx(ctx, tx, from, to))
}

func (p *person) must(u bots.Update) bots.Reply {
	p.w.t.Helper()
	reply, err := p.does(u)
	if err != nil {
		p.w.t.Fatalf("%v: %v", u, err)
	}
	return reply
}

func (p *person) says(text string) bots.Reply {
	return p.must(bots.Update{Kind: bots.Text, Text: text})
}

func (p *person) commands(name string) bots.Reply {
	name, arg, _ := strings.Cut(name, " ")
	return p.must(bots.Update{Kind: bots.Command, Command: name, Arg: arg})
}

// presses an option of a reply, as the platform would report it.
func (p *person) presses(in bots.Reply, o bots.Option) bots.Reply {
	if o.Command != "" {
		return p.commands(o.Command)
	}
	return p.must(bots.Update{Kind: bots.Press, Button: bots.Button{Rev: in.Rev, Index: o.Index}})
}

// option finds an option by a part of its label.
func option(in bots.Reply, label string) (bots.Option, bool) {
	for _, o := range in.Options {
		if strings.Contains(o.Label, label) {
			return o, true
		}
	}
	return bots.Option{}, false
}
