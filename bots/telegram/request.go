package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	tg "github.com/go-telegram/bot"
)

// The parameters of the methods that each step calls. They go as JSON: the SDK writes forms of several parts, which costs more than the rest of a step, and reads back
// messages that nobody looks at.
type (
	sendText struct {
		Chat    int64     `json:"chat_id"`
		Text    string    `json:"text"`
		Preview noPreview `json:"link_preview_options"`
		Keys    *keyboard `json:"reply_markup,omitempty"`
	}
	editText struct {
		Message int `json:"message_id"`
		sendText
	}
	answerPress struct {
		Query string `json:"callback_query_id"`
		Text  string `json:"text,omitempty"`
	}
)

// noPreview keeps Telegram from showing pages that a text mentions.
type noPreview struct{}

// MarshalJSON implements json.Marshaler.
func (noPreview) MarshalJSON() ([]byte, error) { return []byte(`{"is_disabled":true}`), nil }

func newText(chat int64, r rendered) sendText {
	return sendText{Chat: chat, Text: fit(r.text, maxText, r.lang), Keys: r.keys.orNil()}
}

// post calls a method. Its errors are like the SDK's, for explain.
func (b *Bot) post(ctx context.Context, method string, params any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/bot"+b.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return err
	}
	if bytes.HasPrefix(text, []byte(`{"ok":true`)) { // the rest is what was sent, which nobody looks at
		return nil
	}
	var answer struct {
		OK          bool   `json:"ok"`
		Code        int    `json:"error_code"`
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return errors.New("the answer is no JSON")
	}
	if answer.OK {
		return nil
	}
	kinds := map[int]error{
		http.StatusForbidden: tg.ErrorForbidden, http.StatusBadRequest: tg.ErrorBadRequest, http.StatusUnauthorized: tg.ErrorUnauthorized,
		http.StatusNotFound: tg.ErrorNotFound, http.StatusConflict: tg.ErrorConflict,
	}
	switch kind := kinds[answer.Code]; {
	case answer.Code == http.StatusTooManyRequests:
		return &tg.TooManyRequestsError{Message: answer.Description, RetryAfter: answer.Parameters.RetryAfter}
	case kind != nil:
		return fmt.Errorf("%w, %s", kind, answer.Description)
	}
	return fmt.Errorf("error response from telegram for method %s, %d", method, answer.Code)
}

// ride is a call that goes to Telegram in the response to an update's delivery: one may. Nobody hears what becomes of it, so only that rides
// which is not missed, or is sure to be taken. When the response is lost, Telegram delivers the update again, and it goes once more.
type ride struct {
	method string
	params any
}

// body is the response's.
func (r *ride) body() ([]byte, error) {
	params, err := json.Marshal(r.params)
	if err != nil {
		return nil, err
	}
	return append([]byte(`{"method":"`+r.method+`",`), params[1:]...), nil // an object with at least one member
}
