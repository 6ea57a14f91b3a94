package wechat_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"guahao/bots"
	"guahao/bots/wechat"
	"guahao/bots/wechat/wechattest"
)

var reminder = bots.Notice{
	Kind: "reminder", Text: "明天上午 8:30 王医生",
	Fields:  []bots.Field{{Name: "doctor", Value: "王医生"}, {Name: "time", Value: "2025年11月24日 08:30"}},
	Options: []bots.Option{{Label: "我的预约", Command: "my"}},
	URL:     "https://example.com/visit",
}

func withTemplate(s setup) setup {
	s.granted = []wechattest.Template{{ID: "TPL1", Title: "就诊提醒", Content: "医生：{{thing1.DATA}}\n时间：{{time2.DATA}}"}}
	s.templates = map[string]wechat.Template{"reminder": {ID: "TPL1", Fields: map[string]string{"doctor": "thing1", "time": "time2"}}}
	return s
}

const custom, templates = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"

// A window that has closed is forgotten, with who wrote when; one that is open allows what it did.
func TestClosedWindowsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	u := w.follower(openID)
	w.did(u.Say("你好"))
	for _, step := range []struct {
		pass time.Duration
		left int
	}{{47 * time.Hour, 2}, {59 * time.Minute, 2}, {2 * time.Minute, 0}} {
		w.clock.move(step.pass)
		if err := w.first.account.ForgetWindows(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := w.count("SELECT COUNT(open_id) FROM wechat_windows"); left != step.left {
			t.Errorf("%d windows are left, want %d", left, step.left)
		}
	}
}

func TestWindowsAndQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	u := w.follower(openID)
	to := w.accountOf(u)
	send := func() error { return w.first.account.Send(t.Context(), to, reminder) }
	allowed := func(when string, n int) {
		t.Helper()
		for i := range n {
			if err := send(); err != nil {
				t.Fatalf("%s: message %d of %d: %v", when, i+1, n, err)
			}
		}
		if err := send(); !errors.Is(err, bots.ErrUnreachable) {
			t.Fatalf("%s: message %d: %v, want ErrUnreachable", when, n+1, err)
		}
	}
	allowed("after following", 3)
	w.did(u.Say("你好"))
	allowed("after a message", 5)
	w.did(u.ClickMenu("c:my"))
	allowed("after a click", 3)
	w.did(u.Say("你好"))
	w.did(u.ClickMenu("c:my"))
	allowed("after a message and a click", 8)
	w.did(u.SendMenu("1", "101"))
	w.clock.move(61 * time.Second)
	allowed("a minute after a tap", 0)
	w.did(u.Say("你好"))
	w.clock.move(48*time.Hour - time.Second)
	if err := send(); err != nil {
		t.Fatalf("just inside of the 48 hours: %v", err)
	}
	w.clock.move(2 * time.Second)
	allowed("after 48 hours", 0)
	w.fine()
}

func TestTemplateOutsideOfTheWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplate(setup{}))
	u := w.follower(openID)
	to := w.accountOf(u)
	if err := w.first.account.Send(t.Context(), to, reminder); err != nil || u.Last().Kind != "text" {
		t.Fatalf("inside of the window: %v, a %s", err, u.Last().Kind)
	}
	if len(u.Last().Links) != 1 {
		t.Errorf("the notice's command is no link in %q", u.Last().Raw)
	}
	w.clock.move(time.Hour)
	w.did(w.first.account.Send(t.Context(), to, reminder))
	if got := u.Last(); got.Kind != "template" || len(got.Links) != 1 || got.Links[0].URL != reminder.URL {
		t.Fatalf("outside of the window came %+v", got)
	}
	other := reminder
	other.Kind = "broadcast"
	if err := w.first.account.Send(t.Context(), to, other); !errors.Is(err, bots.ErrUnreachable) {
		t.Errorf("a kind without a template: %v, want ErrUnreachable", err)
	}
	long := reminder
	long.Fields = []bots.Field{{Name: "doctor", Value: strings.Repeat("很长的名字\n", 9)}, {Name: "time", Value: "08:30"}}
	w.did(w.first.account.Send(t.Context(), to, long))
	if got := u.Last().Fields[0].Value; len([]rune(got)) != 20 {
		t.Errorf("the long value came as %q", got)
	}
	missing := reminder
	missing.Fields = missing.Fields[1:]
	w.did(w.first.account.Send(t.Context(), to, missing))
	if got := u.Last().Fields[0].Value; got != "无" {
		t.Errorf("the missing value came as %q", got)
	}
	w.fine()
}

