package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"guahao/bots"
)

// Send implements bots.Sender: it waits for Telegram's pace, and marks the account when the person has blocked the bot.
func (b *Bot) Send(ctx context.Context, to bots.Account, n bots.Notice) error {
	chat, err := strconv.ParseInt(to.ExternalID, 10, 64)
	if err != nil {
		return fmt.Errorf("account %d has no chat id of Telegram", to.ID)
	}
	options := n.Options
	if n.URL != "" && !leadsTo(options, n.URL) {
		options = append(options[:len(options):len(options)],
			bots.Option{Label: words(to.Lang, detailLabel), URL: n.URL, Row: lastRow(options) + 1})
	}
	r := render(n.Text, options, 0, to.Lang)
	if r.text == "" {
		return errors.New("a notice without text")
	}
	err = b.deliver(ctx, chat, n.Files, r, b.pace.wait)
	if errors.Is(err, bots.ErrBlocked) {
		b.markBlocked(ctx, to)
	}
	return err
}

func leadsTo(options []bots.Option, url string) bool {
	for _, o := range options {
		if o.URL == url {
			return true
		}
	}
	return false
}

func lastRow(options []bots.Option) int {
	last := 0
	for _, o := range options {
		last = max(last, o.Row)
	}
	return last
}
