package telegram

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/go-telegram/bot/models"

	"guahao/bots"
)

// sending is how long a reply may take after its update was committed, even when Telegram has hung up meanwhile.
const sending = 20 * time.Second

// process handles one update and sends its reply. An error means that Telegram shall deliver it again. What it returns besides is left to be called, in the
// response to Telegram if mayRide. A chat's updates are processed one after another, so that a repetition finds out that the first one's reply is on its way.
func (b *Bot) process(ctx context.Context, inbox *bots.Inbox, u *models.Update, mayRide bool) (*ride, error) {
	if b.ofStaff(u) {
		return nil, b.fromStaff(ctx, inbox, u)
	}
	in := b.read(u)
	if !in.wanted {
		b.turnAway(ctx, inbox, in)
		return nil, nil
	}
	leave, err := b.chats.Enter(ctx, in.update.From)
	if err != nil {
		return nil, err
	}
	defer leave()
	out, err := inbox.Handle(ctx, in.update)
	if err != nil {
		return nil, err
	}
	var beside *ride
	if in.press != nil {
		beside = acknowledgement(in.press.query, out.Reply.Toast)
	}
	if out.Answered {
		return beside, nil
	}
	if out.Reply.Relay != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sending)
		defer cancel()
		return beside, b.relay(ctx, inbox, in, out)
	}
	if mayRide && beside == nil {
		if beside = b.onlyText(in, out); beside != nil {
			return beside, nil
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sending)
	defer cancel()
	return beside, b.send(ctx, inbox, in, out)
}

// onlyText is the reply that is one new message, to be sent in the response; nil for any other, and while Telegram might refuse a message
// because of its rates.
func (b *Bot) onlyText(in incoming, out bots.Outcome) *ride {
	reply := out.Reply
	r := render(reply.Text, reply.Options, reply.Rev, out.Account.Lang)
	if r.text == "" || len(reply.Files) > 0 || reply.Forget || out.Repeated || !b.pace.free(in.chat) {
		return nil
	}
	return &ride{"sendMessage", newText(in.chat, r)}
}

// send answers by calls, and notes it where a repetition would be seen.
func (b *Bot) send(ctx context.Context, inbox *bots.Inbox, in incoming, out bots.Outcome) error {
	fresh, err := b.answer(ctx, in, out)
	switch {
	case errors.Is(err, bots.ErrBlocked):
		b.markBlocked(ctx, out.Account)
	case isRefusal(err): // it would be refused the next time, too
		b.log.ErrorContext(ctx, "Telegram refused a reply", "account", out.Account.ID, "error", err)
	case err != nil:
		b.log.WarnContext(ctx, "a reply was not sent", "account", out.Account.ID, "error", err)
		return err
	}
	if !fresh { // doing it again would change nothing
		return nil
	}
	b.mark(ctx, inbox, out.Account, in.update.Key)
	return nil
}

// mark notes that a reply has gone out. Without it a repetition of the update sends the reply again.
func (b *Bot) mark(ctx context.Context, inbox *bots.Inbox, to bots.Account, key string) {
	if err := inbox.Answered(ctx, bots.Telegram, key); err != nil {
		b.log.WarnContext(ctx, "a reply that was sent could not be marked", "account", to.ID, "error", err)
	}
}

// turnAway says a sentence to what is not served, or nothing.
func (b *Bot) turnAway(ctx context.Context, inbox *bots.Inbox, in incoming) {
	inbox.Count(bots.Telegram, bots.OutcomeIgnored)
	b.log.InfoContext(ctx, "an update is not served", "platform", bots.Telegram, "reason", in.why, "group", min(in.chat, 0)) // a group's id is what the staff chat is configured by
	if in.say == "" || b.pace.count(ctx, in.chat) != nil {
		return
	}
	if err := b.write(ctx, in.chat, rendered{text: in.say}); err != nil {
		b.log.InfoContext(ctx, "an explanation was not sent", "error", err)
	}
}

// answer puts the reply into the chat and deletes what shall not stay there. It tells whether something new has come into the chat.
func (b *Bot) answer(ctx context.Context, in incoming, out bots.Outcome) (fresh bool, err error) {
	fresh, err = b.reply(ctx, in, out)
	if err == nil && out.Reply.Forget && in.press == nil {
		if id, err := strconv.Atoi(in.update.Message); err == nil {
			b.remove(ctx, in.chat, id)
		}
	}
	return fresh, err
}

// reply puts the reply into the chat: by changing the message that was pressed, or as a new one.
func (b *Bot) reply(ctx context.Context, in incoming, out bots.Outcome) (fresh bool, err error) {
	reply := out.Reply
	r := render(reply.Text, reply.Options, reply.Rev, out.Account.Lang)
	if r.text == "" && len(reply.Files) == 0 {
		return false, nil
	}
	pressed := in.press != nil && in.press.message != 0 && !reply.Keep
	if pressed && !in.press.file && len(reply.Files) == 0 {
		err := b.edit(ctx, in.chat, in.press.message, r)
		if !isRefusal(err, "message to edit not found", "message can't be edited", "there is no text in the message") {
			return false, err
		}
		pressed = false // it is gone
	}
	err = b.deliver(ctx, in.chat, reply.Files, r, b.pace.count)
	if err == nil && pressed {
		b.dropKeys(ctx, in.chat, in.press.message)
	}
	return true, err
}

func (b *Bot) markBlocked(ctx context.Context, to bots.Account) {
	if b.accounts == nil || to.ID == 0 {
		return
	}
	if err := b.accounts.SetBlocked(ctx, to.ID, true); err != nil {
		b.log.WarnContext(ctx, "a blocked account could not be marked", "account", to.ID, "error", err)
	}
}
