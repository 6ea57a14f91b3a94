package wechattest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guahao/bots/wechat/wechattest"
)

const (
	appID, secret, token = "wxTEST", "SECRET", "TOKEN"
	openID               = "oPerson-A"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// stage is a platform before a program that answers as a test tells it to.
type stage struct {
	t        *testing.T
	platform *wechattest.Server
	clock    *clock

	mu     sync.Mutex
	answer func(body string) (int, string)
	got    []string
}

// answers makes the program answer so.
func (s *stage) answers(answer func(body string) (int, string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// seen is what the program was sent.
func (s *stage) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

func (s *stage) lastSeen() string {
	seen := s.seen()
	return seen[len(seen)-1]
}

func newStage(t *testing.T, o wechattest.Options) *stage {
	t.Helper()
	s := &stage{t: t, clock: &clock{at: time.Unix(1763863200, 0)}}
	s.answers(func(string) (int, string) { return 200, "success" })
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, string(body))
		decide := s.answer
		s.mu.Unlock()
		status, answer := decide(string(body))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(program.Close)
	o.AppID, o.Secret, o.Token, o.Now, o.WebhookURL = appID, secret, token, s.clock.now, program.URL
	s.platform = wechattest.New(o)
	s.platform.Start()
	t.Cleanup(s.platform.Close)
	return s
}

func (s *stage) did(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	if err := s.platform.Flush(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// call makes a call and returns its errcode and the answer.
func (s *stage) call(method, path string, body any) (int, map[string]any) {
	s.t.Helper()
	var sent bytes.Buffer
	switch b := body.(type) {
	case nil:
	case string:
		sent.WriteString(b)
	default:
		if err := json.NewEncoder(&sent).Encode(b); err != nil {
			s.t.Fatal(err)
		}
	}
	recorder := httptest.NewRecorder()
	s.platform.ServeHTTP(recorder, httptest.NewRequest(method, path, &sent))
	var answer map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		s.t.Fatalf("%s answered %q", path, recorder.Body)
	}
	code, _ := answer["errcode"].(float64)
	return int(code), answer
}

func (s *stage) stable(force bool) (int, string) {
	code, answer := s.call("POST", "/cgi-bin/stable_token", map[string]any{
		"grant_type": "client_credential", "appid": appID, "secret": secret, "force_refresh": force,
	})
	got, _ := answer["access_token"].(string)
	return code, got
}

// with makes a call with a valid token.
func (s *stage) with(method, path string, body any) int {
	s.t.Helper()
	_, valid := s.stable(false)
	code, _ := s.call(method, path+"?access_token="+valid, body)
	return code
}

func reply(to, from, content string) string {
	return fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>1763863200</CreateTime>"+
		"<MsgType>text</MsgType><Content><![CDATA[%s]]></Content></xml>", to, from, content)
}

// Every bad reply is a violation, and the user is told that the service is out of order. The good one is the control.
func TestReplies(t *testing.T) {
	t.Parallel()
	good := reply(openID, "gh_guahao", `好 <a href="weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=101">是</a>`)
	for name, c := range map[string]struct {
		answer      string
		uncertified bool
		want        string
	}{
		"good":              {answer: good},
		"nothing":           {answer: ""},
		"success":           {answer: "success"},
		"not XML":           {answer: "ok", want: "not XML"},
		"not swapped":       {answer: reply("gh_guahao", openID, "好"), want: "ToUserName"},
		"somebody else":     {answer: reply("oB", "gh_guahao", "好"), want: "ToUserName"},
		"other account":     {answer: reply(openID, "gh_other", "好"), want: "FromUserName"},
		"empty":             {answer: reply(openID, "gh_guahao", " "), want: "empty"},
		"too long":          {answer: reply(openID, "gh_guahao", strings.Repeat("长", 683)), want: "2049 bytes"},
		"just not too long": {answer: reply(openID, "gh_guahao", strings.Repeat("长", 682)+"x")},
		"no time":           {answer: strings.Replace(good, "1763863200", "", 1), want: "CreateTime"},
		"old":               {answer: strings.Replace(good, "1763863200", "1763800000", 1), want: "CreateTime"},
		"broken UTF-8":      {answer: reply(openID, "gh_guahao", "a\xff"), want: "UTF-8"},
		"menu without id":   {answer: strings.Replace(good, "msgmenuid=101", "msgmenuid=x", 1), want: "not a number"},
		"link not closed":   {answer: strings.Replace(good, "</a>", "", 1), want: "not closed"},
		"link to a file":    {answer: reply(openID, "gh_guahao", `<a href="file:///x">x</a>`), want: "leads to"},
		"menu, uncertified": {answer: good, uncertified: true, want: "certified"},
		"another type":      {answer: strings.Replace(good, ">text<", ">hologram<", 1), want: "hologram"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, wechattest.Options{Uncertified: c.uncertified})
			s.answers(func(string) (int, string) { return 200, c.answer })
			u := s.platform.User(openID)
			s.did(u.Subscribe())
			checkViolation(t, s.platform, c.want)
		})
	}
}

func checkViolation(t *testing.T, platform *wechattest.Server, want string) {
	t.Helper()
	violations := platform.Violations()
	switch {
	case want == "" && len(violations) > 0:
		t.Errorf("violations: %q, want none", violations)
	case want != "" && (len(violations) == 0 || !strings.Contains(violations[0], want)):
		t.Errorf("violations: %q, want one about %q", violations, want)
	}
}

