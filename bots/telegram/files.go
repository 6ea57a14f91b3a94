package telegram

import (
	"bytes"
	"context"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"guahao/bots"
)

// Limits of what a bot may upload.
const (
	maxPicture  = 10 << 20 // bytes
	maxDocument = 50 << 20
)

// deliver sends files and a text with its keyboard: the text is the last file's caption if it fits there, and else a message of
// its own below. turn waits for each message's place in the pace.
func (b *Bot) deliver(ctx context.Context, chat int64, files []bots.File, r rendered, turn func(context.Context, int64) error) error {
	caption := len(files) > 0 && units(r.text) <= maxCaption
	for n, f := range files {
		words := rendered{text: clean(f.Label), lang: r.lang}
		if caption && n == len(files)-1 {
			words = r
		}
		if err := turn(ctx, chat); err != nil {
			return err
		}
		err := b.file(ctx, chat, f, words)
		switch {
		case isRefusal(err): // the words go all the same
			b.log.ErrorContext(ctx, "Telegram refused a file", "name", f.Name, "error", err)
			caption = caption && n < len(files)-1
		case err != nil:
			return err
		}
	}
	if caption || r.text == "" {
		return nil
	}
	if err := turn(ctx, chat); err != nil {
		return err
	}
	return b.write(ctx, chat, r)
}

// file sends a picture or a document. A caption that is empty is none.
func (b *Bot) file(ctx context.Context, chat int64, f bots.File, r rendered) error {
	limit := maxDocument
	if f.Picture() {
		limit = maxPicture
	}
	if len(f.Data) == 0 || len(f.Data) > limit {
		return &refusedError{"a file", "it is empty or too large"}
	}
	upload := func() models.InputFile { // its reader is consumed
		return &models.InputFileUpload{Filename: f.Name, Data: bytes.NewReader(f.Data)}
	}
	caption := fit(r.text, maxCaption, r.lang)
	if f.Picture() {
		return b.call(ctx, "sendPhoto", chat, func() error {
			_, err := b.api.SendPhoto(ctx, &tg.SendPhotoParams{
				ChatID: chat, Photo: upload(), Caption: caption, ReplyMarkup: r.keys.markup(),
			})
			return err
		})
	}
	return b.call(ctx, "sendDocument", chat, func() error {
		_, err := b.api.SendDocument(ctx, &tg.SendDocumentParams{
			ChatID: chat, Document: upload(), Caption: caption, ReplyMarkup: r.keys.markup(),
		})
		return err
	})
}
