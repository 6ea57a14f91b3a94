package telegramtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"guahao/bots/telegram/telegramtest"
)

const token = "700100:AAexample"

// client calls the simulated API.
type client struct {
	t    *testing.T
	base string
}

// answer is what every method returns.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
}

func newSim(t *testing.T, o telegramtest.Options) (*telegramtest.Server, client) {
	t.Helper()
	o.Token = token
	if o.Retry == nil {
		o.Retry = func(int) (time.Duration, bool) { return time.Millisecond, true }
	}
	sim := telegramtest.New(o)
	api := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		api.Close()
	})
	return sim, client{t, api.URL + "/bot" + token + "/"}
}

// call posts JSON.
func (c client) call(method string, params map[string]any) answer {
	c.t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.post(method, "application/json", bytes.NewReader(body))
}

func (c client) post(method, kind string, body *bytes.Reader) answer {
	c.t.Helper()
	response, err := http.Post(c.base+method, kind, body)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		c.t.Fatalf("%s answered no JSON: %v", method, err)
	}
	if !a.OK && a.Code != response.StatusCode {
		c.t.Errorf("%s: the status is %d, the code %d", method, response.StatusCode, a.Code)
	}
	return a
}

func keys(buttons ...map[string]any) map[string]any {
	row := make([]any, 0, len(buttons))
	for _, b := range buttons {
		row = append(row, b)
	}
	return map[string]any{"inline_keyboard": []any{row}}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	sim, c := newSim(t, telegramtest.Options{Limits: telegramtest.Limits{Off: true}})
	u := sim.User(7, "zh")
	mine := u.Say("hello")
	if a := c.call("sendMessage", map[string]any{"chat_id": 7, "text": "hi"}); !a.OK {
		t.Fatalf("a good message: %+v", a)
	}
	ours := u.Last().ID
	sim.User(8, "zh") // has not written yet
	button := map[string]any{"text": "x", "callback_data": "b:1:1"}
	for _, r := range []struct {
		method string
		params map[string]any
		code   int
		says   string
		breach bool
	}{
		{"sendMessage", map[string]any{"chat_id": 7, "text": " "}, 400, "message text is empty", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": strings.Repeat("字", 4097)}, 400, "message is too long", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": strings.Repeat("😀", 2049)}, 400, "message is too long", true},
		{"sendMessage", map[string]any{"chat_id": 9, "text": "x"}, 400, "chat not found", false},
		{"sendMessage", map[string]any{"chat_id": 8, "text": "x"}, 403, "can't initiate", false},
		{"sendMessage", map[string]any{"text": "x"}, 400, "chat_id is empty", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": "x", "parse_mode": "HTML"}, 400, "unknown parameters", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": "x", "reply_markup": keys(map[string]any{"text": "x"})}, 400, "unallowed", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": "x", "reply_markup": keys(map[string]any{"text": "", "url": "https://a.cn"})}, 400, "text", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": "x", "reply_markup": keys(map[string]any{"text": "x", "url": "http://localhost/"})}, 400, "Wrong HTTP URL", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": "x", "reply_markup": keys(map[string]any{"text": "x", "callback_data": strings.Repeat("x", 65)})}, 400, "BUTTON_DATA_INVALID", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": "x", "reply_markup": keys(button, button, button, button, button, button, button, button, button)}, 400, "8 buttons", true},
		{"sendMessage", map[string]any{"chat_id": 7, "text": "x", "reply_markup": keys(map[string]any{"text": "x", "callback_data": "x", "copy_text": map[string]any{"text": ""}})}, 400, "copy_text", true},
		{"editMessageText", map[string]any{"chat_id": 7, "message_id": ours, "text": "hi"}, 400, "message is not modified", false},
		{"editMessageText", map[string]any{"chat_id": 7, "message_id": ours, "text": strings.Repeat("x", 4097)}, 400, "MESSAGE_TOO_LONG", true},
		{"editMessageText", map[string]any{"chat_id": 7, "message_id": 1, "text": "x"}, 400, "message to edit not found", false},
		{"editMessageText", map[string]any{"chat_id": 7, "message_id": mine, "text": "x"}, 400, "message can't be edited", true},
		{"editMessageCaption", map[string]any{"chat_id": 7, "message_id": ours, "caption": "x"}, 400, "no caption", true},
		{"deleteMessage", map[string]any{"chat_id": 7, "message_id": 1}, 400, "message to delete not found", false},
		{"answerCallbackQuery", map[string]any{"callback_query_id": "1"}, 400, "query is too old", false},
		{"answerCallbackQuery", map[string]any{"callback_query_id": "1", "text": strings.Repeat("x", 201)}, 400, "MESSAGE_TOO_LONG", true},
		{"sendPhoto", map[string]any{"chat_id": 7, "photo": "nothing"}, 400, "wrong file identifier", true},
		{"setWebhook", map[string]any{"url": "http://guahao.example.com/"}, 400, "HTTPS", true},
		{"setWebhook", map[string]any{"url": "https://guahao.example.com:8080/"}, 400, "ports", true},
		{"setWebhook", map[string]any{"url": "https://guahao.example.com/", "secret_token": "!"}, 400, "unallowed characters", true},
		{"setMyCommands", map[string]any{"commands": []any{map[string]any{"command": "Book", "description": "x"}}}, 400, "BOT_COMMAND_INVALID", true},
		{"setMyCommands", map[string]any{"commands": []any{map[string]any{"command": "book"}}}, 400, "DESCRIPTION", true},
		{"sendEverything", nil, 404, "Not Found", true},
	} {
		before := len(sim.Violations())
		a := c.call(r.method, r.params)
		if a.OK || a.Code != r.code || !strings.Contains(a.Description, r.says) {
			t.Errorf("%s %v: %d %q, want %d with %q", r.method, r.params, a.Code, a.Description, r.code, r.says)
		}
		if breach := len(sim.Violations()) > before; breach != r.breach {
			t.Errorf("%s %q is a violation: %v", r.method, a.Description, breach)
		}
	}
	u.Block()
	if a := c.call("sendMessage", map[string]any{"chat_id": 7, "text": "x"}); a.Code != 403 || a.Description != "Forbidden: bot was blocked by the user" {
		t.Errorf("to someone who blocked the bot: %+v", a)
	}
	wrong := client{t, strings.Replace(c.base, token, "1:wrong", 1)}
	if a := wrong.call("getMe", nil); a.Code != 401 || a.Description != "Unauthorized" {
		t.Errorf("a wrong token: %+v", a)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	sim, c := newSim(t, telegramtest.Options{})
	u := sim.User(7, "zh")
	u.Say("hello")
	form := url.Values{"chat_id": {"7"}, "text": {"a form"}, "reply_markup": {`{"inline_keyboard":[[{"text":"x","callback_data":"y"}]]}`}}
	if a := c.post("sendMessage", "application/x-www-form-urlencoded", bytes.NewReader([]byte(form.Encode()))); !a.OK {
		t.Errorf("a form: %+v", a)
	}
	if a := c.post("sendMessage?chat_id=7&text=a+query", "", bytes.NewReader(nil)); !a.OK {
		t.Errorf("a query: %+v", a)
	}
	var picture, body bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	send := func(method, field, name string, content []byte) answer {
		body.Reset()
		w := multipart.NewWriter(&body)
		_ = w.WriteField("chat_id", "7")
		_ = w.WriteField("caption", "a picture")
		file, _ := w.CreateFormFile(field, name)
		_, _ = file.Write(content)
		_ = w.Close()
		return c.post(method, w.FormDataContentType(), bytes.NewReader(body.Bytes()))
	}
	upload := func(content []byte) answer { return send("sendPhoto", "photo", "x.png", content) }
	a := upload(picture.Bytes())
	var sent struct {
		Photo []struct {
			ID    string `json:"file_id"`
			Width int    `json:"width"`
		} `json:"photo"`
	}
	if err := json.Unmarshal(a.Result, &sent); err != nil || len(sent.Photo) != 1 || sent.Photo[0].Width != 64 {
		t.Fatalf("an upload: %+v %v", a, err)
	}
	if a := c.call("sendPhoto", map[string]any{"chat_id": 7, "photo": sent.Photo[0].ID}); !a.OK {
		t.Errorf("the same picture by its id: %+v", a)
	}
	if last := u.Last(); !bytes.Equal(last.Photo, picture.Bytes()) {
		t.Error("the picture is another one")
	}
	if a := send("sendDocument", "document", "visit.ics", []byte("BEGIN:VCALENDAR")); !a.OK {
		t.Errorf("a document: %+v", a)
	}
	if last := u.Last(); last.Kind != "document" || last.FileName != "visit.ics" || string(last.Document) != "BEGIN:VCALENDAR" {
		t.Errorf("the document is %+v", last)
	}
	if len(sim.Violations()) != 0 {
		t.Errorf("violations: %v", sim.Violations())
	}
	if a := send("sendDocument", "document", "empty.ics", nil); a.OK || !strings.Contains(a.Description, "non-empty") {
		t.Errorf("an empty document: %+v", a)
	}
	if a := c.call("sendDocument", map[string]any{"chat_id": 7, "document": "BQAC"}); a.OK {
		t.Errorf("a document that was never uploaded: %+v", a)
	}
	if a := upload([]byte("<svg/>")); a.OK || !strings.Contains(a.Description, "IMAGE_PROCESS_FAILED") {
		t.Errorf("a picture that is none: %+v", a)
	}
	if a := c.post("sendMessage", "application/json", bytes.NewReader([]byte("{"))); a.Code != 400 {
		t.Errorf("broken JSON: %+v", a)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	send := func(c client, chat int) answer {
		return c.call("sendMessage", map[string]any{"chat_id": chat, "text": "x"})
	}
	sim, c := newSim(t, telegramtest.Options{Limits: telegramtest.Limits{ChatBurst: 2, Burst: 4, RetryAfter: 30}})
	for id := int64(1); id <= 3; id++ {
		sim.User(id, "zh").Say("hello")
	}
	codes := ""
	for _, chat := range []int{1, 1, 1} {
		codes += fmt.Sprint(send(c, chat).Code, " ")
	}
	if codes != "0 0 429 " {
		t.Errorf("three messages to one chat: %s", codes)
	}
	if len(sim.Violations()) != 0 {
		t.Errorf("the first 429 is already held against the program: %v", sim.Violations())
	}
	if a := send(c, 1); a.Code != 429 || a.Parameters.RetryAfter < 29 || len(sim.Violations()) != 1 {
		t.Errorf("sending without waiting: %+v, violations %v", a, sim.Violations())
	}
	codes = ""
	for _, chat := range []int{2, 2, 3, 3} {
		codes += fmt.Sprint(send(c, chat).Code, " ")
	}
	if codes != "0 0 429 429 " {
		t.Errorf("more than all chats together may get: %s", codes)
	}
	off, c2 := newSim(t, telegramtest.Options{Limits: telegramtest.Limits{Off: true}})
	off.User(1, "zh").Say("hello")
	for range 50 {
		if a := send(c2, 1); !a.OK {
			t.Fatalf("without limits: %+v", a)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	sim, c := newSim(t, telegramtest.Options{})
	u := sim.User(7, "zh")
	u.Say("hello")
	sim.Faults.Fail("sendMessage", 502, 0, 1)
	if a := c.call("sendMessage", map[string]any{"chat_id": 7, "text": "x"}); a.Code != 502 || u.Last().ID != 0 {
		t.Errorf("a failure: %+v", a)
	}
	sim.Faults.LoseResponse("", 1)
	if _, err := http.Post(c.base+"sendMessage?chat_id=7&text=y", "", nil); err == nil || u.Last().Text != "y" {
		t.Errorf("a lost response: %v, the chat has %q", err, u.Last().Text)
	}
	sim.Faults.Fail("", 500, 0, 100)
	sim.Faults.Clear()
	if a := c.call("getMe", nil); !a.OK {
		t.Errorf("after clearing: %+v", a)
	}
}
