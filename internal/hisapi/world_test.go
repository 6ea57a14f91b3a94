package hisapi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/app"
	"guahao/internal/audit"
	"guahao/internal/hisapi"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/sandbox"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// morning is when the world begins: a Monday, 09:30 in Shanghai.
var morning = time.Date(2026, 11, 23, 9, 30, 0, 0, time.FixedZone("CST", 8*3600))

// world is the program with the interface, and what it has written to its log.
type world struct {
	*testing.T
	clock *sandbox.Clock
	app   *app.App
	db    *sqlx.DB
	url   string
	log   bytes.Buffer
	spec  *document
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{T: t, clock: sandbox.NewClock(morning), spec: readDocument(t)}
	key := filepath.Join(dir, "keys.json")
	w.must(vaulttest.Keys(t).Save(key))
	dsn := bookingtest.City(t, morning)
	w.db = mariadbtest.Open(t, dsn)
	platforms, err := sandbox.StartPlatforms(sandbox.PlatformOptions{Dir: dir, Now: w.clock.Now})
	w.must(err)
	cfg := app.Config{DSN: dsn, KeyFile: key, Phone: "010-12320", Now: w.clock.Now, PublicURL: "https://guahao.test", Log: slog.New(slog.NewTextHandler(&w.log, nil))}
	cfg.Simulated(platforms)
	w.app, err = app.New(context.WithoutCancel(t.Context()), cfg)
	w.must(err)
	front := httptest.NewServer(w.app.Handler())
	w.url = front.URL + "/api/v1"
	t.Cleanup(func() {
		front.Close()
		_ = w.app.Close()
		_ = platforms.Close()
	})
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// token makes a token for the first hospital.
func (w *world) token(t hisapi.Token) string {
	w.Helper()
	if t.Hospital == 0 {
		t.Hospital = 1
	}
	t.Name = "HIS"
	_, secret, err := w.app.Tokens().Make(audit.As(w.Context(), audit.Actor{Via: audit.Command}), t)
	w.must(err)
	return secret
}

type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request, and holds the answer against the document.
func (w *world) ask(token, method, path, key, body string) answer {
	w.Helper()
	a := w.send(token, method, path, key, body)
	plain, _, _ := strings.Cut(path, "?")
	w.spec.check(w.T, method, plain, a)
	return a
}

// send sends a request. It may be called by several goroutines: what goes wrong is an answer without a status.
func (w *world) send(token, method, path, key, body string) answer {
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		return answer{body: err.Error()}
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{body: err.Error()}
	}
	return answer{response.StatusCode, response.Header, string(content)}
}

func (w *world) want(a answer, status int, words ...string) {
	w.Helper()
	if a.status != status {
		w.Errorf("answered %d instead of %d: %s", a.status, status, a.body)
	}
	for _, word := range words {
		if !strings.Contains(a.body, word) {
			w.Errorf("the answer has no %q: %s", word, a.body)
		}
	}
}

// in is the world in a subtest.
func (w *world) in(t *testing.T) *world {
	c := &world{T: t, clock: w.clock, app: w.app, db: w.db, url: w.url, spec: w.spec}
	return c
}

// visit books a place of a clinic of the day that costs nothing until the visit.
func (w *world) visit(name string) booking.Visit {
	w.Helper()
	var n int
	w.must(w.db.Get(&n, "SELECT COUNT(1) FROM chat_accounts"))
	result, err := w.db.Exec(`INSERT INTO chat_accounts (user_id, platform, external_id, lang, last_seen_at, created_at) VALUES (0, 'telegram', ?, 'zh', ?, ?)`,
		fmt.Sprint(700000+n), w.clock.Now().UTC(), w.clock.Now().UTC())
	w.must(err)
	id, err := result.LastInsertId()
	w.must(err)
	w.db.MustExec("UPDATE chat_accounts SET user_id = id WHERE id = ?", id)
	p, err := w.app.Booking.AddPatient(w.Context(), booking.UserID(id), booking.NewPatient{Name: name, Document: booking.Passport, Number: fmt.Sprintf("E%08d", 10000000+n),
		Phone: fmt.Sprintf("1380000%04d", n), BirthDate: "1961-03-08", Sex: booking.Female, Relation: booking.Self}, "patient")
	w.must(err)
	var slot booking.SlotID
	w.must(w.db.Get(&slot, `SELECT s.id FROM slots s JOIN schedules c ON c.id = s.schedule_id JOIN departments d ON d.id = c.department_id
		WHERE c.hospital_id = 1 AND c.status = 'open' AND c.visit_date = '2026-11-23' AND s.starts_at > ? AND s.taken < s.capacity AND d.code NOT LIKE '%PED%' ORDER BY s.starts_at, s.id LIMIT 1`, w.clock.Now().Add(time.Hour).UTC()))
	v, err := w.app.Booking.Hold(w.Context(), booking.HoldRequest{Slot: slot, Patient: p.ID, User: p.User, Account: booking.AccountID(id), Key: "hold"})
	w.must(err)
	v, err = w.app.Booking.Visit(w.Context(), v.Appointment.ID)
	w.must(err)
	return v
}
