package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"sync"
	"time"
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

// wire watches both roads between Telegram's simulator and the program: updates that go to the webhook, and calls of the API.
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
	chat, err := senderOf(r)
	if err != nil {
		return nil, err
	}
	w.begun(chat, time.Now())
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

// senderOf reads whose update a delivery brings.
func senderOf(r *http.Request) (int64, error) {
	body, err := r.GetBody()
	if err != nil {
		return 0, err
	}
	defer body.Close()
	type from struct{ From struct{ ID int64 } }
	var update struct {
		Message from
		Press   from `json:"callback_query"`
	}
	if err := json.NewDecoder(body).Decode(&update); err != nil {
		return 0, fmt.Errorf("read an update on its way: %w", err)
	}
	return update.Message.From.ID + update.Press.From.ID, nil
}

// watch serves the API and reports the messages that it has put into chats.
func (w *wire) watch(api http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		method := path.Base(r.URL.Path)
		switch method {
		case "sendMessage", "sendPhoto", "editMessageText", "setWebhook":
		default:
			api.ServeHTTP(rw, r)
			return
		}
		copied := &copier{ResponseWriter: rw}
		api.ServeHTTP(copied, r)
		w.heard(method, copied.body.Bytes(), time.Now())
	})
}

// calledBack reports a message that came in the response to an update.
func (w *wire) calledBack(method string, result any, err error) {
	at := time.Now()
	if err != nil {
		w.log.add("the simulator refused %s: %v", method, err)
		return
	}
	if method != "sendMessage" {
		return
	}
	text, err := json.Marshal(result)
	if err != nil {
		w.log.add("the simulator's answer to %s: %v", method, err)
		return
	}
	w.read(method, text, at)
}

type copier struct {
	http.ResponseWriter
	body bytes.Buffer
}

// Write implements io.Writer.
func (c *copier) Write(p []byte) (int, error) {
	c.body.Write(p)
	return c.ResponseWriter.Write(p)
}

var _ io.Writer = (*copier)(nil)

func (w *wire) heard(method string, body []byte, at time.Time) {
	var answer struct {
		OK          bool
		Description string
		Result      json.RawMessage
	}
	if err := json.Unmarshal(body, &answer); err != nil || !answer.OK {
		w.log.add("the simulator refused %s: %s", method, answer.Description)
		return
	}
	if method == "setWebhook" {
		w.hook.Do(func() { close(w.ready) })
		return
	}
	w.read(method, answer.Result, at)
}

// read tells of a message that a call has put into a chat.
func (w *wire) read(method string, result []byte, at time.Time) {
	var message struct {
		ID            int `json:"message_id"`
		Chat          struct{ ID int64 }
		Text, Caption string
		Photo         []struct{}
		Markup        struct {
			Rows [][]struct {
				Text string
				Data string `json:"callback_data"`
			} `json:"inline_keyboard"`
		} `json:"reply_markup"`
	}
	if err := json.Unmarshal(result, &message); err != nil {
		w.log.add("the simulator's answer to %s: %v", method, err)
		return
	}
	m := shown{at: at, changed: method == "editMessageText", id: message.ID, text: message.Text + message.Caption, photo: len(message.Photo) > 0}
	for _, row := range message.Markup.Rows {
		for _, key := range row {
			m.buttons = append(m.buttons, button{key.Text, key.Data})
		}
	}
	w.said(message.Chat.ID, m)
}
