package app_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"guahao/booking"
	"guahao/internal/sandbox/qrscan"
)

// file is what a person got by asking for it: from the chat on Telegram, by the link in WeChat.
func (w *world) file(p chatter, label string) []byte {
	w.Helper()
	if person, ok := p.(telegramPerson); ok {
		m := person.Last()
		return append(m.Document, m.Photo...)
	}
	link, err := p.(wechatPerson).Tap(label)
	w.must(err)
	status, _, body := w.fetch(link.URL, "Mozilla/5.0 Safari")
	if status != http.StatusOK {
		w.Fatalf("the link answers %d: %s", status, body)
	}
	return body
}

// fetch gets an address with a browser that calls itself so.
func (w *world) fetch(address, agent string) (status int, header http.Header, body []byte) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.ctx, http.MethodGet, address, nil)
	w.must(err)
	request.Header.Set("User-Agent", agent)
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	w.must(err)
	return response.StatusCode, response.Header, body
}

// event is the one event of a calendar file.
func (w *world) event(file []byte) (uid string, sequence int, status string) {
	w.Helper()
	cal, err := ics.ParseCalendar(bytes.NewReader(file))
	if err != nil || len(cal.Events()) != 1 {
		w.Fatalf("no calendar file with one event: %v\n%s", err, file)
	}
	e := cal.Events()[0]
	sequence, err = strconv.Atoi(e.GetProperty(ics.ComponentPropertySequence).Value)
	w.must(err)
	return e.Id(), sequence, e.GetProperty(ics.ComponentPropertyStatus).Value
}

// codeOn reads the code on a slip.
func (w *world) codeOn(slip []byte) string {
	w.Helper()
	code, err := qrscan.Decode(slip)
	w.must(err)
	return code
}

// A patient takes the slip and the calendar entry of a visit along. The slip's code checks them in; after a cancellation the same entry says so.
func TestSlipAndCalendar(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"telegram", "wechat"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			p := w.person(platform, 1)
			books(w, p, 1, tomorrow)
			p.say("我的预约")
			p.say("1")
			p.tap("加入日历")
			uid, before, status := w.event(w.file(p, "日历文件"))
			if status != "CONFIRMED" {
				t.Errorf("the event is %s", status)
			}
			p.tap("就诊凭条（签到码）")
			code := w.codeOn(w.file(p, "就诊凭条"))
			if _, err := w.app().Booking.CheckInByCode(w.ctx, 0, code); !errors.Is(err, booking.ErrTooEarly) {
				t.Errorf("checking in a day early: %v", err)
			}
			p.tap("取消这个预约")
			p.say("确认取消")
			expect(w, p, "预约已取消")
			p.tap("从日历中移除")
			again, after, status := w.event(w.file(p, "日历文件"))
			if again != uid || after <= before || status != "CANCELLED" {
				t.Errorf("the event %s, %d became %s, %d: %s", uid, before, again, after, status)
			}
		})
	}
}

func TestTheCodeOfASlipChecksIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person("wechat", 1)
	books(w, p, 1, tomorrow)
	p.say("就诊凭条")
	code := w.codeOn(w.file(p, "就诊凭条"))
	w.advance(w.visits()[0].Sub(w.clock.Now()))
	v, err := w.app().Booking.CheckInByCode(w.ctx, 0, code)
	w.must(err)
	if v.Appointment.Status != booking.CheckedIn {
		t.Errorf("the visit is %s", v.Appointment.Status)
	}
}

// A link in WeChat is nobody else's, dies, and is kept out of caches and search engines. WeChat's own browser, which opens no calendar files,
// shows how to.
func TestLinksToFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person("wechat", 1)
	books(w, p, 1, tomorrow)
	p.say("日历")
	link, err := p.(wechatPerson).Tap("日历文件")
	w.must(err)
	for _, secret := range []string{"oPatient", "visit-", "%"} {
		if strings.Contains(strings.TrimPrefix(link.URL, w.cfg.PublicURL), secret) {
			t.Errorf("the link tells %q: %s", secret, link.URL)
		}
	}
	status, header, body := w.fetch(link.URL, "Mozilla/5.0 Safari")
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/calendar") || !bytes.HasPrefix(body, []byte("BEGIN:VCALENDAR\r\n")) {
		t.Errorf("%d %v %.40s", status, header, body)
	}
	for name, want := range map[string]string{
		"X-Robots-Tag": "noindex", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff",
	} {
		if !strings.Contains(header.Get(name), want) {
			t.Errorf("%s is %q", name, header.Get(name))
		}
	}
	status, header, body = w.fetch(link.URL, "Mozilla/5.0 MicroMessenger/8.0.50")
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(string(body), "在浏览器打开") {
		t.Errorf("inside WeChat: %d %v", status, header)
	}
	at := strings.LastIndex(link.URL, "/files/") + len("/files/") + 30
	other := "A"
	if link.URL[at:at+1] == other {
		other = "B"
	}
	for _, forged := range []string{link.URL[:at] + other + link.URL[at+1:], w.cfg.PublicURL + "/files/x/visit.ics", w.cfg.PublicURL + "/files/%20/visit.ics"} {
		if status, _, body := w.fetch(forged, "Safari"); status != http.StatusNotFound || !strings.Contains(string(body), "链接已失效") {
			t.Errorf("a forged link answers %d", status)
		}
	}
	w.advance(w.visits()[0].Add(23 * time.Hour).Sub(w.clock.Now()))
	if status, _, _ := w.fetch(link.URL, "Safari"); status != http.StatusOK {
		t.Errorf("on the day of the visit the link answers %d", status)
	}
	w.advance(3 * time.Hour)
	if status, _, _ := w.fetch(link.URL, "Safari"); status != http.StatusGone {
		t.Errorf("a day after the visit the link answers %d", status)
	}
	w.advance(120 * 24 * time.Hour)
	if status, _, _ := w.fetch(link.URL, "Safari"); status != http.StatusNotFound {
		t.Errorf("long after the visit the link answers %d", status)
	}
}

// Somebody else's visit cannot be had by naming it.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	mine, theirs := w.person("wechat", 1), w.person("wechat", 2)
	books(w, mine, 1, tomorrow)
	theirs.say("凭条")
	expect(w, theirs, "还没有待就诊的预约")
	mine.say("凭条")
	link, err := mine.(wechatPerson).Tap("就诊凭条")
	w.must(err)
	w.exec("UPDATE appointments SET user_id = user_id + 1000")
	if status, _, _ := w.fetch(link.URL, "Safari"); status != http.StatusGone {
		t.Errorf("the slip of a visit that is another's answers %d", status)
	}
}
