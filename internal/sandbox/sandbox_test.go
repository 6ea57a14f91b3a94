package sandbox_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"guahao/internal/mysql"
	"guahao/internal/sandbox"
	"guahao/payments"
)

// request asks the page for something and gives the status and the body.
func (d *desk) request(method, path, body string, headers ...string) (int, string) {
	d.t.Helper()
	response := d.send(method, path, body, headers...)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	d.must(err)
	return response.StatusCode, string(text)
}

func (d *desk) send(method, path, body string, headers ...string) *http.Response {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	d.must(err)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
	d.must(err)
	return response
}

func TestOnlyThePageItselfMayAct(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		want         int
	}{
		"a foreign host name (DNS rebinding)": {"GET", "/events", []string{"Host", "evil.example"}, 403},
		"a foreign host name with a port":     {"POST", "/api/clock", []string{"Host", "evil.example:8080"}, 403},
		"a foreign origin":                    {"POST", "/api/clock", []string{"Origin", "https://evil.example"}, 403},
		"a foreign site":                      {"POST", "/api/wechat/say", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"the page itself":                     {"POST", "/api/clock", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		"localhost":                           {"GET", "/", []string{"Host", "localhost:9999"}, 200},
		"IPv6 loopback":                       {"GET", "/", []string{"Host", "[::1]:9999"}, 200},
	} {
		status, _ := d.request(c.method, c.path, `{"minutes":1,"text":"x"}`, c.headers...)
		if status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		path, body string
		want       int
		code       string
	}{
		{"/api/wechat/say", `{"text":"hello"}`, 409, "not_following"},
		{"/api/wechat/say", `no json`, 400, "bad_request"},
		{"/api/wechat/say", `{"text":"` + strings.Repeat("a", 100_000) + `"}`, 400, "bad_request"},
		{"/api/wechat/tap", `{"message":"77","tap":1}`, 404, "gone"},
		{"/api/telegram/press", `{"message":"77","button":"x"}`, 404, "gone"},
		{"/api/telegram/scan", `{"message":"77"}`, 404, "gone"},
		{"/api/telegram/scan", `{"page":"/etc/passwd"}`, 400, "no_code"},
		{"/api/telegram/scan", `{"page":"/pay/unknown-token-0000"}`, 422, "no_code"},
		{"/api/telegram/pay", `{"code":"weixin://wxpay/bizpayurl?pr=unknown"}`, 409, "pay_unknown"},
		{"/api/wechat/sheet", `{"appId":"wx1"}`, 409, "pay_refused"},
		{"/api/clock", `{"minutes":-5}`, 409, "past"},
		{"/api/clock", `{"to":"2020-01-01T00:00:00Z"}`, 409, "past"},
		{"/api/clock", `{"minutes":99999999}`, 409, "too_far"},
		{"/api/clock", `{"named":"before_visit"}`, 409, "no_visit"},
	} {
		status, body := d.request("POST", c.path, c.body)
		if status != c.want || !strings.Contains(body, `"`+c.code+`"`) {
			t.Errorf("%s %.60s: %d %s, want %d %s", c.path, c.body, status, body, c.want, c.code)
		}
	}
}

func TestTheClockMovesInHopsThatRunTheJobs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	visit := time.Date(2026, 10, 10, 0, 30, 0, 0, time.UTC)
	d.know(func(p *sandbox.Progress) { p.Visit = visit })
	for _, c := range []struct {
		body string
		want time.Time
		hops int
	}{
		{`{"minutes":60}`, time.Date(2026, 10, 8, 3, 0, 0, 0, time.UTC), 4},
		{`{"named":"eve_18"}`, time.Date(2026, 10, 9, 10, 0, 0, 0, time.UTC), 64},
		{`{"named":"before_visit"}`, visit.Add(-2 * time.Hour), 50},
		{`{"named":"next_day_18"}`, time.Date(2026, 10, 11, 10, 0, 0, 0, time.UTC), 64},
		{`{"to":"2026-10-12T08:00:00+08:00"}`, time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC), 56},
	} {
		before := d.ticked()
		status, body := d.request("POST", "/api/clock", c.body)
		var got struct{ Now time.Time }
		d.must(json.Unmarshal([]byte(body), &got))
		if status != 200 || got.Now.Sub(c.want).Abs() > time.Minute {
			t.Errorf("%s: %d, the clock says %s, want %s", c.body, status, got.Now, c.want)
		}
		if hops := d.ticked() - before; hops < c.hops-1 || hops > c.hops+3 {
			t.Errorf("%s: the jobs ran %d times, want about %d", c.body, hops, c.hops)
		}
	}
}

func (d *desk) ticked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ticks
}

// stream reads server-sent events until it has seen the id of a complete state.
func (d *desk) stream(lastEventID string) (parts map[string]string, id string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 90*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/events", nil)
	d.must(err)
	request.Header.Set("Last-Event-ID", lastEventID)
	response, err := http.DefaultClient.Do(request)
	d.must(err)
	defer response.Body.Close()
	parts = map[string]string{}
	event := ""
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			event = value
		case "data":
			parts[event] = value
		case "id":
			return parts, value
		}
	}
	d.t.Fatal("the stream ended without a complete state")
	return nil, ""
}

