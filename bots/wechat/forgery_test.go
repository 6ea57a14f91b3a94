package wechat_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"guahao/bots/wechat/wechattest"
)

// letter is a request to the webhook that a test can tamper with.
type letter struct {
	method string
	query  url.Values
	body   string
}

const document = `<xml><ToUserName><![CDATA[gh_guahao]]></ToUserName><FromUserName><![CDATA[` + openID + `]]></FromUserName>
<CreateTime>1763863200</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[秘密的话]]></Content><MsgId>%d</MsgId></xml>`

// letter is a message as the platform delivers it.
func (w *world) letter(text string) *letter {
	w.t.Helper()
	timestamp := strconv.FormatInt(w.clock.now().Unix(), 10)
	r, err := w.platform.Request(context.Background(), openID, text, timestamp, "4711")
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return &letter{method: http.MethodPost, query: r.URL.Query(), body: string(body)}
}

// sign signs timestamp and nonce anew.
func (l *letter) sign() {
	l.query.Set("signature", wechattest.Signature(token, l.query.Get("timestamp"), l.query.Get("nonce")))
}

func (w *world) post(to *replica, l *letter) (int, string) {
	w.t.Helper()
	request := httptest.NewRequest(l.method, "/wechat/webhook?"+l.query.Encode(), strings.NewReader(l.body))
	recorder := httptest.NewRecorder()
	to.account.Handler(to.inbox).ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	move := func(d time.Duration) func(*letter) {
		return func(l *letter) {
			at, _ := strconv.ParseInt(l.query.Get("timestamp"), 10, 64)
			l.query.Set("timestamp", strconv.FormatInt(at+int64(d/time.Second), 10))
			l.sign()
		}
	}
	set := func(name, value string) func(*letter) {
		return func(l *letter) { l.query.Set(name, value) }
	}
	body := func(body string) func(*letter) {
		return func(l *letter) { l.body = body }
	}
	replace := func(old, by string) func(*letter) {
		return func(l *letter) { l.body = strings.Replace(l.body, old, by, 1) }
	}
	const both, plain, safe = "both", "plaintext", "safe mode"
	cases := []struct {
		name   string
		mode   string
		tamper func(*letter)
		status int
	}{
		{"wrong signature", both, set("signature", strings.Repeat("0", 40)), 401},
		{"no signature", both, func(l *letter) { l.query.Del("signature") }, 401},
		{"other nonce", both, set("nonce", "1"), 401},
		{"no query at all", both, func(l *letter) { l.query = url.Values{} }, 401},
		{"six minutes old", both, move(-6 * time.Minute), 401},
		{"six minutes ahead", both, move(6 * time.Minute), 401},
		{"timestamp of another age", both, func(l *letter) { l.query.Set("timestamp", "9223372036854775807"); l.sign() }, 401},
		{"timestamp beyond 64 bits", both, func(l *letter) { l.query.Set("timestamp", "99999999999999999999"); l.sign() }, 401},
		{"timestamp of words", both, func(l *letter) { l.query.Set("timestamp", "now"); l.sign() }, 401},
		{"empty body", both, body(""), 400},
		{"no XML", both, body("hello"), 400},
		{"XML cut short", both, func(l *letter) { l.body = l.body[:len(l.body)-9] }, 400},
		{"more than 1 MiB", both, func(l *letter) { l.body += strings.Repeat(" ", 1<<20) }, 400},
		{"wrong method", both, func(l *letter) { l.method = http.MethodPut }, 405},
		{"GET without echostr", both, func(l *letter) { l.method = http.MethodGet }, 400},
		{"encrypted without a key", plain, set("encrypt_type", "aes"), 400},
		{"no sender", plain, replace("FromUserName", "Nobody"), 400},
		{"a sender that is none", plain, replace(openID, "../../etc/passwd"), 400},
		{"no type", plain, replace("<![CDATA[text]]>", ""), 400},
		{"an event without a name", plain, replace("[text]", "[event]"), 400},
		{"no time", plain, replace("1763863200", "soon"), 400},
		{"another root", plain, func(l *letter) { l.body = strings.ReplaceAll(l.body, "xml>", "yml>") }, 400},
		{"billion laughs", plain, body(`<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><xml><FromUserName>&b;</FromUserName></xml>`), 400},
		{"wrong msg_signature", safe, set("msg_signature", strings.Repeat("0", 40)), 401},
		{"another message in the envelope", safe, replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA"), 401},
		{"downgrade: a captured triple with a plaintext message", safe, func(l *letter) {
			l.query.Del("encrypt_type")
			l.query.Del("msg_signature")
			l.body = fmt.Sprintf(document, 666)
		}, 401},
		{"downgrade: raw in place of aes", safe, func(l *letter) {
			l.query.Set("encrypt_type", "raw")
			l.body = fmt.Sprintf(document, 666)
		}, 401},
		{"encrypted under another key", safe, func(l *letter) {
			seal(l, make([]byte, 32), appID)
		}, 400},
		{"encrypted for another account", safe, func(l *letter) {
			seal(l, keyBytes(), "wxANOTHER")
		}, 400},
	}
	for _, mode := range modes {
		w := newWorld(t, setup{safe: mode.safe})
		for _, c := range cases {
			if c.mode != both && c.mode != mode.name {
				continue
			}
			t.Run(mode.name+"/"+c.name, func(t *testing.T) {
				l := w.letter(fmt.Sprintf(document, 1))
				c.tamper(l)
				if status, _ := w.post(w.first, l); status != c.status {
					t.Errorf("status %d, want %d", status, c.status)
				}
				for _, table := range []string{"chat_inbox", "chat_accounts", "wechat_nonces", "wechat_windows"} {
					if n := w.count("SELECT COUNT(1) FROM " + table); n != 0 {
						t.Errorf("%d rows were left in %s", n, table)
					}
				}
			})
		}
		// The control: the same letter, untampered, is taken.
		if status, _ := w.post(w.first, w.letter(fmt.Sprintf(document, 1))); status != 200 || w.count("SELECT COUNT(1) FROM chat_inbox") != 1 {
			t.Errorf("%s: the platform's own letter is answered with %d", mode.name, status)
		}
		written := w.log.String()
		for _, private := range []string{openID, "秘密的话", token, secret, "passwd"} {
			if strings.Contains(written, private) {
				t.Errorf("%s: the log holds %q", mode.name, private)
			}
		}
		if !strings.Contains(written, "request refused") {
			t.Errorf("%s: refusals are not logged", mode.name)
		}
	}
}

func keyBytes() []byte {
	key, err := base64.RawStdEncoding.DecodeString(aesKey)
	if err != nil {
		panic(err)
	}
	return key
}

// seal puts another message into the envelope, signed as it should be.
func seal(l *letter, key []byte, forApp string) {
	encrypted := wechattest.Encrypt(key, forApp, fmt.Sprintf(document, 1))
	l.body = "<xml><ToUserName>gh_guahao</ToUserName><Encrypt>" + encrypted + "</Encrypt></xml>"
	l.query.Set("msg_signature", wechattest.Signature(token, l.query.Get("timestamp"), l.query.Get("nonce"), encrypted))
}

// A triple that was seen is good for the message that it came with, on any replica, and for no other.
func TestReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	second := w.replica()
	original := w.letter(fmt.Sprintf(document, 1))
	status, reply := w.post(w.first, original)
	if status != 200 {
		t.Fatalf("the original is answered with %d", status)
	}
	for _, to := range []*replica{w.first, second} {
		if again, same := w.post(to, original); again != 200 || same != reply {
			t.Errorf("the same message again: %d and another reply", again)
		}
		forged := *original
		forged.body = fmt.Sprintf(document, 2)
		if status, _ := w.post(to, &forged); status != 401 {
			t.Errorf("another message under a used triple is answered with %d, want 401", status)
		}
	}
	if n := w.steps.steps.Load(); n != 1 {
		t.Errorf("%d steps were run, want 1", n)
	}
	// The control: under a triple of its own the other message is taken.
	other := w.letter(fmt.Sprintf(document, 2))
	other.query.Set("nonce", "4712")
	other.sign()
	if status, _ := w.post(second, other); status != 200 {
		t.Errorf("another message under its own triple is answered with %d", status)
	}
}

