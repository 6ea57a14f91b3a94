package dialog_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"guahao/booking"
	"guahao/bots"
)

// real is somebody with an account in the database.
func (w *world) real(platform bots.Platform) *person {
	p := w.person(platform, "zh")
	p.inDB = true
	p.account.ExternalID = fmt.Sprintf("%s-%d", platform, w.accounts.Add(1))
	p.says("你好")
	return p
}

// links makes one person of two.
func links(shows, types *person) {
	shows.says("关联")
	code := linkCode.FindString(shows.says("显示关联码").Text)
	types.says("关联")
	types.says("输入关联码")
	types.says(code)
	types.says("确认关联")
}

// adds a patient to the list; everybody's number is given.
func (p *person) adds(n int) {
	for _, line := range []string{"就诊人", "添加就诊人", "本人", "林晓梅", residentID(n), "13912345678", "保存", "主菜单"} {
		p.says(line)
	}
}

func (w *world) placesOf(people ...*person) int {
	w.t.Helper()
	seen := map[booking.AppointmentID]bool{}
	for _, p := range people {
		visits, err := w.bookings.Visits(w.t.Context(), booking.UserID(p.account.User), booking.VisitFilter{})
		w.check(err)
		for _, v := range visits {
			if v.Appointment.Status.Upcoming() {
				seen[v.Appointment.ID] = true
			}
		}
	}
	return len(seen)
}

// However the two platforms of one person are interleaved on the way to one doctor's half-day, with the last steps at the very same
// time, one place is taken. Two people who are not linked, the negative control, take two.
func TestTwoPlatformsBookAtMostOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	way := []string{"李思敏", "12月3日", "1", "林晓梅", "确认预约"}
	number := 0
	rapid.Check(t, func(rt *rapid.T) {
		first, second := w.real(bots.WeChat), w.real(bots.Telegram)
		linked := rapid.Bool().Draw(rt, "linked")
		number += 2
		first.adds(number)
		if linked {
			links(first, second)
		} else {
			second.adds(number + 1)
		}
		at := map[*person]int{}
		for at[first] < len(way)-1 || at[second] < len(way)-1 {
			p := rapid.SampledFrom([]*person{first, second}).Draw(rt, "who")
			if at[p] >= len(way)-1 {
				continue
			}
			line := way[at[p]]
			if line == "林晓梅" {
				line = "1" // on Telegram no names are known
			}
			p.says(line)
			at[p]++
		}
		var both sync.WaitGroup
		for _, p := range []*person{first, second} {
			both.Go(func() { _, _ = p.does(bots.Update{Kind: bots.Text, Text: way[len(way)-1]}) })
		}
		both.Wait()
		want := 2
		if linked {
			want = 1
		}
		if got := w.placesOf(first, second); got != want {
			rt.Fatalf("%d places are taken, want %d:\n%s\n%s", got, want, first.last.Text, second.last.Text)
		}
		for _, p := range []*person{first, second} { // the next ones find places
			visits, err := w.bookings.Visits(w.t.Context(), booking.UserID(p.account.User), booking.VisitFilter{})
			w.check(err)
			for _, v := range visits {
				if v.Appointment.Status == booking.Held {
					_ = w.bookings.GiveBack(w.t.Context(), booking.UserID(p.account.User), v.Appointment.ID, fmt.Sprint("back:", v.Appointment.ID))
				}
			}
		}
	})
}

// While one platform books, the other links: whoever comes first, the place is one, and the person's.
func TestLinkingWhileBooking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 5 {
		wechat, telegram := w.real(bots.WeChat), w.real(bots.Telegram)
		wechat.adds(500 + n)
		telegram.adds(500 + n) // the same person, in both lists
		for _, p := range []*person{wechat, telegram} {
			for _, line := range []string{"李思敏", "12月3日", fmt.Sprint(n + 1), "1"} { // a slot has three places
				p.says(line)
			}
		}
		store := bots.NewStore(w.db, w.keys, w.now)
		code, err := store.LinkCode(t.Context(), wechat.account.ID)
		w.check(err)
		for _, line := range []string{"关联", "输入关联码", code} {
			telegram.says(line)
		}
		var both sync.WaitGroup
		both.Go(func() { _, _ = wechat.does(bots.Update{Kind: bots.Text, Text: "确认预约"}) })
		both.Go(func() { _, _ = telegram.does(bots.Update{Kind: bots.Text, Text: "确认关联"}) })
		both.Wait()
		if !strings.Contains(telegram.last.Text, "已和您的微信账号关联") {
			t.Errorf("linking came to: %s", telegram.last.Text)
		}
		people, err := w.bookings.Patients(t.Context(), booking.UserID(wechat.account.User))
		w.check(err)
		if telegram.account.User != wechat.account.User || len(people) != 1 || w.placesOf(wechat, telegram) != 1 {
			t.Errorf("users %d and %d, %d patients, %d places", telegram.account.User, wechat.account.User, len(people), w.placesOf(wechat, telegram))
		}
	}
}

// Who showed the code is told where it was shown, in the transaction that links: once, and nobody else.
func TestWhoShowedTheCodeIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shows, types := w.real(bots.WeChat), w.real(bots.Telegram)
	told := func() (accounts []bots.AccountID) {
		w.check(w.db.Select(&accounts, "SELECT account_id FROM notices WHERE kind = 'linked'"))
		return accounts
	}
	shows.says("关联")
	code := linkCode.FindString(shows.says("显示关联码").Text)
	for _, line := range []string{"关联", "输入关联码", code} {
		types.says(line)
	}
	if got := told(); len(got) != 0 {
		t.Errorf("told before it was confirmed: %v", got)
	}
	types.says("确认关联")
	types.says("确认关联")
	if got := told(); len(got) != 1 || got[0] != shows.account.ID {
		t.Errorf("told are the accounts %v, want %d once", got, shows.account.ID)
	}
}
