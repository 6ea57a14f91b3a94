package dialog

import (
	"context"
	"errors"
	"strings"

	"guahao/bots"
	"guahao/dialog/understand"
)

// Links makes two chat accounts one person's by a one-time code; *bots.Store satisfies it. The step itself asks the inbox for the
// link ([bots.Link]), which happens in the step's own transaction.
type Links interface {
	// LinkCode makes a code for this account to show: eight digits, void after bots.LinkCodeLife.
	LinkCode(ctx context.Context, account bots.AccountID) (string, error)
	// ClaimLink takes a code that was typed here. Its refusals are bots.ErrLink….
	ClaimLink(ctx context.Context, code string, by bots.Account) error
	// ClaimedLink is the account whose code was taken here, or bots.ErrLinkCode.
	ClaimedLink(ctx context.Context, by bots.Account) (bots.Account, error)
	// AccountsOf lists the person's accounts.
	AccountsOf(ctx context.Context, user bots.UserID) ([]bots.Account, error)
	// SiblingSession is where the person's other account stands; false when there is none, or nothing was begun there.
	SiblingSession(ctx context.Context, a bots.Account) (bots.Session, bots.Platform, bool, error)
}

// The states of linking.
const (
	stateLink        State = "link"
	stateLinkCode    State = "link_code"
	stateLinkType    State = "link_type"
	stateLinkConfirm State = "link_confirm"
	stateUnlink      State = "unlink"
)

const flowLink flow = "link"

// What may be done.
const (
	doShowCode = "show"
	doTypeCode = "type"
	doLink     = "link"
	doUnlink   = "unlink"
)

// wantLink asks for it.
const wantLink intent = "link"

// linkRows make one person of two accounts, and two of one.
func linkRows() []row {
	return []row{
		{
			state: stateLink, flow: flowLink, prompt: "link", accepts: acceptsNames, items: linkItems, chosen: linkChosen,
			goes: []State{stateLinkCode, stateLinkType, stateUnlink},
		},
		{state: stateLinkCode, flow: flowLink, accepts: acceptsNames, items: linkCodeItems, chosen: linkCodeChosen},
		{
			state: stateLinkType, flow: flowLink, prompt: "link.type", accepts: acceptsEntry, idle: idleAsk,
			typed: linkTyped, goes: []State{stateLinkConfirm},
		},
		{
			state: stateLinkConfirm, flow: flowLink, accepts: acceptsOptions,
			items: linkConfirmItems, chosen: linkConfirmed, goes: []State{stateLink},
		},
		{
			state: stateUnlink, flow: flowLink, accepts: acceptsOptions,
			items: unlinkItems, chosen: unlinkChosen, goes: []State{stateLink},
		},
	}
}

// other is the person's account on another platform; false when there is none.
func (t *turn) other() (bots.Account, bool, error) {
	accounts, err := t.d.Links.AccountsOf(t.ctx, t.in.Account.User)
	if err != nil {
		return bots.Account{}, false, err
	}
	for _, a := range accounts {
		if a.ID != t.in.Account.ID {
			return a, true, nil
		}
	}
	return bots.Account{}, false, nil
}

// platform names one.
func (t *turn) platform(p bots.Platform) string { return t.named("platform", string(p)) }

func linkItems(t *turn) (list, error) {
	other, linked, err := t.other()
	if err != nil {
		return list{}, err
	}
	if t.linked { // it becomes true with this step
		claimed, err := t.d.Links.ClaimedLink(t.ctx, t.in.Account)
		if err == nil {
			other, linked = claimed, true
		}
	}
	if linked && !t.parted {
		return list{prompt: "link.linked", args: []any{"platform", t.platform(other.Platform)},
			items: []item{{choice: choice{Do: doUnlink}, label: t.say("link.unlink")}}}, nil
	}
	return list{items: []item{
		{choice: choice{Do: doShowCode}, label: t.say("link.show")},
		{choice: choice{Do: doTypeCode}, label: t.say("link.enter")},
	}}, nil
}

