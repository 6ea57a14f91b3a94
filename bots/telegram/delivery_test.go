package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/bots"
	"guahao/bots/telegram"
)

func TestWebhookRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	good := `{"update_id":1,"message":{"message_id":1,"from":{"id":7,"is_bot":false},"chat":{"id":7,"type":"private"},"date":1,"text":"hi"}}`
	for _, c := range []struct {
		name, body, secret string
		want               int
	}{
		{"no secret", good, "", http.StatusUnauthorized},
		{"a wrong secret", good, secret + "x", http.StatusUnauthorized},
		{"a prefix of the secret", good, secret[:4], http.StatusUnauthorized},
		{"no body", "", secret, http.StatusBadRequest},
		{"no JSON", "hello", secret, http.StatusBadRequest},
		{"broken JSON", good[:50], secret, http.StatusBadRequest},
		{"a list", "[]", secret, http.StatusBadRequest},
		{"no id", "{}", secret, http.StatusBadRequest},
		{"a message that is none", `{"update_id":1,"message":"hi"}`, secret, http.StatusBadRequest},
		{"more than 1 MiB", `{"update_id":1,"x":"` + strings.Repeat("x", 1<<20) + `"}`, secret, http.StatusBadRequest},
	} {
		if got := w.post(t, c.body, c.secret); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	response, err := http.Get(w.hook + telegram.WebhookPath)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", response.StatusCode)
	}
	var stored int
	if err := w.db.Get(&stored, "SELECT COUNT(1) FROM chat_inbox"); err != nil || stored != 0 {
		t.Errorf("%d refused requests are stored (%v)", stored, err)
	}
	// the control: with the secret the same body is taken, and so are kinds that the SDK does not know
	w.sim.User(7, "en").Say("hello")
	w.flush(t)
	if got := w.post(t, good, secret); got != http.StatusOK || len(w.steps.Updates()) != 2 {
		t.Errorf("a good request: %d", got)
	}
	strange := `{"update_id":2,"my_chat_member":{"new_chat_member":{"status":"guest"}}}`
	if got := w.post(t, strange, secret); got != http.StatusOK {
		t.Errorf("an update of a new kind: %d", got)
	}
}

func TestNoSecretConfiguredLetsNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	open, err := telegram.New(telegram.Config{Token: token, API: w.api}, w.store)
	if err != nil {
		t.Fatal(err)
	}
	recorder := newRecorder()
	request, err := http.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	open.Handler(w.inbox).ServeHTTP(recorder, request)
	if recorder.status != http.StatusUnauthorized {
		t.Errorf("without a secret: %d", recorder.status)
	}
	if err := open.Setup(t.Context(), w.hook); err == nil {
		t.Error("a webhook without a secret was set")
	}
}

type recorder struct {
	header http.Header
	status int
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

func TestSendingFailsAndIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	w.bot.Doubt()
	u := w.sim.User(1001, "zh")
	w.sim.Faults.Fail("sendMessage", http.StatusBadGateway, 0, 3)
	u.Say("hello")
	w.flush(t)
	if got := shown(u); len(got) != 2 || len(w.steps.Updates()) != 1 {
		t.Errorf("the chat is %q after %d steps", got, len(w.steps.Updates()))
	}
	w.sim.Faults.LoseResponse("editMessageText", 2)
	press(t, w, u, u.Last().ID, "内科")
	if got := shown(u); len(got) != 2 || len(w.steps.Updates()) != 2 || u.Last().Text != "选了内科" {
		t.Errorf("the chat is %q after %d steps", got, len(w.steps.Updates()))
	}
}

func TestLostAcknowledgementBringsNoSecondMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	w.sim.Faults.LoseAcknowledgement(3)
	u.Say("hello")
	w.flush(t)
	if got := shown(u); len(got) != 2 || len(w.steps.Updates()) != 1 {
		t.Errorf("the chat is %q after %d steps", got, len(w.steps.Updates()))
	}
	w.strict(t)
}

func TestDatabaseAwayAnswers500(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	body := `{"update_id":1,"message":{"message_id":1,"from":{"id":7,"is_bot":false},"chat":{"id":7,"type":"private"},"date":1,"text":"hi"}}`
	if got := w.post(t, body, secret); got != http.StatusInternalServerError {
		t.Errorf("without a database: %d", got)
	}
}

func TestShortWaitIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	w.bot.Doubt()
	u := w.sim.User(1001, "zh")
	w.sim.Faults.Fail("sendMessage", http.StatusTooManyRequests, 1, 1)
	u.Say("hello")
	w.flush(t)
	if got := shown(u); len(got) != 2 || len(w.steps.Updates()) != 1 {
		t.Errorf("the chat is %q after %d steps", got, len(w.steps.Updates()))
	}
	w.strict(t)
}

func TestNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	to := account(t, w, "1001")
	notice := bots.Notice{
		Kind: "reminder", Text: "明天就诊", URL: "https://guahao.example.com/v/1",
		Options: []bots.Option{{Label: "我的预约", Command: "my"}},
	}
	if err := w.bot.Send(t.Context(), to, notice); err != nil {
		t.Fatal(err)
	}
	if got := shown(u)[2]; got != "bot: 明天就诊 [我的预约] / [查看详情]" {
		t.Errorf("the notice is %q", got)
	}
	// the next one has to wait a second: longer than this, unless this machine took that second
	var err error
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err = w.bot.Send(ctx, to, notice)
		cancel()
		if err != nil {
			break
		}
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a notice right after another gives %v", err)
	}
	w.strict(t)
}

func TestLongWaitIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	var all []bool
	for id := int64(1); id <= 4; id++ {
		u := w.sim.User(id, "zh")
		u.Say("hello")
		w.flush(t)
		if id <= 3 {
			w.sim.Faults.Fail("sendMessage", http.StatusTooManyRequests, 3600, 1)
		}
		err := w.bot.Send(t.Context(), account(t, w, fmt.Sprint(id)), bots.Notice{Text: "x"})
		var wait *bots.RetryError
		if !errors.As(err, &wait) || wait.After < time.Hour-time.Minute {
			t.Fatalf("chat %d: %v", id, err)
		}
		all = append(all, wait.All)
		// and it is remembered: Telegram is not asked again
		if err := w.bot.Send(t.Context(), account(t, w, fmt.Sprint(id)), bots.Notice{Text: "x"}); !errors.As(err, &wait) {
			t.Fatalf("chat %d again: %v", id, err)
		}
		if id == 3 {
			break
		}
	}
	// the replies between them were successes, so each wait was the chat's own
	if fmt.Sprint(all) != "[false false false]" {
		t.Errorf("waits for all: %v", all)
	}
	w.strict(t)
}

func TestManyWaitsAreForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	for id := int64(1); id <= 4; id++ {
		w.sim.User(id, "zh").Say("hello")
	}
	w.flush(t)
	w.sim.Faults.Fail("sendMessage", http.StatusTooManyRequests, 60, 3)
	var wait *bots.RetryError
	for id := 1; id <= 4; id++ {
		err := w.bot.Send(t.Context(), account(t, w, fmt.Sprint(id)), bots.Notice{Text: "x"})
		if !errors.As(err, &wait) || wait.All != (id >= 3) {
			t.Errorf("chat %d: %v (%+v)", id, err, wait)
		}
	}
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	u.Block()
	w.flush(t)
	if a := account(t, w, "1001"); !a.Blocked {
		t.Error("who blocked the bot is not marked")
	}
	u.Unblock()
	w.flush(t)
	if a := account(t, w, "1001"); a.Blocked {
		t.Error("who unblocked the bot is still marked")
	}
	// blocked without our knowing: Telegram says so when we send
	w.sim.Faults.Fail("sendMessage", http.StatusForbidden, 0, 1)
	if err := w.bot.Send(t.Context(), account(t, w, "1001"), bots.Notice{Text: "x"}); !errors.Is(err, bots.ErrBlocked) {
		t.Errorf("a notice to someone who blocked the bot: %v", err)
	}
	if a := account(t, w, "1001"); !a.Blocked {
		t.Error("who turned out to have blocked the bot is not marked")
	}
	stranger := bots.Account{Platform: bots.Telegram, ExternalID: "424242"}
	if err := w.bot.Send(t.Context(), stranger, bots.Notice{Text: "x"}); !errors.Is(err, bots.ErrBlocked) {
		t.Errorf("a notice to a chat that does not exist: %v", err)
	}
	w.strict(t)
}

func TestBlockedWhileAnswering(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	w.bot.Doubt()
	u := w.sim.User(1001, "zh")
	w.sim.Faults.Fail("sendMessage", http.StatusForbidden, 0, 1)
	u.Say("hello")
	w.flush(t) // and it is not delivered again for ever
	if a := account(t, w, "1001"); !a.Blocked || len(w.steps.Updates()) != 1 {
		t.Errorf("the account is %+v after %d steps", a, len(w.steps.Updates()))
	}
}

func account(t *testing.T, w *world, id string) bots.Account {
	t.Helper()
	a, err := w.store.Find(t.Context(), bots.Telegram, id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPolling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic) // a webhook is set: polling removes it
	w.bot.Doubt()
	u := w.sim.User(1001, "zh")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	w.sim.Faults.Fail("getUpdates", http.StatusBadGateway, 0, 2)
	w.sim.Faults.Fail("sendMessage", http.StatusBadGateway, 0, 2)
	go func() { done <- w.bot.Poll(ctx, w.inbox) }()
	for n := range 3 {
		u.Say(fmt.Sprint("hello ", n))
		w.flush(t)
	}
	if got := shown(u); len(got) != 6 || len(w.steps.Updates()) != 3 {
		t.Errorf("the chat is %q after %d steps", got, len(w.steps.Updates()))
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("the end of polling: %v", err)
	}
	w.strict(t)
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newUnhooked(t, clinic)
	says := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) {
			t.Errorf("the check says %v, want something with %q", err, want)
		}
	}
	says("no Telegram webhook", w.bot.Check(t.Context()))
	if err := w.bot.Setup(t.Context(), w.hook); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.Check(t.Context()); err != nil {
		t.Errorf("when all is well it says %v", err)
	}
	if err := w.bot.Setup(t.Context(), "http://guahao.example.com"); err == nil || !strings.Contains(err.Error(), "HTTPS") {
		t.Errorf("a webhook without TLS: %v", err)
	}
	if err := w.bot.Setup(t.Context(), "http://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	w.sim.User(1, "zh").Say("hello")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_ = w.sim.Flush(ctx)
	says("could not be delivered", w.bot.Check(t.Context()))

	wrong, err := telegram.New(telegram.Config{Token: "1:wrong", Secret: secret, API: w.api}, w.store)
	if err != nil {
		t.Fatal(err)
	}
	says("unknown to Telegram", wrong.Check(t.Context()))
	says("unknown to Telegram", wrong.Poll(t.Context(), w.inbox))
	away, err := telegram.New(telegram.Config{Token: token, Secret: secret, API: "http://127.0.0.1:1"}, w.store)
	if err != nil {
		t.Fatal(err)
	}
	says("cannot be reached", away.Check(t.Context()))
	says("cannot be reached", away.Poll(t.Context(), w.inbox))
	for _, c := range []telegram.Config{{}, {Token: "x"}, {Token: token, Secret: "not allowed!"}, {Token: token, API: "nowhere"}} {
		if _, err := telegram.New(c, w.store); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
