package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Page is one open page.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu    sync.Mutex
	wrong []string // what the page complained about
}

// Open starts a Chromium and opens an address in a window of that size, in CSS pixels.
func Open(t testing.TB, url string, width, height int) *Page {
	t.Helper()
	p := &Page{t: t, ctx: start(t)}
	console := chromedp.Console(p.ctx)
	var reader sync.WaitGroup
	reader.Go(func() {
		for m, err := range console {
			if err != nil {
				return
			}
			p.hear(m)
		}
	})
	t.Cleanup(func() {
		_ = chromedp.Cancel(p.ctx) // closes the browser and waits, so that its folder can be removed
		reader.Wait()
		for _, w := range p.Complaints() {
			t.Errorf("the page complained: %s", w)
		}
	})
	p.run("open "+url, chromedp.EmulateViewport(int64(width), int64(height)), chromedp.Navigate(url))
	return p
}

func (p *Page) hear(m chromedp.ConsoleMessage) {
	if m.Type != chromedp.ConsoleException && m.Type != chromedp.ConsoleError {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong = append(p.wrong, m.Text+" "+m.URL)
}

// Complaints lists the errors on the page's console so far, and forgets them: a test that provokes some takes them itself.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.wrong
	p.wrong = nil
	return list
}

// Press clicks the newest visible control with that text within the element that scope selects. A text that is the whole
// label is preferred to one that is a part of it.
func (p *Page) Press(scope, text string) {
	p.t.Helper()
	p.hit("press "+text, `[data-browsertest="press"]`, fmt.Sprintf("a control %q in %s", text, scope), fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll(%[1]s + ' :is(button, a, summary, [role=button])')].filter((b) => b.checkVisibility() && !b.disabled && !b.closest('[inert]'));
		const label = (b) => (b.innerText.trim() || b.getAttribute('aria-label') || '').trim();
		const found = all.findLast((b) => label(b) === %[2]s) || all.findLast((b) => label(b).includes(%[2]s));
		for (const b of document.querySelectorAll('[data-browsertest]')) b.removeAttribute('data-browsertest');
		if (!found) return false;
		found.setAttribute('data-browsertest', 'press');
		found.scrollIntoView({block: 'nearest'});
		return true;
	})()`, quote(scope), quote(text)))
}

// Click clicks the first visible element that the selector finds.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.hit("click "+selector, selector, "a visible "+selector,
		fmt.Sprintf(`(document.querySelector(%s) || {checkVisibility: () => false}).checkVisibility()`, quote(selector)))
}

// hit clicks what the selector finds once the condition is true. A page that redraws itself in between takes the element
// away from under the hand: then it is looked for again.
func (p *Page) hit(doing, selector, what, condition string) {
	p.t.Helper()
	for end := time.Now().Add(Patience); ; {
		p.await(what, condition)
		ctx, cancel := context.WithTimeout(p.ctx, Patience)
		err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		cancel()
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "-32000") || time.Now().After(end) {
			p.t.Fatalf("%s: %v", doing, err)
		}
	}
}

// Type types a text into a field, and Enter.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.Click(selector)
	p.run("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text), enter)
}

// Expect waits until the element that scope selects shows the words.
func (p *Page) Expect(scope, words string) {
	p.t.Helper()
	p.await(fmt.Sprintf("%q in %s", words, scope), fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.innerText.includes(%s))`, quote(scope), quote(words)))
}

// ExpectInFrame waits until the page in a frame shows the words.
func (p *Page) ExpectInFrame(frame, words string) {
	p.t.Helper()
	p.await(fmt.Sprintf("%q in the frame %s", words, frame), fmt.Sprintf(`(() => {
		const f = document.querySelector(%s);
		return !!f && !!f.contentDocument && !!f.contentDocument.body && f.contentDocument.body.innerText.includes(%s);
	})()`, quote(frame), quote(words)))
}

// PressInFrame clicks an element of the page in a frame.
func (p *Page) PressInFrame(frame, selector string) {
	p.t.Helper()
	p.await(fmt.Sprintf("%s in the frame %s", selector, frame), fmt.Sprintf(`(() => {
		const f = document.querySelector(%s);
		const e = f && f.contentDocument && f.contentDocument.readyState === 'complete' && f.contentDocument.querySelector(%s);
		if (!e || e.disabled) return false;
		e.click();
		return true;
	})()`, quote(frame), quote(selector)))
}

// Await waits until a JavaScript expression is true; what says what it stands for.
func (p *Page) Await(what, expression string) {
	p.t.Helper()
	p.await(what, expression)
}

// Value gives the value of a JavaScript expression.
func Value[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

// Go opens another address in the same window.
func (p *Page) Go(url string) {
	p.t.Helper()
	p.run("open "+url, chromedp.Navigate(url))
}

// Resize changes the size of the window, in CSS pixels.
func (p *Page) Resize(width, height int) {
	p.t.Helper()
	p.run("resize", chromedp.EmulateViewport(int64(width), int64(height)))
}

// Screenshot writes what the window shows to a PNG file.
func (p *Page) Screenshot(file string) {
	p.t.Helper()
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(file, picture, 0o644)
	}
	if err != nil {
		p.t.Fatalf("take a picture: %v", err)
	}
}

// await asks until an expression is true; when it does not get so, it tells what the page shows.
func (p *Page) await(what, expression string) {
	p.t.Helper()
	deadline := time.After(Patience)
	pulse := time.NewTicker(pollEvery)
	defer pulse.Stop()
	for {
		met, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](expression))
		if err == nil && met {
			return
		}
		select {
		case <-pulse.C:
		case <-deadline:
			shown, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`)) // the failure says more than this one could
			p.t.Fatalf("waited for %s (last error: %v)\nThe page shows:\n%s\nIt complained: %s", what, err, shown, strings.Join(p.Complaints(), "\n"))
		}
	}
}

func (p *Page) run(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*Patience) // more than any single condition waits for
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// enter presses Enter as a keyboard does where the page keeps the key for itself: without the character.
func enter(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := cdp.Call(ctx, target, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13,
		})
		if err != nil {
			return chromedp.Void{}, err
		}
	}
	return chromedp.Void{}, nil
}

// quote writes a string as a JavaScript literal.
func quote(s string) string {
	literal, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return string(literal)
}
