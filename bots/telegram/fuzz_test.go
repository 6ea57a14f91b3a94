package telegram_test

import (
	"regexp"
	"testing"
	"unicode/utf8"

	"guahao/bots"
	"guahao/bots/telegram"
)

var commandForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func FuzzWebhookBody(f *testing.F) {
	for _, seed := range []string{
		`{"update_id":1,"message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"text":"/start x",` +
			`"entities":[{"type":"bot_command","offset":-5,"length":99999}]}}`,
		`{"update_id":2,"callback_query":{"id":"1","from":{"id":7},"message":{"chat":{"id":7},"message_id":3,"date":0},"data":"b:1:2"}}`,
		`{"update_id":2,"callback_query":{"id":"1","from":{"id":7},"data":"c:my 12"}}`,
		`{"update_id":3,"my_chat_member":{"chat":{"id":7,"type":"private"},"from":{"id":7},"date":1,` +
			`"old_chat_member":{"status":"member","user":{"id":1}},"new_chat_member":{"status":"kicked","user":{"id":1},"until_date":0}}}`,
		`{"update_id":4,"edited_message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1,"text":"x"}}`,
		`{"update_id":5,"message":{"message_id":1,"from":{"id":7},"chat":{"id":-7,"type":"group"},"date":1,"text":"/start"}}`,
		`{"update_id":6,"message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"location":{"latitude":1e99}}}`,
	} {
		f.Add([]byte(seed))
	}
	bot, err := telegram.New(telegram.Config{Token: token, Secret: secret}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		u, wanted, err := bot.ReadBody(body)
		if err != nil || !wanted {
			return
		}
		if u.Platform != bots.Telegram || u.Key == "" || u.From == "" || u.Kind == "" || u.At.IsZero() {
			t.Errorf("an update that the inbox cannot take: %+v", u)
		}
		if u.Kind == bots.Command && !commandForm.MatchString(u.Command) {
			t.Errorf("a command of the form %q", u.Command)
		}
		if u.Kind == bots.Press && (u.Button.Rev < -1 || u.Button.Index < -1) {
			t.Errorf("a button of the form %+v", u.Button)
		}
	})
}

func FuzzCommand(f *testing.F) {
	for _, seed := range []string{"/start", "／ＳＴＡＲＴ＠bot x", "你好 /start", "/\xff", " / ", "/start\u3000\u3000x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, arg, ok := telegram.ParseCommand(text)
		if ok != commandForm.MatchString(name) {
			t.Errorf("%q is %q, %v", text, name, ok)
		}
		if utf8.ValidString(text) && !utf8.ValidString(arg) {
			t.Errorf("%q has the argument %q", text, arg)
		}
	})
}