func TestSafeModeReplies(t *testing.T) {
	t.Parallel()
	aesKey := wechattest.NewAESKey()
	key, err := base64.RawStdEncoding.DecodeString(aesKey)
	if err != nil {
		t.Fatal(err)
	}
	seal := func(key []byte, app, signedWith string) string {
		encrypted := wechattest.Encrypt(key, app, reply(openID, "gh_guahao", "好"))
		return fmt.Sprintf("<xml><Encrypt>%s</Encrypt><MsgSignature>%s</MsgSignature><TimeStamp>1763863200</TimeStamp><Nonce>n</Nonce></xml>",
			encrypted, wechattest.Signature(signedWith, "1763863200", "n", encrypted))
	}
	for name, c := range map[string]struct{ answer, want string }{
		"good":          {seal(key, appID, token), ""},
		"success":       {"success", ""},
		"plaintext":     {reply(openID, "gh_guahao", "好"), "plaintext"},
		"bad signature": {seal(key, appID, "other"), "MsgSignature"},
		"other app":     {seal(key, "wxOTHER", token), "wxOTHER"},
		"other key":     {seal(make([]byte, 32), appID, token), "decrypted"},
		"no nonce":      {strings.Replace(seal(key, appID, token), "<Nonce>n</Nonce>", "", 1), "Nonce"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, wechattest.Options{AESKey: aesKey})
			s.answers(func(string) (int, string) { return 200, c.answer })
			s.did(s.platform.User(openID).Subscribe())
			checkViolation(t, s.platform, c.want)
			if strings.Contains(s.seen()[0], openID) {
				t.Error("safe mode delivered in plaintext")
			}
		})
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := newStage(t, wechattest.Options{Timeout: 100 * time.Millisecond})
	u := s.platform.User(openID)
	if err := u.Say("你好"); err != wechattest.ErrNotFollowing {
		t.Errorf("a stranger wrote: %v", err)
	}
	s.did(u.Subscribe())
	s.answers(func(string) (int, string) { return 500, "" })
	s.did(u.Say("你好"))
	messages := u.Messages()
	if last := messages[len(messages)-1]; last.From != "system" || len(s.seen()) != 4 {
		t.Errorf("after %d deliveries the newest line is from %s", len(s.seen()), last.From)
	}
	ids := map[int64]bool{}
	for _, a := range s.platform.Attempts()[1:] {
		ids[a.MsgID] = true
	}
	if len(ids) != 1 {
		t.Errorf("the three tries had %d MsgIds", len(ids))
	}
	wait := make(chan struct{})
	var once sync.Once
	s.answers(func(string) (int, string) {
		first := false
		once.Do(func() { first = true })
		if first {
			<-wait
		}
		return 200, reply(openID, "gh_guahao", "迟到")
	})
	s.did(u.Say("慢"))
	close(wait)
	if got := u.Last().Text; got != "迟到" {
		t.Errorf("the reply to the second try is %q", got)
	}
	checkViolation(t, s.platform, "")
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newStage(t, wechattest.Options{})
	check := func(token string) int {
		code, _ := s.call("GET", "/cgi-bin/menu/delete?access_token="+token, nil)
		return code
	}
	_, first := s.stable(false)
	if _, again := s.stable(false); again != first || check(first) != 0 {
		t.Error("a stable token is not stable")
	}
	s.clock.move(116 * time.Minute)
	_, second := s.stable(false)
	if second == first || check(first) != 0 || check(second) != 0 {
		t.Error("within its last five minutes there is no next token, or not both are valid")
	}
	s.clock.move(5 * time.Minute)
	if code := check(first); code != 42001 {
		t.Errorf("an expired token gets %d", code)
	}
	if code, forced := s.stable(true); code != 0 || check(second) != 40001 || check(forced) != 0 {
		t.Error("a forced refresh does not replace the token")
	}
	if code, _ := s.stable(true); code != 45011 {
		t.Errorf("a second forced refresh at once gets %d", code)
	}
	for range 19 {
		s.clock.move(time.Minute)
		s.stable(true)
	}
	s.clock.move(time.Minute)
	if code, _ := s.stable(true); code != 45009 {
		t.Errorf("the 21st forced refresh of a day gets %d", code)
	}
	for _, c := range []struct {
		query map[string]any
		want  int
	}{
		{map[string]any{"grant_type": "x", "appid": appID, "secret": secret}, 40002},
		{map[string]any{"grant_type": "client_credential", "appid": "x", "secret": secret}, 40013},
		{map[string]any{"grant_type": "client_credential", "appid": appID, "secret": "x"}, 40125},
	} {
		if code, _ := s.call("POST", "/cgi-bin/stable_token", c.query); code != c.want {
			t.Errorf("%v gets %d, want %d", c.query, code, c.want)
		}
	}
	if check("") != 41001 || check("made-up") != 40001 {
		t.Error("a call without a token or with a made-up one is let in")
	}
	plain := "/cgi-bin/token?grant_type=client_credential&appid=" + appID + "&secret=" + secret
	_, one := s.call("GET", plain, nil)
	s.call("GET", plain, nil)
	s.clock.move(6 * time.Minute)
	if code := check(one["access_token"].(string)); code != 42001 {
		t.Errorf("the token before the last of the old endpoint gets %d after six minutes", code)
	}
}
