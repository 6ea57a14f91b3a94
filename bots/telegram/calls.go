package telegram

import (
	"context"
	"errors"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

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

var noPreview = &models.LinkPreviewOptions{IsDisabled: tg.True()}

// write sends a text.
func (b *Bot) write(ctx context.Context, chat int64, r rendered) error {
	return b.call(ctx, "sendMessage", chat, func() error {
		_, err := b.api.SendMessage(ctx, &tg.SendMessageParams{
			ChatID: chat, Text: fit(r.text, maxText, r.lang), LinkPreviewOptions: noPreview, ReplyMarkup: r.keys.markup(),
		})
		return err
	})
}

// edit changes a text of ours in place.
func (b *Bot) edit(ctx context.Context, chat int64, message int, r rendered) error {
	err := b.call(ctx, "editMessageText", chat, func() error {
		_, err := b.api.EditMessageText(ctx, &tg.EditMessageTextParams{
			ChatID: chat, MessageID: message, Text: fit(r.text, maxText, r.lang), LinkPreviewOptions: noPreview,
			ReplyMarkup: r.keys.markup(),
		})
		return err
	})
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

// acknowledge ends the waiting sign on a pressed button. It never stops a step: the query may be too old.
func (b *Bot) acknowledge(ctx context.Context, query, toast string) {
	_, err := b.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{
		CallbackQueryID: query, Text: shorten(clean(toast), maxToast, "…"),
	})
	if err := b.explain("answerCallbackQuery", err); err != nil && !isRefusal(err, "query is too old") {
		b.log.WarnContext(ctx, "a press was not acknowledged", "error", err)
	}
}
