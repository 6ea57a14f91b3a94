package desk_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guahao/internal/app"
	"guahao/internal/staff"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("chen", staff.Grant{Role: staff.Nurse})
	b := w.browser()
	b.get("/console/").says(t, "登录名", "密码")
	b.post("/console/login", "login", "chen", "password", "wrong password").says(t, "登录名、密码或动态码不对", `value="chen"`)
	stranger := w.browser()
	if a := stranger.get("/console/appointments?status=booked"); a.path != "/console/login" {
		t.Errorf("without signing in: %s", a.path)
	}
	var sessions int
	w.must(w.db.Get(&sessions, "SELECT COUNT(token) FROM staff_sessions"))
	if sessions != 0 {
		t.Errorf("who never signed in has left %d sessions in the database", sessions)
	}
	a := b.post("/console/login?next=%2Fconsole%2Faccount", "login", "chen", "password", password)
	if a.path != "/console/account" {
		t.Errorf("after signing in: %s", a.path)
	}
	b.get("/console/account?lang=en").says(t, "My account", "测试chen", "Nurse")
	b.get("/console/today").says(t, `<html lang="en">`)
	b.post("/console/logout")
	if a := b.get("/console/today"); a.path != "/console/login" {
		t.Errorf("after signing out: %s", a.path)
	}
}

func TestForeignNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("chen", staff.Grant{Role: staff.Nurse})
	for _, next := range []string{"https://evil.example/", "//evil.example", "/console/\\evil.example", "/pay/x", "/console/../metrics"} {
		b := w.browser()
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		a := b.post("/console/login?next="+strings.NewReplacer("/", "%2F", ":", "%3A", "\\", "%5C").Replace(next), "login", "chen", "password", password)
		if to := a.header.Get("Location"); to != "/console/" {
			t.Errorf("%s leads to %q", next, to)
		}
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, secret := w.hire("boss", staff.Grant{Role: staff.Admin})
	b := w.browser()
	b.post("/console/login", "login", "boss", "password", password).says(t, "动态码")
	if a := b.get("/console/today"); a.path != "/console/login" {
		t.Errorf("with the password only: %s", a.path)
	}
	b.post("/console/login", "login", "boss", "password", password)
	b.post("/console/login/code", "code", "000000").says(t, "不对")
	w.clock.Advance(time.Minute)
	right := code(w, secret, 0)
	if a := b.post("/console/login/code", "code", right); a.path != "/console/today" {
		t.Errorf("with the code: %s", a.path)
	}
	again := w.browser()
	again.post("/console/login", "login", "boss", "password", password)
	again.post("/console/login/code", "code", right).says(t, "不对")
}

// TestAdministratorsSetUpASecondFactor: until then they get nowhere else.
func TestAdministratorsSetUpASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _, link, err := w.app.Staff.Add(w.ctx, staff.NewMember{Name: "院长", Login: "boss", Grants: []staff.Grant{{Role: staff.Admin}}})
	w.must(err)
	b := w.browser()
	b.get("/console/welcome/"+link).says(t, "院长，您好", "boss")
	b.post("/console/welcome/"+link, "password", "short", "again", "short").says(t, "密码至少 10 个字符")
	b.post("/console/welcome/"+link, "password", password, "again", password+"x").says(t, "不一样")
	if a := b.post("/console/welcome/"+link, "password", password, "again", password); a.path != "/console/account/totp" {
		t.Errorf("after setting the password: %s", a.path)
	}
	b.get("/console/welcome/"+link).says(t, "链接不对、已用过或已过期")
	if a := b.get("/console/today"); a.path != "/console/account/totp" {
		t.Errorf("an administrator without a second factor is at %s", a.path)
	}
	if a := b.get("/console/account/totp/qr.png"); a.header.Get("Content-Type") != "image/png" {
		t.Errorf("the code to scan: %d %s", a.status, a.header.Get("Content-Type"))
	}
	_, after, _ := strings.Cut(b.get("/console/account/totp").body, "<code>")
	secret, _, _ := strings.Cut(after, "</code>")
	b.post("/console/account/totp/on", "code", "123").says(t, "不对")
	if a := b.post("/console/account/totp/on", "code", code(w, strings.ReplaceAll(secret, " ", ""), 0)); a.path != "/console/today" {
		t.Errorf("after the first code: %s", a.path)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m, _ := w.hire("chen", staff.Grant{Role: staff.Nurse})
	here, there := w.browser(), w.browser()
	here.signIn("chen", "")
	there.signIn("chen", "")
	here.post("/console/account/password", "present", password, "password", "another password", "again", "another password").says(t, "密码已修改")
	if a := there.get("/console/today"); a.path != "/console/login" {
		t.Errorf("another session goes on with the old password: %s", a.path)
	}
	if a := here.get("/console/today"); a.path != "/console/today" {
		t.Errorf("the own session has ended: %s", a.path)
	}
	w.must(w.app.Staff.SetGrants(w.ctx, m.ID, []staff.Grant{{Role: staff.Auditor}}, everywhere))
	if a := here.get("/console/today"); a.path != "/console/login" {
		t.Errorf("a session goes on with the old roles: %s", a.path)
	}
}

