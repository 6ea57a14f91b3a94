package telegram_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/bots"
	"guahao/bots/telegram"
	"guahao/bots/telegram/telegramtest"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

const (
	token  = "700100:AAexampleTokenOfTheTests-0123456789_abc"
	secret = "webhook-secret_1"
)

// staffChat is where the staff are asked.
const staffChat = -100777

// script is a conversation of one function; it keeps the updates that it was given.
type script struct {
	mu      sync.Mutex
	updates []bots.Update
	answer  func(bots.Turn) bots.Reply
}

func (s *script) Step(_ context.Context, t bots.Turn) (bots.Result, error) {
	s.mu.Lock()
	s.updates = append(s.updates, t.Update)
	answer := s.answer
	s.mu.Unlock()
	return bots.Result{Session: bots.Session{State: "script"}, Reply: answer(t)}, nil
}

func (s *script) Updates() []bots.Update {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]bots.Update{}, s.updates...)
}

// logged is what the program logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// world is the program with its Telegram adapter, and Telegram.
type world struct {
	rode  *methods // calls that came in responses
	sim   *telegramtest.Server
	bot   *telegram.Bot
	inbox *bots.Inbox
	store *bots.Store
	db    *sqlx.DB
	steps *script
	log   *logged
	api   string
	hook  string // the program's base URL

	mu    sync.Mutex
	moved time.Duration // of the clock, from now
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.moved)
}

func (w *world) Move(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved += d
}

// newWorld runs both, with the webhook set. Telegram delivers again after a few milliseconds.
func newWorld(t *testing.T, answer func(bots.Turn) bots.Reply) *world {
	t.Helper()
	w := newUnhooked(t, answer)
	if err := w.bot.Setup(t.Context(), w.hook); err != nil {
		t.Fatalf("set the webhook: %v", err)
	}
	return w
}

func newUnhooked(t testing.TB, answer func(bots.Turn) bots.Reply, limits ...telegramtest.Limits) *world {
	t.Helper()
	w := &world{db: mariadbtest.DB(t), steps: &script{answer: answer}, log: &logged{}, rode: &methods{}}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	w.sim = telegramtest.New(telegramtest.Options{
		Limits: append(limits, telegramtest.Limits{})[0],
		Token:  token, Now: w.Now, CalledBack: w.rode.note,
		Retry: func(attempt int) (time.Duration, bool) { return 5 * time.Millisecond, attempt < 200 },
	})
	api := httptest.NewServer(w.sim)
	w.api = api.URL
	w.store = bots.NewStore(w.db, vaulttest.Keys(t), w.Now)
	var err error
	w.bot, err = telegram.New(telegram.Config{Token: token, Secret: secret, API: w.api, Now: w.Now, Log: log, Staff: staffChat}, w.store)
	if err != nil {
		t.Fatal(err)
	}
	w.inbox = bots.NewInbox(bots.InboxConfig{
		DB: w.db, Store: w.store, Steps: w.steps, Now: w.Now, Log: log, Senders: map[bots.Platform]bots.Sender{bots.Telegram: w.bot},
	})
	mux := http.NewServeMux()
	mux.Handle(telegram.WebhookPath, w.bot.Handler(w.inbox))
	hook := httptest.NewServer(mux)
	w.hook = hook.URL
	t.Cleanup(func() {
		w.sim.Close()
		hook.Close()
		api.Close()
		if strings.Contains(w.log.String(), token) || strings.Contains(w.log.String(), secret) {
			t.Error("the log holds the token or the secret")
		}
	})
	return w
}

// flush waits until Telegram has nothing left to deliver.
func (w *world) flush(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if err := w.sim.Flush(ctx); err != nil {
		t.Fatalf("%v\n%s", err, w.log)
	}
}

// strict fails the test when the program broke a rule of the Bot API.
func (w *world) strict(t *testing.T) {
	t.Helper()
	for _, v := range w.sim.Violations() {
		t.Errorf("a breach of the Bot API: %s", v)
	}
}

// shown is the chat as lines: "bot: text [label] [label] / [label]", in the order of the messages.
func shown(u *telegramtest.User) []string {
	var lines []string
	for _, m := range u.Messages() {
		if m.Deleted {
			continue
		}
		line := m.From + ": " + m.Text
		if m.Photo != nil {
			line = m.From + ": (photo) " + m.Text
		}
		if m.Document != nil {
			line = m.From + ": (" + m.FileName + ") " + m.Text
		}
		for n, row := range m.Buttons {
			if n > 0 {
				line += " /"
			}
			for _, b := range row {
				line += " [" + b.Text + "]"
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// post sends a body to the webhook as anybody could.
func (w *world) post(t *testing.T, body, secret string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.hook+telegram.WebhookPath, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
