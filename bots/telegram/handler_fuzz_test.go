package telegram_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"guahao/bots"
	"guahao/bots/telegram/telegramtest"
)

// handlerSeeds are updates of all kinds, with what strangers put into them.
var handlerSeeds = []string{
	`{"update_id":1,"message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"text":"/start x","entities":[{"type":"bot_command","offset":-5,"length":99999}]}}`,
	`{"update_id":2,"callback_query":{"id":"1","from":{"id":7},"message":{"chat":{"id":7,"type":"private"},"message_id":3,"date":9},"data":"b:1:2"}}`,
	`{"update_id":3,"callback_query":{"id":"1","from":{"id":7},"data":"c:my 12"}}`,
	`{"update_id":4,"my_chat_member":{"chat":{"id":7,"type":"private"},"from":{"id":7},"date":1,"old_chat_member":{"status":"member","user":{"id":1}},"new_chat_member":{"status":"kicked","user":{"id":1},"until_date":0}}}`,
	`{"update_id":5,"edited_message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"text":"x"}}`,
	`{"update_id":6,"message":{"message_id":1,"from":{"id":7},"chat":{"id":-7,"type":"group"},"date":1,"text":"/start"}}`,
	`{"update_id":7,"message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"location":{"latitude":1e99,"longitude":-1}}}`,
	`{"update_id":8,"message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":99999999999,"text":"\u0000\ud800🙂"}}`,
	`{"update_id":9,"message":{"message_id":1,"from":{"id":9223372036854775807},"chat":{"id":9223372036854775807,"type":"private"},"date":1,"sticker":{}}}`,
}

// repeats is a conversation that says much of what it hears, in all places where something can be said.
func repeats(t bots.Turn) bots.Reply {
	said := t.Update.Text + t.Update.Arg + t.Update.Command
	r := bots.Reply{Text: strings.Repeat(said, 300), Toast: said + strings.Repeat("长", len(said)), Forget: len(said)%3 == 0, Keep: len(said)%2 == 0}
	for n := range min(len(said), 120) {
		r.Options = append(r.Options, bots.Option{Label: said[n:], Index: n, Row: n / 3, Command: said[:n], URL: map[bool]string{true: "https://" + said}[n == 5]})
	}
	return r
}

// FuzzHandler sends any body to the webhook: it does not panic, tells Telegram to come again with nothing, and calls Telegram with nothing that it refuses.
func FuzzHandler(f *testing.F) {
	for _, seed := range handlerSeeds {
		f.Add([]byte(seed))
	}
	w := newUnhooked(f, repeats, telegramtest.Limits{Off: true})
	for _, id := range []int64{7, 9223372036854775807} {
		w.sim.User(id, "zh").Say("hello") // there is no webhook: it stays where it is
	}
	handler := w.bot.Handler(w.inbox)
	last := 1_000_000
	f.Fuzz(func(t *testing.T, body []byte) {
		last++
		body = numbered(body, last)
		request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		switch answer.Code {
		case http.StatusOK:
			w.sim.CallBack(answer.Body.Bytes())
		case http.StatusBadRequest:
		default:
			t.Errorf("answered with %d", answer.Code)
		}
		if broken := w.sim.Violations(); len(broken) > 0 {
			t.Error(fmt.Sprint("against the Bot API: ", broken))
		}
	})
}

// numbered gives an update an id of its own: under one that another person's update had, it would be refused.
func numbered(body []byte, id int) []byte {
	var update map[string]json.RawMessage
	if json.Unmarshal(body, &update) != nil {
		return body
	}
	for name := range update {
		if strings.EqualFold(name, "update_id") {
			delete(update, name)
		}
	}
	update["update_id"] = json.RawMessage(strconv.Itoa(id))
	renumbered, err := json.Marshal(update)
	if err != nil {
		return body
	}
	return renumbered
}
