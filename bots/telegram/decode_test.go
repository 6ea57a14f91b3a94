package telegram_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots/telegram"
)

// A press is read without what nobody looks at, and comes to the same as when the SDK reads all of it.
func TestAPressIsReadAsTheSDKReadsIt(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC) }
	bot, err := telegram.New(telegram.Config{Token: token, Secret: secret, Now: now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const from, own = `"from":{"id":7,"first_name":"callback_query","language_code":"zh-hans"},"data":"b:3:1"`, `"chat":{"id":7,"type":"private"},"message_id":5`
	for name, press := range map[string]string{
		"a text":           `{"id":"9",` + from + `,"message":{` + own + `,"date":1,"text":"a","reply_markup":{"inline_keyboard":[[{"text":"b","callback_data":"b:3:1"}]]}}}`,
		"a picture":        `{"id":"9",` + from + `,"message":{` + own + `,"date":1,"photo":[{"file_id":"x","width":1,"height":1}]}}`,
		"a document":       `{"id":"9",` + from + `,"message":{` + own + `,"date":1,"document":{"file_id":"x"}}}`,
		"a thing too old":  `{"id":"9",` + from + `,"message":{` + own + `,"date":0}}`,
		"in a group":       `{"id":"9",` + from + `,"message":{"chat":{"id":-8,"type":"group"},"message_id":5,"date":1,"text":"a"}}`,
		"without message":  `{"id":"9",` + from + `,"inline_message_id":"4"}`,
		"a command button": `{"id":"9","from":{"id":7},"data":"c:my 12","message":{` + own + `,"date":1,"text":"a"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := []byte(`{"update_id":2,"callback_query":` + press + `}`)
			type read struct {
				Update  any
				Message int
				File    bool
			}
			var want, got read
			var errWant, errGot error
			want.Update, want.Message, want.File, errWant = bot.ReadWhole(body)
			got.Update, got.Message, got.File, errGot = bot.ReadPress(body)
			if errWant != nil || errGot != nil {
				t.Fatal(errWant, errGot)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
