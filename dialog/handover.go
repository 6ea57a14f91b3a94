package dialog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog/understand"
)

// Desk notes which conversations are with a person; *bots.Store satisfies it.
type Desk interface {
	OpenHandover(ctx context.Context, account bots.AccountID, state, transcript, key string) (bots.HandoverID, error)
	CloseHandover(ctx context.Context, id bots.HandoverID, by string) error
	// AddToHandover adds what is said meanwhile.
	AddToHandover(ctx context.Context, id bots.HandoverID, line string) error
}

// humanSilence is how long neither the person nor staff write until the bot answers again: nobody is mute for ever.
const humanSilence = 30 * time.Minute

// takenSilence is the same where staff talk with the person in the platform's own tools: it says when they have ended, and this is for when
// that gets lost.
const takenSilence = 12 * time.Hour

// Who gives a conversation back to the bot.
const (
	byStaff   = "staff"
	byPatient = "patient"
	bySilence = "silence"
)

// wantBot asks for the bot instead of a person.
const wantBot intent = "bot"

// human is a conversation that is with a person. Its step stays as it was.
type human struct {
	ID    bots.HandoverID `json:"id"`
	Heard time.Time       `json:"heard"`          // when somebody last wrote
	Taken bool            `json:"taken,omitzero"` // staff talk on the platform itself, which tells when they end
}

// spoken is one message of the last ones, for whoever takes the conversation over.
type spoken struct {
	Bot  bool   `json:"bot,omitzero"`
	Text string `json:"text"`
}

// until is when the bot answers again if nobody writes. What is said on the platform itself is not heard of.
func (h human) until() time.Time {
	if h.Taken {
		return h.Heard.Add(takenSilence)
	}
	return h.Heard.Add(humanSilence)
}

const (
	keptLines = 10 // of a conversation, for a transcript
	keptRunes = 60 // of each of them
)

// staffed tells whether somebody answers on this platform.
func (t *turn) staffed() bool { return t.d.Desk != nil && t.d.Staffed[t.in.Account.Platform] }

// record keeps what was said, as far as whoever helps has to know it. What was typed where a name or a document is asked for is left out.
func (t *turn) record(reply string) {
	if !t.staffed() {
		return
	}
	first, _, _ := strings.Cut(reply, "\n")
	t.m.said(spoken{Text: t.heard()})
	t.m.said(spoken{Bot: true, Text: first})
}

// said keeps a message, and forgets the oldest beyond what is kept.
func (m *memory) said(s spoken) {
	if s.Text == "" {
		return
	}
	s.Text = clip(s.Text, keptRunes)
	m.Said = append(m.Said, s)
	if extra := len(m.Said) - keptLines; extra > 0 {
		m.Said = m.Said[extra:]
	}
}

// asking is the line in which the step asks what it asks: the last one, before a list of what there is to choose from.
func (t *turn) asking() (string, error) {
	l, err := t.show()
	if err != nil {
		return "", err
	}
	asked := ""
	for _, line := range strings.Split(l.text, "\n") {
		if line != "" && !strings.HasPrefix(line, "·") {
			asked = line
		}
	}
	return asked, nil
}

// heard is what the person did, in words.
func (t *turn) heard() string {
	u := t.in.Update
	r := t.d.rows[t.was.State]
	private := t.forget || r != nil && (r.accepts == acceptsEntry || r.accepts == acceptsVerbatim)
	switch {
	case u.Kind == bots.Text && private && t.d.reader.Word(u.Text) == "", u.Kind == bots.Photo && understand.Clean(u.Text) != "" && private:
		return t.say("human.private")
	case u.Kind == bots.Text:
		if n, ok := understand.Number(u.Text); ok && t.picked != "" {
			return strconv.Itoa(n) + " (" + t.picked + ")"
		}
		return understand.Clean(u.Text)
	case u.Kind == bots.Press:
		return "[" + t.picked + "]"
	case u.Kind == bots.Command:
		return "/" + u.Command
	case u.Kind == bots.Photo, u.Kind == bots.Speech, u.Kind == bots.Location, u.Kind == bots.Other:
		return strings.TrimSpace(t.named("sent", string(u.Kind)) + " " + understand.Clean(u.Text))
	}
	return ""
}

// handOver gives the conversation to a person, with what was said last and where it stands. The bot is mute from now on.
func (t *turn) handOver() (bots.Result, error) {
	trail, err := t.trail(t.m.Draft)
	if err != nil && !errors.Is(err, booking.ErrNotFound) {
		return bots.Result{}, err
	}
	if trail == "" {
		trail = t.say("progress.nothing")
	}
	if !t.human {
		t.notes = nil // of the third misunderstanding: what follows is the answer to it
	}
	t.m.said(spoken{Text: t.heard()})
	step, err := t.asking()
	if err != nil {
		return bots.Result{}, err
	}
	lines := []string{t.say("human.transcript", "platform", t.platform(t.in.Account.Platform), "step", step, "chosen", trail)}
	for _, s := range t.m.Said {
		who := key("human.person")
		if s.Bot {
			who = "human.program"
		}
		lines = append(lines, t.say(who, "text", s.Text))
	}
	transcript := strings.Join(lines, "\n")
	id, err := t.d.Desk.OpenHandover(t.ctx, t.in.Account.ID, string(t.state), transcript, t.effectKey())
	if err != nil {
		return bots.Result{}, err
	}
	t.m.Human, t.m.Offered, t.m.Misses = human{ID: id, Heard: t.now()}, nil, 0
	reply := bots.Reply{
		Text:    strings.Join(append(t.notes, t.say("human.open", "phone", t.phone(), "minutes", int(humanSilence.Minutes()))), "\n\n"),
		Options: []bots.Option{{Label: t.say("human.bot"), Index: 0, Row: 1, Command: "bot"}},
		Relay:   &bots.Relay{Handover: id, Text: transcript, First: true},
		Forget:  t.forget,
	}
	return t.muted(reply)
}

