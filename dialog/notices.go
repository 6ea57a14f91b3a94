package dialog

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"guahao/bots"
	"guahao/dialog/understand"
)

// Notices is what people decide about what they are told. Refusals are *booking.Error.
type Notices interface {
	// Refusable lists the kinds that can be switched off, Wishes those that the person has, and the quiet hours in minutes of the day; equal: none.
	Refusable() []string
	Wishes(ctx context.Context, user bots.UserID) (refused []string, from, to int, err error)
	Switch(ctx context.Context, user bots.UserID, kind string, on bool) error
	KeepQuiet(ctx context.Context, user bots.UserID, from, to int) error

	// MailOn tells whether there is e-mail here. AskEmail has a code sent, ConfirmEmail takes it.
	MailOn() bool
	Email(ctx context.Context, user bots.UserID) (string, error)
	AskEmail(ctx context.Context, by bots.Account, address string) error
	ConfirmEmail(ctx context.Context, user bots.UserID, code string) (string, error)
	DropEmail(ctx context.Context, user bots.UserID) error

	// Forget takes out all of that.
	Forget(ctx context.Context, user bots.UserID) error
}

// The states of what a person wants to be told.
const (
	stateNotices     State = "notices"
	stateQuiet       State = "quiet"
	stateEmail       State = "email"
	stateEmailChange State = "email_change"
	stateEmailCode   State = "email_code"
)

const (
	wantNotices intent = "notices"

	doToggle = "toggle"
	doQuiet  = "quiet"
	doEmail  = "email"
	doDrop   = "drop"
)

func noticeRows() []row {
	return []row{
		{state: stateNotices, flow: flowAnywhere, prompt: "notices", accepts: acceptsOptions, items: noticeItems, chosen: noticeChosen,
			goes: []State{stateQuiet, stateEmail, stateEmailChange}},
		{state: stateQuiet, flow: flowAnywhere, prompt: "quiet", accepts: acceptsOptions, items: quietItems, chosen: quietChosen, typed: quietTyped,
			goes: []State{stateNotices}},
		{state: stateEmail, flow: flowAnywhere, accepts: acceptsOptions, items: emailItems, chosen: emailChosen, goes: []State{stateEmailChange, stateNotices}},
		{state: stateEmailChange, flow: flowAnywhere, prompt: "email.type", accepts: acceptsEntry, idle: idleAsk, typed: emailTyped, goes: []State{stateEmailCode}},
		{state: stateEmailCode, flow: flowAnywhere, prompt: "email.code", accepts: acceptsEntry, idle: idleAsk, typed: emailCodeTyped, goes: []State{stateNotices}},
	}
}

func noticeItems(t *turn) (list, error) {
	refused, from, to, err := t.d.Notices.Wishes(t.ctx, t.in.Account.User)
	if err != nil {
		return list{}, err
	}
	var l list
	for _, kind := range t.d.Notices.Refusable() {
		state := "notices.on"
		for _, r := range refused {
			if r == kind {
				state = "notices.off"
			}
		}
		name := t.named("notice", kind)
		l.items = append(l.items, item{choice: choice{Do: doToggle, Arg: kind}, label: t.say(key(state), "kind", name), names: []string{name}})
	}
	l.items = append(l.items, item{choice: choice{Do: doQuiet}, label: t.say("notices.quiet", "hours", t.hours(from, to)), names: splitNames(t.say("notices.quiet_names"))})
	if !t.d.Notices.MailOn() {
		return l, nil
	}
	address, err := t.d.Notices.Email(t.ctx, t.in.Account.User)
	if err != nil {
		return list{}, err
	}
	label := t.say("notices.add_email")
	if address != "" {
		label = t.say("notices.email", "address", maskAddress(address))
	}
	l.items = append(l.items, item{choice: choice{Do: doEmail}, label: label, names: splitNames(t.say("notices.email_names"))})
	return l, nil
}

// hours say quiet hours.
func (t *turn) hours(from, to int) string {
	if from == to {
		return t.say("quiet.none")
	}
	return fmt.Sprintf("%02d:%02d–%02d:%02d", from/60, from%60, to/60, to%60)
}

// maskAddress keeps the first letter and the domain.
func maskAddress(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	return local[:min(1, len(local))] + "***@" + domain
}

