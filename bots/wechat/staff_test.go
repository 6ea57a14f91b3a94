package wechat_test

import (
	"context"
	"slices"
	"testing"

	"guahao/bots"
	"guahao/bots/wechat/wechattest"
)

// handing is a conversation that hands over on 人工 and comes back on a release.
type handing struct{ open bool }

func (h *handing) Step(_ context.Context, t bots.Turn) (bots.Result, error) {
	r := bots.Result{Session: t.Session}
	switch u := t.Update; {
	case u.Kind == bots.Text && u.Text == "人工":
		h.open = true
		r.Reply = bots.Reply{Text: "正在转人工", Relay: &bots.Relay{Handover: 1, Text: "…", First: true}}
	case u.Kind == bots.Release && h.open:
		h.open = false
		r.Reply = bots.Reply{Text: "接着来"}
	case u.Kind == bots.Answer, u.Kind == bots.Release:
	case h.open && u.Text == "胸痛":
		r.Reply = bots.Reply{Text: "请拨打 120", Relay: &bots.Relay{Handover: 1, Text: u.Text}}
	case h.open:
		r.Reply = bots.Reply{Relay: &bots.Relay{Handover: 1, Text: u.Text}}
	default:
		r.Reply = bots.Reply{Text: "机器人"}
	}
	return r, nil
}

func lines(u *wechattest.User) []string {
	var list []string
	for _, m := range u.Messages() {
		list = append(list, m.From+": "+m.Text)
	}
	return list
}

// A message goes to the staff by the response to it, what is said besides goes by a message of its own; while staff have the session the
// program hears nothing, and when they close it the step comes back.
func TestCustomerServiceStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{safe: true, steps: &handing{}})
	u := w.follower(openID)
	for _, line := range []string{"人工", "有号吗", "胸痛"} {
		w.did(u.Say(line))
	}
	w.did(u.StaffTake())
	w.did(u.Say("您好"))
	w.did(u.StaffSay("有的"))
	w.did(u.StaffClose())
	w.did(u.Say("挂号"))
	if want, got := []string{"人工", "有号吗", "胸痛", "您好"}, u.ToStaff(); !slices.Equal(got, want) {
		t.Errorf("the staff read %q, want %q", got, want)
	}
	want := []string{"user: 人工", "bot: 正在转人工", "user: 有号吗", "user: 胸痛", "bot: 请拨打 120", "user: 您好", "staff: 有的", "bot: 接着来", "user: 挂号", "bot: 机器人"}
	if got := lines(u); !slices.Equal(got[len(got)-len(want):], want) {
		t.Errorf("the chat reads\n%q, want\n%q", got, want)
	}
	w.fine()
}

// When the words besides cannot be sent, they are the response, and the next message goes to the staff.
func TestStaffWithoutAWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{steps: &handing{}})
	u := w.follower(openID)
	w.platform.Faults.FailAPI(custom, 48001, 1)
	w.did(u.Say("人工"))
	w.did(u.Say("有号吗"))
	if got := u.ToStaff(); !slices.Equal(got, []string{"有号吗"}) {
		t.Errorf("the staff read %q", got)
	}
	if got := lines(u); !slices.Contains(got, "bot: 正在转人工") {
		t.Errorf("the chat reads %q", got)
	}
}
