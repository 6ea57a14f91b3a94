package dialog

import (
	"strings"
	"unicode/utf8"

	"guahao/bots"
	"guahao/dialog/understand"
)

const (
	maxTyped     = 200 // characters that an answer may have
	maxVerbatim  = 600 // characters that staff may write to patients
	missesToHelp = 3   // misunderstandings in a row after which a person's number is offered
)

// take does what the person asks for.
func (t *turn) take() error {
	if t.spoiled {
		t.note("sorry.lost")
		if !startsAnew(t.in.Update) {
			return t.home()
		}
	}
	if t.row().accepts != acceptsVerbatim && t.alarmed() {
		return nil
	}
	if before := t.row().before; before != nil {
		state := t.state
		if err := before(t); err != nil {
			return err
		}
		if t.state != state && !t.elsewhere() {
			return nil
		}
	}
	switch u := t.in.Update; u.Kind {
	case bots.Press:
		return t.press(u.Button)
	case bots.Command:
		return t.command(u.Command, u.Arg)
	case bots.Follow:
		return t.starts(u.Arg)
	case bots.Text:
		return t.text(u.Text)
	case bots.Location:
		return t.located()
	case bots.Photo:
		t.notes = append(t.notes, t.named("stray", string(u.Kind)))
		if understand.Clean(u.Text) != "" {
			return t.text(u.Text)
		}
		t.missed = true
		return nil
	case bots.Speech, bots.Other:
		t.missed = true
		t.notes = append(t.notes, t.named("stray", string(u.Kind)))
		return nil
	default:
		t.missed = true
		t.note("stray.other")
		return nil
	}
}

// startsAnew tells that an update makes sense whatever was before.
func startsAnew(u bots.Update) bool { return u.Kind == bots.Command || u.Kind == bots.Follow }

// elsewhere tells that the person asks for something that has nothing to do with the state they were in.
func (t *turn) elsewhere() bool {
	if startsAnew(t.in.Update) {
		return true
	}
	if t.in.Update.Kind != bots.Text {
		return false
	}
	switch t.d.reader.Word(t.in.Update.Text) {
	case wantMenu, wantHelp, wantHuman, wantBook, wantVisits, wantUnbook, wantPeople, wantMore, wantData, wantForget, wantSlip, wantCalendar, wantWaits, wantDraws, wantRecord, wantQueue, wantArrive, wantCall, wantLink, wantAppeal, wantTriage, wantTake, wantDecline, wantChinese, wantEnglish, wantLanguage:
		return true
	}
	if _, _, isCommand := typedCommand(t.in.Update.Text); isCommand {
		return true
	}
	m, err := t.meaning(understand.Clean(t.in.Update.Text))
	return err == nil && (m.Intent == wantMove || m.Intent == wantUnbook)
}

// typedCommand reads "/book"; a face of WeChat, "/:rose", is none.
func typedCommand(line string) (name, arg string, ok bool) {
	rest, ok := strings.CutPrefix(understand.Fold(line), "/")
	if !ok || rest == "" || rest[0] < 'a' || rest[0] > 'z' {
		return "", "", false
	}
	name, arg, _ = strings.Cut(rest, " ")
	return name, arg, true
}

// press takes a button or a link. One of an earlier message never acts.
func (t *turn) press(b bots.Button) error {
	c, ok := t.m.offered(b.Index)
	t.picked = t.m.labelled(b.Index)
	if b.Rev != t.in.Session.Rev || !ok {
		t.note("stale")
		t.toast = t.say("stale.toast")
		return nil
	}
	return t.choose(c)
}

// choose takes an option of the last reply.
func (t *turn) choose(c choice) error {
	switch c.Do {
	case doBack:
		return t.back()
	case doNext:
		t.m.Page++
		return nil
	case doPrevious:
		t.m.Page--
		return nil
	}
	return t.row().chosen(t, c)
}

// command takes a command or a tap on the platform's own menu.
func (t *turn) command(name, arg string) error {
	if name == "start" {
		return t.starts(arg)
	}
	if done, err := t.offerNamed(name, arg); done || err != nil {
		return err
	}
	if done, err := t.stopNamed(name, arg); done || err != nil {
		return err
	}
	want, ok := commands[name]
	if !ok {
		t.missed = true
		t.note("unknown.command")
		return nil
	}
	if want == wantLanguage && arg != "" {
		if to := t.d.reader.Word(arg); to == wantChinese || to == wantEnglish {
			want = to
		}
	}
	known, err := t.want(want)
	if err == nil && !known {
		t.missed = true
		t.note("unknown.command")
	}
	return err
}

