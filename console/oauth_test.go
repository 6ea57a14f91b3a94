package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guahao/bots/wechat/wechattest"
)

const other = "oVisitorWhoPays00000000001"

// authorize visits the page of WeChat's OAuth as a user and gives the address that it leads back to.
func (d *desk) authorize(page, as string) *url.URL {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, page, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	request.AddCookie(&http.Cookie{Name: wechattest.Cookie, Value: as})
	response, err := d.client.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	back, err := response.Location()
	if err != nil {
		d.t.Fatalf("OAuth answers %s: %v", response.Status, err)
	}
	return back
}

func TestOAuthTellsWhoPays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agent, d.visit.OpenID = inWeChat, "" // booked in Telegram, the link opened in WeChat
	first := d.get("?lang=en")
	if first.status != http.StatusFound {
		t.Fatalf("the first visit: %d", first.status)
	}
	back := d.authorize(first.header.Get("Location"), other)
	second := d.get(back.RequestURI())
	if second.status != http.StatusSeeOther || strings.Contains(second.header.Get("Location"), "code=") {
		t.Fatalf("with the code: %d to %q", second.status, second.header.Get("Location"))
	}
	d.get(second.header.Get("Location")).says(t, `id="pay-button"`, `lang="en"`)
	status, params, _ := d.bridge()
	if status != http.StatusOK {
		t.Fatalf("bridge: %d", status)
	}
	if err := d.pay.BridgePay(params, openID); err == nil {
		t.Error("somebody else could pay on this visitor's sheet")
	}
	if err := d.pay.BridgePay(params, other); err != nil {
		t.Errorf("the visitor cannot pay: %v", err)
	}
}

func TestACodeThatWasNotAskedForIsNotTaken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agent, d.visit.OpenID = inWeChat, ""
	back := d.authorize(d.get("").header.Get("Location"), other)
	q := back.Query()
	q.Set("state", "forged")
	back.RawQuery = q.Encode()
	page := d.get(back.RequestURI())
	if page.status != http.StatusOK || strings.Contains(page.body, `id="pay-button"`) {
		t.Errorf("%d: a forged state was taken", page.status)
	}
	page.says(t, "另一部手机", "qr.png")
	if status, _, _ := d.bridge(); status != http.StatusConflict {
		t.Errorf("the sheet for nobody: %d", status)
	}
}

func TestABrowserWithoutCookiesIsNotSentInCircles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agent, d.visit.OpenID = inWeChat, ""
	d.client.Jar = nil
	page := d.get("?known=1")
	if page.status != http.StatusOK {
		t.Fatalf("sent on again: %d", page.status)
	}
	page.says(t, "qr.png")
}

func TestAForgedPayerIsNotTaken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agent, d.visit.OpenID = inWeChat, ""
	if got := d.get("", "Cookie", "guahao_payer=b1Zpc2l0b3JXaG9QYXlz").status; got != http.StatusFound {
		t.Errorf("a cookie that we did not write was taken: %d", got)
	}
}
