package dialog

import (
	"context"
	"errors"
	"strings"

	"guahao/booking"
	"guahao/bots"
)

// Personal is what the conversation needs to know of what is stored about a user; *booking.Store satisfies it.
type Personal interface {
	StoredAbout(ctx context.Context, user booking.UserID) (booking.Stored, error)
	ForgetUser(ctx context.Context, user booking.UserID, key string) error
}

// The states of "my data".
const (
	stateData   State = "data"
	stateForget State = "forget"
)

// wantData asks for it, wantForget for being forgotten.
const (
	wantData   intent = "data"
	wantForget intent = "forget"
)

const (
	doExport = "export"
	doForget = "forget"
)

// The files of an export, as the app names them: to be read by a person, and by a program.
const (
	dataPage = "data_page"
	dataJSON = "data_json"
)

// dataRows is what a person may know and decide about what is stored about them.
func dataRows() []row {
	return []row{
		{
			state: stateData, flow: flowAnywhere, accepts: acceptsOptions,
			items: dataItems, chosen: dataChosen, goes: []State{stateForget},
		},
		{
			state: stateForget, flow: flowAnywhere, prompt: "forget", accepts: acceptsOptions,
			items: forgetItems, chosen: forgetChosen, goes: []State{stateMenu, stateVisits},
		},
	}
}

func dataItems(t *turn) (list, error) {
	about, err := t.d.Booking.StoredAbout(t.ctx, t.user())
	if err != nil {
		return list{}, err
	}
	lines := []string{
		t.say("data"),
		t.say("data.account"),
		t.say("data.patients", "count", len(about.Patients), "removed", about.Removed),
		t.say("data.visits", "count", len(about.Visits), "waits", len(about.Waits)),
		t.say("data.words", "reviews", len(about.Reviews), "appeals", len(about.Appeals)),
		t.say("data.chat"),
	}
	if t.d.Broadcasts != nil {
		if refuses, err := t.d.Broadcasts.Refuses(t.ctx, t.in.Account.User); err != nil {
			return list{}, err
		} else if refuses {
			lines = append(lines, t.say("data.silence"))
		}
	}
	if t.d.Notices != nil {
		address, err := t.d.Notices.Email(t.ctx, t.in.Account.User)
		if err != nil {
			return list{}, err
		}
		if address != "" {
			lines = append(lines, t.say("data.email"))
		}
	}
	starts := item{choice: choice{Do: doNoStarts}, label: t.say("starts.off"), names: splitNames(t.say("starts.off_names"))}
	if about.NoStarts {
		lines = append(lines, t.say("data.no_starts"))
		starts = item{choice: choice{Do: doStarts}, label: t.say("starts.on"), names: splitNames(t.say("starts.on_names"))}
	}
	return list{text: strings.Join(lines, "\n"), items: []item{
		{choice: choice{Do: doExport}, label: t.say("data.export"), names: splitNames(t.say("data.export_names"))},
		{choice: choice{Do: doForget}, label: t.say("data.forget"), names: splitNames(t.say("data.forget_names"))},
		starts,
	}}, nil
}

func dataChosen(t *turn, c choice) error {
	if c.Do == doStarts || c.Do == doNoStarts {
		return t.refuseStarts(c.Do == doNoStarts)
	}
	if c.Do == doForget {
		return t.move(stateForget)
	}
	said := key("data.brings")
	if t.abroad() {
		said = "data.brings_abroad"
	}
	t.note(said)
	t.attach = append(t.attach, bots.Attachment{Kind: dataPage}, bots.Attachment{Kind: dataJSON})
	return nil
}

// forgetItems says what is erased and what the law makes the hospital keep, before it asks for the whole word.
func forgetItems(t *turn) (list, error) {
	return list{args: []any{"word", t.named("word", doForget)}, items: []item{
		{choice: choice{Do: doKeep}, label: t.say("forget.no"), no: true},
		{choice: choice{Do: doForget, Explicit: true}, label: t.named("word", doForget), yes: true},
	}}, nil
}

func forgetChosen(t *turn, c choice) error {
	if c.Do == doKeep {
		return t.restore()
	}
	err := t.d.Booking.ForgetUser(t.ctx, t.user(), "forget:"+t.effectKey())
	switch {
	case errors.Is(err, booking.ErrVisitsToCome):
		if err := t.refused(err); err != nil {
			return err
		}
		return t.move(stateVisits)
	case err != nil:
		return t.refused(err)
	}
	if t.d.Broadcasts != nil {
		if err := t.d.Broadcasts.Refuse(t.ctx, t.in.Account.User, false); err != nil {
			return err
		}
	}
	if t.d.Notices != nil {
		if err := t.d.Notices.Forget(t.ctx, t.in.Account.User); err != nil {
			return err
		}
	}
	t.forgotten = true
	return t.home()
}

// farewell is the last answer to who is forgotten. What they send next is a stranger's, so its only option is a command.
func (t *turn) farewell() bots.Result {
	return bots.Result{
		Session: bots.Session{Rev: t.in.Session.Rev, State: string(stateMenu)},
		Reply:   bots.Reply{Text: t.say("forget.done"), Keep: true, Options: []bots.Option{{Label: t.say("to_menu"), Command: "menu"}}},
		Forget:  true,
	}
}