func TestTheStreamGivesEachPageWhatItLacks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all, id := d.stream("")
	for _, part := range []string{"hello", "wechat", "telegram", "staff", "clock", "guide"} {
		if all[part] == "" {
			t.Errorf("a new page does not get %s", part)
		}
	}
	if status, _ := d.request("POST", "/api/telegram/say", `{"text":"<b>hi</b>","lang":"en"}`); status != 200 {
		t.Fatal(status)
	}
	d.must(d.platforms.Telegram.Flush(t.Context()))
	changed := map[string]string{}
	for len(changed["telegram"]) == 0 { // the clock's part may come before it
		changed, id = d.stream(id)
	}
	if _, again := changed["wechat"]; again {
		t.Error("a reconnected page gets what it has already")
	}
	if !strings.Contains(changed["telegram"], `\u003cb\u003ehi`) {
		t.Errorf("the message is not there: %s", changed["telegram"])
	}
	if everything, _ := d.stream("otherrun-9999999"); everything["wechat"] == "" {
		t.Error("a page of an earlier run gets only a part")
	}
}

func TestOneCodeUntilAFreshOneIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		body  string
		calls int
	}{{`{}`, 1}, {`{}`, 1}, {`{"fresh":true}`, 2}} {
		if status, body := d.request("POST", "/api/staff/code", c.body); status != 200 || !strings.Contains(body, "BIND-") {
			t.Errorf("%d %s", status, body)
		}
		if got := d.codes.Load(); got != int64(c.calls) {
			t.Errorf("%d codes were made, want %d", got, c.calls)
		}
	}
}

// charge makes a charge that nobody in WeChat made.
func (d *desk) charge() payments.Charge {
	d.t.Helper()
	var c payments.Charge
	d.must(mysql.InTx(d.t.Context(), d.db, func(tx *sqlx.Tx) (err error) {
		c, err = d.payments.CreateTx(d.t.Context(), tx, payments.NewCharge{Ref: "other:1", Amount: 100, Subject: "挂号费", ExpiresAt: d.clock.Now().Add(time.Hour)})
		return err
	}))
	return c
}

func TestTheBrowserInThePhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.charge().Token
	// Elsewhere: the page as it is, but framed.
	r := d.send("GET", "/telegram-browser/pay/"+token, "")
	body, err := io.ReadAll(r.Body)
	d.must(err)
	_ = r.Body.Close()
	policy := r.Header.Values("Content-Security-Policy")
	if r.StatusCode != 200 || !bytes.Contains(body, []byte("qr.png")) || bytes.Contains(body, []byte("bridge.js")) {
		t.Errorf("Telegram's browser: %d %s", r.StatusCode, body)
	}
	if len(policy) != 1 || !strings.Contains(policy[0], "frame-ancestors 'self'") || !strings.Contains(policy[0], "script-src 'self'") || r.Header.Get("X-Frame-Options") != "" {
		t.Errorf("the page cannot be framed as it should: %q %q", policy, r.Header.Get("X-Frame-Options"))
	}
	// In WeChat: through OAuth without leaving the frame, then with the bridge.
	path, cookies := "/wechat-browser/pay/"+token, ""
	for range 4 {
		r = d.send("GET", path, "", "Cookie", cookies)
		body, err = io.ReadAll(r.Body)
		d.must(err)
		_ = r.Body.Close()
		for _, c := range r.Cookies() {
			if c.Path != "/wechat-browser/pay/" {
				t.Errorf("the cookie %s is for %s", c.Name, c.Path)
			}
			cookies += c.Name + "=" + c.Value + "; "
		}
		if path = r.Header.Get("Location"); path == "" {
			break
		}
		if !strings.HasPrefix(path, "/wechat-browser/pay/") {
			t.Fatalf("it leads out of the frame to %s", path)
		}
	}
	if !bytes.Contains(body, []byte(`<head><script src="/assets/bridge.js">`)) || !bytes.Contains(body, []byte(`id="pay-button"`)) {
		t.Errorf("WeChat's browser: %d %s", r.StatusCode, body)
	}
	// Nothing else of the program is reachable through the demo.
	if status, _ := d.request("GET", "/wechat-browser/metrics", ""); status != 404 {
		t.Errorf("another page of the program: %d", status)
	}
	if status, _ := d.request("GET", "/wechat-browser/pay/../metrics", ""); status == 200 {
		t.Error("dots lead out of /pay/")
	}
}

func TestPageTellsTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, words := d.request("GET", "/assets/words.js", "")
	if n := strings.Count(words, sandbox.ConsoleLogin+"，") + strings.Count(words, "login name "+sandbox.ConsoleLogin); n != 2 || strings.Count(words, sandbox.ConsolePassword) != 2 {
		t.Errorf("the page does not tell both languages how to sign in to the console")
	}
	if r := d.send("GET", "/console", ""); r.StatusCode != 303 || !strings.HasSuffix(r.Header.Get("Location"), "/console/") {
		t.Errorf("/console answers %d, to %q", r.StatusCode, r.Header.Get("Location"))
	}
}
