package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"guahao/internal/app"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/sandbox"
	"guahao/internal/sandbox/qrscan"
)

// cli runs the program's commands as a shell would, in one environment. Its tests set variables and redirect standard
// output, so they are not parallel.
type cli struct {
	*testing.T
}

// run runs a command and gives what it printed.
func (c cli) run(args ...string) (string, error) {
	c.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		c.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = w
	printed := make(chan string)
	go func() {
		text, _ := io.ReadAll(r)
		printed <- string(text)
	}()
	err = run(c.Context(), args)
	os.Stdout = old
	_ = w.Close()
	return <-printed, err
}

func (c cli) must(want string, args ...string) string {
	c.Helper()
	out, err := c.run(args...)
	if err != nil || !strings.Contains(out, want) {
		c.Fatalf("guahao %s: %v; it printed %q, want %q", strings.Join(args, " "), err, out, want)
	}
	return out
}

func (c cli) refused(want string, args ...string) {
	c.Helper()
	if out, err := c.run(args...); err == nil || !strings.Contains(err.Error(), want) {
		c.Errorf("guahao %s: %v, want an error with %q; it printed %q", strings.Join(args, " "), err, want, out)
	}
}

func readQR(t *testing.T, picture []byte) string {
	t.Helper()
	content, err := qrscan.Decode(picture)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// environment configures the commands for simulated platforms.
func environment(t *testing.T, cfg app.Config) {
	t.Helper()
	for name, value := range map[string]string{
		"GUAHAO_DSN": cfg.DSN, "GUAHAO_KEY_FILE": cfg.KeyFile, "GUAHAO_ADDR": cfg.Addr,
		"GUAHAO_TELEGRAM_TOKEN": cfg.Telegram.Token, "GUAHAO_TELEGRAM_SECRET": cfg.Telegram.Secret, "GUAHAO_TELEGRAM_API": cfg.Telegram.API,
		"GUAHAO_WECHAT_APPID": cfg.WeChat.AppID, "GUAHAO_WECHAT_SECRET": cfg.WeChat.Secret, "GUAHAO_WECHAT_TOKEN": cfg.WeChat.Token,
		"GUAHAO_WECHAT_API": cfg.WeChat.API, "GUAHAO_WECHAT_CERTIFIED": "true",
		"GUAHAO_WECHATPAY_MCHID": cfg.WeChatPay.MchID, "GUAHAO_WECHATPAY_SERIAL": cfg.WeChatPay.Serial,
		"GUAHAO_WECHATPAY_KEY_FILE": cfg.WeChatPay.KeyFile, "GUAHAO_WECHATPAY_APIV3_KEY": cfg.WeChatPay.APIv3Key,
		"GUAHAO_WECHATPAY_PUBLIC_KEY_ID": cfg.WeChatPay.PublicKeyID, "GUAHAO_WECHATPAY_PUBLIC_KEY_FILE": cfg.WeChatPay.PublicKeyFile,
		"GUAHAO_WECHATPAY_API": cfg.WeChatPay.API,
	} {
		t.Setenv(name, value)
	}
}

// An administrator's first day, command by command as the README tells it.
func TestTheCommands(t *testing.T) {
	dir := t.TempDir()
	platforms, err := sandbox.StartPlatforms(sandbox.PlatformOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer platforms.Close()
	cfg := app.Config{DSN: mariadbtest.EmptyDSN(t), KeyFile: filepath.Join(dir, "keys.json"), Addr: freeAddress(t)}
	cfg.Simulated(platforms)
	environment(t, cfg)
	c := cli{t}

	c.refused("keys.json", "seed")
	c.must("Made", "keys", cfg.KeyFile)
	c.refused("exist", "keys", cfg.KeyFile)
	c.refused("migrate", "serve")
	c.must("up to date", "migrate")
	c.must("(0 migrations", "migrate")
	c.must("loaded", "seed")
	made := c.must("ghs_1_", "api-token", "make", "-hospital", "1", "-write", "医院", "HIS")
	c.refused("hospital 99", "api-token", "make", "-hospital", "99", "HIS")
	c.refused("name the program", "api-token", "make", "-hospital", "1")
	if listed := c.must("医院 HIS", "api-token", "list"); strings.Contains(listed, "ghs_") || !strings.Contains(made, "kept nowhere") {
		t.Errorf("the list of tokens tells their secrets: %s", listed)
	}
	c.must("revoked", "api-token", "revoke", "1")
	c.refused("no such token", "api-token", "revoke", "1")
	c.refused("say what to do", "api-token")
	c.must("no staff", "staff", "list")
	added := c.must("BIND-", "staff", "add", "-hospital", "1", "张", "护士")
	if !regexp.MustCompile(`BIND-[A-Z0-9]{8}`).MatchString(added) {
		t.Errorf("no code in %q", added)
	}
	c.refused("hospital 99", "staff", "add", "-hospital", "99", "张护士")
	c.must("张 护士", "staff", "list")
	c.refused("the role does not exist", "staff", "add", "-role", "boss", "甲")
	c.refused("a login name has", "staff", "add", "-login", "a b", "甲")
	opened := c.must("/console/welcome/", "staff", "add", "-role", "admin", "-login", "boss", "院长办公室")
	c.must("link until", "staff", "list")
	link := c.must("/console/welcome/", "staff", "link", "boss")
	if opened == link {
		t.Error("the new link is the old one")
	}
	verified := c.must("all as they were written", "audit", "verify")
	head := verified[strings.LastIndex(strings.TrimSpace(verified), "\n")+1:]
	c.must("all as they were written", "audit", "verify", "-head", strings.TrimSpace(head))
	c.refused("no head", "audit", "verify", "-head", "x")
	c.must("removed", "staff", "remove", "1")
	c.must("created", "wechat", "menu")
	if n := len(platforms.WeChat.Menu()); n != 3 {
		t.Errorf("the menu has %d buttons", n)
	}
	poster := filepath.Join(dir, "poster.png")
	c.must("心血管内科: http://weixin.qq.com/q/", "qr", "-platform", "wechat", "-hospital", "LC01", "-department", "CARD", "-o", poster)
	c.must("澜川大学附属第一医院: https://t.me/", "qr", "-platform", "telegram", "-hospital", "LC01", "-o", poster)
	if picture, err := os.ReadFile(poster); err != nil || !strings.Contains(readQR(t, picture), "?start=h1") {
		t.Errorf("the poster cannot be scanned: %v", err)
	}
	c.refused("LC01 澜川大学附属第一医院", "qr", "-platform", "wechat", "-o", poster)
	c.refused("no department", "qr", "-platform", "wechat", "-hospital", "LC01", "-department", "NONE", "-o", poster)
	c.refused("no platform", "qr", "-platform", "fax", "-hospital", "LC01", "-o", poster)
	c.must("checks in at 澜川大学附属第一医院: https://t.me/", "qr", "-platform", "telegram", "-hospital", "LC01", "-arrivals", "-o", poster)
	c.refused("a check-in code is a hospital's", "qr", "-platform", "telegram", "-hospital", "LC01", "-doctor", "X", "-arrivals", "-o", poster)
	c.refused("not both", "qr", "-platform", "wechat", "-hospital", "LC01", "-department", "CARD", "-doctor", "X", "-o", poster)
	stop := serveInBackground(t, cfg.Addr)
	c.must("right  Telegram", "check")
	c.must("right  WeChat Pay", "check")
	stop()

	c.refused("GUAHAO_TELEGRAM_SECRET", "serve", "-telegram-secret=")
	c.refused("no command", "dance")
	if help := helpText(t, cfg); strings.Contains(help, cfg.WeChatPay.APIv3Key) || !strings.Contains(help, "wechatpay-apiv3-key") {
		t.Errorf("the help tells a secret, or not its flag:\n%s", help)
	}
	t.Setenv("GUAHAO_WECHATPAY_SERIAL", "")
	c.refused("GUAHAO_WECHATPAY_SERIAL", "serve")
	t.Setenv("GUAHAO_WECHATPAY_SERIAL", cfg.WeChatPay.Serial)
	t.Setenv("GUAHAO_WECHAT_SECRET", "wrong")
	out, err := c.run("check")
	if err == nil || !strings.Contains(out, "WRONG  WeChat:") {
		t.Errorf("a wrong WeChat secret passes the check: %v\n%s", err, out)
	}
}

// serveInBackground runs `guahao serve` until the returned function is called, which waits for its end.
func serveInBackground(t *testing.T, addr string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"serve"}) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(90 * time.Second); ; {
		if response, err := http.Get("http://" + addr + "/readyz"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
		}
		select {
		case <-deadline:
			t.Fatal("guahao serve did not get ready")
		case err := <-ended:
			t.Fatalf("guahao serve ended: %v", err)
		case <-tick.C:
		}
	}
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("guahao serve ended with: %v", err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// helpText is what -h prints with the secrets in the environment.
func helpText(t *testing.T, cfg app.Config) string {
	t.Helper()
	var text bytes.Buffer
	set := flag.NewFlagSet("serve", flag.ContinueOnError)
	set.SetOutput(&text)
	if err := cfg.Flags(set, os.Getenv); err != nil {
		t.Fatal(err)
	}
	set.PrintDefaults()
	return text.String()
}
