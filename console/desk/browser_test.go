package desk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/sandbox/browsertest"
	"guahao/internal/staff"
)

// picture takes a screenshot where GUAHAO_SCREENSHOTS names a directory for them.
func picture(p *browsertest.Page, name string) {
	if dir := os.Getenv("GUAHAO_SCREENSHOTS"); dir != "" {
		p.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// fill gives the pages something to show: a day with visits, some of which are here, missed and cancelled.
func fill(w *world) {
	w.Helper()
	today := booking.DateOf(w.clock.Now(), morning.Location())
	names := []string{"赵玉兰", "钱建国", "孙小梅", "李志强", "周桂英", "吴海涛", "郑秀珍", "王立新"}
	for i, slot := range w.slots(1, today)[:16] {
		v := w.book(names[i%len(names)], slot.ID)
		switch i % 4 {
		case 0:
			_, err := w.app.Booking.CheckIn(w.ctx, 0, v.Appointment.ID)
			w.must(err)
		case 1:
			_, err := w.app.Booking.CheckIn(w.ctx, 0, v.Appointment.ID)
			w.must(err)
			_, err = w.app.Booking.Fulfil(w.ctx, 0, v.Appointment.ID)
			w.must(err)
		}
	}
}

// enter signs in, as anybody would.
func enter(w *world, p *browsertest.Page, login, secret string) {
	w.Helper()
	p.Await("the form", `!!document.querySelector('input[name=login]')`)
	p.Type("input[name=login]", login)
	p.Type("input[name=password]", password)
	p.Press("main", "登录")
	if secret != "" {
		p.Await("the second step", `!!document.querySelector('input[name=code]')`)
		w.clock.Advance(time.Minute)
		p.Type("input[name=code]", code(w, secret, 0))
		p.Press("main", "登录")
	}
	p.Await("the console", `!!document.querySelector('nav.side')`)
}

// TestWalk walks the pages of the navigation as each role, at a desk and on a phone. Whatever a page complains about fails the test.
func TestWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fill(w)
	for _, role := range staff.Roles() {
		_, secret := w.hire(string(role), staff.Grant{Role: role})
		p := browsertest.Open(t, w.url+"/console/?lang=zh", 1280, 900)
		if role == staff.Admin {
			picture(p, "login")
		}
		enter(w, p, string(role), secret)
		links := browsertest.Value[[]string](p, `[...document.querySelectorAll('nav.side li a')].map((a) => a.getAttribute('href'))`)
		if len(links) == 0 {
			t.Errorf("the role %s sees no page", role)
		}
		for _, link := range links {
			name := string(role) + "-" + strings.ReplaceAll(strings.TrimPrefix(link, "/console/"), "/", "-")
			p.Resize(1280, 900)
			p.Go(w.url + link)
			p.Await(link, `document.readyState === 'complete' && !!document.querySelector('main h1') && [...document.images].every((i) => i.complete && i.naturalWidth > 0)`)
			picture(p, name)
			p.Resize(390, 844)
			if wide := browsertest.Value[int](p, `document.documentElement.scrollWidth`); wide > 390 {
				t.Errorf("%s is %d pixels wide on a phone", link, wide)
			}
			picture(p, name+"-phone")
		}
	}
}
