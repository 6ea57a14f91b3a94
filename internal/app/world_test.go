package app_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guahao/booking/bookingtest"
	"guahao/internal/app"
	"guahao/internal/sandbox"
	"guahao/internal/vault/vaulttest"
)

// world is the program, in one or more replicas behind a load balancer, between the three simulated platforms. Nothing
// in it is a mock: every byte goes over loopback HTTP.
type world struct {
	*testing.T
	ctx       context.Context
	clock     *sandbox.Clock
	platforms *sandbox.Platforms
	cfg       app.Config
	logs      *logBuffer
	outage    bool // a platform is made to fail: jobs may say so

	mu       sync.Mutex
	replicas []*app.App // those that take requests, in turn
	next     atomic.Int64
}

// monday is when every world begins.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

type worldOption func(*sandbox.PlatformOptions, *app.Config)

// newWorld starts n replicas on one seeded database of its own.
func newWorld(t *testing.T, n int, options ...worldOption) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{T: t, ctx: t.Context(), clock: sandbox.NewClock(monday), logs: &logBuffer{}}
	platformOptions := sandbox.PlatformOptions{Dir: dir, Now: w.clock.Now}
	platformOptions.Telegram.Limits.Off = true
	platformOptions.Telegram.Retry = func(attempt int) (time.Duration, bool) { return 20 * time.Millisecond, attempt < 200 }
	keyFile := filepath.Join(dir, "keys.json")
	if err := vaulttest.Keys(t).Save(keyFile); err != nil {
		t.Fatal(err)
	}
	w.cfg = app.Config{
		DSN: bookingtest.City(t, monday), KeyFile: keyFile, Phone: "010-12320", Now: w.clock.Now,
		Log: slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, o := range options {
		o(&platformOptions, &w.cfg)
	}
	var err error
	if w.platforms, err = sandbox.StartPlatforms(platformOptions); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.HandlerFunc(w.balance))
	w.cfg.PublicURL = front.URL
	w.cfg.Simulated(w.platforms)
	for range n {
		w.start()
	}
	w.must(w.replicas[0].Booking.Seed(w.ctx)) // where an option has put another database in the place of the city's
	w.must(w.replicas[0].Booking.Roll(w.ctx))
	w.must(w.replicas[0].Announce(w.ctx))
	w.platforms.WeChat.SetWebhook(front.URL + "/wechat/webhook")
	t.Cleanup(func() {
		w.stopDelivering()
		front.Close()
		w.stopAll()
		w.check()
	})
	return w
}

// start adds a replica.
func (w *world) start() *app.App {
	w.Helper()
	a, err := app.New(context.WithoutCancel(w.ctx), w.cfg)
	if err != nil {
		w.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replicas = append(w.replicas, a)
	return a
}

// restart replaces all replicas by a new one, as a deployment does.
func (w *world) restart() {
	w.Helper()
	w.mu.Lock()
	old := w.replicas
	w.replicas = nil
	w.mu.Unlock()
	w.start()
	for _, a := range old {
		w.must(a.Close())
	}
}

func (w *world) app() *app.App {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.replicas[0]
}

// balance gives each request to the next replica.
func (w *world) balance(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	replicas := w.replicas
	w.mu.Unlock()
	if len(replicas) == 0 {
		http.Error(rw, "no replica", http.StatusBadGateway)
		return
	}
	replicas[int(w.next.Add(1))%len(replicas)].Handler().ServeHTTP(rw, r)
}

// tick runs the jobs that are due on each replica, as cron would.
func (w *world) tick() {
	w.Helper()
	for _, a := range w.replicas {
		if err := a.Tick(w.ctx); err != nil && !w.outage {
			w.Fatal(err)
		}
	}
}

// advance moves the clock and lets the jobs run.
func (w *world) advance(d time.Duration) {
	w.Helper()
	w.clock.Advance(d)
	w.settle()
}

// settle lets everything that is under way arrive: notices of payments, jobs, messages.
func (w *world) settle() {
	w.Helper()
	w.must(w.platforms.Pay.Deliver(w.ctx))
	w.tick()
	w.flush()
}

func (w *world) flush() {
	w.Helper()
	w.must(errors.Join(w.platforms.Telegram.Flush(w.ctx), w.platforms.WeChat.Flush(w.ctx)))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) stopDelivering() {
	if err := w.platforms.Close(); err != nil {
		w.Error(err)
	}
}

func (w *world) stopAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.replicas {
		if err := a.Close(); err != nil {
			w.Error(err)
		}
	}
}

// check is what holds after every test: no platform saw a breach of its rules, and no log line tells of a person.
func (w *world) check() {
	for platform, violations := range map[string][]string{
		"Telegram": w.platforms.Telegram.Violations(), "WeChat": w.platforms.WeChat.Violations(), "WeChat Pay": w.platforms.Pay.Violations(),
	} {
		for _, v := range violations {
			w.Errorf("%s: %s", platform, v)
		}
	}
	logged := w.logs.String()
	for _, secret := range leaks(logged, append(secretsOf(w.cfg), people()...)) {
		w.Errorf("the log has %q in it", secret)
	}
}

// somebody is the person whom the tests take to the doctor.
var somebody = struct{ name, number, phone string }{"王小明", "11010519491231002X", "13800138000"}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
