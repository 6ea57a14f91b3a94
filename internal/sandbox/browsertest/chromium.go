package browsertest

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience is how long a condition of the page is waited for.
const Patience = 90 * time.Second

// pollEvery is how often it is looked at.
const pollEvery = 50 * time.Millisecond

// programs are the names under which distributions install Chromium.
func programs() []string {
	return []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/snap/bin/chromium"}
}

func program(t testing.TB) string {
	t.Helper()
	for _, name := range programs() {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the browser tests need Chromium: install it with `apt-get install chromium` (Debian), `dnf install chromium` (Fedora) or `brew install --cask chromium` (macOS)")
	return ""
}

// starts is how often a Chromium that fails to start is tried again: on a busy machine its first processes are now and then not made.
const starts = 3

// start starts a Chromium of the test's own, which ends with the test.
func start(t testing.TB) context.Context {
	t.Helper()
	for n := 1; ; n++ {
		ctx, end := startOne(t)
		err := chromedp.Do(ctx)
		if err == nil {
			t.Cleanup(end)
			return ctx
		}
		end()
		if n == starts {
			t.Fatalf("Chromium does not start: %v", err)
		}
		t.Logf("Chromium does not start, try again: %v", err)
	}
}

func startOne(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	options := append([]chromedp.ExecAllocatorOption{},
		chromedp.ExecPath(program(t)), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	return ctx, func() {
		cancel()
		stop()
	}
}
