package wechat_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/bots/wechat"
	"guahao/bots/wechat/wechattest"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

const (
	appID  = "wx0123456789abcdef"
	secret = "the-app-secret-of-the-tests"
	token  = "the-webhook-token"
	openID = "oPatientA_0000000000000000001"
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2025, 11, 23, 2, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// echo is a conversation that says back what it understood, counts the account's steps, and offers what it is told to.
type echo struct {
	mu      sync.Mutex
	options []bots.Option
	hold    func(ctx context.Context, u bots.Update) // called in each step
	steps   atomic.Int64
}

func (e *echo) offer(options ...bots.Option) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.options = options
}

func (e *echo) holdBy(hold func(context.Context, bots.Update)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hold = hold
}

func (e *echo) Step(ctx context.Context, turn bots.Turn) (bots.Result, error) {
	e.steps.Add(1)
	e.mu.Lock()
	options, hold := e.options, e.hold
	e.mu.Unlock()
	u := turn.Update
	if hold != nil {
		hold(ctx, u)
	}
	said := strings.TrimSpace(fmt.Sprintf("%s %s", u.Command, u.Arg))
	switch u.Kind {
	case bots.Text:
		said = u.Text
		if u.Voice {
			said += " (spoken)"
		}
	case bots.Press:
		said = fmt.Sprintf("%d/%d", u.Button.Rev, u.Button.Index)
	case bots.Location:
		said = fmt.Sprintf("%.3f,%.3f", u.Lat, u.Lng)
	}
	text := strings.TrimSpace(fmt.Sprintf("#%d %s %s", turn.Session.Rev+1, u.Kind, said))
	return bots.Result{Session: turn.Session, Reply: bots.Reply{Text: text, Options: options}}, nil
}

// world is one account with the platform before it, and any number of replicas behind it.
type world struct {
	t        testing.TB
	clock    *clock
	dsn      string
	db       *sqlx.DB
	keys     *vault.Keys
	platform *wechattest.Server
	api      *httptest.Server
	steps    *echo
	log      *logs
	setup    setup
	first    *replica
}

type setup struct {
	safe        bool
	uncertified bool
	deadline    time.Duration
	templates   map[string]wechat.Template
	granted     []wechattest.Template
	steps       bots.Stepper // instead of an echo
}

// replica is one process of the program.
type replica struct {
	account *wechat.Account
	inbox   *bots.Inbox
	store   *bots.Store
	web     *httptest.Server
}

func newWorld(t testing.TB, s setup) *world {
	t.Helper()
	if s.deadline == 0 {
		s.deadline = 5 * time.Second
	}
	w := &world{t: t, clock: newClock(), dsn: mariadbtest.DSN(t), keys: vaulttest.Keys(t), steps: &echo{}, log: &logs{}, setup: s}
	w.db = mariadbtest.Open(t, w.dsn)
	options := wechattest.Options{
		AppID: appID, Secret: secret, Token: token, Uncertified: s.uncertified, Templates: s.granted, Now: w.clock.now, Timeout: s.deadline,
	}
	if s.safe {
		options.AESKey = aesKey
	}
	w.platform = wechattest.New(options)
	w.api = httptest.NewServer(w.platform)
	t.Cleanup(w.api.Close)
	t.Cleanup(w.platform.Close)
	w.first = w.replica()
	w.platform.SetWebhook(w.first.web.URL)
	w.platform.Start()
	return w
}

var aesKey = wechattest.NewAESKey()

func (w *world) config() wechat.Config {
	c := wechat.Config{
		AppID: appID, Secret: secret, Token: token, API: w.api.URL, Certified: !w.setup.uncertified, Templates: w.setup.templates,
		Deadline: w.setup.deadline, DB: mariadbtest.Open(w.t, w.dsn), Now: w.clock.now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if w.setup.safe {
		c.AESKey = aesKey
	}
	return c
}

func (w *world) replica() *replica {
	w.t.Helper()
	cfg := w.config()
	r := &replica{store: bots.NewStore(cfg.DB, w.keys, w.clock.now)}
	var err error
	if r.account, err = wechat.New(cfg, r.store); err != nil {
		w.t.Fatal(err)
	}
	var steps bots.Stepper = w.steps
	if w.setup.steps != nil {
		steps = w.setup.steps
	}
	r.inbox = bots.NewInbox(bots.InboxConfig{
		DB: cfg.DB, Store: r.store, Steps: steps, Now: w.clock.now, Log: cfg.Log,
		Senders: map[bots.Platform]bots.Sender{bots.WeChat: r.account},
	})
	r.web = httptest.NewServer(r.account.Handler(r.inbox))
	w.t.Cleanup(r.web.Close)
	return r
}

// follower is a person who follows the account; the greeting is in their chat.
func (w *world) follower(openID string) *wechattest.User {
	w.t.Helper()
	u := w.platform.User(openID)
	w.did(u.Subscribe())
	return u
}

// did waits until all is delivered.
func (w *world) did(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	if err := w.platform.Flush(ctx); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fine() {
	w.t.Helper()
	for _, v := range w.platform.Violations() {
		w.t.Errorf("against the platform's rules: %s", v)
	}
}

func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	if err := w.db.Get(&n, query, args...); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) accountOf(u *wechattest.User) bots.Account {
	w.t.Helper()
	a, err := w.first.store.Find(context.Background(), bots.WeChat, u.OpenID)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// logs is a log that can be read while it is written.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
