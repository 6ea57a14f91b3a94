package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots"
	"guahao/bots/wechat/wechattest"
)

var modes = []struct {
	name string
	safe bool
}{{"plaintext", false}, {"safe mode", true}}

func TestConversation(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{safe: mode.safe})
			if err := w.platform.Verify(t.Context()); err != nil {
				t.Fatalf("the platform does not take the webhook: %v", err)
			}
			w.steps.offer(bots.Option{Label: "心血管内科", Index: 1}, bots.Option{Label: "返回"}, bots.Option{Label: "我的预约", Command: "my"},
				bots.Option{Label: "停诊 12", Command: "stop 12"}, bots.Option{Label: "支付", URL: "https://pay.example/pay/x?a=1"})
			u := w.platform.User(openID)
			for _, step := range []struct {
				do   func() error
				want string
			}{
				{func() error { return u.SubscribeBy("clinic7") }, "#1 follow clinic7"},
				{func() error { return u.Say("你好") }, "#2 text 你好"},
				{func() error { _, err := u.Tap("心血管内科"); return err }, "#3 press 2/1"},
				{func() error { _, err := u.Tap("返回"); return err }, "#4 press 3/0"},
				{func() error { _, err := u.Tap("我的预约"); return err }, "#5 command my"},
				{func() error { _, err := u.Tap("停诊 12"); return err }, "#6 command stop 12"},
				{func() error { return u.ClickMenu("c:book") }, "#7 command book"},
				{func() error { return u.ClickMenu("c:lang en") }, "#8 command lang en"},
				{func() error { return u.ClickMenu("V1001_OLD") }, "#9 command menu"},
				{func() error { return u.Say("/Book 3") }, "#10 command book 3"},
				{func() error { return u.Say("/:rose") }, "#11 text /:rose"},
				{func() error { return u.SendVoice("挂 心内科") }, "#12 text 挂 心内科 (spoken)"},
				{func() error { return u.SendVoice("") }, "#13 speech"},
				{func() error { return u.SendImage() }, "#14 photo"},
				{func() error { return u.SendLocation(31.231706, 121.472644, "人民广场") }, "#15 location 31.234,121.468"},
				{func() error { return u.SendVideo() }, "#16 other"},
				{func() error { return u.SendLink("新闻", "https://example.com") }, "#17 other"},
				{func() error { return u.SendUnknown("hologram") }, "#18 other"},
				{func() error { return u.SendMenu("1", "not-a-number") }, "#19 text 1"},
				{func() error { return u.SendMenu("1", "99999999999999999999999") }, "#20 text 1"},
				{func() error { return u.Scan("doctor5") }, "#21 command start doctor5"},
			} {
				w.did(step.do())
				got, _, _ := strings.Cut(u.Last().Text, "\n")
				if got != step.want {
					t.Fatalf("the reply is %q, want %q", got, step.want)
				}
			}
			w.fine()
			if n := w.count("SELECT COUNT(1) FROM chat_inbox"); n != 21 {
				t.Errorf("%d updates were taken, want 21", n)
			}
		})
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{safe: true})
	u := w.follower(openID)
	before := len(u.Messages())
	w.did(u.ViewMenu("https://example.com"))
	w.did(u.ReportLocation(31, 121))
	w.did(u.SendEvent("user_pay_from_pay_cell", ""))
	w.did(u.Unsubscribe())
	if got := len(u.Messages()); got != before {
		t.Errorf("%d messages came for events that need no answer", got-before)
	}
	for _, a := range w.platform.Attempts()[1:] {
		if a.Status != 200 || a.Reply != "success" {
			t.Errorf("an event was answered with %d %q, want success", a.Status, a.Reply)
		}
	}
	if a := w.accountOf(u); !a.Blocked {
		t.Error("who has unfollowed is not marked as blocked")
	}
	w.did(u.Subscribe())
	if a := w.accountOf(u); a.Blocked {
		t.Error("who has come back is still marked as blocked")
	}
	w.fine()
}