// A triple that was seen in the check of the address must not carry a message.
func TestReplayOfTheAddressCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	check := w.letter("")
	check.method, check.body = http.MethodGet, ""
	check.query.Set("echostr", "<b>5557</b>")
	for range 2 {
		if status, echo := w.post(w.first, check); status != 200 || echo != "<b>5557</b>" {
			t.Fatalf("the check is answered with %d %q", status, echo)
		}
	}
	check.method, check.body = http.MethodPost, fmt.Sprintf(document, 1)
	if status, _ := w.post(w.first, check); status != 401 {
		t.Errorf("a message under the check's triple is answered with %d, want 401", status)
	}
}

// Nonces are forgotten when their timestamps have long been refused.
func TestNoncesArePruned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.post(w.first, w.letter(fmt.Sprintf(document, 1)))
	w.clock.move(14 * time.Minute)
	w.post(w.first, w.letter(fmt.Sprintf(document, 2)))
	if n := w.count("SELECT COUNT(1) FROM wechat_nonces"); n != 2 {
		t.Fatalf("%d nonces are remembered, want 2", n)
	}
	w.clock.move(2 * time.Minute)
	w.post(w.first, w.letter(fmt.Sprintf(document, 3)))
	if n := w.count("SELECT COUNT(1) FROM wechat_nonces"); n != 2 {
		t.Errorf("%d nonces are remembered, want 2", n)
	}
}