// The same notice, sent again because its answer was lost, comes once.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplate(setup{}))
	u := w.follower(openID)
	to := w.accountOf(u)
	w.platform.Faults.LoseAPI(custom, 1)
	if err := w.first.account.Send(t.Context(), to, reminder); err == nil {
		t.Fatal("a lost answer was taken for success")
	}
	if used := w.count("SELECT used FROM wechat_windows"); used != 1 {
		t.Errorf("%d messages are counted, want 1: it may have been sent", used)
	}
	w.clock.move(time.Hour)
	before := len(u.Messages())
	w.platform.Faults.LoseAPI(templates, 1)
	if err := w.first.account.Send(t.Context(), to, reminder); err == nil {
		t.Fatal("a lost answer was taken for success")
	}
	w.did(w.first.account.Send(t.Context(), to, reminder))
	if came := len(u.Messages()) - before; came != 1 {
		t.Errorf("the template message came %d times, want once", came)
	}
	w.fine()
}

func TestPlatformCorrectsTheCount(t *testing.T) {
	t.Parallel()
	for _, code := range []int{45015, 45047} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			u := w.follower(openID)
			w.did(u.Say("你好"))
			w.platform.Faults.FailAPI(custom, code, 2) // both windows
			to := w.accountOf(u)
			if err := w.first.account.Send(t.Context(), to, reminder); !errors.Is(err, bots.ErrUnreachable) {
				t.Errorf("with both windows closed by the platform: %v, want ErrUnreachable", err)
			}
			if err := w.first.account.Send(t.Context(), to, reminder); !errors.Is(err, bots.ErrUnreachable) {
				t.Errorf("the correction was forgotten: %v, want ErrUnreachable", err)
			}
			w.did(u.Say("你好"))
			if err := w.first.account.Send(t.Context(), to, reminder); err != nil {
				t.Errorf("after a new message: %v", err)
			}
			w.fine()
		})
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	u := w.follower(openID)
	w.did(u.Say("你好"))
	to := w.accountOf(u)
	send := func() error { return w.first.account.Send(t.Context(), to, reminder) }
	for _, code := range []int{43004, 43101, 40003} {
		w.platform.Faults.FailAPI(custom, code, 1)
		if err := send(); !errors.Is(err, bots.ErrBlocked) {
			t.Errorf("%d: %v, want ErrBlocked", code, err)
		}
	}
	for code, all := range map[int]bool{45009: true, 45011: true, -1: false} {
		w.platform.Faults.FailAPI(custom, code, 1)
		var wait *bots.RetryError
		if err := send(); !errors.As(err, &wait) || wait.All != all || wait.After <= 0 {
			t.Errorf("%d: %v, want a RetryError for all: %v", code, err, all)
		}
	}
	w.platform.Faults.FailAPI(custom, 47001, 1)
	var refused *wechat.APIError
	if err := send(); !errors.As(err, &refused) || refused.Code != 47001 {
		t.Errorf("47001: %v, want an APIError", err)
	}
	w.platform.Faults.FailHTTP(custom, http.StatusBadGateway, 1)
	if err := send(); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("502: %v, want an error that tells the status", err)
	}
	// Only the last one may have been sent: seven of the eight messages are left.
	for i := range 7 {
		if err := send(); err != nil {
			t.Fatalf("message %d: %v", i+1, err)
		}
	}
	if err := send(); !errors.Is(err, bots.ErrUnreachable) {
		t.Errorf("beyond the quota: %v, want ErrUnreachable", err)
	}
	w.did(u.Unsubscribe())
	w.did(u.Subscribe())
	w.platform.User("oStranger")
	if err := w.first.account.Send(t.Context(), bots.Account{Platform: bots.WeChat, ExternalID: "oStranger"}, reminder); !errors.Is(err, bots.ErrUnreachable) {
		t.Errorf("to a stranger: %v, want ErrUnreachable", err)
	}
	w.fine()
}
