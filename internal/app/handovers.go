package app

import (
	"context"
	"fmt"
	"strings"

	"guahao/bots"
)

// handoverDesk is the conversations that are with a person, as the console has them.
type handoverDesk struct{ a *App }

func (d handoverDesk) Open(ctx context.Context, limit int) ([]bots.Handover, error) {
	return d.a.Accounts.OpenHandovers(ctx, limit)
}

func (d handoverDesk) Handover(ctx context.Context, id bots.HandoverID) (bots.Handover, error) {
	return d.a.Accounts.Handover(ctx, id)
}

func (d handoverDesk) Take(ctx context.Context, id bots.HandoverID, staff int64) error {
	return d.a.Accounts.TakeHandover(ctx, id, staff)
}

// Answer brings what staff say to the patient. The same key says it once.
func (d handoverDesk) Answer(ctx context.Context, id bots.HandoverID, text, key string) error {
	return d.pass(ctx, id, bots.Update{Kind: bots.Answer, Text: text, Key: "desk:" + key})
}

// Release gives the conversation back to the bot, and tells the patient so.
func (d handoverDesk) Release(ctx context.Context, id bots.HandoverID) error {
	return d.pass(ctx, id, bots.Update{Kind: bots.Release, Key: fmt.Sprintf("desk:release:%d", id)})
}

// pass takes an update of staff through the inbox, and what the patient is told of it to their chat. What a platform refuses is the caller's
// to say: the conversation is as it is after the update.
func (d handoverDesk) pass(ctx context.Context, id bots.HandoverID, u bots.Update) error {
	h, err := d.a.Accounts.Handover(ctx, id)
	if err != nil {
		return err
	}
	if !h.ClosedAt.IsZero() {
		return bots.ErrNoHandover
	}
	u.Platform, u.From, u.Arg, u.At = h.Account.Platform, h.Account.ExternalID, fmt.Sprint(id), d.a.cfg.Now()
	out, err := d.a.inbox.Handle(ctx, u)
	if err != nil || out.Answered {
		return err
	}
	if out.Reply.Empty() { // it was given back meanwhile
		return bots.ErrNoHandover
	}
	sender := d.a.senders[h.Account.Platform]
	if sender == nil {
		return bots.ErrUnreachable
	}
	text := out.Reply.Text
	if lines := numbered(out.Reply.Options); lines != "" {
		text += "\n\n" + lines
	}
	if err := sender.Send(ctx, h.Account, bots.Notice{Kind: "handover", Text: text}); err != nil {
		return err
	}
	return d.a.inbox.Answered(ctx, u.Platform, u.Key)
}

// numbered writes the options of a step as lines: a notice has no buttons that could be of this step, but a number means what it says on every
// platform.
func numbered(options []bots.Option) string {
	var lines []string
	for _, o := range options {
		if o.URL == "" {
			lines = append(lines, fmt.Sprintf("%d. %s", o.Index, o.Label))
		}
	}
	return strings.Join(lines, "\n")
}
