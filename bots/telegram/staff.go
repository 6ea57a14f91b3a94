package telegram

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/go-telegram/bot/models"

	"guahao/bots"
)

// The staff chat is a group of the people who answer when somebody asks for a person. Each message of a patient comes there with the
// number of its handover, as "#12"; whoever replies to one of these messages answers that patient, and /release gives the
// conversation back to the bot. What staff say to each other is left alone.

// tagged finds the number of a handover in a message of ours.
var tagged = regexp.MustCompile(`^#([0-9]{1,18})\b`)

// releaseCommand gives a conversation back: as a reply, or with the number.
const releaseCommand = "release"

// ofStaff tells whether a message comes from the staff chat.
func (b *Bot) ofStaff(u *models.Update) bool {
	return b.staffChat != 0 && (u.Message != nil && u.Message.Chat.ID == b.staffChat || u.EditedMessage != nil && u.EditedMessage.Chat.ID == b.staffChat)
}

// fromStaff takes a message from the staff chat. An error means that Telegram shall deliver it again.
func (b *Bot) fromStaff(ctx context.Context, inbox *bots.Inbox, u *models.Update) error {
	m := u.Message
	if m == nil || m.From == nil || m.From.IsBot || isService(m) {
		return nil
	}
	id, kind := b.meant(m)
	switch {
	case kind == "" || id == 0 && kind == bots.Answer:
		return nil
	case id == 0:
		return b.tellStaff(ctx, releaseHow)
	case kind == bots.Answer && clean(m.Text) == "":
		return b.tellStaff(ctx, fmt.Sprintf(onlyWords, id))
	}
	h, err := b.accounts.Handover(ctx, id)
	switch {
	case errors.Is(err, bots.ErrNoHandover), err == nil && h.Account.Platform != bots.Telegram:
		return b.tellStaff(ctx, fmt.Sprintf(noHandover, id))
	case err != nil:
		return err
	}
	update := bots.Update{
		Platform: bots.Telegram, Key: strconv.FormatInt(u.ID, 10), From: h.Account.ExternalID, Kind: kind,
		Text: clean(m.Text), Arg: strconv.FormatInt(int64(id), 10), At: b.now(),
	}
	return b.passOn(ctx, inbox, update, id)
}

// meant tells which handover a message of staff is for, and what shall be done: Kind "" for nothing.
func (b *Bot) meant(m *models.Message) (bots.HandoverID, bots.Kind) {
	number := func(text string) bots.HandoverID {
		parts := tagged.FindStringSubmatch(text)
		if parts == nil {
			return 0
		}
		id, _ := strconv.ParseInt(parts[1], 10, 64) // it is a number
		return bots.HandoverID(id)
	}
	var id bots.HandoverID
	if to := m.ReplyToMessage; to != nil && to.From != nil && to.From.ID == b.id {
		id = number(to.Text)
	}
	name, arg, isCommand := parseCommand(m.Text)
	switch {
	case isCommand && name == releaseCommand && arg != "":
		return number("#" + arg), bots.Release
	case isCommand && name == releaseCommand:
		return id, bots.Release
	case isCommand:
		return 0, ""
	}
	return id, bots.Answer
}

// passOn brings what staff said to the patient, or says why it cannot.
func (b *Bot) passOn(ctx context.Context, inbox *bots.Inbox, u bots.Update, id bots.HandoverID) error {
	leave, err := b.chats.Enter(ctx, u.From)
	if err != nil {
		return err
	}
	defer leave()
	out, err := inbox.Handle(ctx, u)
	if err != nil || out.Answered {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sending)
	defer cancel()
	said := ""
	if out.Reply.Empty() {
		said = fmt.Sprintf(handoverOver, id)
	} else {
		chat, err := strconv.ParseInt(u.From, 10, 64)
		if err != nil {
			return fmt.Errorf("account %d has no chat id of Telegram", out.Account.ID)
		}
		_, err = b.answer(ctx, incoming{update: u, chat: chat}, out)
		switch {
		case errors.Is(err, bots.ErrBlocked):
			b.markBlocked(ctx, out.Account)
			said = fmt.Sprintf(patientGone, id)
		case err != nil && !isRefusal(err):
			return err
		case u.Kind == bots.Release:
			said = fmt.Sprintf(released, id)
		}
	}
	if said != "" {
		if err := b.tellStaff(ctx, said); err != nil {
			b.log.WarnContext(ctx, "staff were not told", "error", err)
		}
	}
	b.mark(ctx, inbox, out.Account, u.Key)
	return nil
}

// relay brings what a patient wrote to the staff chat, and then the reply, if there is one, to the patient. When the staff chat takes nothing,
// the conversation is given back at once: nobody shall wait for an answer that cannot come.
func (b *Bot) relay(ctx context.Context, inbox *bots.Inbox, in incoming, out bots.Outcome) error {
	r := out.Reply.Relay
	text := fmt.Sprintf("#%d %s", r.Handover, r.Text)
	if r.First {
		text += "\n\n" + staffHow
	}
	var err error
	if r.Text != "" {
		err = b.tellStaff(ctx, text)
	}
	if isRefusal(err) || errors.Is(err, bots.ErrBlocked) {
		b.log.ErrorContext(ctx, "the staff chat takes no messages: is the bot a member of it?", "error", err)
		if out, err = b.takeBack(ctx, inbox, in, out); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if _, err := b.answer(ctx, in, out); errors.Is(err, bots.ErrBlocked) {
		b.markBlocked(ctx, out.Account)
	} else if err != nil && !isRefusal(err) {
		return err
	}
	b.mark(ctx, inbox, out.Account, in.update.Key)
	return nil
}

// takeBack gives a conversation back to the bot because staff cannot be reached.
func (b *Bot) takeBack(ctx context.Context, inbox *bots.Inbox, in incoming, out bots.Outcome) (bots.Outcome, error) {
	u := bots.Update{
		Platform: bots.Telegram, Key: "unreachable:" + in.update.Key, From: in.update.From, Kind: bots.Release,
		Arg: strconv.FormatInt(int64(out.Reply.Relay.Handover), 10), At: b.now(),
	}
	back, err := inbox.Handle(ctx, u)
	if err != nil {
		return out, err
	}
	back.Reply.Text = words(out.Account.Lang, staffAway) + "\n\n" + back.Reply.Text
	back.Reply.Forget = out.Reply.Forget
	return back, nil
}

// tellStaff writes into the staff chat.
func (b *Bot) tellStaff(ctx context.Context, text string) error {
	if err := b.pace.count(ctx, b.staffChat); err != nil {
		return err
	}
	return b.write(ctx, b.staffChat, rendered{text: clean(text), lang: "zh"})
}