// muted leaves the step as it is, until somebody gives it back or nobody writes.
func (t *turn) muted(reply bots.Reply) (bots.Result, error) {
	data, err := t.m.encode()
	if err != nil {
		return bots.Result{}, err
	}
	session := bots.Session{Rev: t.in.Session.Rev, State: string(t.state), Data: data, Deadline: t.m.Human.until()}
	return bots.Result{Session: session, Reply: reply}, nil
}

// withHuman handles an update of a conversation that is with a person; false when the bot answers again.
func (t *turn) withHuman() (bots.Result, bool, error) {
	u := t.in.Update
	switch {
	case u.Kind == bots.Answer:
		return t.answered()
	case u.Kind == bots.Release && u.Arg != "" && u.Arg != fmt.Sprint(t.m.Human.ID):
		return bots.Result{Session: t.in.Session}, true, nil
	case u.Kind == bots.Release:
		return bots.Result{}, false, t.release(byStaff)
	case startsAnew(u), u.Kind == bots.Text && t.d.reader.Word(u.Text) == wantBot:
		return bots.Result{}, false, t.release(byPatient)
	}
	t.m.Human.Heard = t.now()
	reply := bots.Reply{Relay: &bots.Relay{Handover: t.m.Human.ID, Text: t.heard()}}
	switch {
	case u.Kind == bots.Press:
		reply.Relay.Text, reply.Toast = "", t.say("human.toast")
	case personal(u.Text):
		reply.Relay.Text, reply.Forget = t.say("human.private"), true
	case t.alarmed() || len(t.notes) > 0: // before anything else, whoever answers
		reply.Text = strings.Join(t.notes, "\n\n")
	}
	if said := reply.Relay.Text; said != "" {
		if err := t.d.Desk.AddToHandover(t.ctx, t.m.Human.ID, t.say("human.person", "text", said)); err != nil {
			return bots.Result{}, true, err
		}
	}
	result, err := t.muted(reply)
	return result, true, err
}

// answered tells the person what staff have said. An answer to a handover that is over reaches nobody, which the empty reply tells.
func (t *turn) answered() (bots.Result, bool, error) {
	if arg := t.in.Update.Arg; arg != "" && arg != fmt.Sprint(t.m.Human.ID) {
		return bots.Result{Session: t.in.Session}, true, nil
	}
	t.m.Human.Heard = t.now()
	if t.in.Update.Text == "" {
		t.m.Human.Taken = true
		result, err := t.muted(bots.Reply{})
		return result, true, err
	}
	says := t.say("human.says", "text", t.in.Update.Text)
	if err := t.d.Desk.AddToHandover(t.ctx, t.m.Human.ID, says); err != nil {
		return bots.Result{}, true, err
	}
	result, err := t.muted(bots.Reply{Text: says})
	return result, true, err
}

// release gives the conversation back to the bot, at the step where it was.
func (t *turn) release(by string) error {
	if err := t.d.Desk.CloseHandover(t.ctx, t.m.Human.ID, by); err != nil {
		return err
	}
	t.m.Human, t.returned = human{}, true
	t.note("human.back")
	return nil
}

// silent ends a handover in which nobody has written for long. The step comes with the next message: this one has no options that could
// be read with it.
func (t *turn) silent() (bots.Result, error) {
	if err := t.d.Desk.CloseHandover(t.ctx, t.m.Human.ID, bySilence); err != nil {
		return bots.Result{}, err
	}
	t.m.Human, t.m.Seen = human{}, t.now()
	data, err := t.m.encode()
	if err != nil {
		return bots.Result{}, err
	}
	session := bots.Session{Rev: t.in.Session.Rev, State: string(t.state), Data: data}
	if t.state != stateMenu {
		session.Deadline = t.now().Add(forgetAfter)
	}
	return bots.Result{Session: session, Reply: bots.Reply{Text: t.say("human.silent")}}, nil
}

// comesBack tells that all there is to do is to show the step again: the conversation was just given back by its word, or by staff.
func (t *turn) comesBack() bool {
	u := t.in.Update
	return u.Kind == bots.Release || t.returned && u.Kind == bots.Text
}

// needsPerson tells that the person asked for somebody, or was misunderstood several times in a row.
func (t *turn) needsPerson() bool {
	return t.human || t.missed && t.m.Misses+1 >= missesToHelp && t.staffed()
}
