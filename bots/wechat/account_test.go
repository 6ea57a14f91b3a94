package wechat_test

import (
	"errors"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/bots/wechat"
	"guahao/bots/wechat/wechattest"
)

func TestMenu(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	err := w.first.account.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "guahao wechat menu") {
		t.Errorf("without a menu: %v, want what to do", err)
	}
	if err := w.first.account.CreateMenu(t.Context()); err != nil {
		t.Fatal(err)
	}
	click := func(name, key string) wechattest.Button {
		return wechattest.Button{Type: "click", Name: name, Key: key}
	}
	want := []wechattest.Button{
		click("预约挂号", "c:book"), click("我的预约", "c:my"),
		{Name: "更多", Sub: []wechattest.Button{click("帮助", "c:help"), click("English", "c:lang en"), click("中文", "c:lang zh"), click("人工", "c:human")}},
	}
	if diff := cmp.Diff(want, w.platform.Menu()); diff != "" {
		t.Errorf("the menu (-want +got):\n%s", diff)
	}
	if err := w.first.account.Check(t.Context()); err != nil {
		t.Errorf("with the menu: %v", err)
	}
	w.fine()
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withTemplate(setup{}))
	for name, c := range map[string]struct {
		change func(*wechat.Config)
		want   string
	}{
		"AppID":    {func(c *wechat.Config) { c.AppID = "wxWRONG" }, "the AppID is wrong"},
		"secret":   {func(c *wechat.Config) { c.Secret = "wrong" }, "the app secret is wrong"},
		"template": {func(c *wechat.Config) { c.Templates = map[string]wechat.Template{"booked": {ID: "TPL9"}} }, "no template TPL9"},
		"keyword": {func(c *wechat.Config) {
			c.Templates = map[string]wechat.Template{"booked": {ID: "TPL1", Fields: map[string]string{"doctor": "thing9"}}}
		}, "{{thing9.DATA}}"},
	} {
		cfg := w.config()
		c.change(&cfg)
		account, err := wechat.New(cfg, w.first.store)
		if err != nil {
			t.Fatal(err)
		}
		if err := account.Check(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for want, change := range map[string]func(*wechat.Config){
		"AppID":    func(c *wechat.Config) { c.AppID = "" },
		"secret":   func(c *wechat.Config) { c.Secret = "" },
		"token":    func(c *wechat.Config) { c.Token = "" },
		"AES key":  func(c *wechat.Config) { c.AESKey = "short" },
		"base URL": func(c *wechat.Config) { c.API = "api.weixin.qq.com" },
		"database": func(c *wechat.Config) { c.DB = nil },
	} {
		cfg := w.config()
		change(&cfg)
		if _, err := wechat.New(cfg, w.first.store); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error about the %s", err, want)
		}
	}
}

// A page opened in WeChat learns who opened it.
func TestOAuth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	visit := func(openID string) *url.URL {
		t.Helper()
		request, err := http.NewRequest(http.MethodGet, w.first.account.OAuthURL("https://clinic.example/pay/abc?x=1", "s t&te"), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.AddCookie(&http.Cookie{Name: wechattest.Cookie, Value: openID})
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		back, err := response.Location()
		if err != nil {
			t.Fatalf("status %d: %v", response.StatusCode, err)
		}
		return back
	}
	back := visit(openID)
	if back.Host != "clinic.example" || back.Query().Get("state") != "s t&te" || back.Query().Get("x") != "1" {
		t.Errorf("the visitor was sent to %s", back)
	}
	code := back.Query().Get("code")
	if got, err := w.first.account.OpenID(t.Context(), code); err != nil || got != openID {
		t.Errorf("the code is worth %q, %v; want %q", got, err, openID)
	}
	late := visit(openID).Query().Get("code")
	w.clock.move(6 * time.Minute)
	for name, code := range map[string]string{"used": code, "late": late, "made up": "x", "empty": "", "long": strings.Repeat("x", 600)} {
		if _, err := w.first.account.OpenID(t.Context(), code); !errors.Is(err, wechat.ErrBadCode) {
			t.Errorf("a code that is %s: %v, want ErrBadCode", name, err)
		}
	}
	w.fine()
}

func TestOAuthURLOfThePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	cfg := w.config()
	cfg.API = ""
	account, err := wechat.New(cfg, w.first.store)
	if err != nil {
		t.Fatal(err)
	}
	want := "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + appID +
		"&redirect_uri=https%3A%2F%2Fa.example%2Fpay&response_type=code&scope=snsapi_base&state=1#wechat_redirect"
	if got := account.OAuthURL("https://a.example/pay", "1"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The SDK's root package logs messages in full to standard output through logrus; it must not be in the program. Nothing
// else of the SDK's logging can be there without logrus.
func TestNothingLogsByItself(t *testing.T) {
	t.Parallel()
	list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "guahao/bots/wechat").Output()
	if err != nil {
		t.Fatalf("list what the package links: %v", err)
	}
	linked := strings.Fields(string(list))
	if !slices.Contains(linked, "github.com/silenceper/wechat/v2/officialaccount/message") {
		t.Fatal("the list does not name what is linked")
	}
	for _, loud := range []string{"github.com/sirupsen/logrus", "github.com/silenceper/wechat/v2"} {
		if slices.Contains(linked, loud) {
			t.Errorf("%s is linked", loud)
		}
	}
}