func linkChosen(t *turn, c choice) error {
	switch c.Do {
	case doUnlink:
		return t.move(stateUnlink)
	case doTypeCode:
		return t.move(stateLinkType)
	}
	return t.showCode()
}

// showCode makes a code. It is said once, in the reply that makes it: a list that is shown again has none.
func (t *turn) showCode() error {
	code, err := t.d.Links.LinkCode(t.ctx, t.in.Account.ID)
	if errors.Is(err, bots.ErrLinkTooMany) {
		t.note("link.too_many")
		return nil
	}
	if err != nil {
		return err
	}
	t.note("link.code", "code", code[:4]+" "+code[4:], "minutes", int(bots.LinkCodeLife.Minutes()))
	if t.state == stateLinkCode {
		return nil
	}
	return t.move(stateLinkCode)
}

func linkCodeItems(t *turn) (list, error) {
	return list{text: t.say("link.code_how"), items: []item{{choice: choice{Do: doShowCode}, label: t.say("link.another")}}}, nil
}

func linkCodeChosen(t *turn, _ choice) error { return t.showCode() }

// linkTyped takes the code as people type it: in two groups, full-width, with words around it.
func linkTyped(t *turn, line string) (bool, error) {
	code := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, understand.Narrow(line))
	if len(code) != 8 {
		t.missed = true
		t.note("link.eight")
		return true, nil
	}
	err := t.d.Links.ClaimLink(t.ctx, code, t.in.Account)
	refusals := map[error]key{
		bots.ErrLinkCode: "link.wrong", bots.ErrLinkTooMany: "link.too_many", bots.ErrLinkSelf: "link.self", bots.ErrLinkTaken: "link.taken",
	}
	for refusal, said := range refusals {
		if errors.Is(err, refusal) {
			t.missed = errors.Is(err, bots.ErrLinkCode)
			t.note(said)
			return true, nil
		}
	}
	if err != nil {
		return true, err
	}
	return true, t.move(stateLinkConfirm)
}

func linkConfirmItems(t *turn) (list, error) {
	owner, err := t.d.Links.ClaimedLink(t.ctx, t.in.Account)
	if errors.Is(err, bots.ErrLinkCode) || errors.Is(err, bots.ErrLinkTaken) {
		return list{text: t.say("link.lapsed")}, nil
	}
	if err != nil {
		return list{}, err
	}
	text := t.say("link.confirm", "here", t.platform(t.in.Account.Platform), "there", t.platform(owner.Platform))
	return list{text: text, items: []item{
		{choice: choice{Do: doLink, Explicit: true}, label: t.say("word.link"), yes: true},
		{choice: choice{Do: doNo}, label: t.say("link.no"), no: true},
	}}, nil
}

// linkConfirmed asks the inbox for the link, if the code is good still.
func linkConfirmed(t *turn, c choice) error {
	if c.Do == doNo {
		return t.back()
	}
	owner, err := t.d.Links.ClaimedLink(t.ctx, t.in.Account)
	if errors.Is(err, bots.ErrLinkCode) || errors.Is(err, bots.ErrLinkTaken) {
		return nil // the step says that it has lapsed
	}
	if err != nil {
		return err
	}
	t.link, t.linked = &bots.Link{With: owner.ID}, true
	t.m.Draft = draft{}
	t.note("link.done", "platform", t.platform(owner.Platform))
	return t.settle(stateLink)
}

func unlinkItems(t *turn) (list, error) {
	other, linked, err := t.other()
	if err != nil {
		return list{}, err
	}
	if !linked {
		return list{text: t.say("link.alone")}, nil
	}
	text := t.say("link.unlink_ask", "here", t.platform(t.in.Account.Platform), "there", t.platform(other.Platform))
	return list{text: text, items: []item{
		{choice: choice{Do: doUnlink, Explicit: true}, label: t.say("word.unlink"), yes: true},
		{choice: choice{Do: doNo}, label: t.say("link.keep"), no: true},
	}}, nil
}

func unlinkChosen(t *turn, c choice) error {
	if c.Do == doNo {
		return t.back()
	}
	t.link, t.parted = &bots.Link{Part: true}, true
	t.note("link.parted")
	return t.settle(stateLink)
}
