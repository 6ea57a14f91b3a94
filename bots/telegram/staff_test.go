package telegram_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"guahao/bots"
)

// handingOver is a conversation that opens a handover on "human", relays while it is open, and tells what staff say.
func handingOver(w *world) func(bots.Turn) bots.Reply {
	var open bots.HandoverID
	return func(t bots.Turn) bots.Reply {
		u := t.Update
		switch {
		case u.Kind == bots.Text && u.Text == "human":
			id, err := w.store.OpenHandover(context.Background(), t.Account.ID, "doctor", "the transcript", fmt.Sprint(t.Session.Rev))
			if err != nil {
				return bots.Reply{Text: err.Error()}
			}
			open = id
			return bots.Reply{Text: "staff will answer", Relay: &bots.Relay{Handover: id, Text: "the transcript", First: true}}
		case u.Kind == bots.Answer && open != 0:
			return bots.Reply{Text: "staff: " + u.Text}
		case u.Kind == bots.Release && open != 0:
			open = 0
			return bots.Reply{Text: "back"}
		case u.Kind == bots.Answer, u.Kind == bots.Release:
			return bots.Reply{}
		case open != 0:
			return bots.Reply{Relay: &bots.Relay{Handover: open, Text: u.Text}}
		}
		return bots.Reply{Text: "bot: " + u.Text}
	}
}

// staffed is a world with a staff chat.
func staffed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	w.steps.answer = handingOver(w)
	return w
}

func TestStaffAnswer(t *testing.T) {
	t.Parallel()
	w := staffed(t)
	group, ann, nurse := w.sim.Group(staffChat), w.sim.User(1001, "zh"), w.sim.User(2002, "zh")
	say := func(text string) { ann.Say(text); w.flush(t) }
	reply := func(to int, text string) { nurse.ReplyIn(group, to, text); w.flush(t) }
	last := func(text string) int {
		t.Helper()
		m := group.Last()
		if !strings.Contains(m.Text, text) {
			t.Errorf("staff read %q, want %q", m.Text, text)
		}
		return m.ID
	}
	say("human")
	first := last("#1 the transcript")
	if ann.Last().Text != "staff will answer" {
		t.Errorf("the patient reads %q", ann.Last().Text)
	}
	say("is there a place today?")
	second := last("#1 is there a place today?")
	reply(second, "yes, at three")
	if ann.Last().Text != "staff: yes, at three" {
		t.Errorf("the patient reads %q", ann.Last().Text)
	}
	nurse.SayIn(group, "who takes the next one?")                // among themselves
	nurse.ReplyIn(group, nurse.SayIn(group, "#1 is mine"), "ok") // a number in somebody else's message means nothing
	w.flush(t)
	before := len(ann.Messages())
	reply(first, "/release@guahao_bot")
	last("#1 已交还")
	if ann.Last().Text != "back" || len(ann.Messages()) != before+1 {
		t.Errorf("after the release the patient reads %q", ann.Last().Text)
	}
	reply(second, "still there?")
	last("#1 已经结束")
	nurse.SayIn(group, "/release")
	w.flush(t)
	last("/release 12")
	nurse.SayIn(group, "/release 99")
	w.flush(t)
	last("没有编号为 #99")
	say("human")
	nurse.SayIn(group, "/release 2")
	w.flush(t)
	last("#2 已交还")
	w.strict(t)
}

// A repeated delivery relays once; a staff chat that takes nothing gives the patient back.
func TestRelayOnceAndNotIntoTheVoid(t *testing.T) {
	t.Parallel()
	w := staffed(t)
	group, ann := w.sim.Group(staffChat), w.sim.User(1001, "zh")
	ann.Say("human")
	w.flush(t)
	w.sim.Faults.LoseAcknowledgement(1)
	ann.Say("hello?")
	w.flush(t)
	n := 0
	for _, m := range group.Messages() {
		if strings.Contains(m.Text, "hello?") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("staff read it %d times", n)
	}
	group.Block()
	ann.Say("and now?")
	w.flush(t)
	if got := ann.Last().Text; !strings.Contains(got, "现在联系不上工作人员") || !strings.Contains(got, "back") {
		t.Errorf("the patient reads %q", got)
	}
}

// A blocked patient is marked, and staff are told.
func TestStaffAnswerToNobody(t *testing.T) {
	t.Parallel()
	w := staffed(t)
	group, ann, nurse := w.sim.Group(staffChat), w.sim.User(1001, "zh"), w.sim.User(2002, "zh")
	ann.Say("human")
	w.flush(t)
	id := group.Last().ID
	ann.Block()
	w.flush(t)
	nurse.ReplyIn(group, id, "hello")
	w.flush(t)
	if got := group.Last().Text; !strings.Contains(got, "患者停用了机器人") {
		t.Errorf("staff read %q", got)
	}
}