func noticeChosen(t *turn, c choice) error {
	user := t.in.Account.User
	switch c.Do {
	case doQuiet:
		return t.move(stateQuiet)
	case doEmail:
		address, err := t.d.Notices.Email(t.ctx, user)
		if err != nil {
			return err
		}
		if address == "" {
			return t.move(stateEmailChange)
		}
		return t.move(stateEmail)
	}
	refused, _, _, err := t.d.Notices.Wishes(t.ctx, user)
	if err != nil {
		return err
	}
	on := false
	for _, r := range refused {
		on = on || r == c.Arg
	}
	if err := t.d.Notices.Switch(t.ctx, user, c.Arg, on); err != nil {
		return t.refused(err)
	}
	said := key("notices.switched_off")
	if on {
		said = "notices.switched_on"
	}
	t.note(said, "kind", t.named("notice", c.Arg))
	return nil
}

// The quiet hours that are offered, in minutes of the day; others can be typed.
var quietOffers = [][2]int{{22 * 60, 7 * 60}, {21 * 60, 8 * 60}, {20 * 60, 8 * 60}, {0, 0}}

func quietItems(t *turn) (list, error) {
	var l list
	for n, o := range quietOffers {
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(n)}, label: t.hours(o[0], o[1])})
	}
	return l, nil
}

func quietChosen(t *turn, c choice) error {
	o := quietOffers[c.ID]
	return t.keepQuiet(o[0], o[1])
}

func (t *turn) keepQuiet(from, to int) error {
	if err := t.d.Notices.KeepQuiet(t.ctx, t.in.Account.User, from, to); err != nil {
		return t.refused(err)
	}
	if from == to {
		t.note("quiet.never")
	} else {
		t.note("quiet.kept", "hours", t.hours(from, to))
	}
	return t.restore()
}

// hoursForm is 21:30-7:00, 21点半到7点, 22点–7点.
var hoursForm = regexp.MustCompile(`^(\d{1,2})(?:[:点时](\d{2}|半)?分?)?(?:-|–|—|~|到|至)(\d{1,2})(?:[:点时](\d{2}|半)?分?)?$`)

func quietTyped(t *turn, line string) (bool, error) {
	m := hoursForm.FindStringSubmatch(strings.ReplaceAll(strings.ReplaceAll(understand.Narrow(line), " ", ""), "：", ":"))
	if m == nil {
		return false, nil
	}
	clock := func(hour, minute string) int {
		if minute == "半" {
			minute = "30"
		}
		if minute == "" {
			minute = "0"
		}
		h, least := int(atoi(hour)), int(atoi(minute))
		if h > 24 || least > 59 || h == 24 && least > 0 {
			return -1
		}
		return (h*60 + least) % (24 * 60)
	}
	from, to := clock(m[1], m[2]), clock(m[3], m[4])
	if from < 0 || to < 0 {
		return false, nil
	}
	return true, t.keepQuiet(from, to)
}

func emailItems(t *turn) (list, error) {
	address, err := t.d.Notices.Email(t.ctx, t.in.Account.User)
	if err != nil {
		return list{}, err
	}
	return list{text: t.say("email", "address", maskAddress(address)), items: []item{
		{choice: choice{Do: doEmail}, label: t.say("email.change")},
		{choice: choice{Do: doDrop}, label: t.say("email.drop")},
	}}, nil
}

func emailChosen(t *turn, c choice) error {
	if c.Do == doEmail {
		return t.move(stateEmailChange)
	}
	if err := t.d.Notices.DropEmail(t.ctx, t.in.Account.User); err != nil {
		return err
	}
	t.note("email.dropped")
	return t.restore()
}

// emailTyped has a code sent to an address. It is somebody's own, so that Telegram deletes the line.
func emailTyped(t *turn, line string) (bool, error) {
	t.forget = true
	address := strings.TrimSpace(understand.Narrow(line))
	if err := t.d.Notices.AskEmail(t.ctx, t.in.Account, address); err != nil {
		t.missed = true
		return true, t.refused(err)
	}
	t.note("email.sent", "address", maskAddress(address))
	return true, t.move(stateEmailCode)
}

func emailCodeTyped(t *turn, line string) (bool, error) {
	code := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, understand.Narrow(line))
	if len(code) != 6 {
		t.missed = true
		t.note("email.six")
		return true, nil
	}
	address, err := t.d.Notices.ConfirmEmail(t.ctx, t.in.Account.User, code)
	if err != nil {
		t.missed = true
		return true, t.refused(err)
	}
	t.note("email.done", "address", maskAddress(address))
	return true, t.settle(stateNotices)
}
