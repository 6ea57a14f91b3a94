package dialog_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"guahao/booking"
	"guahao/bots"
)

// atConfirm brings somebody as far as the card before a place is taken.
func atConfirm(t *testing.T, w *world) *person {
	t.Helper()
	p := w.person(bots.WeChat, "zh")
	for _, line := range []string{"李思敏", "周四", "1", "本人", "王大山", residentID(int(p.account.ID)), "13912345678", "保存"} {
		p.says(line)
	}
	if p.session.State != "confirm" {
		t.Fatalf("it came to %s: %s", p.session.State, p.last.Text)
	}
	return p
}

func (p *person) visits() []booking.Visit {
	p.w.t.Helper()
	visits, err := p.w.bookings.Visits(context.Background(), booking.UserID(p.account.User), booking.VisitFilter{})
	p.w.check(err)
	return visits
}

// A step that was run but not committed is run again: the same words, and one place. Under another revision, which is what
// the key is made of, it would not be the same.
func TestStepThatIsRunAgainTakesOnePlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := atConfirm(t, w)
	turn := p.turn(bots.Update{Kind: bots.Text, Text: "确认预约"})
	first, err := w.dialog.Step(t.Context(), turn)
	w.check(err)
	again, err := w.dialog.Step(t.Context(), turn)
	w.check(err)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the second run went otherwise:\n%s", diff)
	}
	if visits := p.visits(); len(visits) != 1 || visits[0].Slot.Taken != 1 {
		t.Errorf("%d visits, %d places taken", len(visits), visits[0].Slot.Taken)
	}
	turn.Session.Rev++
	other, err := w.dialog.Step(t.Context(), turn)
	w.check(err)
	if other.Session.State == first.Session.State {
		t.Errorf("under another revision it is the same effect again: the key does not hold the revision")
	}
}

// A button of an earlier message takes no place; the current one does.
func TestStaleButtonTakesNoPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := atConfirm(t, w)
	card := p.last
	p.says("帮助")
	confirm, _ := option(card, "确认预约")
	reply := p.presses(card, confirm)
	if len(p.visits()) != 0 || !strings.Contains(reply.Text, "过期") || reply.Toast == "" {
		t.Errorf("after a stale press there are %d visits: %s", len(p.visits()), reply.Text)
	}
	p.presses(reply, confirm)
	if len(p.visits()) != 1 {
		t.Errorf("the current button took %d places", len(p.visits()))
	}
}

// What costs money or a place needs more than a number: with it nothing happens, with the word it does.
func TestNumberDoesNotGiveAPlaceBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := atConfirm(t, w)
	p.says("1")
	p.says("返回")
	giveBack, ok := option(p.last, "确认放弃")
	if !ok {
		t.Fatalf("no way to give back: %s", p.last.Text)
	}
	p.must(bots.Update{Kind: bots.Text, Text: "2"})
	if got := p.visits()[0].Appointment.Status; giveBack.Index != 2 || got != booking.Held {
		t.Errorf("the number %d made it %s", giveBack.Index, got)
	}
	p.says("确认放弃")
	if got := p.visits()[0].Appointment.Status; got != booking.Cancelled {
		t.Errorf("the word left it %s", got)
	}
}

// Who looks for another place after the time to pay has run out has returned the old one, so the way back from there leads to the main menu.
func TestSearchAfterALapsedHoldReturnsThePlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := atConfirm(t, w)
	p.says("1")
	w.forward(20 * time.Minute)
	p.says("好了吗")
	if p.session.State != "lapsed" {
		t.Fatalf("20 minutes later the conversation is in state %s", p.session.State)
	}
	p.says("1")
	if got := p.visits()[0].Appointment.Status; p.session.State != "day" || got != booking.Cancelled {
		t.Errorf("the search is in state %s, the old place %s", p.session.State, got)
	}
	if p.says("返回"); p.session.State != "menu" {
		t.Errorf("back leads to %s", p.session.State)
	}
}

// Another user's appointment cannot be looked at, paid or cancelled, whatever the session says.
func TestVisitOfAnotherUserIsNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := atConfirm(t, w)
	owner.says("1")
	for _, state := range []string{"visit", "pay", "cancel", "give_back", "lapsed"} {
		thief := w.person(bots.WeChat, "zh")
		thief.session = bots.Session{State: state, Data: owner.session.Data}
		reply := thief.says("1")
		if thief.session.State == state || strings.Contains(reply.Text, "李思敏") {
			t.Errorf("%s shows another's visit, in state %s: %s", state, thief.session.State, reply.Text)
		}
	}
	if got := owner.visits()[0].Appointment.Status; got != booking.Held {
		t.Errorf("it became %s", got)
	}
}

// The draft of a patient leaves nothing in the session once it is saved or given up.
func TestSessionForgetsPersonalData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(bots.Telegram, "zh")
	id := residentID(int(p.account.ID))
	before := []string{"/patients", "添加就诊人", "本人", "王大山", id, "13912345678"}
	for _, line := range before {
		p.says(line)
	}
	if !strings.Contains(string(p.session.Data), id) {
		t.Fatal("the draft is not in the session: this test shows nothing")
	}
	kept := p.twin()
	p.says("保存")
	dropped := kept.twin()
	dropped.says("取消")
	lapsed := kept.twin()
	if _, err := lapsed.does(bots.Update{Kind: bots.Timeout}); err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]*person{"saved": p, "given up": dropped, "lapsed": lapsed} {
		for _, secret := range []string{id, "王大山", "13912345678"} {
			if strings.Contains(string(who.session.Data), secret) {
				t.Errorf("%s: %q is still in the session", name, secret)
			}
		}
	}
	if kept.session.Deadline.Sub(w.now()) != 24*time.Hour {
		t.Errorf("the draft is kept until %v", kept.session.Deadline)
	}
}

// However long somebody wanders, the session stays small.
func TestSessionStaysSmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.person(bots.WeChat, "zh")
	for range 40 {
		for _, line := range []string{"心内科", "王建国", "明天", "儿童医院", "皮肤科"} {
			p.says(line)
		}
	}
	var m struct{ History []json.RawMessage }
	w.check(json.Unmarshal(p.session.Data, &m))
	if len(p.session.Data) > 8<<10 || len(m.History) == 0 || len(m.History) > 24 {
		t.Errorf("the session has %d bytes and %d steps", len(p.session.Data), len(m.History))
	}
}

// Sessions of an earlier or later program lead to the main menu with an apology.
func TestUnknownSessionsLeadHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, session := range map[string]bots.Session{
		"unknown state":   {State: "flying", Data: json.RawMessage(`{"v":1}`)},
		"another version": {State: "day", Data: json.RawMessage(`{"v":2}`)},
		"no data":         {State: "day"},
		"not JSON":        {State: "day", Data: json.RawMessage(`{`)},
		"negative page":   {State: "hospital", Data: json.RawMessage(`{"v":1,"page":-3}`)},
		"nothing chosen":  {State: "confirm", Data: json.RawMessage(`{"v":1}`)},
		"unknown past":    {State: "day", Data: json.RawMessage(`{"v":1,"history":[{"state":"flying"}]}`)},
	} {
		p := w.person(bots.WeChat, "zh")
		p.session = session
		reply := p.says("1")
		checkReply(t, reply)
		if p.session.State != "menu" {
			t.Errorf("%s: it leads to %s: %s", name, p.session.State, reply.Text)
		}
	}
}
