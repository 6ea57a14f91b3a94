package bots

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// InboxConfig is what an Inbox works with.
type InboxConfig struct {
	DB      *sqlx.DB
	Store   *Store
	Steps   Stepper
	Senders map[Platform]Sender // for the answers to timeouts and for apologies; a platform that is off has none
	Now     func() time.Time
	Log     *slog.Logger // slog.Default() when nil

	// Finish adds to a reply what needs the network, after the commit and outside all locks; nil for nothing. It is run again
	// for each delivery of the update until that is answered, so it must be idempotent. When it fails, the reply goes out as Finish left it.
	Finish func(ctx context.Context, to Account, reply *Reply) error

	// Consult knows what a step wants to know ([Consult]), or says ""; nil: nobody does. It is called with no lock held, and bounds its own time.
	Consult func(ctx context.Context, question string) string

	// Belongings moves what people have when their accounts are linked or parted; nil: they have nothing.
	Belongings Belongings

	// Observe counts an update and how long it took until its commit, waiting included; nil for nobody. kind is "" for what never
	// became an update.
	Observe func(p Platform, outcome string, kind Kind, took time.Duration)

	// Beside is a number to be read together with the session, as a scalar expression of SQL, and With puts it into the context of the step: the
	// version of what the step would otherwise have to read anew. "" and nil for nothing.
	Beside string
	With   func(ctx context.Context, beside int64) context.Context
}

// What becomes of an update, for Observe.
const (
	OutcomeHandled      = "handled"
	OutcomeRepeated     = "repeated"     // delivered before: the stored reply
	OutcomeFailed       = "failed"       // the step failed, or the database was away
	OutcomeUnauthorized = "unauthorized" // an adapter refused the request's secret or signature
	OutcomeBad          = "bad"          // an adapter could not read the request
	OutcomeIgnored      = "ignored"      // authentic, but not for us: a group's message
)

// Outcome is what an update came to.
type Outcome struct {
	Account  Account
	Reply    Reply
	Repeated bool // the update was handled before; Reply is what was stored then
	Answered bool // and that reply has gone out
}

// Inbox takes the updates of all platforms. It is safe for concurrent use, by any number of replicas on one database.
type Inbox struct {
	db         *sqlx.DB
	store      *Store
	steps      Stepper
	senders    map[Platform]Sender
	finish     func(context.Context, Account, *Reply) error
	consult    func(context.Context, string) string
	observe    func(Platform, string, Kind, time.Duration)
	now        func() time.Time
	log        *slog.Logger
	beside     string
	belongings Belongings
	with       func(context.Context, int64) context.Context

	lanes Lanes
	debts debts
	crews sync.Map // *crews by Platform
}

// NewInbox makes an inbox. It starts nothing: call Sweep every few seconds.
func NewInbox(c InboxConfig) *Inbox {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Finish == nil {
		c.Finish = func(context.Context, Account, *Reply) error { return nil }
	}
	if c.Observe == nil {
		c.Observe = func(Platform, string, Kind, time.Duration) {}
	}
	if c.Beside == "" {
		c.Beside = "0"
	}
	if c.With == nil {
		c.With = func(ctx context.Context, _ int64) context.Context { return ctx }
	}
	return &Inbox{
		db: c.DB, store: c.Store, steps: c.Steps, senders: c.Senders, finish: c.Finish, observe: c.Observe, now: c.Now, log: c.Log,
		consult: c.Consult, beside: c.Beside, with: c.With, belongings: c.Belongings,
		debts: newDebts(),
	}
}

// Handle handles an update, or finds out what it came to when it was handled before, and returns what is to be sent. An error
// means that nothing is known to have happened and the platform shall deliver the update again.
func (i *Inbox) Handle(ctx context.Context, u Update) (Outcome, error) {
	if u.Platform == "" || u.Key == "" || u.From == "" {
		return Outcome{}, errors.New("an update without platform, key or sender")
	}
	out, err := i.handle(ctx, u, nil)
	if err != nil {
		return Outcome{}, err
	}
	// What was answered is not sent again, but to WeChat, which takes a reply only as the response to each delivery.
	goesOut := !out.Answered || u.Platform == WeChat
	if goesOut && !out.Reply.Empty() {
		if err := i.complete(ctx, &out.Outcome); err != nil {
			i.log.ErrorContext(ctx, "a reply could not be finished", "platform", u.Platform, "account", out.Account.ID, "error", err)
		}
		i.excuseDelay(u, &out)
	}
	return out.Outcome, nil
}

// complete runs Finish, whose panic must not cost the person the reply.
func (i *Inbox) complete(ctx context.Context, out *Outcome) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value: value}
		}
	}()
	return i.finish(ctx, out.Account, &out.Reply)
}

// Answered notes that the reply to an update has gone out, so that it is not sent again when the update is.
func (i *Inbox) Answered(ctx context.Context, p Platform, key string) error {
	const mark = "UPDATE chat_inbox SET answered_at = ? WHERE platform = ? AND dedupe_key = ?"
	_, err := i.db.ExecContext(ctx, mark, i.now().UTC(), p, storedKey(key))
	return err
}

// Count lets an adapter tell Observe what became of a request that never was an update: [OutcomeUnauthorized], [OutcomeBad],
// [OutcomeIgnored].
func (i *Inbox) Count(p Platform, outcome string) { i.observe(p, outcome, "", 0) }

// handle runs one update in its person's lane, counts it and logs a line.
func (i *Inbox) handle(ctx context.Context, u Update, applies func(locked) bool) (result, error) {
	start := time.Now() // how long it takes is real time, whatever the clock says
	out, rev, err := i.inTurn(ctx, u, applies)
	took := time.Since(start)
	outcome := OutcomeHandled
	switch {
	case err != nil:
		outcome = OutcomeFailed
		i.debts.owe(u, i.now())
	case out.failed:
		outcome = OutcomeFailed
	case out.Repeated:
		outcome = OutcomeRepeated
	}
	i.observe(u.Platform, outcome, u.Kind, took)
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("platform", string(u.Platform)), slog.String("kind", string(u.Kind)), slog.String("outcome", outcome),
		slog.Int64("account", int64(out.Account.ID)), slog.Int64("rev", rev), slog.Duration("took", took),
	}
	if err != nil {
		level = slog.LevelError
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	i.log.LogAttrs(ctx, level, "update", attributes...)
	return out, err
}

// result is an Outcome with what the log wants to know.
type result struct {
	Outcome
	failed bool
	since  time.Time // an earlier delivery failed then; zero if none did
}

func (i *Inbox) inTurn(ctx context.Context, u Update, applies func(locked) bool) (result, int64, error) {
	leave, err := i.lanes.Enter(ctx, string(u.Platform)+"/"+u.From)
	if err != nil {
		return result{}, 0, err
	}
	defer leave()
	return i.take(ctx, u, applies)
}

// storedKey fits a dedupe key into its column.
func storedKey(key string) string {
	const longest = 128
	if len(key) <= longest {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}