func TestRetryGetsTheSameReply(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for _, reuse := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, same nonce %v", mode.name, reuse), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{safe: mode.safe})
				u := w.follower(openID)
				w.platform.Faults.ReuseNonce(reuse)
				for lost := range 3 {
					w.platform.Faults.LoseReply(lost)
					w.did(u.Say("挂号"))
					if got, want := u.Last().Text, fmt.Sprintf("#%d text 挂号", lost+2); got != want {
						t.Fatalf("after %d lost replies: %q, want %q", lost, got, want)
					}
				}
				w.platform.Faults.LoseReply(3)
				w.did(u.Say("挂号"))
				messages := u.Messages()
				if got := messages[len(messages)-1]; got.From != "system" {
					t.Errorf("after three lost replies the newest line is %q from %q, want the platform's", got.Text, got.From)
				}
				if n := w.count("SELECT rev FROM chat_sessions"); n != 5 {
					t.Errorf("the session was stepped to %d, want 5: one step for each message", n)
				}
				w.platform.Faults.Repeat(1)
				w.did(u.ClickMenu("c:book"))
				if got, want := u.Last().Text, "#6 command book"; got != want || w.count("SELECT rev FROM chat_sessions") != 6 {
					t.Errorf("a repeated event made %q, want %q once", got, want)
				}
				w.fine()
			})
		}
	}
}

// A step that takes longer than the platform waits is answered at the platform's next try, and has one effect.
func TestSlowStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{deadline: time.Second})
	u := w.follower(openID)
	release := make(chan struct{})
	w.steps.holdBy(func(context.Context, bots.Update) { <-release })
	go func() {
		waitFor(t, func() bool { return len(w.platform.Attempts()) >= 2 }) // the first try has been given up
		close(release)
	}()
	w.did(u.Say("慢"))
	if got, want := u.Last().Text, "#2 text 慢"; got != want {
		t.Errorf("the reply is %q, want %q", got, want)
	}
	attempts := w.platform.Attempts()[1:]
	if attempts[0].Status != 0 || attempts[len(attempts)-1].Status != 200 {
		t.Errorf("the platform saw %+v, want no response and then one", attempts)
	}
	if n := w.steps.steps.Load(); n != 2 {
		t.Errorf("%d steps were run, want 2: the follow and the message", n)
	}
	w.fine()
}

// A step that is slower than all three tries is answered by a customer-service message.
func TestVerySlowStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{deadline: 500 * time.Millisecond})
	u := w.follower(openID)
	release := make(chan struct{})
	w.steps.holdBy(func(context.Context, bots.Update) { <-release })
	w.did(u.Say("很慢"))
	messages := u.Messages()
	if got := messages[len(messages)-1]; got.From != "system" {
		t.Fatalf("the newest line is %q from %q, want the platform's", got.Text, got.From)
	}
	close(release)
	waitFor(t, func() bool { return u.Last().Text == "#2 text 很慢" })
	waitFor(t, func() bool { return w.count("SELECT COUNT(1) FROM chat_inbox WHERE answered_at IS NULL") == 0 })
	if n := w.steps.steps.Load(); n != 2 {
		t.Errorf("%d steps were run, want 2: the follow and the message", n)
	}
	w.fine()
}

func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(90 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Error("it did not come to pass")
			return
		}
	}
}

// What strangers type is taken as it is and comes back as it was, without making links, and within the platform's limit.
func TestStrangeInput(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{safe: mode.safe})
			u := w.follower(openID)
			for name, text := range map[string]string{
				"emoji":           "👨‍👩‍👧‍👦🏥 [微笑] /::)",
				"SQL":             `'; DROP TABLE chat_accounts; -- " OR 1=1`,
				"zero width":      "心\u200b内\u200d科\ufeff \u202e反\u202c",
				"end of CDATA":    "a]]>b]]>]]><c/>",
				"entities":        "&lt;&amp;&#x41;&bogus; <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
				"control":         "a\x00b\x08c\x1bd",
				"broken UTF-8":    "心\xff\xfe内",
				"only whitespace": " \n\t ",
				"nothing":         "",
			} {
				w.did(u.Say(text))
				if len(u.Last().Links) > 0 {
					t.Errorf("%s: a person's text made links: %v", name, u.Last().Links)
				}
			}
			w.did(u.Say(strings.Repeat("长", 5000)))
			last := u.Last()
			if len(last.Raw) > 2047 || !strings.Contains(last.Text, "已省略") {
				t.Errorf("the reply to 5,000 characters has %d bytes and ends %q", len(last.Raw), last.Text[len(last.Text)-60:])
			}
			w.did(u.Say(`我叫<a href="https://evil.example">点我</a> <A HREF='weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=101'>x</a>`))
			for _, l := range u.Last().Links {
				if l.MenuID != "" || l.Label == "点我" {
					t.Errorf("a person's text made the link %+v", l)
				}
			}
			if got, want := w.count("SELECT rev FROM chat_sessions"), 12; got != want {
				t.Errorf("%d updates were handled, want %d", got, want)
			}
			for _, m := range u.Messages() {
				if m.From == "system" {
					t.Error("the platform told the user that the service is out of order")
				}
			}
			w.fine()
		})
	}
}

func TestConcurrentPeopleOverTwoReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{safe: true})
	second := w.replica()
	w.platform.Faults.Parallel(true)
	const people, each = 8, 6
	users := make([]*wechattest.User, people)
	for i := range users {
		users[i] = w.follower(fmt.Sprintf("oPerson%d", i))
	}
	for n := range each {
		if n%2 == 1 {
			w.platform.SetWebhook(second.web.URL)
		} else {
			w.platform.SetWebhook(w.first.web.URL)
		}
		for _, u := range users {
			if err := u.Say(fmt.Sprint("第", n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.did(nil)
	for _, u := range users {
		replies := map[string]bool{}
		for _, m := range u.Messages() {
			if m.From == "bot" {
				number, _, _ := strings.Cut(m.Text, " ")
				replies[number] = true
			}
		}
		if len(replies) != each+1 {
			t.Errorf("%s got %d different replies, want %d", u.OpenID, len(replies), each+1)
		}
	}
	w.fine()
}

// A restart in the middle loses nothing: the next process goes on with the session and answers what the last one did.
func TestRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{safe: true})
	u := w.follower(openID)
	w.platform.Faults.LoseReply(1)
	next := w.replica()
	w.steps.holdBy(func(_ context.Context, up bots.Update) {
		if up.Text == "重启" {
			w.platform.SetWebhook(next.web.URL) // the retry goes to the next process
		}
	})
	w.did(u.Say("重启"))
	if got, want := u.Last().Text, "#2 text 重启"; got != want {
		t.Errorf("the reply is %q, want %q", got, want)
	}
	w.first.web.Close()
	w.did(u.Say("继续"))
	if got, want := u.Last().Text, "#3 text 继续"; got != want {
		t.Errorf("the reply is %q, want %q", got, want)
	}
	if n := w.steps.steps.Load(); n != 3 {
		t.Errorf("%d steps were run, want 3", n)
	}
	w.fine()
}

// While the database is away nothing is half done, and the person is asked to send it again when it is back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	u := w.follower(openID)
	w.clock.move(3 * time.Minute) // the window of the follow is closed
	for _, table := range []string{"wechat_nonces", "wechat_windows"} {
		w.db.MustExec(fmt.Sprintf("RENAME TABLE %s TO %[1]s_away", table))
	}
	w.did(u.Say("挂号"))
	for _, a := range w.platform.Attempts()[1:] {
		if a.Status != 500 {
			t.Errorf("an update that was not handled was answered with %d", a.Status)
		}
	}
	for _, table := range []string{"wechat_nonces", "wechat_windows"} {
		w.db.MustExec(fmt.Sprintf("RENAME TABLE %s_away TO %[1]s", table))
	}
	w.clock.move(2 * time.Minute)
	if err := w.first.inbox.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := u.Last().Text; !strings.Contains(got, "再发一次") {
		t.Errorf("the newest message is %q, want an apology", got)
	}
	w.did(u.Say("挂号"))
	if got, want := u.Last().Text, "#2 text 挂号"; got != want {
		t.Errorf("the reply is %q, want %q", got, want)
	}
	w.fine()
}

func TestRefusedTemplateMarksBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplate(setup{safe: true}))
	u := w.follower(openID)
	w.clock.move(time.Hour)
	to := w.accountOf(u)
	w.did(w.first.account.Send(t.Context(), to, reminder))
	if w.accountOf(u).Blocked {
		t.Fatal("who took a template message is marked as blocked")
	}
	u.RefuseTemplates(true)
	w.clock.move(time.Hour)
	w.did(w.first.account.Send(t.Context(), to, reminder))
	if !w.accountOf(u).Blocked {
		t.Error("who refuses template messages is not marked as blocked")
	}
	if err := w.first.account.Send(t.Context(), w.accountOf(u), reminder); !errors.Is(err, bots.ErrBlocked) {
		t.Errorf("sending to somebody who is blocked: %v, want ErrBlocked", err)
	}
	if diff := cmp.Diff([]wechattest.Field{{Name: "医生", Keyword: "thing1", Value: "王医生"}, {Name: "时间", Keyword: "time2", Value: "2025年11月24日 08:30"}},
		u.Last().Fields); diff != "" {
		t.Errorf("the template message's fields (-want +got):\n%s", diff)
	}
	w.fine()
}
