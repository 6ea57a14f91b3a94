package wechat_test

import (
	"strings"
	"testing"
)

// A poster's code brings its scene whether the one who scans it follows already or not; the same scene has one code.
func TestQRCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	content, err := w.first.account.CreateQRCode(t.Context(), "k12")
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.first.account.CreateQRCode(t.Context(), "k12")
	if err != nil || again != content {
		t.Errorf("the same scene got %q and %q: %v", content, again, err)
	}
	u := w.platform.User(openID)
	for _, want := range []string{"follow k12", "command start k12"} {
		w.did(u.ScanCode(content))
		if got := u.Last().Text; !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
			t.Errorf("after a scan the step got %q, want %q", got, want)
		}
	}
	for _, scene := range []string{"", "第一", strings.Repeat("x", 65), "a b"} {
		if _, err := w.first.account.CreateQRCode(t.Context(), scene); err == nil {
			t.Errorf("the scene %q was taken", scene)
		}
	}
	w.fine()
}

func TestQRCodeNeedsACertifiedAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{uncertified: true})
	if _, err := w.first.account.CreateQRCode(t.Context(), "k12"); err == nil || !strings.Contains(err.Error(), "certified") {
		t.Errorf("without certification: %v, want what to do", err)
	}
}
