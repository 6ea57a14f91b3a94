package bots_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// clock is moved by the test.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// counter is a small conversation: it counts a person's updates. What is typed makes it misbehave.
type counter struct {
	mu     sync.Mutex
	steps  []string // "<account>:<rev>:<kind>:<text>", in the order in which they ran
	within int      // steps that are running
	most   int      // and how many ran at once at most
	hold   chan struct{}
	before func(bots.Turn) // runs in the step
}

type count struct {
	N int `json:"n"`
}

func (c *counter) Step(ctx context.Context, t bots.Turn) (bots.Result, error) {
	c.mu.Lock()
	c.steps = append(c.steps, fmt.Sprintf("%d:%d:%s:%s", t.Account.ID, t.Session.Rev, t.Update.Kind, t.Update.Text))
	c.within++
	c.most = max(c.most, c.within)
	before, hold := c.before, c.hold
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.within--
	}()
	if before != nil {
		before(t)
	}
	if hold != nil && t.Update.Text == "hold" {
		<-hold
	}
	var n count
	if len(t.Session.Data) > 0 {
		if err := json.Unmarshal(t.Session.Data, &n); err != nil {
			return bots.Result{}, err
		}
	}
	n.N++
	data, err := json.Marshal(n)
	if err != nil {
		return bots.Result{}, err
	}
	r := bots.Result{Session: bots.Session{State: "counting", Data: data}, Reply: bots.Reply{Text: strconv.Itoa(n.N)}}
	switch word, arg, _ := strings.Cut(t.Update.Text, " "); {
	case word == "panic":
		panic("the ID number " + arg)
	case word == "fail":
		return bots.Result{}, errors.New("the step does not know how")
	case word == "wait":
		minutes, err := strconv.Atoi(arg)
		r.Session.Deadline = t.Now.Add(time.Duration(minutes) * time.Minute)
		return r, err
	case word == "lang":
		r.Lang = arg
	case t.Update.Kind == bots.Timeout:
		r.Reply.Text = "timeout"
		r.Reply.Options = []bots.Option{{Label: "again", Index: 1}, {Label: "menu", Command: "menu"}}
	}
	return r, nil
}

func (c *counter) Steps() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.steps...)
}

func (c *counter) Running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.within
}

// outbox is a Sender that keeps what it is given.
type outbox struct {
	mu   sync.Mutex
	sent []string
}

func (o *outbox) Send(_ context.Context, to bots.Account, n bots.Notice) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	labels := ""
	for _, option := range n.Options {
		labels += " [" + option.Label + "]"
	}
	o.sent = append(o.sent, to.ExternalID+" "+n.Kind+": "+n.Text+labels)
	return nil
}

func (o *outbox) Sent() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string{}, o.sent...)
}

// log is what the program logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// world is one database with what its replicas share in a test.
type world struct {
	dsn   string
	db    *sqlx.DB
	keys  *vault.Keys
	clock *clock
	steps *counter
	out   *outbox
	log   *log
	seen  sync.Map // outcome → *int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOn(t, mariadbtest.DSN(t))
}

func worldOn(t *testing.T, dsn string) *world {
	t.Helper()
	return &world{
		dsn: dsn, db: mariadbtest.Open(t, dsn), keys: vaulttest.Keys(t),
		clock: newClock(), steps: &counter{}, out: &outbox{}, log: &log{},
	}
}

// replica is one more process on the world's database: a pool, a memory and an inbox of its own.
func (w *world) replica(t *testing.T) *bots.Inbox {
	t.Helper()
	db := mariadbtest.Open(t, w.dsn)
	return bots.NewInbox(bots.InboxConfig{
		DB: db, Store: bots.NewStore(db, w.keys, w.clock.Now), Steps: w.steps, Now: w.clock.Now,
		Senders: map[bots.Platform]bots.Sender{bots.Telegram: w.out},
		Log:     slog.New(slog.NewTextHandler(w.log, nil)),
		Observe: func(_ bots.Platform, outcome string, _ bots.Kind, _ time.Duration) { w.seen.Store(outcome, true) },
	})
}

func (w *world) store() *bots.Store { return bots.NewStore(w.db, w.keys, w.clock.Now) }

func says(from, key, text string) bots.Update {
	return bots.Update{Platform: bots.Telegram, Key: key, From: from, Kind: bots.Text, Text: text, Lang: "en"}
}

func mustHandle(t *testing.T, in *bots.Inbox, u bots.Update) bots.Outcome {
	t.Helper()
	out, err := in.Handle(t.Context(), u)
	if err != nil {
		t.Fatalf("handle %s of %s: %v", u.Key, u.From, err)
	}
	return out
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(90 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("it never happened: %s", what)
		}
	}
}
