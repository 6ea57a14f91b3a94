package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	tg "github.com/go-telegram/bot"

	"guahao/bots"
)

const (
	pollFor   = 25 * time.Second // how long Telegram waits for an update
	firstWait = 200 * time.Millisecond
	longWait  = 10 * time.Second
)

// Poll fetches updates instead of being called by Telegram: for development, in one process, where no public URL is at hand. It
// removes the webhook, and returns when ctx ends or Telegram refuses the token. An update is confirmed when it was handled
// and answered; one that fails is tried again before the next.
func (b *Bot) Poll(ctx context.Context, inbox *bots.Inbox) error {
	if _, err := b.api.DeleteWebhook(ctx, &tg.DeleteWebhookParams{}); err != nil {
		return fmt.Errorf("remove the webhook to poll: %w", b.explain("deleteWebhook", err))
	}
	wait := firstWait
	for offset := int64(0); ctx.Err() == nil; {
		batch, err := b.getUpdates(ctx, offset)
		var fatal *fatalError
		switch {
		case errors.As(err, &fatal):
			return err
		case err != nil && ctx.Err() == nil:
			b.log.WarnContext(ctx, "polling Telegram failed", "error", err)
			_ = sleep(ctx, wait) // the loop looks at ctx
			wait = min(2*wait, longWait)
			continue
		}
		wait = firstWait
		for _, body := range batch {
			offset = max(offset, b.pollOne(ctx, inbox, body)+1)
		}
	}
	return nil
}

// pollOne processes an update until it is done, and returns its id.
func (b *Bot) pollOne(ctx context.Context, inbox *bots.Inbox, body []byte) int64 {
	u, err := decode(body)
	if err != nil {
		inbox.Count(bots.Telegram, bots.OutcomeBad)
		b.log.WarnContext(ctx, "Telegram sent an update that cannot be read", "platform", bots.Telegram)
		var only struct {
			ID int64 `json:"update_id"`
		}
		_ = json.Unmarshal(body, &only) // without an id it comes again and is logged again
		return only.ID
	}
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		call, err := b.process(ctx, inbox, u, false)
		if err == nil {
			if call != nil {
				b.carry(ctx, call)
			}
			return u.ID
		}
		if sleep(ctx, wait) != nil {
			return u.ID - 1
		}
	}
}

// fatalError is a refusal that no repetition helps.
type fatalError struct{ cause error }

func (e *fatalError) Error() string { return e.cause.Error() }
func (e *fatalError) Unwrap() error { return e.cause }

// getUpdates is called by hand: the SDK has it only as a loop that confirms before it processes.
func (b *Bot) getUpdates(ctx context.Context, offset int64) ([]json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{
		"offset": offset, "timeout": int(pollFor / time.Second), "allowed_updates": allowedUpdates,
	})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/bot"+b.token+"/getUpdates", bytes.NewReader(body))
	if err != nil {
		return nil, b.explain("getUpdates", err)
	}
	request.Header.Set("Content-Type", "application/json")
	client := *b.client
	client.Timeout = pollFor + 10*time.Second
	response, err := client.Do(request)
	if err != nil {
		return nil, b.explain("getUpdates", err)
	}
	defer response.Body.Close()
	var answer struct {
		OK     bool              `json:"ok"`
		Result []json.RawMessage `json:"result"`
		Code   int               `json:"error_code"`
	}
	const most = 64 << 20
	if err := json.NewDecoder(io.LimitReader(response.Body, most)).Decode(&answer); err != nil {
		return nil, errors.New("the answer of Telegram to getUpdates cannot be read")
	}
	switch {
	case answer.OK:
		return answer.Result, nil
	case answer.Code == http.StatusUnauthorized || answer.Code == http.StatusNotFound:
		return nil, &fatalError{ErrUnknownToken}
	case answer.Code == http.StatusConflict:
		return nil, &fatalError{errors.New("another process polls with this bot token, or a webhook was set meanwhile")}
	}
	return nil, fmt.Errorf("getUpdates failed with %d", answer.Code)
}
