package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"guahao/booking"
	"guahao/bots"
)

// turn is one update being answered: what was, what becomes of it, and what is to be said.
type turn struct {
	ctx   context.Context
	d     *Dialog
	in    bots.Turn
	lang  string
	state State
	m     memory
	was   snapshot // the step as the person saw it
	notes []string // said before the prompt
	toast string
	keep  bool
	// picked is the label of the option that was chosen by a button or by its number.
	picked string
	// human asks for a person instead of the bot.
	human bool
	// returned tells that a person has just given the conversation back.
	returned bool
	// forget asks the platform to delete the person's message.
	forget bool
	// link is a change of whose account this is. linked and parted tell which, for what is shown before it is done.
	link           *bots.Link
	linked, parted bool
	// asks wants the provider to be asked about the charge before the reply goes out.
	asks bool
	// forgotten tells that the person is to be forgotten.
	forgotten bool
	// attach names the files that the reply brings along.
	attach []bots.Attachment
	// spoiled tells that the session's data could not be used.
	spoiled bool
	// missed tells that this update was not understood; moved, that was is in the history already.
	missed, moved bool
	// wasAlarmed tells that the last reply answered a word of danger.
	wasAlarmed  bool
	hospitals   map[booking.HospitalID]booking.Hospital
	staffMember *Member
}

// begin takes the conversation up where the session left it.
func (d *Dialog) begin(ctx context.Context, in bots.Turn) *turn {
	t := &turn{ctx: ctx, d: d, in: in, lang: in.Account.Lang, state: State(in.Session.State)}
	if t.lang != "zh" && t.lang != "en" {
		t.lang = "zh"
		if in.Update.Lang == "en" {
			t.lang = "en"
		}
	}
	var ok bool
	if t.state == "" {
		t.state = stateMenu
	}
	if t.m, ok = recall(in.Session.Data); !ok || d.rows[t.state] == nil || (t.state != stateMenu && len(in.Session.Data) == 0) {
		t.spoiled = true
		t.m, t.state = memory{Version: memoryVersion}, stateMenu
	}
	t.m.History = slices.DeleteFunc(t.m.History, func(s snapshot) bool { return d.rows[s.State] == nil || s.Page < 0 })
	t.wasAlarmed, t.m.Alarmed = t.m.Alarmed, false
	t.was = snapshot{State: t.state, Draft: t.m.Draft, Page: t.m.Page}
	return t
}

func (t *turn) row() *row                  { return t.d.rows[t.state] }
func (t *turn) draft() *draft              { return &t.m.Draft }
func (t *turn) user() booking.UserID       { return booking.UserID(t.in.Account.User) }
func (t *turn) account() booking.AccountID { return booking.AccountID(t.in.Account.ID) }
func (t *turn) now() time.Time             { return t.in.Now }

// abroad tells that messages leave the country, and so carry no names of patients.
func (t *turn) abroad() bool { return t.in.Account.Platform == bots.Telegram }

// effectKey names the one effect that this update may have, so that a step that is run again does not do it twice.
func (t *turn) effectKey() string {
	return strconv.FormatInt(int64(t.in.Account.ID), 10) + ":" + strconv.FormatInt(t.in.Session.Rev, 10)
}

// note says something before the prompt.
func (t *turn) note(k key, args ...any) { t.notes = append(t.notes, t.say(k, args...)) }

// refused turns a refusal of the domain into a note. Any other error is given back.
func (t *turn) refused(err error) error {
	if err == nil {
		return nil
	}
	var refusal *booking.Error
	if !errors.As(err, &refusal) {
		return err
	}
	t.notes = append(t.notes, refusal.Message.In(t.lang))
	return nil
}

// move moves to a state that the table allows, remembering this step to come back to.
func (t *turn) move(to State) error {
	if r := t.row(); !slices.Contains(r.goes, to) {
		return fmt.Errorf("state %q does not lead to %q in the table", r.state, to)
	}
	t.remember()
	return t.enter(to)
}

// jump moves to where a word that works everywhere leads, remembering this step.
func (t *turn) jump(to State) error {
	t.remember()
	return t.enter(to)
}

func (t *turn) remember() {
	if !t.moved {
		t.m.push(t.was)
		t.moved = true
	}
}

// enter shows a state, or the next one that has something to ask.
func (t *turn) enter(to State) error {
	for range len(t.d.rows) {
		t.state, t.m.Page = to, 0
		r := t.row()
		if r.passes == nil {
			return nil
		}
		next, err := r.passes(t)
		if err != nil || next == "" {
			return err
		}
		if !slices.Contains(r.goes, next) {
			return fmt.Errorf("state %q does not pass on to %q in the table", r.state, next)
		}
		to = next
	}
	return fmt.Errorf("the states from %q on pass on for ever", to)
}

// home goes to the main menu and forgets what was begun.
func (t *turn) home() error {
	t.m.History, t.m.Draft, t.m.Place, t.moved = nil, draft{}, place{}, true
	return t.enter(stateMenu)
}

// settle moves to a state that the table allows, from which there is no way back but to the main menu: what lies before it
// is done.
func (t *turn) settle(to State) error {
	if r := t.row(); !slices.Contains(r.goes, to) {
		return fmt.Errorf("state %q does not lead to %q in the table", r.state, to)
	}
	t.m.History, t.moved = nil, true
	return t.enter(to)
}

// back goes to the step before, exactly as it was.
func (t *turn) back() error {
	if r := t.row(); r.back != nil {
		return r.back(t)
	}
	return t.restore()
}

func (t *turn) restore() error {
	last, ok := t.m.pop()
	if !ok {
		return t.home()
	}
	t.moved = true
	t.state, t.m.Draft, t.m.Page = last.State, last.Draft, last.Page
	return nil
}

// lapse answers a deadline: what was begun is forgotten, and nobody is disturbed.
func (t *turn) lapse() (bots.Result, error) {
	if t.m.Human.ID != 0 && t.d.Desk != nil {
		return t.silent()
	}
	if err := t.home(); err != nil {
		return bots.Result{}, err
	}
	t.m.Offered, t.m.Misses = nil, 0
	data, err := t.m.encode()
	return bots.Result{Session: bots.Session{Rev: t.in.Session.Rev, State: string(t.state), Data: data}}, err
}

// hospital reads a hospital once in a turn.
func (t *turn) hospital(id booking.HospitalID) (booking.Hospital, error) {
	if h, ok := t.hospitals[id]; ok {
		return h, nil
	}
	h, err := t.d.Booking.Hospital(t.ctx, id)
	if err != nil {
		return h, err
	}
	if t.hospitals == nil {
		t.hospitals = map[booking.HospitalID]booking.Hospital{}
	}
	t.hospitals[id] = h
	return h, nil
}

// today is the day at a hospital.
func (t *turn) today(h booking.Hospital) booking.Date { return booking.DateOf(t.now(), h.Location()) }
