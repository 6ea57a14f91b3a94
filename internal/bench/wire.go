package bench

import (
	"net/http"
	"path"
	"sync"
	"time"

	"guahao/bots/telegram/telegramtest"
)

// shown is a message of the bot as it came to stand in a chat: new, or changed.
type shown struct {
	at      time.Time
	changed bool // by an edit
	id      int
	text    string
	photo   bool
	buttons []button
}

type button struct{ label, data string }

// wire watches the road on which updates go to the webhook, and the messages that come into chats.
type wire struct {
	log *complaints
	// begun is told that an update of a chat goes to the webhook; said, that the bot's message stands in the chat.
	begun func(chat int64, at time.Time)
	said  func(chat int64, m shown)

	road  http.Transport // to the webhook
	hook  sync.Once
	ready chan struct{} // closed when the program has said where updates go
}

func newWire(c *crowd) *wire {
	return &wire{begun: c.begun, said: c.said, road: http.Transport{MaxIdleConnsPerHost: 256}, ready: make(chan struct{})}
}

// client delivers updates.
func (w *wire) client() *http.Client { return &http.Client{Timeout: time.Minute, Transport: w} }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.begun(telegramtest.SenderOf(r), time.Now())
	answer, err := w.road.RoundTrip(r)
	switch {
	case r.Context().Err() != nil: // the bench is over
	case err != nil:
		w.log.add("the webhook: %v", err)
	case answer.StatusCode != http.StatusOK:
		w.log.add("the webhook answered %s", answer.Status)
	}
	return answer, err
}

// watch serves the API and sees when the program has said where updates go.
func (w *wire) watch(api http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(rw, r)
		if path.Base(r.URL.Path) == "setWebhook" {
			w.hook.Do(func() { close(w.ready) })
		}
	})
}

// shown passes a message on to the person in whose chat it stands now.
func (w *wire) shown(chat int64, in telegramtest.Message, changed bool) {
	m := shown{at: time.Now(), changed: changed, id: in.ID, text: in.Text, photo: len(in.Photo) > 0}
	for _, row := range in.Buttons {
		for _, key := range row {
			m.buttons = append(m.buttons, button{key.Text, key.Data})
		}
	}
	w.said(chat, m)
}