// TestReplicasShareSessions: one signs in, the other knows.
func TestReplicasShareSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("chen", staff.Grant{Role: staff.Nurse})
	b := w.browser()
	b.signIn("chen", "")
	other := w.start()
	first := w.app
	w.app = other
	if a := b.get("/console/today"); a.path != "/console/today" {
		t.Errorf("the other replica sends to %s", a.path)
	}
	b.post("/console/logout")
	w.app = first
	if a := b.get("/console/today"); a.path != "/console/login" {
		t.Errorf("signed out at one, and still in at the other: %s", a.path)
	}
}

func TestForeignSitesCannotAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("chen", staff.Grant{Role: staff.Nurse})
	b := w.browser()
	b.signIn("chen", "")
	for _, c := range []struct {
		name, value string
		want        int
	}{{"Sec-Fetch-Site", "cross-site", http.StatusForbidden}, {"Origin", "https://evil.example", http.StatusForbidden}, {"Sec-Fetch-Site", "same-origin", http.StatusOK}} {
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url+"/console/logout", nil)
		w.must(err)
		r.Header.Set(c.name, c.value)
		if a := b.do(r, nil); a.status != c.want {
			t.Errorf("%s: %s answers %d", c.name, c.value, a.status)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("chen", staff.Grant{Role: staff.Auditor})
	b := w.browser()
	b.signIn("chen", "")
	for _, path := range []string{"/console/login", "/console/today", "/console/nothing", "/console/assets/desk.js"} {
		a := b.get(path)
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"} {
			if !strings.Contains(a.header.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, a.header.Get(name))
			}
		}
		if strings.Contains(a.header.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: %s", path, a.header.Get("Content-Security-Policy"))
		}
		for _, inline := range []string{"<script>", "onclick=", "style=", "<style", "javascript:", "ZgotmplZ", "//cdn", "http://", "https://"} {
			if strings.Contains(a.header.Get("Content-Type"), "html") && strings.Contains(a.body, inline) {
				t.Errorf("%s has %s in it", path, inline)
			}
		}
	}
	for _, c := range b.client.Jar.Cookies(httptest.NewRequest(http.MethodGet, w.url+"/console/", nil).URL) {
		if c.Name == "guahao_staff" && len(c.Value) < 40 {
			t.Errorf("the session's token is %q", c.Value)
		}
	}
}

// TestAddressBehindAProxy: the header is believed from proxies of ours only, and from the right.
func TestAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m, _ := w.hire("chen", staff.Grant{Role: staff.Nurse})
	for _, c := range []struct{ proxies, header, want string }{
		{"", "", "127.0.0.1"},
		{"", "203.0.113.7", "203.0.113.7"},
		{"", "6.6.6.6, 203.0.113.7", "203.0.113.7"},
		{"", "203.0.113.7, 127.0.0.1", "203.0.113.7"},
		{"", "nonsense", "127.0.0.1"},
		{"10.0.0.0/8", "203.0.113.7", "127.0.0.1"},
		{"127.0.0.1, 10.0.0.0/8", "6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"},
	} {
		w.cfg.Proxies = c.proxies
		w.app = w.start()
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.url+"/console/login", strings.NewReader("login=chen&password="+strings.ReplaceAll(password, " ", "+")))
		w.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", c.header)
		w.browser().do(r, nil)
		if row := w.written(fmt.Sprintf("staff:%d", m.ID)); row.Action != "staff.sign_in" || row.Actor.Address != c.want {
			t.Errorf("proxies %q, header %q: %s from %s, want %s", c.proxies, c.header, row.Action, row.Actor.Address, c.want)
		}
	}
	w.cfg.Proxies = "not an address"
	if _, err := app.New(w.ctx, w.cfg); err == nil {
		t.Error("nonsense is taken for a proxy")
	}
}

func TestTooManyTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire("chen", staff.Grant{Role: staff.Nurse})
	b := w.browser()
	for range 5 {
		b.post("/console/login", "login", "chen", "password", "wrong").says(t, "不对")
	}
	b.post("/console/login", "login", "chen", "password", password).says(t, "请一刻钟后再试")
	w.clock.Advance(16 * time.Minute)
	b.signIn("chen", "")
}