// text takes a typed line.
func (t *turn) text(raw string) error {
	line := understand.Clean(raw)
	accepts := t.row().accepts
	limit := maxTyped
	if accepts == acceptsVerbatim {
		limit = maxVerbatim
	}
	switch {
	case line == "":
		t.missed = true
		t.note("stray.empty")
		return nil
	case utf8.RuneCountInString(line) > limit:
		t.missed = true
		t.note("stray.long", "limit", limit)
		return nil
	}
	t.forget = personal(line)
	if done, err := t.bind(line); done || err != nil {
		return err
	}
	if name, arg, ok := typedCommand(line); ok {
		return t.command(name, arg)
	}
	if done, err := t.slipTyped(line); done || err != nil {
		return err
	}
	if t.in.Update.Voice && accepts != acceptsEntry && accepts != acceptsVerbatim {
		t.note("heard", "text", clip(line, 40))
	}
	return t.line(raw, line)
}

// line takes a typed line that is neither empty, nor too long, nor a command.
func (t *turn) line(raw, line string) error {
	want := t.d.reader.Word(line)
	if t.idle() && !t.urgent(want) {
		return t.jump(stateResume)
	}
	if want != "" && t.worksHere(want) {
		if known, err := t.want(want); known || err != nil {
			return err
		}
		if want == wantYes { // to nothing: it is nobody's name
			t.missed = true
			t.note("miss")
			return nil
		}
	}
	if t.row().accepts == acceptsVerbatim {
		line = raw
	}
	understood, err := t.understand(line)
	if err != nil || understood {
		return err
	}
	t.missed = true
	switch {
	case t.state == stateComplaint:
		t.note("complaint.miss")
	case t.row().accepts != acceptsNames:
		t.note("miss")
	case t.abroad(): // what was typed may be somebody's name
		t.note("miss.names.abroad")
	default:
		t.note("miss.names", "text", clip(line, 20))
	}
	return nil
}

// idle tells that the list which a line would answer was read long ago.
func (t *turn) idle() bool {
	limit := t.row().idle
	return limit > 0 && !t.m.Seen.IsZero() && t.now().Sub(t.m.Seen) >= limit
}

// urgent tells that a word makes sense however long ago the last message was.
func (t *turn) urgent(want intent) bool {
	switch want {
	case wantMenu, wantCancel, wantBook, wantVisits, wantPeople, wantMore, wantData, wantForget, wantSlip, wantCalendar, wantWaits, wantRecord, wantQueue, wantArrive, wantCall, wantLink, wantAppeal, wantTriage, wantTake, wantDecline, wantHelp, wantHuman, wantUnbook:
		return true
	}
	return false
}

// worksHere tells whether a word is taken for what it means everywhere, in this state. Where a name or an address is
// asked for, fewer are.
func (t *turn) worksHere(want intent) bool {
	switch t.row().accepts {
	case acceptsVerbatim:
		return want == wantBack || want == wantCancel || want == wantMenu
	case acceptsEntry:
		switch want {
		case wantBack, wantCancel, wantMenu, wantHelp, wantHuman, wantChinese, wantEnglish, wantProgress, wantGreeting:
			return true
		}
		return false
	}
	return true
}

// understand takes a line for an answer to this step: what only this step knows, a number, a label, a name.
func (t *turn) understand(line string) (bool, error) {
	r := t.row()
	n, isNumber := understand.Number(line)
	if r.accepts == acceptsEntry || r.accepts == acceptsVerbatim {
		if c, ok := t.m.offered(n); isNumber && ok && !c.Explicit {
			return true, t.choose(c)
		}
	}
	if r.typed != nil {
		if understood, err := r.typed(t, line); understood || err != nil {
			return understood, err
		}
	}
	if isNumber {
		return true, t.number(n)
	}
	if done, err := t.label(line); done || err != nil {
		return done, err
	}
	if r.accepts == acceptsNames && hasLetter(line) {
		if done, err := t.sentence(line); done || err != nil {
			return done, err
		}
		if done, err := t.search(line); done || err != nil {
			return done, err
		}
		if done, err := t.complains(line); done || err != nil {
			return done, err
		}
	}
	if done, err := t.part(line); done || err != nil || r.accepts != acceptsOptions || r.flow == flowStaff || !hasLetter(line) {
		return done, err
	}
	return t.sentence(line)
}

// number takes the number of an option.
func (t *turn) number(n int) error {
	c, ok := t.m.offered(n)
	t.picked = t.m.labelled(n)
	switch {
	case !ok && n == 0:
		return t.back()
	case !ok:
		t.missed = true
		t.note("miss.number", "number", n)
		return nil
	case c.Explicit:
		t.note("explicit", "word", t.named("word", c.Do))
		return nil
	}
	return t.choose(c)
}
