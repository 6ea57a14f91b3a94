package telegram

import (
	"context"
	"errors"
	"time"

	tg "github.com/go-telegram/bot"

	"guahao/bots"
)

// call makes an API call to a chat; after a 429 with a short wait once more. do must build its request anew each time.
func (b *Bot) call(ctx context.Context, method string, chat int64, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := b.explain(method, do())
		var wait *bots.RetryError
		if !errors.As(err, &wait) {
			if err == nil {
				b.pace.went()
			}
			return err
		}
		wait = b.pace.told(chat, wait.After)
		if wait.After > patience || attempt == 3 {
			return wait
		}
		const margin = 50 * time.Millisecond // the clocks are two
		if err := sleep(ctx, wait.After+margin); err != nil {
			return wait
		}
	}
}

// write sends a text.
func (b *Bot) write(ctx context.Context, chat int64, r rendered) error {
	return b.call(ctx, "sendMessage", chat, func() error { return b.post(ctx, "sendMessage", newText(chat, r)) })
}

// edit changes a text of ours in place.
func (b *Bot) edit(ctx context.Context, chat int64, message int, r rendered) error {
	params := editText{Message: message, sendText: newText(chat, r)}
	err := b.call(ctx, "editMessageText", chat, func() error { return b.post(ctx, "editMessageText", params) })
	if isRefusal(err, "message is not modified") {
		return nil
	}
	return err
}

// dropKeys removes the keyboard of a message of ours. That it cannot is no matter: its buttons are out of date by revision.
func (b *Bot) dropKeys(ctx context.Context, chat int64, message int) {
	err := b.call(ctx, "editMessageReplyMarkup", chat, func() error {
		_, err := b.api.EditMessageReplyMarkup(ctx, &tg.EditMessageReplyMarkupParams{ChatID: chat, MessageID: message})
		return err
	})
	if err != nil && !isRefusal(err) {
		b.log.WarnContext(ctx, "an old keyboard was not removed", "error", err)
	}
}

// remove deletes a message from the chat, as far as Telegram can: it does so within 48 hours.
func (b *Bot) remove(ctx context.Context, chat int64, message int) {
	err := b.call(ctx, "deleteMessage", chat, func() error {
		_, err := b.api.DeleteMessage(ctx, &tg.DeleteMessageParams{ChatID: chat, MessageID: message})
		return err
	})
	if err != nil && !isRefusal(err, "message to delete not found") {
		b.log.WarnContext(ctx, "a message with personal data was not deleted", "error", err)
	}
}

// acknowledgement ends the waiting sign on a pressed button. It never stops a step: the query may be too old.
func acknowledgement(query, toast string) *ride {
	return &ride{"answerCallbackQuery", answerPress{Query: query, Text: shorten(clean(toast), maxToast, "…")}}
}

// carry makes the call that would have ridden in a response, where there is none.
func (b *Bot) carry(ctx context.Context, r *ride) {
	if err := b.explain(r.method, b.post(ctx, r.method, r.params)); err != nil && !isRefusal(err, "query is too old") {
		b.log.WarnContext(ctx, "a press was not acknowledged", "error", err)
	}
}
