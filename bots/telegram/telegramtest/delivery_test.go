package telegramtest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots/telegram/telegramtest"
)

// hook is a program that notes what is delivered, and fails as often as it is told to.
type hook struct {
	mu     sync.Mutex
	fail   int
	status int
	texts  []string
	ids    []int64
	secret string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secret = r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	if h.fail > 0 {
		h.fail--
		w.WriteHeader(h.status)
		return
	}
	var u struct {
		ID      int64 `json:"update_id"`
		Message struct {
			Text string `json:"text"`
			From struct {
				Lang string `json:"language_code"`
			} `json:"from"`
			Entities []struct {
				Offset, Length int
			} `json:"entities"`
		} `json:"message"`
		Query struct {
			ID   string `json:"id"`
			Data string `json:"data"`
		} `json:"callback_query"`
	}
	if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.ids = append(h.ids, u.ID)
	h.texts = append(h.texts, u.Message.Text+u.Query.Data)
}

func (h *hook) Texts() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string{}, h.texts...)
}

func hooked(t *testing.T, o telegramtest.Options, h *hook) (*telegramtest.Server, client) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	sim, c := newSim(t, o)
	if a := c.call("setWebhook", map[string]any{"url": server.URL, "secret_token": "s"}); !a.OK {
		t.Fatalf("set the webhook: %+v", a)
	}
	return sim, c
}

func flush(t *testing.T, sim *telegramtest.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if err := sim.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestDeliveryInOrderWithRetries(t *testing.T) {
	t.Parallel()
	h := &hook{fail: 3, status: http.StatusInternalServerError}
	sim, c := hooked(t, telegramtest.Options{}, h)
	u := sim.User(7, "zh")
	for _, text := range []string{"one", "two", "three"} {
		u.Say(text)
	}
	if err := u.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two", "three"}, h.Texts()); diff != "" {
		t.Errorf("what arrived (-want +got): %s", diff)
	}
	if h.ids[0] >= h.ids[1] || h.ids[1] >= h.ids[2] || h.secret != "s" {
		t.Errorf("the ids are %v, the secret %q", h.ids, h.secret)
	}
	a := c.call("getWebhookInfo", nil)
	if !strings.Contains(string(a.Result), "Wrong response from the webhook: 500") {
		t.Errorf("the webhook's state is %s", a.Result)
	}
	sim.Faults.LoseAcknowledgement(1)
	u.Say("four")
	flush(t, sim)
	if n := len(h.Texts()); n != 5 {
		t.Errorf("an update whose acknowledgement was lost arrived %d times", n-3)
	}
}

func TestGivingUp(t *testing.T) {
	t.Parallel()
	h := &hook{fail: 1000, status: http.StatusForbidden}
	retry := func(attempt int) (time.Duration, bool) { return time.Millisecond, attempt < 3 }
	sim, _ := hooked(t, telegramtest.Options{Retry: retry}, h)
	sim.User(7, "zh").Say("hello")
	flush(t, sim)
	if len(sim.Lost()) != 1 || len(h.Texts()) != 0 {
		t.Errorf("lost are %v", sim.Lost())
	}
}

func TestPressesHaveToBeAnswered(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := &hook{}
	sim, c := hooked(t, telegramtest.Options{Now: func() time.Time { return now }}, h)
	u := sim.User(7, "zh")
	u.Say("hello")
	c.call("sendMessage", map[string]any{"chat_id": 7, "text": "hi", "reply_markup": keys(
		map[string]any{"text": "go", "callback_data": "b:1:1"}, map[string]any{"text": "open", "url": "https://guahao.example.com"},
	)})
	m := u.Last()
	for _, label := range []string{"stop", "open"} {
		if err := u.Press(m.ID, label); err == nil {
			t.Errorf("the button %q was pressed", label)
		}
	}
	if err := u.Press(m.ID, "go"); err != nil {
		t.Fatal(err)
	}
	flush(t, sim)
	if diff := cmp.Diff([]string{"hello", "b:1:1"}, h.Texts()); diff != "" {
		t.Errorf("what arrived (-want +got): %s", diff)
	}
	if v := sim.Violations(); len(v) != 1 || !strings.Contains(v[0], "never called") {
		t.Errorf("an unanswered press: %v", v)
	}
	first := "4380000000000001"
	if a := c.call("answerCallbackQuery", map[string]any{"callback_query_id": first, "text": "done"}); !a.OK {
		t.Errorf("the answer: %+v", a)
	}
	if toasts := u.Toasts(); len(toasts) != 1 || toasts[0].Text != "done" || len(sim.Violations()) != 0 {
		t.Errorf("after answering: %+v, %v", toasts, sim.Violations())
	}
	if a := c.call("answerCallbackQuery", map[string]any{"callback_query_id": first}); a.OK || len(sim.Violations()) != 1 {
		t.Errorf("the second answer: %+v", a)
	}
}

func TestPollingConfirms(t *testing.T) {
	t.Parallel()
	sim, c := newSim(t, telegramtest.Options{})
	u := sim.User(7, "zh")
	u.Say("one")
	u.Say("two")
	var updates []struct {
		ID int64 `json:"update_id"`
	}
	poll := func(offset int64) int {
		t.Helper()
		a := c.call("getUpdates", map[string]any{"offset": offset, "timeout": 0})
		if err := json.Unmarshal(a.Result, &updates); err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
		return len(updates)
	}
	for range 2 { // asking alone confirms nothing
		if n := poll(0); n != 2 {
			t.Fatalf("%d updates", n)
		}
	}
	if n := poll(updates[0].ID + 1); n != 1 || sim.Pending() != 1 {
		t.Errorf("after confirming one, %d come and %d are pending", n, sim.Pending())
	}
	done := make(chan answer, 1)
	last := updates[0].ID
	go func() { done <- c.call("getUpdates", map[string]any{"offset": last + 1, "timeout": 30}) }()
	flush(t, sim) // the offset confirms what was pending
	u.Say("three")
	if a := <-done; !strings.Contains(string(a.Result), "three") {
		t.Errorf("a long poll got %s", a.Result)
	}
	if a := c.call("setWebhook", map[string]any{"url": "http://127.0.0.1:1/"}); !a.OK {
		t.Fatalf("%+v", a)
	}
	if a := c.call("getUpdates", nil); a.Code != 409 {
		t.Errorf("polling beside a webhook: %+v", a)
	}
}

func TestSubscribers(t *testing.T) {
	t.Parallel()
	sim, c := newSim(t, telegramtest.Options{})
	heard := make(chan int64, 10)
	stop := sim.Subscribe(func(id int64) { heard <- id })
	u := sim.User(7, "zh")
	changed := sim.Changed()
	u.Say("hello")
	<-changed
	if id := <-heard; id != 7 {
		t.Errorf("a change of %d", id)
	}
	c.call("sendMessage", map[string]any{"chat_id": 7, "text": "hi"})
	<-heard
	stop()
	u.Say("again")
	if len(heard) != 0 {
		t.Error("who has unsubscribed still hears")
	}
	messages := u.Messages()
	messages[0].Text = "changed"
	if u.Messages()[0].Text != "hello" {
		t.Error("a snapshot is the state itself")
	}
}
